"""A storm of mutated updates: `python -m tests.handlers.channels.fuzz_telegram 1000000 [seed]`.

Updates are broken at random in their structure (values of other types, lost and doubled members) and in
their bytes. Whatever comes of each is counted; anything raised that is no refusal ends the storm, and so
does a letter that could not be stored.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from copy import deepcopy
from random import Random
from typing import Any

from dialogs.turn import encode
from handlers.channels.refusal import Refusal
from handlers.channels.telegram.reading import read
from tests.handlers.channels.telegram_updates import (
    HEADERS,
    NOW,
    SECRET,
    blocks,
    file,
    message,
    photo,
    says,
    taps,
    update,
)

PLACE = {"longitude": 118.5, "latitude": 28.9}
UPDATES = [
    says("想在老家交社保"),
    says("/start go12345678"),
    update(message=message(photo=photo(), caption="人工", media_group_id="900")),
    update(message=message(document=file("image/png"))),
    update(message=message(venue={"location": PLACE, "title": "家", "address": "常山"})),
    update(message=message(contact={"phone_number": "13800000000", "first_name": "胡"})),
    update(edited_message=message(text="胡晓满", edit_date=int(NOW.timestamp()))),
    update(message=message(pinned_message=message(3, text="x"))),
    taps("1:local"),
    blocks(),
]
JUNK: list[Any] = [
    None, True, 0, -1, 2**63, 1e308, "", "x", "\x00", "半\ud83d", "👍" * 40, [], [[]], {}, {"id": {}}, [None],
    "private", "kicked", {"update_id": 1}, 1795233600,
]  # fmt: skip
BYTES = b'0123456789"{}[],:\\utrfalsen-\xff\x00'


def storm(times: int, random: Random) -> Counter[str]:
    """Return what came of `times` broken calls: "taken", why each was not for us, or refused."""
    told: Counter[str] = Counter()
    for _ in range(times):
        try:
            photos = random.random() < 0.5
            heard = read(HEADERS, broken(random), NOW, secret=SECRET, account="1", photos=photos)
        except Refusal as refusal:
            told[refusal.reason] += 1
            continue
        told[heard.why or "taken"] += 1
        if heard.letter is not None:
            storable(heard.letter)
    return told


def storable(letter: Any) -> None:
    """Fail when a letter could not be kept: its texts have to be UTF-8, its event JSON."""
    json.dumps(letter.shown, ensure_ascii=False).encode()
    f"{letter.address.user}/{letter.key}".encode()
    if letter.event is not None:
        json.dumps(encode(letter.event), ensure_ascii=False).encode()


def broken(random: Random) -> bytes:
    """Return one update, broken somewhere."""
    given = deepcopy(random.choice(UPDATES))
    for _ in range(random.choice([0, 1, 1, 2, 4])):
        _in_structure(given, random)
    raw = bytearray(json.dumps(given).encode())
    for _ in range(random.choice([0, 0, 0, 1, 3])):
        raw[random.randrange(len(raw))] = random.choice(BYTES)
    return bytes(raw)


def _in_structure(given: dict[str, Any], random: Random) -> None:
    where: Any = given
    while True:
        key = random.choice(list(where) if isinstance(where, dict) else range(len(where)))
        inside = where[key]
        if not isinstance(inside, dict | list) or not inside or random.random() < 0.2:
            break
        where = inside
    if isinstance(where, dict) and random.random() < 0.2 and len(where) > 1:
        del where[key]
    else:
        where[key] = deepcopy(random.choice(JUNK))


if __name__ == "__main__":
    for what, times in storm(int(sys.argv[1]), Random(int([*sys.argv, "1"][2]))).most_common():
        print(f"{times:9} {what}")
