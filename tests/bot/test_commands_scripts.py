"""The commands that prove scripts."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from bot.commands import scripts
from dialogs.script.loader import shipped_texts
from tests.dialogs.scripts import SMALL, small

DAY = "--today=2026-11-21"


def run(*words: str) -> Result:
    app = typer.Typer()
    app.command()(scripts.check)
    app.command()(scripts.paths)
    return CliRunner().invoke(app, [*words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "permit.yaml"


def test_the_shipped_scripts_pass_with_warnings() -> None:
    result = run("check", DAY)

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == f"0 errors, {len(shipped_texts())} warnings"  # 待核实, each


def test_warnings_block_when_asked_to() -> None:
    assert run("check", DAY, "--strict").exit_code == 1


def test_a_broken_script_is_pointed_at_line_and_column(file: Path) -> None:
    file.write_text(small(("between: [", "betwen: [")), encoding="utf-8")

    result = run("check", DAY, str(file))

    assert result.exit_code == 1
    assert f"error: {file}:29:5: there is no key `betwen`" in result.stdout


def test_findings_come_as_json_too(file: Path) -> None:
    file.write_text(small(("promised: {days: 10,", "promised: {days: 16,")), encoding="utf-8")

    found = json.loads(run("check", DAY, "--json", str(file)).stdout)

    assert [(each["code"], each["tier"], each["line"]) for each in found] == [("late-promise", "error", 14)]


def test_a_file_that_is_not_there_is_said_with_the_remedy(file: Path) -> None:
    result = run("check", str(file))

    assert result.exit_code == 2
    assert "Name a YAML script file." in result.stderr
    file.write_bytes(b"\xff\xfe")
    assert run("paths", str(file)).exit_code == 2


def test_every_situation_is_listed_in_words() -> None:
    result = run("paths", DAY)

    assert result.exit_code == 0
    assert "灵活就业人员参保登记" in result.stdout
    assert "outcome" in result.stdout


def test_every_situation_comes_with_its_notice_as_json(file: Path) -> None:
    file.write_text(SMALL, encoding="utf-8")

    (guide,) = json.loads(run("paths", DAY, "--json", str(file)).stdout)
    short, long, own = guide["situations"]

    assert guide["coverage"] == "every"
    assert short["said"] == {"住处": "租的", "几个月": "0"}
    assert (short["end"], short["why"]) == ("outcome", "要住满半年。")
    assert long["papers"] == [{"id": "lease", "title": "合同", "pages": ["page", "page"]}]
    assert own["asked"] == ["stay", "name"]


def test_a_script_that_does_not_load_lists_nothing(file: Path) -> None:
    file.write_text("format: 1", encoding="utf-8")

    result = run("paths", str(file))

    assert result.exit_code == 2
    assert "scripts check" in result.stderr


def test_invented_people_are_told_by_age_and_sex() -> None:
    guides = json.loads(run("paths", DAY, "--json", "--lang=en").stdout)
    first = guides[0]["situations"][0]

    assert first["said"]["Identity number"] == "woman, 16"
