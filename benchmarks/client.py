"""The applicants: a process that keeps many connections talking, each waiting for its answer.

    python -m benchmarks.client < job.json > result.json

Closed loop: a connection plays one conversation to its end, one message at a time, then the next
conversation of its own. It speaks HTTP by hand, on one core of its own, so that what is measured is
the server: a client library takes longer over a request than the servers do.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

WARM_UP = 0.4  # seconds before the first answer that counts


@dataclass(frozen=True, slots=True)
class Job:
    """What to do.

    tokens:  of the conversations, each used once.
    texts:   what everybody writes, in order.
    seconds: how long; it ends sooner when all conversations have been played.
    pause:   seconds between an answer and the next message; 0: none.
    """

    port: int
    tokens: Sequence[str]
    texts: Sequence[str]
    connections: int
    seconds: float
    pause: float = 0.0
    run: int = 0  # goes into the messages' ids, so that a conversation can be played again in another run


@dataclass(slots=True)
class Result:
    """What came of it. waits: seconds of every answer that counts, by connection."""

    seconds: float
    waits: list[list[float]]
    turns: int = 0  # all of them, warm-up and all
    finished: list[str] = field(default_factory=list)  # tokens of conversations played to their end
    unused: list[str] = field(default_factory=list)  # of those not begun
    error: str = ""


async def play(job: Job) -> Result:
    """Have a process of its own play `job`.

    Raises:
        RuntimeError: a message was not taken.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.client",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(json.dumps(asdict(job)).encode())
    if process.returncode:
        raise RuntimeError("the client failed; see above")
    result = Result(**json.loads(out))
    if result.error:
        raise RuntimeError(result.error)
    return result


class _Talker(asyncio.Protocol):
    """One connection."""

    def __init__(self, job: Job, tokens: Sequence[str], began: float, done: asyncio.Future[None]) -> None:
        self._bodies = [
            json.dumps({"id": f"r{job.run}-{n}", "text": text}, ensure_ascii=False).encode()
            for n, text in enumerate(job.texts)
        ]
        self._pause, self._done = job.pause, done
        self.unused = list(reversed(tokens))
        self._from, self._until = began + WARM_UP, began + WARM_UP + job.seconds
        self._token, self._next, self._sent, self._got = "", 0, 0.0, b""
        self.waits: list[float] = []
        self.finished: list[str] = []
        self.turns = 0
        self.ended = began

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._send()

    def _send(self) -> None:
        if not self._token:
            if not self.unused:
                self._end()
                return
            self._token, self._next = self.unused.pop(), 0
        body = self._bodies[self._next]
        self._next += 1
        self._sent = time.perf_counter()
        self._transport.write(
            b"POST /chat/api/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %b\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (self._token.encode(), len(body), body)
        )

    def data_received(self, data: bytes) -> None:
        got = self._got = self._got + data if self._got else data
        head, found, body = got.partition(b"\r\n\r\n")
        if not found or len(body) < int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]):
            return
        now = self.ended = time.perf_counter()
        self._got = b""
        self.turns += 1
        if self._next == len(self._bodies):
            self.finished.append(self._token)
            self._token = ""
        if not got.startswith(b"HTTP/1.1 202"):
            self._end(got.decode(errors="replace"))
        elif now < self._until:
            if now > self._from:
                self.waits.append(now - self._sent)
            if self._pause:
                asyncio.get_running_loop().call_later(self._pause, self._send)
            else:
                self._send()
        else:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(f"connection lost: {exc}")

    def _end(self, error: str = "") -> None:
        if not self._done.done():
            if error:
                self._done.set_exception(RuntimeError(error))
            else:
                self._done.set_result(None)
        self._transport.close()


async def talk(job: Job) -> Result:
    """Play `job` in this process."""
    loop, began = asyncio.get_running_loop(), time.perf_counter()
    ends = [loop.create_future() for _ in range(job.connections)]
    talkers = []
    for n, end in enumerate(ends):
        talker = _Talker(job, job.tokens[n :: job.connections], began, end)
        await loop.create_connection(lambda talker=talker: talker, "127.0.0.1", job.port)  # type: ignore[misc]
        talkers.append(talker)
    ended = await asyncio.gather(*ends, return_exceptions=True)
    return Result(
        seconds=min(job.seconds, max(talker.ended for talker in talkers) - began - WARM_UP),
        waits=[talker.waits for talker in talkers],
        turns=sum(talker.turns for talker in talkers),
        finished=[token for talker in talkers for token in talker.finished],
        unused=[token for talker in talkers for token in talker.unused],
        error=next((str(each) for each in ended if each is not None), ""),
    )


def main() -> None:
    """Read a job, play it, write the result."""
    import uvloop

    result = uvloop.run(talk(Job(**json.load(sys.stdin))))
    json.dump(asdict(result), sys.stdout)


if __name__ == "__main__":
    main()
