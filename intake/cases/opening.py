"""Opening a pre-application, as the first call of handing one in."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, insert, select

from intake import contract
from intake.cases import owed
from intake.cases.applications import find_by_reference, person_of
from intake.days.clocks import OFFICE_TIME
from intake.keeping.schema import applications, pages
from intake.keeping.unit import Unit
from intake.problems import Problem, invalid, key_reused
from intake.states import START, STATES

SAME_CASE = timedelta(days=30)  # one person, one service: asked again within this time, it is the same case
ACTIVE = tuple(state.id for state in STATES.values() if state.active)


def open_draft(unit: Unit, raw: bytes, key: str) -> dict[str, Any]:
    """Open the pre-application in `raw`, or answer as before when these bytes came before under `key`."""
    digest = hashlib.sha256(raw).hexdigest()
    known = find_by_reference(unit, key)
    if known is not None:
        return _same_answer(known, digest)
    body = contract.parse(raw)
    contract.hold_to("PreApplication", body)
    if body["reference"] != key:
        raise invalid("Idempotency-Key must equal the body's reference.", "Idempotency-Key")
    named = _pages_named(body)
    number = _next_number(unit)  # first: its row is held until the commit, so doubles of a day meet here
    known = find_by_reference(unit, key)  # again: on PostgreSQL a twin may have committed while we waited
    if known is not None:
        return _same_answer(known, digest)
    person = person_of(unit, body)
    owed.refuse_blocked(unit, person, body)
    refuse_duplicate(unit, person, body["service"]["id"])
    unit.connection.execute(insert(applications).values(**_columns(unit, body, number, digest, person)))
    if named:
        rows = [{"number": number, "material": m, "page": p, "sha256": s} for (m, p), s in named.items()]
        unit.connection.execute(insert(pages), rows)
    owed.note(unit, number, body)
    return {"number": number, "reference": key, "state": START}


def refuse_duplicate(unit: Unit, person: bytes, service: str, but: str = "") -> None:
    """Raise Problem 409 with the number when `person` has `service` under way. Drafts do not count."""
    found = unit.connection.execute(
        select(applications.c.number)
        .where(
            applications.c.person == person,
            applications.c.service == service,
            applications.c.state.in_(ACTIVE),
            applications.c.opened_at > unit.now - SAME_CASE,
            applications.c.number != but,
        )
        .order_by(applications.c.opened_at.desc())
        .limit(1)
    ).scalar()
    if found is not None:
        raise Problem(
            409,
            "duplicate",
            "This person has this service under way.",
            "这件事您已经交过了，正在办。",
            number=found,
        )


def _same_answer(row: Row[Any], digest: str) -> dict[str, Any]:
    if row.body_sha256 != digest:
        raise key_reused()
    return {"number": row.number, "reference": row.reference, "state": START}


def _pages_named(body: dict[str, Any]) -> dict[tuple[str, str], str]:
    named: dict[tuple[str, str], str] = {}
    for m, material in enumerate(body["materials"]):
        for p, page in enumerate(material["pages"]):
            if (material["id"], page["page"]) in named:
                raise invalid("A page is named twice.", f"/materials/{m}/pages/{p}/page")
            named[material["id"], page["page"]] = page["sha256"]
    return named


def _next_number(unit: Unit) -> str:
    day = unit.now.astimezone(OFFICE_TIME).strftime("%m%d")
    return f"{unit.prefix}-{day}-{unit.count(f'{unit.prefix}-{day}'):04d}"


def _columns(unit: Unit, body: dict[str, Any], number: str, digest: str, person: bytes) -> dict[str, Any]:
    return {
        "number": number,
        "reference": body["reference"],
        "body_sha256": digest,
        "service": body["service"]["id"],
        "service_version": body["service"]["version"],
        "title": body["service"]["title"],
        "office": body["office"],
        "state": START,
        "version": 1,
        "seq": 0,
        "person": person,
        "name_index": unit.vault.blind("name", body["applicant"]["name"]),
        "opened_at": unit.now,
        "provisional": False,
        "body_sealed": unit.vault.seal_json(body, f"applications.body:{number}"),
    }
