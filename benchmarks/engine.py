"""The engine alone, bytes to bytes, beside a hand-written dict state machine with the standard json.

The limit does for one fixed path what the engine does for any script: read the state, understand the
answer, keep it, find the next question, write the state. It has no commands, no languages, no edits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from benchmarks.ratios import Row, alternate, rate
from dialogs.engine import advance
from dialogs.messages import Inbound
from dialogs.office import offices
from dialogs.script import Script
from dialogs.script.loader import shipped
from dialogs.session import Session, dump
from dialogs.session import load as load_session
from dialogs.turn import MessageReceived, Opened, Say
from dialogs.world import Library, World

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
ANSWERS = (
    "想在常山交社保",
    "1",
    "1",
    "1",
    "1",
    "同意",
    "胡某某",
    "999901198803050248",
    "999901198803050247",
    "1",
)
FLOOR_KEYS = ("service", "hukou", "employed", "insurance", "pay_by", "consent", "name", "id_number", "level")
DIALOGS = 300


def engine_dialog(world: World) -> Callable[[], None]:
    """Return a function that plays the enrolment from hello to the first photo."""
    events = [MessageReceived(Inbound(f"m{number}", NOW, text)) for number, text in enumerate(ANSWERS)]

    def play() -> None:
        state = dump(advance(world, Session(), Opened("01BENCH", "zh-CN")).session)
        for event in events:
            state = dump(advance(world, load_session(state), event).session)
        assert load_session(state).answers["level"] == "l60"

    return play


WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def _valid_id(text: str) -> bool:
    if len(text) != 18 or not text[:17].isdigit():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == text[17].upper()


_OPTIONS: Mapping[str, Sequence[str]] = {
    "hukou": ("local", "elsewhere", "unsure"),
    "employed": ("none", "has", "unpaid", "away", "unsure"),
    "insurance": ("pension", "medical", "both"),
    "pay_by": ("self", "debit"),
    "level": ("l60", "l80", "l100", "l200", "l300"),
}


def _floor_turn(state: bytes, text: str) -> tuple[bytes, str]:
    session = json.loads(state)
    key = FLOOR_KEYS[session["at"]]
    text = text.strip()
    if key in _OPTIONS:
        value: Any = (
            _OPTIONS[key][int(text) - 1] if text.isdigit() and int(text) <= len(_OPTIONS[key]) else None
        )
    elif key == "id_number":
        value = text.upper() if _valid_id(text) else None
    else:
        value = text or None
    if value is None:
        session["wrong"] += 1
        return json.dumps(session, ensure_ascii=False).encode(), f"请再填一次{key}"
    session["answers"][key] = value
    session["at"] += 1
    session["wrong"] = 0
    at = session["at"]
    reply = f"请填{FLOOR_KEYS[at]}" if at < len(FLOOR_KEYS) else "请拍照"
    return json.dumps(session, ensure_ascii=False).encode(), reply


def floor_dialog() -> None:
    state = json.dumps({"at": 0, "answers": {}, "wrong": 0}).encode()
    state, _ = state, "您好"  # the hello costs the floor nothing
    for text in ANSWERS:
        state, _ = _floor_turn(state, text)
    assert json.loads(state)["answers"]["level"] == "l60"


def long_script(steps: int) -> Script:
    """Return a script of `steps` steps, of which the path taken asks the first and the last nine."""

    def step(number: int) -> dict[str, str]:
        words = {"id": f"q{number}", "kind": "number", "ask": f"第{number}个？", "label": f"第{number}个"}
        return words | ({"when": "answers.q0 < 0"} if 0 < number < steps - 9 else {})

    return Script.model_validate(
        {
            "format": 1,
            "id": "long",
            "title": "长长",
            "about": "很长。",
            "item": shipped()[0].item.model_dump(),
            "situation": [step(number) for number in range(steps)],
            "form": [],
            "materials": [],
            "version": str(steps),
        }
    )


def long_dialog(steps: int) -> Callable[[], None]:
    """Return a function that gives ten answers to a script of `steps` steps."""
    world = World(Library.of([long_script(steps)]), offices(), NOW)
    session = advance(world, Session(), Opened("01BENCH", "zh-CN")).session
    state = dump(advance(world, session, MessageReceived(Inbound("begin", NOW, "长长"))).session)
    events = [MessageReceived(Inbound(f"m{number}", NOW, "1")) for number in range(10)]

    def play() -> None:
        held = state
        for event in events:
            held = dump(advance(world, load_session(held), event).session)
        assert len(load_session(held).answers) == 10

    return play


def run() -> list[Row]:
    world = World(Library.of(shipped()), offices(), NOW)
    play = engine_dialog(world)
    turns = len(ANSWERS) + 1
    ours, floor = alternate(lambda: rate(play, DIALOGS), lambda: rate(floor_dialog, DIALOGS * 4))
    rows = [
        Row(
            "enrolment, bytes to bytes (turns/s)",
            f"{ours * turns:,.0f}",
            f"{floor * len(ANSWERS):,.0f}",
            ours * turns / (floor * len(ANSWERS)),
            0.20,
        )
    ]
    short, long = long_dialog(10), long_dialog(1000)
    fast, slow = alternate(lambda: rate(short, 200), lambda: rate(long, 200))
    rows.append(
        Row(
            "script of 1000 steps beside 10 (us/turn)",
            f"{1e5 / slow:,.0f}",
            f"{1e5 / fast:,.0f}",
            fast / slow,
            1.5,
            False,
        )
    )
    return rows


def last_said(session: Session, world: World, text: str) -> list[str]:
    """Return what the bot says to `text`; for looking at a benchmark's dialog by hand."""
    turn = advance(world, session, MessageReceived(Inbound("look", NOW, text)))
    return [effect.message.text for effect in turn.effects if isinstance(effect, Say)]
