"""Opening a pre-application, and finding it again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from intake import contract
from intake.clocks import OFFICE_TIME
from intake.problems import Problem, invalid, unknown
from intake.schema import applications, pages
from intake.states import START, STATES
from intake.unit import Unit

SAME_CASE = timedelta(days=30)  # one person, one service: asked again within this time, it is the same case
ACTIVE = tuple(state.id for state in STATES.values() if state.active)


@dataclass(frozen=True, slots=True)
class Page:
    """A photo the body names. `file` is None until it is held."""

    material: str
    page: str
    sha256: str
    file: str | None

    @property
    def name(self) -> dict[str, str]:
        return {"material": self.material, "page": self.page}


def open_draft(unit: Unit, raw: bytes, key: str) -> dict[str, Any]:
    """Open the pre-application in `raw`, or answer as before when these bytes came before under `key`."""
    digest = hashlib.sha256(raw).hexdigest()
    known = _by_reference(unit, key)
    if known is not None:
        return _same_answer(known, digest)
    body = contract.parse(raw)
    contract.hold_to("PreApplication", body)
    if body["reference"] != key:
        raise invalid("Idempotency-Key must equal the body's reference.", "Idempotency-Key")
    named = _pages_named(body)
    number = _next_number(unit)  # first: its row is held until the commit, so doubles of a day meet here
    known = _by_reference(unit, key)  # again: on PostgreSQL a twin may have committed while we waited
    if known is not None:
        return _same_answer(known, digest)
    person = _person(unit, body)
    refuse_duplicate(unit, person, body["service"]["id"])
    unit.connection.execute(insert(applications).values(**_columns(unit, body, number, digest, person)))
    if named:
        rows = [{"number": number, "material": m, "page": p, "sha256": s} for (m, p), s in named.items()]
        unit.connection.execute(insert(pages), rows)
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


def by_number(unit: Unit, number: str, *, lock: bool = False) -> Row[Any]:
    """The row of `number`; `lock` keeps others from moving it until the commit. Raises: Problem 404."""
    query = select(applications).where(applications.c.number == number)
    row = unit.connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise unknown("pre-application")
    return row


def by_reference(unit: Unit, reference: str) -> Row[Any]:
    row = _by_reference(unit, reference)
    if row is None:
        raise unknown("pre-application")
    return row


def status(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    """The contract's Status."""
    return {
        "number": row.number,
        "reference": row.reference,
        "state": row.state,
        "state_label": STATES[row.state].label,
        "service": {"id": row.service, "version": row.service_version, "title": row.title},
        "submitted_at": row.submitted_at and row.submitted_at.isoformat(),
        "answer_by": row.answer_by and row.answer_by.isoformat(),
        "receipt_no": row.receipt_no,
        "promised_by": row.promised_by and row.promised_by.isoformat(),
        "due_on": row.due_on and row.due_on.isoformat(),
        "provisional": row.provisional,
        "seq": row.seq,
        "rating": row.rating,
        "missing": [page.name for page in pages_of(unit, row.number) if page.file is None],
    }


def body_of(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    body: dict[str, Any] = unit.vault.open_json(row.body_sealed, f"applications.body:{row.number}")
    return body


def pages_of(unit: Unit, number: str) -> list[Page]:
    found = unit.connection.execute(select(pages).where(pages.c.number == number))
    return [Page(row.material, row.page, row.sha256, row.file) for row in found]


def page_of(unit: Unit, number: str, material: str, page: str) -> Page:
    """Raises: Problem 404 when the body names no such page."""
    for found in pages_of(unit, number):
        if (found.material, found.page) == (material, page):
            return found
    raise unknown("page in this pre-application")


def hold_page(unit: Unit, number: str, page: Page, file: str) -> str | None:
    """Note that `file` holds `page`. Returns the file that was held before: the caller removes it."""
    by_number(unit, number, lock=True)
    before = page_of(unit, number, page.material, page.page).file
    unit.connection.execute(
        update(pages)
        .where(pages.c.number == number, pages.c.material == page.material, pages.c.page == page.page)
        .values(file=file, held_at=unit.now)
    )
    return before


def _by_reference(unit: Unit, reference: str) -> Row[Any] | None:
    return unit.connection.execute(
        select(applications).where(applications.c.reference == reference)
    ).one_or_none()


def _same_answer(row: Row[Any], digest: str) -> dict[str, Any]:
    if row.body_sha256 != digest:
        raise Problem(
            422,
            "key-reused",
            "This key came before with another body.",
            "这个编号已经用过，内容不一样。",
            field="Idempotency-Key",
        )
    return {"number": row.number, "reference": row.reference, "state": START}


def _pages_named(body: dict[str, Any]) -> dict[tuple[str, str], str]:
    named: dict[tuple[str, str], str] = {}
    for m, material in enumerate(body["materials"]):
        for p, page in enumerate(material["pages"]):
            if (material["id"], page["page"]) in named:
                raise invalid("A page is named twice.", f"/materials/{m}/pages/{p}/page")
            named[material["id"], page["page"]] = page["sha256"]
    return named


def _person(unit: Unit, body: dict[str, Any]) -> bytes:
    return unit.vault.blind("person", body["applicant"]["id_number"])


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
