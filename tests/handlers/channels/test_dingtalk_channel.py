"""DingTalk both ways over real HTTP, against a DingTalk that enforces its rules."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dialogs.messages import Address, Choice
from handlers.channels.base import (
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
from handlers.channels.dingtalk import App, DingTalk
from handlers.channels.receiving import Mailroom
from handlers.errors import problems
from handlers.keys import MAILROOM
from handlers.security import make_gate
from handlers.turns import Turns
from storage.people import addresses
from storage.schema import inbox, loans
from storage.sealing.files import TooBig
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests.handlers.channels.dingtalk_calls import message
from tests.platforms import Clock, serving
from tests.platforms.dingtalk import Colleague, FakeDingTalk
from tests.platforms.dingtalk.service import AES_KEY, APP_KEY, APP_SECRET, TOKEN
from tests.storage.world import START, World
from tests.troubles import Trouble, lose_answer, status

TEXT = Part("您的户口在常山吗？")
ASKED = Part(
    "您的户口在常山吗？",
    (Choice("1:a", "在"), Choice("1:b", "不在")),
    (Link("看指南", "https://a.example/g"),),
)


@dataclass
class Town:
    """A bot with DingTalk, and people who have it on their phones."""

    fake: FakeDingTalk
    world: World
    channel: DingTalk
    clock: Clock

    def person(self, user: str = "hu") -> Colleague:
        return self.fake.person(user)

    def later(self, **span: float) -> None:
        self.clock.step(**span)
        self.world.later(**span)

    async def send(self, part: Part = TEXT, user: str = "hu") -> str:
        return await self.channel.send(Address("dingtalk", APP_KEY, user), part, key="k")

    async def heard(self, user: str = "hu") -> list[str]:
        address = Address("dingtalk", APP_KEY, user)
        found = await self.world.db.read(lambda c: addresses.conversation_of(c, address))
        return await self.world.transcript(found) if found else []


@pytest.fixture
async def town(lite: str) -> AsyncIterator[Town]:
    vault, clock = Vault(KeyRing.fresh()), Clock(START)
    world = World(lite, vault, pushed=frozenset({"dingtalk"}))
    await world.open()
    fake = FakeDingTalk(clock)
    async with serving(fake):
        app = App(APP_KEY, APP_SECRET, TOKEN, AES_KEY, api_url=fake.url)
        async with aiohttp.ClientSession() as session:
            kit = Kit(session, world.db, vault, clock, "http://127.0.0.1")
            channel = DingTalk(app, kit)
            turns = Turns(world.db, clock)
            async with _bot(channel, Mailroom(world.db, turns, vault, clock)) as bot:
                fake.webhook = f"{bot}/channels/dingtalk"
                yield Town(fake, world, channel, clock)
    await world.close()


@asynccontextmanager
async def _bot(channel: DingTalk, mailroom: Mailroom) -> AsyncIterator[str]:
    app = web.Application(middlewares=[problems, make_gate({})])
    app[MAILROOM] = mailroom
    channel.add_routes(app)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_a_message_becomes_a_turn_and_the_answer_goes_where_it_came_from(town: Town) -> None:
    her = town.person()
    await her.say("你好")
    await town.send()

    assert await town.heard() == ["applicant: 你好", "bot: 1 你好"]
    assert [(each.road, each.text) for each in her.shown] == [("session", TEXT.text)]


async def test_a_message_that_comes_again_is_one_turn(town: Town) -> None:
    her = town.person()
    said = message(msgId="m1", senderStaffId="hu", sessionWebhook="")
    query, headers, body = town.fake.sealed(json.dumps(said).encode())
    for _ in range(3):
        call = town.fake.session.post(town.fake.webhook, params=query, headers=headers, data=body)
        async with call as answer:
            assert (answer.status, await answer.json()) == (200, {"msgtype": "empty"})

    assert await town.heard() == ["applicant: 你好", "bot: 1 你好"]
    assert her.shown == []


async def test_options_are_buttons_and_a_tap_says_the_label(town: Town) -> None:
    her = town.person()
    await her.say("你好")
    await town.send(ASKED)

    assert [(each.label, each.url) for each in her.shown[-1].buttons] == [
        ("在", ""), ("不在", ""), ("看指南", "https://a.example/g"),
    ]  # fmt: skip
    await her.tap("不在")
    assert (await town.heard())[-2:] == ["applicant: 不在", "bot: 2 不在"]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
async def test_once_the_session_is_over_the_app_itself_writes(town: Town, count: int) -> None:
    her = town.person()
    await her.say("你好")
    town.later(hours=2)
    labels = [f"选项 {n}&?=%" for n in range(count)]

    id_ = await town.send(Part("请选", tuple(Choice(f"1:{n}", label) for n, label in enumerate(labels))))

    (shown,) = her.shown
    assert (shown.road, shown.text, shown.id) == ("batch", "请选", id_)
    assert [(each.label, each.data) for each in shown.buttons] == [(label, label) for label in labels]


async def test_a_session_that_ends_before_its_time_loses_no_message(town: Town) -> None:
    her = town.person()
    await her.say("你好")
    town.fake.troubles.order("sendBySession", status(200, {"errcode": 300001, "errmsg": "gone"}))
    await town.send()

    assert [each.road for each in her.shown] == ["batch"]


async def test_what_people_wrote_is_no_markup_on_a_card(town: Town) -> None:
    her = town.person()
    await her.say("你好")
    await town.send(Part("**胡**[点](http://a.example/b_c)\n---\n# 一", (Choice("1:a", "好"),)))

    text = her.shown[-1].text
    assert "http://a.example/b_c" in text
    assert text.startswith("＊＊胡＊＊［点］(")
    assert "\n——  \n＃ 一" in text


async def test_people_from_outside_are_answered_while_the_session_lasts(town: Town) -> None:
    him = town.person("$:guest")
    await him.say("你好")
    user = "$:LWCP_v1:$$:guest"
    await town.send(user=user)
    town.later(hours=2)

    assert [each.road for each in him.shown] == ["session"]
    with pytest.raises(WaitForApplicant):
        await town.send(user=user)


async def test_in_a_group_she_is_asked_to_talk_alone_and_nothing_is_kept(town: Town) -> None:
    her = town.person()
    await her.say_in_group("我的身份证号是多少")

    assert [each.text for each in her.shown] == ["这里大家都看得见。请点我的头像，单独跟我说。"]
    assert await town.world.count(inbox) == 0


@pytest.mark.parametrize(
    ("call", "trouble", "error"),
    [
        ("sendBySession", status(200, {"errcode": -1}), TryLater),
        ("sendBySession", status(200, {"errcode": 130101}), TryLater),
        ("sendBySession", status(200, {"errcode": 400102}), TryLater),
        ("sendBySession", status(200, {"errcode": 430102}), Refused),
        ("sendBySession", status(200, {"hello": "captive"}), MaybeSent),
        ("sendBySession", status(503), TryLater),
        ("sendBySession", status(504), MaybeSent),
        ("sendBySession", lose_answer(), MaybeSent),
    ],
)
async def test_each_failure_of_a_session_says_what_can_be_done(
    town: Town, call: str, trouble: Trouble, error: type[SendError]
) -> None:
    await town.person().say("你好")
    town.fake.troubles.order(call, trouble)

    with pytest.raises(error):
        await town.send()


@pytest.mark.parametrize(
    ("call", "trouble", "error"),
    [
        ("batchSend", status(403, {"code": "Forbidden.AccessDenied.QpsLimitForApi"}), TryLater),
        ("batchSend", status(403, {"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied"}), TryLater),
        ("batchSend", status(400, {"code": "invalidParameter.msgParam.invalid"}), Refused),
        ("batchSend", status(400, {"code": "staffId.notExisted"}), Gone),
        ("batchSend", status(200, {"filteredStaffIdList": ["hu"]}), Refused),
        ("batchSend", status(429), TryLater),
        ("batchSend", status(500), TryLater),
        ("batchSend", status(502), MaybeSent),
        ("batchSend", lose_answer(), MaybeSent),
        ("accessToken", status(400, {"code": "invalidClientIdOrSecret"}), TryLater),
        ("accessToken", lose_answer(), TryLater),
        ("accessToken", status(200, {"no": "token"}), TryLater),
    ],
)
async def test_each_failure_of_the_interface_says_what_can_be_done(
    town: Town, call: str, trouble: Trouble, error: type[SendError]
) -> None:
    await town.person().say("你好")
    town.later(hours=2)
    town.fake.troubles.order(call, trouble)

    with pytest.raises(error):
        await town.send()


async def test_whoever_left_the_enterprise_is_gone_and_one_written_to_too_often_waits(town: Town) -> None:
    her = town.person()
    await her.say("你好")
    town.later(hours=2)
    town.fake.controlled.add("hu")
    with pytest.raises(TryLater):
        await town.send()
    await her.leave()
    with pytest.raises(Gone):
        await town.send()


async def test_when_nobody_is_there_the_message_never_left(town: Town, unused_tcp_port: int) -> None:
    app = App(APP_KEY, APP_SECRET, TOKEN, AES_KEY, api_url=f"http://127.0.0.1:{unused_tcp_port}")
    channel = DingTalk(app, town.channel._kit)

    with pytest.raises(TryLater):
        await channel.send(Address("dingtalk", APP_KEY, "hu"), TEXT, key="k")


async def test_a_token_that_is_not_taken_is_replaced_once(town: Town) -> None:
    her = town.person()
    await her.say("你好")
    town.later(hours=2)
    await town.send()
    town.fake.revoke()
    await town.send()

    assert len(her.shown) == 2
    assert await town.world.rows(loans, "number") == [(2,)]


async def test_a_photo_is_fetched_by_its_code(town: Town) -> None:
    data = bytes(range(256)) * 1000
    code = town.fake.keep_file(data)

    assert b"".join([each async for each in town.channel.fetch(code, len(data))]) == data
    with pytest.raises(TooBig):
        [each async for each in town.channel.fetch(code, len(data) - 1)]
    with pytest.raises(MediaGone):
        [each async for each in town.channel.fetch("unknown", 1)]


@pytest.mark.parametrize(
    ("call", "trouble", "error"),
    [
        ("download", status(200, {"downloadUrl": "http://169.254.169.254/latest"}), Refused),
        ("download", status(200, {"downloadUrl": "https://evil.example/x"}), Refused),
        ("download", status(200, {}), MediaGone),
        ("download", lose_answer(), TryLater),
        ("download", status(500), TryLater),
        ("file", status(403), MediaGone),
        ("file", status(302, None, Location="http://127.0.0.1/"), MediaGone),
        ("file", status(503), TryLater),
        ("file", lose_answer(), TryLater),
    ],
)
async def test_a_photo_that_cannot_be_fetched_says_why(
    town: Town, call: str, trouble: Trouble, error: type[SendError]
) -> None:
    code = town.fake.keep_file(b"photo")
    town.fake.troubles.order(call, trouble, trouble)  # aiohttp gets once more what broke off

    with pytest.raises(error):
        [each async for each in town.channel.fetch(code, 1000)]


async def test_neither_log_nor_error_shows_what_is_secret(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    her, faults = town.person(), []
    await her.say("我叫胡一")
    for trouble in (status(400, {"code": "invalidParameter.x"}), lose_answer(), status(500)):
        town.fake.troubles.order("sendBySession", trouble)
        with pytest.raises(SendError) as caught:
            await town.send()
        faults += [str(caught.value), repr(caught.value.__cause__), repr(caught.value.__context__)]
    town.later(hours=2)
    await town.send()
    hooks, token = list(town.fake._hooks), town.fake._access[0]
    ours = [each.getMessage() for each in caplog.records if each.name != "aiohttp.access"]

    for secret in (APP_SECRET, TOKEN, AES_KEY, token, "我叫胡一", *hooks):
        assert secret not in "\n".join(ours)
        assert secret not in "\n".join(faults)


@pytest.mark.parametrize(
    ("body", "answer"),
    [(b"", 403), (b"{}", 403), (b"x" * 300_000, 413), (b"\x1f\x8b" * 9, 403)],
    ids=["empty", "unsigned", "too big", "compressed"],
)
async def test_what_dingtalk_did_not_send_leaves_no_trace(town: Town, body: bytes, answer: int) -> None:
    async with town.fake.session.post(town.fake.webhook, data=body) as response:
        assert response.status == answer

    assert await town.world.count(inbox) == 0
