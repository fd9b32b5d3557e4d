"""docs/coverage.md names every mechanism once, and proofs that exist."""

from __future__ import annotations

import re

from tests.proofs import NAMED, exists, rows

ROWS = rows("coverage", r"\d")
OUT_OF_SCOPE = {29, 42}


def test_every_mechanism_has_its_row() -> None:
    assert [int(row[0]) for row in ROWS] == list(range(1, 71))


def test_a_row_has_a_proof_or_says_that_there_is_none() -> None:
    for number, _, here, proof in ROWS:
        claimed = not re.match(r" (not yet|out of scope|targets)", here)
        assert "`" in proof or not claimed, f"row {number} claims without proof"
        assert "`" in proof or proof.strip() == ("" if int(number) in OUT_OF_SCOPE else "not yet")


def test_every_proof_exists() -> None:
    named = [name for row in ROWS for name in NAMED.findall(row[3])]

    assert named
    assert [name for name in named if not exists(name)] == []
