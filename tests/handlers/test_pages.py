"""The built pages, as a browser asks for them the first time and every time after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from handlers import pages
from handlers.errors import problems
from handlers.security import headers_for, page_csp

ORIGIN = "http://127.0.0.1:8080"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[TestClient[Any, Any]]:
    (tmp_path / "chat" / "assets").mkdir(parents=True)
    (tmp_path / "chat" / "index.html").write_text("<!doctype html><p>零跑腿</p>")
    (tmp_path / "chat" / "assets" / "page-1.js").write_text("1")
    app = web.Application(middlewares=[problems])
    app.on_response_prepare.append(headers_for(ORIGIN))
    pages.add_routes(app, tmp_path)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_page_is_asked_for_anew_and_its_files_are_kept(client: TestClient[Any, Any]) -> None:
    page = await client.get("/chat/")
    script = await client.get("/chat/assets/page-1.js")

    assert page.headers["Cache-Control"] == "no-cache"
    assert page.headers["Content-Security-Policy"] == page_csp(ORIGIN)
    assert "immutable" in script.headers["Cache-Control"]


async def test_a_page_kept_by_the_browser_keeps_its_own_policy(client: TestClient[Any, Any]) -> None:
    """Browsers write the headers of a 304 over those of the page they have: a stricter policy locks it."""
    page = await client.get("/chat/")

    again = await client.get("/chat/", headers={"If-Modified-Since": page.headers["Last-Modified"]})

    assert again.status == 304
    assert again.headers.get("Content-Security-Policy", page_csp(ORIGIN)) == page_csp(ORIGIN)


async def test_only_what_the_build_made_is_served(client: TestClient[Any, Any]) -> None:
    for path in ("/chat/../../etc/passwd", "/chat/%2e%2e/%2e%2e/etc/passwd", "/chat/nothing.js"):
        assert (await client.get(path)).status == 404
