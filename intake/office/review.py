"""What a reviewer's browser calls. The page itself is built from `web/review` into `static/review`."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

from aiohttp import web

from intake.cases import applications, moves
from intake.keeping import pages
from intake.keeping.unit import Unit
from intake.office import alerts, desk, reviewers, wish
from intake.office.reviewers import MOST_NAME, MOST_PASSWORD, Session
from intake.parts import PARTS, Parts
from intake.problems import Problem, invalid, unknown
from intake.states import BY_ACTION
from intake.web import SESSION, allow, answer, cookie_name, find_session, one, read_object

STATIC = Path(__file__).parent.parent / "static" / "review"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
ROLES = frozenset({"reviewer", "supervisor"})  # whose moves are made on this page
HASHING = asyncio.Semaphore(2)  # 64 MiB each

routes = web.RouteTableDef()


@routes.post("/review/api/sign-in")
@allow("browser")
async def sign_in(request: web.Request) -> web.Response:
    parts, body = request.app[PARTS], await read_object(request)
    name, password = _line(body, "name", MOST_NAME), _line(body, "password", MOST_PASSWORD)
    keys = (f"address {request.remote}", f"name {name}")
    _slow_down(parts, *keys)
    known = await parts.read(lambda unit: reviewers.password_hash_of(unit, name))
    async with HASHING:
        right = await asyncio.to_thread(reviewers.check_password, known, password)
    if not right:
        raise Problem(401, "sign-in", "The name or the password is wrong.", "名字或密码不对。")
    for key in keys:
        parts.sign_ins.forget(key)
    return await _signed_in(parts, name)


@routes.post("/review/api/first-run")
@allow("browser")
async def first_run(request: web.Request) -> web.Response:
    parts, body = request.app[PARTS], await read_object(request)
    code, name = _line(body, "code", 100), _line(body, "name", MOST_NAME)
    password = _line(body, "password", MOST_PASSWORD)
    _slow_down(parts, f"address {request.remote}")
    async with HASHING:
        hashed = await asyncio.to_thread(reviewers.hash_password, password, name)
    await parts.change(lambda unit: reviewers.add(unit, code, name, hashed))
    parts.sign_ins.forget(f"address {request.remote}")
    return await _signed_in(parts, name)


@routes.post("/review/api/sign-out")
@allow("browser")
async def sign_out(request: web.Request) -> web.Response:
    parts = request.app[PARTS]
    token = request.cookies.get(cookie_name(parts), "")
    await parts.change(lambda unit: reviewers.close_session(unit, token))
    response = web.Response(status=204)
    response.del_cookie(cookie_name(parts), path="/", secure=parts.settings.secure, httponly=True)
    return response


@routes.get("/review/api/me")
@allow("public")
async def me(request: web.Request) -> web.Response:
    session = await find_session(request)
    if session is None:
        empty = await request.app[PARTS].read(reviewers.is_empty)
        raise Problem(401, "signed-out", "Sign in first.", "请先登录。", first_run=empty)
    return answer(_me(session))


@routes.get("/review/api/applications")
@allow("reviewer")
async def list_applications(request: web.Request) -> web.Response:
    state, text = one(request, "state"), one(request, "q").strip()
    found = await request.app[PARTS].read(lambda unit: desk.overview(unit, state, text))
    return answer(found)


@routes.get("/review/api/applications/{number}")
@allow("reviewer")
async def read_application(request: web.Request) -> web.Response:
    number, who = request.match_info["number"], request[SESSION].reviewer

    def look(unit: Unit) -> dict[str, Any]:
        row = applications.by_number(unit, number)
        reviewers.note_look(unit, who, number, "application")
        return desk.detail(unit, row, request[SESSION].role)

    return answer(await request.app[PARTS].quietly(look))


@routes.post("/review/api/applications/{number}/reveal")
@allow("reviewer")
async def reveal(request: web.Request) -> web.Response:
    """Show one masked value, for a reason that is kept. `key` is an answer's, or `applicant`."""
    number, who, body = request.match_info["number"], request[SESSION].reviewer, await read_object(request)
    key, reason = _line(body, "key", 64), _line(body, "reason", 100)

    def look(unit: Unit) -> str:
        value = desk.unmasked(unit, applications.by_number(unit, number), key)
        reviewers.note_look(unit, who, number, f"reveal {key}: {reason}")
        return value

    return answer({"key": key, "value": await request.app[PARTS].quietly(look)})


