"""Telegram's table of cases."""

from __future__ import annotations

from handlers.channels.base import Gone, Kit, MaybeSent, MediaGone, Refused, TryLater, WaitForApplicant
from handlers.channels.telegram import Account, Telegram
from handlers.channels.telegram.reading import SECRET_HEADER
from tests.handlers.channels.conformance.calls import header
from tests.handlers.channels.conformance.case import Case, Fault
from tests.handlers.channels.conformance.desk import Desk
from tests.platforms.telegram import FakeTelegram, too_many
from tests.platforms.telegram.limits import Refusal
from tests.troubles import Trouble, lose_answer, refuse_line, slow, status, text

SEND = "sendMessage"


def refuses(code: int, why: str) -> Trouble:
    return status(code, Refusal(code, why).body())


def blocks(desk: Desk) -> None:
    desk.fake.person("hu").chat.blocked = True


def channel(fake: FakeTelegram, kit: Kit) -> Telegram:
    return Telegram(Account(fake.token, fake.secret, photos=True, api_url=fake.url), kit)


TELEGRAM = Case(
    name="telegram",
    path="/channels/telegram",
    fake=FakeTelegram,
    channel=channel,
    user=lambda person: str(person.id),
    secrets=lambda fake: [fake.token, fake.token.partition(":")[2], fake.secret],
    strange={
        "voice": "voice",
        "video": "video",
        "place": "place",
        "sticker": "sticker",
        "file": "file",
        "strange": "other",
    },
    forgeries={
        "another secret": header(SECRET_HEADER, "0" * 36),
        "no secret": header(SECRET_HEADER, ""),
    },
    signed_for=None,
    sending={
        "too fast": Fault(TryLater, SEND, status(429, too_many(3)), after=3),
        "far too fast": Fault(TryLater, SEND, status(429, too_many(300)), after=300),
        "another token": Fault(TryLater, SEND, refuses(401, "Unauthorized"), after=60),
        "blocked": Fault(Gone, before=blocks),
        "no such chat": Fault(Gone, SEND, refuses(400, "chat not found")),
        "not understood": Fault(Refused, SEND, refuses(400, "message is too long")),
        "HTTP 502": Fault(MaybeSent, SEND, refuses(502, "Bad Gateway")),
        "another's page": Fault(MaybeSent, SEND, text("<html>login</html>")),
        "cut before": Fault(MaybeSent, SEND, refuse_line()),
        "answer lost": Fault(MaybeSent, SEND, lose_answer(), shown=True),
        "slow": Fault(None, SEND, slow(0.1), shown=True),
    },
    fetching={
        "forgotten": Fault(MediaGone, "getFile", refuses(400, "wrong file_id or the file is unavailable")),
        "busy": Fault(TryLater, "getFile", status(429, too_many(3)), after=3),
        "no answer": Fault(TryLater, "getFile", refuse_line()),
        "link over": Fault(MediaGone, "file", status(404)),
        "HTTP 502": Fault(TryLater, "file", status(502)),
        "cut": Fault(TryLater, "file", refuse_line(), times=2),
    },
    never={WaitForApplicant: "a bot may write to whoever opened it, at any time"},
    lose=lambda fake: fake.files.clear(),
)
