"""docs/acceptance.md: a row for every acceptance story, proofs that exist, conversations that are played."""

from __future__ import annotations

from tests.journeys.stories import STORIES, read
from tests.proofs import NAMED, exists, rows

ROWS = rows("acceptance", "A")
OURS = {"A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A12"}  # the others need the desk or video


def test_every_story_is_there_with_what_must_hold() -> None:
    assert {row[0].split()[0] for row in ROWS} == OURS
    assert [row for row in ROWS if not row[1].strip() or not NAMED.findall(row[2])] == []


def test_every_proof_exists() -> None:
    named = {name for row in ROWS for name in NAMED.findall(row[2])}

    assert [name for name in named if not exists(name)] == []


def test_every_story_is_told_by_a_conversation_that_is_played_and_named_here() -> None:
    for story in OURS:
        told = {f"journeys/{file.stem}" for file in STORIES if story in read(file).get("tells", [])}
        named = {name for row in ROWS if row[0].split()[0] == story for name in NAMED.findall(row[2])}
        assert told, story
        assert told <= named, story
