"""What each error code of WeChat's interface means for us: a table, code -> what the caller can do.

A call that WeChat refuses for a while is left alone for that while: one more would be one more refusal.

Codes: https://developers.weixin.qq.com/doc/service/guide/dev/ (全局返回码), and the pages of the calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from wechatpy.constants import WeChatErrorCode as Code

from handlers.channels.base import Gone, MediaGone, Refused, SendError, TryLater, WaitForApplicant


class TokenRefused(TryLater):
    """The access token is not taken. A new one helps once; after that somebody has to look."""


class SpentForToday(TryLater):
    """The day's calls of this kind are used up."""


class NotAgreed(WaitForApplicant):
    """He does not agree to notices of this template, or does no more."""


class SwitchedOff(WaitForApplicant):
    """The account has no right to this call. It is not tried again for a while."""


class TooLong(Refused):
    """The text is longer than WeChat takes. Send it in pieces."""


class NoMenus(Refused):
    """This kind of account cannot send menu messages. Number the options."""


class NothingThere(Refused):
    """There is no custom menu."""


class AlreadyTaken(Exception):
    """WeChat has had this very message before: it is as good as sent."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """error: what is raised. after: seconds to wait, where WeChat says so. alarm: why to call an operator."""

    error: type[SendError] | type[AlreadyTaken]
    after: float | None = None
    alarm: str = ""


_ANOTHER_TOKEN = Consequence(TokenRefused, after=60)
_BUSY = Consequence(TryLater)
_WINDOW = Consequence(WaitForApplicant)
_GONE = Consequence(Gone)
_QUIETLY = Consequence(Refused)
_WRONG_FORM = Consequence(Refused, alarm="the template's fields are not those of the setting")
_WRONG_FILE = Consequence(Refused, alarm="the picture of a document is not as it has to be")
_NO_RIGHT = Consequence(SwitchedOff, alarm="the account has no right to this call")
_CONFIRM = Consequence(TryLater, after=60, alarm="the account's administrator has to allow this machine")
_WRONG_KEYS = Consequence(TryLater, after=60, alarm="AppID or AppSecret is wrong")

CONSEQUENCES: Mapping[int, Consequence] = {
    Code.INVALID_CREDENTIAL.value: _ANOTHER_TOKEN,  # 40001
    Code.INVALID_ACCESS_TOKEN.value: _ANOTHER_TOKEN,  # 40014
    Code.EXPIRED_ACCESS_TOKEN.value: _ANOTHER_TOKEN,  # 42001
    Code.MISSING_ACCESS_TOKEN.value: _ANOTHER_TOKEN,  # 41001
    Code.SYSTEM_BUSY.value: _BUSY,  # -1
    20001: _BUSY,  # the same, of subscription notices
    Code.API_MINUTE_QUOTA_REACH_LIMIT.value: Consequence(TryLater, after=60),  # 45011
    Code.OUT_OF_API_FREQ_LIMIT.value: Consequence(SpentForToday),  # 45009
    Code.OUT_OF_RESPONSE_TIME_LIMIT.value: _WINDOW,  # 45015
    Code.OUT_OF_RESPONSE_COUNT_LIMIT.value: _WINDOW,  # 45047: the messages of this window are used up
    Code.REQUIRE_SUBSCRIBE.value: _GONE,  # 43004
    Code.REQUIRE_UNBLOCK_USER.value: _GONE,  # 43019: he is on the account's black list
    Code.USER_BLOCK_MESSAGE.value: _GONE,  # 48002: he refuses to be written to
    Code.INVALID_OPENID.value: _GONE,  # 40003: nobody can ever be written to there
    Code.USER_REFUSE_TO_ACCEPT_THE_MESSAGE.value: Consequence(NotAgreed),  # 43101
    Code.INVALID_TEMPLATE_ARGUMENT.value: _WRONG_FORM,  # 47003
    Code.INVALID_TEMPLATE.value: _WRONG_FORM,  # 40037
    Code.INVALID_PAGE.value: _WRONG_FORM,  # 41030: the page a notice opens
    45168: Consequence(Refused, alarm="WeChat objects to a word"),
    Code.UNAUTHORIZED_API.value: _NO_RIGHT,  # 48001
    Code.API_BANNED.value: Consequence(SwitchedOff, alarm="WeChat has barred this call for the account"),
    # 50002: the manual says "his account may be frozen or cancelled", elsewhere "the account's interface is
    # barred". So it costs him alone his window: a rest of the call would silence everybody for one of them.
    Code.USER_LIMITED.value: Consequence(WaitForApplicant, alarm="WeChat has limited him, or the account"),
    Code.INVALID_MEDIA_ID.value: Consequence(MediaGone),  # 40007
    40004: _WRONG_FILE,  # a kind of media it does not know
    40005: _WRONG_FILE,  # a kind of file
    40006: _WRONG_FILE,  # too large
    40009: _WRONG_FILE,  # a picture too large
    45001: _WRONG_FILE,  # the same, by the gateway
    Code.OUT_OF_CONTENT_SIZE_LIMIT.value: Consequence(TooLong),  # 45002
    40200: Consequence(NoMenus),
    Code.MENU_NO_EXIST.value: Consequence(NothingThere),  # 46003
    45080: _QUIETLY,  # typing: he has not written for 30 seconds
    45081: _QUIETLY,  # typing: he sees it already
    Code.CLIENTMSGID_EXIST.value: Consequence(AlreadyTaken),  # 45065: the client_msg_id came before
    40164: Consequence(TryLater, after=60, alarm="this machine is not on the account's IP list"),
    **dict.fromkeys((89501, 89503, 89506, 89507), _CONFIRM),  # asked, not answered yet, or refused
    Code.INVALID_APP_ID.value: _WRONG_KEYS,  # 40013
    Code.INVALID_APP_SECRET.value: _WRONG_KEYS,  # 40125
    40243: Consequence(TryLater, after=60, alarm="the AppSecret is frozen"),
}
_UNKNOWN = Consequence(Refused, alarm="a code we do not know")

# "argument invalid! data.thing1.value is empty": the field's name is ours to tell, the rest may quote a text.
_FIELD = re.compile(r"data\.([a-z_]+\d{1,2})\b")

SHANGHAI = ZoneInfo("Asia/Shanghai")  # where WeChat's day begins
OFF_FOR = timedelta(hours=1)  # the right to a call may be granted meanwhile

_log = structlog.get_logger("wechat")


def raise_for(call: str, answer: Mapping[str, Any]) -> None:
    """Raise what an answer of WeChat's means, if it is no success.

    call: the interface's name, such as "message/custom/send". What is raised names it and the code, never
        a person, a text or a token.
    """
    code = _number(answer.get("errcode", 0))
    if code == 0:
        return
    means = CONSEQUENCES.get(code, _UNKNOWN)
    why = f"{call}: {code}"
    if field := _FIELD.search(str(answer.get("errmsg", ""))):
        why += f" in {field[1]}"
    if means.alarm:
        _log.error(f"WeChat refuses: {means.alarm}", call=call, reason=why)
    if issubclass(means.error, TryLater):
        raise means.error(why, means.after)
    raise means.error(why)


def _number(code: object) -> int:
    """Return an error code as a number; some interfaces spell it as text."""
    try:
        return int(str(code))
    except ValueError:
        return -1


class Rests:
    """Which calls rest, until when, and what was said of them.

    Each process learns it for itself and forgets it with its end; WeChat says it again.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._resting: dict[str, tuple[datetime, SendError]] = {}

    def check(self, call: str) -> None:
        """Raise what WeChat said last of `call`, while that holds."""
        if call not in self._resting:
            return
        until, fault = self._resting[call]
        left = (until - self._clock()).total_seconds()
        if left <= 0:
            del self._resting[call]
        elif isinstance(fault, TryLater):
            raise type(fault)(str(fault), left)
        else:
            raise type(fault)(str(fault))

    def note(self, call: str, fault: SendError) -> None:
        """Let `call` rest if that is what `fault` asks for. A wait that is not named gets its length here."""
        now = self._clock()
        if isinstance(fault, SpentForToday):
            fault.after = (_next_midnight(now) - now).total_seconds()
            _log.error("the day's calls to WeChat are used up", call=call)
        if isinstance(fault, TryLater) and fault.after:
            self._resting[call] = now + timedelta(seconds=fault.after), fault
        elif isinstance(fault, SwitchedOff):
            self._resting[call] = now + OFF_FOR, fault


def _next_midnight(now: datetime) -> datetime:
    there = now.astimezone(SHANGHAI)
    return (there + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
