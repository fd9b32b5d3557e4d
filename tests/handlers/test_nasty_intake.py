"""Our client and our callback route against an intake service behind a line from hell.

The service is the embedded one. Between it and us stands a line that, by a seed, loses requests and answers,
cuts them in half, sends them twice, comes late, or answers with errors and other people's pages; callbacks
are lost, doubled and late as well. However bad it is: handed in once, heard in order, nothing twice, nothing
lost.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDict

from dialogs.turn import FetchProgress, ProgressReported, Rate, Submit
from handlers.errors import problems
from handlers.intake import (
    TAKE_PROGRESS,
    Duplicate,
    IntakeClient,
    Page,
    RefusedByIntake,
    TryLater,
    add_routes,
    intake_guard,
)
from handlers.intake.patience import BREAK_FOR
from handlers.security import make_gate
from intake.cases import applications, moves
from intake.keeping.schema import applications as table
from intake.keeping.unit import Unit
from tests.dialogs.talking import Chat
from tests.dialogs.test_engine import handed_in
from tests.intake.world import SECRET, TOKEN, World, world
from tests.patience import PATIENCE
from tests.troubles import Trouble, Work, half_answer, lose_answer, refuse_line, slow, status, text

T = TypeVar("T")
SEEDS = range(4)
HOPS = frozenset({"host", "content-length", "transfer-encoding", "connection", "content-encoding"})


def twice() -> Trouble:
    """Do the work twice, as a line that repeats what it thinks lost."""

    async def trouble(request: web.Request, work: Work) -> web.StreamResponse:
        await work()
        return await work()

    return trouble


def worked_but(code: int) -> Trouble:
    """Do the work and say it failed."""

    async def trouble(request: web.Request, work: Work) -> web.StreamResponse:
        await work()
        return web.json_response({"status": code}, status=code)

    return trouble


def wifi() -> Trouble:
    return text("<html>Please sign in to the Wi-Fi</html>")


MISERIES: tuple[Callable[[], Trouble], ...] = (
    lose_answer,
    half_answer,
    refuse_line,
    twice,
    lambda: slow(0.01),
    lambda: status(500),
    lambda: status(503, Retry_After="0"),
    lambda: status(429),
    lambda: status(401),
    lambda: worked_but(502),
    wifi,
)
# 2xx means taken, whoever says it: when a stranger's page takes a callback, only the next one shows the gap.
OF_CALLBACKS = tuple(each for each in MISERIES if each not in (wifi, half_answer))


@dataclass
class Line:
    """Passes calls on to `target`, or spoils them: as many as the `deck` says, in an order that chance gives.

    So no run is without its trouble, and none without an end.
    """

    target: str
    chance: random.Random
    session: aiohttp.ClientSession
    miseries: tuple[Callable[[], Trouble], ...] = MISERIES
    deck: tuple[bool, ...] = (True, True, False)
    spoiled: int = 0
    passed: int = 0
    _next: list[bool] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self.door)
        return app

    async def door(self, request: web.Request) -> web.StreamResponse:
        await request.read()

        async def work() -> web.StreamResponse:
            return await self._pass(request)

        if self._spoils():
            self.spoiled += 1
            return await self.chance.choice(self.miseries)()(request, work)
        return await work()

    def _spoils(self) -> bool:
        self._next = self._next or self.chance.sample(self.deck, len(self.deck))
        return self._next.pop()

    async def _pass(self, request: web.Request) -> web.Response:
        headers = CIMultiDict(
            (name, value) for name, value in request.headers.items() if name.lower() not in HOPS
        )
        url = self.target + request.path_qs
        self.passed += 1
        async with self.session.request(
            request.method, url, data=await request.read(), headers=headers
        ) as answer:
            body = await answer.read()
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOPS}
            return web.Response(body=body, status=answer.status, headers=kept)


@dataclass
class Side:
    """Our side of both lines, with an applicant who hears what comes in."""

    here: World
    client: IntakeClient
    chat: Chat
    line: Line
    callbacks: Line
    seconds: list[float]
    arrived: list[tuple[str, ProgressReported]] = field(default_factory=list)

    async def done(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call again and again, as the outbox does, until there is an answer that is one."""
        for _ in range(200):
            try:
                return await call()
            except TryLater:
                self.seconds[0] += BREAK_FOR + 1
        raise AssertionError("never an answer")

    async def hand_in(self, application: dict[str, Any], pages: list[Page], reference: str) -> str:
        receipt = await self.done(lambda: self.client.submit(reference, application, pages))
        return receipt.number

    async def take(self, key: str, event: ProgressReported) -> None:
        """Take a callback, and fetch what was missed before it, as the outbox would."""
        self.arrived.append((key, event))
        self.chat.happen(event)
        for fetch in [each for each in self.chat.turns[-1] if isinstance(each, FetchProgress)]:
            for missed in await everything(self, fetch.number, fetch.after_seq):
                self.chat.happen(missed)

    async def office(self, number: str, *actions: str, **fields: str) -> None:
        def work(unit: Unit) -> None:
            for action in actions:
                row = applications.by_number(unit, number, lock=True)
                moves.make(unit, row, action, "reviewer:李审核", fields)

        await self.here.parts.change(work)

    async def heard(self, state: str) -> None:
        """Let time go by for the service's callbacks until the applicant has heard of `state`."""
        async with asyncio.timeout(PATIENCE):
            while state != self.case["state"]:
                self.here.clock.step(minutes=6)
                self.here.parts.news.set()
                await asyncio.sleep(0.01)

    @property
    def case(self) -> Any:
        (case,) = self.chat.session.cases.values()
        return case


