"""From one place to another by a code: the real application, its worker, and the letters of a platform."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app import make_app
from bot.parts import Parts, assemble, utc_now
from bot.settings import load
from dialogs.messages import Address, Inbound
from dialogs.turn import MessageReceived, Opened
from handlers import connections
from handlers.channels.base import Letter
from storage.people import messages
from tests import pictures, tables
from tests.intake_fake import FakeIntake
from tests.product import Applicant, until
from tests.test_story import enrol

PERSON = Address("telegram", "bot", "42")
SMALL = (1600, 1200)  # enough to judge, and quick


@dataclass
class House:
    """The running application, and a platform's person who writes to it."""

    url: str
    parts: Parts
    session: aiohttp.ClientSession
    letters: int = 0

    async def page(self, code: str = "") -> Applicant:
        return await Applicant(self.session, self.url).open(code)

    async def letter(self, text: str = "", scene: str | None = None, key: str = "") -> str:
        """Have the platform's person write, or come by a link; return his conversation."""
        self.letters += 1
        key, now = key or f"u{self.letters}", utc_now()
        event: MessageReceived | Opened = MessageReceived(Inbound(key, now, text, channel="telegram"))
        if scene is not None:
            event = Opened(channel="telegram", scene=scene)
        taken = await self.parts.mailroom.take(Letter(PERSON, key, now, event, "message", {"text": text}))
        assert taken is not None
        return taken.conversation

    async def said(self, conversation: str) -> list[str]:
        """Return what was said in a conversation, on any channel."""
        vault = self.parts.vault
        rows = await self.parts.database.read(lambda c: messages.after(c, vault, conversation, 0))
        return [str(row.body["text"]) for row in rows]

    async def until_said(self, conversation: str, words: str) -> str:
        async def there() -> str:
            return next((text for text in await self.said(conversation) if words in text), "")

        return str(await until(there, words))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with living(tmp_path) as house:
        yield house


@asynccontextmanager
async def living(folder: Path, **more: Any) -> AsyncIterator[House]:
    """Run the application and its worker beside a fake intake service; `more` are settings."""
    fake = FakeIntake("letmein-letmein-letmein")
    async with TestServer(fake.app()) as there:
        tables.of_bot(folder / "zerotrip.sqlite3")
        settings = load(
            data_dir=folder,
            intake_url=str(there.make_url("")).rstrip("/"),
            intake_token=fake.token,
            intake_webhook_secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            requests_per_second=0,
            photo_workers=1,
            **more,
        )
        async with assemble(settings) as parts, aiohttp.ClientSession() as session:
            runner = web.AppRunner(make_app(parts), handle_signals=False, **connections.RUNNER_OPTIONS)
            await runner.setup()
            site = connections.Site(runner, "127.0.0.1", 0)
            await site.start()
            working = asyncio.create_task(parts.worker.run())
            yield House(f"http://127.0.0.1:{site.port}", parts, session)
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working
            await runner.cleanup()


async def code_of(her: Applicant) -> str:
    told = await her.say("换个地方办", "发这8位数字")
    return str(told["card"]["body"]["code"])


async def test_a_page_is_gone_on_with_in_another_app(house: House) -> None:
    her = await house.page()
    await her.say("想在常山交社保", "您的户口在常山吗")
    code = await code_of(her)
    shell = await house.letter(f"{code[:4]} {code[4:]}")
    await her.hear("已转到Telegram")

    assert shell != her.conversation
    await house.until_said(her.conversation, "接上了")
    assert await house.letter("在") == her.conversation
    await house.until_said(her.conversation, "现在有单位给您交社保吗")


async def test_and_back_on_the_page_by_simply_writing(house: House) -> None:
    her = await house.page()
    await her.say("想在常山交社保", "您的户口在常山吗")
    await house.letter(scene="go" + await code_of(her))
    await her.hear("已转到Telegram")
    await her.say("在", "现在有单位给您交社保吗")

    assert "已转到网页" in "".join(await house.said(her.conversation))
    assert not [each for each in her.seen if "已转到网页" in each["text"]]  # said in the app alone


async def test_what_begun_in_an_app_goes_on_in_a_browser_by_the_code(house: House) -> None:
    conversation = await house.letter("想在常山交社保")
    await house.letter("换个地方办")
    told = await house.until_said(conversation, "8位数字")
    her = await house.page("".join(re.findall(r"\d{4}", told)[:2]))

    assert her.conversation == conversation
    await her.tap("在", "现在有单位给您交社保吗")


