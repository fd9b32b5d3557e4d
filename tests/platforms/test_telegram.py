"""The fake Telegram refuses what Telegram refuses and queues as it queues; python-telegram-bot agrees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram.request import HTTPXRequest

from tests.patience import PATIENCE
from tests.pictures import card_front, jpeg
from tests.platforms import Clock, serving
from tests.platforms.bot import Listener, listening
from tests.platforms.telegram import Caller, FakeTelegram, too_many
from tests.troubles import lose_answer, status

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
ASK = InlineKeyboardMarkup([[InlineKeyboardButton("在", callback_data="hukou:local")]])


class World(NamedTuple):
    fake: FakeTelegram
    bot: Bot
    listener: Listener
    clock: Clock

    def updates(self) -> list[Update]:
        found = (Update.de_json(json.loads(each.body), self.bot) for each in self.listener.heard)
        return [each for each in found if each is not None]

    async def her(self) -> Caller:
        her = self.fake.person("hu")
        await her.open()
        self.listener.heard.clear()
        return her


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # the library warns about what it will do one day
    clock = Clock(NOON)
    fake = FakeTelegram(clock)
    async with serving(fake), listening() as listener:
        bot = Bot(
            fake.token,
            f"{fake.url}/bot",
            f"{fake.url}/file/bot",
            request=_plain(),
            get_updates_request=_plain(),
        )
        async with bot:
            await bot.set_webhook(f"{listener.url}/hook", secret_token=fake.secret)
            yield World(fake, bot, listener, clock)


def _plain() -> HTTPXRequest:
    """Calls without the machine's certificates: reading them took longer than a test, and nobody is asked."""
    return HTTPXRequest(httpx_kwargs={"verify": False})


async def test_what_people_do_arrives_as_the_library_reads_it(world: World) -> None:
    her = await world.her()
    await her.say("你好")
    await her.photo(jpeg(card_front()))
    await her.document(b"scan", "scan.png", "image/png")
    for kind in ("voice", "video", "place", "sticker", "file", "strange"):
        await her.send(kind)
    await her.leave()

    messages = [each.message for each in world.updates() if each.message]
    assert [m.text for m in messages[:1]] == ["你好"]
    assert [(p.width, p.height) for p in messages[1].photo] == [(90, 67), card_front().size]
    assert messages[2].document is not None
    assert messages[2].document.mime_type == "image/png"
    assert [bool(m.voice or m.video or m.location or m.sticker or m.document or m.dice) for m in messages[3:]]
    gone = world.updates()[-1].my_chat_member
    assert gone is not None
    assert (gone.old_chat_member.status, gone.new_chat_member.status) == ("member", "kicked")


async def test_every_call_carries_the_secret(world: World) -> None:
    await (await world.her()).say("你好")

    assert world.listener.heard[0].headers["X-Telegram-Bot-Api-Secret-Token"] == world.fake.secret


async def test_a_deep_link_opens_with_its_scene(world: World) -> None:
    await world.fake.person("hu").open("go12345678")

    message = world.updates()[0].message
    assert message is not None
    assert message.text == "/start go12345678"
    assert message.entities[0].type == "bot_command"


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "message text is empty"), ("好" * 4097, "message is too long")],
    ids=["empty", "long"],
)
async def test_texts_have_limits(world: World, text: str, why: str) -> None:
    her = await world.her()
    with pytest.raises(BadRequest, match=f"(?i){why}"):
        await world.bot.send_message(her.id, text)

    assert her.heard() == []


async def test_a_text_counts_characters_not_units(world: World) -> None:
    her = await world.her()
    await world.bot.send_message(her.id, "😀" * 4096)

    assert her.heard() == ["😀" * 4096]


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([[InlineKeyboardButton("长", callback_data="字" * 22)]], "Button_data_invalid"),
        ([[InlineKeyboardButton(" ", callback_data="a")]], "non-empty"),
        ([[InlineKeyboardButton("链", url="http://localhost:8080/")]], "Wrong http url"),
        ([[InlineKeyboardButton("多", callback_data="a")] * 8] * 13, "Reply markup is too long"),
        ([[InlineKeyboardButton("宽", callback_data="a")] * 9], "Reply markup is too long"),
    ],
    ids=["66 bytes", "no label", "localhost", "104 buttons", "9 in a row"],
)
async def test_buttons_have_limits(world: World, rows: list[list[InlineKeyboardButton]], why: str) -> None:
    her = await world.her()
    with pytest.raises(BadRequest, match=f"(?i){why}"):
        await world.bot.send_message(her.id, "选一个", reply_markup=InlineKeyboardMarkup(rows))


