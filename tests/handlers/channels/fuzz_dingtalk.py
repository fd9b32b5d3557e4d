"""A storm of mutated calls: `python -m tests.handlers.channels.fuzz_dingtalk 1000000 [seed]`.

Calls are broken at random in their query, their headers, their envelope and, signed anew, in what is
sealed inside; reports of text messages likewise. Whatever comes of each is counted; anything raised that
is no refusal ends the storm.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any

from handlers.channels.dingtalk.reading import read
from handlers.channels.refusal import Refusal
from handlers.signed import CallbackError, signed_headers
from handlers.sms import report
from tests.handlers.channels.dingtalk_calls import APP, NOW, Caller, Made, kind, message

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PICTURE = {"downloadCode": "mIof", "pictureDownloadCode": "p", "type": "picture"}
MESSAGES: list[dict[str, Any]] = [
    message(),
    message(conversationType="2", isInAtList=True),
    kind("picture", PICTURE),
    kind("richText", {"richText": [{"text": "正面"}, PICTURE]}),
    kind("audio", {"recognition": "我要办社保。"}),
    kind("unknownMsgType", {}),
]
VALUES: list[Any] = [
    None, True, 0, -1, 10**30, 1e308, "", "1", "\x00", "\ud800", "👍" * 300, [], {}, [[]], {"a": {"b": []}},
    [{"type": "picture"}], {"content": 7}, "http://127.0.0.1/", "https://[::1", "9" * 20, "٣",
]  # fmt: skip
PARTS = [
    "{",
    "}",
    "[",
    '"',
    ",",
    "\\ud800",
    "\\u0000",
    "NaN",
    "1e999",
    "null",
    '{"encrypt":',
    "\x00",
    "[" * 40,
]
MARKS = ["", "0", "-1", "é", "\ud800", "a" * 300, "9" * 13, "٣" * 13, "=", "%00"]


def storm(times: int, random: Random) -> Counter[str]:
    """Return what came of `times` broken calls: "taken", or why each was refused."""
    told: Counter[str] = Counter()
    for _ in range(times):
        made = broken(random)
        try:
            read(APP, made.query, made.headers, made.body, NOW)
            told["taken"] += 1
        except Refusal as refusal:
            told[refusal.reason] += 1
        told[f"report {_reported(random)}"] += 1
    return told


def broken(random: Random) -> Made:
    """Return one call, broken somewhere."""
    inside = json.dumps(_changed(random.choice(MESSAGES), random)).encode()
    how = random.randrange(5)
    made = Caller().call(_in_bytes(inside, random) if how == 0 else inside)
    if how == 1:
        return replace(made, query=_in_mapping(made.query, random))
    if how == 2:
        return replace(made, headers=_in_mapping(made.headers, random))
    if how == 3:
        return replace(made, body=_in_bytes(made.body, random))
    if how == 4:
        return Caller(owner=random.choice(MARKS[:4])).call(inside)
    return made


def _reported(random: Random) -> str:
    body = json.dumps(_changed({"id": "n1", "state": "delivered"}, random)).encode()
    body = _in_bytes(body, random)
    headers = signed_headers("r1", body, SECRET, NOW)
    try:
        report(_in_mapping(headers, random) if random.random() < 0.3 else headers, body, SECRET, NOW)
    except CallbackError as fault:
        return fault.outcome
    return "taken"


def _changed(said: dict[str, Any], random: Random) -> dict[str, Any]:
    changed = dict(said)
    for _ in range(random.choice([0, 0, 1, 2, 4])):
        changed[random.choice([*said, "content"])] = random.choice(VALUES)
    return changed


def _in_mapping(given: dict[str, str], random: Random) -> dict[str, str]:
    name = random.choice(list(given))
    if random.random() < 0.3:
        return {each: value for each, value in given.items() if each != name}
    return given | {name: random.choice([*MARKS, given[name] + "0", given[name][1:]])}


def _in_bytes(body: bytes, random: Random) -> bytes:
    at, to = sorted((random.randrange(len(body) + 1), random.randrange(len(body) + 1)))
    how = random.randrange(4)
    if how == 0:
        return body
    if how == 1:
        return body[:at] + random.choice(PARTS).encode() + body[at:]
    if how == 2:
        return body[:at] + body[to:]
    changed = bytearray(body)
    for _ in range(random.choice([1, 3, 20])):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


if __name__ == "__main__":
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    sys.stdout.write(f"{dict(storm(int(sys.argv[1]), Random(seed)))}\n")  # to be told again
