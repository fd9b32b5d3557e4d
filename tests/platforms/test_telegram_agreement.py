"""Our Telegram channel and the fake agree on every rule, over real HTTP both ways."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dialogs.messages import Address, Choice
from handlers.channels.base import Gone, Kit, Link, MaybeSent, MediaGone, Part, Refused, SendError, TryLater
from handlers.channels.receiving import Mailroom
from handlers.channels.telegram import Account, Telegram, setup
from handlers.errors import problems
from handlers.keys import MAILROOM
from handlers.security import make_gate
from handlers.turns import Turns
from storage.people import addresses
from storage.schema import inbox
from storage.sealing.files import TooBig
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests.patience import PATIENCE
from tests.pictures import card_front, jpeg
from tests.platforms import Clock, serving
from tests.platforms.telegram import Caller, FakeTelegram, too_many
from tests.storage.world import START, World
from tests.troubles import Trouble, half_answer, lose_answer, refuse_line, status

# The library's own rate limiter reads an attribute of which the library warns.
pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
ASKED = Part("您的户口在常山吗？", (Choice("1:a", "在"), Choice("1:b", "不在")))


@dataclass
class Town:
    """A bot with Telegram, and people who have it on their phones."""

    fake: FakeTelegram
    world: World
    channel: Telegram
    clock: Clock
    account: Account

    async def her(self) -> Caller:
        her = self.fake.person("hu")
        await her.open()
        return her

    def to(self, who: Caller) -> Address:
        return Address("telegram", self.account.id, str(who.id))

    async def send(self, who: Caller, part: Part = ASKED) -> str:
        return await self.channel.send(self.to(who), part, key="k")

    async def heard(self, who: Caller) -> list[str]:
        found = await self.world.db.read(lambda c: addresses.conversation_of(c, self.to(who)))
        return await self.world.transcript(found) if found else []

    async def fetched(self, ref: str, limit: int = 10_000_000) -> bytes:
        return b"".join([piece async for piece in self.channel.fetch(ref, limit)])


@pytest.fixture
async def town(lite: str) -> AsyncIterator[Town]:
    vault, clock = Vault(KeyRing.fresh()), Clock(START)
    world = World(lite, vault, pushed=frozenset({"telegram"}))
    await world.open()
    fake = FakeTelegram(clock)
    async with serving(fake), aiohttp.ClientSession() as session:
        account = Account(fake.token, fake.secret, photos=True, api_url=fake.url)
        channel = Telegram(account, Kit(session, world.db, vault, clock, "https://bot.example.gov.cn"))
        app = web.Application(middlewares=[problems, make_gate({})])
        app[MAILROOM] = Mailroom(world.db, Turns(world.db, clock), vault, clock)
        channel.add_routes(app)
        async with TestServer(app) as server:
            fake.webhook = str(server.make_url("/channels/telegram"))
            yield Town(fake, world, channel, clock, account)
        await channel.close()
    await world.close()


async def test_a_word_becomes_a_turn_and_its_repeat_does_not(town: Town) -> None:
    her = await town.her()
    town.fake.unheard = 2
    await her.say("你好")
    await asyncio.wait_for(_until_idle(town), PATIENCE)

    assert (await town.heard(her))[-2:] == ["applicant: 你好", "bot: 2 你好"]
    assert sum(call.name == "update" for call in town.fake.calls) == 4


async def _until_idle(town: Town) -> None:
    """Let the queue empty itself, its pauses skipped."""
    while not town.fake.updates.idle.is_set():
        town.clock.step(seconds=60)
        await asyncio.sleep(0.02)


async def test_a_tap_is_a_choice_and_the_phone_shows_which(town: Town) -> None:
    her = await town.her()
    await town.send(her)
    await her.tap("不在")
    await her.until("👉 不在")

    assert town.fake.spinning == {}
    assert her.shown[-1].buttons == ()
    assert (await town.heard(her))[-2] == "applicant: 不在"


async def test_whatever_she_sends_is_taken(town: Town) -> None:
    her = await town.her()
    await her.photo(jpeg(card_front()))
    await her.document(b"x", "scan.png", "image/png")
    for kind in ("voice", "video", "place", "sticker", "file", "strange"):
        await her.send(kind)
    await her.say("/help")

    assert {call.code for call in town.fake.calls if call.name == "update"} == {200}
    assert await town.world.count(inbox) == 10


async def test_calls_without_the_secret_are_refused_and_nothing_is_kept(town: Town) -> None:
    her = await town.her()
    kept = await town.world.count(inbox)
    town.fake.secret = "somebody-elses-secret-of-32-letters"
    await her.say("你好")

    assert town.fake.calls[-1].code == 403
    assert await town.world.count(inbox) == kept


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (status(429, too_many(7)), TryLater),
        (status(500, {"ok": False, "error_code": 500, "description": "Internal Server Error"}), MaybeSent),
        (status(502, {"ok": False, "error_code": 502, "description": "Bad Gateway"}), MaybeSent),
        (lose_answer(), MaybeSent),
        (refuse_line(), MaybeSent),
    ],
    ids=["429", "500", "502", "answer lost", "line cut"],
)
async def test_trouble_on_the_line_says_what_to_do(
    town: Town, trouble: Trouble, error: type[SendError]
) -> None:
    her = await town.her()
    town.fake.troubles.order("sendMessage", trouble)
    with pytest.raises(error):
        await town.send(her)


async def test_nobody_there_and_nothing_to_be_sent_are_told_apart(town: Town) -> None:
    her = await town.her()
    with pytest.raises(Gone):
        await town.send(town.fake.person("stranger"))
    with pytest.raises(Refused):
        await town.send(her, Part(" "))
    town.fake.token = "7000000001:AArevoked"
    with pytest.raises(TryLater):
        await town.send(her)

    assert her.heard() == []


async def test_a_busy_chat_waits_as_long_as_telegram_says(town: Town) -> None:
    her = await town.her()
    town.fake.limited = True
    await town.send(her, Part("一"))
    with pytest.raises(TryLater) as busy:
        await town.send(her, Part("二"))
    town.clock.step(seconds=busy.value.after or 0)
    await town.send(her, Part("二"))

    assert her.heard() == ["一", "二"]


async def test_a_long_pause_is_kept_without_a_call(town: Town) -> None:
    her = await town.her()
    town.fake.troubles.order("sendMessage", status(429, too_many(30)))
    for _ in range(3):
        with pytest.raises(TryLater):
            await town.send(her, Part("一"))
    town.clock.step(seconds=30)
    await town.send(her, Part("一"))

    assert her.heard() == ["一"]


@pytest.mark.parametrize(
    "part",
    [
        Part("选", tuple(Choice(f"12:{'x' * n}", f"选项{n}") for n in range(1, 25))),
        Part("选", (Choice("1:" + "长" * 30, "编号太长的"), Choice("1:b", "好"))),
        Part("选", tuple(Choice(f"1:{n}", "一个手机上放不下的很长很长很长的选项" * 3) for n in range(24))),
        Part(
            "看", (), (Link("指南", "https://bot.example.gov.cn/g"), Link("本机", "http://localhost:8080/g"))
        ),
        Part("字" * 4096),
        Part("<b>*_`[不是标记](x)"),
    ],
    ids=["24 buttons", "long id", "long labels", "links", "longest", "signs of markup"],
)
async def test_what_the_channel_draws_the_platform_takes(town: Town, part: Part) -> None:
    her = await town.her()
    await town.send(her, part)
    seen = her.shown[-1].text + "".join(button.label + button.url for button in her.shown[-1].buttons)

    assert part.text in her.shown[-1].text
    assert all(choice.label[:5] in seen for choice in part.choices)
    assert all(link.url in seen for link in part.links)


async def test_a_photo_comes_whole_or_not_at_all(town: Town) -> None:
    her = await town.her()
    photo = jpeg(card_front())
    await her.photo(photo)
    ref = list(town.fake.files)[-1]
    whole = await town.fetched(ref)
    with pytest.raises(TooBig):
        await town.fetched(ref, limit=1000)
    with pytest.raises(TooBig):
        await town.fetched(town.fake.keep_file(b"0" * 20_000_001))
    with pytest.raises(MediaGone):
        await town.fetched("nothing")
    town.fake.troubles.order("file", status(404), status(500), half_answer())
    with pytest.raises(MediaGone):
        await town.fetched(ref)
    for _ in range(2):
        with pytest.raises(TryLater):
            await town.fetched(ref)

    assert whole == photo


async def test_an_album_arrives_in_its_order(town: Town) -> None:
    her = await town.her()
    await her.album(b"1", b"2", b"3", caption="身份证")

    assert town.fake.updates.idle.is_set()
    assert (await town.heard(her))[-6] == "applicant: 身份证"
    assert await town.world.count(inbox) == 4


async def test_telegram_learns_where_we_are_and_what_our_menu_holds(town: Town) -> None:
    await setup.register(town.account, setup.address_of("https://bot.example.gov.cn"))
    known = await setup.look(town.account)

    assert known.url == town.fake.webhook == "https://bot.example.gov.cn/channels/telegram"
    assert town.fake.secret == town.account.secret
    assert "progress" in town.fake.commands[""]
    with pytest.raises(Refused):
        await setup.register(town.account, "http://bot.example.gov.cn/channels/telegram")
