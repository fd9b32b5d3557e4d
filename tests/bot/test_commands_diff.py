"""`zerotrip scripts diff`: two files, or versions that were published."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from dialogs.script.loader import load
from storage import scripts
from storage.database import Database
from tests.dialogs.scripts import SMALL, small

NOW = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)
LATER = small(("answers.months < 6", "answers.months < 12"), ("months: 6}", "months: 12}"))
LINE = "几个月：6到11（1种）：现在办不了：要住满半年。"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["scripts", "diff", "--today=2026-11-21", *words])


def files(folder: Path) -> tuple[str, str]:
    old, new = folder / "old.yaml", folder / "new.yaml"
    old.write_text(SMALL, encoding="utf-8")
    new.write_text(LATER, encoding="utf-8")
    return str(old), str(new)


def test_two_files_are_compared_for_those_they_concern(tmp_path: Path) -> None:
    old, new = files(tmp_path)

    found = run(old, new)

    assert found.stdout.splitlines() == ["居住证：4种情况里有1种变了。", LINE]
    assert found.exit_code == 1
    assert run(old, old).exit_code == 0
    assert "1 of 4 situations change" in run(old, new, "--lang=en").stdout


def test_the_comparison_comes_as_json_too(tmp_path: Path) -> None:
    found = json.loads(run(*files(tmp_path), "--json").stdout)

    assert (found["situations"], found["changed"]) == (4, 1)
    (change,) = found["changes"]
    assert change["differences"] == [{"kind": "end_outcome", "names": ["too_short"]}]
    assert change["who"] == [{"answers": {"months": [6]}, "situations": 1}]


def test_a_script_that_does_not_load_is_said_with_the_remedy(tmp_path: Path) -> None:
    old, _ = files(tmp_path)

    assert "scripts check" in run(old, str(Path(__file__))).stderr
    missing = run(old, str(tmp_path / "no.yaml"))
    assert (missing.exit_code, "Name a YAML script file." in missing.stderr) == (2, True)


def test_published_versions_are_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROTRIP_DATA_DIR", str(tmp_path))
    url = f"sqlite:///{tmp_path / 'published.sqlite3'}"
    monkeypatch.setenv("ZEROTRIP_DATABASE_URL", url)
    versions = [load(text, "permit.yaml").version for text in (SMALL, LATER)]
    asyncio.run(_publish(url, list(zip(versions, (SMALL, LATER), strict=True))))

    found = run(f"permit@{versions[0]}", "permit")

    assert found.stdout.splitlines()[1:] == [LINE]
    unknown = run("permit@none", "permit")
    assert unknown.exit_code == 2
    assert all(version in unknown.stderr for version in versions)


async def _publish(url: str, texts: list[tuple[str, str]]) -> None:
    database = await Database.open(url, migrate=True)
    rows = [("permit", version, text) for version, text in texts]
    await database.run(lambda connection: scripts.publish(connection, rows, NOW))
    await database.close()
