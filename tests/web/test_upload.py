"""The page for one photo in real Chromium, against a fake of its two calls."""

from __future__ import annotations

import gzip
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image
from playwright.async_api import FilePayload, Page, expect
from pytest_asyncio import fixture

from handlers.security import page_csp
from tests.web.axe import serious_faults
from tests.web.conftest import OpenPage

pytestmark = pytest.mark.browser

STATIC = Path(__file__).resolve().parents[2] / "handlers/static/upload"
MOST_SCRIPT_BYTES = 15_000
TOKEN = "a-token-of-ours"
FRONT = {"slot": "id_card.front", "side": "front", "title": "身份证正面", "lang": "zh-CN"}


@dataclass
class FakeUpload:
    """Serves the built page and answers it.

    link, photo: (status, what the person is told), None: all is well. away: calls are cut off.
    """

    link: tuple[int, str] | None = None
    photo: tuple[int, str] | None = None
    away: bool = False
    wanted: dict[str, str] = field(default_factory=lambda: dict(FRONT))
    taken: list[bytes] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=12 << 20)
        app.router.add_get("/upload/", self._page)
        app.router.add_get("/upload/api/link", self._link)
        app.router.add_post("/upload/api/photo", self._photo)
        app.router.add_static("/upload", STATIC)
        return app

    async def _page(self, request: web.Request) -> web.StreamResponse:
        headers = {"Content-Security-Policy": page_csp(f"http://{request.host}")}
        return web.FileResponse(STATIC / "index.html", headers=headers)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        return self._answer(request, self.link, self.wanted, 200)

    async def _photo(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        sent = form["file"]
        assert isinstance(sent, web.FileField)
        if not self.away and self.photo is None:
            self.taken.append(sent.file.read())
        return self._answer(request, self.photo, {}, 202)

    def _answer(
        self, request: web.Request, refusal: tuple[int, str] | None, body: Any, status: int
    ) -> web.StreamResponse:
        self.tokens.append(request.headers["Authorization"])
        if self.away:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if refusal:
            return web.json_response({"message": refusal[1]}, status=refusal[0])
        return web.json_response(body, status=status)


@pytest.fixture
def service() -> FakeUpload:
    if not (STATIC / "index.html").is_file():
        pytest.skip("the pages are not built: python -m tools.build_web")
    return FakeUpload()


@fixture(loop_scope="session")
async def address(service: FakeUpload) -> AsyncIterator[str]:
    server = TestServer(service.app(), host="127.0.0.1")
    await server.start_server()
    yield str(server.make_url("/upload/")) + f"#{TOKEN}"
    await server.close()


def photo() -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (400, 260), "#cbb79a").save(out, "JPEG")
    return FilePayload(name="card.jpg", mimeType="image/jpeg", buffer=out.getvalue())


async def choose(page: Page, file: FilePayload, source: str = "camera") -> None:
    await page.set_input_files(f"input[data-from={source}]", file)


async def is_wider_than_the_phone(page: Page) -> bool:
    wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    return bool(await page.evaluate(wide))


@pytest.mark.parametrize("source", ["camera", "gallery"])
async def test_a_photo_is_taken_and_he_is_sent_back_to_the_chat(
    service: FakeUpload, open_page: OpenPage, source: str
) -> None:
    page, file = await open_page(), photo()
    await expect(page.get_by_role("heading", name="身份证正面")).to_be_visible()
    await expect(page.get_by_role("img", name="有照片的一面朝上")).to_be_visible()
    assert await serious_faults(page) == []
    assert not await is_wider_than_the_phone(page)

    await choose(page, file, source)

    await expect(page.get_by_role("heading", name="收到了")).to_be_visible()
    await expect(page.get_by_text("回到聊天里")).to_be_visible()
    assert await serious_faults(page) == []
    assert service.taken == [file["buffer"]]
    assert set(service.tokens) == {f"Bearer {TOKEN}"}


