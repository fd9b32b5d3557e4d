"""A version published by another process is taken up; people who stand on an old one keep it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.shelf import Shelf
from dialogs.script.loader import load, shipped_texts
from dialogs.world import Library
from handlers.turns import Decider
from storage import scripts
from storage.database import Database

NOW = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)


async def test_what_another_process_publishes_is_taken_up(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path / 'z.sqlite3'}", migrate=True)
    decider = Decider(Library.of([]), {})
    shelf = Shelf(database, decider, lambda: NOW)
    await shelf.fill()
    before = decider.library.live["pension_check"]

    text = next(text for text, name in shipped_texts() if name == "pension_check.yaml")
    newer = text + "\n# a word added\n"
    version = load(newer, "newer.yaml").version
    await database.run(lambda c: scripts.publish(c, [("pension_check", version, newer)], NOW))
    await shelf.refresh()
    await database.close()

    assert decider.library.live["pension_check"] == f"pension_check@{version}"
    assert before in decider.library.scripts
    assert decider.offices["changshan_social_insurance"].calendar.covered >= {2026}
