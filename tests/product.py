"""The running product for tests: real processes, real HTTP, an applicant and a reviewer who use it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests import forked, tables
from tests.forked import Forked
from tests.patience import BUSY, PATIENCE
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
PASSWORD = "four quiet herons"  # of the test reviewer
INTAKE_TOKEN = "test-token-of-the-bot-0001"
INTAKE_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"


async def until(
    found: Callable[[], Awaitable[Any]], what: str, within: float = PATIENCE, every: float = 0.05
) -> Any:
    """Return the first true value of `found`; fail saying `what` when none comes in time."""
    try:
        async with asyncio.timeout(within):
            while not (value := await found()):
                await asyncio.sleep(every)
            return value
    except TimeoutError:
        raise AssertionError(f"waited {within:g} s for {what}") from None


@dataclass
class Product:
    """`zerotrip serve` with its embedded intake service, on free ports, with its data in `folder`."""

    folder: Path
    database_url: str = ""
    port: int = field(default_factory=free_port)
    intake_port: int = field(default_factory=free_port)
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def review_url(self) -> str:
        return f"http://127.0.0.1:{self.intake_port}"

    @property
    def output(self) -> str:
        """Everything the processes have printed, log lines included."""
        return self._log.read_text(errors="replace")

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    @property
    def _log(self) -> Path:
        return self.folder / "output.log"

    @property
    def _settings(self) -> dict[str, str]:
        return {
            "ZEROTRIP_DATA_DIR": str(self.folder / "data"),
            "ZEROTRIP_DATABASE_URL": self.database_url,
            "ZEROTRIP_PORT": str(self.port),
            "ZEROTRIP_INTAKE_PORT": str(self.intake_port),
            "ZEROTRIP_REQUESTS_PER_SECOND": "0",
            **self.environment,
        }

    async def start(self, **environment: str) -> None:
        """Start it and wait until it serves. `environment` is for this start only (FAULT=...)."""
        with self._log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "serve",
                "--demo",
                *self.arguments,
                cwd=ROOT,
                env={**_environment(), **self._settings, **environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        await self._until_up(self.process, self.url)

    async def _until_up(self, process: asyncio.subprocess.Process | Forked, url: str) -> None:
        async with aiohttp.ClientSession() as session:

            async def up() -> bool:
                if process.returncode is not None:
                    raise AssertionError(f"the product did not come up:\n{self.output[-3000:]}")
                with suppress(aiohttp.ClientError, OSError):
                    async with session.get(f"{url}/livez") as answer:
                        return answer.status == 200
                return False

            await until(up, "the product to come up")

    async def stop(self) -> None:
        """Stop it the way an operator does."""
        if self.process and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(self.process.wait(), PATIENCE)

    async def kill(self) -> None:
        """End it and everything it started at once, as a power cut would."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self.end_intake()

    async def end_intake(self) -> None:
        """End an embedded intake service that outlived its parent."""
        for line in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if f"INTAKE_PORT={self.intake_port}".encode() in line.read_bytes().split(b"\0"):
                    os.kill(int(line.parent.name), signal.SIGKILL)

    def sign_in_code(self) -> str:
        """Return the newest one-time code the intake service has printed."""
        codes: list[str] = re.findall(r"#code=([\w-]+)", self.output)
        return codes[-1]


@dataclass
class QuickProduct(Product):
    """The product as two forks of a process that has loaded it: up in a tenth of the time.

    The intake service is started beside the bot, not by it, and with secrets of the tests.
    """

    _both: list[Forked] = field(default_factory=list)

    async def start(self, **environment: str) -> None:
        """Start both and wait until they serve. `environment` is for this start of the bot only."""
        told = {
            "ZEROTRIP_INTAKE_URL": self.review_url,
            "ZEROTRIP_INTAKE_TOKEN": INTAKE_TOKEN,
            "ZEROTRIP_INTAKE_WEBHOOK_SECRET": INTAKE_SECRET,
        }
        intake = {
            "INTAKE_DATA_DIR": str(self.folder / "data" / "intake"),
            "INTAKE_PORT": str(self.intake_port),
            "INTAKE_TOKEN": INTAKE_TOKEN,
            "INTAKE_WEBHOOK_SECRET": INTAKE_SECRET,
            "INTAKE_CALLBACK_URL": f"{self.url}/intake/events",
        }
        tables.of_intake(self.folder / "data" / "intake" / "intake.sqlite3")
        if not self.database_url:
            tables.of_bot(self.folder / "data" / "zerotrip.sqlite3")
        await self._add("intake", intake, self.review_url)
        await self._add("bot", {**self._settings, **told, **environment}, self.url)

    async def _add(self, name: str, settings: Mapping[str, str], url: str) -> None:
        given = {**_environment(), **settings}
        self._both.append(await forked.start(name, "serve", "--demo", environment=given, output=self._log))
        await self._until_up(self._both[-1], url)

    async def stop(self) -> None:
        """Stop the bot, then the intake service, the way an operator does."""
        for each in reversed(self._both):
            with suppress(ProcessLookupError):
                each.send_signal(signal.SIGTERM)
            await asyncio.wait_for(each.wait(), PATIENCE)


