"""All that WeChat knows of one official account. Tests look into it, and set what it may do."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tests.platforms.wechat.crypto import Seal
from tests.platforms.wechat.loans import Loans
from tests.platforms.wechat.rules import Follower, Refuse

Mode = Literal["encrypted", "compatible", "plain"]

MEDIA_LASTS = timedelta(days=3)
REPEAT_KNOWN = timedelta(minutes=10)  # so long a client_msg_id is recognised
HERE = ZoneInfo("Asia/Shanghai")

TEMPLATE = "TPL-progress-0001"
SUBSCRIPTION = "SUB-progress-0001"
FORM = ("thing1", "character_string2", "thing3", "thing4")
WORDS = "title=thing1,number=character_string2,state=thing3,day=thing4"  # how a bot is told to fill FORM
A_DAY = {"message/custom/send": 500_000, "message/template/send": 100_000, "clear_quota": 10}


@dataclass(frozen=True, slots=True)
class Media:
    """A file somebody sent, good for three days."""

    data: bytes
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code: what is drawn (`url`) opens the account and carries `scene`. `until` None: for ever."""

    ticket: str
    url: str
    scene: str
    until: datetime | None


@dataclass
class Account:
    """A certified service account, its followers and what it has used up.

    mode:      how calls reach the bot.
    menus:     msgmenu may be sent (test accounts may not: 40200).
    templates, subscriptions: the notices it may send, with the fields of each.
    notice_status: how notices end from now on: "success", or why not.
    repeat_code: what a client_msg_id that came before is answered with: 0, or 45065 as for mass messages
               (the manual of template messages does not say).
    listed:    the bot's address is on the account's list of those that may ask for tokens.
    a_day:     how often each call may be made in a day.
    """

    mode: Mode = "encrypted"
    app_id: str = "wx0123456789abcdef"
    original: str = "gh_0123456789ab"
    secret: str = field(default_factory=lambda: secrets.token_hex(16))
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    aes_key: str = field(default_factory=lambda: _aes_key())
    menus: bool = True
    templates: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {TEMPLATE: FORM})
    subscriptions: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: {SUBSCRIPTION: FORM})
    notice_status: str = "success"
    repeat_code: int = 0
    listed: bool = True
    a_day: dict[str, int] = field(default_factory=lambda: dict(A_DAY))

    loans: Loans = field(default_factory=Loans)
    followers: dict[str, Follower] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    codes: list[Code] = field(default_factory=list)
    menu: dict[str, Any] | None = None
    notices: dict[tuple[str, str], tuple[datetime, int]] = field(default_factory=dict)
    _used: Counter[str] = field(default_factory=Counter)
    _day: str = ""
    _ids: int = 24_000_000_000_000_000

    @property
    def seal(self) -> Seal:
        return Seal(self.token, self.aes_key, self.app_id)

    def next_id(self) -> int:
        """Return a 64-bit number for a message, as large as WeChat's."""
        self._ids += 1
        return self._ids

    def follower(self, openid: Any) -> Follower:
        """Raises:
        Refuse: nobody is called so here.
        """
        if openid not in self.followers:
            raise Refuse(40003, "invalid openid")
        return self.followers[openid]

    def count(self, call: str, now: datetime) -> None:
        """Count a call of today.

        Raises:
            Refuse: it was made too often.
        """
        today = str(now.astimezone(HERE).date())
        if today != self._day:
            self._day = today
            self._used.clear()
        self._used[call] += 1
        if call in self.a_day and self._used[call] > self.a_day[call]:
            raise Refuse(45009, "reach max api daily quota limit")

    def clear_counts(self) -> None:
        """Begin the day anew, as clear_quota does; its own count stays."""
        self._used = Counter({"clear_quota": self._used["clear_quota"]})

    def keep(self, data: bytes, kind: str, now: datetime) -> str:
        """Keep a file somebody sent; return its media id."""
        ref = secrets.token_urlsafe(48)
        self.media[ref] = Media(data, kind, now)
        return ref


def _aes_key() -> str:
    """Return 43 characters that stand for 32 bytes: the last one carries four bits only."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(letters) for _ in range(42)) + secrets.choice("AEIMQUYcgkosw048")
