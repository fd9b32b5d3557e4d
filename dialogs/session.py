"""One applicant's way: the pinned script, his answers by key, and a small cursor.

The position is derived: fold the answers over the road (dialogs.script.road). It is kept here only as a
cache, valid for the day it was computed on (conditions may read `today`).

A session is read and written on every turn, so it is small, flat and JSON, with a codec version.

While a new release is rolled out, old processes and new ones take turns at the same conversation. So fields
are only ever added, and one a process does not know is carried along as it was (`more`). What old code would
harm by not knowing it raises CODEC: then it refuses the session, and the event waits for a newer process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any

from dialogs.codec import dumps, loads

CODEC = 1


@dataclass(slots=True)
class Session:
    """Everything the engine remembers of one conversation. All values are JSON.

    To be treated as frozen: only a Talk changes one, its own copy, field by field (building a new
    one for every change took a third of a turn). The values of the fields are never changed in place.

    id:       the conversation's id; references of applications are derived from it.
    script:   "<id>@<version>", pinned when the service was chosen; "" while none is.
    answers:  by station key: a question's id, "consent", "<material>.<page>", "read_back".
    dormant:  answers whose step is off the road now: kept, never submitted, offered again.
    at, on:   cached position (an index into the road) and the day ("YYYY-MM-DD") it holds for.
    prompt:   number of the question now on the screen; a tap carries the number it was made for.
    wrong:    wrong answers in a row to the present question.
    aside:    what the applicant is doing beside the road (choosing what to edit, confirming a
              restart ...): {"is": name, ...}. None: he is on the road.
    judging:  uploads being looked at, file id -> slot key.
    tries:    refused photos by slot.
    put_away: errands that came to an end before anything was handed in, by service id:
              {"script": key, "answers": {...}}. Offered again when the service is chosen again.
    cases:    what was handed in, reference -> see dialogs.engine.cases.
    seen:     day of the applicant's last message ("YYYY-MM-DD"), "" before the first.
    owner:    "bot", "queue" or "clerk:<id>"; the bot only speaks unasked while it is the owner.
    profile:  what he lets us remember, see dialogs.engine.profile; {} while he does not.
    agent:    the village agent who is signed in here: {id, name, village}; {} when none is.
    channel:  the channel he used last, "" before the first message that named one.
    more:     fields of a later release, by name: not understood here, and kept for it.
    """

    id: str = ""
    lang: str = "zh-CN"
    script: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    dormant: Mapping[str, Any] = field(default_factory=dict)
    at: int = -1
    on: str = ""
    prompt: int = 0
    wrong: int = 0
    aside: Mapping[str, Any] | None = None
    judging: Mapping[str, str] = field(default_factory=dict)
    tries: Mapping[str, int] = field(default_factory=dict)
    cases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seen: str = ""
    owner: str = "bot"
    put_away: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    channel: str = ""
    profile: Mapping[str, Any] = field(default_factory=dict)
    agent: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


_FIELDS = tuple(f.name for f in fields(Session) if f.name != "more")
_values = attrgetter(*_FIELDS)
_all = attrgetter(*_FIELDS, "more")
_KEYS = ("v", *_FIELDS)
_NAMES = frozenset(_FIELDS)


def copy(session: Session) -> Session:
    """Return another session with the same fields."""
    return Session(*_all(session))


def dump(session: Session) -> bytes:
    """Return the session as UTF-8 JSON with its codec version."""
    known = dict(zip(_KEYS, (CODEC, *_values(session)), strict=True))
    return dumps({**session.more, **known} if session.more else known)


def load(data: bytes) -> Session:
    """Return the session that `dump` wrote, here or in a release before or after this one.

    Raises:
        ValueError: written by a later codec; run the newer release.
    """
    raw = loads(data)
    version = raw.pop("v")
    if version > CODEC:
        raise ValueError(f"session codec {version} is newer than {CODEC}: this release cannot read it")
    more = {name: raw.pop(name) for name in [*raw] if name not in _NAMES}
    return Session(**raw, more=more)
