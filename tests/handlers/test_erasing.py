"""Forgotten on his word: the real application, its worker, the real intake service, one clock for both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import select
from typer.testing import CliRunner

from bot.app import make_app
from bot.cli import app as command_line
from bot.parts import Parts, assemble
from bot.settings import load
from dialogs.messages import Address, Inbound
from dialogs.turn import MessageReceived, ProgressReported
from handlers import connections
from handlers.channels.base import Letter
from handlers.erasing import GOODBYE, PATIENCE, Erasures
from intake.app import build, open_parts
from intake.keeping.schema import applications
from intake.parts import Parts as IntakeParts
from storage.people import erasing, messages
from storage.people.erasing import Erasure
from storage.schema import erasures
from tests import pictures, tables
from tests.intake import world as office
from tests.intake_fake import FakeIntake
from tests.ports import free_port
from tests.product import Applicant, until
from tests.test_story import enrol, jpeg
from tests.troubles import status

NAME, ID_NUMBER = "胡某某", "999901198803050247"
SMALL = (1600, 1200)


class Clock:
    """Goes as time does, and jumps when told to."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class House:
    """The running application; `there` is the intake service when it is the real one."""

    url: str
    parts: Parts
    clock: Clock
    session: aiohttp.ClientSession
    folder: Path
    there: IntakeParts | None = None

    async def page(self) -> Applicant:
        return await Applicant(self.session, self.url).open()

    async def letter(self, key: str, text: str) -> str:
        """Have somebody write from a platform; return his conversation."""
        event = MessageReceived(Inbound(key, self.clock(), text, channel="telegram"))
        address = Address("telegram", "bot", "42")
        taken = await self.parts.mailroom.take(
            Letter(address, key, self.clock(), event, "message", {"text": text})
        )
        assert taken is not None
        return taken.conversation

    async def said(self, conversation: str) -> list[str]:
        vault = self.parts.vault
        rows = await self.parts.database.read(lambda c: messages.after(c, vault, conversation, 0))
        return [str(row.body["text"]) for row in rows]

    async def until_said(self, conversation: str, words: str) -> None:
        async def there() -> bool:
            return any(words in text for text in await self.said(conversation))

        await until(there, words)

    async def no_file_is_left(self) -> bool:
        return not [file for file in (self.folder / "files").rglob("*") if file.is_file()]

    async def until_forgotten(self) -> Erasure:
        """Let the goodbye be heard, and wait for the receipt's row."""
        self.clock.ahead += GOODBYE

        async def row() -> str | None:
            query = select(erasures.c.id)
            return await self.parts.database.read(lambda c: c.execute(query).scalar())

        receipt = str(await until(row, "a receipt"))
        found = await self.parts.database.read(lambda c: erasing.one(c, receipt))
        assert found is not None
        return found


@asynccontextmanager
async def serving(
    folder: Path, url: str, token: str, secret: str, port: int, clock: Clock
) -> AsyncIterator[House]:
    tables.of_bot(folder / "zerotrip.sqlite3")
    settings = load(
        data_dir=folder, intake_url=url, intake_token=token, intake_webhook_secret=secret,
        requests_per_second=0, photo_workers=1,
    )  # fmt: skip
    async with assemble(settings, clock=clock) as parts, aiohttp.ClientSession() as session:
        runner = web.AppRunner(make_app(parts), handle_signals=False, **connections.RUNNER_OPTIONS)
        await runner.setup()
        site = connections.Site(runner, "127.0.0.1", port)
        await site.start()
        working = asyncio.create_task(parts.worker.run())
        yield House(f"http://127.0.0.1:{site.port}", parts, clock, session, folder)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        await runner.cleanup()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """Both sides as they are, in one process."""
    clock, port = Clock(), free_port()
    callback = {"callback_url": f"http://127.0.0.1:{port}/intake/events"}
    there = await open_parts(office.settings(tmp_path / "intake", **callback), clock)
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(office.serve(build(there)))
        made = await stack.enter_async_context(
            serving(tmp_path / "bot", url, office.TOKEN, office.SECRET, port, clock)
        )
        made.there = there
        yield made


