"""The embedded intake service beside us: another process, reached over HTTP like any other.

It is started when no INTAKE_URL is set, for a county that has no intake service of its own. The two
secrets between us are made on the first run and kept in DATA_DIR/intake.json, readable by us alone.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import structlog

READY_WITHIN = 20.0  # seconds; a cold start on a slow disk
STOP_WITHIN = 10.0

_log = structlog.get_logger("embedded")


async def _at_once() -> None:
    """Somebody else's service is up, or it is not: nothing to wait for."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """How to reach the intake service. `until_up` waits for one that is being started."""

    url: str
    token: str
    webhook_secret: str
    until_up: Callable[[], Awaitable[None]] = _at_once


def secrets_of(data_dir: Path) -> tuple[str, str]:
    """Return (token, webhook secret), made and kept on the first call."""
    file = data_dir / "intake.json"
    if not file.exists():
        made = {
            "token": secrets.token_urlsafe(32),
            "webhook_secret": "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            json.dump(made, out)
    kept = json.loads(file.read_text())
    return kept["token"], kept["webhook_secret"]


@asynccontextmanager
async def embedded_intake(data_dir: Path, port: int, callback: str, *, demo: bool) -> AsyncIterator[Embedded]:
    """Run the embedded intake service for as long as the context lasts.

    It comes up while its caller does other things; before relying on it, await `until_up`, which
    raises RuntimeError when it does not come up. Its own output says why.
    """
    token, webhook_secret = secrets_of(data_dir)
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "INTAKE_DATA_DIR": str(data_dir / "intake"),
        "INTAKE_PORT": str(port),
        "INTAKE_TOKEN": token,
        "INTAKE_WEBHOOK_SECRET": webhook_secret,
        "INTAKE_CALLBACK_URL": callback,
    }
    environment.pop("FAULT", None)  # crash points named for the bot are not meant for it
    command = [sys.executable, "-m", "intake", "serve", *(["--demo"] if demo else [])]
    process = await asyncio.create_subprocess_exec(*command, env=environment, start_new_session=True)
    try:
        yield Embedded(url, token, webhook_secret, partial(_until_ready, url, process))
    finally:
        await _stop(process)


async def _until_ready(url: str, process: asyncio.subprocess.Process) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(READY_WITHIN):
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"the embedded intake service ended with {process.returncode}; see above")
            with suppress(aiohttp.ClientError, OSError):
                async with session.get(f"{url}/livez") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.05)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_WITHIN):
            await process.wait()
    except TimeoutError:
        _log.warning("the embedded intake service did not stop in time; killing it")
        process.kill()
        await process.wait()
