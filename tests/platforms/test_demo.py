"""The phones of `serve --platforms`, by their own wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
from aiohttp import ClientSession

from bot.channels import SWITCHES
from bot.settings import PREFIX, Settings
from tests.platforms.bot import Listener, listening
from tests.platforms.demo import FAKES, Phones, phones


class Desk(NamedTuple):
    phones: Phones
    listener: Listener
    session: ClientSession

    async def do(self, phone: str, deed: str, about: str = "") -> int:
        body = {"do": deed, "with": about}
        async with self.session.post(f"{self.phones.url}/{phone}/api/do?user=hu", json=body) as answer:
            return answer.status

    async def shown(self, phone: str, after: int = 0, wait: int = 0) -> dict[str, Any]:
        query = f"user=hu&after={after}&wait={wait}"
        async with self.session.get(f"{self.phones.url}/{phone}/api/shown?{query}") as answer:
            found: dict[str, Any] = await answer.json()
        return found


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with listening() as listener, phones(listener.url, port=0) as all_, ClientSession() as session:
        yield Desk(all_, listener, session)


async def test_every_setting_they_give_is_one_and_names_a_fake(desk: Desk) -> None:
    given = desk.phones.settings()

    assert {name.removeprefix(PREFIX).lower() for name in given} <= set(Settings.model_fields)
    assert {value for name, value in given.items() if name.endswith("API_URL")} == {
        fake.url for name, fake in desk.phones.fakes.items() if name != "sms"
    }


@pytest.mark.parametrize("phone", ["wechat", "telegram", "dingtalk"])
async def test_what_is_done_on_a_phone_reaches_the_bot(desk: Desk, phone: str) -> None:
    await desk.do(phone, "open")
    before = len(desk.listener.heard)
    status = await desk.do(phone, "say", "你好")

    assert status == 200
    assert len(desk.listener.heard) == before + 1
    assert desk.phones.fakes[phone].webhook.endswith(f"/channels/{phone}")
    assert [each["text"] for each in (await desk.shown(phone))["shown"]] == ["[open]", "你好"]


async def test_the_menu_below_wechats_chat_is_there_to_be_pressed(desk: Desk) -> None:
    await desk.do("wechat", "open")
    before = len(desk.listener.heard)
    menu = (await desk.shown("wechat"))["menu"]

    assert "查进度" in menu
    assert [await desk.do("wechat", "press", name) for name in menu] == [200] * len(menu)
    assert len(desk.listener.heard) == before + len(menu)


def test_every_channel_has_a_phone() -> None:
    assert set(SWITCHES) <= {fake.name for fake in FAKES}


async def test_only_those_who_came_are_in_touch(desk: Desk) -> None:
    before = (await desk.shown("wechat"))["open"], (await desk.shown("telegram"))["open"]
    await desk.do("wechat", "open")
    await desk.do("telegram", "open")
    after = (await desk.shown("wechat"))["open"], (await desk.shown("telegram"))["open"]
    await desk.do("wechat", "leave")
    await desk.do("telegram", "leave")
    gone = (await desk.shown("wechat"))["open"], (await desk.shown("telegram"))["open"]

    assert (before, after, gone) == ((False, False), (True, True), (False, False))


async def test_a_link_opens_telegram_with_what_it_carries(desk: Desk) -> None:
    await desk.do("telegram", "open", "https://t.me/zerotrip_fake_bot?start=go12345678")

    assert b"/start go12345678" in desk.listener.heard[0].body


async def test_nobody_writes_to_the_clerks_or_in_text_messages(desk: Desk) -> None:
    assert [await desk.do(phone, "say", "x") for phone in ("sms", "clerks")] == [400, 400]
    assert await desk.do("icq", "say", "x") == 404
    assert await desk.do("telegram", "fly") == 400