@routes.post("/review/api/applications/{number}/actions")
@allow("reviewer")
async def act(request: web.Request) -> web.Response:
    number, session, body = request.match_info["number"], request[SESSION], await read_object(request)
    wanted = wish.read(body)
    move = BY_ACTION.get(wanted.action)
    if move is not None and move.role in ROLES and move.role != session.role:
        raise Problem(403, "role", f"This is for a {move.role}.", "您的角色不能这样做。")
    if move is None or move.role not in ROLES:
        raise invalid("There is no such action.", "/action")

    def work(unit: Unit) -> dict[str, Any]:
        row = applications.by_number(unit, number, lock=True)
        wanted.saw(row.version)
        reviewers.lend_hand(unit, number, session)
        given = {"items": body.get("items")}
        row = moves.make(unit, row, move.action, f"{session.role}:{session.reviewer}", wanted.fields, given)
        return desk.detail(unit, row, session.role)

    return answer(await request.app[PARTS].change(work, "move"))


@routes.post("/review/api/alerts/{alert}/done")
@allow("reviewer")
async def see_to_alert(request: web.Request) -> web.Response:
    """Note what was done about an alert: the telephone call that was made, the word with a colleague."""
    alert, session = request.match_info["alert"], request[SESSION]
    note = _line(await read_object(request), "note", 500)

    def work(unit: Unit) -> str:
        return alerts.close(unit, alert, f"{session.role}:{session.reviewer}", note)

    return answer({"number": await request.app[PARTS].quietly(work)})


@routes.get("/review/api/applications/{number}/materials/{material}/{page}")
@allow("reviewer")
async def read_page(request: web.Request) -> web.Response:
    number, material, page = (request.match_info[name] for name in ("number", "material", "page"))
    parts, who = request.app[PARTS], request[SESSION].reviewer

    def look(unit: Unit) -> str:
        applications.by_number(unit, number)
        file = applications.page_of(unit, number, material, page).file
        if file is None:
            raise unknown("photo yet")
        reviewers.note_look(unit, who, number, f"photo {material}/{page}")
        return file

    file = await parts.quietly(look)
    data = await asyncio.to_thread(parts.pages.read, file, pages.place(number, material, page))
    headers = {"Content-Disposition": 'attachment; filename="photo.jpg"'}
    return web.Response(body=io.BytesIO(data), content_type="image/jpeg", headers=headers)


@routes.get("/review")
@allow("public")
async def to_the_page(request: web.Request) -> web.Response:
    raise web.HTTPFound("/review/")


@routes.get("/review/{file:(?!api/).*}")
@allow("public")
async def static_page(request: web.Request) -> web.StreamResponse:
    wanted = (STATIC / (request.match_info["file"] or "index.html")).resolve()
    if not (STATIC / "index.html").is_file():
        raise Problem(503, "not-built", "Build the page: python -m tools.build_web", "页面还没有准备好。")
    if not wanted.is_relative_to(STATIC.resolve()) or not wanted.is_file():
        raise unknown("page")
    hashed = "assets" in wanted.parts  # their names change with their content
    keep = "public, max-age=31536000, immutable" if hashed else "no-cache"
    return web.FileResponse(wanted, headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": keep})


async def _signed_in(parts: Parts, name: str) -> web.Response:
    token, session = await parts.change(lambda unit: reviewers.open_session(unit, name))
    response = answer(_me(session))
    response.set_cookie(
        cookie_name(parts), token, path="/", httponly=True, samesite="Strict", secure=parts.settings.secure
    )
    return response


def _me(session: Session) -> dict[str, str]:
    return {"name": session.reviewer, "csrf": session.csrf, "role": session.role}


def _slow_down(parts: Parts, *keys: str) -> None:
    seconds = max(parts.sign_ins.take(key) for key in keys)
    if seconds:
        raise Problem(
            429, "too-many", "Too many tries.", "试的次数太多，请过一会儿再试。", retry_after=seconds
        )


def _line(body: dict[str, Any], name: str, most: int) -> str:
    """A text of one line. Raises: Problem 422 naming the field."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
        raise invalid(f"{name} must be a text of 1 to {most} characters.", name, "请把内容填好。")
    return value if name == "password" else value.strip()
