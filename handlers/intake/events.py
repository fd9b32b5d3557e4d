"""What the intake service tells us: signed callbacks (Standard Webhooks), and the same events by asking.

A callback is taken when the service sent it, as it is, just now. Twice is once: its event id is the
inbox key. A type we do not know is taken and ignored, so that it stops coming.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dialogs.codec import dumps
from dialogs.turn import ProgressReported
from handlers.signed import Malformed, identity

_NAMES = ("kind", "number", "title")
MOST_URL, MOST_NAME = 500, 200


@dataclass(frozen=True, slots=True)
class Report:
    """One event of an application. `key` (the service's event id) is its inbox key: twice is once."""

    key: str
    event: ProgressReported


def verify(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Report:
    """Return the event in a callback, if the intake service sent it, as it is, just now.

    Raises:
        Forged, Late, Malformed: see handlers.signed.
    """
    found = identity(headers, body, secret, now)
    report = read_event(_object(body))
    if report.key != found:
        raise Malformed("event_id is not the webhook-id")
    return report


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
        # Half characters, what is no number, and numbers beyond 64 bits could not be kept.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        dumps(value)
    except (TypeError, ValueError, RecursionError) as fault:
        raise Malformed("not JSON") from fault
    if not isinstance(value, dict):
        raise Malformed("not a JSON object")
    return value


def read_event(raw: Mapping[str, Any]) -> Report:
    """Return the event of the contract; members we do not know are left out.

    Raises:
        Malformed: it is not an event of the contract.
    """
    data = raw.get("data") or {}
    if not isinstance(data, dict):
        raise Malformed("data is no object")
    event = ProgressReported(
        reference=_member(raw, "reference", str),
        number=_member(raw, "number", str),
        seq=_member(raw, "seq", int),
        type=_member(raw, "type", str),
        occurred_at=_moment(_member(raw, "occurred_at", str)),
        data=data,
        document=_document(raw),
    )
    return Report(key=_member(raw, "event_id", str), event=event)


def _document(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return {url, kind, number, title} of the document that comes with an event; {} when none does."""
    url, told = raw.get("document_url"), raw.get("document")
    if not isinstance(url, str) or not url:
        return {}
    known = told if isinstance(told, dict) else {}
    return {"url": url[:MOST_URL], **{name: str(known.get(name) or "")[:MOST_NAME] for name in _NAMES}}


def _member(raw: Mapping[str, Any], name: str, kind: type) -> Any:
    value = raw.get(name)
    if not isinstance(value, kind) or isinstance(value, bool) or value == "":
        raise Malformed(f"{name} is missing or of the wrong kind")
    return value


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as fault:
        raise Malformed("occurred_at is no time") from fault
    if moment.tzinfo is None:
        raise Malformed("occurred_at has no zone")
    return moment.astimezone(UTC)
