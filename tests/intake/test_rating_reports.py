"""Reports of marks: codes are the standard's, silence counts as nothing, a handful of marks names nobody."""

from __future__ import annotations

import asyncio
import csv
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from intake.cases import applications, moves
from intake.cli import cli
from intake.days.clocks import OFFICE_TIME
from intake.exports.marks import rows
from intake.keeping.schema import looks
from intake.keeping.unit import Unit
from intake.ratings import followups, marks, reports, sampling
from intake.ratings.counting import Tally
from intake.ratings.opening import of
from tests.intake.process import environment
from tests.intake.test_exports import EVER
from tests.intake.world import World

SATURDAY = date(2026, 11, 21)


async def delivered(here: World, n: int) -> str:
    number = await here.hand_in(f"ref-{n:08d}")

    def work(unit: Unit) -> None:
        for action in ("start_review", "accept", "start_work", "approve", "deliver"):
            row = applications.by_number(unit, number, lock=True)
            fields = {"method": "电子送达"} if action == "deliver" else {}
            moves.make(unit, row, action, "reviewer:李审核", fields)

    await here.parts.change(work)
    return number


async def given(here: World, codes: Sequence[int | None], *, named: bool = False) -> list[str]:
    """Cases with these marks; None for one without."""
    numbers = [await delivered(here, n) for n in range(len(codes))]

    def work(unit: Unit) -> None:
        for number, code in zip(numbers, codes, strict=True):
            if code is not None:
                marks.rate(unit, number, code, "慢" if code > 3 else "", named=named)

    await here.parts.change(work)
    return numbers


async def reported(here: World, first: date = SATURDAY, last: date = SATURDAY) -> dict[str, Any]:
    return await here.parts.read(lambda unit: reports.report(unit, first, last))


async def test_the_share_counts_1_2_and_3_as_satisfied_and_silence_as_nothing(here: World) -> None:
    await given(here, [1, 2, 3, 4, 5, None])
    found = await reported(here)

    (matter,) = found["matters"]
    assert (matter["asked"], matter["given"], matter["satisfied"]) == (6, 5, 60.0)
    assert matter["codes"] == {"1": 1, "2": 1, "3": 1, "4": 1, "5": 1}
    assert found["blue"] == [matter]
    assert found["red"] == []
    assert found["points"] == [{"reviewer": "李审核", "given": 5, "points": 2 + 1 + 0 - 1 - 2}]
    assert found["followups"] == {"opened": 2, "closed": 0, "late": 0, "better": 0, "flagged": 0}


async def test_a_handful_of_marks_names_nobody(here: World) -> None:
    await given(here, [5, 1])
    found = await reported(here)

    (matter,) = found["matters"]
    assert (matter["given"], matter["satisfied"], matter["codes"]) == (2, None, None)
    assert (found["red"], found["blue"], found["points"]) == ([], [], [])


async def test_another_week_is_another_list(here: World) -> None:
    await given(here, [1])

    assert (await reported(here, date(2026, 11, 9), date(2026, 11, 15)))["matters"] == []


async def test_what_was_late_and_what_got_better_is_told(here: World) -> None:
    (number,) = await given(here, [5])

    def mended(unit: Unit) -> None:
        for action, by in (("contacted", "李审核"), ("fixed", "李审核"), ("checked", "王复核")):
            row = of(unit, number)
            assert row is not None
            followups.take(unit, row, action, f"reviewer:{by}", "reviewer", {"words": "好了"})

    here.clock.step(days=3)
    await here.parts.change(mended)
    await here.parts.change(lambda unit: marks.rate(unit, number, 1, ""))
    found = await reported(here, SATURDAY, date(2026, 11, 30))

    assert found["followups"] == {"opened": 1, "closed": 1, "late": 1, "better": 1, "flagged": 0}
    assert [each["late"] for each in found["blue"]] == [1], "late is blue however few the marks"


async def test_a_mark_held_to_be_malicious_does_not_count(here: World) -> None:
    (number,) = await given(here, [5])

    def flagged(unit: Unit) -> None:
        for action, by, role in (
            ("flag", "李审核", "reviewer"),
            ("flag_confirmed", "周主任", "supervisor"),
        ):
            row = of(unit, number)
            assert row is not None
            followups.take(unit, row, action, f"reviewer:{by}", role, {"words": "有证据"})  # type: ignore[arg-type]  # the table's words

    await here.parts.change(flagged)
    found = await reported(here)
    (row,) = await here.parts.read(lambda unit: rows(unit, *EVER))

    assert [matter["given"] for matter in found["matters"]] == [0]
    assert found["followups"]["flagged"] == 1
    assert (row["satisfaction"], row["is_valid"]) == ("5", "0"), "it is kept, and marked"
    told = (await here.call("GET", f"/v1/pre-applications/{number}/events"))[1]["events"][-1]
    assert (told["data"]["result"], told["data"]["rerate_until"]) == ("", ""), "he is not told off"


