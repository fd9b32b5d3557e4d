"""The doctor changes nothing, and says what to do about what is lacking."""

from __future__ import annotations

import io
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import pytest
from aiohttp.test_utils import TestServer
from rich.console import Console

from bot import doctor
from bot.doctor import Finding, examine, show
from bot.settings import PREFIX
from storage.database import Database
from storage.sealing.keyring import KeyRing
from tests.intake_fake import FakeIntake

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    folder = tmp_path / "var"
    monkeypatch.setenv("ZEROTRIP_DATA_DIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def no_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real decoder takes a second to start; one look by hand is enough."""
    monkeypatch.setattr(doctor, "Photos", Walls)


async def found() -> dict[str, Finding]:
    return {each.name: each for each in await examine()}


async def test_before_the_first_run_nothing_is_in_the_way_and_nothing_is_made(folder: Path) -> None:
    findings = await found()

    assert {name: findings[name].level for name in ("settings", "data folder", "key ring", "database")} == {
        "settings": "ok",
        "data folder": "ok",
        "key ring": "ok",
        "database": "ok",
    }
    assert not folder.exists()


async def test_a_served_folder_is_fine(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    KeyRing.read_or_create(folder / "master.key")
    database = await Database.open(f"sqlite:///{folder / 'zerotrip.sqlite3'}", migrate=True)
    await database.close()

    findings = await found()

    assert findings["key ring"].what.startswith("1 key(s)")
    assert findings["database"].what == "sqlite, tables up to date"
    assert findings["outbox"].level == "ok"


async def test_tables_of_another_release_are_migrated_first(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "zerotrip.sqlite3").touch()

    findings = await found()

    assert findings["database"].level == "bad"
    assert findings["database"].remedy == "zerotrip migrate"
    assert findings["key ring"].level == "warn"


async def test_an_open_folder_and_an_open_key_ring_are_named(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)
    KeyRing.read_or_create(folder / "master.key")
    (folder / "master.key").chmod(0o644)

    findings = await found()

    assert findings["data folder"].remedy == f"chmod 700 {folder}"
    assert findings["key ring"].level == "bad"


async def test_a_database_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int) -> None:
    monkeypatch.setenv("ZEROTRIP_DATABASE_URL", f"postgresql://bot:hunter2@127.0.0.1:{unused_tcp_port}/x")

    findings = await found()

    assert findings["database"].level == "bad"
    assert "hunter2" not in str(findings)


@pytest.fixture
async def intake(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeIntake]:
    fake = FakeIntake()
    async with TestServer(fake.app()) as server:
        monkeypatch.setenv("ZEROTRIP_INTAKE_URL", str(server.make_url("")).rstrip("/"))
        monkeypatch.setenv("ZEROTRIP_INTAKE_TOKEN", fake.token)
        monkeypatch.setenv("ZEROTRIP_INTAKE_WEBHOOK_SECRET", SECRET)
        yield fake


async def test_the_intake_service_is_asked(intake: FakeIntake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await found())["intake service"].level == "ok"

    monkeypatch.setenv("ZEROTRIP_INTAKE_TOKEN", "another-token")
    assert (await found())["intake service"].level == "warn"


class Walls:
    """Photos whose walls are as told."""

    told: ClassVar[dict[str, bool]] = {}

    def __init__(self, workers: int) -> None:
        pass

    async def __aenter__(self) -> Walls:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def walls(self) -> dict[str, bool]:
        return self.told


WECHAT = {
    "WECHAT_APP_ID": "wx0123456789abcdef",
    "WECHAT_APP_SECRET": "four-quiet-herons",
    "WECHAT_TOKEN": "eightcalmcranes",
    "WECHAT_AES_KEY": "0123456789" * 4 + "abc",
}
SET_UP = {
    "PUBLIC_URL": "https://bot.example.gov.cn",
    "TRUSTED_PROXIES": "10.0.0.5",
    "WECHAT_TEMPLATE": "0123456789abc:title=thing1",
}
LACKING = {"PUBLIC_URL": "public address", "TRUSTED_PROXIES": "proxy", "WECHAT_TEMPLATE": "wechat notices"}


@pytest.mark.parametrize("left_out", ["", *LACKING])
async def test_what_the_apps_lack_to_reach_us_is_worth_knowing(
    monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    for name, value in (WECHAT | SET_UP).items():
        if name != left_out:
            monkeypatch.setenv(PREFIX + name, value)
    findings = await found()

    assert findings["channels"].what == "web chat, wechat"
    told = {name for name in LACKING.values() if name in findings}
    assert told == ({LACKING[left_out]} if left_out else set())


@pytest.mark.parametrize(
    ("walls", "level"),
    [({"files": True, "network": True}, "ok"), ({"files": True, "network": False}, "warn"), ({}, "bad")],
)
async def test_the_walls_around_photos(
    walls: dict[str, bool], level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Walls, "told", walls)
    monkeypatch.setattr(doctor, "Photos", Walls)

    assert (await found())["photos"].level == level


async def test_settings_that_cannot_be_used_are_all_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROTRIP_PORT", "x")
    monkeypatch.setenv("ZEROTRIP_OUTBOX_LEASE", "x")

    assert [each.level for each in await examine()] == ["bad", "bad"]


async def test_a_slip_in_a_name_is_worth_knowing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROTRIP_PROT", "1")

    assert (await found())["settings"].what.endswith("Did you mean ZEROTRIP_PORT?")


async def test_a_check_that_fails_itself_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def moon() -> Finding:
        raise RuntimeError("no moon")

    async def check_moon(_: object) -> AsyncIterator[Finding]:
        yield moon()

    monkeypatch.setattr(doctor, "CHECKS", (check_moon, doctor.check_machine))

    findings = await found()

    assert findings["moon"].what == "could not be looked at: RuntimeError: no moon"
    assert "python" in findings


def test_the_command_prints_and_says_how_it_went(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_machine,))
    assert doctor.run(as_json=True) == 0
    assert json.loads(capsys.readouterr().out)[0] == {
        "name": "settings",
        "level": "ok",
        "what": "read",
        "remedy": "",
    }

    monkeypatch.setenv("ZEROTRIP_PORT", "x")
    assert doctor.run() == 1


def test_the_table_says_the_level_in_words() -> None:
    stream = io.StringIO()
    show([Finding("disk", "bad", "0.1 GB free", "make room")], Console(file=stream, width=100))

    assert "bad" in stream.getvalue()
    assert "make room" in stream.getvalue()
