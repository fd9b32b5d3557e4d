"""Playing a script in the terminal: what is said, what the player may do, and the way put on record."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.commands.scenarios import added, nobody
from dialogs.answers import is_woman
from dialogs.script import loader
from dialogs.script.check import check, errors
from tests.dialogs.scripts import SMALL, TODAY

LUNCH = "--now=2026-11-20 12:30"
ENROL = ("想在常山交社保", "1", "1", "1", "1", "同意", "胡某某", "999901198803050247", "1")


def run(*lines: str, options: tuple[str, ...] = (LUNCH,)) -> Result:
    return CliRunner().invoke(app, ["scripts", "play", *options], input="\n".join(lines) + "\n")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "permit.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_the_whole_errand_is_played_with_numbers_alone() -> None:
    result = run(*ENROL, ":photo", ":photo", "1", ":intake received", ":intake pre_review", ":quit")

    assert result.exit_code == 0, result.output
    assert "    1 在\n    2 不在\n" in result.output
    assert "交上去了。号码CS-1120-0001。最晚11月23日(周一)给您回话。" in result.output
    assert "工作人员正在看您的材料" in result.output


def test_a_person_is_always_zero() -> None:
    result = run("0")

    assert "    0 找工作人员" in result.output
    assert "(a ticket for a person: asked)" in result.output


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("blurred", "有些模糊"),
        ("dark", "太暗"),
        ("cut", "没有拍全"),
        ("glare", "反光"),
        ("truncated", "没有传完整"),
    ],
)
def test_photos_are_as_bad_as_they_are_said_to_be(kind: str, words: str) -> None:
    assert words in run(*ENROL, f":photo {kind}").output


def test_the_same_photo_again_is_noticed() -> None:
    assert "是同一张" in run(*ENROL, ":photo", ":photo same").output


def test_a_denial_needs_why_and_how() -> None:
    handed_in = (
        *ENROL,
        ":photo",
        ":photo",
        "1",
        ":intake received",
        ":intake pre_review",
        ":intake accepted",
    )
    result = run(*handed_in, ":intake denied", ":intake denied 照片看不清 / 重新拍一张")

    assert "Say why and how" in result.output
    assert "原因：照片看不清" in result.output


def test_time_goes_by_and_drafts_are_forgotten() -> None:
    result = run(*ENROL, ":wait 29d", "帮助", ":wait 31d", ":state")

    assert "2026-12-19 Sat" in result.output
    assert '"script"' not in result.output


@pytest.mark.parametrize(
    "line", [":", ":foo", ":tap", ":tap 99", ":wait long", ":intake accepted", ":photo cat"]
)
def test_what_cannot_be_done_is_said_with_what_can(line: str) -> None:
    result = run(line, "帮助")

    assert result.exit_code == 0
    assert "随时可以回这几个词" in result.output


def test_a_script_of_ones_own_begins_at_once(file: Path) -> None:
    result = run("2", options=(LUNCH, str(file)))

    assert "住在哪里？" in result.output
    assert "同意" in result.output


def test_a_file_that_does_not_load_is_not_played(file: Path) -> None:
    file.write_text("format: 1", encoding="utf-8")

    result = run(options=(str(file),))

    assert result.exit_code == 2
    assert "scripts check" in result.stderr


def test_the_way_played_becomes_a_scenario(file: Path) -> None:
    options = (LUNCH, str(file), "--record=住得太短", "--write")
    result = run("租的", "3", options=options)

    assert result.exit_code == 0, result.output
    text = file.read_text(encoding="utf-8")
    assert text.startswith(SMALL)
    script = loader.load(text, "permit.yaml")
    assert script.scenarios[-1].given == {"stay": "rented", "months": 3}
    assert script.scenarios[-1].expect.outcome == "too_short"
    assert errors(check(script, TODAY)) == []


def test_a_recorded_way_holds_no_name() -> None:
    output = run(*ENROL, ":photo", ":photo", ":record 本地人").output
    recorded = output.split("- name: 本地人")[1]

    assert "expect: {submit: true, materials: [id_card]}" in recorded
    assert "胡某某" not in recorded


def test_a_way_without_an_end_is_no_scenario(file: Path) -> None:
    result = run("租的", options=(LUNCH, str(file), "--record=x"))

    assert result.exit_code == 2
    assert "play on to an outcome" in result.stderr


def test_writing_needs_a_file_and_a_name() -> None:
    assert run(options=("--write",)).exit_code == 2


def test_a_scenario_goes_to_the_end_of_the_list_and_comments_stay() -> None:
    text = "a: 1\nscenarios:   # mine\n  - {name: x}  # first\n\n# after\nb: 2\n"

    assert added(text, "- name: y\n  given: {}") == (
        "a: 1\nscenarios:   # mine\n  - {name: x}  # first\n  - name: y\n    given: {}\n\n# after\nb: 2\n"
    )
    assert added("a: 1\n", "- name: y").endswith("a: 1\n\nscenarios:\n  - name: y\n")


def test_the_number_of_nobody_keeps_birthday_and_sex() -> None:
    made = nobody("999901198803050247")

    assert made[:14] == "99990119880305"
    assert is_woman(made) == is_woman("999901198803050247")
