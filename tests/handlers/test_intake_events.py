"""Callbacks: taken when the service sent them, fresh, and understood. Judged by the standard's library."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from dialogs.turn import ProgressReported
from handlers.errors import problems
from handlers.intake import (
    TAKE_PROGRESS,
    CallbackError,
    Forged,
    Late,
    Malformed,
    add_routes,
    intake_guard,
    signing_key,
    verify,
)
from handlers.security import make_gate
from tests.examples import examples

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def event(**changed: Any) -> dict[str, Any]:
    return {
        "event_id": "evt_1",
        "seq": 4,
        "number": "CS-1121-0038",
        "reference": "app_1",
        "type": "accepted",
        "state": "accepted",
        "occurred_at": "2026-11-23T08:59:00+08:00",
        "data": {"receipt_no": "R1", "promised_by": "2026-11-25"},
        "document_url": None,
    } | changed


def signed(
    body: bytes, *, at: datetime = NOW, identity: str = "evt_1", secret: str = SECRET
) -> dict[str, str]:
    signature = Webhook(secret).sign(identity, at, body.decode())
    stamp = str(int(at.timestamp()))
    return {"Webhook-Id": identity, "Webhook-Timestamp": stamp, "Webhook-Signature": signature}


def test_an_event_of_the_service_is_taken() -> None:
    body = json.dumps(event()).encode()

    report = verify(signed(body), body, SECRET, NOW)

    assert report.key == "evt_1"
    assert report.event == ProgressReported(
        reference="app_1",
        number="CS-1121-0038",
        seq=4,
        type="accepted",
        occurred_at=datetime(2026, 11, 23, 0, 59, tzinfo=UTC),
        data={"receipt_no": "R1", "promised_by": "2026-11-25"},
    )


def test_during_a_change_of_secrets_one_right_signature_is_enough() -> None:
    body = json.dumps(event()).encode()
    headers = signed(body)
    old = signed(body, secret=OTHER)["Webhook-Signature"]
    headers["Webhook-Signature"] = f"{old} {headers['Webhook-Signature']} v2,unknown"

    assert verify(headers, body, SECRET, NOW).key == "evt_1"


@pytest.mark.parametrize(
    ("label", "change"),
    [
        ("another secret", lambda body: (signed(body, secret=OTHER), body)),
        ("changed body", lambda body: (signed(body), body.replace(b"accepted", b"approved"))),
        ("another id", lambda body: (signed(body) | {"Webhook-Id": "evt_2"}, body)),
        ("another time", lambda body: (signed(body) | {"Webhook-Timestamp": "1"}, body)),
        ("no headers", lambda body: ({}, body)),
        ("no signature", lambda body: (signed(body) | {"Webhook-Signature": ""}, body)),
        ("not base64", lambda body: (signed(body) | {"Webhook-Signature": "v1,###"}, body)),
        ("not ASCII", lambda body: (signed(body) | {"Webhook-Signature": "v1,签名\udcff"}, body)),
        ("only the hash", lambda body: (signed(body) | {"Webhook-Signature": "v1"}, body)),
    ],
)
def test_a_forgery_is_refused(label: str, change: Any) -> None:
    headers, body = change(json.dumps(event()).encode())

    with pytest.raises(Forged):
        verify(headers, body, SECRET, NOW)


@pytest.mark.parametrize(
    "off", [timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1), timedelta(days=900)]
)
def test_a_late_or_early_callback_is_refused(off: timedelta) -> None:
    body = json.dumps(event()).encode()

    with pytest.raises(Late):
        verify(signed(body, at=NOW - off), body, SECRET, NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"event_id": "evt_1", "seq": NaN}',
        b'{"event_id": "evt_1", "reference": "\\ud800"}',
        *(
            json.dumps(event(**{name: None})).encode()
            for name in ("event_id", "seq", "number", "reference", "type")
        ),
        json.dumps(event(seq="4")).encode(),
        json.dumps(event(seq=True)).encode(),
        json.dumps(event(data=[1])).encode(),
        json.dumps(event(data={"n": 10**30})).encode(),
        json.dumps(event(occurred_at="yesterday")).encode(),
        json.dumps(event(occurred_at="2026-11-23T08:59:00")).encode(),
        json.dumps(event(event_id="evt_other")).encode(),
    ],
)
def test_a_signed_body_that_is_no_event_is_named_so(body: bytes) -> None:
    with pytest.raises(Malformed):
        verify(signed(body), body, SECRET, NOW)


@settings(max_examples=examples(25), deadline=None)
@given(
    st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()),
    st.binary(),
)
def test_nothing_sent_to_it_raises_anything_else(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(CallbackError):
        verify(headers, body, SECRET, NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64!", "whsec_密"])
def test_a_secret_that_would_verify_anything_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        signing_key(secret)


@pytest.fixture
async def service() -> AsyncIterator[tuple[TestClient[Any, Any], list[str]]]:
    taken: list[str] = []

    async def take(key: str, progress: ProgressReported) -> None:
        taken.append(key)

    gate = make_gate({"intake": intake_guard(SECRET, lambda: NOW)})
    app = web.Application(middlewares=[problems, gate])
    app[TAKE_PROGRESS] = take
    add_routes(app)
    async with TestClient(TestServer(app)) as client:
        yield client, taken


async def test_over_http(service: tuple[TestClient[Any, Any], list[str]]) -> None:
    client, taken = service
    body = json.dumps(event()).encode()
    odd = json.dumps(event(seq="x")).encode()

    right = await client.post("/intake/events", data=body, headers=signed(body))
    forged = await client.post("/intake/events", data=body, headers=signed(body, secret=OTHER))
    late = await client.post("/intake/events", data=body, headers=signed(body, at=NOW - timedelta(hours=1)))
    malformed = await client.post("/intake/events", data=odd, headers=signed(odd))
    huge = await client.post("/intake/events", data=b"x" * 1_000_000, headers=signed(body))

    assert [each.status for each in (right, forged, late, malformed, huge)] == [204, 401, 401, 422, 413]
    assert taken == ["evt_1"]
    assert (await forged.json())["title"] == "Unauthorized"
