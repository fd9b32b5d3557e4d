"""What the review page calls about follow-ups."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from intake.keeping.unit import Unit
from intake.office import reviewers, wish
from intake.parts import PARTS
from intake.ratings import board, followups
from intake.ratings.steps import Who
from intake.web import SESSION, allow, answer, read_object

routes = web.RouteTableDef()


@routes.get("/review/api/followups")
@allow("reviewer")
async def list_followups(request: web.Request) -> web.Response:
    return answer(await request.app[PARTS].read(board.overview))


@routes.get("/review/api/followups/{id}")
@allow("reviewer")
async def read_followup(request: web.Request) -> web.Response:
    name, who, role = request.match_info["id"], request[SESSION].reviewer, role_of(request)

    def look(unit: Unit) -> dict[str, Any]:
        row = followups.by_id(unit, name)
        # The look is kept under the follow-up's own number: a case's number would tell whose mark it is.
        reviewers.note_look(unit, who, row.id, "follow-up")
        return board.detail(unit, row, f"{role}:{who}", role)

    return answer(await request.app[PARTS].quietly(look))


@routes.post("/review/api/followups/{id}/actions")
@allow("reviewer")
async def act(request: web.Request) -> web.Response:
    name, role = request.match_info["id"], role_of(request)
    by = f"{role}:{request[SESSION].reviewer}"
    wanted = wish.read(await read_object(request))

    def work(unit: Unit) -> dict[str, Any]:
        row = followups.by_id(unit, name, lock=True)
        wanted.saw(row.version)
        row = followups.take(unit, row, wanted.action, by, role, wanted.fields)
        return board.detail(unit, row, by, role)

    return answer(await request.app[PARTS].change(work, "move"))


def role_of(request: web.Request) -> Who:
    """The part the signed-in person has here."""
    return "supervisor" if request[SESSION].role == "supervisor" else "reviewer"