async def test_nobody_is_written_to_who_never_came_or_left(world: World) -> None:
    stranger, her = world.fake.person("stranger"), await world.her()
    await her.leave()

    with pytest.raises(BadRequest, match="Chat not found"):
        await world.bot.send_message(stranger.id, "你好")
    with pytest.raises(Forbidden, match="blocked by the user"):
        await world.bot.send_message(her.id, "你好")


async def test_who_comes_back_is_let_in_again(world: World) -> None:
    her = await world.her()
    await her.leave()
    await her.open()
    await world.bot.send_message(her.id, "欢迎回来")

    assert her.heard() == ["欢迎回来"]
    back = world.updates()[1].my_chat_member
    assert back is not None
    assert back.new_chat_member.status == "member"


async def test_a_wrong_token_is_refused(world: World) -> None:
    wrong = Bot("7000000001:wrong", base_url=f"{world.fake.url}/bot")
    with pytest.raises(InvalidToken):
        await wrong.initialize()
    await wrong.shutdown()


async def test_a_tap_spins_until_it_is_answered_once_and_soon(world: World) -> None:
    her = await world.her()
    await world.bot.send_message(her.id, "您的户口在常山吗？", reply_markup=ASK)
    await her.tap("在")
    tap = world.updates()[0].callback_query
    assert tap is not None
    assert tap.data == "hukou:local"
    assert list(world.fake.spinning) == [tap.id]
    await tap.answer("收到")
    with pytest.raises(BadRequest, match="too old"):
        await tap.answer()

    assert not world.fake.spinning
    assert [(each.road, each.text) for each in her.shown[1:]] == [("toast", "收到")]


async def test_a_tap_is_too_old_to_answer_after_a_while(world: World) -> None:
    her = await world.her()
    await world.bot.send_message(her.id, "您的户口在常山吗？", reply_markup=ASK)
    await her.tap("在")
    world.clock.step(seconds=151)
    tap = world.updates()[0].callback_query
    assert tap is not None
    with pytest.raises(BadRequest, match="too old"):
        await tap.answer()


async def test_an_edit_changes_the_message_and_nothing_new_is_no_edit(world: World) -> None:
    her = await world.her()
    sent = await world.bot.send_message(her.id, "您的户口在常山吗？", reply_markup=ASK)
    await sent.edit_text("您的户口在常山吗？\n✓ 在")
    with pytest.raises(BadRequest, match="not modified"):
        await sent.edit_text("您的户口在常山吗？\n✓ 在")
    with pytest.raises(BadRequest, match="to edit not found"):
        await world.bot.edit_message_text("没有", her.id, 99999)

    assert her.shown[-1].replaces == str(sent.message_id)
    assert her.shown[-1].buttons == ()


async def test_a_file_comes_by_a_link_that_lives_an_hour(world: World) -> None:
    her = await world.her()
    photo = jpeg(card_front())
    await her.photo(photo)
    message = world.updates()[0].message
    assert message is not None
    file = await message.photo[-1].get_file()
    first = bytes(await file.download_as_bytearray())
    world.clock.step(hours=1)

    assert first == photo
    with pytest.raises((NetworkError, InvalidToken)):
        await file.download_as_bytearray()


async def test_big_and_unknown_files_are_refused(world: World) -> None:
    big = world.fake.keep_file(b"0" * 20_000_001)

    with pytest.raises(BadRequest, match="too big"):
        await world.bot.get_file(big)
    with pytest.raises(BadRequest, match=r"(?i)wrong file_id"):
        await world.bot.get_file("nothing")


async def test_who_writes_too_fast_is_told_when_to_come_again(world: World) -> None:
    her, another = await world.her(), world.fake.person("li")
    await another.open()
    world.fake.limited = True
    await world.bot.send_message(her.id, "一")
    with pytest.raises(RetryAfter) as busy:
        await world.bot.send_message(her.id, "二")
    await world.bot.send_message(another.id, "一")  # her chat alone is busy
    world.clock.step(seconds=1)
    await world.bot.send_message(her.id, "二")

    assert busy.value.retry_after == timedelta(seconds=1)
    assert her.heard() == ["一", "二"]


async def test_thirty_a_second_are_all_a_bot_may(world: World) -> None:
    people = [world.fake.person(f"p{n}") for n in range(31)]
    for each in people:
        await each.open()
    world.fake.limited = True
    for each in people[:30]:
        await world.bot.send_message(each.id, "一")
    with pytest.raises(RetryAfter):
        await world.bot.send_message(people[30].id, "一")


async def test_an_ordered_429_says_how_long(world: World) -> None:
    her = await world.her()
    world.fake.troubles.order("sendMessage", status(429, too_many(7)))
    with pytest.raises(RetryAfter, match="7"):
        await world.bot.send_message(her.id, "一")


