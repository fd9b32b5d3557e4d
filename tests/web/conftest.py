"""Real Chromium beside a fake of the service, both in one event loop."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.web.fake_chat import STATIC, FakeChat

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=15_000)  # a busy machine is not a fault of the page

OpenPage = Callable[..., Awaitable[Page]]


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = _chromium()
    if path is None:
        pytest.skip("no chromium on this machine: python -m tools.needs chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
def built() -> None:
    if not (STATIC / "index.html").is_file():
        pytest.skip("the pages are not built: python -m tools.build_web")


@pytest.fixture
async def fake(built: None) -> FakeChat:
    return FakeChat()


@pytest.fixture
async def address(fake: FakeChat) -> AsyncIterator[str]:
    server = TestServer(fake.app(), host="127.0.0.1")
    await server.start_server()
    yield str(server.make_url("/chat/"))
    await fake.cut()
    await server.close()


@pytest.fixture
async def open_page(browser: Browser, address: str) -> AsyncIterator[OpenPage]:
    """Open the chat on a phone. A broken content policy or an uncaught error fails the test."""
    faults: list[str] = []

    async def open_(width: int = 375, height: int = 667, locale: str = "zh-CN") -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            timezone_id="Asia/Shanghai",
            has_touch=True,
            reduced_motion="reduce",
        )
        page = await context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
        await page.goto(address)
        return page

    yield open_
    assert faults == []
