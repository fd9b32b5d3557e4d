"""We die around the answer inside WeChat's call: when WeChat asks again, it gets the words, and once."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from tests.faults.machine import KILLED, Machine
from tests.handlers.channels.wechat_calls import AES_KEY, APP_ID, SECRET, TOKEN, Caller, Sent, text
from tests.patience import BUSY, PATIENCE

WECHAT = Caller()
SETTINGS = {
    "ZEROTRIP_WECHAT_APP_ID": APP_ID,
    "ZEROTRIP_WECHAT_APP_SECRET": SECRET,
    "ZEROTRIP_WECHAT_TOKEN": TOKEN,
    "ZEROTRIP_WECHAT_AES_KEY": AES_KEY,
    "ZEROTRIP_WECHAT_API_URL": "http://127.0.0.1:1",  # nobody is there: words leave in answers alone
}


async def call(url: str, sent: Sent) -> str:
    """Return the words of the answer; "" when there are none, or the line broke.

    On a busy machine the bot may say so instead of answering: WeChat, too, would ask again.
    """
    status, told, (query, body) = BUSY, "", sent
    while status == BUSY:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(f"{url}/channels/wechat", params=query, data=body) as answer,
            ):
                status, told = answer.status, await answer.text()
        except aiohttp.ClientError:
            return ""
    return WECHAT.opened(told)["Content"] if told != "success" else ""


@pytest.mark.kill
@pytest.mark.parametrize("point", ["turn.after_commit", "reply.before_answer", "reply.after_answer"])
async def test_a_death_around_the_answer_loses_nothing_and_doubles_nothing(
    tmp_path: Path, point: str
) -> None:
    now = datetime.now(UTC)
    sent = WECHAT.sealed(text("你好", at=now), now)
    made = Machine(tmp_path, settings=SETTINGS)  # its intake service is not needed
    try:
        await made.bot.start(f"{point}:1")
        first = await call(made.url, sent)
        assert await made.bot.ended(PATIENCE)
        assert made.bot.code == KILLED

        await made.bot.start()
        again = [await call(made.url, sent) for _ in range(2)]
    finally:
        await made.bot.stop()  # what is being noted is noted first

    assert bool(first) is (point == "reply.after_answer")
    assert again[0] == again[1] == (first or again[0]) != ""
    with sqlite3.connect(tmp_path / "bot" / "zerotrip.db") as database:
        left = database.execute("SELECT count(*) FROM outbox WHERE kind = 'Say' AND state <> 'done'")
        heard = database.execute("SELECT count(*) FROM messages WHERE sender = 'applicant'")
        assert (left.fetchone(), heard.fetchone()) == ((0,), (1,))
