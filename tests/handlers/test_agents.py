"""A village agent, from the operator's command to his removal: the real application and its worker."""

from __future__ import annotations

import asyncio

import pytest
from typer.testing import CliRunner

from bot.cli import app as command_line
from tests.handlers.test_handover import House, house
from tests.product import until

__all__ = ["house"]


async def command(house: House, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """Run `zerotrip agents` beside the running service, as an operator does; return what it prints."""
    settings = house.parts.settings
    monkeypatch.setenv("ZEROTRIP_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("ZEROTRIP_DATABASE_URL", settings.database)
    told = await asyncio.to_thread(CliRunner().invoke, command_line, ["agents", *words])
    assert told.exit_code == 0, told.output
    return told.stdout


async def test_an_agent_signs_in_by_his_code_and_is_out_when_removed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ("叶某某", "--village", "球川村", "--phone", "13800000000")
    line = (await command(house, monkeypatch, "add", *given)).strip()
    conversation = await house.letter(line)
    await house.until_said(conversation, "您是球川村的代办员叶某某")

    listed = await command(house, monkeypatch, "list")
    assert "yes" in listed
    [id_] = [word for word in listed.replace("│", " ").split() if len(word) == 26]
    await command(house, monkeypatch, "remove", id_)
    await house.until_said(conversation, "代办登录已停用")
    assert "No agents." in await command(house, monkeypatch, "list")


async def test_a_wrong_code_is_refused_and_an_agent_signs_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = await house.letter("代办 00000 00000")
    await house.until_said(conversation, "这个代办码用不了")
    given = ("叶某某", "--village", "球川村", "--phone", "13800000000")
    await house.letter((await command(house, monkeypatch, "add", *given)).strip())
    await house.until_said(conversation, "您是球川村的代办员叶某某")
    await house.letter("退出代办")
    await house.until_said(conversation, "已退出代办")

    async def out() -> bool:
        return "yes" not in await command(house, monkeypatch, "list")

    await until(out, "the agent to be signed out")


@pytest.mark.parametrize(
    "words",
    [
        ("add", " ", "--village", "球川村", "--phone", "13800000000"),
        ("add", "叶某某", "--village", "球川村", "--phone", "057012345"),
    ],
)
def test_what_makes_no_sense_is_said(words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(command_line, ["agents", *words]).exit_code == 2
