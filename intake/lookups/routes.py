"""Look-ups: what the bot asks for, and what a data officer is shown and says."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from intake import contract
from intake.keeping.unit import Unit
from intake.lookups import answering, asking, finding
from intake.office import reviewers
from intake.parts import PARTS
from intake.problems import invalid, unknown
from intake.web import SESSION, allow, answer, read_object

routes = web.RouteTableDef()


@routes.post("/v1/lookups")
@allow("bot")
async def open_lookup(request: web.Request) -> web.Response:
    body = await read_object(request)
    contract.hold_to("LookupRequest", body)
    return answer(await request.app[PARTS].change(lambda unit: asking.ask(unit, body)), 201)


@routes.get("/v1/lookups/{lookup}")
@allow("bot")
async def read_lookup(request: web.Request) -> web.Response:
    name = request.match_info["lookup"]
    if not contract.fits("LookupId", name):
        raise unknown("look-up")
    return answer(await request.app[PARTS].read(lambda unit: finding.document(finding.by_id(unit, name))))


@routes.get("/review/api/lookups")
@allow("officer")
async def list_lookups(request: web.Request) -> web.Response:
    department = request[SESSION].department
    return answer(await request.app[PARTS].read(lambda unit: answering.waiting(unit, department)))


@routes.get("/review/api/lookups/{lookup}")
@allow("officer")
async def read_ticket(request: web.Request) -> web.Response:
    name, officer = request.match_info["lookup"], request[SESSION]

    def look(unit: Unit) -> dict[str, Any]:
        row = answering.of_department(unit, name, officer.department)
        reviewers.note_look(unit, officer.reviewer, row.number, f"look-up {name}")
        return answering.ticket(unit, row)

    return answer(await request.app[PARTS].quietly(look))


@routes.post("/review/api/lookups/{lookup}/answer")
@allow("officer")
async def answer_lookup(request: web.Request) -> web.Response:
    name, officer = request.match_info["lookup"], request[SESSION]
    result = (await read_object(request)).get("result")
    if result not in answering.RESULTS:
        raise invalid("The result is confirmed, not_found or differs.", "/result", "请选一个结果。")

    def work(unit: Unit) -> dict[str, Any]:
        answering.answer(unit, name, officer.department, officer.reviewer, result)
        return answering.ticket(unit, finding.by_id(unit, name))

    return answer(await request.app[PARTS].change(work))