def _environment() -> dict[str, str]:
    """Return our environment without what would make every start compile all modules anew."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@asynccontextmanager
async def running(folder: Path, *, fresh: bool = False, **given: Any) -> AsyncIterator[Product]:
    """Run the product for as long as the context lasts.

    fresh: from nothing, as an operator starts it, and with the intake service embedded. It takes ten
    times as long, so one test of each way to start it does.
    """
    product = (Product if fresh else QuickProduct)(folder, **given)
    await product.start()
    try:
        yield product
    finally:
        await product.stop()


class Applicant:
    """Somebody with a phone: speaks the wire of docs/web-chat.md."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/chat/api"
        self._token = ""
        self._sent = 0
        self.conversation = ""
        self.seen: list[dict[str, Any]] = []
        self._heeded = 0  # how many of `seen` need not be looked at any more

    async def open(self, code: str = "") -> Applicant:
        """Begin, or go on with what the hand-over `code` stands for."""
        wish = {"lang": "zh-CN", **({"code": code} if code else {})}
        async with self._session.post(f"{self._url}/conversations", json=wish) as answer:
            assert answer.status == 201, await answer.text()
            self.follow(await answer.json())
        await self.hear("接上了" if code else "您想办什么")
        return self

    def follow(self, given: Mapping[str, str]) -> None:
        """Go on with the conversation `given` by the service, from its beginning."""
        self.conversation, self._token = given["conversation"], given["token"]
        self.seen, self._heeded = [], 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def next_id(self) -> str:
        """Return the id of her next message; what is heard after it was not there before."""
        self._heeded = len(self.seen)
        self._sent += 1
        return f"{self.conversation}-{self._sent}"

    def cards(self, kind: str) -> list[dict[str, Any]]:
        """Return the bodies of the cards of that kind, the oldest first."""
        cards = [message["card"] for message in self.seen if message["card"]]
        return [card["body"] for card in cards if card["kind"] == kind]

    async def post(self, body: Mapping[str, Any]) -> int:
        """Post one message, again while the product is busy; return the status."""
        status = BUSY
        while status == BUSY:
            async with self._session.post(f"{self._url}/messages", json=body, headers=self.headers) as answer:
                await answer.read()
                status = answer.status
        return status

    async def say(self, text: str, answer: str) -> dict[str, Any]:
        """Write `text`, wait until something with `answer` in it is said, and return that."""
        assert await self.post({"id": self.next_id(), "text": text}) == 202
        return await self.hear(answer)

    async def tap(self, label: str, answer: str) -> dict[str, Any]:
        """Tap the newest button that says `label`, wait for `answer`, and return it."""
        choice = next(
            choice["id"]
            for message in reversed(self.seen)
            for choice in message["choices"]
            if choice["label"] == label
        )
        assert await self.post({"id": self.next_id(), "choice": choice, "text": label}) == 202
        return await self.hear(answer)

    async def send_photo(self, data: bytes, answer: str = "", name: str = "photo.jpg") -> int:
        """Send a file as a photo and wait for the verdict; return the status."""
        status, key = BUSY, self.next_id()
        while status == BUSY:
            form = aiohttp.FormData()
            form.add_field("id", key)
            form.add_field("file", data, filename=name, content_type="image/jpeg")
            async with self._session.post(f"{self._url}/photos", data=form, headers=self.headers) as got:
                await got.read()
                status = got.status
        if answer:
            await self.hear(answer)
        return status

    async def hear(self, part: str, within: float = PATIENCE) -> dict[str, Any]:
        """Wait until something not heard before has `part` in it; return that message.

        What came together with it and after it is still to be heard: news do not wait for each other.
        """

        async def heard() -> dict[str, Any] | None:
            if self._heeded == len(self.seen):
                await self._news()
            for message in self.seen[self._heeded :]:
                self._heeded += 1
                if message["from"] != "applicant" and part in message["text"]:
                    return message
            return None

        try:
            found: dict[str, Any] = await until(heard, repr(part), within)
        except AssertionError as error:
            said = "\n".join(f"{each['from']}: {each['text']}" for each in self.seen[-6:])
            raise AssertionError(f"{error}\nlast heard:\n{said}") from None
        return found

    async def hear_all(self, *parts: str) -> None:
        """Wait until each of `parts` has been said, in whatever order, from the beginning on."""

        async def heard() -> bool:
            await self._news()
            said = "\n".join(each["text"] for each in self.seen if each["from"] != "applicant")
            return all(part in said for part in parts)

        await until(heard, " and ".join(parts))

    async def _news(self) -> None:
        after = self.seen[-1]["seq"] if self.seen else 0
        address = f"{self._url}/messages?after={after}&wait=2"
        async with self._session.get(address, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()
            self.seen += (await answer.json())["messages"]


class Reviewer:
    """Somebody at the review page: speaks its API."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/review/api"
        self._origin = url
        self._csrf = ""

    async def sign_in(self, code: str) -> Reviewer:
        """Sign in for the first time, with a one-time code."""
        await self._call("POST", "/first-run", {"code": code, "name": "reviewer", "password": PASSWORD})
        self._csrf = (await self._call("GET", "/me"))["csrf"]
        return self

    async def find(self, state: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self._call("GET", f"/applications?state={state}"))[
            "applications"
        ]
        return found

    async def read(self, number: str) -> dict[str, Any]:
        return await self._call("GET", f"/applications/{number}")

    async def move(self, number: str, action: str, **fields: str) -> dict[str, Any]:
        return await self._act(number, {"action": action, "fields": fields})

    async def ask_correction(self, number: str, items: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Ask for these slots again."""
        return await self._act(number, {"action": "ask_correction", "fields": {}, "items": [*items]})

    async def _act(self, number: str, body: Mapping[str, Any]) -> dict[str, Any]:
        version = (await self.read(number))["version"]
        return await self._call("POST", f"/applications/{number}/actions", {**body, "version": version})

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Origin": self._origin, "X-CSRF-Token": self._csrf}
        async with self._session.request(method, self._url + path, json=body, headers=headers) as answer:
            text = await answer.text()
            assert answer.status < 300, f"{method} {path}: {answer.status} {text}"
            return json.loads(text) if text else {}
