"""WeChat's calls over real HTTP: safe before they are answered, answered once, the same when asked again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from sqlalchemy import Connection, func, select

from dialogs.messages import Address, Card, Inbound, Outbound
from dialogs.session import Session
from dialogs.turn import Event, FetchMedia, MessageReceived, Opened, PhotoMeasured, Say, Turn
from handlers import metrics
from handlers.channels import receiving
from handlers.channels.base import Kit
from handlers.channels.receiving import LETTERS_AT_ONCE, Mailroom
from handlers.channels.wechat import Account, WeChat, form_of, passive, webhook
from handlers.channels.wechat.passive import Answers, Patience
from handlers.channels.wechat.reading import Call, Report, read
from handlers.errors import problems
from handlers.keys import MAILROOM
from handlers.security import Buckets, make_gate
from handlers.turns import Turns
from storage.database import Database
from storage.errors import Unavailable
from storage.flow import outbox
from storage.flow.outbox import Item
from storage.flow.replies import LEASE
from storage.flow.turns import Taken
from storage.people import addresses, applicants, conversations, messages, subscriptions
from storage.schema import conversations as conversations_table
from storage.schema import inbox as inbox_table
from storage.schema import outbox as outbox_table
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests import tables
from tests.handlers.channels.wechat_calls import (
    AES_KEY,
    APP_ID,
    HU,
    NOW,
    SECRET,
    TOKEN,
    Caller,
    Sent,
    account,
    elements,
    event,
    photo,
    text,
)
from tests.patience import PATIENCE

WECHAT = Caller()
HERE = Address("wechat", APP_ID, HU)
LI = "o6_bmjrPTlm6_2sgVt7hMZOPfL2N"
SLOT = timedelta(seconds=30)  # real seconds, and a busy machine is no fault
HASTY = timedelta(seconds=0.5)  # where words are waited for in vain
LONG = "这一段很长。" * 200  # 3600 bytes


def decide(session: Session, happened: Event, now: datetime) -> Turn:
    """A toy dialog: it repeats words, keeps quiet about photos until they are measured."""
    match happened:
        case MessageReceived(Inbound(media=(photo_, *_))) if photo_.kind == "photo":
            return Turn(session, (FetchMedia(photo_.file, photo_.ref, "wechat"),))
        case MessageReceived(Inbound(text="silence")):
            return Turn(session)
        case MessageReceived(Inbound(text="long")):
            return Turn(session, (Say(Outbound("短。")), Say(Outbound(LONG))))
        case MessageReceived(Inbound(text="receipt")):
            card = Card("receipt", "回执", {"number": "CS-1120-0001", "first": True})
            return Turn(session, (Say(Outbound("交上去了。", card=card)),))
        case MessageReceived(Inbound(text=words)):
            return Turn(session, (Say(Outbound(f"听到：{words}")), Say(Outbound("下一个问题？"))))
        case PhotoMeasured():
            return Turn(session, (Say(Outbound("照片收到。")),))
        case Opened(scene=scene):
            return Turn(session, (Say(Outbound(f"您好。{scene}")),))
        case _:
            return Turn(session, (Say(Outbound("慢一点。")),))


class County:
    """Our side: the webhook on a real port, before a real database. `now` moves only by `later`."""

    def __init__(self, database: Database, vault: Vault, given: Account) -> None:
        self.now = NOW
        self.slot = SLOT
        self.database, self.vault = database, vault
        self.turns = Turns(database, lambda: self.now)
        self.given = given

    async def serve(self) -> None:
        self.session = aiohttp.ClientSession()
        kit = Kit(self.session, self.database, self.vault, lambda: self.now, "http://127.0.0.1:8080")
        self.channel = WeChat(self.given, kit, self.slot)
        app = web.Application(middlewares=[problems, make_gate({})])
        app[MAILROOM] = Mailroom(self.database, self.turns, self.vault, lambda: self.now)
        self.channel.add_routes(app)
        self.client = TestClient(TestServer(app))
        await self.client.start_server()

    async def close(self) -> None:
        await self.client.close()
        await self.session.close()

    @property
    def answers(self) -> Answers:
        return self.channel._webhook._answers

    def waits(self, slot: timedelta) -> None:
        """Have every call that comes from now on wait so long for its words."""
        self.channel._webhook._slot = slot.total_seconds()

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def call(self, sent: Sent) -> tuple[int, str]:
        query, body = sent
        async with self.client.post("/channels/wechat", params=query, data=body) as answer:
            return answer.status, await answer.text()

    async def ask(self, xml: str) -> str:
        """Return what he is shown at once: the words of the answer, "" when there are none."""
        status, body = await self.call(WECHAT.sealed(xml, self.now))
        assert status == 200, body
        return "" if body == "success" else WECHAT.opened(body)["Content"]

    async def conversation(self) -> str:
        return await self.database.conversation(HERE)

    async def happens(self, happened: Event, key: str) -> Taken:
        return await self.turns.take(await self.conversation(), "photos", key, happened)

    async def settled(self) -> None:
        """Wait until what was answered is noted."""

        def open_(connection: Connection) -> int:
            said = outbox_table.c.kind == "Say", outbox_table.c.state != "done"
            return connection.execute(
                select(func.count()).select_from(outbox_table).where(*said)
            ).scalar_one()

        while await self.database.read(open_):
            await asyncio.sleep(0.01)

    async def for_the_worker(self, after: float = 0.0) -> list[str]:
        """Return what a worker would send by customer-service message, `after` seconds from now."""
        return [_words(item) for item in await self.held_by_the_worker(after)]

    async def held_by_the_worker(self, after: float = 0.0) -> list[Item]:
        now, lease = self.now + timedelta(seconds=after), timedelta(seconds=30)
        (*first,) = await self.database.run(
            lambda c: outbox.claim(c, self.vault, limit=9, now=now, lease=lease, worker="w:1", kinds=("Say",))
        )
        if not first:
            return []
        rest = await self.database.run(
            lambda c: outbox.claim_words(
                c,
                self.vault,
                first[0].conversation,
                until=now,
                now=now,
                lease=lease,
                worker="w:1",
                beside=first[0].hold,
            )
        )
        return [*first, *rest]

    async def count(self, table: Any) -> int:
        def count(connection: Connection) -> int:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

        return await self.database.read(count)


def _words(item: Item) -> str:
    assert isinstance(item.effect, Say)
    return item.effect.message.text


@asynccontextmanager
async def opened(folder: Path, given: Account) -> AsyncIterator[County]:
    vault = Vault(KeyRing.fresh())
    database = await Database.open(
        tables.of_bot(folder / "zerotrip.db"),
        vault=vault,
        decide=decide,
        pushed=frozenset({"wechat"}),
        slots={"wechat": SLOT},
        migrate=True,
        clock=lambda: NOW,
    )
    county = County(database, vault, given)
    await county.serve()
    try:
        yield county
    finally:
        await county.close()
        await database.close()


@pytest.fixture
async def county(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[County]:
    monkeypatch.setattr(webhook, "HANGS_UP_AFTER", PATIENCE)
    async with opened(tmp_path, account()) as made:
        yield made


# The answer inside the call


async def test_what_a_turn_says_is_the_answer_and_nothing_is_left_to_send(county: County) -> None:
    assert await county.ask(text("交社保")) == "听到：交社保\n\n下一个问题？"

    assert await county.for_the_worker(after=60) == []
    place = await county.database.read(lambda c: addresses.place(c, HERE))
    assert place is not None
    assert (place.message_at, place.message_used) == (NOW, 0)


@pytest.mark.parametrize("notices", ["", "SUBSCRIPTION-1:state=phrase1"])
async def test_a_first_receipt_leaves_by_the_worker_where_it_has_a_link_to_notices(
    tmp_path: Path, notices: str
) -> None:
    async with opened(tmp_path, account(subscription=form_of(notices))) as county:
        said = "" if notices else "交上去了。"

        assert await county.ask(text("receipt")) == said
        assert await county.for_the_worker() == ([] if said else ["交上去了。"])


async def test_a_message_that_comes_again_gets_the_same_answer_and_no_second_turn(county: County) -> None:
    first = await county.ask(text("交社保"))
    county.later(5)
    seen = await county.count(inbox_table)

    assert [await county.ask(text("交社保")) for _ in range(2)] == [first, first]
    assert await county.count(inbox_table) == seen
    assert await county.for_the_worker(after=60) == []


async def dies_before_its_answer(county: County, monkeypatch: pytest.MonkeyPatch, xml: str) -> None:
    """Have the turn of `xml` committed, and nothing after that."""

    async def die(*_: object) -> None:
        raise Unavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(Answers, "find", die)
        assert (await county.call(WECHAT.sealed(xml)))[0] == 503


async def test_what_the_worker_has_sent_meanwhile_is_not_said_again(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    await dies_before_its_answer(county, monkeypatch, text("交社保"))
    assert await county.for_the_worker() == []  # it waits for the answer to carry them
    later = LEASE.total_seconds() + 1
    items = await county.held_by_the_worker(later)
    assert [(_words(item), item.doubtful) for item in items] == [
        ("听到：交社保", True),
        ("下一个问题？", True),
    ]

    assert await county.ask(text("交社保")) == ""


async def test_what_nobody_has_sent_yet_is_said_when_it_comes_again(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    await dies_before_its_answer(county, monkeypatch, text("交社保"))

    assert await county.ask(text("交社保")) == "听到：交社保\n\n下一个问题？"
    assert await county.for_the_worker(after=60) == []


async def test_the_verdict_on_a_photo_is_waited_for(county: County) -> None:
    asking = asyncio.create_task(county.ask(photo()))
    while not await county.count(outbox_table):
        await asyncio.sleep(0.01)
    await county.happens(PhotoMeasured("f"), "m1")

    assert await asking == "照片收到。"
    assert await county.ask(photo()) == "照片收到。"  # WeChat missed it
    assert await county.for_the_worker(after=60) == []


async def test_a_verdict_that_comes_late_leaves_by_the_worker_at_once(county: County) -> None:
    county.waits(HASTY)
    assert await county.ask(photo()) == ""
    county.later(SLOT.total_seconds())
    await county.happens(PhotoMeasured("f"), "m1")

    assert await county.for_the_worker() == ["照片收到。"]


async def test_of_photos_sent_together_each_has_its_verdict_in_a_call_and_none_waits_in_vain(
    county: County,
) -> None:
    """The front and the back of a card: they come within a moment of each other."""
    calls = []
    for n in (1, 2):
        calls.append(asyncio.create_task(county.ask(photo(f"media-{n}", key=f"900{n}"))))
        while await county.count(outbox_table) < n:
            await asyncio.sleep(0.01)
        county.later(0.05)

    await county.happens(PhotoMeasured("f1"), "m1")
    (first,), _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    assert first.result() == "照片收到。"
    await county.settled()
    held_for = await county.database.read(
        lambda c: c.execute(select(conversations_table.c.reply_until)).scalar_one()
    )
    assert held_for is not None, "what comes now is for the call that still waits, not for the worker"
    await county.happens(PhotoMeasured("f2"), "m2")

    assert await county.for_the_worker() == []  # a call still waits for it
    assert [await call for call in calls] == ["照片收到。"] * 2
    assert county.answers._patience.is_left()


async def test_silence_is_answered_at_once(county: County) -> None:
    async with asyncio.timeout(SLOT.total_seconds() / 2):
        assert await county.ask(text("silence")) == ""


async def test_when_too_many_wait_the_words_leave_by_the_worker(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passive, "BUSY", 0)
    await county.ask(text("silence"))
    await county.happens(PhotoMeasured("f"), "m1")  # its words come before those of the next turn

    assert await county.ask(text("交社保", key="9002")) == ""
    assert (await county.for_the_worker(after=SLOT.total_seconds()))[1:] == ["听到：交社保", "下一个问题？"]


async def test_behind_words_that_wait_a_turns_words_are_said_in_order(county: County) -> None:
    await county.ask(text("silence"))
    await county.happens(PhotoMeasured("f"), "m1")

    assert await county.ask(text("交社保", key="9002")) == "照片收到。\n\n听到：交社保\n\n下一个问题？"
    assert await county.for_the_worker(after=60) == []


async def test_once_a_photo_was_waited_for_in_vain_the_next_calls_do_not_wait(county: County) -> None:
    county.waits(HASTY)
    assert await county.ask(photo()) == ""
    county.waits(SLOT)

    async with asyncio.timeout(SLOT.total_seconds() / 2):
        assert await county.ask(photo("media-2", key="9002", user="somebody-else")) == ""
    await county.happens(PhotoMeasured("f"), "m1")
    county.later(SLOT.total_seconds())
    assert await county.for_the_worker() == ["照片收到。"]


async def test_of_calls_that_come_too_fast_one_waits_and_speaks_for_all(county: County) -> None:
    await county.ask(text("silence"))
    await county.happens(PhotoMeasured("f"), "m1")
    (said,) = await county.held_by_the_worker()  # what comes after has to wait for it
    asking = asyncio.create_task(county.ask(text("一", key="9002")))
    while not county.answers._in_line:
        await asyncio.sleep(0.01)

    async with asyncio.timeout(SLOT.total_seconds() / 2):
        assert await county.ask(text("二", key="9003")) == ""
    await county.database.run(lambda c: outbox.settle(c, said.hold, county.now))
    await county.happens(PhotoMeasured("f"), "m2")  # wakes whoever waits for news
    assert await asking == "听到：一\n\n下一个问题？\n\n听到：二\n\n下一个问题？\n\n照片收到。"


async def test_only_so_many_calls_wait_for_photos(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passive, "WAIT_AT_ONCE", 1)
    asking = asyncio.create_task(county.ask(photo()))
    while county.answers._patience.is_left():
        await asyncio.sleep(0.01)

    async with asyncio.timeout(SLOT.total_seconds() / 2):
        assert await county.ask(photo("media-2", key="9002", user="somebody-else")) == ""
    await county.happens(PhotoMeasured("f"), "m1")
    assert await asking == "照片收到。"


def test_patience_comes_back() -> None:
    now = 100.0
    patience = Patience(lambda: now)
    patience.was_in_vain()

    assert not patience.is_left()
    now += passive.GIVE_UP_FOR
    assert patience.is_left()


async def test_what_does_not_fit_is_for_the_worker_at_once_and_whole(county: County) -> None:
    assert await county.ask(text("long")) == "短。"

    assert await county.for_the_worker() == [LONG]


async def test_what_waits_for_a_busy_platform_is_said_in_his_own_call(county: County) -> None:
    await county.ask(text("silence"))
    await county.happens(PhotoMeasured("f"), "m1")
    (busy,) = await county.held_by_the_worker()
    tomorrow = county.now + timedelta(days=1)
    await county.database.run(lambda c: outbox.retry(c, busy.hold, tomorrow, "the day's calls are used up"))

    assert await county.ask(text("在吗", key="9002")) == "照片收到。\n\n听到：在吗\n\n下一个问题？"
    assert await county.for_the_worker(after=60) == []


async def test_what_was_kept_until_he_writes_is_said_first(county: County) -> None:
    await county.ask(text("交社保"))
    county.later(3600)
    await county.happens(PhotoMeasured("f"), "m1")
    (kept,) = await county.held_by_the_worker()
    await county.database.run(lambda c: outbox.keep(c, kept.hold, "window closed"))
    county.later(3 * 86400)

    assert (
        await county.ask(text("在吗", key="9002", at=county.now))
        == "照片收到。\n\n听到：在吗\n\n下一个问题？"
    )
    assert await county.for_the_worker(after=60) == []


async def test_what_may_have_reached_him_counts_as_said_once_he_writes(county: County) -> None:
    await county.ask(text("交社保"))
    county.later(3600)
    await county.happens(PhotoMeasured("f"), "m1")
    (doubtful,) = await county.held_by_the_worker()
    rest = county.now + timedelta(seconds=60)
    await county.database.run(lambda c: outbox.retry(c, doubtful.hold, rest, "time-out", doubtful=True))
    county.later(10)

    assert await county.ask(text("在吗", key="9002", at=county.now)) == "听到：在吗\n\n下一个问题？"
    assert await county.for_the_worker(after=120) == []


async def test_who_hung_up_gets_his_words_when_he_comes_again(county: County) -> None:
    await _ask_and_hang_up(county, photo())
    await county.happens(PhotoMeasured("f"), "m1")
    await asyncio.sleep(0.1)  # our answer meets a closed line

    assert await county.for_the_worker() == []
    assert await county.ask(photo()) == "照片收到。"
    assert await county.for_the_worker(after=60) == []


async def test_who_hung_up_for_good_hears_it_from_the_worker(county: County) -> None:
    await _ask_and_hang_up(county, photo())
    await county.happens(PhotoMeasured("f"), "m1")
    async with asyncio.timeout(PATIENCE):  # our answer meets a closed line
        while not (left := await county.for_the_worker(after=SLOT.total_seconds() + 1)):
            await asyncio.sleep(0.01)

    assert left == ["照片收到。"]


async def _ask_and_hang_up(county: County, xml: str) -> None:
    query, body = WECHAT.sealed(xml, county.now)
    reader, writer = await asyncio.open_connection("127.0.0.1", county.client.port)
    head = (
        f"POST /channels/wechat?{urlencode(query)} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    while not await county.count(outbox_table):
        await asyncio.sleep(0.01)
    writer.close()
    await writer.wait_closed()
    assert await reader.read() == b""


async def test_a_line_cut_a_moment_ago_counts_as_cut() -> None:
    ours, theirs = socket.socketpair()
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    request = make_mocked_request("POST", "/channels/wechat", transport=transport)
    assert webhook._is_there(request)

    theirs.close()

    assert not webhook._is_there(request), "the loop has not come round, the kernel knows"
    transport.close()


async def test_in_the_clear_is_answered_in_the_clear(tmp_path: Path) -> None:
    async with opened(tmp_path, account(mode="plain")) as county:
        status, body = await county.call(WECHAT.plain(text("你好")))
        assert (status, elements(body)["Content"]) == (200, "听到：你好\n\n下一个问题？")

        replayed = await county.call((WECHAT.plain(text("你好"))[0], text("撤回", key="9002").encode()))
        assert replayed[0] == 403
        assert (await county.call(WECHAT.plain(text("你好"))))[0] == 200


MISFITS = {
    "this machine's clock": WECHAT.sealed(text("你好"), NOW - timedelta(minutes=9)),
    "安全模式": WECHAT.plain(text("你好")),
    "WECHAT_AES_KEY": Caller(aes_key="b" * 42 + "A").sealed(text("你好")),
    "WECHAT_APP_ID": Caller(app_id="wxffffffffffffffff").sealed(text("你好")),
}


@pytest.mark.parametrize(("remedy", "sent"), MISFITS.items(), ids=MISFITS)
async def test_what_is_set_up_wrongly_is_an_alarm_and_not_one_for_every_call(
    county: County, capsys: pytest.CaptureFixture[str], remedy: str, sent: Sent
) -> None:
    """WeChat tries the address in the clear when it is saved, so only messages show a wrong key."""
    assert {(await county.call(sent))[0] for _ in range(3)} <= {400, 403}

    told = capsys.readouterr().out
    assert told.count("a call that WeChat signed is refused") == 1
    assert remedy in told
    assert HU not in told


async def test_what_a_stranger_sends_is_no_alarm(county: County, capsys: pytest.CaptureFixture[str]) -> None:
    assert (await county.call(Caller(token="another").sealed(text("你好"))))[0] == 403

    assert "refused" not in capsys.readouterr().out


# Events


async def test_who_follows_is_greeted_and_who_leaves_is_not_written_to(county: County) -> None:
    key = "<EventKey>qrscene_flexible_enrolment</EventKey>"
    assert await county.ask(event("subscribe", key)) == "您好。flexible_enrolment"

    assert await county.ask(event("unsubscribe")) == ""
    place = await county.database.read(lambda c: addresses.place(c, HERE))
    assert place is not None
    assert place.gone

    later = NOW + timedelta(seconds=1)
    assert await county.ask(event("subscribe", key, at=later)) == "您好。flexible_enrolment"
    place = await county.database.read(lambda c: addresses.place(c, HERE))
    assert place is not None
    assert not place.gone
    assert place.tap_at == NOW


async def test_a_leaving_that_is_told_late_or_again_undoes_no_return(county: County) -> None:
    await county.ask(event("subscribe"))

    assert await county.ask(event("unsubscribe", at=NOW - timedelta(seconds=4))) == ""
    place = await county.database.read(lambda c: addresses.place(c, HERE))
    assert place is not None
    assert not place.gone


async def test_consent_is_kept(county: County) -> None:
    def said(word: str, at: datetime) -> str:
        each = (
            f"<List><TemplateId>T1</TemplateId><SubscribeStatusString>{word}</SubscribeStatusString></List>"
        )
        return event(
            "subscribe_msg_popup_event", f"<SubscribeMsgPopupEvent>{each}</SubscribeMsgPopupEvent>", at=at
        )

    for n, (word, holds) in enumerate((("accept", True), ("reject", False))):
        assert await county.ask(said(word, NOW + timedelta(seconds=n))) == ""
        assert await county.database.read(lambda c: subscriptions.accepted(c, HERE, "T1")) is holds


async def test_how_a_notice_ended_is_passed_on(county: County) -> None:
    heard: list[Report] = []

    async def hear(report: Report) -> None:
        heard.append(report)

    county.channel._webhook._on_report = hear
    ended = event("TEMPLATESENDJOBFINISH", "<MsgID>17</MsgID><Status>failed:user block</Status>")

    assert await county.ask(ended) == ""
    assert heard == [Report("17", delivered=False)]


def stand_still(county: County, at_once: float = LETTERS_AT_ONCE) -> None:
    """Have nobody be given more than he may say at once, however slow the machine."""
    county.client.app[MAILROOM]._buckets = Buckets(1, at_once, clock=lambda: 0.0)


async def test_a_flood_is_told_once_a_minute(county: County) -> None:
    stand_still(county)
    said = [await county.ask(text("silence", key=str(n))) for n in range(40)]

    assert [each for each in said if each] == ["慢一点。"]


async def test_once_a_flood_was_told_its_letters_cost_no_turn(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_still(county)
    take, taken = county.turns.take, []

    async def counted(*given: Any, **more: Any) -> Taken:
        taken.append(given)
        return await take(*given, **more)

    monkeypatch.setattr(county.turns, "take", counted)
    read = int(LETTERS_AT_ONCE)
    for n in range(2 * read):
        await county.ask(text("silence", key=str(n)))

    assert len(taken) == read + 1


# Who floods lets others go first

AT_ONCE = 2


def guessed(xml: str, of: str) -> Sent:
    """Return a call that says in the clear of whom it is. WeChat's is right; nothing keeps it so."""
    query, body = WECHAT.sealed(xml)
    return query | {"openid": of}, body


