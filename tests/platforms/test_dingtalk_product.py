"""The whole product, a DingTalk and a text message gateway talk to each other as processes do."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.patience import PATIENCE
from tests.pictures import card_front, jpeg
from tests.platforms import serving
from tests.platforms.dingtalk import FakeDingTalk
from tests.platforms.dingtalk.service import AES_KEY, APP_SECRET, CLERKS, GROUP_TOKEN, TOKEN
from tests.platforms.sms import FakeSms
from tests.product import Product, running

pytestmark = pytest.mark.asyncio(loop_scope="module")
Served = tuple[FakeDingTalk, FakeSms, Product]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """One product for all tests of this file; each has a person of its own."""
    fake, sms = FakeDingTalk(), FakeSms()
    fake.patience = PATIENCE
    async with serving(fake), serving(sms):
        folder = tmp_path_factory.mktemp("product")
        async with running(folder, environment={**fake.settings(), **sms.settings()}) as bot:
            fake.webhook = f"{bot.url}/channels/dingtalk"
            sms.webhook = f"{bot.url}/channels/sms/reports"
            yield fake, sms, bot


async def test_she_is_led_by_buttons_and_typed_numbers_alike(product: Served) -> None:
    fake, _, bot = product
    her = fake.person("hu")
    await her.say("你好")
    await her.until("您想办什么")
    await her.speak("灵活就业人员参保登记。")
    await her.until("您的户口在常山吗")
    await her.tap("不在")
    await her.until("现在有单位给您交社保吗")
    await her.say("2")

    assert {shown.road for shown in her.shown} == {"session"}
    for secret in (APP_SECRET, TOKEN, AES_KEY, GROUP_TOKEN, "sendBySession"):
        assert secret not in bot.output


async def test_the_clerks_hear_of_her_and_not_who_she_is(product: Served) -> None:
    fake, _, _ = product
    her = fake.person("who_asks")
    await her.say("你好")
    await her.until("您想办什么")
    await her.say("找人")
    told = await fake.person(CLERKS).until("有人要找工作人员")

    assert "who_asks" not in told.text


async def test_a_photo_out_of_turn_is_fetched_and_answered(product: Served) -> None:
    fake, _, _ = product
    her = fake.person("early")
    await her.say("你好")
    await her.until("您想办什么")
    heard = len(her.heard())
    await her.photo(jpeg(card_front()))
    await fake.truth.until(lambda: True if len(her.heard()) > heard else None, "an answer")


async def test_reports_of_text_messages_are_taken(product: Served) -> None:
    _, sms, _ = product

    assert await sms.report("nobody-knows-it") == 204
    assert await sms.post({"id": "x", "state": "delivered"}, webhook_signature="v1,forged") == 401
