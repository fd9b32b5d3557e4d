"""The platforms: a process that posts what it was given, each at its time, and notes how long we took.

Open loop: a post leaves when it is due, whether or not earlier ones have been answered, and its wait
counts from then; what this process is late itself (timers go by the millisecond) is told apart and counts
for nobody. So a server that falls behind is seen to. With every post due at once and few
connections it is a closed loop. HTTP is spoken by hand, as in benchmarks.client, and for its reason.
"""

from __future__ import annotations

import asyncio
import gc
import pickle
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

GIVE_UP = 60.0  # seconds after the last post was due
_Due = tuple["Post", float]  # and when it was given to the lines, in seconds after the beginning


@dataclass(frozen=True, slots=True)
class Post:
    """One call. at: seconds after the beginning. whose: as what it is counted."""

    at: float
    request: bytes
    whose: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """What to do. connections: the most at once; platforms open as many as they like."""

    port: int
    posts: Sequence[Post]
    connections: int = 900


@dataclass(slots=True)
class Result:
    """What came of it. waits: seconds until the whole answer was there, by `whose`.

    seconds: from the first post to the last answer. answers: how many by their first line.
    spoken:  how many answers carried words. late: the longest a post left after its time, by our fault.
    """

    seconds: float = 0.0
    waits: dict[str, list[float]] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    spoken: int = 0
    late: float = 0.0

    def of(self, *whose: str) -> list[float]:
        """Return the waits of those named, of everybody when none is."""
        return [each for name in (whose or self.waits) for each in self.waits.get(name, ())]


def request(path: str, body: bytes, headers: str = "Content-Type: application/json\r\n") -> bytes:
    """Return the bytes of one POST."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def post(job: Job) -> Result:
    """Have a process of its own do `job`.

    Raises:
        RuntimeError: it failed.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.posts",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(pickle.dumps(job))
    if process.returncode:
        raise RuntimeError("the platforms' process failed; see above")
    result: Result = pickle.loads(out)  # of our own child
    return result


class _Line(asyncio.Protocol):
    """One connection, with one post at a time on it."""

    def __init__(self, platforms: _Platforms) -> None:
        self._platforms = platforms
        self._due: _Due | None = None
        self._got = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def send(self, due: _Due) -> None:
        self._due = due
        self._transport.write(due[0].request)

    def data_received(self, data: bytes) -> None:
        got = self._got = self._got + data if self._got else data
        head, found, body = got.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]):
            return
        self._got, due, self._due = b"", self._due, None
        assert due is not None
        self._platforms.answered(self, due, head, body)

    def connection_lost(self, exc: Exception | None) -> None:
        self._platforms.lost(self, self._due)


class _Platforms:
    """Everything on the way."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._loop = asyncio.get_running_loop()
        self._free: list[_Line] = []
        self._open = 0
        self._due: deque[_Due] = deque()
        self._connecting: list[asyncio.Future[None]] = []
        self._missing = len(job.posts)
        self._done = asyncio.Event()
        self._began = 0.0
        self.result = Result()

    async def run(self) -> Result:
        self._began = time.perf_counter()  # uvloop's own clock counts milliseconds
        for post in sorted(self._job.posts, key=lambda each: each.at):
            pause = self._began + post.at - time.perf_counter()
            if pause > 0:
                await asyncio.sleep(pause)
            self._now(post)
        async with asyncio.timeout(GIVE_UP):
            await self._done.wait()
        self.result.seconds = time.perf_counter() - self._began
        return self.result

    def _now(self, post: Post) -> None:
        now = time.perf_counter() - self._began
        self.result.late = max(self.result.late, now - post.at)
        self._due.append((post, now))
        if self._free:
            self._next(self._free.pop())
        elif self._open < self._job.connections:
            self._open += 1
            self._connecting.append(asyncio.ensure_future(self._connect()))

    async def _connect(self) -> None:
        _, line = await self._loop.create_connection(lambda: _Line(self), "127.0.0.1", self._job.port)
        self._next(line)

    def _next(self, line: _Line) -> None:
        if self._due:
            line.send(self._due.popleft())
        else:
            self._free.append(line)

    def answered(self, line: _Line, due: _Due, head: bytes, body: bytes) -> None:
        post, left = due
        self.result.waits.setdefault(post.whose, []).append(time.perf_counter() - self._began - left)
        self.result.spoken += body.startswith(b"<xml")
        self._count(head.split(b"\r\n", 1)[0].decode())
        self._next(line)

    def lost(self, line: _Line, due: _Due | None) -> None:
        self._open -= 1
        if line in self._free:
            self._free.remove(line)
        if due is not None:
            self._count("connection lost")

    def _count(self, answer: str) -> None:
        self.result.answers[answer] = self.result.answers.get(answer, 0) + 1
        self._missing -= 1
        if not self._missing:
            self._done.set()


def main() -> None:
    """Read a job, do it, write the result."""
    import uvloop

    async def run(job: Job) -> Result:
        return await _Platforms(job).run()

    job = pickle.load(sys.stdin.buffer)  # of our own parent
    gc.disable()  # its rounds over thousands of posts would be taken for our server's
    result = uvloop.run(run(job))
    # Under the name others import it by.
    from benchmarks import posts

    named = posts.Result(result.seconds, result.waits, result.answers, result.spoken, result.late)
    pickle.dump(named, sys.stdout.buffer)


if __name__ == "__main__":
    main()
