"""Broken calls of DingTalk's."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

from handlers.channels.dingtalk.reading import Group, read
from handlers.channels.refusal import Refusal
from tests.handlers.channels.dingtalk_calls import APP, NOW, Caller, Made, kind, message
from tests.handlers.channels.fuzz.values import MARKS, VALUES, in_bytes, in_mapping, storable

PICTURE = {"downloadCode": "mIof", "pictureDownloadCode": "p", "type": "picture"}
MESSAGES: list[dict[str, Any]] = [
    message(),
    message(conversationType="2", isInAtList=True),
    kind("picture", PICTURE),
    kind("richText", {"richText": [{"text": "正面"}, PICTURE]}),
    kind("audio", {"recognition": "我要办社保。"}),
    kind("unknownMsgType", {}),
]


def broken(random: Random) -> Made:
    """Return one call, broken somewhere."""
    said = random.choice(MESSAGES) | {"msgId": f"m{random.randrange(10**6)}"}
    inside = json.dumps(changed(said, random)).encode()
    how = random.randrange(5)
    made = Caller().call(in_bytes(inside, random) if how == 0 else inside)
    if how == 1:
        return replace(made, query=in_mapping(made.query, random))
    if how == 2:
        return replace(made, headers=in_mapping(made.headers, random))
    if how == 3:
        return replace(made, body=in_bytes(made.body, random))
    if how == 4:
        return Caller(owner=random.choice(MARKS[:4])).call(inside)
    return made


def outcome(made: Made, random: Random) -> str:
    """Return what came of a call: "taken", or why it was refused."""
    try:
        letter = read(APP, made.query, made.headers, made.body, NOW)
    except Refusal as refusal:
        return refusal.reason
    if isinstance(letter, Group):
        return "let be: group"
    storable(letter)
    return "taken"


def changed(said: dict[str, Any], random: Random) -> dict[str, Any]:
    """Return a message with some of its fields changed."""
    told = dict(said)
    for _ in range(random.choice([0, 0, 1, 2, 4])):
        told[random.choice([*said, "content"])] = random.choice(VALUES)
    return told
