"""Finding a pre-application, its body and its pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update

from intake.keeping.schema import applications, pages
from intake.keeping.unit import Unit
from intake.problems import not_now, unknown
from intake.states import STATES


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


def by_number(unit: Unit, number: str, *, lock: bool = False) -> Row[Any]:
    """The row of `number`; `lock` keeps others from moving it until the commit. Raises: Problem 404."""
    query = select(applications).where(applications.c.number == number)
    row = unit.connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise unknown("pre-application")
    return row


def by_reference(unit: Unit, reference: str) -> Row[Any]:
    row = find_by_reference(unit, reference)
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
        "missing": missing(unit, row.number),
    }


def body_of(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    body: dict[str, Any] = unit.vault.open_json(row.body_sealed, f"applications.body:{row.number}")
    return body


def pages_of(unit: Unit, number: str) -> list[Page]:
    found = unit.connection.execute(select(pages).where(pages.c.number == number))
    return [Page(row.material, row.page, row.sha256, row.file) for row in found]


def missing(unit: Unit, number: str) -> list[dict[str, str]]:
    """Pages that are named and not held yet."""
    return [page.name for page in pages_of(unit, number) if page.file is None]


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
    this = pages.c.number == number, pages.c.material == page.material, pages.c.page == page.page
    # A supplement may have named other bytes for this page while these were on their way.
    taken = update(pages).where(*this, pages.c.sha256 == page.sha256).values(file=file, held_at=unit.now)
    if not unit.connection.execute(taken).rowcount:
        raise not_now("put_page", "another photo is named")
    return before


def find_by_reference(unit: Unit, reference: str) -> Row[Any] | None:
    return unit.connection.execute(
        select(applications).where(applications.c.reference == reference)
    ).one_or_none()


def person_of(unit: Unit, body: dict[str, Any]) -> bytes:
    return unit.vault.blind("person", body["applicant"]["id_number"])