async def test_a_lost_answer_is_a_message_that_arrived(world: World) -> None:
    her = await world.her()
    world.fake.troubles.order("sendMessage", lose_answer())
    with pytest.raises(NetworkError):
        await world.bot.send_message(her.id, "一")

    assert her.heard() == ["一"]


async def test_what_is_not_taken_comes_again_and_in_order(world: World) -> None:
    her = await world.her()
    world.listener.answers.extend([500, 503, 500])
    await her.say("一")
    await her.say("二")
    for fails, pause in ((2, 2), (3, 4)):
        await world.fake.truth.until(partial(_failed, world, fails), f"{fails} fails")
        world.clock.step(seconds=pause)
    await asyncio.wait_for(world.fake.updates.idle.wait(), PATIENCE)

    texts = [each.message.text for each in world.updates() if each.message]
    ids = [each.update_id for each in world.updates()]
    assert texts == ["一"] * 4 + ["二"]
    assert len(set(ids)) == 2


async def test_the_pause_grows_and_a_message_is_given_up_after_a_day(world: World) -> None:
    her = await world.her()
    world.listener.answers.extend([500] * 50)
    await her.say("一")
    await world.listener.until(lambda: len(world.listener.heard) == 2)  # again at once, then not for 2 s
    world.clock.step(hours=24)
    await asyncio.wait_for(world.fake.updates.idle.wait(), PATIENCE)

    assert [each.body["message"]["text"] for each in world.fake.updates.dropped] == ["一"]


async def test_an_answer_lost_on_the_way_makes_the_same_update_come_again(world: World) -> None:
    her = await world.her()
    world.fake.unheard = 1
    await her.say("一")
    await asyncio.wait_for(world.fake.updates.idle.wait(), PATIENCE)

    first, second = world.updates()
    assert first.update_id == second.update_id


async def test_one_chat_waits_for_itself_only_and_taps_overtake(world: World) -> None:
    her, another = await world.her(), world.fake.person("li")
    await another.open()
    await world.bot.send_message(her.id, "您的户口在常山吗？", reply_markup=ASK)
    world.listener.heard.clear()
    world.listener.hold = asyncio.Event()
    doing = asyncio.gather(her.say("一"), her.say("二"), her.tap("在"), another.say("三"))
    await world.listener.until(lambda: len(world.listener.heard) == 3)
    first = {_word(each) for each in world.updates()}
    world.listener.hold.set()
    await doing

    assert first == {"一", "hukou:local", "三"}
    assert _word(world.updates()[-1]) == "二"


def _failed(world: World, times: int) -> bool | None:
    return world.fake.updates.waiting[0].fails >= times or None


def _word(update: Update) -> Any:
    return update.callback_query.data if update.callback_query else update.message and update.message.text


async def test_an_album_is_one_update_a_photo_with_one_name(world: World) -> None:
    her = await world.her()
    await her.album(b"front", b"back", caption="身份证")

    front, back = (each.message for each in world.updates())
    assert front is not None
    assert back is not None
    assert front.media_group_id == back.media_group_id
    assert (front.caption, back.caption) == ("身份证", None)


async def test_only_updates_that_are_wanted_come(world: World) -> None:
    await world.bot.set_webhook(
        f"{world.listener.url}/hook", secret_token=world.fake.secret, allowed_updates=["message"]
    )
    her = await world.her()
    await her.leave()

    assert world.updates() == []


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"url": "http://bot.example.gov.cn/hook"}, "HTTPS URL must be provided"),
        ({"url": "https://bot.example.gov.cn:9000/hook"}, "ports 80, 88, 443 or 8443"),
        ({"url": "https://bot.example.gov.cn/", "secret_token": "a" * 257}, "too long"),
        ({"url": "https://bot.example.gov.cn/", "secret_token": "带字"}, "unallowed characters"),
    ],
    ids=["http", "port", "long secret", "strange secret"],
)
async def test_a_webhook_has_rules(world: World, given: dict[str, str], why: str) -> None:
    with pytest.raises(BadRequest, match=f"(?i){why}"):
        await world.bot.set_webhook(**given)  # type: ignore[arg-type]  # as given


async def test_updates_are_not_polled_beside_a_webhook(world: World) -> None:
    with pytest.raises(Exception, match=r"(?i)can't use getupdates"):
        await world.bot.get_updates()


async def test_a_call_in_the_answer_to_an_update_is_made(world: World) -> None:
    her = await world.her()
    world.listener.reply = {"method": "sendMessage", "chat_id": her.id, "text": "收到"}
    await her.say("一")

    assert her.heard() == ["收到"]


async def test_an_action_shows_only_what_there_is(world: World) -> None:
    her = await world.her()
    await world.bot.send_chat_action(her.id, "typing")

    with pytest.raises(BadRequest, match=r"(?i)wrong parameter action"):
        await world.bot.send_chat_action(her.id, "thinking")
    assert her.heard() == []