@asynccontextmanager
async def nasty(folder: Path, seed: int) -> AsyncIterator[Side]:
    """An intake service, its two lines, and an applicant who has just said yes to handing in."""
    # Each line has its own dice: what one meets does not hang on when the other was called.
    chance, luck, seconds = random.Random(seed), random.Random(f"back {seed}"), [1000.0]
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        back = Line("", luck, session, OF_CALLBACKS, (True, False))
        async with TestServer(back.app()) as callbacks:
            url = str(callbacks.make_url("/intake/events"))
            async with world(folder, callback_url=url) as here:
                line = Line(here.url, chance, session)
                async with TestServer(line.app()) as server:
                    client = IntakeClient(str(server.make_url("/")), TOKEN, session, clock=lambda: seconds[0])
                    side = Side(here, client, handed_in(), line, back, seconds)
                    async with TestServer(our_route(side)) as ours:
                        back.target = str(ours.make_url("")).rstrip("/")
                        yield side


def our_route(side: Side) -> web.Application:
    gate = make_gate({"intake": intake_guard(SECRET, lambda: side.here.clock.now)})
    app = web.Application(middlewares=[problems, gate])
    app[TAKE_PROGRESS] = side.take
    add_routes(app)
    return app


def handed(chat: Chat) -> tuple[str, dict[str, Any], list[Page]]:
    """What the applicant's yes orders, with photos that have bytes."""
    (submit,) = chat.ordered(Submit)
    application, pages = dict(submit.application) | {"channel": "web"}, []
    for each in submit.pages:
        data = b"\xff\xd8\xff\xe0 " + each["file"].encode()
        digest = hashlib.sha256(data).hexdigest()
        pages.append(Page(each["material"], each["page"], digest, _read(data)))
    digests = {(page.material, page.page): page.sha256 for page in pages}
    application["materials"] = [
        {**m, "pages": [{**p, "sha256": digests[m["id"], p["page"]]} for p in m["pages"]]}
        for m in application["materials"]
    ]
    return submit.reference, application, pages


def _read(data: bytes) -> Callable[[], Awaitable[bytes]]:
    async def opened() -> bytes:
        return data

    return opened


@pytest.mark.parametrize("seed", SEEDS)
async def test_handed_in_once_and_heard_in_order_whatever_the_line_does(tmp_path: Path, seed: int) -> None:
    async with nasty(tmp_path, seed) as side:
        reference, application, pages = handed(side.chat)
        number = await side.hand_in(application, pages, reference)
        await side.office(number, "start_review", "accept", "start_work", "approve")
        await side.office(number, "deliver", method="电子送达")
        await side.heard("delivered")
        await side.done(lambda: side.client.rate(number, 2))

        _, truth = await side.here.call("GET", f"/v1/pre-applications/{number}")
        assert (truth["reference"], truth["missing"], truth["rating"]) == (reference, [], 2)
        assert await how_many(side.here) == 1
        assert side.case["number"] == number
        assert len(side.chat.heard) == len(set(side.chat.heard)), "nothing is told twice"
        assert side.line.spoiled > 2


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_real_no_is_heard_as_a_no(tmp_path: Path, seed: int) -> None:
    async with nasty(tmp_path, 100 + seed) as side:
        reference, application, pages = handed(side.chat)
        number = await side.hand_in(application, pages, reference)
        with pytest.raises(Duplicate) as duplicate:
            await side.done(lambda: side.client.submit("another-reference", application, pages))
        with pytest.raises(RefusedByIntake) as changed:
            await side.done(
                lambda: side.client.submit("third-reference", {**application, "limits": {}}, pages)
            )
        with pytest.raises(RefusedByIntake) as early:
            await side.done(lambda: side.client.rate(number, 1))
        for _ in range(3):
            await side.done(lambda: side.client.withdraw(number))
        await side.heard("withdrawn")

        assert duplicate.value.number == number
        assert changed.value.problem["status"] == 422
        assert early.value.problem["status"] == 423
        assert [event.type for event in await everything(side, number)] == ["preregistered", "withdrawn"]
        assert not side.chat.ordered(Rate)


async def test_callbacks_that_come_again_in_any_order_change_nothing(tmp_path: Path) -> None:
    async with nasty(tmp_path, 7) as side:
        reference, application, pages = handed(side.chat)
        number = await side.hand_in(application, pages, reference)
        await side.office(number, "start_review", "accept")
        await side.heard("accepted")
        told, first = list(side.chat.heard), side.arrived[0][1]
        for _, event in [*side.arrived, *reversed(side.arrived)]:
            await side.take("again", event)

        assert side.chat.heard == told
        assert first.reference == reference
        assert side.case["state"] == "accepted"


async def how_many(here: World) -> int:
    """Applications that were handed in, in truth."""

    def work(unit: Unit) -> int:
        rows = unit.connection.execute(table.select().where(table.c.submitted_at.is_not(None)))
        return len(rows.all())

    return await here.parts.read(work)


async def everything(side: Side, number: str, after: int = 0) -> list[ProgressReported]:
    return [each.event for each in await side.done(lambda: side.client.events(number, after))]
