"""The fake DingTalk signs and seals by the manual, and refuses what DingTalk refuses."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from aiohttp import ClientError
from wechatpy.crypto import PrpCrypto

from tests.platforms import Clock, serving
from tests.platforms.bot import Heard, Listener, listening
from tests.platforms.dingtalk import Colleague, FakeDingTalk
from tests.platforms.dingtalk.service import AES_KEY, APP_KEY, APP_SECRET, GROUP_SECRET, GROUP_TOKEN, TOKEN
from tests.troubles import lose_answer

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
TEXT = {"msgtype": "text", "text": {"content": "您好"}}
ASK = {
    "title": "户口",
    "text": "您的户口在常山吗？",
    "btns": [
        {"title": "在", "actionURL": "dtmd://dingtalkclient/sendMessage?content=%E5%9C%A8"},
        {"title": "看指南", "actionURL": "https://bot.example.gov.cn/guide"},
    ],
}


class World(NamedTuple):
    fake: FakeDingTalk
    listener: Listener
    clock: Clock
    her: Colleague

    def messages(self) -> list[dict[str, Any]]:
        return [opened(each) for each in self.listener.heard]

    async def post(self, path: str, body: Any, token: str = "") -> tuple[int, dict[str, Any]]:
        headers = {"x-acs-dingtalk-access-token": token}
        async with self.fake.session.post(self.fake.url + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def token(self) -> str:
        given = {"appKey": APP_KEY, "appSecret": APP_SECRET}
        return str((await self.post("/v1.0/oauth2/accessToken", given))[1]["accessToken"])

    async def batch(self, **given: Any) -> tuple[int, dict[str, Any]]:
        body = {
            "robotCode": APP_KEY,
            "userIds": [self.her.user],
            "msgKey": "sampleText",
            "msgParam": '{"content": "您好"}',
            **given,
        }
        return await self.post("/v1.0/robot/oToMessages/batchSend", body, await self.token())

    async def hook(self) -> str:
        """Return the way to answer her newest message."""
        address: str = self.messages()[-1]["sessionWebhook"]
        return address.removeprefix(self.fake.url)


def opened(call: Heard) -> dict[str, Any]:
    """Open a call as wechatpy does: the scheme is the same, the owner at its end is the app."""
    sealed = json.loads(call.body)["encrypt"]
    found: dict[str, Any] = json.loads(PrpCrypto(base64.b64decode(AES_KEY + "=")).decrypt(sealed, APP_KEY))
    return found


@pytest.fixture
async def world() -> AsyncIterator[World]:
    clock = Clock(NOON)
    fake = FakeDingTalk(clock)
    async with serving(fake), listening() as listener:
        fake.webhook = f"{listener.url}/hook"
        yield World(fake, listener, clock, fake.person("hu"))


async def test_a_call_is_signed_twice_and_sealed(world: World) -> None:
    await world.her.say("你好")
    call = world.listener.heard[0]

    stamp, query = call.headers["timestamp"], call.query
    mac = hmac.new(APP_SECRET.encode(), f"{stamp}\n{APP_SECRET}".encode(), hashlib.sha256)
    assert call.headers["sign"] == base64.b64encode(mac.digest()).decode()
    told = sorted([TOKEN, query["timestamp"], query["nonce"], json.loads(call.body)["encrypt"]])
    assert query["msg_signature"] == hashlib.sha1("".join(told).encode()).hexdigest()
    assert int(stamp) == int(NOON.timestamp() * 1000)
    assert opened(call)["text"] == {"content": "你好"}


async def test_what_people_send_is_told_by_kind(world: World) -> None:
    await world.her.say("你好")
    await world.her.photo(b"photo")
    await world.her.rich("身份证", b"front", b"back")
    await world.her.speak("我想交社保")
    for kind in ("voice", "video", "file", "place", "sticker", "strange"):
        await world.her.send(kind)

    kinds = [each["msgtype"] for each in world.messages()]
    assert kinds[:5] == ["text", "picture", "richText", "audio", "audio"]
    assert kinds[5:] == ["video", "file", "unknownMsgType", "unknownMsgType", "unknownMsgType"]
    assert len({each["msgId"] for each in world.messages()}) == 10


async def test_people_from_outside_have_no_number_of_staff(world: World) -> None:
    await world.fake.person("$guest").say("你好")

    assert "senderStaffId" not in world.messages()[0]


async def test_a_call_nobody_takes_is_lost_unless_more_tries_are_ordered(world: World) -> None:
    world.listener.answers.extend([500, 500, 500])
    await world.her.say("一")
    world.fake.tries = 3
    await world.her.say("二")

    first, *others = world.messages()
    assert world.fake.lost == [first["msgId"]]
    assert [each["text"]["content"] for each in others] == ["二"] * 3
    assert len({each["msgId"] for each in others}) == 1


async def test_a_slow_bot_is_not_waited_for(world: World) -> None:
    world.fake.patience = 0.05
    world.listener.hold = asyncio.Event()
    await world.her.say("一")
    world.listener.hold.set()

    assert len(world.fake.lost) == 1
    assert world.fake.calls[-1].code == 0


async def test_an_answer_in_the_call_is_shown(world: World) -> None:
    world.listener.reply = TEXT
    await world.her.say_in_group("你好")

    assert world.messages()[0]["conversationType"] == "2"
    assert [(each.road, each.text) for each in world.her.shown] == [("answer", "您好")]


async def test_a_session_answers_for_ninety_minutes(world: World) -> None:
    await world.her.say("你好")
    hook = await world.hook()
    in_time = await world.post(hook, TEXT)
    world.clock.step(minutes=90)
    late = await world.post(hook, TEXT)

    assert in_time == (200, {"errcode": 0, "errmsg": "ok"})
    assert (late[0], late[1]["errcode"]) == (200, 300001)
    assert world.her.heard() == ["您好"]


async def test_a_card_has_buttons_that_say_and_buttons_that_lead(world: World) -> None:
    await world.her.say("你好")
    await world.post(await world.hook(), {"msgtype": "actionCard", "actionCard": ASK})
    await world.her.tap("在")

    assert world.her.shown[0].buttons[1].url == "https://bot.example.gov.cn/guide"
    assert world.messages()[-1]["text"] == {"content": "在"}
    with pytest.raises(AssertionError, match="is a link"):
        await world.her.tap("看指南")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"msgtype": "text", "text": {"content": "好" * 7000}}, 460101),
        ({"msgtype": "text", "text": {"content": ""}}, 40035),
        ({"msgtype": "voice", "voice": {}}, 400402),
        ({"msgtype": "actionCard", "actionCard": {**ASK, "btns": []}}, 40035),
        ({"msgtype": "actionCard", "actionCard": {"title": "x", "text": "x"}}, 40035),
        ([], 40035),
    ],
    ids=["long", "empty", "kind", "no buttons", "no way to tap", "no object"],
)
async def test_what_is_no_message_is_refused(world: World, body: Any, code: int) -> None:
    await world.her.say("你好")
    status, said = await world.post(await world.hook(), body)

    assert (status, said["errcode"]) == (200, code)
    assert world.her.heard() == []


async def test_a_lost_answer_is_a_message_that_arrived(world: World) -> None:
    await world.her.say("你好")
    world.fake.troubles.order("sendBySession", lose_answer())
    with pytest.raises(ClientError):
        await world.post(await world.hook(), TEXT)

    assert world.her.heard() == ["您好"]


async def test_a_token_is_the_same_until_it_is_over_or_revoked(world: World) -> None:
    first, again = await world.token(), await world.token()
    world.fake.revoke()
    revoked = await world.token()
    world.clock.step(hours=2)

    assert first == again != revoked
    assert await world.token() != revoked


async def test_a_wrong_secret_gets_no_token(world: World) -> None:
    status, said = await world.post("/v1.0/oauth2/accessToken", {"appKey": APP_KEY, "appSecret": "no"})

    assert (status, said["code"]) == (400, "invalidClientIdOrSecret")


async def test_batch_send_needs_a_token_that_still_holds(world: World) -> None:
    token = await world.token()
    world.clock.step(hours=2)
    body = {"robotCode": APP_KEY, "userIds": ["hu"], "msgKey": "sampleText", "msgParam": '{"content": "x"}'}
    status, said = await world.post("/v1.0/robot/oToMessages/batchSend", body, token)

    assert (status, said["code"]) == (400, "InvalidAuthentication")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"robotCode": "other"}, "invalidParameter.robotCode.auth"),
        ({"userIds": []}, "invalidParameter.userIds.empty"),
        ({"userIds": ["a"] * 21}, "invalidParameter.userIds.overMax"),
        ({"msgKey": ""}, "invalidParameter.msgKey.empty"),
        ({"msgKey": "sampleSong"}, "invalidParameter.msgKey.invalid"),
        ({"msgParam": "{"}, "invalidParameter.msgParam.invalid"),
        ({"msgParam": json.dumps({"content": "好" * 5000})}, "invalidParameter.msgParam.invalid"),
        (
            {"msgKey": "sampleActionCard2", "msgParam": '{"title": "x", "text": "x"}'},
            "invalidParameter.param",
        ),
    ],
    ids=["robot", "nobody", "21 people", "no key", "key", "no JSON", "15,000 bytes", "no buttons"],
)
async def test_batch_send_has_rules(world: World, given: Mapping[str, Any], code: str) -> None:
    status, said = await world.batch(**given)

    assert status == 400
    assert said["code"].startswith(code)
    assert world.her.heard() == []


async def test_batch_send_names_whom_it_did_not_reach(world: World) -> None:
    gone, held = world.fake.person("gone"), world.fake.person("held")
    await gone.leave()
    world.fake.controlled.add("held")
    status, said = await world.batch(userIds=["hu", "gone", "held", "stranger"])

    assert status == 200
    assert said["invalidStaffIdList"] == ["gone", "stranger"]
    assert said["flowControlledStaffIdList"] == ["held"]
    assert [person.heard() for person in (world.her, gone, held)] == [["您好"], [], []]


async def test_a_card_of_batch_send_has_its_buttons_by_number(world: World) -> None:
    card = {"title": "x", "text": "选一个"}
    for n, label in enumerate(("甲", "乙", "丙"), 1):
        card |= {f"actionTitle{n}": label, f"actionURL{n}": f"dtmd://dingtalkclient/sendMessage?content={n}"}
    await world.batch(msgKey="sampleActionCard3", msgParam=json.dumps(card))

    assert [(each.label, each.data) for each in world.her.shown[0].buttons] == [
        ("甲", "1"),
        ("乙", "2"),
        ("丙", "3"),
    ]


async def test_a_photo_comes_by_its_code_and_a_link_that_ends(world: World) -> None:
    await world.her.photo(b"photo")
    code = world.messages()[0]["content"]["downloadCode"]
    token = await world.token()
    asked = {"downloadCode": code, "robotCode": APP_KEY}
    _, said = await world.post("/v1.0/robot/messageFiles/download", asked, token)
    async with world.fake.session.get(said["downloadUrl"]) as answer:
        assert await answer.read() == b"photo"
    world.clock.step(hours=1)

    async with world.fake.session.get(said["downloadUrl"]) as answer:
        assert answer.status == 403
    world.fake.lose_files()
    assert (await world.post("/v1.0/robot/messageFiles/download", asked, await world.token()))[0] == 400


def signed(clock: Clock, secret: str = GROUP_SECRET, token: str = GROUP_TOKEN) -> str:
    """Return the address of a call of the group's robot, signed by the manual."""
    stamp = str(int(clock().timestamp() * 1000))
    mac = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    query = {"access_token": token, "timestamp": stamp, "sign": base64.b64encode(mac).decode()}
    return f"/robot/send?{urlencode(query)}"


async def test_the_group_takes_signed_words_alone(world: World) -> None:
    codes = [
        (await world.post(path, TEXT))[1]["errcode"]
        for path in (
            signed(world.clock),
            signed(world.clock, secret="SECother"),
            signed(world.clock, token="other"),
            signed(Clock(datetime(2026, 11, 22, 2, tzinfo=UTC))),
        )
    ]

    assert codes == [0, 310000, 300001, 310000]
    assert world.fake.in_group() == ["您好"]


async def test_the_group_is_silent_for_ten_minutes_after_twenty_in_one(world: World) -> None:
    for _ in range(20):
        assert (await world.post(signed(world.clock), TEXT))[1]["errcode"] == 0
    too_fast = (await world.post(signed(world.clock), TEXT))[1]["errcode"]
    world.clock.step(minutes=9)
    still = (await world.post(signed(world.clock), TEXT))[1]["errcode"]
    world.clock.step(minutes=1)

    assert (too_fast, still) == (130101, 410100)
    assert (await world.post(signed(world.clock), TEXT))[1]["errcode"] == 0
    assert len(world.fake.in_group()) == 21
