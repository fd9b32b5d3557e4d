"""A small pool of sandboxed processes that decode photos and draw pages, so that a bad one hurts nobody.

The pool never raises for what an applicant sent: there is a Measured photo or a Fault to tell him. A
worker that hangs, dies or is cancelled in the middle is killed and replaced.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialogs.codec import loads
from dialogs.photos import FAULTS, Measure, measured
from handlers.photos.orders import PAGE, PHOTO, PROBE

MAX_PHOTO_BYTES = 10 * 1024 * 1024
WORKERS = 2
DEADLINE = 15.0  # seconds of wall clock; 5 s of processor time are the decoder's own limit
USES = 500  # photos before a worker is replaced, should a library leak in it
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Measured:
    """A photo that could be decoded: the copy to keep, upright and without metadata, and its measure."""

    kept: bytes
    sha256: str  # of the kept copy, lower-case hex
    measure: Measure


@dataclass(frozen=True, slots=True)
class Fault:
    """There was no photo to look at; `reason` is one of dialogs.photos.FAULTS."""

    reason: str


class Photos:
    """Decode and measure uploads, `workers` at a time; further ones wait in order.

    async with Photos() as photos:
        looked = await photos.measure(upload)
    """

    def __init__(self, workers: int = WORKERS, *, deadline: float = DEADLINE) -> None:
        self._deadline = deadline
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._all = [_Worker() for _ in range(workers)]
        for worker in self._all:
            self._idle.put_nowait(worker)

    async def __aenter__(self) -> Photos:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End all workers. A photo being looked at is given up; its effect stays in the outbox."""
        for worker in self._all:
            await worker.stop()

    async def measure(self, upload: bytes) -> Measured | Fault:
        """Return the clean copy and the measure of an upload, or why there is none."""
        if not upload:
            return Fault("not_a_photo")
        if len(upload) > MAX_PHOTO_BYTES:
            return Fault("too_big")
        head, kept = await self._ask(PHOTO, upload)
        return _read_answer(head, kept)

    async def draw(self, pdf: bytes) -> bytes:
        """Return the first page of a document as PNG, b"" when it cannot be drawn."""
        head, drawn = await self._ask(PAGE, pdf)
        good = "fault" not in head and drawn.startswith(b"\x89PNG\r\n\x1a\n")
        return drawn if good else b""

    async def walls(self) -> dict[str, bool]:
        """Return which walls around a decoder hold on this machine, by trying to break out."""
        head, _ = await self._ask(PROBE)
        return {str(name): bool(holds) for name, holds in head.get("walls", {}).items()}

    async def _ask(self, order: bytes, data: bytes = b"") -> tuple[dict[str, Any], bytes]:
        worker = await self._idle.get()
        try:
            for _ in range(2):  # once more on a new worker, in case it was not the photo that killed it
                try:
                    async with asyncio.timeout(self._deadline):
                        return await worker.ask(order, data)
                except (OSError, asyncio.IncompleteReadError, ValueError):
                    await worker.stop()
                except TimeoutError:
                    break
            return {"fault": "unreadable"}, b""
        finally:
            if worker.spoilt:
                worker.kill()
            self._idle.put_nowait(worker)


class _Worker:
    """One process, started when first needed. `spoilt`: it owes an answer, its frames are out of step."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._uses = 0
        self.spoilt = False

    async def ask(self, order: bytes, data: bytes) -> tuple[dict[str, Any], bytes]:
        process = await self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        self.spoilt = True
        self._uses += 1
        process.stdin.writelines([order, len(data).to_bytes(4), data])
        await process.stdin.drain()
        head = await process.stdout.readexactly(int.from_bytes(await process.stdout.readexactly(4)))
        kept = await process.stdout.readexactly(int.from_bytes(await process.stdout.readexactly(4)))
        self.spoilt = False
        return loads(head), kept

    async def stop(self) -> None:
        process = self._process
        self.kill()
        if process is not None:
            await process.wait()

    def kill(self) -> None:
        """Kill the worker and the decoder it may have forked: they share a process group of their own."""
        process, self._process = self._process, None
        self._uses, self.spoilt = 0, False
        if process is not None and process.returncode is None:
            with suppress(ProcessLookupError):
                _kill_group(process.pid)

    async def _running(self) -> Process:
        if self._uses >= USES:
            await self.stop()
        if self._process is None or self._process.returncode is not None:
            self._process = await _start()
            self._uses = 0
        return self._process


async def _start() -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-E", "-s", "-m", "handlers.photos.worker"),
        cwd=ROOT,
        env={"LANG": "C.UTF-8"},  # no setting and no secret of ours
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        start_new_session=True,
        limit=1024 * 1024,
    )


def _kill_group(pid: int) -> None:
    os.killpg(pid, signal.SIGKILL)


def _read_answer(head: dict[str, Any], kept: bytes) -> Measured | Fault:
    """Return the answer of a process that may have been taken over: nothing in it is believed unseen."""
    fault = head.get("fault")
    if fault is not None:
        return Fault(fault if fault in FAULTS else "unreadable")
    try:
        measure = measured(head["measure"])
        measure = Measure(
            **{**measure.json(), "cut": str(measure.cut), "look": f"{int(measure.look, 16):064x}"}
        )
    except (KeyError, TypeError, ValueError):
        return Fault("unreadable")
    if not kept.startswith(b"\xff\xd8\xff"):
        return Fault("unreadable")
    return Measured(kept, hashlib.sha256(kept).hexdigest(), measure)
