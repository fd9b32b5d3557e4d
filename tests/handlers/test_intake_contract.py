"""Our client and our callback route against the embedded intake service itself: two processes, real HTTP."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dialogs.turn import ProgressReported
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
from handlers.security import make_gate
from tests.patience import PATIENCE
from tests.pictures import card_back, card_front, jpeg
from tests.ports import free_port

TOKEN = secrets.token_urlsafe(32)
SECRET = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
PERSON = "999901198803050247"
OTHER_PERSON = "999901197601203159"


@dataclass
class Side:
    """Our side: the client, and what the callback route took."""

    client: IntakeClient
    heard: list[tuple[str, ProgressReported]] = field(default_factory=list)

    async def hear(self, kind: str) -> ProgressReported:
        async with asyncio.timeout(PATIENCE):
            while not (found := [each for _, each in self.heard if each.type == kind]):
                await asyncio.sleep(0.02)
        return found[-1]


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The service's port and the port it calls back. One service for all tests: a start takes its time."""
    port, callback = free_port(), free_port()
    settings = {
        "INTAKE_DATA_DIR": str(tmp_path_factory.mktemp("intake")),
        "INTAKE_PORT": str(port),
        "INTAKE_TOKEN": TOKEN,
        "INTAKE_WEBHOOK_SECRET": SECRET,
        "INTAKE_CALLBACK_URL": f"http://127.0.0.1:{callback}/intake/events",
    }
    command = [sys.executable, "-m", "intake", "serve"]
    process = subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL)
    try:
        yield port, callback
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
async def side(ports: tuple[int, int]) -> AsyncIterator[Side]:
    heard: list[tuple[str, ProgressReported]] = []

    async def take(key: str, event: ProgressReported) -> None:
        heard.append((key, event))

    gate = make_gate({"intake": intake_guard(SECRET, lambda: datetime.now(UTC))})
    app = web.Application(middlewares=[problems, gate])
    app[TAKE_PROGRESS] = take
    add_routes(app)
    async with TestServer(app, port=ports[1]), aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{ports[0]}"
        await ready(url, session)
        yield Side(IntakeClient(url, TOKEN, session), heard)


async def ready(url: str, session: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(TryLater):
                return await IntakeClient(url, TOKEN, session).ping()
            await asyncio.sleep(0.1)


def pages() -> list[Page]:
    async def front() -> bytes:
        return FRONT

    async def back() -> bytes:
        return BACK

    made = (("front", FRONT, front), ("back", BACK, back))
    return [Page("id_card", page, hashlib.sha256(data).hexdigest(), read) for page, data, read in made]


FRONT, BACK = jpeg(card_front()), jpeg(card_back())


def application(person: str = PERSON) -> dict[str, Any]:
    limit = {"days": 2, "kind": "working"}
    return {
        "service": {
            "id": "flexible_enrolment",
            "version": "0123456789abcdef",
            "title": "灵活就业人员参保登记",
        },
        "office": "changshan_social_insurance",
        "channel": "web",
        "lang": "zh-CN",
        "applicant": {"name": "胡试验", "id_number": person},
        "answers": [],
        "materials": [
            {
                "id": "id_card",
                "title": "身份证",
                "original": True,
                "pages": [{"page": each.page, "sha256": each.sha256, "flags": []} for each in pages()],
            }
        ],
        "consent": {"text_sha256": "0" * 64, "at": "2026-11-21T09:00:00+00:00"},
        "limits": {"answer": {"days": 1, "kind": "working"}, "promised": limit, "statutory": limit},
    }


async def test_the_whole_way(side: Side) -> None:
    await side.client.publish_definition(
        "flexible_enrolment", "0123456789abcdef", {"title": "灵活就业人员参保登记"}
    )
    receipt = await side.client.submit("app_contract_1", application(), pages(), first=True)
    registered = await side.hear("preregistered")

    assert registered.reference == "app_contract_1"
    assert registered.number == receipt.number
    assert registered.data["answer_by"] == receipt.answer_by

    again = await side.client.submit("app_contract_1", application(), pages())
    assert again == receipt

    with pytest.raises(Duplicate) as duplicate:
        await side.client.submit("app_contract_2", application(), pages(), first=True)
    assert duplicate.value.number == receipt.number

    with pytest.raises(RefusedByIntake) as changed:
        await side.client.submit("app_contract_1", application() | {"lang": "en"}, pages(), first=True)
    assert changed.value.problem["status"] == 422

    with pytest.raises(RefusedByIntake):
        await side.client.rate(receipt.number, 1)

    await side.client.withdraw(receipt.number)
    await side.client.withdraw(receipt.number)
    await side.hear("withdrawn")
    asked = await side.client.events(receipt.number, 0)
    # As values by key: a call the service thought lost on a busy machine comes again.
    assert {each.key: each.event for each in asked} == dict(side.heard)


async def test_a_wrong_token_keeps_the_application(side: Side) -> None:
    side.client._headers["Authorization"] = "Bearer another"

    with pytest.raises(TryLater):
        await side.client.submit("app_contract_3", application(OTHER_PERSON), pages())


async def test_a_body_against_the_contract_is_refused_with_words(side: Side) -> None:
    with pytest.raises(RefusedByIntake) as refused:
        await side.client.submit("app_contract_4", application("not an identity number"), pages(), first=True)

    assert refused.value.problem["status"] == 422
    assert refused.value.message
