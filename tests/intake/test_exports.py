"""Cases as tables of the national exchange: what the receiving side reads is what happened."""

from __future__ import annotations

import csv
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner

from intake.cli import cli
from intake.exports import TABLES, national, write
from intake.exports.files import as_csv
from intake.exports.national import columns
from intake.keeping.unit import Unit
from tests.intake.desk import Desk
from tests.intake.process import environment
from tests.intake.world import World, answer, application

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC))
Found = dict[str, list[dict[str, str]]]


async def exported(here: World) -> Found:
    def work(unit: Unit) -> Found:
        return national(unit, *EVER)

    return await here.parts.read(work)


async def test_a_case_that_went_well_fills_four_tables(here: World) -> None:
    phone = answer("mobile", "手机", "phone", "+8613800000000", sensitive=True)
    said = application("ref-00000001")["answers"]
    number = await here.hand_in(answers=[*said, phone])
    desk = await Desk.sign_in(here)
    for action in ("start_review", "accept", "start_work", "approve"):
        await desk.act(number, action)
    await desk.act(number, "deliver", method="电子送达")
    await here.call("POST", f"/v1/pre-applications/{number}/ratings", {"code": 5})
    found = await exported(here)

    (accepted,) = found["up_pro_accept"]
    assert {name: accepted[name] for name in ("project_no", "applyer_name", "applyer_page_code")} == {
        "project_no": number,
        "applyer_name": "胡小云",
        "applyer_page_code": "999901198803050247",
    }
    assert (accepted["apply_type"], accepted["apply_date"]) == ("3", "20261121T160000")
    assert (accepted["promise_date"], accepted["contact_mobile"]) == ("20261124T235959", "13800000000")
    assert (accepted["handle_user_name"], accepted["accept_doc_no"]) == ("李审核", "SL-20261121-0001")

    steps = [(row["process_name"], row["event_name"]) for row in found["up_pro_process"]]
    assert steps == [
        ("已收到预申请", "3"),
        ("开始预审", "3"),
        ("已受理", "1"),
        ("办理中", "3"),
        ("作出决定", "1"),
        ("已送达", "3"),
    ]
    (result,) = found["up_pro_result"]
    assert (result["result_type"], result["satisfaction"]) == ("0", "5")
    assert found["up_pro_special_procedure"] == []
    assert [(row["material_name"], row["get_num"]) for row in found["up_pro_material"]] == [("身份证", "2")]


async def test_a_refusal_says_why_and_is_no_acceptance(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    await desk.act(number, "start_review")
    await desk.act(number, "refuse", why="单位正在交", how="离开单位后再来")
    found = await exported(here)

    (result,) = found["up_pro_result"]
    assert (result["result_type"], result["result_explain"]) == ("6", "不予受理；单位正在交")
    assert found["up_pro_accept"] == []
    assert found["up_pro_process"][-1]["handle_explain"] == "单位正在交；离开单位后再来"


async def test_the_same_row_keeps_its_id_from_export_to_export(here: World) -> None:
    await here.hand_in()
    first = await exported(here)
    here.clock.step(days=1)
    second = await exported(here)

    guids = [[row["row_guid"] for row in found["up_pro_process"]] for found in (first, second)]
    assert guids[0] == guids[1] == ["CS-1121-0001-process-1"]
    assert len({row["row_guid"] for rows in second.values() for row in rows}) == 2


async def test_every_row_has_every_column_and_days_bound_it(here: World) -> None:
    await here.hand_in()
    found = await exported(here)

    for name, rows in found.items():
        assert all(tuple(row) == columns(name) for row in rows), name

    def later(unit: Unit) -> Found:
        return national(unit, datetime(2026, 11, 22, tzinfo=UTC), EVER[1])

    assert not any((await here.parts.read(later)).values())


def test_a_cell_that_a_spreadsheet_would_run_is_text() -> None:
    rows = [{"a": "=HYPERLINK(1)", "b": "+86"}, {"a": "平常", "b": "-1"}]
    read = list(csv.reader(as_csv(("a", "b"), rows).decode("utf-8-sig").splitlines()))

    assert read == [["a", "b"], ["'=HYPERLINK(1)", "'+86"], ["平常", "'-1"]]


def test_a_file_is_whole_and_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    rows = [{"a": "一"}]

    file = write(folder, "up_pro_result", ("a",), rows, "json")
    write(folder, "up_pro_result", ("a",), rows, "json")

    assert json.loads(file.read_text("utf-8")) == rows
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == ["up_pro_result.json"]


def test_the_command_writes_a_file_for_every_table(tmp_path: Path) -> None:
    out, given = tmp_path / "out", environment(tmp_path / "data")
    wrong = CliRunner().invoke(cli, ["export", "--out", str(out), "--format", "xml"], env=given)
    turned = CliRunner().invoke(
        cli, ["export", "--out", str(out), "--since", "2026-02-01", "--until", "2026-01-01"], env=given
    )
    done = CliRunner().invoke(cli, ["export", "--out", str(out), "--since", "2026-01-01"], env=given)

    assert (wrong.exit_code, turned.exit_code, done.exit_code) == (2, 1, 0)
    assert "--until is before --since" in turned.output
    assert {file.stem for file in out.iterdir()} == set(TABLES)


async def test_a_pause_is_a_special_procedure_with_its_days(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    for action in ("start_review", "accept", "start_work"):
        await desk.act(number, action)
    await desk.act(number, "suspend", reason="要现场看一下", kind="2", until="2026-11-25")
    here.clock.step(hours=20)
    desk = await Desk.sign_in(here, "早班")
    await desk.act(number, "resume")
    (row,) = (await exported(here))["up_pro_special_procedure"]

    assert (row["special_type"], row["special_name"], row["special_reason"]) == ("2", "其他", "要现场看一下")
    assert (row["special_time"], row["end_time"]) == ("20261121T160000", "20261122T120000")
