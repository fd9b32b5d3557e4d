"""Text messages, by a gateway that the operator runs or rents: we know one signed call and one signed report.

    POST SMS_URL                 {id, phone, text}    2xx: taken, also when the id was taken before
    POST /channels/sms/reports   {id, state}          how it ended: "delivered" or "failed"

Both are signed with the same secret (Standard Webhooks). The id is ours and stays the same however often
we call, so the gateway can drop repeats: a text message costs money and nerves. docs/operations.md has the
contract for whoever writes the gateway's side.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from handlers import metrics
from handlers.calling import Answer, post
from handlers.channels.base import MaybeSent, Refused, TryLater
from handlers.errors import Problem, parse_object, read_body
from handlers.security import allow
from handlers.signed import CallbackError, Malformed, identity, signed_headers

REPORTS = "/channels/sms/reports"
BODY_LIMIT = 16 * 1024  # bytes
BODY_WITHIN = 5.0  # seconds
MAX_ID = 200  # characters
STATES: Mapping[str, bool] = {"delivered": True, "failed": False}

_PHONE = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_BUSY = (408, 425, 429, 503)
_SETUP = (301, 302, 303, 307, 308, 401, 403, 404, 405)  # address or secret: ours to put right
AFTER_SETUP = 300.0  # seconds
TAKEN = 409  # under this id something went out already
_REASONS = {"forged": "forged", "late": "stale", "malformed": "malformed"}

# Given the id and whether it was delivered, this returns when that is on disk.
OnReport = Callable[[str, bool], Awaitable[None]]

_log = structlog.get_logger("sms")


class Gateway:
    """The way to applicants' phones, and the word that comes back."""

    def __init__(
        self,
        url: str,
        secret: str,
        session: aiohttp.ClientSession,
        clock: Callable[[], datetime],
        on_report: OnReport,
    ) -> None:
        self._url = url
        self._secret = secret
        self._session = session
        self._clock = clock
        self._on_report = on_report

    def add_routes(self, app: web.Application) -> None:
        """Put the address for reports on the application."""
        app.router.add_post(REPORTS, self.take)

    async def send(self, phone: str, text: str, key: str) -> str:
        """Send a text message; return the id by which a report will name it.

        phone: E.164. key: ours, the same for the same message: calling again is no second message.
        Raises:
            TryLater: nothing was taken.
            MaybeSent: nobody knows. Call again with the same key: the gateway drops a repeat.
            Refused: never like this, such as a number that is none.
        """
        if not _PHONE.fullmatch(phone):
            raise Refused("sms: not a telephone number")
        body = json.dumps({"id": key, "phone": phone, "text": text}, ensure_ascii=False).encode()
        headers = signed_headers(key, body, self._secret, self._clock())
        _check(await post(self._session, self._url, body, platform="sms", headers=headers))
        return key

    @allow("platform")
    async def take(self, request: web.Request) -> web.Response:
        """Take one report. 204 means that it is on disk; anything else, and it has to come again."""
        try:
            body = await read_body(request, BODY_LIMIT, BODY_WITHIN)
            key, delivered = report(request.headers, body, self._secret, self._clock())
        except CallbackError as fault:
            metrics.letters_refused.labels("sms", _REASONS[fault.outcome]).inc()
            raise Problem(422 if isinstance(fault, Malformed) else 401, str(fault)) from fault
        metrics.notices.labels("sms", "delivered" if delivered else "failed").inc()
        await self._on_report(key, delivered)
        return web.Response(status=204)


def report(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> tuple[str, bool]:
    """Return the id in a report and whether the message was delivered.

    Raises:
        Forged, Late, Malformed: see handlers.signed.
    """
    identity(headers, body, secret, now)
    said: dict[str, Any]
    try:
        said = parse_object(body)
    except Problem as fault:
        raise Malformed(fault.detail) from fault
    key, state = said.get("id"), said.get("state")
    if not isinstance(key, str) or not 1 <= len(key) <= MAX_ID:
        raise Malformed("id is missing or of the wrong kind")
    if not isinstance(state, str) or state not in STATES:
        raise Malformed('state is neither "delivered" nor "failed"')
    return key, STATES[state]


def _check(answer: Answer) -> None:
    status = answer.status
    if answer.ok or status == TAKEN:
        return
    if status in _SETUP:
        _log.error("sms gateway set up wrongly", status=status)
        raise TryLater(f"sms: HTTP {status}", AFTER_SETUP)
    if status in _BUSY:
        raise TryLater(f"sms: HTTP {status}", answer.after)
    if status >= 500:
        raise MaybeSent(f"sms: HTTP {status}")  # broken in the middle of it, for all we know
    raise Refused(f"sms: HTTP {status}")
