"""The Telegram channel over real HTTP, against a Telegram that enforces its rules."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer

from dialogs.messages import Address, Choice, News
from dialogs.session import Session
from dialogs.turn import Event, MessageReceived, Opened, Turn
from handlers.channels.base import (
    Attachment,
    Gone,
    Kit,
    Link,
    MaybeSent,
    MediaGone,
    Part,
    Refused,
    SendError,
    TryLater,
    WaitForApplicant,
)
from handlers.channels.receiving import Mailroom
from handlers.channels.telegram import Account, Telegram, setup
from handlers.errors import problems
from handlers.keys import MAILROOM
from handlers.metrics import letters_refused
from handlers.security import make_gate
from handlers.turns import Turns
from storage.errors import Unavailable
from storage.flow.turns import Arrival, Taken
from storage.people import addresses
from storage.schema import inbox
from storage.sealing.files import TooBig
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests.patience import PATIENCE
from tests.platforms import Clock, serving
from tests.platforms.telegram import Caller, FakeTelegram, too_many
from tests.platforms.telegram.limits import Refusal
from tests.storage.world import Dialog, World
from tests.troubles import Trouble, half_answer, lose_answer, refuse_line, status, text

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
ASK = Part("您的户口在常山吗？", (Choice("1:local", "在"), Choice("1:elsewhere", "不在")))


class Listening(Dialog):
    """Remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.wrong = 0  # answers that it took for wrong

    def decide(self, session: Session, event: Event, now: datetime) -> Turn:
        self.events.append(event)
        turn = super().decide(session, event, now)
        return replace(turn, session=replace(turn.session, wrong=self.wrong))

    @property
    def texts(self) -> list[str]:
        return [each.message.text for each in self.events if isinstance(each, MessageReceived)]

    @property
    def photos(self) -> list[str]:
        heard = [each.message for each in self.events if isinstance(each, MessageReceived)]
        return [media.ref or media.kind for message in heard for media in message.media]


@dataclass
class House:
    """A channel, the platform it speaks to, and the person at its other end."""

    channel: Telegram
    fake: FakeTelegram
    world: World
    dialog: Listening
    clock: Clock
    url: str

    async def her(self) -> Caller:
        her = self.fake.person("胡女士")
        await her.open()
        self.dialog.events.clear()
        return her

    def at(self, person: Caller) -> Address:
        return Address("telegram", self.channel.account, str(person.id))

    async def send(self, person: Caller, part: Part) -> str:
        return await self.channel.send(self.at(person), part, key="k")

    async def fetched(self, ref: str, limit: int = 1000) -> bytes:
        return b"".join([piece async for piece in self.channel.fetch(ref, limit)])

    async def gone(self, person: Caller) -> bool:
        place = await self.world.db.read(lambda c: addresses.place(c, self.at(person)))
        assert place is not None
        return place.gone

    def calls(self, name: str) -> int:
        return sum(call.name == name for call in self.fake.calls)


