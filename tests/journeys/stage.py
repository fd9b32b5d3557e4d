"""The product on a stage: bot, intake service and WeChat over real HTTP, with their clock in our hand.

Nothing is left out but the wait: the bot and the intake service are put together as their own `serve` does,
each with its database, its worker and its loops, in this one process, so that days pass by a step.

    async with staged(folder) as stage:
        stage.clock.set(begins)
        ... somebody does something ...
        await stage.settle()            # until nobody has anything to do
        await stage.pass_time(timedelta(days=3))
"""

from __future__ import annotations

import asyncio
import io
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from aiohttp import ClientSession, web
from argon2 import PasswordHasher
from sqlalchemy import Connection, func, or_, select

from bot import logs
from bot.app import make_app
from bot.parts import Parts, assemble
from bot.publishing import publish_definitions
from bot.settings import load
from handlers import connections
from handlers.security import Buckets
from intake import app as intake_app
from intake.callbacks import on_time, owed
from intake.keeping.schema import timers
from intake.office import reviewers
from intake.parts import Parts as IntakeParts
from intake.settings import load as load_intake
from storage import signals
from storage.flow import outbox
from storage.schema import TODO, inbox
from storage.schema import outbox as outbox_table
from tests import tables
from tests.patience import PATIENCE
from tests.platforms import serving
from tests.platforms.sms import FakeSms
from tests.platforms.wechat import FakeWeChat
from tests.ports import free_port

TOKEN = "token-between-the-two-on-stage"
SECRET = "whsec_" + "c3RhZ2VkLXN0YWdlZC1zdGFnZWQtc3RhZ2Vk"
LOOK_EVERY = 0.02
CALM = 3  # looks that find nothing to do, one after the other
TOGETHER = timedelta(minutes=1)  # what falls due so closely needs one stop
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
SOON = timedelta(minutes=2)  # what is tried again so soon belongs to what happens now
IN_THEIR_TIME = ("SetTimer", "ForgetPerson")  # orders that wait on purpose


class StageClock:
    """Goes on as real time does, from wherever it is set to."""

    def __init__(self) -> None:
        self.set(datetime.now(UTC))

    def __call__(self) -> datetime:
        return self._begins + timedelta(seconds=time.monotonic() - self._set_at)

    def set(self, at: datetime) -> None:
        self._begins, self._set_at = at, time.monotonic()


