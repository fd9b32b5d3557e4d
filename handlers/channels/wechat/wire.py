"""One HTTP call to WeChat's interface: in time, bounded, and told in our words when it fails.

The access token is part of every address, so nothing that a library says of a call may get out:
what it raises is replaced, not chained.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from handlers import metrics
from handlers.channels.base import Attachment, MaybeSent, SendError, TryLater
from handlers.channels.wechat.errors import raise_for

CALL_WITHIN = aiohttp.ClientTimeout(total=10, connect=5, sock_connect=3)
# A photo may take its time on a slow line, as long as something comes.
FETCH_WITHIN = aiohttp.ClientTimeout(total=60, connect=5, sock_connect=3, sock_read=10)
ANSWER_LIMIT = 1024 * 1024  # bytes; the longest honest answer, a menu, has a few thousand

# Before these a request cannot have been written.
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
_GATEWAY_TIMEOUT = 504  # somebody on the way had passed it on, and saw no end


class Wire:
    """The way to one WeChat interface."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self._session = session
        self._base = f"{base.rstrip('/')}/cgi-bin/"

    async def call(
        self,
        call: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        file: Attachment | None = None,
        repeatable: bool = False,
    ) -> Mapping[str, Any]:
        """Return the answer of one call, which WeChat says went well. With a body or a file it is a POST.

        call: the interface's path below /cgi-bin/.
        repeatable: doing it twice is the same, so an answer that was lost is a reason to try again.
        Raises:
            TryLater: it was not taken: no connection, an HTTP error, or a code that says so.
            MaybeSent: it left, and no answer came that can be understood.
            SendError, AlreadyTaken: as the code says, see errors.
        """
        within = FETCH_WITHIN if file else CALL_WITHIN
        async with self.open(
            call, query=query, body=body, file=file, within=within, repeatable=repeatable
        ) as came:
            answer = parsed(await read(came, ANSWER_LIMIT))
            if answer is None:
                raise MaybeSent(f"{call}: an answer that is no JSON")
        raise_for(call, answer)
        return answer

    @asynccontextmanager
    async def open(
        self,
        call: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        file: Attachment | None = None,
        within: aiohttp.ClientTimeout = FETCH_WITHIN,
        repeatable: bool = True,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Make one call and yield its answer, whose status is 200, to be read.

        Raises:
            TryLater, MaybeSent: as `call`.
        """
        begun = time.perf_counter()
        try:
            async with self._session.request(
                "GET" if body is None and file is None else "POST",
                self._base + call,
                params=query,
                data=_form(file) if file else None if body is None else _json(body),
                headers={} if body is None else {"Content-Type": "application/json"},
                timeout=within,
                allow_redirects=False,  # they would carry the token elsewhere
            ) as came:
                _check_status(call, came.status)
                yield came
        except MaybeSent as fault:
            raise (TryLater(str(fault)) if repeatable else fault) from None
        except SendError:
            raise
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            known = repeatable or isinstance(fault, _NOT_SENT)
            raise (TryLater if known else MaybeSent)(f"{call}: {type(fault).__name__}") from None
        finally:
            metrics.platform_seconds.labels("wechat").observe(time.perf_counter() - begun)


async def read(came: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return the body of a short answer.

    Raises:
        MaybeSent: it has no end.
    """
    held = bytearray()
    async for chunk in came.content.iter_any():
        held += chunk
        if len(held) > limit:
            raise MaybeSent("an answer without end")
    return bytes(held)


def _check_status(call: str, status: int) -> None:
    if status == _GATEWAY_TIMEOUT:
        raise MaybeSent(f"{call}: HTTP {status}")
    if status != 200:
        raise TryLater(f"{call}: HTTP {status}")


def parsed(body: bytes) -> Mapping[str, Any] | None:
    """Return the JSON object that `body` is, None when it is none."""
    try:
        value = json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _form(file: Attachment) -> aiohttp.FormData:
    """A form with the file, made anew for each try: one that was read is at its end."""
    form = aiohttp.FormData()
    form.add_field(
        "media",
        io.BytesIO(file.data),  # in pieces: a large body at once would hold the loop
        filename=f"page.{file.name.rpartition('.')[2]}",
        content_type=file.kind,
    )
    return form


def _json(body: Mapping[str, Any]) -> bytes:
    # WeChat shows \uXXXX as it is written, so characters go out as themselves.
    return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