@pytest.fixture
async def house(lite: str, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    clock, vault, dialog = Clock(NOON), Vault(KeyRing.fresh()), Listening()
    fake = FakeTelegram(clock)
    world = World(lite, vault, pushed=frozenset({"telegram"}))
    world.dialog, world.now = dialog, NOON
    async with serving(fake), aiohttp.ClientSession() as session:
        await world.open()
        photos = getattr(request, "param", True)
        account = Account(fake.token, fake.secret, photos=photos, api_url=fake.url)
        channel = Telegram(account, Kit(session, world.db, vault, clock, "https://bot.example"))
        app = web.Application(middlewares=[problems, make_gate({})])
        app[MAILROOM] = Mailroom(world.db, Turns(world.db, clock), vault, clock)
        channel.add_routes(app)
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        fake.webhook = str(server.make_url("/channels/telegram"))
        house = House(channel, fake, world, dialog, clock, fake.webhook)
        try:
            yield house
        finally:
            await channel.close()
            await server.close()
            await world.close()


async def settled(house: House) -> None:
    """Wait for what goes on beside the webhook's answer."""
    await house.channel._webhook.close()


# Coming in


async def test_what_she_writes_reaches_the_dialog_once_however_often_it_is_delivered(house: House) -> None:
    her = await house.her()
    house.fake.unheard = 1
    await her.say("想交社保")

    async with asyncio.timeout(PATIENCE):
        while house.calls("update") < 3:
            house.clock.step(minutes=10)
            await asyncio.sleep(0.01)
    assert house.dialog.texts == ["想交社保"]


async def test_start_with_a_scene_opens_with_it(house: House) -> None:
    await house.fake.person("胡女士").open("flexible_enrolment")

    (opened,) = house.dialog.events
    assert isinstance(opened, Opened)
    assert (opened.scene, opened.lang, opened.channel) == ("flexible_enrolment", "zh-CN", "telegram")
    assert opened.conversation


async def test_a_tap_is_answered_and_what_was_tapped_takes_the_place_of_the_buttons(house: House) -> None:
    her = await house.her()
    await house.send(her, ASK)
    await her.tap("在")
    await settled(house)

    (tapped,) = house.dialog.events
    assert isinstance(tapped, MessageReceived)
    assert tapped.message.choice == "1:local"
    assert house.fake.spinning == {}
    assert (her.shown[-1].text, her.shown[-1].buttons) == ("您的户口在常山吗？\n\n👉 在", ())


async def test_no_link_is_opened_for_a_preview_not_even_of_words_that_change(house: House) -> None:
    her = await house.her()
    await house.send(her, Part("办事指南：https://bot.example/papers/#once", ASK.choices))
    await her.tap("在")
    await settled(house)

    assert her.shown[-1].road == "edit"
    assert house.fake.looked_at == []


async def test_a_double_tap_is_answered_twice_and_harms_nothing(house: House) -> None:
    her = await house.her()
    await house.send(her, ASK)
    message, button = her.button("在")
    await asyncio.gather(her.tap_on(message, button), her.tap_on(message, button))
    await settled(house)

    assert house.fake.spinning == {}
    assert len(house.dialog.events) == 2  # the dialog knows a stale tap when it sees one


async def test_a_tap_is_safe_before_it_is_answered_and_a_lost_answer_is_no_fault(house: House) -> None:
    her = await house.her()
    await house.send(her, ASK)
    house.fake.troubles.order("answerCallbackQuery", refuse_line())
    await her.tap("不在")
    await settled(house)

    assert len(house.dialog.events) == 1
    assert house.fake.calls[-1].code == 200


async def test_parts_of_an_album_arrive_in_the_order_of_the_album(house: House) -> None:
    her = await house.her()
    await her.album(b"one", b"two", b"three", caption="身份证")
    contents = [house.fake.files[ref] for ref in house.dialog.photos]

    assert contents == [b"one", b"two", b"three"]
    assert house.dialog.texts == ["", "", ""]


@pytest.mark.parametrize("house", [False], indirect=True)
async def test_an_album_that_may_not_pass_gets_one_answer(house: House) -> None:
    her = await house.her()
    await her.album(b"one", b"two", b"three")

    assert house.dialog.photos == ["elsewhere"]
    assert house.calls("getFile") == 0


async def test_changed_words_are_the_answer_while_the_question_waits_for_one(house: House) -> None:
    her = await house.her()
    house.dialog.wrong = 1
    await her.say("9999011988030502")
    await her.edit("999901198803050247")

    assert house.dialog.texts == ["9999011988030502", "999901198803050247"]


async def test_a_changed_answer_that_was_taken_is_the_wish_to_correct_it(house: House) -> None:
    """Her new name is no answer to what was asked after it."""
    her = await house.her()
    await her.say("胡小满")
    await her.edit("胡晓满")
    shown = await house.world.transcript(await house.world.db.conversation(house.at(her)))

    assert house.dialog.texts == ["胡小满", "修改"]
    assert "applicant: 胡晓满" in shown


async def test_a_changed_earlier_answer_is_the_wish_to_correct_one(house: House) -> None:
    her = await house.her()
    house.dialog.wrong = 1
    await her.say("胡小满")
    await house.send(her, ASK)
    await her.tap("在")
    await her.edit("胡晓满")

    assert house.dialog.texts == ["胡小满", "", "修改"]


async def test_a_word_that_calls_for_a_person_does_so_in_a_changed_message_too(house: House) -> None:
    her = await house.her()
    await her.say("10")
    await her.edit("0")
    await her.edit("人工")

    assert house.dialog.texts == ["10", "修改", "人工"]


async def test_a_change_that_is_no_word_of_hers_is_not_heard(house: House) -> None:
    """A place that moves, a caption, what bots never see: none of them derails the talk."""
    her = await house.her()
    house.dialog.wrong = 1
    await her.say("胡小满")
    await her.edit("胡小满")
    await her.photo(b"front")
    await her.edit_photo(caption="正面")
    await her.send("place")
    await her.move()

    assert house.dialog.texts == ["胡小满", "", ""]
    assert len(house.dialog.events) == 3


async def test_another_photo_in_the_place_of_one_is_the_wish_to_correct_it(house: House) -> None:
    her = await house.her()
    await her.photo(b"blurred")
    await her.edit_photo(b"sharp")

    assert house.dialog.texts == ["", "修改"]


async def test_who_blocks_the_bot_is_marked_until_she_is_back(house: House) -> None:
    her = await house.her()
    await her.leave()
    left = await house.gone(her)
    await her.open()

    assert left
    assert not await house.gone(her)


@pytest.mark.parametrize(
    ("headers", "body", "code", "reason"),
    [
        pytest.param({}, b"{}", 403, "forged", id="no secret"),
        pytest.param(
            {"X-Telegram-Bot-Api-Secret-Token": "x"}, b"x" * 300_000, 403, "forged", id="not even read"
        ),
        pytest.param(None, b"x" * 300_000, 413, "too_big", id="big"),
        pytest.param(None, b"{", 400, "malformed", id="malformed"),
    ],
)
async def test_a_call_that_is_not_telegrams_leaves_no_trace_but_a_count(
    house: House, headers: dict[str, str] | None, body: bytes, code: int, reason: str
) -> None:
    given = headers if headers is not None else {"X-Telegram-Bot-Api-Secret-Token": house.fake.secret}
    count = letters_refused.labels("telegram", reason)
    before = count._value.get()
    async with house.fake.session.post(house.url, data=body, headers=given) as answer:
        said = await answer.text()

    assert answer.status == code
    assert house.fake.secret not in said
    assert count._value.get() == before + 1
    assert await house.world.count(inbox) == 0


async def test_what_cannot_be_kept_is_not_acknowledged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: Arrival) -> Taken:
        raise Unavailable("no database")

    her = await house.her()
    with monkeypatch.context() as outage:
        outage.setattr(house.world.db, "take", away)
        await her.say("你好")
    refused = [call.code for call in house.fake.calls if call.name == "update"]
    async with asyncio.timeout(PATIENCE):
        await house.fake.updates.idle.wait()

    assert refused[-1] == 503
    assert house.dialog.texts == ["你好"]


