"""Processes that start at once: forked from one that has loaded the product, for tests that kill many.

A start of `python -m bot` loads modules for a second and more, and the storms start hundreds. Here one
process a run (the nest) loads them, and every program is a fork of it: a process of its own, in a
session of its own, that a signal or a crash point (FAULT) ends like any other. Starting the product
from nothing is left to tests.product.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from runpy import run_module
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

ROOT = Path(__file__).parent.parent
LOADED = (
    *("bot.cli", "bot.app", "bot.worker", "bot.serving", "tests.handlers.sending.speaker", "intake.cli"),
    *(f"handlers.channels.{name}" for name in ("wechat", "telegram", "dingtalk")),
)

# The first has to wait until the nest has loaded everything: 5 s of processor time, which a machine that is
# very busy spreads over a minute. Whoever gave up would leave a program that nobody ends.
BORN_WITHIN = 300


@dataclass
class Forked:
    """A program that was started; the part of asyncio.subprocess.Process that the tests use."""

    pid: int
    ended: Future[int] = field(default_factory=Future)

    @property
    def returncode(self) -> int | None:
        return self.ended.result() if self.ended.done() else None

    async def wait(self) -> int:
        """Return its code once it has ended; -9 when it was killed."""
        return await asyncio.shield(asyncio.wrap_future(self.ended))

    def send_signal(self, number: int) -> None:
        """Send a signal; ProcessLookupError when it has ended."""
        if self.ended.done():
            raise ProcessLookupError(self.pid)
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


async def start(
    *words: str, environment: Mapping[str, str], output: Path | None = None, errors: Path | None = None
) -> Forked:
    """Start `python -m <words>` with this whole environment.

    What it prints is added to `output`; what goes to stderr, too, unless `errors` names a file of its own.
    """
    files = [str(file or output or "") for file in (output, errors)]
    return await asyncio.to_thread(
        _nest().hatch, {"words": words, "environment": dict(environment), "files": files}
    )


async def run(*words: str, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Run `python -m <words>` to its end; return its code, output and errors."""
    with TemporaryDirectory() as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        process = await start(*words, environment=environment, output=output, errors=errors)
        return await process.wait(), output.read_text(), errors.read_text()


class Nest:
    """Our end of the process that forks."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forked"],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._one = threading.Lock()
        self._born: Future[int] = Future()
        self._all: dict[int, Forked] = {}
        threading.Thread(target=self._listen, daemon=True).start()
        atexit.register(self.close)

    def hatch(self, order: Mapping[str, Any]) -> Forked:
        with self._one:
            self._born = Future()
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return self._all[self._born.result(timeout=BORN_WITHIN)]

    def close(self) -> None:
        """Let it end; what it has forked and is still there goes on."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as told:
            for line in told:
                pid, code = json.loads(line)
                if code is None:
                    self._all[pid] = Forked(pid)
                    self._born.set_result(pid)
                else:
                    self._all.pop(pid).ended.set_result(code)


@cache
def _nest() -> Nest:
    return Nest()


def main() -> None:
    """Fork a program for every line that is read, tell of each end, and stop with the input."""
    before = set(os.environ)
    for name in LOADED:
        import_module(name)
    _read_what_all_read()
    gc.freeze()  # what is forked shares these pages, and its collector leaves them alone
    set_by_them = {name: value for name, value in os.environ.items() if name not in before}
    seen, ended = os.pipe()
    os.set_blocking(ended, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(ended)
    while True:
        ready, _, _ = select.select([sys.stdin.fileno(), seen], [], [])
        if seen in ready:
            os.read(seen, 512)
            _bury()
        if sys.stdin.fileno() in ready:
            order = _line()
            if not order:
                return
            _fork(json.loads(order), set_by_them, (seen, ended))


def _read_what_all_read() -> None:
    """Read what every start of the bot or of the intake service would read."""
    from bot import shelf
    from dialogs.office import offices
    from dialogs.script.loader import shipped_texts
    from dialogs.wording import catalogue
    from intake import contract

    for text, name in shipped_texts():
        shelf.read(text, name)
    for read in (offices, catalogue, contract.document):
        read()


def _line() -> bytes:
    """Return one line of the input, unbuffered, so that `select` knows what is left."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(sys.stdin.fileno(), 1 << 16)
        if not piece:
            return b""
        line += piece
    return line


def _fork(order: Mapping[str, Any], more: Mapping[str, str], ours: Sequence[int]) -> None:
    pid = os.fork()
    if pid == 0:
        _live(order, more, ours)
    _tell(pid, None)


def _bury() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _tell(pid, os.waitstatus_to_exitcode(status))


def _tell(pid: int, code: int | None) -> None:
    os.write(sys.stdout.fileno(), (json.dumps([pid, code]) + "\n").encode())


def _live(order: Mapping[str, Any], more: Mapping[str, str], ours: Sequence[int]) -> NoReturn:
    """Be the program, as if it had been started from a shell."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for each in ours:
        os.close(each)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, path in enumerate(order["files"], start=1):
        told = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if path else nothing
        os.dup2(told, number)
    os.dup2(nothing, 0)
    os.environ.clear()
    os.environ.update({**more, **order["environment"]})
    _arm()
    sys.argv = list(order["words"])
    run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    raise SystemExit


def _arm() -> None:
    """Read FAULT as a fresh process would."""
    from intake import faults as of_intake
    from storage import faults as of_bot

    wanted = os.environ.get("FAULT", "")
    if wanted.partition(":")[0] in of_intake.POINTS:
        of_intake.arm(wanted)
    else:
        of_bot._left.update(of_bot._armed(wanted))


if __name__ == "__main__":
    main()
