"""Access tokens and the pages' ticket, as 获取稳定版接口调用凭据 has them.

One token is current. It is handed out again until five minutes before its end; then a new one is lent,
and both are good. A forced refresh ends the one before at once: at most 20 a day, 30 s apart.
"""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.platforms.wechat.rules import Refuse

LASTS = timedelta(seconds=7200)
EARLY = timedelta(minutes=5)
TOKEN_LENGTH = 512  # the manual: keep room for at least 512 characters
FORCED_A_DAY, FORCED_APART = 20, timedelta(seconds=30)
A_MINUTE = 10_000


@dataclass
class Loan:
    """Something lent until `until`.

    revoked: ended before that. unnoticed: and handed out nevertheless.
    """

    value: str
    until: datetime
    revoked: bool = False
    unnoticed: bool = False


class Loans:
    """What this account has lent. `tokens` has every token ever, the last one is current."""

    def __init__(self) -> None:
        self.tokens: list[Loan] = []
        self.ticket: Loan | None = None
        self._asked: deque[datetime] = deque()
        self._forced: list[datetime] = []

    def token(self, now: datetime, *, force: bool = False) -> Loan:
        """Return the token to be used from now on.

        Raises:
            Refuse: asked too often.
        """
        while self._asked and self._asked[0] <= now - timedelta(minutes=1):
            self._asked.popleft()
        self._asked.append(now)
        if len(self._asked) > A_MINUTE:
            raise Refuse(45011, "api minute-quota reach limit, must slower, retry next minute")
        if force:
            return self._force(now)
        current = self.tokens[-1] if self.tokens else None
        if current and (current.unnoticed or not current.revoked) and now < current.until - EARLY:
            return current
        return self._lend(now)

    def check(self, value: str | None, now: datetime) -> None:
        """Raises:
        Refuse: `value` opens nothing.
        """
        if not value:
            raise Refuse(41001, "access_token missing")
        loan = next((each for each in self.tokens if each.value == value), None)
        if loan is None:
            raise Refuse(40014, "invalid access_token")
        if loan.revoked:
            raise Refuse(40001, "invalid credential, access_token is invalid or not latest")
        if now >= loan.until:
            raise Refuse(42001, "access_token expired")

    def revoke(self, *, unnoticed: bool = False) -> None:
        """End all tokens before their time, as when somebody changes the account's secret.

        unnoticed: stable_token goes on handing the last one out until it is forced to lend a new one.
        """
        for loan in self.tokens:
            loan.revoked = True
            loan.unnoticed = unnoticed

    def jsapi(self, now: datetime) -> Loan:
        """Return the ticket with which pages are signed."""
        if self.ticket is None or now >= self.ticket.until:
            self.ticket = Loan(secrets.token_urlsafe(64), now + LASTS)
        return self.ticket

    def _force(self, now: datetime) -> Loan:
        self._forced = [at for at in self._forced if at > now - timedelta(days=1)]
        if len(self._forced) >= FORCED_A_DAY or (self._forced and now < self._forced[-1] + FORCED_APART):
            raise Refuse(45011, "api minute-quota reach limit, must slower, retry next minute")
        self._forced.append(now)
        self.revoke()
        return self._lend(now)

    def _lend(self, now: datetime) -> Loan:
        self.tokens.append(Loan(secrets.token_urlsafe(TOKEN_LENGTH)[:TOKEN_LENGTH], now + LASTS))
        return self.tokens[-1]
