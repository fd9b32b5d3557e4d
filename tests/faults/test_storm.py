"""A short storm on each database; `python -m tests.faults.storm --kills 100` is the long one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from storage.faults import POINTS
from tests.faults.storm import rage
from tests.product import ROOT

# One of the turn, the upload, the delivery and the submission on SQLite, which serves most; on PostgreSQL
# where a commit and what is not in it part. The long storm has them all on both.
FOUR = ("turn.before_commit", "file.row_written", "delivery.before_answer", "submission.between_pages")
TWO = ("turn.after_commit", "submission.after_send")


@pytest.mark.kill
@pytest.mark.parametrize(
    ("database_url", "points"), [("sqlite", FOUR), ("postgresql", TWO)], indirect=["database_url"]
)
async def test_whatever_the_moment_of_a_kill_nothing_is_lost_or_doubled(
    tmp_path: Path, database_url: str, points: Sequence[str]
) -> None:
    report = await rage(tmp_path, len(points), database_url=database_url, points=points)

    assert report.broken == [], "\n".join(report.lines())
    assert report.kills.total() == len(points)
    assert report.handed_in >= 3


def test_every_crash_point_is_somewhere_in_the_product() -> None:
    code = "".join(
        file.read_text() for part in ("bot", "handlers", "storage") for file in (ROOT / part).rglob("*.py")
    )

    assert set(re.findall(r'\bhit\("([\w.]+)"\)', code)) == set(POINTS)


def test_the_manual_names_every_crash_point_and_its_moment() -> None:
    manual = (ROOT / "docs" / "faults.md").read_text()

    assert [point for point, moment in POINTS.items() if f"| `{point}` | {moment} |" not in manual] == []
