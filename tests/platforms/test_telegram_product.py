"""The whole product and a Telegram talk to each other as processes do; photos go beside it, by link."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests import pictures
from tests.platforms import serving
from tests.platforms.base import Shown
from tests.platforms.telegram import Caller, FakeTelegram
from tests.product import Product, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
Served = tuple[FakeTelegram, Product]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """One product for all tests of this file; each has a person of its own."""
    fake = FakeTelegram()
    async with serving(fake):
        folder = tmp_path_factory.mktemp("product")
        async with running(folder, environment=fake.settings()) as bot:
            fake.webhook = f"{bot.url}/channels/telegram"
            yield fake, bot


async def at_the_photos(fake: FakeTelegram, name: str) -> tuple[Caller, Shown]:
    """Return somebody who is asked for the front of the identity card, and the question."""
    her = fake.person(name)
    await her.open("flexible_enrolment")
    for asked, label in (
        ("您的户口在常山吗", "在"),
        ("有单位给您交社保吗", "没有单位，自己干"),
        ("您想交哪一种", "养老"),
        ("以后怎么交钱", "自己在手机上交"),
        ("同意吗", "同意"),
    ):
        await her.until(asked)
        await her.tap(label)
    await her.until("您叫什么名字")
    await her.say("胡某某")
    await her.until("身份证号码")
    await her.say("999901198803050247")
    await her.until("哪一档")
    await her.tap("最低档（60%）")
    return her, await her.until("请拍身份证正面")


async def by_link(question: Shown, data: bytes) -> int:
    """Open the question's link in a browser and send a photo there; return the status."""
    link = next(button.url for button in question.buttons if button.url)
    page, _, token = link.partition("#")
    headers = {"Authorization": f"Bearer {token}"}
    form: Any = aiohttp.FormData()
    form.add_field("file", io.BytesIO(data), filename="photo.jpg", content_type="image/jpeg")
    async with aiohttp.ClientSession(headers=headers) as browser:
        async with browser.get(f"{page}api/link") as answer:
            assert answer.status in (200, 409)
        async with browser.post(f"{page}api/photo", data=form) as answer:
            return answer.status


def photo(picture: Any) -> bytes:
    return pictures.jpeg(pictures.photographed(picture, size=(1600, 1200)))


async def test_she_hands_in_without_a_photo_passing_through_telegram(product: Served) -> None:
    fake, bot = product
    her, front = await at_the_photos(fake, "hu")
    assert await by_link(front, photo(pictures.card_front())) == 202
    back = await her.until("请拍身份证反面")
    assert await by_link(front, photo(pictures.card_back())) == 409
    assert await by_link(back, photo(pictures.card_back())) == 202
    await her.until("都对吗")
    await her.tap("都对，交上去")
    await her.until("交上去了。号码")

    assert [call for call in fake.calls if call.name == "getFile"] == []
    assert fake.spinning == {}
    for secret in (fake.token, fake.secret, "胡某某", "999901198803050247", "/upload/#"):
        assert secret not in bot.output


async def test_a_photo_in_the_chat_is_not_looked_at_and_a_word_brings_a_new_link(product: Served) -> None:
    fake, _ = product
    her, front = await at_the_photos(fake, "lost_her_link")
    await her.photo(photo(pictures.card_front()))
    again = await her.until("身份证正面")
    await her.say("照片")
    new = await her.until("照片")

    links = {button.url for each in (front, again, new) for button in each.buttons if button.url}
    assert len(links) >= 2
    assert await by_link(new, photo(pictures.card_front())) == 202
    await her.until("请拍身份证反面")
    assert [call for call in fake.calls if call.name == "getFile"] == []


async def test_an_album_is_both_sides_of_the_card_where_photos_may_pass(tmp_path: Path) -> None:
    fake = FakeTelegram()
    async with serving(fake):
        environment = {**fake.settings(), "ZEROTRIP_TELEGRAM_PHOTOS": "yes"}
        async with running(tmp_path, environment=environment) as bot:
            fake.webhook = f"{bot.url}/channels/telegram"
            her, question = await at_the_photos(fake, "album")
            await her.album(photo(pictures.card_front()), photo(pictures.card_back()))
            await her.until("都对吗")

    assert [button.url for button in question.buttons if button.url] == []
    assert len([call for call in fake.calls if call.name == "getFile"]) == 2
    assert fake.token not in bot.output
