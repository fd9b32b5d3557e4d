"""Settings, keys and commands, as an operator meets them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from intake.keeping.vault import KeyFileError, SealBroken, Vault, open_vault
from intake.office.limits import BURST, Buckets
from intake.settings import SettingsError, load
from intake.web import allowed
from tests import forked
from tests.intake.process import environment, served
from tests.intake.world import TOKEN, World


def test_every_wrong_setting_is_named_at_once() -> None:
    wrong = {
        "INTAKE_PORT": "x",
        "INTAKE_AREA": "cs",
        "INTAKE_CALLBACK_URL": "ftp://x",
        "INTAKE_TOKEN": "short",
    }

    with pytest.raises(SettingsError) as caught:
        load(wrong)

    for name in (*wrong, "INTAKE_WEBHOOK_SECRET"):
        assert name in str(caught.value)
    assert "short" not in str(caught.value)


def test_secrets_may_come_from_files_and_are_never_shown(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")

    found = load({"INTAKE_TOKEN_FILE": str(tmp_path / "token")})

    assert found.token == TOKEN
    assert TOKEN not in repr(found)


def test_the_manual_names_every_setting() -> None:
    manual = Path("docs/intake.md").read_text("utf-8")
    source = Path("intake/settings.py").read_text("utf-8")

    names = {word.strip("\"',.:)") for word in source.split() if word.startswith('"INTAKE_')}
    for name in names | {"INTAKE_TOKEN", "INTAKE_WEBHOOK_SECRET"}:
        assert name.rstrip('")') in manual


def test_the_key_file_is_made_for_its_owner_alone_and_refused_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    sealed = open_vault(file).seal(b"secret", "t.c:1")
    mode = stat.S_IMODE(file.stat().st_mode)

    opened = open_vault(file).open(sealed, "t.c:1")
    file.chmod(0o644)

    assert (mode, opened) == (0o600, b"secret")
    with pytest.raises(KeyFileError, match="chmod 600"):
        open_vault(file)


def test_a_sealed_value_opens_only_in_its_place_unaltered_and_after_a_rotation() -> None:
    old, new = b"o" * 32, b"n" * 32
    sealed = Vault([old]).seal(b"secret", "t.c:1")
    rotated = Vault([new, old])

    assert rotated.open(sealed, "t.c:1") == b"secret"
    assert rotated.blind("name", "x") == Vault([old]).blind("name", "x")
    for vault, data, place in (
        (rotated, sealed, "t.c:2"),
        (rotated, sealed[:-1] + bytes([sealed[-1] ^ 1]), "t.c:1"),
        (Vault([new]), sealed, "t.c:1"),
    ):
        with pytest.raises(SealBroken):
            vault.open(data, place)


def test_a_bucket_gives_its_burst_then_one_a_minute() -> None:
    now = [0.0]
    bucket = Buckets(lambda: now[0])

    waits = [bucket.take("x") for _ in range(BURST + 1)]
    now[0] += waits[-1]
    after = bucket.take("x")

    assert waits == [0] * BURST + [61]
    assert (after, bucket.take("y")) == (0, 0)


async def test_every_route_says_who_may_call_it(here: World) -> None:
    from intake import api
    from intake.office import review

    for table in (api.routes, review.routes):
        for route in table:
            assert allowed(getattr(route, "handler", None)), route


async def test_metrics_are_told_to_the_bearer(here: World) -> None:
    await here.hand_in()
    await here.told(1)
    headers = {"Authorization": f"Bearer {TOKEN}"}

    async with here.session.get(f"{here.url}/metrics", headers=headers) as answer:
        text = await answer.text()

    assert 'intake_callbacks_owed{state="failed"} 0.0' in text
    assert "CS-1121" not in text


async def test_serving_twice_is_refused_and_commands_may_visit(tmp_path: Path) -> None:
    given = environment(tmp_path)
    with served(tmp_path):
        second, _, told = await forked.run("intake", "serve", environment=given)
        _, invited, _ = await forked.run("intake", "invite", environment=given)
        looked, _, _ = await forked.run("intake", "looks", environment=given)

    assert second == 1
    assert "already served" in told
    assert "/review/#code=" in invited
    assert looked == 0
