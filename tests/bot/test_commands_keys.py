"""`zerotrip keys`: from one master key to the next, with nothing lost on the way; and errors in one line."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from storage.database import Database
from storage.people import agents
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests import tables
from tests.storage.world import START


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a ring and a database in which three persons are known."""
    monkeypatch.setenv("ZEROTRIP_DATA_DIR", str(tmp_path))
    url = tables.of_bot(tmp_path / "zerotrip.db")
    monkeypatch.setenv("ZEROTRIP_DATABASE_URL", url)
    vault = Vault(KeyRing.read_or_create(tmp_path / "master.key"))
    asyncio.run(_add_three(url, vault))
    return tmp_path


async def _add_three(url: str, vault: Vault) -> None:
    database = await Database.open(url, migrate=True)
    for name in ("叶一", "叶二", "叶三"):
        await database.run(
            lambda c, name=name: agents.add(c, vault, name, "球川村", "+8613800000000", START)  # type: ignore[misc]
        )
    await database.close()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, [*words])


def ids(here: Path) -> list[str]:
    return [key.hex() for key in KeyRing.read(here / "master.key").keys]


def test_everybody_moves_to_a_new_key_and_the_old_one_may_go(here: Path) -> None:
    (old,) = ids(here)
    assert run("keys", "add").exit_code == 0
    early = run("keys", "drop", old)
    moved, again = run("keys", "rewrap"), run("keys", "rewrap")
    dropped = run("keys", "drop", old)
    (new,) = ids(here)

    assert (early.exit_code, "still wraps 3 keys" in early.stderr) == (2, True)
    assert "Moved 3 keys." in moved.stdout
    assert "Moved 0 keys." in again.stdout
    assert (dropped.exit_code, new != old) == (0, True)
    assert re.search(rf"{new}\D+3\D+yes", run("keys", "list").stdout)
    listed = run("agents", "list").stdout
    assert all(name in listed for name in ("叶一", "叶二", "叶三"))


def test_what_was_stopped_half_way_goes_on(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from storage.people import applicants

    assert run("keys", "add").exit_code == 0
    small = applicants.rewrap
    monkeypatch.setattr(applicants, "rewrap", lambda c, vault, current: small(c, vault, current, limit=1))
    with monkeypatch.context() as patch:
        patch.setattr(Vault, "rewrap", _dies_at_the_second(Vault.rewrap))
        assert run("keys", "rewrap").exit_code != 0
    assert "Moved 2 keys." in run("keys", "rewrap").stdout
    assert "叶三" in run("agents", "list").stdout


def _dies_at_the_second(rewrap: object) -> object:
    calls: list[bytes] = []

    def die(vault: Vault, wrapped: bytes) -> bytes:
        calls.append(wrapped)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return rewrap(vault, wrapped)  # type: ignore[operator,no-any-return]  # the method itself

    return die


def test_the_key_in_use_and_one_nobody_knows_are_not_dropped(here: Path) -> None:
    (current,) = ids(here)
    for wrong, words in ((current, "wraps what is new"), ("ffffffff", "no key ffffffff"), ("x", "no key x")):
        refused = run("keys", "drop", wrong)
        assert (refused.exit_code, words in refused.stderr) == (2, True)
    assert ids(here) == [current]


COMMANDS = [
    ("agents", "list"),
    ("agents", "code", "01"),
    ("agents", "remove", "01"),
    ("erasure", "verify", "SC-0000-0000-0000"),
    ("keys", "rewrap"),
]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_ring_that_is_gone_is_said_in_one_line(here: Path, words: tuple[str, ...]) -> None:
    (here / "master.key").unlink()
    refused = run(*words)

    assert refused.exit_code == 2
    assert "cannot be read as a key ring" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("words", [*COMMANDS, ("dead-letters", "list")])
def test_a_database_that_is_not_there_is_said_in_one_line(
    here: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZEROTRIP_DATABASE_URL", f"sqlite:///{here / 'nowhere' / 'z.db'}")
    refused = run(*words)

    assert refused.exit_code == 2
    assert isinstance(refused.exception, SystemExit)
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_setting_that_makes_no_sense_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROTRIP_PORT", "many")
    refused = run("erasure", "verify", "SC-0000-0000-0000")

    assert refused.exit_code == 2
    assert "PORT" in refused.stderr
    assert "Traceback" not in refused.stderr
