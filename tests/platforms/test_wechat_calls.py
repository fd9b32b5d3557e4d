"""The fake account calls a bot as WeChat does, and shows on the phone only what WeChat would show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import pytest
from aiohttp import web

from tests.platforms import Clock, serving
from tests.platforms.wechat import FakeWeChat, Seal
from tests.platforms.wechat.account import Account, Mode
from tests.platforms.wechat.fake import OUT_OF_ORDER
from tests.platforms.wechat.letters import write

Answer = Callable[[dict[str, str]], Awaitable[web.Response]]


@dataclass
class Bot:
    """A webhook that answers as a test wants. `heard`: the fields of every call; `bodies`: as they came."""

    seal: Seal
    answer: Answer
    heard: list[dict[str, str]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        if request.method == "GET":
            self.seal.check(query["signature"], query["timestamp"], query["nonce"])
            return web.Response(text=query["echostr"])
        body = await request.read()
        self.queries.append(query)
        self.bodies.append(body)
        self.heard.append(self._open(query, body))
        return await self.answer(self.heard[-1])

    def _open(self, query: dict[str, str], body: bytes) -> dict[str, str]:
        self.seal.check(query["signature"], query["timestamp"], query["nonce"])
        outer = flat(body.decode())
        if query.get("encrypt_type") != "aes":
            return outer
        self.seal.check(query["msg_signature"], query["timestamp"], query["nonce"], outer["Encrypt"])
        return flat(self.seal.open(outer["Encrypt"]))


def flat(text: str) -> dict[str, str]:
    return {each.tag: each.text or "" for each in ElementTree.fromstring(text)}


def says(text: str, seal: Seal | None, **changed: Any) -> Answer:
    """Answer with a passive reply; sealed with `seal`, in the clear with None."""

    async def answer(heard: dict[str, str]) -> web.Response:
        reply = {
            "ToUserName": heard["FromUserName"],
            "FromUserName": heard["ToUserName"],
            "CreateTime": 1_790_000_000,
            "MsgType": "text",
            "Content": text,
            **changed,
        }
        inner = write({name: value for name, value in reply.items() if value is not None})
        return web.Response(text=sealed(inner, seal) if seal else inner)

    return answer


def sealed(inner: str, seal: Seal) -> str:
    locked = seal.lock(inner)
    signature = seal.sign("1790000000", "4711", locked)
    return write({"Encrypt": locked, "MsgSignature": signature, "TimeStamp": 1_790_000_000, "Nonce": "4711"})


def answers(text: str = "success", status: int = 200) -> Answer:
    async def answer(_: dict[str, str]) -> web.Response:
        return web.Response(text=text, status=status)

    return answer


async def never(_: dict[str, str]) -> web.Response:
    await asyncio.Event().wait()
    raise AssertionError


@pytest.fixture
async def world() -> AsyncIterator[tuple[FakeWeChat, Bot]]:
    async for each in between("encrypted"):
        yield each


async def between(mode: Mode) -> AsyncIterator[tuple[FakeWeChat, Bot]]:
    fake = FakeWeChat(Clock(), Account(mode=mode))
    fake.patience = 0.2
    bot = Bot(fake.account.seal, answers())
    app = web.Application()
    app.router.add_route("*", "/channels/wechat", bot.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with serving(fake):
        fake.webhook = f"http://127.0.0.1:{runner.addresses[0][1]}/channels/wechat"
        yield fake, bot
    await runner.cleanup()


World = tuple[FakeWeChat, Bot]


async def test_the_server_settings_are_tried_when_they_are_saved(world: World) -> None:
    fake, _ = world

    assert await fake.check_webhook()


@pytest.mark.parametrize("mode", ["encrypted", "compatible", "plain"])
async def test_every_mode_calls_as_the_manual_says(mode: Mode) -> None:
    async for fake, bot in between(mode):
        her = fake.person("hu")
        await her.open("flexible_enrolment")
        bot.answer = says("您想办什么？", None if mode == "plain" else bot.seal)
        await her.say("想在老家交社保")

        assert [each.get("Event", each["MsgType"]) for each in bot.heard] == ["subscribe", "text"]
        assert bot.heard[0]["EventKey"] == "qrscene_flexible_enrolment"
        assert bot.heard[1]["Content"] == "想在老家交社保"
        assert her.heard() == ["您想办什么？"]
        assert ("想在老家".encode() in bot.bodies[1]) == (mode != "encrypted")
        assert (b"<Encrypt>" in bot.bodies[1]) == (mode != "plain")


async def test_a_sealed_call_is_not_answered_in_the_clear(world: World) -> None:
    fake, bot = world
    her = fake.person("hu")
    await her.open()
    bot.answer = says("明文", None)
    await her.say("你好")

    assert her.heard() == [OUT_OF_ORDER]


async def test_in_compatible_mode_it_may_be() -> None:
    async for fake, bot in between("compatible"):
        her = fake.person("hu")
        await her.open()
        bot.answer = says("明文", None)
        await her.say("你好")

        assert her.heard() == ["明文"]


SENSELESS: dict[str, Callable[[Seal], Answer]] = {
    "json": lambda seal: answers('{"text": "你好"}'),
    "html": lambda seal: answers("<html>It works!</html>"),
    "half of it": lambda seal: answers("<xml><Encrypt>"),
    "another key": lambda seal: says("x", Seal(seal.token, "b" * 42 + "A", seal.app_id)),
    "another account": lambda seal: says("x", Seal(seal.token, seal.aes_key, "wx-another")),
    "another token": lambda seal: says("x", Seal("another", seal.aes_key, seal.app_id)),
    "no text": lambda seal: says("", seal),
    "2049 bytes": lambda seal: says("常" * 683, seal),
    "to somebody else": lambda seal: says("x", seal, ToUserName="o-else"),
    "from somebody else": lambda seal: says("x", seal, FromUserName="gh_else"),
    "no time": lambda seal: says("x", seal, CreateTime=None),
    "another kind": lambda seal: says("x", seal, MsgType="markdown"),
    "a field slipped in": lambda seal: says("x", seal, FuncFlag=1),
}


@pytest.mark.parametrize("what", SENSELESS)
async def test_a_senseless_answer_shows_that_the_account_is_out_of_order(what: str, world: World) -> None:
    fake, bot = world
    her = fake.person("hu")
    await her.open()
    bot.answer = SENSELESS[what](bot.seal)
    await her.say("你好")

    assert her.heard() == [OUT_OF_ORDER]
    assert [each.number for each in fake.exchanges[1:]] == [1]


async def test_text_that_breaks_out_of_its_cdata_is_senseless(world: World) -> None:
    fake, bot = world
    her = fake.person("hu")
    await her.open()

    async def naive(heard: dict[str, str]) -> web.Response:
        inner = (
            f"<xml><ToUserName>{heard['FromUserName']}</ToUserName>"
            f"<FromUserName>{heard['ToUserName']}</FromUserName><CreateTime>1</CreateTime>"
            f"<MsgType>text</MsgType><Content><![CDATA[{heard['Content']}]]></Content></xml>"
        )
        return web.Response(text=sealed(inner, bot.seal))

    bot.answer = naive
    await her.say("x]]></Content><Content><![CDATA[y")

    assert her.heard() == [OUT_OF_ORDER]


@pytest.mark.parametrize("body", ["success", ""])
async def test_an_acknowledged_call_shows_nothing_and_is_not_repeated(body: str, world: World) -> None:
    fake, bot = world
    her = fake.person("hu")
    await her.open()
    bot.answer = answers(body)
    await her.say("你好")

    assert her.heard() == []
    assert len(bot.heard) == 2


@pytest.mark.parametrize("answer", [never, answers(status=500), answers(status=201)])
async def test_a_call_without_an_answer_is_made_three_times_with_the_same_id(
    answer: Answer, world: World
) -> None:
    fake, bot = world
    her = fake.person("hu")
    await her.open()
    bot.answer = answer
    await her.say("你好")

    assert [each["MsgId"] for each in bot.heard[1:]] == [bot.heard[1]["MsgId"]] * 3
    assert len({each["signature"] for each in bot.queries[1:]}) == 1
    assert len(set(bot.bodies[1:])) == 1
    assert her.heard() == [OUT_OF_ORDER]


async def test_repeats_may_be_sealed_afresh(world: World) -> None:
    fake, bot = world
    fake.repeats = "fresh"
    her = fake.person("hu")
    await her.open()
    bot.answer = answers(status=503)
    await her.say("你好")

    assert len(set(bot.bodies[1:])) == 3
    assert len({each["MsgId"] for each in bot.heard[1:]}) == 1


async def test_a_lost_answer_is_asked_for_again(world: World) -> None:
    fake, bot = world
    her = fake.person("hu")
    await her.open()
    bot.answer = says("好的", bot.seal)
    fake.lost_answers = 2
    await her.say("你好")

    assert len(bot.heard) == 4
    assert her.heard() == ["好的"]


async def test_who_left_and_reports_read_nothing_of_a_silent_bot(world: World) -> None:
    fake, bot = world
    her = fake.person("hu")
    await her.open()
    bot.answer = answers(status=503)
    await her.leave()

    assert her.heard() == []


async def test_people_send_what_people_send(world: World) -> None:
    fake, bot = world
    her = fake.person("hu")
    await her.open()
    await her.photo(b"jpeg")
    for kind in ("voice", "video", "place", "sticker", "file", "strange"):
        await her.send(kind)
    await her.open("go12345678")

    kinds = [each["MsgType"] for each in bot.heard[1:]]
    assert kinds == ["image", "voice", "video", "location", "text", "file", "hologram", "event"]
    assert fake.account.media[bot.heard[1]["MediaId"]].data == b"jpeg"
    assert (bot.heard[-1]["Event"], bot.heard[-1]["EventKey"]) == ("SCAN", "go12345678")
    assert not fake.calls
