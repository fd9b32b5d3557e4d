"""Text messages: a gateway that keeps the contract takes each once; its reports are believed if signed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from handlers.channels.base import MaybeSent, Refused, SendError, TryLater
from handlers.errors import problems
from handlers.security import make_gate
from handlers.signed import signed_headers
from handlers.sms import Gateway
from tests.platforms import Clock, serving
from tests.platforms.sms import SECRET, FakeSms
from tests.storage.world import START
from tests.troubles import Trouble, lose_answer, status

PHONE = "+8613800000000"
TEXT = "【零跑腿】参保登记有新进展：办好了。"


@dataclass
class Line:
    fake: FakeSms
    gateway: Gateway
    clock: Clock
    reports: list[tuple[str, bool]] = field(default_factory=list)

    def texts(self) -> list[str]:
        return self.fake.person(PHONE).heard()


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    clock = Clock(START)
    fake = FakeSms(clock)
    async with serving(fake), aiohttp.ClientSession() as session:
        reports: list[tuple[str, bool]] = []

        async def on_report(key: str, delivered: bool) -> None:
            reports.append((key, delivered))

        gateway = Gateway(fake.url, SECRET, session, clock, on_report)
        app = web.Application(middlewares=[problems, make_gate({})])
        gateway.add_routes(app)
        async with TestServer(app) as server:
            fake.webhook = str(server.make_url("/channels/sms/reports"))
            yield Line(fake, gateway, clock, reports)


async def test_a_text_message_is_sent_once_however_often_we_call(line: Line) -> None:
    for _ in range(3):
        assert await line.gateway.send(PHONE, TEXT, "n1") == "n1"
        line.clock.step(seconds=90)

    assert line.texts() == [TEXT]


async def test_an_answer_that_was_lost_is_asked_for_again(line: Line) -> None:
    line.fake.troubles.order("send", lose_answer())
    with pytest.raises(MaybeSent):
        await line.gateway.send(PHONE, TEXT, "n1")
    await line.gateway.send(PHONE, TEXT, "n1")

    assert line.texts() == [TEXT]


async def test_something_else_under_an_id_that_was_used_does_not_go_out(line: Line) -> None:
    await line.gateway.send(PHONE, TEXT, "n1")
    await line.gateway.send(PHONE, "别的", "n1")

    assert line.texts() == [TEXT]


def test_our_signature_is_the_standards() -> None:
    body = f'{{"text": "{TEXT}"}}'
    headers = signed_headers("n1", body.encode(), SECRET, START)

    assert headers["webhook-signature"] == Webhook(SECRET).sign("n1", START, body)


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (status(400), Refused),
        (status(422), Refused),
        (status(401), TryLater),
        (status(404), TryLater),
        (status(302), TryLater),
        (status(429, None, Retry_After="7"), TryLater),
        (status(503), TryLater),
        (status(500), MaybeSent),
        (status(504), MaybeSent),
    ],
)
async def test_each_failure_says_what_can_be_done(
    line: Line, trouble: Trouble, error: type[SendError]
) -> None:
    line.fake.troubles.order("send", trouble)

    with pytest.raises(error) as caught:
        await line.gateway.send(PHONE, TEXT, "n1")
    assert PHONE not in str(caught.value)


async def test_the_gateway_says_how_long_to_wait(line: Line) -> None:
    line.fake.troubles.order("send", status(429, None, Retry_After="7"))

    with pytest.raises(TryLater) as caught:
        await line.gateway.send(PHONE, TEXT, "n1")
    assert caught.value.after == 7


@pytest.mark.parametrize("phone", ["", "13800000000", "+86 138", "+8613800000000\n", "＋8613800000000"])
async def test_what_is_no_telephone_number_is_not_called(line: Line, phone: str) -> None:
    with pytest.raises(Refused):
        await line.gateway.send(phone, TEXT, "n1")

    assert line.fake.calls == []


async def test_a_report_is_taken_and_a_wrong_one_is_not(line: Line) -> None:
    assert await line.fake.report("n1") == 204
    assert await line.fake.report("n2", "failed") == 204
    assert await line.fake.post({"id": "n3", "state": "lost"}) == 422
    assert await line.fake.post({"id": 3, "state": "failed"}) == 422
    assert await line.fake.post({"id": "n3", "state": "failed"}, webhook_signature="v1,xxxx") == 401
    line.fake.clock, now = Clock(START), line.clock
    now.step(minutes=6)
    assert await line.fake.report("n3") == 401

    assert line.reports == [("n1", True), ("n2", False)]
