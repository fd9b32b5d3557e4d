"""One call of a platform's JSON interface: bounded in time and size, its failures told by what can be done.

Whether the request had left is what decides: before, nothing was taken (TryLater); after, nobody knows
(MaybeSent). What the library says is not passed on: it quotes the address, and with it access tokens.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from handlers import metrics
from handlers.channels.base import MaybeSent, TryLater

CALL_WITHIN = aiohttp.ClientTimeout(total=10, connect=3, sock_connect=3)  # seconds
# Of a photo: ten megabytes over a slow line, as long as something comes.
FILE_WITHIN = aiohttp.ClientTimeout(total=60, connect=3, sock_connect=3, sock_read=10)
ANSWER_LIMIT = 64 * 1024  # bytes; honest answers have a few hundred
JSON = "application/json; charset=utf-8"

# No connection came about: the request cannot have left.
NEVER_LEFT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `body` is its JSON object, {} where it was none; `after` is Retry-After in seconds."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    after: float | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


async def post(
    session: aiohttp.ClientSession,
    url: str,
    body: Mapping[str, Any] | bytes,
    *,
    platform: str,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Post a JSON body and return the answer, whatever its status. Redirects are not followed.

    platform: its name in the metrics.
    Raises:
        TryLater: the request never left.
        MaybeSent: it left, and no whole answer came back.
    """
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    sent = {"Content-Type": JSON, **(headers or {})}
    begun = time.perf_counter()
    try:
        async with session.post(
            url, data=data, headers=sent, timeout=CALL_WITHIN, allow_redirects=False
        ) as answer:
            return Answer(answer.status, await _object(answer), _after(answer))
    except NEVER_LEFT as fault:
        raise TryLater(f"{platform}: {type(fault).__name__}") from None
    except (aiohttp.ClientError, TimeoutError, OSError) as fault:
        raise MaybeSent(f"{platform}: {type(fault).__name__}") from None
    finally:
        metrics.platform_seconds.labels(platform).observe(time.perf_counter() - begun)


async def body_of(answer: aiohttp.ClientResponse) -> bytes:
    """Return the bytes of an answer.

    Raises:
        ClientPayloadError: there are more than ANSWER_LIMIT.
    """
    held = bytearray()
    async for chunk in answer.content.iter_any():
        held += chunk
        if len(held) > ANSWER_LIMIT:
            raise aiohttp.ClientPayloadError("endless answer")
    return bytes(held)


async def _object(answer: aiohttp.ClientResponse) -> Mapping[str, Any]:
    try:
        value = json.loads(await body_of(answer))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _after(answer: aiohttp.ClientResponse) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() and len(text) < 9 else None
