"""Calls in the account's name: each with the access token, which is renewed once when WeChat refuses it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import structlog

from handlers.channels.base import Attachment, SendError, TryLater
from handlers.channels.wechat.errors import Rests, TokenRefused, raise_for
from handlers.channels.wechat.tokens import Tokens
from handlers.channels.wechat.wire import ANSWER_LIMIT, Wire, parsed, read
from storage.sealing.files import TooBig

# Errors come as JSON where a file was asked for; older interfaces call it text.
_NO_FILE = ("application/json", "text/plain", "text/json", "text/html")

_log = structlog.get_logger("wechat")


class Calls:
    """WeChat's interface, as one account may use it."""

    def __init__(self, wire: Wire, tokens: Tokens, rests: Rests) -> None:
        self._wire = wire
        self._tokens = tokens
        self._rests = rests

    async def post(
        self, call: str, body: Mapping[str, Any], *, repeatable: bool = False
    ) -> Mapping[str, Any]:
        """Call with a body; return the answer. Raises as `Wire.call`."""
        return await self._call(call, {}, body, repeatable=repeatable)

    async def get(self, call: str) -> Mapping[str, Any]:
        """Ask; return the answer. Raises as `Wire.call`, but never MaybeSent."""
        return await self._call(call, {}, None, repeatable=True)

    async def upload(self, call: str, kind: str, file: Attachment) -> Mapping[str, Any]:
        """Hand in a file; return the answer. Raises as `Wire.call`, but never MaybeSent."""
        return await self._call(call, {"type": kind}, None, file=file, repeatable=True)

    async def _call(
        self,
        call: str,
        query: Mapping[str, str],
        body: Mapping[str, Any] | None,
        *,
        file: Attachment | None = None,
        repeatable: bool,
    ) -> Mapping[str, Any]:
        self._rests.check(call)
        loan = await self._tokens.access()
        try:
            for last in (False, True):
                asked = {"access_token": loan.value, **query}
                try:
                    return await self._wire.call(
                        call, query=asked, body=body, file=file, repeatable=repeatable
                    )
                except TokenRefused:
                    if last:
                        raise
                    loan = await self._tokens.access(loan)
        except SendError as fault:
            self._given_up(call, fault)
            raise
        raise AssertionError("the second try returns or raises")

    async def download(self, call: str, query: Mapping[str, str], limit: int) -> AsyncIterator[bytes]:
        """Yield a file piece by piece.

        Raises:
            TooBig: it has more than `limit` bytes.
            SendError: as `Wire.call`, but never MaybeSent.
        """
        self._rests.check(call)
        loan = await self._tokens.access()
        for last in (False, True):
            async with self._wire.open(call, query={"access_token": loan.value, **query}) as came:
                if came.content_type not in _NO_FILE:
                    async for chunk in _bounded(came, limit):
                        yield chunk
                    return
                answer = parsed(await read(came, ANSWER_LIMIT)) or {}
            try:
                raise_for(call, answer)
                raise TryLater(f"{call}: neither a file nor an error")
            except TokenRefused as fault:
                if last:
                    self._given_up(call, fault)
                    raise
                loan = await self._tokens.access(loan)
            except SendError as fault:
                self._given_up(call, fault)
                raise

    def _given_up(self, call: str, fault: SendError) -> None:
        if isinstance(fault, TokenRefused):
            _log.error("WeChat refuses a new access token", call=call)
        self._rests.note(call, fault)


async def _bounded(came: aiohttp.ClientResponse, limit: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in came.content.iter_any():
        size += len(chunk)
        if max(size, came.content_length or 0) > limit:
            raise TooBig(f"more than {limit} bytes")
        yield chunk
