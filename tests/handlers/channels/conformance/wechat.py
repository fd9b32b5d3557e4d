"""WeChat's table of cases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from handlers.channels.base import Gone, Kit, MaybeSent, MediaGone, Refused, TryLater, WaitForApplicant
from handlers.channels.wechat import WeChat
from tests.handlers.channels.conformance.calls import parameter
from tests.handlers.channels.conformance.case import Case, Fault, Prepare, named
from tests.handlers.channels.conformance.desk import Desk
from tests.handlers.channels.wechat_world import account_of
from tests.platforms.wechat import FakeWeChat, errcode
from tests.troubles import half_answer, lose_answer, refuse_line, slow, status, text

SEND, MEDIA, TOKEN = "message/custom/send", "media/get", "stable_token"
SLOT = timedelta(seconds=0.3)  # real ones: how long the webhook waits for words about a photo


def follower(**is_: Any) -> Prepare:
    """Return what makes her a follower of another kind."""

    def change(desk: Desk) -> None:
        for name, value in is_.items():
            setattr(desk.fake.account.followers[desk.hu.user], name, value)

    return change


def later(**span: float) -> Prepare:
    """Return what lets time pass."""
    return lambda desk: desk.clock.step(**span)


def secrets(fake: FakeWeChat) -> list[str]:
    account = fake.account
    token = account.loans.token(fake.clock(), force=False).value
    return [account.secret, account.token, account.aes_key, token]


def channel(fake: FakeWeChat, kit: Kit) -> WeChat:
    return WeChat(account_of(fake, forms=False), kit, SLOT)


WECHAT = Case(
    name="wechat",
    path="/channels/wechat",
    fake=FakeWeChat,
    channel=channel,
    user=named,
    secrets=secrets,
    strange={
        "voice": "voice",
        "video": "video",
        "place": "place",
        "sticker": "other",  # WeChat does not say what it was
        "file": "file",
        "strange": "other",
    },
    forgeries={
        "another signature of the message": parameter("msg_signature", "0" * 40),
        "no signature of the message": parameter("msg_signature", ""),
        "another time": parameter("timestamp", "1795222861"),
        "another nonce": parameter("nonce", "1"),
        "in the clear": parameter("encrypt_type", "raw"),
    },
    signed_for=timedelta(minutes=5),
    sending={
        "busy": Fault(TryLater, SEND, errcode(-1)),
        "too many this minute": Fault(TryLater, SEND, errcode(45011), after=60),
        "too many today": Fault(TryLater, SEND, errcode(45009), after=3600),
        "key refused once": Fault(None, SEND, errcode(40001), shown=True),
        "key refused twice": Fault(TryLater, SEND, errcode(42001), times=2, after=60),
        "key not lent": Fault(TryLater, TOKEN, errcode(40164), after=60),
        "window closed": Fault(WaitForApplicant, SEND, errcode(45015)),
        "window really closed": Fault(WaitForApplicant, before=later(hours=49)),
        "used up": Fault(WaitForApplicant, SEND, errcode(45047)),
        "no right": Fault(WaitForApplicant, SEND, errcode(48001)),
        "does not follow": Fault(Gone, before=follower(follows=False)),
        "refuses": Fault(Gone, before=follower(refuses=True)),
        "on the black list": Fault(Gone, before=follower(blacklisted=True)),
        "too long": Fault(Refused, SEND, errcode(45002)),
        "a code nobody knows": Fault(Refused, SEND, errcode(99999)),
        "HTTP 500": Fault(TryLater, SEND, status(500)),
        "HTTP 504": Fault(MaybeSent, SEND, status(504)),
        "another's page": Fault(MaybeSent, SEND, text("<html>login</html>")),
        "cut before": Fault(MaybeSent, SEND, refuse_line()),
        "answer lost": Fault(MaybeSent, SEND, lose_answer(), shown=True),
        "answer torn": Fault(MaybeSent, SEND, half_answer(), shown=True),
        "slow": Fault(None, SEND, slow(0.1), shown=True),
    },
    fetching={
        "forgotten": Fault(MediaGone, MEDIA, errcode(40007)),
        "busy": Fault(TryLater, MEDIA, errcode(-1)),
        "HTTP 502": Fault(TryLater, MEDIA, status(502)),
        "neither file nor error": Fault(TryLater, MEDIA, text("<html>login</html>")),
        "cut": Fault(TryLater, MEDIA, refuse_line(), times=2),
    },
    lose=lambda fake: fake.account.media.clear(),
)