async def test_both_ways_to_a_photo_are_on_a_small_screen(service: FakeUpload, open_page: OpenPage) -> None:
    page = await open_page(width=320, height=568)

    await expect(page.get_by_text("从相册选")).to_be_in_viewport(ratio=1)
    assert not await is_wider_than_the_phone(page)


@pytest.mark.parametrize(
    ("status", "title", "next_"),
    [
        pytest.param(410, "这个链接过期了", "写“照片”两个字", id="too old"),
        pytest.param(401, "这个链接打不开", "写“照片”两个字", id="made up"),
        pytest.param(409, "照片已经收到了", "聊天里有新的链接", id="used"),
    ],
)
async def test_a_link_that_is_over_says_how_to_get_a_new_one(
    service: FakeUpload, open_page: OpenPage, status: int, title: str, next_: str
) -> None:
    service.link = (status, "这里的话不用")
    page = await open_page()

    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    await expect(page.get_by_text(next_)).to_be_visible()
    await expect(page.locator("input")).to_have_count(0)
    assert await serious_faults(page) == []


async def test_a_dead_network_keeps_the_photo(service: FakeUpload, open_page: OpenPage) -> None:
    page, file = await open_page(), photo()
    await expect(page.get_by_text("拍照", exact=True)).to_be_visible()
    service.away = True
    await choose(page, file)
    await expect(page.get_by_text("照片还在")).to_be_visible()
    assert service.taken == []

    service.away = False
    await page.get_by_role("button", name="再传一次").click()

    await expect(page.get_by_role("heading", name="收到了")).to_be_visible()
    assert service.taken == [file["buffer"]]


async def test_an_answer_lost_on_the_way_is_no_second_photo(service: FakeUpload, open_page: OpenPage) -> None:
    page = await open_page()
    await expect(page.get_by_text("拍照", exact=True)).to_be_visible()
    service.photo = (409, "这个链接的照片已经收到了。")
    await choose(page, photo())

    await expect(page.get_by_role("heading", name="照片已经收到了")).to_be_visible()


@pytest.mark.parametrize("status", [413, 429])
async def test_a_refused_photo_says_why_and_another_may_be_taken(
    service: FakeUpload, open_page: OpenPage, status: int
) -> None:
    page = await open_page()
    await expect(page.get_by_text("拍照", exact=True)).to_be_visible()
    service.photo = (status, "请用普通模式再拍一张。")
    await choose(page, photo())
    await expect(page.get_by_role("alert")).to_have_text("请用普通模式再拍一张。")

    service.photo = None
    await choose(page, photo())

    await expect(page.get_by_role("heading", name="收到了")).to_be_visible()


async def test_trouble_on_our_side_keeps_the_photo(service: FakeUpload, open_page: OpenPage) -> None:
    page = await open_page()
    await expect(page.get_by_text("拍照", exact=True)).to_be_visible()
    service.photo = (503, "")
    await choose(page, photo())

    await expect(page.get_by_role("button", name="再传一次")).to_be_visible()


async def test_a_page_without_network_can_be_tried_again(service: FakeUpload, open_page: OpenPage) -> None:
    service.away = True
    page = await open_page()
    await expect(page.get_by_text("没连上")).to_be_visible()
    service.away = False
    await page.get_by_role("button", name="再试一次").click()

    await expect(page.get_by_role("heading", name="身份证正面")).to_be_visible()


async def test_it_speaks_the_language_of_the_conversation(service: FakeUpload, open_page: OpenPage) -> None:
    service.wanted |= {"lang": "en", "title": "Identity card, front"}
    page = await open_page()

    await expect(page.get_by_text("Take a photo")).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == "en"
    assert await serious_faults(page) == []


def test_the_script_is_small(service: FakeUpload) -> None:
    scripts = [gzip.compress(each.read_bytes()) for each in STATIC.glob("assets/*.js")]

    assert len(scripts) == 1
    assert len(scripts[0]) < MOST_SCRIPT_BYTES
