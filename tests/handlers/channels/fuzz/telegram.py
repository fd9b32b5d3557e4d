"""Broken updates of Telegram's: values of another kind, fields lost and doubled, bytes changed."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any

from handlers.channels.refusal import Refusal
from handlers.channels.telegram.reading import SECRET_HEADER, read
from tests.handlers.channels.dingtalk_calls import Made
from tests.handlers.channels.fuzz.values import PARTS, VALUES, in_bytes, in_mapping, storable
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

ACCOUNT = "8000000001"
PLACE = {"longitude": 118.5, "latitude": 28.9}
SOUND = {"file_id": "v", "file_unique_id": "u", "duration": 3}
UPDATES = [
    says("想在老家交社保"),
    says("/start go12345678"),
    says("/edit 姓名"),
    update(message=message(photo=photo(), caption="正面", media_group_id="900")),
    update(message=message(document=file("image/jpeg"))),
    update(message=message(voice=SOUND)),
    update(message=message(location=PLACE, venue={"location": PLACE, "title": "t", "address": "a"})),
    update(message=message(contact={"phone_number": "1", "first_name": "胡"})),
    update(message=message(pinned_message=message(3, text="x"))),
    update(message=message(dice={"emoji": "🎲", "value": 3})),
    update(edited_message=message(text="胡晓满", edit_date=int(NOW.timestamp()))),
    taps("3:local"),
    blocks(),
    blocks("member"),
]


def broken(random: Random) -> Made:
    """Return one call, broken somewhere. The number of an update is one of a few: repeats come too."""
    told = json.loads(json.dumps(random.choice(UPDATES)))
    told["update_id"] = random.randrange(10**6)
    for _ in range(random.choice([0, 1, 1, 2, 4])):
        _change(told, random)
    body, headers = json.dumps(told).encode(), dict(HEADERS)
    how = random.randrange(8)
    if how == 0:
        body = in_bytes(body, random)
    if how == 1:
        headers = in_mapping(headers, random)
    return Made({}, headers, body)


def outcome(made: Made, random: Random) -> str:
    """Return what came of a call: "taken", why it was let be, or why it was refused."""
    headers = {name: value for name, value in made.headers.items() if name == SECRET_HEADER}
    try:
        heard = read(headers, made.body, NOW, secret=SECRET, account=ACCOUNT, photos=random.random() < 0.5)
    except Refusal as refusal:
        return refusal.reason
    if heard.letter is None:
        return f"let be: {heard.why}"
    storable(heard.letter)
    return "taken"


def _change(told: Any, random: Random) -> None:
    """Change one thing somewhere in `told`."""
    while True:
        names = list(told) if isinstance(told, dict) else list(range(len(told)))
        if not names:
            return
        name = random.choice(names)
        inside = told[name]
        if isinstance(inside, (dict, list)) and inside and random.random() < 0.85:
            told = inside
            continue
        break
    how = random.randrange(4)
    if how == 0:
        del told[name]
    elif how == 1 and isinstance(inside, str):
        at = random.randrange(len(inside) + 1)
        told[name] = inside[:at] + random.choice(PARTS) + inside[at:]
    elif how == 2 and isinstance(told, dict):
        told[random.choice(list(told))] = deepcopy(inside)  # itself, it could come to lie within itself
    else:
        told[name] = deepcopy(random.choice(VALUES))
