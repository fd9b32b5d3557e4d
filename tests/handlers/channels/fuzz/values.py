"""What calls are broken with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from random import Random
from typing import Any

from dialogs.turn import encode
from handlers.channels.base import Letter

# Values where another kind is expected.
VALUES: list[Any] = [
    None, True, 0, -1, 10**30, -(2**63), 1e308, "", "1", "\x00", "\ud800", "👍" * 300, [], {}, [[]],
    {"a": {"b": []}}, [{"type": "picture"}], {"content": 7}, "http://127.0.0.1/", "https://[::1", "9" * 20,
    "٣", "private", "换个地方办", "12345678", "x" * 9_000,
]  # fmt: skip
# Pieces that mean something to who reads JSON.
PARTS = [
    "{", "}", "[", '"', ",", "\\ud800", "\\u0000", "NaN", "1e999", "null", '{"encrypt":', "\x00", "[" * 40,
]  # fmt: skip
# Values of headers and queries.
MARKS = ["", "0", "-1", "é", "\ud800", "a" * 300, "9" * 13, "٣" * 13, "=", "%00"]


def in_mapping(given: Mapping[str, str], random: Random) -> dict[str, str]:
    """Return headers or a query with one of them lost or changed."""
    name = random.choice(list(given))
    if random.random() < 0.3:
        return {each: value for each, value in given.items() if each != name}
    return {**given, name: random.choice([*MARKS, given[name] + "0", given[name][1:]])}


def in_bytes(body: bytes, random: Random) -> bytes:
    """Return a body with a piece put in, a piece lost, or bytes changed."""
    at, to = sorted((random.randrange(len(body) + 1), random.randrange(len(body) + 1)))
    how = random.randrange(4)
    if how == 0 or not body:
        return body
    if how == 1:
        return body[:at] + random.choice(PARTS).encode("utf-8", "surrogatepass") + body[at:]
    if how == 2:
        return body[:at] + body[to:]
    changed = bytearray(body)
    for _ in range(random.choice([1, 3, 20])):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def storable(letter: Letter) -> None:
    """Pass a letter that can be kept: keys as every database takes them, words as UTF-8, events as JSON."""
    named = f"{letter.address.user}/{letter.key}"
    named.encode()
    if "\x00" in named:
        raise ValueError("no database keeps a NUL in a key")
    json.dumps(letter.shown, ensure_ascii=False).encode()
    if letter.event is not None:
        json.dumps(encode(letter.event), ensure_ascii=False).encode()
