"""Serves the built pages: handlers/static/<page>/, put there by tools/build_web.py.

Files under assets/ carry a hash of their content in their name and may be kept for ever; the pages
themselves are asked for anew each time, so that a deploy reaches everybody at once.
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from handlers.errors import Problem
from handlers.security import allow

FOR_EVER = "public, max-age=31536000, immutable"
ANEW = "no-cache"

FOLDER: web.AppKey[Path] = web.AppKey("pages")


@allow("public")
async def home(_: web.Request) -> web.Response:
    """Send whoever comes to the bare address to the chat."""
    raise web.HTTPFound("/chat/")


@allow("public")
async def page(request: web.Request) -> web.StreamResponse:
    """Return a page or one of its files. Only files that the build made are ever named."""
    folder = request.app[FOLDER].resolve()
    name = request.match_info["file"] or "index.html"
    file = (folder / request.match_info["page"] / name).resolve()
    if not file.is_relative_to(folder) or not file.is_file():
        raise Problem(404, "no such page")
    kept = FOR_EVER if "assets" in file.parts else ANEW
    return web.FileResponse(file, headers={"Cache-Control": kept})


@allow("public")
async def without_slash(request: web.Request) -> web.Response:
    """Send /chat to /chat/, where the page's own files are found."""
    raise web.HTTPFound(f"/{request.match_info['page']}/")


def add_routes(app: web.Application, folder: Path) -> None:
    """Put the pages on the application, after every other route."""
    app[FOLDER] = folder
    app.router.add_get("/", home)
    app.router.add_get("/{page:chat|upload|papers}", without_slash)
    app.router.add_get("/{page:chat|upload|papers}/{file:.*}", page)
