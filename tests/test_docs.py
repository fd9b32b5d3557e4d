"""The documents keep up: every setting, command, figure and kind of step is told, no link is dead."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import pytest

from bot.settings import SETTINGS_FILE, Settings, secrets, variable
from dialogs import script
from handlers import metrics

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def row(field: str) -> str:
    """Return the row of docs/settings.md that this setting must have."""
    about = Settings.model_fields[field]
    default = about.default
    if type(default).__name__ == "timedelta" or default in ("", None, ()):
        default = default or ""
    secret = " or `…_FILE`" if field in secrets() else ""
    return (
        f"| `{variable(field)}`{secret} | {f'`{default}`' if default != '' else ''} | {about.description} |"
    )


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_in_the_table(field: str) -> None:
    assert row(field) in read("docs/settings.md").splitlines()


def test_no_setting_is_in_the_table_that_is_none() -> None:
    told = set(re.findall(rf"`({variable('')}[A-Z_]+)`", read("docs/settings.md")))

    assert told - {variable(field) for field in Settings.model_fields} == {SETTINGS_FILE}


def figures() -> list[str]:
    return sorted(each.name for each in metrics.REGISTRY.collect())


@pytest.mark.parametrize("name", figures())
def test_every_figure_is_explained(name: str) -> None:
    assert f"`{name}" in read("docs/operations.md")


def commands(app: Any, before: str = "") -> list[str]:
    """Return the commands of a typer application, "scripts check" for a nested one."""
    own = [
        before + (each.name or each.callback.__name__.replace("_", "-")) for each in app.registered_commands
    ]
    return own + [
        name for each in app.registered_groups for name in commands(each.typer_instance, f"{each.name} ")
    ]


def test_every_command_is_in_the_manual() -> None:
    if find_spec("bot.cli") is None:
        pytest.skip("there is no command line yet")
    manual = read("docs/operations.md")
    missing = [name for name in commands(import_module("bot.cli").app) if f"zerotrip {name}" not in manual]

    assert missing == []


def kinds() -> set[str]:
    """Return the kinds of steps a script may have."""
    found = (
        each.model_fields.get("kind")
        for each in vars(script).values()
        if isinstance(each, type) and issubclass(each, script.Part)
    )
    return {
        kind
        for field in found
        if field is not None
        for kind in get_args(field.annotation)
        if isinstance(kind, str)
    }


def test_every_kind_of_step_is_explained() -> None:
    if not (ROOT / "docs" / "answer-kinds.md").exists():
        pytest.skip("docs/answer-kinds.md is not written yet")
    written = "\n".join(file.read_text(encoding="utf-8") for file in DOCS if file.parent.name == "docs")
    missing = {kind for kind in kinds() if f"`{kind}`" not in written}

    assert kinds() >= {"choice", "id-number", "outcome"}
    assert missing == set()


@pytest.mark.parametrize("file", DOCS, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_link_is_dead(file: Path) -> None:
    targets = [link for link in LINK.findall(file.read_text(encoding="utf-8")) if "://" not in link]

    assert [link for link in targets if not (file.parent / link).exists()] == []


def test_the_first_screen_of_the_readme_has_both_commands() -> None:
    first_screen = "\n".join(read("README.md").splitlines()[:40])

    assert "make run" in first_screen
    assert "make test" in first_screen
    assert "http://127.0.0.1:8080/chat/" in first_screen