# Going out


async def test_words_buttons_and_links_are_on_her_phone(house: House) -> None:
    her = await house.her()
    part = Part("请拍身份证正面", ASK.choices, (Link("传照片", "https://bot.example/upload/#t"),))
    id_ = await house.send(her, part)

    assert her.shown[-1].id == id_
    assert [(each.label, each.data or each.url) for each in her.shown[-1].buttons] == [
        ("在", "1:local"),
        ("不在", "1:elsewhere"),
        ("传照片", "https://bot.example/upload/#t"),
    ]
    assert house.fake.calls[-1].body["link_preview_options"] == {"is_disabled": True}


PAPER = Attachment("受理回执_SL-1.pdf", "application/pdf", b"%PDF-1.6")
OPEN = (Link("点这里打开", "https://bot.example/papers/#t"),)


async def test_a_document_comes_as_a_file_with_its_words_and_link(house: House) -> None:
    her = await house.her()
    await house.send(her, Part("《受理回执》给您存好了。", links=OPEN, file=PAPER))

    shown = her.shown[-1]
    assert (shown.road, shown.text, shown.file, shown.kind) == (
        "document",
        "《受理回执》给您存好了。",
        PAPER.data,
        PAPER.kind,
    )
    assert [button.url for button in shown.buttons] == [OPEN[0].url]
    assert house.fake.calls[-1].body["document name"] == PAPER.name


@pytest.mark.parametrize(
    ("words", "refused"),
    [("很长。" * 400, False), ("《受理回执》给您存好了。", True)],
    ids=["long", "refused"],
)
async def test_a_document_telegram_will_not_take_leaves_words_and_link(
    house: House, words: str, refused: bool
) -> None:
    her = await house.her()
    if refused:
        house.fake.troubles.order("sendDocument", status(400, Refusal(400, "wrong file").body()))
    await house.send(her, Part(words, links=OPEN, file=PAPER))

    shown = her.shown[-1]
    assert (shown.road, shown.text, shown.file) == ("message", words, b"")
    assert [button.url for button in shown.buttons] == [OPEN[0].url]


