"""The product as several processes, each of which may be ended and started again on its own.

The intake service runs apart from the bot and outlives it: what it holds is the truth about what
arrived there, however often the bot died on the way.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests import forked, tables
from tests.forked import Forked
from tests.intake.world import SECRET, TOKEN
from tests.patience import PATIENCE
from tests.ports import free_port

# What is killed a hundred times is started a hundred times: let it keep its compiled modules.
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
KILLED = -signal.SIGKILL


@dataclass
class Program:
    """`python -m <words>`. What it prints is added to `output`; it is up when `probe` answers."""

    words: tuple[str, ...]
    environment: Mapping[str, str]
    output: Path
    probe: str = ""
    process: Forked | None = None

    async def start(self, fault: str = "") -> float:
        """Start it, armed with a crash point if one is given; return the seconds until it was up."""
        begun = time.monotonic()
        environment = {**_own_environment(), **self.environment, "FAULT": fault, **COMPILED}
        self.process = await forked.start(*self.words, environment=environment, output=self.output)
        if self.probe:
            await self._until_up()
        return time.monotonic() - begun

    async def _until_up(self) -> None:
        """Wait for the probe. An armed crash point may end the program before that, which is no failure."""
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE):
            while self.running:
                with suppress(aiohttp.ClientError, OSError):
                    async with session.get(self.probe) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.02)
        if self.code != KILLED:
            raise AssertionError(f"{self.words} did not come up:\n{self.printed[-3000:]}")

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.returncode is None

    @property
    def code(self) -> int | None:
        return self.process.returncode if self.process else None

    @property
    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    async def ended(self, within: float) -> bool:
        """Wait for it to end by itself; say whether it did."""
        assert self.process is not None
        try:
            await asyncio.wait_for(self.process.wait(), within)
        except TimeoutError:
            return False
        return True

    async def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()

    async def stop(self) -> float:
        """Stop it the way an operator does; return the seconds it took."""
        begun = time.monotonic()
        if self.process is not None and self.running:
            self.process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(self.process.wait(), PATIENCE)
        return time.monotonic() - begun


@dataclass
class Machine:
    """The intake service, and as many processes of the bot as a test wants, on free ports under `folder`.

    intake_seen_at: the port under which the bot looks for the intake service; 0: where it is. A test
    may put something unreliable in between.
    """

    folder: Path
    database_url: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    intake_seen_at: int = 0
    port: int = field(default_factory=free_port)
    intake_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.database_url = self.database_url or tables.of_bot(self.folder / "bot" / "zerotrip.db")
        tables.of_intake(self.folder / "intake" / "intake.sqlite3")
        self.intake = self._intake("serve")
        self.bot = self.another("bot", self.port, "serve")
        self._more: list[Program] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def intake_url(self) -> str:
        return f"http://127.0.0.1:{self.intake_port}"

    @property
    def printed(self) -> str:
        """Everything every process has printed."""
        return "".join(file.read_text(errors="replace") for file in self.folder.glob("*.log"))

    async def sign_in_code(self) -> str:
        """Return the intake service's one-time code for its first reviewer, "" before it is printed."""
        codes = re.findall(r"#code=([\w-]+)\n", self.intake.printed)
        return codes[-1] if codes else ""

    def another(self, name: str, port: int, *words: str) -> Program:
        """Return a further process of the bot on the same data; the caller starts and ends it."""
        settings = {
            "ZEROTRIP_DATA_DIR": str(self.folder / "bot"),
            "ZEROTRIP_DATABASE_URL": self.database_url,
            "ZEROTRIP_PORT": str(port),
            "ZEROTRIP_INTAKE_URL": f"http://127.0.0.1:{self.intake_seen_at or self.intake_port}",
            "ZEROTRIP_INTAKE_TOKEN": TOKEN,
            "ZEROTRIP_INTAKE_WEBHOOK_SECRET": SECRET,
            "ZEROTRIP_REQUESTS_PER_SECOND": "0",
            **self.settings,
        }
        probe = f"http://127.0.0.1:{port}/livez" if "serve" in words else ""
        return Program(("bot", *words), settings, self.folder / f"{name}.log", probe)

    async def migrate(self) -> None:
        """Bring the tables up, as an operator of PostgreSQL does before the first start."""
        if self.database_url.startswith("postgresql"):
            await _run(self.another("migrate", 0, "migrate"))

    async def tell_again(self) -> None:
        """Have the intake service send every callback that was not taken again now, not in an hour."""
        if self.at_intake("SELECT 1 FROM callbacks WHERE state != 'done' AND attempts > 0"):
            await _run(self._intake("retry"))

    def at_intake(self, query: str, *given: str) -> list[Any]:
        """Return rows of the intake service's own database: what arrived there, whoever says otherwise."""
        path = self.folder / "intake" / "intake.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute(query, given).fetchall()

    def _intake(self, word: str) -> Program:
        settings = {
            "INTAKE_DATA_DIR": str(self.folder / "intake"),
            "INTAKE_PORT": str(self.intake_port),
            "INTAKE_TOKEN": TOKEN,
            "INTAKE_WEBHOOK_SECRET": SECRET,
            "INTAKE_CALLBACK_URL": f"{self.url}/intake/events",
        }
        probe = f"{self.intake_url}/livez" if word == "serve" else ""
        return Program(("intake", word), settings, self.folder / f"intake-{word}.log", probe)


@asynccontextmanager
async def machine(folder: Path, database_url: str = "", **more: Any) -> AsyncIterator[Machine]:
    """Yield a machine whose intake service is up and whose bot is not started yet; end both at the end."""
    made = Machine(folder, database_url, **more)
    await made.migrate()
    await made.intake.start()
    try:
        yield made
    finally:
        await made.bot.kill()
        await made.intake.stop()


async def _run(program: Program) -> None:
    await program.start()
    assert await program.ended(PATIENCE), f"{program.words} did not end"
    assert program.code == 0, program.printed[-2000:]


def _own_environment() -> dict[str, str]:
    """Return our environment without what would set up the product."""
    ours = ("ZEROTRIP_", "INTAKE_", "FAULT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