async def test_the_file_has_the_codes_of_the_standard_and_no_name_that_was_not_given(here: World) -> None:
    await given(here, [1, 5])
    found = await here.parts.read(lambda unit: rows(unit, *EVER))

    assert [(row["satisfaction"], row["satisfaction_name"]) for row in found] == [
        ("1", "非常满意"),
        ("5", "非常不满意"),
    ]
    assert [(row["is_named"], row["applyer_name"]) for row in found] == [("0", ""), ("0", "")]
    assert found[1]["evaluate_words"] == "慢"


async def test_who_gave_his_name_has_it_in_the_file(here: World) -> None:
    await given(here, [5], named=True)
    (row,) = await here.parts.read(lambda unit: rows(unit, *EVER))

    assert row["applyer_name"] == "胡小云"


async def test_a_sample_is_by_chance_again_the_same_and_leaves_out_who_is_called_anyway(here: World) -> None:
    numbers = await given(here, [5, 1, None, 2])

    def drawn(unit: Unit) -> list[dict[str, str]]:
        return sampling.draw(unit, 2, random.Random(3), full=False)

    first, second = await here.parts.change(drawn), await here.parts.change(drawn)

    assert first == second
    assert len(first) == 2
    assert numbers[0] not in {row["project_no"] for row in first}
    assert {row["name"] for row in first} == {"胡**"}


async def test_names_of_a_sample_are_noted_as_looks(here: World) -> None:
    await given(here, [None])

    def drawn(unit: Unit) -> list[dict[str, str]]:
        return sampling.draw(unit, 5, random.Random(1), full=True)

    (row,) = await here.parts.change(drawn)
    seen = await here.parts.read(lambda unit: unit.connection.execute(looks.select()).all())

    assert row["name"] == "胡小云"
    assert [(each.reviewer, each.number) for each in seen] == [("operator", row["project_no"])]


@pytest.mark.parametrize(
    ("codes", "late", "red", "blue"),
    [
        ([1] * 5, 0, True, False),
        ([1] * 5, 1, False, True),
        ([1] * 4, 0, False, False),
        ([1] * 9 + [5], 0, False, False),
        ([1] * 8 + [5, 5], 0, False, True),
        ([], 0, False, False),
    ],
)
def test_red_and_blue(codes: list[int], late: int, red: bool, blue: bool) -> None:
    tally = Tally(codes=Counter(codes), late=late)

    assert (reports.is_red(tally), reports.is_blue(tally)) == (red, blue)


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    assert reports.week(SATURDAY, None) == (date(2026, 11, 9), date(2026, 11, 15))
    assert reports.week(SATURDAY, date(2026, 11, 22)) == (date(2026, 11, 16), date(2026, 11, 22))
    assert reports.month(SATURDAY, None) == (date(2026, 10, 1), date(2026, 10, 31))
    assert reports.month(date(2027, 1, 3), None) == (date(2026, 12, 1), date(2026, 12, 31))


async def test_the_commands_say_it_in_words_and_as_files(tmp_path: Path, here: World) -> None:
    now = datetime.now(OFFICE_TIME)  # weeks and months are the office's
    here.clock.now = now.astimezone(UTC)
    await given(here, [1, 5])
    given_env = environment(here.parts.settings.data_dir)
    out = tmp_path / "out"

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, ["ratings", *words], env=given_env)
        assert done.exit_code == 0, done.output
        return done.output

    today = now.strftime("%Y-%m-%d")
    texts = [
        await asyncio.to_thread(run, *words) for words in (("week", "--of", today), ("month", "--of", today))
    ]
    await asyncio.to_thread(run, "export", "--out", str(out))
    drawn = await asyncio.to_thread(run, "sample", "3")

    for text in texts:
        assert "红榜" in text
        assert "评价不足，不公布" in text
    with (out / "ratings.csv").open(encoding="utf-8-sig") as file:
        assert [row["satisfaction"] for row in csv.DictReader(file)] == ["1", "5"]
    assert "胡小云" not in drawn