TROUBLES: list[Any] = [
    pytest.param(status(429, too_many(3)), TryLater, id="busy chat"),
    pytest.param(status(401, {"ok": False, "description": "Unauthorized"}), TryLater, id="token changed"),
    pytest.param(refuse_line(), MaybeSent, id="line cut"),
    pytest.param(lose_answer(), MaybeSent, id="answer lost"),
    pytest.param(half_answer(), MaybeSent, id="half an answer"),
    pytest.param(status(502, {"ok": False, "description": "Bad Gateway"}), MaybeSent, id="bad gateway"),
    pytest.param(text("<html>", 500), MaybeSent, id="not Telegram's words"),
    pytest.param(text("<html>welcome to the hotel"), MaybeSent, id="captive portal"),
]


@pytest.mark.parametrize(("trouble", "expected"), TROUBLES)
async def test_every_trouble_has_its_meaning(
    house: House, trouble: Trouble, expected: type[SendError]
) -> None:
    her = await house.her()
    house.fake.troubles.order("sendMessage", trouble)

    with pytest.raises(SendError) as raised:
        await house.send(her, ASK)

    assert type(raised.value) is expected
    assert house.fake.token not in str(raised.value)


async def test_a_busy_chat_waits_alone_and_a_pause_for_the_bot_holds_everybody(house: House) -> None:
    her, him = await house.her(), house.fake.person("李师傅")
    await him.open()
    house.fake.troubles.order("sendMessage", status(429, too_many(3)), status(429, too_many(40)))
    with pytest.raises(TryLater) as busy:
        await house.send(her, ASK)
    with pytest.raises(TryLater) as paused:  # he was asked all the same
        await house.send(him, ASK)
    asked = house.calls("sendMessage")
    house.clock.step(seconds=10)
    with pytest.raises(TryLater) as held:
        await house.send(her, ASK)

    assert (busy.value.after, paused.value.after, held.value.after) == (3, 40, 30)
    assert house.calls("sendMessage") == asked
    house.clock.step(seconds=31)
    await house.send(her, ASK)


async def test_during_a_pause_for_the_bot_nothing_else_is_called_either(house: House) -> None:
    """Every call would lengthen it; the tap itself is safe."""
    her = await house.her()
    await house.send(her, ASK)
    house.fake.troubles.order("answerCallbackQuery", status(429, too_many(40)))
    message, button = her.button("在")
    await her.tap_on(message, button)
    await settled(house)
    asked = len(house.fake.calls)
    await her.tap_on(message, button)
    await settled(house)
    with pytest.raises(TryLater):
        await house.send(her, ASK)
    with pytest.raises(TryLater):
        await house.fetched(house.fake.keep_file(b"photo"))
    await house.channel.typing(house.at(her))

    assert [call.name for call in house.fake.calls[asked:]] == ["update"]
    assert len(house.dialog.events) == 2


async def test_one_message_a_second_is_obeyed(house: House) -> None:
    her = await house.her()
    house.fake.limited = True
    await house.send(her, ASK)
    with pytest.raises(TryLater) as wait:
        await house.send(her, ASK)
    house.clock.step(seconds=wait.value.after or 0)
    await house.send(her, ASK)

    assert len([each for each in her.shown if each.road == "message"]) == 2


async def test_nobody_there_is_gone_and_words_telegram_refuses_are_refused(house: House) -> None:
    her, stranger = await house.her(), house.fake.person("陌生人")
    with pytest.raises(Gone):
        await house.send(stranger, ASK)
    with pytest.raises(Refused):
        await house.send(her, Part(" "))
    await her.leave()
    with pytest.raises(Gone):
        await house.send(her, ASK)


async def test_a_platform_that_cannot_be_reached_has_taken_nothing(house: House) -> None:
    kit = house.channel._kit
    away = Telegram(Account("1:x", "s", api_url="http://127.0.0.1:9"), kit)
    address = Address("telegram", "1", "5")
    with pytest.raises(TryLater):
        await away.send(address, ASK, key="k")
    await away.typing(address)

    assert await away.deep_link("x") == ""
    await away.close()


async def test_typing_shows_and_never_fails(house: House) -> None:
    her = await house.her()
    await house.channel.typing(house.at(her))
    await house.channel.typing(Address("telegram", house.channel.account, "1"))

    assert [call.code for call in house.fake.calls if call.name == "sendChatAction"] == [0, 400]