async def hand_in(her: Applicant) -> None:
    await enrol(her)
    await her.send_photo(jpeg(pictures.photographed(pictures.card_front(), size=SMALL)), "请拍身份证反面")
    await her.send_photo(jpeg(pictures.photographed(pictures.card_back(), size=SMALL)), "都对吗")
    await her.tap("都对，交上去", "交上去了。号码")


async def bodies(there: IntakeParts) -> str:
    """What the intake service can still read of those who applied."""
    query = select(applications.c.number, applications.c.body_sealed)

    found = await there.read(lambda unit: unit.connection.execute(query).all())
    opened = [there.vault.open(row.body_sealed, f"applications.body:{row.number}") for row in found]
    return "\n".join(body.decode() for body in opened)


async def test_withdrawn_then_forgotten_on_both_sides_with_a_receipt_that_can_be_checked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert house.there is not None
    her = await house.page()
    await hand_in(her)
    await her.say("删除资料", "撤回这件事以后")
    await her.tap("撤回", "要撤回")
    await her.tap("是，撤回", "撤回了")
    assert NAME in await bodies(house.there)
    await her.say("删除资料", "按规定留下的：CS-")
    await her.tap("删掉", "正在删")
    last = await her.hear("回执号")
    found = await house.until_forgotten()

    assert found.id in last["text"]
    assert NAME not in await bodies(house.there)
    assert ID_NUMBER not in await bodies(house.there)
    assert [case["state"] for case in found.outcome["kept"]] == ["withdrawn"]
    assert found.outcome["intake"]["receipt"]["id"].startswith("XH-")
    await until(house.no_file_is_left, "the photos to be deleted")
    assert await her.post({"id": "later", "text": "还在吗"}) == 410
    monkeypatch.setenv("ZEROTRIP_DATA_DIR", str(house.folder))
    told = await asyncio.to_thread(CliRunner().invoke, command_line, ["erasure", "verify", found.id.lower()])
    assert told.exit_code == 0, told.output
    assert "All of it is true." in told.output
    assert NAME not in told.output


async def test_who_was_forgotten_and_writes_again_is_greeted_as_new(house: House) -> None:
    before = await house.letter("u1", "想在常山交社保")
    await house.letter("u2", "删除资料")
    await house.letter("u3", "删掉")
    await house.until_said(before, "回执号")
    await house.until_forgotten()
    after = await house.letter("u4", "你好")
    repeated = await house.letter("u4", "你好")

    assert before != after == repeated
    assert (await house.said(after))[0] == "你好"
    assert "您想办什么" in (await house.said(after))[-1]
    assert len(await house.said(after)) == 2


async def test_a_silent_intake_service_holds_nobody_back_for_more_than_the_day_that_was_promised(
    tmp_path: Path,
) -> None:
    fake, clock = FakeIntake("letmein-letmein-letmein"), Clock()
    async with (
        office.serve(fake.app()) as url,
        serving(tmp_path, url, fake.token, office.SECRET, free_port(), clock) as house,
    ):
        her = await house.page()
        await hand_in(her)
        (reference,) = fake.cases
        taken_back = ProgressReported(reference, fake.cases[reference].number, 1, "withdrawn", clock(), {})
        await house.parts.turns.take(her.conversation, "intake", "taken-back", taken_back)
        await her.say("删除资料", "要删的")
        fake.troubles.order("erase", status(503), status(503))
        await her.tap("删掉", "正在删")

        async def asked() -> bool:
            return fake.calls.count("erase") == 1

        await until(asked, "the intake service to be asked")
        clock.ahead += PATIENCE
        await her.hear("回执号")
        found = await house.until_forgotten()
        assert found.owed == (reference,)
        assert await house.parts.database.read(erasing.owed) == [found]

        await Erasures(house.parts.database, house.parts.vault, house.parts.intake, clock).catch_up()

        settled = await house.parts.database.read(lambda c: erasing.one(c, found.id))
        assert settled is not None
        assert (settled.owed, settled.outcome["intake"]["receipt"]["id"]) == ((), "XH-1")
        assert await house.parts.database.read(lambda c: erasing.check(c, house.parts.vault, found.id)) == []
