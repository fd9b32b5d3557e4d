"""DingTalk's table of cases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from handlers.channels.base import Gone, Kit, MaybeSent, MediaGone, Refused, TryLater, WaitForApplicant
from handlers.channels.dingtalk import App, DingTalk
from tests.handlers.channels.conformance.calls import header, parameter
from tests.handlers.channels.conformance.case import Case, Fault, named
from tests.handlers.channels.conformance.desk import Desk
from tests.platforms.dingtalk import Colleague, FakeDingTalk
from tests.platforms.dingtalk.service import AES_KEY, APP_KEY, APP_SECRET, TOKEN
from tests.troubles import Trouble, half_answer, lose_answer, refuse_line, slow, status, text

HOOK, BATCH, LINK, FILE = "sendBySession", "batchSend", "download", "file"


def errcode(code: int) -> Trouble:
    """Return the refusal of a session."""
    return status(200, {"errcode": code, "errmsg": "as ordered"})


def session_over(desk: Desk) -> None:
    desk.clock.step(hours=2)


def left(desk: Desk) -> None:
    session_over(desk)
    desk.fake.person("hu").inside = False


def held_back(desk: Desk) -> None:
    session_over(desk)
    desk.fake.controlled.add("hu")


def channel(fake: FakeDingTalk, kit: Kit) -> DingTalk:
    return DingTalk(App(APP_KEY, APP_SECRET, TOKEN, AES_KEY, api_url=fake.url), kit)


async def comes_back(person: Colleague) -> None:
    person.inside = True


def later(means: Any, trouble: Trouble, **more: Any) -> Fault:
    """Return a fault of the interface that is used when the session is over."""
    return Fault(means, BATCH, trouble, before=session_over, **more)


DINGTALK = Case(
    name="dingtalk",
    path="/channels/dingtalk",
    fake=FakeDingTalk,
    channel=channel,
    user=named,
    secrets=lambda fake: [APP_SECRET, TOKEN, AES_KEY, fake._access[0], *fake._hooks],
    strange={
        "voice": "voice",
        "video": "video",
        "file": "file",
        "place": "other",  # DingTalk names none of these
        "sticker": "other",
        "strange": "other",
    },
    forgeries={
        "another sign": header("sign", "0" * 44),
        "no sign": header("sign", ""),
        "another time": header("timestamp", "1795222861000"),
        "another signature of the message": parameter("msg_signature", "0" * 40),
        "no signature of the message": parameter("msg_signature", ""),
        "another nonce": parameter("nonce", "1"),
    },
    signed_for=timedelta(hours=1),
    tells_leaving=False,
    comes_back=comes_back,
    sending={
        "busy": Fault(TryLater, HOOK, errcode(-1)),
        "too fast": Fault(TryLater, HOOK, errcode(130101), after=60),
        "robot stopped": Fault(TryLater, HOOK, errcode(400102), after=60),
        "session over early": Fault(None, HOOK, errcode(300001), shown=True),
        "not allowed": Fault(Refused, HOOK, errcode(430102)),
        "HTTP 503": Fault(TryLater, HOOK, status(503)),
        "HTTP 504": Fault(MaybeSent, HOOK, status(504)),
        "another's page": Fault(MaybeSent, HOOK, text("<html>login</html>")),
        "cut before": Fault(MaybeSent, HOOK, refuse_line()),
        "answer lost": Fault(MaybeSent, HOOK, lose_answer(), shown=True),
        "answer torn": Fault(MaybeSent, HOOK, half_answer(), shown=True),
        "slow": Fault(None, HOOK, slow(0.1), shown=True),
        "later, too fast": later(TryLater, status(403, {"code": "QpsLimit"}), after=60),
        "later, too fast for her": Fault(TryLater, before=held_back, after=60, lasts=True),
        "later, not understood": later(Refused, status(400, {"code": "invalidParameter.msgParam.invalid"})),
        "later, not in the enterprise": Fault(Gone, before=left),
        "later, key refused once": later(None, status(400, {"code": "InvalidAuthentication"}), shown=True),
        "later, answer lost": later(MaybeSent, lose_answer(), shown=True),
    },
    fetching={
        "forgotten": Fault(MediaGone, LINK, status(400, {"code": "invalidParameter.downloadCode.invalid"})),
        "busy": Fault(TryLater, LINK, status(500)),
        "answer lost": Fault(TryLater, LINK, lose_answer()),
        "link over": Fault(MediaGone, FILE, status(403)),
        "HTTP 503": Fault(TryLater, FILE, status(503)),
        "cut": Fault(TryLater, FILE, refuse_line(), times=2),
    },
    never={WaitForApplicant: "only to people outside the enterprise (test_dingtalk_channel.py)"},
    lose=lambda fake: fake.lose_files(),
)
