"""Nothing personal and nothing secret reaches a line, whoever writes it."""

from __future__ import annotations

import io
import json
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from bot.logs import OURS, ROOT, SILENT, TALKATIVE, clean, configure, mask
from tests.examples import examples

ID = "999901198803050247"
PHONE = "13900001234"
CARD = "6222020000000000000"

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    stream = io.StringIO()
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    configure("debug", "json", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    logging.captureWarnings(False)
    logging.basicConfig(handlers=before, level=level, force=True)


def test_a_line_is_json_with_the_ids_of_its_turn(lines: Lines) -> None:
    with bound_contextvars(request="r1", turn="t1"):
        structlog.get_logger("turns").info("turn taken", outcome="fresh", seconds=0.002)

    (line,) = lines()
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "event": "turn taken",
        "logger": "turns",
        "request": "r1",
        "turn": "t1",
        "outcome": "fresh",
        "seconds": 0.002,
    }


def test_a_field_nobody_allowed_is_dropped_and_its_name_told(lines: Lines) -> None:
    structlog.get_logger("x").info("said", text="想在常山交社保", answers={"name": "胡"})

    (line,) = lines()
    assert line["dropped"] == ["answers", "text"]
    assert "常山" not in json.dumps(line, ensure_ascii=False)


def test_an_exception_tells_where_but_not_what_it_said(lines: Lines) -> None:
    try:
        int(f"胡女士{ID}")
    except ValueError:
        structlog.get_logger("x").exception("failed")

    (line,) = lines()
    assert line["error"] == "ValueError"
    assert line["where"][-1].startswith("tests/bot/test_logs.py:")
    assert "胡女士" not in json.dumps(line, ensure_ascii=False)
    assert "said" not in line


def test_our_own_errors_may_speak(lines: Lines) -> None:
    from handlers.intake import TryLater

    try:
        raise TryLater(f"create: HTTP 503 {ID}")
    except TryLater:
        structlog.get_logger("x").exception("failed")

    assert lines()[0]["said"] == "create: HTTP 503 [id]"


def test_a_librarys_traceback_is_written_the_same_way(lines: Lines) -> None:
    try:
        raise KeyError(ID)
    except KeyError:
        logging.getLogger("somebody").exception("could not store %s", PHONE)

    (line,) = lines()
    assert line["event"] == "could not store [phone]"
    assert line["error"] == "KeyError"
    assert ID not in json.dumps(line)


def test_libraries_that_print_bodies_are_silent(lines: Lines) -> None:
    for name in ("sqlalchemy.engine.Engine", "aiohttp.access", "telegram.ext", "asyncio", "PIL.Image"):
        logging.getLogger(name).info("INSERT ... %s", ID)
        logging.getLogger(name).debug("body %s", ID)

    assert lines() == []


def test_what_telegrams_library_could_not_read_is_not_written(lines: Lines) -> None:
    logging.getLogger("telegram.request.BaseRequest").error("Can not load invalid JSON data: %s", "胡某某")

    assert lines() == []


def test_no_line_of_ours_is_taken_for_a_librarys() -> None:
    named = re.compile(r'get_logger\("([\w.]+)"\)')
    ours = {
        name
        for each in OURS
        for file in (ROOT / each).rglob("*.py")
        for name in named.findall(file.read_text())
    }

    assert "channels.telegram" in ours
    assert {name.partition(".")[0] for name in ours}.isdisjoint({*SILENT, *TALKATIVE})


def test_warnings_are_lines_too(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old thing", DeprecationWarning, stacklevel=1)

    assert "old thing" in lines()[0]["event"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"id {ID}.", "id [id]."),
        ("id 99990119880305024x", "id [id]"),
        ("old 999901880305024 card", "old [id] card"),
        (f"call {PHONE}", "call [phone]"),
        ("call +86 139-0000-1234", "call [phone]"),
        (f"card {CARD}", "card [card]"),
        ("card 6222 0200 0000 0000 000", "card [card]"),
        ("full １３９００００１２３４", "full [phone]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [token]"),
        ("whsec_MfKQ9r8GKYqrTwj", "[token]"),
        ("/bot123456789:AAabcdefghijklmnopqrstuvwxyz0123456/send", "/bot[token]/send"),
        ("postgresql://bot:hunter2@db/x", "postgresql://bot:[password]@db/x"),
        ("GET /x?token=abc&y=1", "GET /x?token=[token]&y=1"),
        ("CS-1121-0038 on 2026-11-23 at 10:00", "CS-1121-0038 on 2026-11-23 at 10:00"),
        ("turn 01JD8C0T5N6M4W9X2Y3Z7A8B9C", "turn 01JD8C0T5N6M4W9X2Y3Z7A8B9C"),
    ],
)
def test_what_looks_personal_is_masked(said: str, written: str) -> None:
    assert mask(said) == written


def test_values_that_are_no_text() -> None:
    assert clean(b"\xff\xd8photo") == "[7 bytes]"
    assert clean({"name": "x"}) == "[1 fields]"
    assert clean(int(ID)) == "[id]"
    assert clean([PHONE, 3, None]) == ["[phone]", 3, None]
    assert len(clean("x" * 10_000)) == 301


@settings(max_examples=examples(30), deadline=None)
@given(
    st.text(alphabet="abc ,:/'\"（）。"),
    st.sampled_from([ID, PHONE, CARD]),
    st.text(alphabet=" ,:/'\"（）。"),
)
def test_no_surroundings_hide_a_number(before: str, number: str, after: str) -> None:
    before = before.rstrip("abc")

    assert number not in mask(f"{before}{number}{after}")
