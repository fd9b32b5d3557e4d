"""The page for consent in real Chromium, with a stand-in for WeChat's script that does what it should."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, Route, expect
from pytest_asyncio import fixture

from handlers import pages
from handlers.errors import problems
from handlers.keys import CLOCK, ORIGIN
from handlers.security import headers_for
from tests.handlers.channels.wechat_world import Desk, desk
from tests.patience import PATIENCE
from tests.platforms.wechat import errcode
from tests.platforms.wechat.account import SUBSCRIPTION
from tests.web.axe import serious_faults

pytestmark = pytest.mark.browser

STATIC = Path(pages.__file__).parent / "static"
WECHAT = "Mozilla/5.0 (Linux; Android 8.1) AppleWebKit/537.36 Chrome/86.0 Mobile MicroMessenger/8.0.40"

# Draws the button from the page's templates, out of its reach, and says on a tap what `answer` says.
SCRIPT = """
let config, ready;
window.wx = {
  config: (given) => { config = window.seen = given; setTimeout(() => ready && ready()); },
  ready: (then) => { ready = then; },
  error: () => {},
};
customElements.define("wx-open-subscribe", class extends HTMLElement {
  connectedCallback() {
    if (!config.openTagList.includes("wx-open-subscribe")) return;
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = [...this.querySelectorAll('script[type="text/wxtag-template"]')]
      .map((each) => each.textContent).join("");
    root.querySelector("button").addEventListener("click", () => {
      const said = JSON.stringify({ status: "ANSWER", timestamp: 1 });
      const subscribeDetails = JSON.stringify({ [this.getAttribute("template")]: said });
      this.dispatchEvent(new CustomEvent("success", { detail: { subscribeDetails } }));
    });
  }
});
"""


@dataclass
class Visit:
    """The page, opened on a phone in WeChat's browser."""

    at: Desk
    page: Page
    url: str

    async def open(self, answer: str = "accept", *, script: bool = True) -> None:
        async def give(route: Route) -> None:
            if script:
                await route.fulfill(
                    body=SCRIPT.replace("ANSWER", answer), content_type="application/javascript"
                )
            else:
                await route.abort()

        await self.page.route("https://res.wx.qq.com/**", give)
        await self.page.goto(self.url)

    async def says(self, words: str) -> None:
        await expect(self.page.get_by_role("status")).to_contain_text(words)


@fixture(loop_scope="session")
async def at(tmp_path: Path) -> AsyncIterator[Desk]:
    if not (STATIC / "subscribe" / "index.html").is_file():
        pytest.skip("the pages are not built: python -m tools.build_web")
    async with desk(f"sqlite:///{tmp_path / 'zerotrip.db'}") as made:
        yield made


@fixture(loop_scope="session")
async def address(at: Desk, unused_tcp_port: int) -> AsyncIterator[str]:
    origin = f"http://127.0.0.1:{unused_tcp_port}"
    clock: Callable[[], datetime] = at.clock
    app = web.Application(middlewares=[problems])
    app[CLOCK] = clock
    app[ORIGIN] = origin
    app.on_response_prepare.append(headers_for(origin))
    at.wechat.add_routes(app)
    pages.add_routes(app, STATIC)
    async with TestServer(app, host="127.0.0.1", port=unused_tcp_port):
        yield f"{origin}/subscribe/"


@fixture(loop_scope="session")
async def visit(browser: Browser, at: Desk, address: str) -> AsyncIterator[Visit]:
    """A broken content policy or an uncaught error fails the test."""
    context = await browser.new_context(viewport={"width": 375, "height": 667}, user_agent=WECHAT)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    yield Visit(at, page, address)
    await context.close()
    assert faults == []


async def test_who_agrees_is_told_that_it_is_done(visit: Visit) -> None:
    await visit.open()
    await visit.page.get_by_role("button", name="开通办事通知").click()

    await visit.says("开通好了")
    seen = await visit.page.evaluate("window.seen")
    signature = visit.at.fake.page_signature(visit.url, seen["nonceStr"], str(seen["timestamp"]))
    assert (seen["appId"], seen["signature"]) == (visit.at.fake.account.app_id, signature)
    button = visit.page.locator("wx-open-subscribe")
    assert await button.get_attribute("template") == SUBSCRIPTION
    assert await serious_faults(visit.page) == []


async def test_who_refuses_can_come_back_to_it(visit: Visit) -> None:
    await visit.open("reject")
    await visit.page.get_by_role("button", name="开通办事通知").click()

    await visit.says("您没有同意")
    await expect(visit.page.get_by_role("button", name="开通办事通知")).to_be_visible()


async def test_trouble_is_said_and_trying_again_helps(visit: Visit) -> None:
    visit.at.fake.troubles.order("ticket/getticket", errcode(-1))
    await visit.open()
    await visit.says("现在有点忙")

    await visit.page.get_by_role("button", name="再试一次").click()

    await expect(visit.page.get_by_role("button", name="开通办事通知")).to_be_visible()


async def test_where_wechats_script_does_not_come_it_says_so(visit: Visit) -> None:
    await visit.open(script=False)

    await visit.says("网络不太通")


async def test_outside_wechat_it_says_where_to_open_it(browser: Browser, address: str) -> None:
    page = await browser.new_page(viewport={"width": 320, "height": 568})
    await page.goto(address)

    await expect(page.get_by_role("status")).to_contain_text("要在微信里打开")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
    assert await serious_faults(page) == []
    await page.close()
