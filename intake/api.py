"""The contract's side of the service: `openapi.yaml`, operation by operation."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from aiohttp import web

from intake import contract, definitions
from intake.cases import applications, erasure, events, moves, opening, supplements
from intake.keeping import pages
from intake.keeping.unit import Unit
from intake.parts import PARTS, Parts
from intake.problems import Problem, invalid, not_now, unknown, unreadable
from intake.ratings import marks
from intake.states.places import BEFORE_DECISION
from intake.web import (
    MOST_DEFINITION,
    PHOTO_SECONDS,
    allow,
    answer,
    one,
    read_bytes,
    read_object,
    read_raw_json,
)

MOST_PHOTO = 12 * 1024 * 1024
MOST_SEQ = 2**31 - 1

routes = web.RouteTableDef()


@routes.get("/v1/services")
@allow("bot")
async def list_services(request: web.Request) -> web.Response:
    return answer({"services": await request.app[PARTS].read(definitions.services)})


@routes.get("/v1/services/{service}/definition")
@allow("bot")
async def read_definition(request: web.Request) -> web.Response:
    service, version = _id(request, "service", "Id"), one(request, "version")
    if "version" in request.query and not contract.fits("Version", version):
        raise unreadable("The parameter version is not one.")
    return answer(await request.app[PARTS].read(lambda unit: definitions.read(unit, service, version)))


@routes.put("/v1/services/{service}/definitions/{version}")
@allow("bot")
async def publish_definition(request: web.Request) -> web.Response:
    service, version = _id(request, "service", "Id"), _id(request, "version", "Version")
    raw = await read_raw_json(request, MOST_DEFINITION)
    fresh, found = await request.app[PARTS].change(
        lambda unit: definitions.publish(unit, service, version, raw)
    )
    return answer(found, 201 if fresh else 200)


@routes.post("/v1/pre-applications")
@allow("bot")
async def create(request: web.Request) -> web.Response:
    key = _key(request)
    raw = await read_raw_json(request)
    work = request.app[PARTS].change(lambda unit: opening.open_draft(unit, raw, key), "create")
    return answer(await work, 201)


@routes.get("/v1/pre-applications")
@allow("bot")
async def look_up(request: web.Request) -> web.Response:
    reference = one(request, "reference")
    if not contract.fits("Reference", reference):
        raise unreadable("The parameter reference must be there, and be a reference.")

    def found(unit: Unit) -> dict[str, object]:
        return applications.status(unit, applications.by_reference(unit, reference))

    return answer(await request.app[PARTS].read(found))


@routes.get("/v1/pre-applications/{number}")
@allow("bot")
async def read(request: web.Request) -> web.Response:
    number = _id(request, "number", "Number")

    def found(unit: Unit) -> dict[str, object]:
        return applications.status(unit, applications.by_number(unit, number))

    return answer(await request.app[PARTS].read(found))


@routes.put("/v1/pre-applications/{number}/materials/{material}/{page}")
@allow("bot")
async def put_page(request: web.Request) -> web.Response:
    number = _id(request, "number", "Number")
    parts, digest = request.app[PARTS], request.headers.get("X-Content-SHA256", "")
    if not contract.fits("Sha256", digest):
        raise unreadable("The header X-Content-SHA256 must be 64 hex digits.")
    if request.content_type != "image/jpeg":
        raise Problem(415, "wrong-type", "The body must be image/jpeg.", "照片必须是 JPEG 格式。")
    material, page = _id(request, "material", "Id"), _id(request, "page", "Id")
    wanted = await parts.read(lambda unit: _page_wanted(unit, number, material, page))
    if wanted.sha256 != digest:
        raise invalid("The body of the pre-application names another SHA-256.", "X-Content-SHA256")
    data = await read_bytes(request, MOST_PHOTO, PHOTO_SECONDS)
    if wanted.file is None:
        await _keep(parts, number, wanted, data)
    return web.Response(status=204)


@routes.post("/v1/pre-applications/{number}/submit")
@allow("bot")
async def submit(request: web.Request) -> web.Response:
    number = _id(request, "number", "Number")
    return answer(await request.app[PARTS].change(lambda unit: moves.submit(unit, number), "move"))


@routes.post("/v1/pre-applications/{number}/{kind:corrections|deferrals}")
@allow("bot")
async def open_supplement(request: web.Request) -> web.Response:
    number, key, parts = _id(request, "number", "Number"), _key(request), request.app[PARTS]
    raw, kind = await read_raw_json(request), _kind(request)
    work = parts.change(lambda unit: supplements.open_one(unit, number, kind, raw, key))
    found, replaced = await work
    for file in replaced:
        await asyncio.to_thread(parts.pages.remove, file)
    return answer(found)


@routes.post("/v1/pre-applications/{number}/{kind:corrections|deferrals}/submit")
@allow("bot")
async def submit_supplement(request: web.Request) -> web.Response:
    number = _id(request, "number", "Number")
    hand_in = SUBMITS[_kind(request)]
    return answer(await request.app[PARTS].change(lambda unit: hand_in(unit, number), "move"))


@routes.post("/v1/pre-applications/{number}/withdraw")
@allow("bot")
async def withdraw(request: web.Request) -> web.Response:
    number = _id(request, "number", "Number")
    if request.body_exists:
        contract.hold_to("Withdrawal", await read_object(request))

    def work(unit: Unit) -> dict[str, object]:
        return applications.status(unit, moves.withdraw(unit, number))

    return answer(await request.app[PARTS].change(work, "move"))


@routes.post("/v1/pre-applications/{number}/ratings")
@allow("bot")
async def rate(request: web.Request) -> web.Response:
    number = _id(request, "number", "Number")
    body = await read_object(request)
    contract.hold_to("Rating", body)
    code, words, named = int(body["code"]), body.get("words", ""), body.get("named", False)
    await request.app[PARTS].change(lambda unit: marks.rate(unit, number, code, words, named=named), "move")
    return answer({"number": number, "code": code})


@routes.get("/v1/pre-applications/{number}/events")
@allow("bot")
async def list_events(request: web.Request) -> web.Response:
    number = _id(request, "number", "Number")
    after = _seq(one(request, "after_seq")) if "after_seq" in request.query else 0

    def found(unit: Unit) -> list[dict[str, object]]:
        applications.by_number(unit, number)
        return events.after(unit, number, after)

    return answer({"events": await request.app[PARTS].read(found)})


@routes.post("/v1/erasure")
@allow("bot")
async def erase(request: web.Request) -> web.Response:
    parts, body = request.app[PARTS], await read_object(request)
    contract.hold_to("Erasure", body)
    said, files = await parts.change(lambda unit: erasure.erase(unit, body["person"], body["references"]))
    for file in files:  # should we die here, the sweep at the next start finds what no row names
        await asyncio.to_thread(parts.pages.remove, file)
    return answer(said)


SUBMITS: dict[supplements.Kind, Callable[[Unit, str], dict[str, Any]]] = {
    "corrections": supplements.submit_correction,
    "deferrals": supplements.submit_deferral,
}


def _kind(request: web.Request) -> supplements.Kind:
    return "corrections" if request.match_info["kind"] == "corrections" else "deferrals"


def _key(request: web.Request) -> str:
    keys = request.headers.getall("Idempotency-Key", [])
    if len(keys) != 1 or not contract.fits("Reference", keys[0]):
        raise unreadable("The header Idempotency-Key must be there once, and be a reference.")
    return keys[0]


def _id(request: web.Request, name: str, schema: str) -> str:
    """A part of the path. What does not look like one cannot exist: Problem 404."""
    value = request.match_info[name]
    if not contract.fits(schema, value):
        raise unknown(name)
    return value


def _seq(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= MOST_SEQ):
        raise unreadable("The parameter after_seq must be a number from 0.")
    return int(text)


def _page_wanted(unit: Unit, number: str, material: str, page: str) -> applications.Page:
    row = applications.by_number(unit, number)
    found = applications.page_of(unit, number, material, page)
    if row.state not in BEFORE_DECISION and found.file is None:
        raise not_now("put_page", row.state)
    return found


async def _keep(parts: Parts, number: str, page: applications.Page, data: bytes) -> None:
    if not data.startswith(pages.JPEG_MAGIC):
        raise invalid("The bytes are not a JPEG.", "/")
    file = await asyncio.to_thread(_write, parts, number, page, data)
    before = await parts.change(lambda unit: applications.hold_page(unit, number, page, file), "page")
    if before is not None:  # two uploads of one page met; the row names the later file
        await asyncio.to_thread(parts.pages.remove, before)


def _write(parts: Parts, number: str, page: applications.Page, data: bytes) -> str:
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), page.sha256):
        raise invalid("The bytes have another SHA-256.", "X-Content-SHA256")
    return parts.pages.write(data, pages.place(number, page.material, page.page))