async def test_links_open_the_bot_with_a_scene_and_its_name_is_asked_for_once(house: House) -> None:
    assert await house.channel.deep_link("go12345678") == "https://t.me/zerotrip_fake_bot?start=go12345678"
    assert await house.channel.deep_link("x" * 65) == ""
    assert await house.channel.deep_link("养老") == ""
    await house.channel.deep_link("again")

    assert house.calls("getMe") == 1


async def test_there_are_no_notices_beside_the_chat(house: House) -> None:
    news = News("灵活就业", "CS-1", "受理", "11月23日")
    with pytest.raises(WaitForApplicant):
        await house.channel.notify(Address("telegram", "1", "2"), news, "template", key="k")


# Photos


async def test_a_photo_is_fetched_by_its_id(house: House) -> None:
    ref = house.fake.keep_file(b"photo" * 100)

    assert await house.fetched(ref) == b"photo" * 100


@pytest.mark.parametrize("trouble", [half_answer(), status(503), status(429)])
async def test_a_file_that_breaks_off_is_fetched_again(house: House, trouble: Trouble) -> None:
    ref = house.fake.keep_file(b"photo")
    house.fake.troubles.order("file", trouble)
    with pytest.raises(TryLater) as raised:
        await house.fetched(ref)

    assert house.fake.token not in f"{raised.value!r} {raised.value.__cause__!r}"
    assert await house.fetched(ref) == b"photo"


async def test_a_file_telegram_has_no_more_is_gone(house: House) -> None:
    ref = house.fake.keep_file(b"photo")
    with pytest.raises(MediaGone):
        await house.fetched("unknown")
    house.fake.troubles.order("file", status(404))
    with pytest.raises(MediaGone):
        await house.fetched(ref)


async def test_a_file_that_is_too_big_is_not_read_to_its_end(house: House) -> None:
    ref = house.fake.keep_file(b"x" * 1001)
    with pytest.raises(TooBig):
        await house.fetched(ref)
    house.fake.files[ref] = b"x" * 21_000_000
    with pytest.raises(TooBig):
        await house.fetched(ref, 30_000_000)


# Secrets and setting up


async def test_nothing_secret_and_nothing_personal_is_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    her = await house.her()
    # The levels of the libraries' own loggers stay as the channel has set them.
    with caplog.at_level(logging.DEBUG):
        await her.say("我叫胡某某")
        await house.send(her, Part("胡某某，您好"))
        for trouble in (status(429, too_many(1)), refuse_line(), status(401), text("胡某某", 500)):
            house.fake.troubles.order("sendMessage", trouble)
            with pytest.raises(SendError):
                await house.send(her, ASK)
            house.clock.step(minutes=10)
        house.fake.troubles.order("file", half_answer())
        with pytest.raises(TryLater):
            await house.fetched(house.fake.keep_file(b"photo"))
    ours = [each for each in caplog.records if each.name.split(".")[0] in ("httpx", "httpcore", "telegram")]
    said = "\n".join(f"{each.getMessage()} {each.exc_text or ''}" for each in ours)

    assert house.fake.token.partition(":")[2] not in said
    assert "胡某某" not in said


async def test_a_token_telegram_does_not_know_is_told_to_the_operator(house: House) -> None:
    her = await house.her()
    house.fake.troubles.order("sendMessage", status(401, {"ok": False, "description": "Unauthorized"}))
    with structlog.testing.capture_logs() as log, pytest.raises(TryLater):
        await house.send(her, ASK)

    assert [(each["log_level"], each["event"]) for each in log] == [("error", "telegram set up wrongly")]


async def test_setting_up_tells_address_secret_and_menu(house: House) -> None:
    account = house.channel._account
    house.fake.secret = ""
    await setup.register(account, house.url)

    assert house.fake.webhook == house.url
    assert house.fake.secret == account.secret
    assert house.fake.allowed == ("message", "edited_message", "callback_query", "my_chat_member")
    assert house.calls("setMyCommands") == len(setup.MENU)
    assert (await setup.look(account)).url == house.url


@pytest.mark.parametrize("origin", ["http://bot.example", "https://bot.example:8080"])
def test_an_address_telegram_would_not_call_is_refused_with_the_remedy(origin: str) -> None:
    with pytest.raises(setup.Unusable, match="ZEROTRIP_PUBLIC_URL"):
        setup.address_of(origin)

    assert setup.address_of("https://bot.example:8443") == "https://bot.example:8443/channels/telegram"
