"""The page that a link to a paper of the office opens, in real Chromium, against a fake of its two calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect
from pytest_asyncio import fixture

from handlers import pages
from handlers.security import page_csp
from tests.web.conftest import OpenPage
from tests.web.fake_chat import attachment
from tests.web.people import look

pytestmark = pytest.mark.browser

STATIC = Path(pages.__file__).parent / "static"
PDF = b"%PDF-1.3 a receipt"
TOKEN = "opens-a-receipt"
RECEIPT = {"title": "受理回执", "number": "CS-1121-0038-SL", "lang": "zh-CN"}
SAVED = "受理回执_CS-1121-0038-SL.pdf"


@dataclass
class FakePapers:
    """Serves the built page under its own policy and answers it.

    link: a status that refuses, 200: the link is good. away: calls are cut off.
    """

    link: int = 200
    away: bool = False
    told: dict[str, str] = field(default_factory=lambda: dict(RECEIPT))
    tokens: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application()
        app.on_response_prepare.append(self._protect)
        app.router.add_get("/papers/api/link", self._link)
        app.router.add_post("/papers/api/file", self._file)
        pages.add_routes(app, STATIC)
        return app

    async def _protect(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers.setdefault("Content-Security-Policy", page_csp(f"http://{request.host}"))

    async def _link(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers["Authorization"])
        if self.away:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(self.told, status=self.link)

    async def _file(self, request: web.Request) -> web.Response:
        token = str((await request.post())["token"])
        self.tokens.append(f"Bearer {token}")
        return attachment(PDF, SAVED)


@pytest.fixture
def service() -> FakePapers:
    if not (STATIC / "papers" / "index.html").is_file():
        pytest.skip("the pages are not built: python -m tools.build_web")
    return FakePapers()


@fixture(loop_scope="session")
async def address(service: FakePapers) -> AsyncIterator[str]:
    async with TestServer(service.app(), host="127.0.0.1") as server:
        yield str(server.make_url("/papers/")) + f"#{TOKEN}"


async def fits(page: Page, width: int) -> bool:
    """Whether nothing has to be pushed sideways."""
    await page.set_viewport_size({"width": width, "height": 568})
    return bool(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


async def save(page: Page, words: str) -> tuple[str, bytes]:
    """Tap the button; return the name and the bytes of what is saved."""
    async with page.expect_download() as begun:
        await page.get_by_role("button", name=words).click()
    file = await begun.value
    return file.suggested_filename, Path(await file.path()).read_bytes()


async def test_a_link_names_the_paper_and_a_tap_saves_it(service: FakePapers, open_page: OpenPage) -> None:
    page = await open_page()
    await expect(page.get_by_role("heading", name="受理回执")).to_be_visible()
    await expect(page.get_by_text("CS-1121-0038-SL")).to_be_visible()
    await look(page, "paper")

    assert await save(page, "打开文件") == (SAVED, PDF)
    assert set(service.tokens) == {f"Bearer {TOKEN}"}
    assert await fits(page, 320)
    await expect(page.get_by_role("button", name="打开文件")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(
    ("status", "words"), [(410, "这个链接过期了"), (401, "这个链接打不开"), (404, "这份文件已经不在了")]
)
async def test_a_link_that_is_over_says_how_to_get_another(
    service: FakePapers, open_page: OpenPage, status: int, words: str
) -> None:
    service.link = status
    page = await open_page(width=320, height=568)

    await expect(page.get_by_role("heading", name=words)).to_be_visible()
    await expect(page.get_by_text("写“文件”两个字")).to_be_visible()
    await expect(page.get_by_text("12345")).to_be_visible()


async def test_a_link_that_grows_old_on_the_screen_says_so_at_the_tap(
    service: FakePapers, open_page: OpenPage
) -> None:
    page = await open_page()
    await expect(page.get_by_role("heading", name="受理回执")).to_be_visible()
    service.link = 410

    await page.get_by_role("button", name="打开文件").click()

    await expect(page.get_by_role("heading", name="这个链接过期了")).to_be_visible()
    await look(page, "paper-old")


async def test_without_network_it_can_be_tried_again(service: FakePapers, open_page: OpenPage) -> None:
    service.away = True
    page = await open_page(width=320, height=568)
    await expect(page.get_by_role("heading", name="没连上")).to_be_visible()
    service.away = False

    await page.get_by_role("button", name="再试一次").click()

    await expect(page.get_by_role("heading", name="受理回执")).to_be_visible()


async def test_it_speaks_the_language_of_the_conversation(service: FakePapers, open_page: OpenPage) -> None:
    service.told |= {"title": "Receipt of acceptance", "lang": "en"}
    page = await open_page(width=320, height=568)

    await expect(page.get_by_role("button", name="Open the paper")).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == "en"