@dataclass
class Stage:
    """All that runs. `log`: every line the bot has written."""

    clock: StageClock
    bot: Parts
    url: str
    intake: IntakeParts
    intake_url: str
    wechat: FakeWeChat
    sms: FakeSms
    session: ClientSession
    log: io.StringIO
    played: int = 0  # people who have been here: each gets a number of his own
    names: list[str] = field(default_factory=list)

    async def settle(self) -> None:
        """Wait until nobody has anything to do; what is due within seconds is done, too.

        Raises:
            AssertionError: something was given up, or is still not done.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                calm = 0  # an order may be done just before what it brought is
                while calm < CALM:
                    calm = calm + 1 if await self._idle() else 0
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            left = await self.bot.database.read(lambda c: _kinds(c, self.clock() + SOON))
            raise AssertionError(f"still to do after {PATIENCE:g} s: {left}") from None
        given_up = await self.bot.database.read(_given_up)
        assert not given_up, f"given up: {given_up}"

    async def pass_time(self, span: timedelta) -> None:
        """Let time pass, with a stop wherever something falls due, here or at the office."""
        until = self.clock() + span
        while (stop := await self._next_due() + TOGETHER) < until:
            await self._to(stop)
        await self._to(until)

    async def _to(self, moment: datetime) -> None:
        await self._turn_to(moment)
        await on_time(self.intake)
        await self.settle()

    async def _turn_to(self, moment: datetime) -> None:
        self.clock.set(moment)
        await self.bot.database.run(lambda c: outbox.ripen(c, self.clock()))
        self.bot.database.signals.fire([signals.OUTBOX, signals.WORDS])

    async def _idle(self) -> bool:
        waits = (await self.intake.read(owed))["todo"]
        due = await self.bot.database.read(lambda c: _to_do(c, self.clock()))
        if due is not None and self.clock() < due < self.clock() + SOON:
            await self._turn_to(due)
        return not waits and not self.wechat._tasks and (due is None or due >= self.clock() + SOON)

    async def _next_due(self) -> datetime:
        ours = await self.bot.database.read(lambda c: _first_due(c, self.clock()))
        theirs = await self.intake.read(lambda unit: _first_end(unit.connection, self.clock()))
        return min(found for found in (ours, theirs, NEVER) if found is not None)


def _to_do(connection: Connection, now: datetime) -> datetime | None:
    """Return when the first thing is due, of what is due by now or is only tried again."""
    again = outbox_table.c.kind.not_in(IN_THEIR_TIME) & outbox_table.c.state.in_(["todo", "held"])
    query = select(func.min(outbox_table.c.due_at)).where(or_(again, TODO & (outbox_table.c.due_at <= now)))
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def _first_due(connection: Connection, after: datetime) -> datetime | None:
    query = select(func.min(outbox_table.c.due_at)).where(TODO, outbox_table.c.due_at > after)
    found: datetime | None = connection.execute(query).scalar_one()
    return found


def _kinds(connection: Connection, until: datetime) -> list[str]:
    query = select(outbox_table.c.kind).where(TODO, outbox_table.c.due_at <= until)
    return list(connection.execute(query).scalars())


def _given_up(connection: Connection) -> list[str]:
    buried = select(outbox_table.c.kind).where(outbox_table.c.state == "dead")
    failed = select(inbox.c.key).where(inbox.c.state.not_in(["done", "dropped"]))
    return [*connection.execute(buried).scalars(), *connection.execute(failed).scalars()]


def _first_end(connection: Connection, after: datetime) -> datetime | None:
    query = select(func.min(timers.c.due_at)).where(timers.c.due_at > after, timers.c.stopped_at.is_(None))
    found: datetime | None = connection.execute(query).scalar_one()
    return found


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """Run everything for as long as the context lasts."""
    clock = StageClock()
    wechat, sms = FakeWeChat(clock), FakeSms(clock)
    wechat.patience = PATIENCE  # how it asks again is shown elsewhere
    port = free_port()
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        log = stack.enter_context(_logged())
        stack.enter_context(_quick_passwords())
        await enter(serving(wechat))
        await enter(serving(sms))
        tables.of_bot(folder / "bot" / "zerotrip.sqlite3")
        tables.of_intake(folder / "intake" / "intake.sqlite3")
        intake, intake_url = await enter(_intake(folder, clock, f"http://127.0.0.1:{port}/intake/events"))
        given: dict[str, Any] = {
            "data_dir": folder / "bot",
            "port": port,
            "requests_per_second": 0,
            "intake_url": intake_url,
            "intake_token": TOKEN,
            "intake_webhook_secret": SECRET,
            "photo_workers": 1,
            **{
                name.removeprefix("ZEROTRIP_").lower(): value
                for fake in (wechat, sms)
                for name, value in fake.settings().items()
            },
        }
        bot = await enter(assemble(load(**given), clock=clock))
        bot.mailroom._buckets = Buckets(1000.0, 1000.0)  # a day is told in seconds: nobody is too fast here
        await enter(_served(make_app(bot), port))
        await enter(_working(bot))
        await publish_definitions(bot.intake, bot.library)
        wechat.webhook = f"http://127.0.0.1:{port}/channels/wechat"
        session = await enter(ClientSession())
        yield Stage(clock, bot, f"http://127.0.0.1:{port}", intake, intake_url, wechat, sms, session, log)


@asynccontextmanager
async def _intake(folder: Path, clock: StageClock, callback: str) -> AsyncIterator[tuple[IntakeParts, str]]:
    port = free_port()
    settings = load_intake(
        {
            "INTAKE_DATA_DIR": str(folder / "intake"),
            "INTAKE_TOKEN": TOKEN,
            "INTAKE_WEBHOOK_SECRET": SECRET,
            "INTAKE_CALLBACK_URL": callback,
            "INTAKE_PORT": str(port),
        }
    )
    parts = await intake_app.open_parts(settings, clock)
    runner = intake_app.runner(intake_app.build(parts))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield parts, f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _served(app: web.Application, port: int) -> AsyncIterator[None]:
    options = {**connections.RUNNER_OPTIONS, "shutdown_timeout": 1}
    runner = web.AppRunner(app, handle_signals=False, **options)
    await runner.setup()
    await connections.Site(runner, "127.0.0.1", port, limit=100).start()
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _working(bot: Parts) -> AsyncIterator[None]:
    task = asyncio.create_task(bot.worker.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    """Have the log written as the product writes it, where it can be read."""
    root, kept = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    log = io.StringIO()
    logs.configure("info", "json", log)
    try:
        yield log
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.configure(**kept)


@contextmanager
def _quick_passwords() -> Iterator[None]:
    """Hash the office's passwords with less work: how slow they are is not what is played here."""
    kept = reviewers._hasher
    reviewers._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    try:
        yield
    finally:
        reviewers._hasher = kept
