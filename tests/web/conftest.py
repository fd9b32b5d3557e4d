"""Real Chromium beside a fake of the service, both in one event loop.

One browser serves all tests of a worker, so they share its loop, too; each has contexts of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from pytest_asyncio import fixture, is_async_test

from tests.patience import PATIENCE
from tests.web.fake_chat import STATIC, FakeChat
from tools.needs import chromium

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=PATIENCE * 1000)  # a busy machine is not a fault of the page

OpenPage = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder in one loop."""
    for item in items:
        if Path(__file__).parent in item.path.parents and is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser of this worker. Whoever opens a context closes it."""
    path = chromium()
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


@fixture(loop_scope="session")
async def fake(built: None) -> FakeChat:
    return FakeChat()


@fixture(loop_scope="session")
async def address(fake: FakeChat) -> AsyncIterator[str]:
    server = TestServer(fake.app(), host="127.0.0.1")
    await server.start_server()
    yield str(server.make_url("/chat/"))
    await fake.cut()
    await server.close()


@fixture(loop_scope="session")
async def open_page(browser: Browser, address: str) -> AsyncIterator[OpenPage]:
    """Open the chat on a phone. A broken content policy or an uncaught error fails the test."""
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    async def open_(width: int = 375, height: int = 667, locale: str = "zh-CN") -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            timezone_id="Asia/Shanghai",
            has_touch=True,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
        await page.goto(address)
        return page

    yield open_
    for context in contexts:  # before the server goes: a page would call it again, and keep it from closing
        await context.close()
    assert faults == []
