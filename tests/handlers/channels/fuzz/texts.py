"""Broken reports of the text message gateway."""

from __future__ import annotations

import json
from random import Random

from handlers.signed import CallbackError, signed_headers
from handlers.sms import report
from tests.handlers.channels.dingtalk_calls import NOW, Made
from tests.handlers.channels.fuzz.dingtalk import changed
from tests.handlers.channels.fuzz.values import in_bytes, in_mapping

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def broken(random: Random) -> Made:
    """Return one report, broken somewhere."""
    body = in_bytes(json.dumps(changed({"id": "n1", "state": "delivered"}, random)).encode(), random)
    headers = signed_headers("r1", body, SECRET, NOW)
    return Made({}, in_mapping(headers, random) if random.random() < 0.3 else headers, body)


def outcome(made: Made, random: Random) -> str:
    """Return what came of a report: "taken", or why it was refused."""
    try:
        report(made.headers, made.body, SECRET, NOW)
    except CallbackError as fault:
        return fault.outcome
    return "taken"
