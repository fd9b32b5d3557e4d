"""Opening a document: a link of fifteen minutes for one file, and the client that fetches it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from handlers import documents
from handlers.intake import IntakeClient, RefusedByIntake, TryLater
from handlers.intake.events import read_event
from storage.people.conversations import applicant_of
from tests.handlers.test_upload_link import House
from tests.handlers.test_upload_link import house as house
from tests.product import Applicant

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = b"%PDF-1.3 a receipt"
FILE = "0123456789abcdef0123456789abcdef"


async def her_paper(house: House, file: str) -> Applicant:
    """Return somebody for whom a document is kept under `file`."""
    her = await Applicant(house.session, house.url).open()
    parts = house.parts
    applicant = await parts.database.read(lambda c: applicant_of(c, her.conversation))
    for _ in range(2):  # a worker that died in between does it again
        await parts.uploads.keep_document(her.conversation, applicant, file, PDF)
    return her


def token(house: House, file: str) -> str:
    return documents.token_of(house.parts.vault, file, house.parts.clock())


async def save(house: House, token: str) -> tuple[int, bytes, Any]:
    async with house.session.post(f"{house.url}/papers/api/file", data={"token": token}) as answer:
        return answer.status, await answer.read(), answer.headers


async def look(house: House, token: str) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    async with house.session.get(f"{house.url}/papers/api/link", headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_link_gives_the_very_bytes_as_an_attachment(house: House) -> None:
    await her_paper(house, FILE)
    status, data, headers = await save(house, token(house, FILE))

    assert (status, data) == (200, PDF)
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["Content-Security-Policy"] == "sandbox"
    assert headers["Cache-Control"] == "no-store"
    assert (await look(house, token(house, FILE)))[1]["size"] == len(PDF)


async def test_a_link_lasts_fifteen_minutes(house: House) -> None:
    await her_paper(house, "1" * 32)
    good = token(house, "1" * 32)
    house.ahead.append(timedelta(minutes=15))
    try:
        status, problem = await look(house, good)
        saved, _, _ = await save(house, good)
    finally:
        house.ahead.clear()

    assert (status, saved) == (410, 410)
    assert "15分钟" in problem["message"]


async def test_no_link_opens_another_file_or_later(house: House) -> None:
    await her_paper(house, "2" * 32)
    file, until, mac = token(house, "2" * 32).split(".")
    forged = [
        f"{'3' * 32}.{until}.{mac}",
        f"{file}.{int(until) + 900}.{mac}",
        f"{file}.{until}.{mac[:-1]}{'A' if mac[-1] != 'A' else 'B'}",
        "",
        "made-up",
        "x" * 5000,
    ]

    for each in forged:
        assert (await save(house, each))[0] == 401
    assert (await look(house, "made-up"))[0] == 401


async def test_a_photo_is_never_opened_this_way(house: House) -> None:
    her = await Applicant(house.session, house.url).open()

    async def photo() -> AsyncIterator[bytes]:
        yield b"a photo of a card"

    file = await house.parts.uploads.take(her.conversation, photo())

    assert (await save(house, token(house, file)))[0] == 404
    assert (await ask(house, her, file))[0] == 404


async def ask(house: House, her: Applicant, file: str) -> tuple[int, Any]:
    async with house.session.post(f"{house.url}/chat/api/documents/{file}", headers=her.headers) as answer:
        return answer.status, await answer.json()


async def test_the_chat_opens_its_own_papers_and_nobody_elses(house: House) -> None:
    her = await her_paper(house, "4" * 32)
    him = await Applicant(house.session, house.url).open()

    status, answer = await ask(house, her, "4" * 32)
    assert status == 201
    assert (await save(house, answer["token"]))[1] == PDF
    assert (await ask(house, him, "4" * 32))[0] == 404
    assert (await ask(house, her, "4" * 31))[0] == 404


# The client


@pytest_asyncio.fixture(loop_scope="module")
async def there() -> AsyncIterator[tuple[IntakeClient, dict[str, web.Response], str]]:
    """A client, and what the service will answer, path by path."""
    answers: dict[str, web.Response] = {}

    async def give(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == "Bearer letmein"
        return answers.pop(request.path, web.Response(status=404))

    app = web.Application()
    app.router.add_get("/{tail:.*}", give)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("")).rstrip("/")
        yield IntakeClient(url, "letmein", session), answers, url


def pdf(data: bytes = PDF, sha256: str = "") -> web.Response:
    return web.Response(body=data, headers={"X-Content-SHA256": sha256} if sha256 else {})


async def test_a_document_comes_by_its_path_or_its_whole_address(there: Any) -> None:
    client, answers, url = there
    sha256 = hashlib.sha256(PDF).hexdigest()
    answers["/v1/d/receipt-3.pdf"] = pdf(sha256=sha256)
    assert await client.document("/v1/d/receipt-3.pdf") == PDF

    answers["/v1/d/receipt-3.pdf"] = pdf()
    assert await client.document(f"{url}/v1/d/receipt-3.pdf") == PDF


async def test_bytes_that_were_changed_on_the_way_are_fetched_again(there: Any) -> None:
    client, answers, _ = there
    answers["/v1/d"] = pdf(sha256="0" * 64)

    with pytest.raises(TryLater):
        await client.document("/v1/d")


@pytest.mark.parametrize("data", [b"<html>", b"", b"%PDF-" + b"x" * (5 * 1024 * 1024)])
async def test_what_is_no_document_is_not_handed_on(there: Any, data: bytes) -> None:
    client, answers, _ = there
    answers["/v1/d"] = pdf(data)

    with pytest.raises(RefusedByIntake):
        await client.document("/v1/d")


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/v1/d", "//evil.example/v1/d", "/review/", "/v1/../review/", "file:///v1/d", ""],
)
async def test_our_token_goes_to_the_service_alone(there: Any, url: str) -> None:
    client, answers, _ = there
    answers["/v1/d"] = pdf()

    with pytest.raises(RefusedByIntake):
        await client.document(url)
    assert answers  # nothing was asked for


EVENT: dict[str, Any] = {
    "event_id": "evt_1",
    "reference": "ZT-1",
    "number": "CS-1121-0001",
    "seq": 3,
    "type": "accepted",
    "occurred_at": "2026-11-21T08:00:00Z",
    "data": {},
}


@pytest.mark.parametrize(
    ("more", "document"),
    [
        ({}, {}),
        ({"document_url": None, "document": None}, {}),
        ({"document_url": 7}, {}),
        ({"document_url": "/v1/d.pdf"}, {"url": "/v1/d.pdf", "kind": "", "number": "", "title": ""}),
        (
            {
                "document_url": "/v1/d.pdf",
                "document": {"kind": "receipt", "number": "SL-1", "title": "受理回执"},
            },
            {"url": "/v1/d.pdf", "kind": "receipt", "number": "SL-1", "title": "受理回执"},
        ),
    ],
)
async def test_the_document_of_an_event_is_read_as_far_as_it_is_told(
    more: dict[str, Any], document: dict[str, str]
) -> None:
    assert read_event({**EVENT, **more}).event.document == document