async def flood(county: County) -> None:
    """Have him spend what everybody may say at once, in a time that stands still."""
    stand_still(county, AT_ONCE)
    for n in range(AT_ONCE):
        await county.call(guessed(text("silence", key=str(n)), HU))


async def test_a_flooders_calls_are_not_even_opened_while_somebody_waits(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    await flood(county)
    county.database.courtesy.patience = PATIENCE
    heard: list[str] = []

    def noted(*given: Any) -> Call:
        call = read(*given)
        heard.append(call.user)
        return call

    monkeypatch.setattr(webhook, "read", noted)
    with county.database.courtesy.writing():
        his = asyncio.create_task(county.call(guessed(text("silence", key="more"), HU)))
        while not county.database.courtesy.waiting:
            await asyncio.sleep(0)
        assert "听到：你好" in await county.ask(text("你好", user=LI, key="li"))
        assert heard == [LI]

    assert (await his)[0] == 200
    assert heard == [LI, HU]


async def test_a_flooder_pauses_and_nobody_else(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    await flood(county)
    monkeypatch.setattr(receiving, "sleep", sleep)
    await county.call(guessed(text("silence", user=LI, key="li"), LI))
    assert pauses == []
    await county.call(guessed(text("silence", key="more"), HU))

    assert pauses == [receiving.FLOOD_PAUSE]


async def test_a_wrong_guess_costs_nobody_his_words(county: County) -> None:
    await flood(county)

    for n in range(AT_ONCE + 1):  # his, said to be hers
        await county.call(guessed(text("silence", key=f"his {n}"), LI))
    status, body = await county.call(guessed(text("你好", user=LI, key="li"), HU))  # hers, said to be his

    assert status == 200
    assert "听到：你好" in WECHAT.opened(body)["Content"]


async def test_letters_of_one_person_at_once_keep_their_order_and_let_others_go_first(county: County) -> None:
    county.database.courtesy.patience = PATIENCE
    mailroom = county.client.app[MAILROOM]

    def take(words: str, user: str = HU) -> asyncio.Task[Any]:
        letter = read(account(), *WECHAT.sealed(text(words, user=user, key=f"{user}{words}")), NOW).letter
        assert letter is not None
        return asyncio.create_task(mailroom.take(letter))

    with county.database.courtesy.writing():  # of somebody else
        first, second = take("一"), take("二")
        await first
        third = take("三")
        await take("你好", LI)
        assert not second.done()
        assert not third.done()
    await asyncio.gather(second, third)

    here, vault = await county.conversation(), county.vault
    said = await county.database.read(lambda c: messages.after(c, vault, here, 0))
    assert [each.body["text"] for each in said if each.sender == "applicant"] == ["一", "二", "三"]


# What is refused


async def test_the_address_is_proven_by_saying_the_echo(county: County) -> None:
    query = WECHAT.query() | {"echostr": "5836374289"}
    async with county.client.get("/channels/wechat", params=query) as answer:
        assert (answer.status, await answer.text(), answer.content_type) == (200, "5836374289", "text/plain")

    for wrong in ({"signature": "0" * 40}, {"echostr": ""}, {"echostr": "x" * 300}, {"timestamp": "0"}):
        async with county.client.get("/channels/wechat", params=query | wrong) as answer:
            assert answer.status in (400, 403)
            assert "5836374289" not in await answer.text()


def refused(reason: str) -> float:
    return float(metrics.letters_refused.labels("wechat", reason)._value.get())


REFUSED = {
    "forged": (Caller(token="fivecalmcranes").sealed(text("你好")), 403, "forged"),
    "stale": (WECHAT.sealed(text("你好"), NOW - timedelta(minutes=6)), 403, "stale"),
    "not ours": (Caller(app_id="wxffffffffffffffff").sealed(text("你好")), 403, "not_ours"),
    "malformed": (WECHAT.sealed("<xml>"), 400, "malformed"),
    "too big": ((WECHAT.query(), b"x" * 70_000), 413, "too_big"),
    "in the clear": (WECHAT.plain(text("你好")), 403, "forged"),
}


@pytest.mark.parametrize(("sent", "status", "reason"), REFUSED.values(), ids=REFUSED)
async def test_bad_calls_are_counted_and_leave_nothing(
    county: County, capfd: pytest.CaptureFixture[str], sent: Sent, status: int, reason: str
) -> None:
    before = refused(reason)

    told, body = await county.call(sent)

    assert told == status
    assert refused(reason) == before + 1
    assert await county.count(inbox_table) == 0
    output = body + "".join(capfd.readouterr())
    assert not any(secret in output for secret in (TOKEN, SECRET, AES_KEY, HU, "你好", sent[0]["signature"]))


async def test_what_is_not_safe_is_not_acknowledged(county: County, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> None:
        raise Unavailable("gone")

    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(webhook, "HANGS_UP_AFTER", 0.2)
    for take in (refuse, hang):
        monkeypatch.setattr(Mailroom, "take", take)
        assert (await county.call(WECHAT.sealed(text("你好"))))[0] == 503

    monkeypatch.undo()
    assert await county.ask(text("你好")) == "听到：你好\n\n下一个问题？"


async def test_whoever_had_himself_erased_begins_anew(county: County) -> None:
    await county.ask(text("你好"))
    before = await county.conversation()
    await county.database.run(
        lambda c: applicants.erase(
            c, county.vault, conversations.applicant_of(c, before), county.now, "applicant"
        )
    )

    assert await county.ask(text("又来了", key="9002")) == "听到：又来了\n\n下一个问题？"
    assert await county.conversation() != before
