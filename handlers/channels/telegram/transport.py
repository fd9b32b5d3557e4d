"""How the library's client reaches Telegram: by the product's own HTTP session, as every other channel does.

The library brings an HTTP client of its own, which costs three times the processor time of ours for each
message, and writes addresses, which hold the token, into its log.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from handlers.calling import CALL_WITHIN, body_of

FILE_WITHIN = aiohttp.ClientTimeout(total=25, connect=3, sock_connect=3)  # seconds


class Transport(BaseRequest):
    """Makes the calls of one bot. proxy: the address of the way out, "" for none."""

    def __init__(self, session: aiohttp.ClientSession, proxy: str) -> None:
        self._session = session
        self._proxy = proxy or None

    @property
    def read_timeout(self) -> float | None:
        """Seconds for a whole call."""
        return CALL_WITHIN.total

    async def initialize(self) -> None:
        """There is nothing to open."""

    async def shutdown(self) -> None:
        """The session is not ours to close."""

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """Make one call; return the status and the body. How long it may take is not the caller's to say.

        Raises:
            TimedOut, NetworkError: with the session's own error as its cause.
        """
        files = bool(request_data and request_data.multipart_data)
        try:
            async with self._session.request(
                method,
                url,
                data=_form(request_data) if request_data else None,
                headers={"User-Agent": self.USER_AGENT},
                timeout=FILE_WITHIN if files else CALL_WITHIN,
                proxy=self._proxy,
                allow_redirects=False,
            ) as answer:
                return answer.status, await body_of(answer)
        except TimeoutError as fault:
            raise TimedOut from fault
        except (aiohttp.ClientError, OSError) as fault:
            raise NetworkError(type(fault).__name__) from fault


def _form(data: RequestData) -> aiohttp.FormData:
    form = aiohttp.FormData(data.json_parameters, quote_fields=False)  # names of files are in Chinese
    for name, (file_name, content, kind) in data.multipart_data.items():
        form.add_field(name, content, filename=file_name, content_type=kind)
    return form
