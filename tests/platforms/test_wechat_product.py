"""The whole product and the fake account talk to each other as processes do: over HTTP alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Literal

import pytest
import pytest_asyncio

from tests.patience import PATIENCE
from tests.platforms import serving
from tests.platforms.wechat import FakeWeChat, WeChatPerson
from tests.platforms.wechat.fake import OUT_OF_ORDER
from tests.product import Product, running

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[FakeWeChat, Product]]:
    """One product for all tests of this file; each has a follower of its own."""
    fake = FakeWeChat()
    fake.patience = PATIENCE
    async with serving(fake):
        folder = tmp_path_factory.mktemp("product")
        async with running(folder, environment=fake.settings()) as bot:
            fake.webhook = f"{bot.url}/channels/wechat"
            yield fake, bot


Served = tuple[FakeWeChat, Product]


async def follower(fake: FakeWeChat, name: str) -> WeChatPerson:
    person = fake.person(name)
    await person.open()
    await person.until("您想办什么")
    return person


async def test_the_server_settings_can_be_saved(product: Served) -> None:
    assert await product[0].check_webhook()


async def test_she_is_greeted_and_answered_in_the_call(product: Served) -> None:
    fake, bot = product
    her = await follower(fake, "hu")
    await her.say("想在常山交社保")
    await her.until("您的户口在常山吗")
    await her.choose("不在")
    await her.until("现在有单位给您交社保吗")

    assert {shown.road for shown in her.shown} == {"passive"}
    secrets = (fake.account.secret, fake.account.token, fake.account.aes_key, her.user)
    assert not [secret for secret in secrets if secret in bot.output]


@pytest.mark.parametrize("repeats", ["same", "fresh"])
async def test_a_lost_answer_is_given_again(repeats: Literal["same", "fresh"], product: Served) -> None:
    fake, _ = product
    her = await follower(fake, f"lost-{repeats}")
    before, fake.lost_answers, fake.repeats = len(fake.exchanges), 2, repeats
    await her.say("想在老家交社保")
    fake.repeats = "same"

    tries = fake.exchanges[before:]
    assert [each.status for each in tries] == [0, 0, 200]
    assert len({each.key for each in tries}) == 1
    assert [shown.text for shown in her.shown[1:]] == [tries[-1].answer]
    assert tries[-1].answer


async def test_the_same_call_three_times_at_once_is_one_turn(product: Served) -> None:
    fake, _ = product
    her = await follower(fake, "thrice")
    before = len(fake.exchanges)
    fields = {
        "ToUserName": fake.account.original,
        "FromUserName": her.user,
        "CreateTime": int(fake.clock().timestamp()),
        "MsgType": "text",
        "Content": "想在老家交社保",
        "MsgId": fake.account.next_id(),
    }
    await asyncio.gather(*(fake.call(fields) for _ in range(3)))

    assert [each.status for each in fake.exchanges[before:]] == [200] * 3
    assert len({each.answer for each in fake.exchanges[before:]} - {""}) == 1
    assert OUT_OF_ORDER not in her.heard()


@pytest.mark.parametrize("secret", ["token", "aes_key", "app_id"])
async def test_calls_of_another_account_are_turned_away(secret: str, product: Served) -> None:
    fake, _ = product
    her = await follower(fake, f"forged-{secret}")
    before, kept = len(fake.exchanges), getattr(fake.account, secret)
    setattr(fake.account, secret, {"aes_key": "b" * 42 + "A"}.get(secret, "wxffffffffffffffff"))
    await her.say("想在老家交社保")
    setattr(fake.account, secret, kept)

    assert {each.status for each in fake.exchanges[before:]} <= {400, 403}
    assert her.heard()[1:] == [OUT_OF_ORDER]


async def test_photos_are_never_fetched_from_an_address_in_a_call(product: Served) -> None:
    fake, _ = product
    her = await follower(fake, "photo")
    await her.photo(b"\xff\xd8 no photo at all")

    assert len(her.heard()) == 2
    assert fake.hits["picurl"] == 0
