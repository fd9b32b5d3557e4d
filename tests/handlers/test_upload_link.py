"""The page for one photo, against the running application: real photo processes, a fake intake service."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import func, select

from bot.app import make_app
from bot.parts import Parts, assemble
from bot.settings import load
from dialogs.wording import say
from handlers import connections, upload_link
from storage.schema import files, inbox
from tests import pictures
from tests.intake_fake import FakeIntake
from tests.product import Applicant, until
from tests.test_story import enrol

pytestmark = pytest.mark.asyncio(loop_scope="module")

SLOT = "id_card.front"


@dataclass
class House:
    """The running application, with a clock that can be put forward."""

    url: str
    parts: Parts
    session: aiohttp.ClientSession
    ahead: list[timedelta] = field(default_factory=list)

    async def link(self, conversation: str, slot: str = SLOT) -> str:
        """Return the token of a new link."""
        parts = self.parts
        url = await upload_link.make(
            parts.database, parts.vault, parts.clock, "https://bot.example", conversation, slot
        )
        address, _, token = url.partition("#")
        assert address == "https://bot.example/upload/"
        return token

    async def look(self, token: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.get(f"{self.url}/upload/api/link", headers=headers) as answer:
            return answer.status, await answer.json()

    async def send(self, token: str, data: bytes, name: str = "file") -> tuple[int, Any]:
        form = aiohttp.FormData()
        form.add_field(name, io.BytesIO(data), filename="photo.jpg", content_type="image/jpeg")
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.post(f"{self.url}/upload/api/photo", data=form, headers=headers) as answer:
            return answer.status, await answer.json()

    async def uploads(self, conversation: str) -> int:
        query = select(func.count()).where(files.c.conversation == conversation, files.c.kind == "upload")
        return int(await self.parts.database.read(lambda c: c.execute(query).scalar_one()))

    async def events(self, conversation: str) -> int:
        query = select(func.count()).where(inbox.c.conversation == conversation, inbox.c.channel == "upload")
        return int(await self.parts.database.read(lambda c: c.execute(query).scalar_one()))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    fake = FakeIntake("letmein-letmein-letmein")
    ahead: list[timedelta] = []
    async with TestServer(fake.app()) as there:
        settings = load(
            data_dir=tmp_path_factory.mktemp("house"),
            intake_url=str(there.make_url("")).rstrip("/"),
            intake_token=fake.token,
            intake_webhook_secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            requests_per_second=0,
            photo_workers=1,
        )

        def clock() -> datetime:
            return datetime.now(UTC) + sum(ahead, timedelta())

        async with assemble(settings, clock=clock) as parts, aiohttp.ClientSession() as session:
            runner = web.AppRunner(make_app(parts), handle_signals=False, **connections.RUNNER_OPTIONS)
            await runner.setup()
            site = connections.Site(runner, "127.0.0.1", 0)
            await site.start()
            working = asyncio.create_task(parts.worker.run())
            try:
                yield House(f"http://127.0.0.1:{site.port}", parts, session, ahead)
            finally:
                working.cancel()
                with suppress(asyncio.CancelledError):
                    await working
                await runner.cleanup()


async def at_the_photos(house: House) -> Applicant:
    """Return somebody who is asked for the front of his identity card."""
    her = await Applicant(house.session, house.url).open()
    await enrol(her)
    return her


def front() -> bytes:
    return pictures.jpeg(pictures.photographed(pictures.card_front(), size=(1600, 1200)))


async def test_a_photo_by_link_is_judged_and_the_next_one_asked_for(house: House) -> None:
    her = await at_the_photos(house)
    token = await house.link(her.conversation)
    status, wanted = await house.look(token)

    assert status == 200
    assert (wanted["slot"], wanted["side"], wanted["lang"]) == (SLOT, "front", "zh-CN")
    assert "身份证" in wanted["title"]
    assert await house.send(token, front()) == (202, {})
    await her.hear("请拍身份证反面")
    mine = [each for each in her.seen if each["from"] == "applicant"][-1]
    assert mine["image"]


async def test_a_link_for_the_back_brings_no_front(house: House) -> None:
    """She went back to the side before; the page of the other side must not bring a photo for this one."""
    her = await at_the_photos(house)
    assert (await house.send(await house.link(her.conversation), front()))[0] == 202
    await her.hear("请拍身份证反面")
    back = await house.link(her.conversation, "id_card.back")
    await her.say("返回", "请拍身份证正面")

    assert (await house.look(back))[0] == 410
    assert (await house.send(back, front()))[0] == 410
    assert (await house.send(await house.link(her.conversation), front()))[0] == 202


async def test_one_link_brings_one_photo_however_often_it_is_sent(house: House) -> None:
    her = await at_the_photos(house)
    token, sister = await house.link(her.conversation), await house.link(her.conversation)
    at_once = await asyncio.gather(*(house.send(token, front()) for _ in range(3)))

    assert sorted(status for status, _ in at_once) == [202, 409, 409]
    assert (await house.send(sister, front()))[0] == 409
    status, problem = await house.look(token)
    assert (status, problem["message"]) == (409, "这个链接的照片已经收到了。")
    assert await house.events(her.conversation) == 1

    async def kept_once() -> bool:
        return await house.uploads(her.conversation) == 1

    await until(kept_once, "the doubled photo to be forgotten")


async def test_a_crash_before_the_link_is_closed_does_not_open_it_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    her = await at_the_photos(house)
    token = await house.link(her.conversation)
    with monkeypatch.context() as crash:
        crash.setattr(
            "storage.people.upload_links.mark_used", lambda *_: (_ for _ in ()).throw(RuntimeError())
        )
        assert (await house.send(token, front()))[0] == 500

    assert (await house.send(token, front()))[0] == 409
    assert await house.events(her.conversation) == 1


@pytest.mark.parametrize(
    ("data", "field_name", "status"),
    [
        pytest.param(b"\xff" * (10 * 1000 * 1000 + 1), "file", 413, id="too large"),
        pytest.param(b"\xff\xd8", "photo", 400, id="another field"),
    ],
)
async def test_what_cannot_be_taken_leaves_the_link_open(
    house: House, data: bytes, field_name: str, status: int
) -> None:
    her = await at_the_photos(house)
    token = await house.link(her.conversation)
    got, problem = await house.send(token, data, field_name)

    assert got == status
    assert any("一" <= each <= "鿿" for each in problem["message"])
    assert (await house.look(token))[0] == 200
    assert await house.uploads(her.conversation) == 0


async def test_a_link_lasts_fifteen_minutes(house: House) -> None:
    her = await Applicant(house.session, house.url).open()
    token = await house.link(her.conversation)
    house.ahead.append(timedelta(minutes=15))
    try:
        status, problem = await house.look(token)
        sent, _ = await house.send(token, front())
    finally:
        house.ahead.clear()

    assert (status, sent) == (410, 410)
    assert "15分钟" in problem["message"]


@pytest.mark.parametrize("token", ["", "made-up", "x" * 65, "秘密", "../../etc"])
async def test_a_made_up_link_opens_nothing(house: House, token: str) -> None:
    assert (await house.look(token))[0] == 401


async def test_a_link_for_a_question_nobody_remembers_still_takes_a_photo(house: House) -> None:
    her = await Applicant(house.session, house.url).open()
    token = await house.link(her.conversation, "no_such.page")
    status, wanted = await house.look(token)

    assert (status, wanted["title"], wanted["side"]) == (200, "", "page")
    assert (await house.send(token, front()))[0] == 202
    await her.hear(say("engine.photo_not_now", "zh-CN")[:6])
