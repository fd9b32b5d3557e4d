"""The page on which notices are agreed to: signed for WeChat's browser, and for no other page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from handlers import pages
from handlers.channels.wechat import WeChat, proof_of
from handlers.errors import problems
from handlers.keys import CLOCK, ORIGIN
from handlers.security import headers_for, undeclared
from tests.handlers.channels.wechat_world import ORIGIN as OURS
from tests.handlers.channels.wechat_world import Desk, account_of, desk
from tests.platforms.wechat import errcode
from tests.platforms.wechat.account import SUBSCRIPTION

Client = TestClient[Any, Any]
PAGE = f"{OURS}/subscribe/"


@pytest.fixture
async def at(lite: str) -> AsyncIterator[Desk]:
    async with desk(lite) as made:
        yield made


@pytest.fixture
async def client(at: Desk, tmp_path: Path) -> AsyncIterator[Client]:
    (tmp_path / "subscribe" / "assets").mkdir(parents=True)
    (tmp_path / "subscribe" / "index.html").write_text("<!doctype html><p>办事通知</p>")
    (tmp_path / "secret.txt").write_text("not yours")
    async with TestClient(TestServer(application(at, tmp_path))) as client:
        yield client


def application(at: Desk, folder: Path) -> web.Application:
    app = web.Application(middlewares=[problems])
    clock: Callable[[], datetime] = at.clock
    app[CLOCK] = clock
    app[ORIGIN] = OURS
    app.on_response_prepare.append(headers_for(OURS))
    at.wechat.add_routes(app)
    pages.add_routes(app, folder)
    return app


async def sign(client: Client, url: str) -> tuple[int, dict[str, Any]]:
    answer = await client.get("/subscribe/api/signature", params={"url": url})
    return answer.status, await answer.json()


@pytest.mark.parametrize("url", [PAGE, f"{PAGE}?from=menu", f"{PAGE}#top"])
async def test_our_page_is_signed_as_wechat_will_check_it(at: Desk, client: Client, url: str) -> None:
    status, said = await sign(client, url)

    signature = at.fake.page_signature(url.partition("#")[0], said["nonce"], str(said["timestamp"]))
    assert status == 200
    assert said["signature"] == signature
    assert (said["app_id"], said["template"]) == (at.fake.account.app_id, SUBSCRIPTION)
    assert said["timestamp"] == int(at.clock().timestamp())


async def test_the_chat_leads_to_the_page(at: Desk, client: Client) -> None:
    assert at.wechat.can.agree == PAGE
    assert (await client.get(at.wechat.can.agree.removeprefix(OURS))).status == 200


async def test_many_visits_need_one_ticket(at: Desk, client: Client) -> None:
    for _ in range(5):
        await sign(client, PAGE)

    assert at.calls("ticket/getticket") == [0]


FOREIGN = [
    "",
    "https://evil.example/subscribe/",
    "http://bot.example.gov.cn/subscribe/",
    "https://bot.example.gov.cn:8443/subscribe/",
    "https://bot.example.gov.cn@evil.example/subscribe/",
    "https://bot.example.gov.cn/chat/",
    "https://bot.example.gov.cn/subscribe/../chat/",
    "https://[bot/subscribe/",
    f"{PAGE}?{'x' * 2000}",
]


@pytest.mark.parametrize("url", FOREIGN, ids=[each[:40] for each in FOREIGN])
async def test_no_other_page_is_signed(at: Desk, client: Client, url: str) -> None:
    status, said = await sign(client, url)

    assert status == 400
    assert "signature" not in said
    assert at.fake.calls == []


async def test_while_wechat_lends_no_ticket_the_page_is_told_to_come_again(at: Desk, client: Client) -> None:
    at.fake.troubles.order("ticket/getticket", errcode(-1))

    assert (await sign(client, PAGE))[0] == 503
    assert (await sign(client, PAGE))[0] == 200


@pytest.mark.parametrize("code", [48001, 45011, 99999])
async def test_a_ticket_that_wechat_refuses_is_not_asked_for_by_every_visitor(
    at: Desk, client: Client, code: int
) -> None:
    at.fake.troubles.order("ticket/getticket", errcode(code))  # once: the next one would be answered

    assert [(await sign(client, PAGE))[0] for _ in range(5)] == [503] * 5
    at.clock.step(seconds=61)
    assert (await sign(client, PAGE))[0] == 200


async def test_a_ticket_is_had_although_the_token_was_refused(at: Desk, client: Client) -> None:
    at.fake.troubles.order("ticket/getticket", errcode(40001))

    assert (await sign(client, PAGE))[0] == 200


async def test_without_a_template_there_is_nothing_to_agree_to(tmp_path: Path) -> None:
    async with (
        desk(f"sqlite:///{tmp_path / 'zerotrip.db'}", forms=False) as at,
        TestClient(TestServer(application(at, tmp_path))) as client,
    ):
        status, said = await sign(client, PAGE)

        assert at.wechat.can.agree == ""

    assert status == 404
    assert said["message"] == "这个公众号还没有开通办事通知。"


async def test_wechats_file_proves_the_domain_and_is_no_other_file(tmp_path: Path) -> None:
    async with desk(f"sqlite:///{tmp_path / 'zerotrip.db'}") as at:
        account = replace(account_of(at.fake), proof=proof_of("MP_verify_9PbGHJkd3xQ7vNzT.txt"))
        at.wechat = WeChat(account, at.kit)
        async with TestClient(TestServer(application(at, tmp_path))) as client:
            found = await client.get("/MP_verify_9PbGHJkd3xQ7vNzT.txt")
            other = await client.get("/MP_verify_9PbGHJkd3xQ7vNzU.txt")

            assert (found.status, await found.text()) == (200, "9PbGHJkd3xQ7vNzT")
            assert found.content_type == "text/plain"
            assert other.status == 404


async def test_the_page_may_load_wechats_script_and_nothing_else_from_afar(client: Client) -> None:
    answer = await client.get("/subscribe/")
    policy = answer.headers["Content-Security-Policy"]

    assert answer.status == 200
    assert "script-src 'self' https://res.wx.qq.com;" in policy
    assert "default-src 'none'" in policy


async def test_only_what_the_build_made_is_served(client: Client) -> None:
    for path in ("/subscribe/../secret.txt", "/subscribe/%2e%2e/secret.txt", "/subscribe/nothing.js"):
        assert (await client.get(path)).status == 404


async def test_every_route_says_who_may_call_it(at: Desk, tmp_path: Path) -> None:
    assert undeclared(application(at, tmp_path)) == []
