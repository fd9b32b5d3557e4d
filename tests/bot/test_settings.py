"""The table of settings: every problem at once, nothing secret shown."""

from __future__ import annotations

import os
import stat
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from bot.settings import PREFIX, Settings, SettingsError, load, secrets, shown, table, unknown, variable

WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def put(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(PREFIX + name, value)


def problems() -> list[str]:
    with pytest.raises(SettingsError) as fault:
        load()
    return fault.value.problems


def test_nothing_set_serves_the_embedded_default() -> None:
    settings = load()

    assert settings.port == 8080
    assert settings.origin == "http://127.0.0.1:8080"
    assert settings.database.startswith("sqlite:////")
    assert settings.database.endswith("/var/zerotrip.sqlite3")
    assert settings.key_ring == Path("var/master.key")


def test_units_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    put(
        monkeypatch,
        OUTBOX_LEASE="1.5m",
        MAX_PHOTO_BYTES="12 MiB",
        TRUSTED_PROXIES="10.0.0.5, 10.1.0.0/24 ::1",
    )

    settings = load()

    assert settings.outbox_lease == timedelta(seconds=90)
    assert settings.max_photo_bytes == 12 * 1024 * 1024
    assert settings.trusted_proxies == tuple(map(ip_network, ("10.0.0.5", "10.1.0.0/24", "::1")))


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, PORT="", INTAKE_URL="")

    assert load().port == 8080


def test_every_problem_is_told_at_once_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    put(
        monkeypatch,
        PORT="70000",
        DATABASE_URL="mysql://x",
        PUBLIC_URL="bot.example.gov.cn",
        INTAKE_URL="http://user:pass@intake",
        INTAKE_TOKEN="changeme",
        OUTBOX_LEASE="30",
        TRUSTED_PROXIES="10.0.0.0/24, proxy",
        LOG_LEVEL="loud",
    )

    found = problems()

    assert len(found) == 9
    for name in (
        "PORT",
        "DATABASE_URL",
        "PUBLIC_URL",
        "INTAKE_URL",
        "INTAKE_TOKEN",
        "OUTBOX_LEASE",
        "LOG_LEVEL",
    ):
        assert any(each.startswith(f"{PREFIX}{name} ") for each in found)
    assert any("INTAKE_WEBHOOK_SECRET is missing" in each for each in found)
    assert any("openssl rand" in each for each in found)


def test_no_problem_repeats_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, INTAKE_WEBHOOK_SECRET="whsec_c2hvcnQ=", DATABASE_URL="oracle://u:hunter2@h/d", PORT="x")

    assert "c2hvcnQ" not in str(problems())
    assert "hunter2" not in str(problems())


def test_a_secret_may_be_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("a-real-token\n")
    file.chmod(0o600)
    put(monkeypatch, INTAKE_TOKEN_FILE=str(file))

    assert load().intake_token.get_secret_value() == "a-real-token"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [(None, 0o600, "cannot be read"), ("x", 0o644, "others may read"), ("\n", 0o600, "empty")],
)
def test_a_secret_file_that_cannot_be_used(
    content: str | None, mode: int, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
        file.chmod(mode)
    put(monkeypatch, INTAKE_TOKEN_FILE=str(file), PORT="x")

    found = problems()

    assert len(found) == 2
    assert any(said in each for each in found)


def test_a_secret_and_its_file_are_one_too_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.touch(stat.S_IRUSR)
    file.write_text("from-file")
    put(monkeypatch, INTAKE_TOKEN="from-environment", INTAKE_TOKEN_FILE=str(file))

    assert problems() == ["ZEROTRIP_INTAKE_TOKEN and ZEROTRIP_INTAKE_TOKEN_FILE are both set. Keep one."]


def test_environment_over_file_over_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "zerotrip.env"
    file.write_text("ZEROTRIP_PORT=9001\nZEROTRIP_HOST=0.0.0.0\n")
    put(monkeypatch, SETTINGS_FILE=str(file), PORT="9002")

    settings = load()

    assert (settings.port, settings.host) == (9002, "0.0.0.0")
    assert load(port=9003).port == 9003


def test_a_settings_file_that_is_not_there_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, SETTINGS_FILE="nowhere.env")

    assert "no file" in problems()[0]


def test_nothing_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    put(
        monkeypatch,
        DATABASE_URL="postgresql://bot:hunter2@db/zerotrip",
        INTAKE_TOKEN="hunter2",
        INTAKE_WEBHOOK_SECRET=WEBHOOK_SECRET,
        METRICS_TOKEN="hunter2",
    )
    settings = load()

    said = f"{list(table(settings))} {settings!r} {settings} {settings.intake_token}"

    assert "***" in said
    assert "MfKQ9" not in said
    assert "hunter2" not in said


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().port = 1


def test_slips_are_named_with_what_was_meant() -> None:
    found = unknown({"ZEROTRIP_PROT": "1", "ZEROTRIP_WECHAT_TOKN": "x", "ZEROTRIP_PORT": "1", "HOME": "/"})

    assert found == [
        "ZEROTRIP_PROT is not a setting. Did you mean ZEROTRIP_PORT?",
        "ZEROTRIP_WECHAT_TOKN is not a setting. Did you mean ZEROTRIP_WECHAT_TOKEN?",
    ]


def test_every_row_has_a_help_and_a_name() -> None:
    assert all(field.description for field in Settings.model_fields.values())
    assert variable("port") == "ZEROTRIP_PORT"
    assert {"intake_token", "intake_webhook_secret", "metrics_token", "wechat_aes_key"} < set(secrets())
    assert shown("master_key_file", None) == ""


WECHAT = {
    "WECHAT_APP_ID": "wx0123456789abcdef",
    "WECHAT_APP_SECRET": "four-quiet-herons",
    "WECHAT_TOKEN": "eightcalmcranes",
    "WECHAT_AES_KEY": "0123456789" * 4 + "abc",
}


@pytest.mark.parametrize("name", ["WECHAT_APP_SECRET", "WECHAT_TOKEN", "WECHAT_AES_KEY"])
def test_wechat_is_not_on_without_its_secrets(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    put(monkeypatch, **{**WECHAT, name: ""})

    assert any(f"{name} is missing" in each for each in problems())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WECHAT_AES_KEY", "short", "43 letters"),
        ("WECHAT_AES_KEY", "!" * 43, "43 letters"),
        ("WECHAT_TEMPLATE", "just-an-id-without-fields", "is no template"),
        ("WECHAT_TEMPLATE", "0123456789abc:heading=thing1", "none of our words: title, number, state, day"),
        ("WECHAT_SUBSCRIPTION", "0123456789abc:title=", "no field of the template"),
        ("WECHAT_DOMAIN_PROOF", "../etc/passwd", "is no MP_verify file"),
    ],
)
def test_what_wechat_could_not_use_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    put(monkeypatch, **{**WECHAT, name: value})

    (problem,) = problems()
    assert problem.startswith(f"{PREFIX}{name} ")
    assert said in problem


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("https://127.0.0.1", False),
        ("http://10.0.0.5", False),
        ("https://bot.example.gov.cn", False),
        ("http://localhost.example.cn", False),
    ],
)
def test_calls_in_the_clear_come_to_this_machine_only(
    monkeypatch: pytest.MonkeyPatch, url: str, fine: bool
) -> None:
    put(monkeypatch, **WECHAT, WECHAT_MODE="plain", PUBLIC_URL=url)

    assert (not fine) or load().wechat_mode == "plain"
    assert fine or "WECHAT_MODE is plain" in problems()[0]
