"""A second, independent client: a bot written with telegraf (npm) talks through our fake Telegram."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from tests.pictures import card_front, jpeg
from tests.platforms import Clock, serving
from tests.platforms.peers import HERE
from tests.platforms.telegram import FakeTelegram, too_many
from tests.troubles import status
from tools.build_web import find_node
from tools.peers import find


class World(NamedTuple):
    fake: FakeTelegram
    here: str
    clock: Clock

    async def do(self, method: str, **args: Any) -> dict[str, Any]:
        """Call the Bot API through telegraf."""
        async with self.fake.session.post(
            f"{self.here}/do", data=json.dumps({"method": method, "args": args})
        ) as answer:
            found: dict[str, Any] = await answer.json()
        return found


@pytest.fixture
async def world() -> AsyncIterator[World]:
    if find() is None:
        pytest.skip("the npm packages are not installed: python -m tools.needs peers")
    clock = Clock()
    fake = FakeTelegram(clock)
    async with serving(fake):
        peer = await asyncio.create_subprocess_exec(
            find_node().node,
            "--no-deprecation",
            str(HERE / "telegraf.js"),
            fake.url,
            fake.token,
            fake.secret,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert peer.stdin is not None
        assert peer.stdout is not None
        told = json.loads(await asyncio.wait_for(peer.stdout.readline(), 60))
        yield World(fake, told["here"], clock)
        peer.stdin.close()
        await asyncio.wait_for(peer.wait(), 30)


async def test_it_registers_itself_and_is_who_we_say(world: World) -> None:
    me = (await world.do("getMe"))["result"]

    assert me["username"] == "zerotrip_fake_bot"
    assert world.fake.webhook == f"{world.here}/hook"


async def test_a_whole_talk_passes(world: World) -> None:
    her = world.fake.person("hu")
    await her.open("flexible_enrolment")
    await her.until("scene flexible_enrolment")
    await her.tap("在")
    await her.until("✓ 在")
    await her.say("你好")
    await her.until("said 你好")
    await her.edit("您好")
    await her.until("edited to 您好")
    photo = jpeg(card_front())
    await her.photo(photo)
    await her.until(f"photo {len(photo)} alone")
    await her.album(photo, photo)
    await her.until(f"photo {len(photo)} of an album")
    await her.until(f"photo {len(photo)} of an album")
    await her.leave()

    assert (await world.do("seen"))["result"] == ["kicked"]
    assert [each.text for each in her.shown if each.road == "toast"] == ["收到"]
    assert not world.fake.spinning


async def test_a_forged_call_is_told_from_a_real_one(world: World) -> None:
    """Its guard and our secret mean the same header."""
    her = world.fake.person("hu")
    await her.open()
    world.fake.secret = "another-secret-of-thirty-two-chars"
    await her.say("你好")

    assert world.fake.calls[-1].code == 403
    assert "said 你好" not in her.heard()


@pytest.mark.parametrize(
    ("args", "code", "why"),
    [
        ({"text": ""}, 400, "message text is empty"),
        ({"text": "好" * 4097}, 400, "message is too long"),
        ({"chat_id": 1}, 400, "chat not found"),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "长", "callback_data": "x" * 65}]]}},
            400,
            "BUTTON_DATA_INVALID",
        ),
    ],
    ids=["empty", "long", "stranger", "65 bytes"],
)
async def test_it_reads_our_refusals(world: World, args: dict[str, Any], code: int, why: str) -> None:
    her = world.fake.person("hu")
    await her.open()
    said = await world.do("sendMessage", **{"chat_id": her.id, "text": "你好", **args})

    assert said["error"]["code"] == code
    assert why in said["error"]["description"]


async def test_it_reads_who_blocked_it_and_when_to_come_again(world: World) -> None:
    her = world.fake.person("hu")
    await her.open()
    world.fake.troubles.order("sendMessage", status(429, too_many(7)))
    busy = await world.do("sendMessage", chat_id=her.id, text="你好")
    await her.leave()
    gone = await world.do("sendMessage", chat_id=her.id, text="你好")

    assert (busy["error"]["code"], busy["error"]["parameters"]) == (429, {"retry_after": 7})
    assert (gone["error"]["code"], "blocked" in gone["error"]["description"]) == (403, True)


async def test_a_file_can_be_sent_back_by_its_id(world: World) -> None:
    her = world.fake.person("hu")
    await her.open()
    await her.photo(b"photo")
    known = list(world.fake.files)[-1]
    sent = await world.do("sendPhoto", chat_id=her.id, photo=known, caption="您的照片")

    assert sent["result"]["caption"] == "您的照片"
    assert her.shown[-1].road == "photo"
