"""`zerotrip wechat`, run as an operator runs it, against a WeChat that refuses what WeChat refuses."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from bot import logs
from bot.cli import app
from handlers.channels.wechat.menu import MenuFault, default_menu, read_menu
from tests import forked
from tests.platforms.base import serving
from tests.platforms.wechat import FakeWeChat
from tests.platforms.wechat.rules import check_menu

ORIGIN = "https://bot.example.gov.cn"


@dataclass
class Operator:
    """Somebody at the command line of a machine with this account set."""

    fake: FakeWeChat
    folder: Path

    async def run(self, *words: str, **settings: str) -> tuple[int, str, str]:
        """Return exit code, output and errors of `zerotrip wechat <words>`."""
        own = {"ZEROTRIP_DATA_DIR": str(self.folder), "ZEROTRIP_PUBLIC_URL": ORIGIN}
        known = {name: value for name, value in os.environ.items() if not name.startswith("ZEROTRIP_")}
        given = {**known, **own, **self.fake.settings(), **settings}
        return await forked.run("bot", "wechat", *words, environment=given)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line in this process, with an account that is set and out of reach."""
    for name, value in FakeWeChat().settings().items():
        monkeypatch.setenv(name, value)
    for name in ("TEMPLATE", "SUBSCRIPTION", "API_URL"):
        monkeypatch.delenv(f"ZEROTRIP_WECHAT_{name}")
    monkeypatch.setenv("ZEROTRIP_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(logs, "configure", lambda *_: None)  # the runner's streams end with the test
    return CliRunner()


@pytest.fixture
async def operator(tmp_path: Path) -> AsyncIterator[Operator]:
    fake = FakeWeChat()
    async with serving(fake):
        yield Operator(fake, tmp_path)


async def test_a_menu_is_sent_and_can_be_looked_at(operator: Operator) -> None:
    sent, _, errors = await operator.run("menu")
    after, there, _ = await operator.run("show")

    assert (sent, after, errors) == (0, 0, "")
    assert operator.fake.account.menu == json.loads(there)["menu"]
    assert f"{ORIGIN}/subscribe/" in there
    assert [call.code for call in operator.fake.calls if call.name == "stable_token"] == [0]  # kept between


def test_a_menu_is_shown_and_not_sent(here: CliRunner) -> None:
    done = here.invoke(app, ["wechat", "menu", "--dry-run"])  # nobody listens at the account's address

    assert done.exit_code == 0
    assert [each["name"] for each in json.loads(done.stdout)["button"]] == ["我要办事", "查进度", "更多"]


def test_a_menu_of_ones_own_that_is_wrong_is_told_in_full_and_not_sent(
    here: CliRunner, tmp_path: Path
) -> None:
    file = tmp_path / "menu.yaml"
    file.write_text("- {name: 这个名字实在太长, say: 你好}\n- {name: 帮助}\n", encoding="utf-8")

    done = here.invoke(app, ["wechat", "menu", "--file", str(file)])

    assert done.exit_code == 2
    assert "button 1: its name has 1 to 16 bytes" in done.stderr
    assert "button 2: it does one thing" in done.stderr


def test_a_file_that_is_not_there_is_said(here: CliRunner, tmp_path: Path) -> None:
    done = here.invoke(app, ["wechat", "menu", "--file", str(tmp_path / "nothing.yaml")])

    assert done.exit_code == 2
    assert "nothing.yaml cannot be read" in done.stderr


def test_without_an_account_it_says_what_to_set(here: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ID", "SECRET"):
        monkeypatch.delenv(f"ZEROTRIP_WECHAT_APP_{name}")
    done = here.invoke(app, ["wechat", "show"])

    assert done.exit_code == 2
    assert "ZEROTRIP_WECHAT_APP_ID" in done.stderr


async def test_a_poster_opens_the_service_it_is_drawn_for(operator: Operator) -> None:
    out = operator.folder / "poster.png"
    code, said, errors = await operator.run(
        *("qrcode", "--scene", "flexible_enrolment", "--out", str(out), "--permanent")
    )

    [made] = operator.fake.account.codes
    assert (code, errors) == (0, "")
    assert (made.scene, made.until) == ("flexible_enrolment", None)
    assert made.url in said
    with Image.open(out) as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 400  # sharp on paper


async def test_a_code_for_no_service_is_drawn_with_a_warning(operator: Operator) -> None:
    code, _, errors = await operator.run("qrcode", "--scene", "flexible", "--out", str(operator.folder / "x"))

    assert code == 0
    assert "No service is called flexible" in errors
    [made] = operator.fake.account.codes
    assert made.until is not None


async def test_what_wechat_refuses_is_said_with_the_remedy_and_without_the_secret(operator: Operator) -> None:
    operator.fake.account.listed = False
    code, out, errors = await operator.run("menu")

    assert code == 1
    assert "stable_token: 40164" in errors
    assert "not on the account's IP list" in errors
    assert operator.fake.account.secret not in out + errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("notices", [True, False])
def test_the_menu_that_comes_with_us_is_one_wechat_takes(notices: bool) -> None:
    menu = read_menu(default_menu(notices=notices), ORIGIN)

    check_menu(menu)
    assert (f"{ORIGIN}/subscribe/" in json.dumps(menu)) is notices


WRONG = [
    ("", "a list of 1 to 3"),
    ("name: x", "a list of 1 to 3"),
    ("- {name: a, say: b}\n" * 4, "a list of 1 to 3"),
    ("- [1]", "write {name"),
    ("- {say: b}", "its name"),
    ("- {name: a, say: b, url: /x}", "one thing"),
    ("- {name: a, says: b}", "says is not known"),
    ("- {name: a, say: 5}", "`say` is text"),
    ("- {name: a, url: 'http://x.example'}", "begins with https://"),
    ("- {name: a, url: 'javascript:alert(1)'}", "begins with https://"),
    ("- {name: a, buttons: []}", "a list of 1 to 5"),
    ("- {name: a, buttons: [{name: b, buttons: [{name: c, say: d}]}]}", "nothing can be below"),
    (f"- {{name: a, say: {'帮' * 50}}}", "`say` is text of 1 to"),
    ("- {name: a, say: [", "no YAML"),
    ("x" * 70_000, "longer than"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_menu_that_wechat_would_refuse_is_told_with_the_remedy(text: str, said: str) -> None:
    with pytest.raises(MenuFault, match=said):
        read_menu(text, ORIGIN)
