"""The fake gateway takes what is signed, once, and reports so that the standard's own library agrees."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import pytest
from aiohttp import ClientError
from standardwebhooks import Webhook

from tests.platforms import Clock, serving
from tests.platforms.bot import Listener, listening
from tests.platforms.sms import SECRET, FakeSms
from tests.troubles import lose_answer

PHONE = "+8613800000000"
FINE = {"id": "msg_1", "phone": PHONE, "text": "【零跑腿】您的申请已办结。"}


class World(NamedTuple):
    fake: FakeSms
    listener: Listener
    clock: Clock

    async def send(self, body: Mapping[str, Any], secret: str = SECRET, **headers: str) -> int:
        """Send as a bot does, signed by the library."""
        data, now = json.dumps(body), self.clock()
        signed = {
            "webhook-id": str(body.get("id")),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(str(body.get("id")), now, data),
            **headers,
        }
        async with self.fake.session.post(self.fake.url, data=data, headers=signed) as answer:
            return answer.status


@pytest.fixture
async def world() -> AsyncIterator[World]:
    clock = Clock()
    fake = FakeSms(clock)
    async with serving(fake), listening() as listener:
        fake.webhook = f"{listener.url}/channels/sms/reports"
        yield World(fake, listener, clock)


async def test_a_signed_message_arrives_once_however_often_it_is_sent(world: World) -> None:
    statuses = [await world.send(FINE), await world.send(FINE)]
    world.clock.step(hours=1)
    statuses.append(await world.send(FINE))

    assert statuses == [202, 200, 200]
    assert world.fake.person(PHONE).heard() == [FINE["text"]]


async def test_one_id_is_one_message(world: World) -> None:
    await world.send(FINE)

    assert await world.send({**FINE, "text": "别的"}) == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg=="},
        {"webhook-signature": ""},
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": "1"},
    ],
    ids=["other secret", "no signature", "other id", "stale"],
)
async def test_what_is_not_signed_is_refused(world: World, wrong: dict[str, str]) -> None:
    assert await world.send(FINE, **wrong) == 401
    assert world.fake.person(PHONE).heard() == []


@pytest.mark.parametrize(
    "wrong",
    [{"phone": "13800000000"}, {"phone": None}, {"text": ""}, {"text": "字" * 501}],
    ids=["no country", "no phone", "empty", "long"],
)
async def test_what_is_no_message_is_refused(world: World, wrong: dict[str, Any]) -> None:
    assert await world.send({**FINE, **wrong}) == 422


async def test_a_phone_may_be_out_of_reach(world: World) -> None:
    world.fake.off.add(PHONE)

    assert await world.send(FINE) == 422


async def test_a_lost_answer_is_a_message_that_arrived_and_its_repeat_is_dropped(world: World) -> None:
    world.fake.troubles.order("send", lose_answer())
    with pytest.raises(ClientError):
        await world.send(FINE)

    assert await world.send(FINE) == 200
    assert len(world.fake.person(PHONE).heard()) == 1


async def test_a_report_is_signed(world: World) -> None:
    await world.fake.report("msg_1", "failed")

    heard = world.listener.heard[0]
    headers = {name.lower(): value for name, value in heard.headers.items()}
    assert Webhook(SECRET).verify(heard.body.decode(), headers) == {"id": "msg_1", "state": "failed"}


async def test_reports_can_come_by_themselves(world: World) -> None:
    world.fake.reports = "delivered"
    await world.send(FINE)
    await world.listener.until(lambda: len(world.listener.heard) == 1)

    assert json.loads(world.listener.heard[0].body) == {"id": "msg_1", "state": "delivered"}
