"""What the intake service tells us: signed callbacks (Standard Webhooks), and the same events by asking.

A callback is taken when the service sent it, as it is, just now. Twice is once: its event id is the
inbox key. A type we do not know is taken and ignored, so that it stops coming.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from dialogs.turn import ProgressReported

TOLERANCE = timedelta(minutes=5)  # Standard Webhooks: how old, or ahead, a callback may be
SHORTEST_SECRET = 16  # bytes


@dataclass(frozen=True, slots=True)
class Report:
    """One event of an application. `key` (the service's event id) is its inbox key: twice is once."""

    key: str
    event: ProgressReported


class CallbackError(Exception):
    """A callback that is not taken. `outcome` is its name in the metrics."""

    outcome: Literal["forged", "late", "malformed"] = "malformed"


class Forged(CallbackError):
    """Not signed by the intake service, or changed on the way. Answer 401 and keep nothing."""

    outcome = "forged"


class Late(CallbackError):
    """Rightly signed, but more than 5 minutes off. Answer 401: the sender signs anew and repeats."""

    outcome = "late"


class Malformed(CallbackError):
    """Rightly signed, but not an event of the contract. Answer 422; an operator of the service must look."""

    outcome = "malformed"


def verify(headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> Report:
    """Return the event in a callback, if the intake service sent it, as it is, just now.

    Args:
        headers: webhook-id, webhook-timestamp, webhook-signature; any case.
        secret: "whsec_" and base64, as the service has it. During a change of secrets the sender signs
            with both; one right signature is enough.
    Raises:
        Forged, Late, Malformed.
    Source: Standard Webhooks 1.0, symmetric signatures (v1).
    """
    given = {name.lower(): value for name, value in headers.items()}
    identity, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    right = sign(identity, stamp, body, secret).encode()
    signatures = given.get("webhook-signature", "").encode("utf-8", "surrogatepass").split(b" ")
    if not identity or not any(hmac.compare_digest(right, each) for each in signatures):
        raise Forged("signature does not match")
    _fresh(stamp, now)
    report = read_event(_object(body))
    if report.key != identity:
        raise Malformed("event_id is not the webhook-id")
    return report


def sign(identity: str, stamp: str, body: bytes, secret: str) -> str:
    """Return the signature "v1,<base64>" over id.timestamp.body."""
    message = f"{identity}.{stamp}.".encode("utf-8", "surrogatepass") + body
    return "v1," + base64.b64encode(hmac.new(signing_key(secret), message, hashlib.sha256).digest()).decode()


def signing_key(secret: str) -> bytes:
    """Return the key in "whsec_<base64>".

    Raises:
        ValueError: no base64, or fewer than 16 bytes (an empty key would verify anything).
    """
    text = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as fault:
        raise ValueError("the webhook secret is not base64") from fault
    if len(key) < SHORTEST_SECRET:
        raise ValueError(f"the webhook secret is shorter than {SHORTEST_SECRET} bytes")
    return key


def _fresh(stamp: str, now: datetime) -> None:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 11):
        raise Malformed("webhook-timestamp is no number of seconds")
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)) > TOLERANCE:
        raise Late("more than 5 minutes off")


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # half characters could not be kept
    except (ValueError, RecursionError) as fault:
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
    )
    return Report(key=_member(raw, "event_id", str), event=event)


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