async def test_a_page_that_had_begun_is_told_who_took_over(house: House) -> None:
    old, new = await house.page(), await house.page()
    code = await code_of(old)
    shell = dict(new.headers)
    assert await new.post({"id": "code-1", "text": code}) == 202

    async def moved() -> Any:
        async with house.session.get(f"{house.url}/chat/api/messages?after=0", headers=shell) as answer:
            return (await answer.json())["moved"] if answer.status == 410 else None

    given = await until(moved, "the page to be told")
    assert given["conversation"] == old.conversation
    new.follow(given)
    await new.hear("接上了")
    assert await new.post({"id": "code-1", "text": code}) == 202  # sent again, for want of an answer
    assert await new.post({"id": "help-1", "text": "帮助"}) == 202
    await new.hear("换个地方办：")
    assert code not in [each["text"] for each in new.seen]
    late = {"id": "late", "text": "在吗"}
    async with house.session.post(f"{house.url}/chat/api/messages", json=late, headers=shell) as answer:
        assert (answer.status, (await answer.json())["moved"]) == (410, given)


async def test_a_listening_socket_of_the_old_page_is_closed(house: House) -> None:
    old, new = await house.page(), await house.page()
    code = await code_of(old)
    token = new.headers["Authorization"].removeprefix("Bearer ")
    async with house.session.ws_connect(f"{house.url}/chat/api/socket") as socket:
        await socket.send_json({"token": token, "after": 0})
        await socket.receive_json()
        await new.post({"id": "code-1", "text": code})
        while (frame := await socket.receive(30)).type is aiohttp.WSMsgType.TEXT:
            pass

    assert frame.data == 4410


async def test_a_draft_is_deleted_only_with_her_word(house: House) -> None:
    old, new = await house.page(), await house.page()
    code = await code_of(old)
    await new.say("想在常山交社保", "您的户口在常山吗")
    await new.tap("在", "现在有单位给您交社保吗")
    await new.say("go" + code, "接过来以后，这里填了一半的就删掉了")
    await new.tap("不，办这里的", "现在有单位给您交社保吗")


async def test_wrong_codes_are_refused_and_at_last_not_even_looked_at(house: House) -> None:
    old, new = await house.page(), await house.page()
    for n in range(1, 6):
        assert await new.post({"id": f"code-{n}", "text": "00000000"}) == 202

        async def refused(times: int = n) -> bool:
            return sum("这个码对不上" in text for text in await house.said(new.conversation)) == times

        await until(refused, f"refusal {n}")
    await new.say(await code_of(old), "试得太多了")
    for code in ("00000000", "1234567", "x" * 8, "１２３４５６７８"):
        wish = {"code": code}
        async with house.session.post(f"{house.url}/chat/api/conversations", json=wish) as answer:
            assert answer.status in (400, 404)
            assert (await answer.json())["message"]


async def test_by_number_and_last_four_the_code_is_told_where_it_began(house: House) -> None:
    her = await house.page()
    await enrol(her)
    await her.send_photo(photographed(pictures.card_front()), "请拍身份证反面")
    await her.send_photo(photographed(pictures.card_back()), "都对吗")
    await her.tap("都对，交上去", "交上去了。号码CS-1121-0001")
    heard: list[str] = []
    other = her
    for tail, told in (("0248", 0), ("0247", 1)):
        other = await house.page()
        await other.say("我办过", "您在别处办过")
        await other.say("CS-1121-0001", "最后4位")
        await other.say(tail, "要是对得上")
        heard = [text for text in await house.said(her.conversation) if "有人在网页要接着办您的事" in text]
        assert len(heard) == told, tail
    code = heard[0].partition("就把")[2][:9]
    assert await other.post({"id": "code-1", "text": code}) == 202
    assert "CS-1121-0001" in await house.until_said(her.conversation, "灵活就业人员参保登记（")  # how it goes


async def test_a_letter_sent_again_after_the_joining_is_one(house: House) -> None:
    her = await house.page()
    code = await code_of(her)
    await house.letter(code, key="u77")
    await house.until_said(her.conversation, "接上了")
    before = await house.said(her.conversation)

    assert await house.letter(code, key="u77") == her.conversation
    assert await house.said(her.conversation) == before


async def test_a_letter_that_comes_in_the_middle_of_it_goes_to_the_one_that_took_over(house: House) -> None:
    her = await house.page()
    code = await code_of(her)
    shell = await house.letter(code)
    await house.until_said(her.conversation, "接上了")
    assert shell != her.conversation

    # The mailroom remembers whose conversation it was when the code came.
    assert await house.letter("帮助") == her.conversation


async def test_a_code_can_be_drawn(house: House) -> None:
    her = await house.page()
    url = f"{house.url}/chat/api/qr"
    async with house.session.get(url, params={"text": "https://a.test/?go=1"}, headers=her.headers) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
        assert (await answer.read()).startswith(b"\x89PNG")
    for text in ("", "x" * 301, "\x00"):
        async with house.session.get(url, params={"text": text}, headers=her.headers) as answer:
            assert answer.status == 400
    async with house.session.get(url, params={"text": "a"}) as answer:
        assert answer.status == 401


def photographed(picture: Any) -> bytes:
    return pictures.jpeg(pictures.photographed(picture, size=SMALL))
