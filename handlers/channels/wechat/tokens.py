"""The access token and the page ticket: lent for two hours, shared by all processes (storage.flow.loans).

stable_token gives everybody the same token, and a new one five minutes before the old one ends, while
both work. Only when WeChat refuses a token that stable_token still gives out is a new one forced: that
may be done 20 times a day, 30 seconds apart.
Source: https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog

from handlers.channels.base import SendError, TryLater
from handlers.channels.wechat.account import Account
from handlers.channels.wechat.errors import Rests, TokenRefused
from handlers.channels.wechat.wire import Wire
from storage.errors import StorageError
from storage.flow.loans import Fetch, Lent, Loan, Loans

TOKEN, TICKET = "stable_token", "ticket/getticket"

# Asked within the last five minutes, WeChat lends a new one; a minute is for clocks that differ.
RENEW_BEFORE = timedelta(minutes=4)
FORCE_EVERY = timedelta(minutes=1)
REST = timedelta(minutes=1)  # after a refusal that no waiting is named for: an operator has to look

_log = structlog.get_logger("wechat")


class Tokens:
    """What WeChat lends one account."""

    def __init__(
        self, account: Account, wire: Wire, loans: Loans, rests: Rests, clock: Callable[[], datetime]
    ) -> None:
        self._account = account
        self._wire = wire
        self._loans = loans
        self._rests = rests
        self._clock = clock
        self._forced_at: datetime | None = None

    async def access(self, refused: Loan | None = None) -> Loan:
        """Return the access token; `refused` is one that WeChat did not take.

        Raises:
            TryLater: none is to be had now.
        """
        return await self._borrow("token", self._fetch_token, refused)

    async def ticket(self) -> str:
        """Return the ticket that signs our pages for WeChat's own browser.

        Raises:
            SendError: none is to be had now, or the account may not have one.
        """
        return (await self._borrow("ticket", self._fetch_ticket, None)).value

    async def _borrow(self, what: str, fetch: Fetch, refused: Loan | None) -> Loan:
        try:
            return await self._loans.current(f"wechat:{what}:{self._account.app_id}", fetch, refused=refused)
        except StorageError as fault:
            raise TryLater(f"the {what} cannot be borrowed: {type(fault).__name__}") from fault

    async def _fetch_token(self, refused: str) -> Lent:
        lent = await self._ask(force=False)
        if lent.value != refused:
            return lent
        now = self._clock()
        if self._forced_at is not None and now - self._forced_at < FORCE_EVERY:
            _log.error("WeChat refuses even a token it has just made", call=TOKEN)
            raise TokenRefused(f"{TOKEN}: a new token is refused, too", FORCE_EVERY.total_seconds())
        self._forced_at = now
        return await self._ask(force=True)

    async def _ask(self, *, force: bool) -> Lent:
        body = {
            "grant_type": "client_credential",
            "appid": self._account.app_id,
            "secret": self._account.secret,
            "force_refresh": force,
        }
        with self._minded(TOKEN):
            answer = await self._wire.call(TOKEN, body=body, repeatable=True)
        return _lent(answer, "access_token")

    async def _fetch_ticket(self, _: str) -> Lent:
        async def ask(token: str) -> Lent:
            query = {"access_token": token, "type": "jsapi"}
            return _lent(await self._wire.call(TICKET, query=query, repeatable=True), "ticket")

        with self._minded(TICKET):
            loan = await self.access()
            try:
                return await ask(loan.value)
            except TokenRefused:
                return await ask((await self.access(loan)).value)

    @contextmanager
    def _minded(self, call: str) -> Iterator[None]:
        """Let a call that lends something rest when WeChat refuses it, and never blame a message for that.

        Raises:
            TryLater: whatever WeChat said. No message can be at fault here, so none may be given up for it.
        """
        self._rests.check(call)
        try:
            yield
        except SendError as fault:
            later = fault if isinstance(fault, TryLater) else TryLater(str(fault), REST.total_seconds())
            self._rests.note(call, later)
            if later is fault:
                raise
            raise later from fault


def _lent(answer: Mapping[str, Any], name: str) -> Lent:
    value, seconds = answer.get(name), answer.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(seconds, int) or seconds <= 0:
        raise TryLater(f"an answer without {name}")
    good_for = timedelta(seconds=seconds)
    return Lent(value, good_for - min(RENEW_BEFORE, good_for / 2))
