"""What an applicant hands in later: the answer to a correction, or a paper he had promised.

Both go the way of the first hand-in: what is new is named, its pages are put, then it is submitted. Only
what was asked for is taken. What is submitted becomes part of the application's body, so that everybody
who reads it afterwards sees the newest; the supplement itself is kept as it came.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal

from sqlalchemy import Row, insert, select, update

from intake import contract
from intake.cases import applications, corrections, events, moves, owed, standing
from intake.keeping.schema import applications as application_table
from intake.keeping.schema import pages
from intake.keeping.schema import supplements as table
from intake.keeping.unit import Unit
from intake.lookups import finding
from intake.problems import Problem, key_reused, not_now
from intake.states import BY_ACTION

Kind = Literal["corrections", "deferrals"]
ACTIONS: dict[Kind, str] = {"corrections": "correct", "deferrals": "supply"}


def open_one(unit: Unit, number: str, kind: Kind, raw: bytes, key: str) -> tuple[dict[str, Any], list[str]]:
    """Take a supplement, or answer again when these bytes came before under `key`.

    Returns the contract's SupplementOpened, and the photos it replaces: the caller removes their files.
    Raises: Problem 404, 423 nothing is asked for, 422 `not-asked`.
    """
    row = applications.by_number(unit, number, lock=True)
    digest = hashlib.sha256(raw).hexdigest()
    known = unit.connection.execute(
        select(table).where(table.c.number == number, table.c.key == key)
    ).one_or_none()
    if known is not None:
        _same(known, kind, digest)
        return {"missing": applications.missing(unit, number)}, []
    body = contract.parse(raw)
    contract.hold_to("Supplement", body)
    if row.state not in BY_ACTION[ACTIONS[kind]].sources:
        raise not_now(kind, row.state)
    _only_what_was_asked(unit, row, kind, body)
    contract.hold_to("PreApplication", merged(applications.body_of(unit, row), body))
    replaced = _name_pages(unit, number, body)
    place = _place(number, key)
    unit.connection.execute(
        insert(table).values(
            number=number,
            key=key,
            kind=kind,
            body_sha256=digest,
            body_sealed=unit.vault.seal_json(body, place),
            opened_at=unit.now,
        )
    )
    return {"missing": applications.missing(unit, number)}, replaced


def submit_correction(unit: Unit, number: str) -> dict[str, Any]:
    """All that was asked for is there: the office looks again. A repeat gets the same answer."""
    row = applications.by_number(unit, number, lock=True)
    if row.state != "correction_asked":
        return _told_before(unit, row)
    bodies = _waiting(unit, number, "corrections")
    given = {slot for body in bodies for slot in slots_of(body)}
    left = sorted(corrections.asked(unit, number) - given)
    _all_there(unit, row, left)
    row = _become_body(unit, row, "corrections", bodies)
    row = moves.make(unit, row, "correct", "applicant")
    return _answer(row, row.answer_by, provisional=row.provisional)


def submit_deferral(unit: Unit, number: str) -> dict[str, Any]:
    """Hand over the promised papers that are complete. A repeat gets the same answer."""
    row = applications.by_number(unit, number, lock=True)
    bodies = _waiting(unit, number, "deferrals")
    if not bodies:
        return _done_before(unit, row)
    if row.state not in BY_ACTION["supply"].sources:
        raise not_now("deferrals", row.state)
    _all_there(unit, row, [])
    wanted = _papers_wanted(unit, row)
    promised = [promise for body in bodies for promise in body.get("deferred", [])]
    _note_promises(unit, row, promised)
    row = _become_body(unit, row, "deferrals", bodies)
    came = {material["id"] for body in bodies for material in body["materials"]}
    for material in sorted(came & wanted):
        last = len(owed.still(unit, number)) == 1 and row.state == "accepted_deferred"
        row = moves.make(unit, row, "supply_last" if last else "supply", "applicant", material=material)
    return _answer(row, row.promised_by or row.answer_by, provisional=row.provisional)


def slots_of(body: dict[str, Any]) -> list[str]:
    """The slots a supplement fills."""
    named = [f"{each['id']}.{page['page']}" for each in body["materials"] for page in each["pages"]]
    return [*named, *(answer["key"] for answer in body["answers"])]


def merged(body: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """`body` with what `more` says instead. A corrected name or identity number is the applicant's too."""
    answers = {answer["key"]: answer for answer in body["answers"]}
    applicant = dict(body["applicant"])
    for answer in more["answers"]:
        before = answers.get(answer["key"], {}).get("value")
        for name, value in applicant.items():
            if before == value and isinstance(answer["value"], str):
                applicant[name] = answer["value"]
        answers[answer["key"]] = answer
    materials = {material["id"]: material for material in body["materials"]}
    for material in more["materials"]:
        known = materials.get(material["id"], {"pages": []})
        sheets = {page["page"]: page for page in known["pages"]}
        for page in material["pages"]:
            sheets[page["page"]] = {**sheets.get(page["page"], {}), **page}
        materials[material["id"]] = {**known, **material, "pages": list(sheets.values())}
    changed = {"applicant": applicant, "answers": [*answers.values()], "materials": [*materials.values()]}
    promises = [*body.get("deferred", []), *more.get("deferred", [])]
    return {**body, **changed, **({"deferred": promises} if promises else {})}


def _same(known: Row[Any], kind: Kind, digest: str) -> None:
    if known.body_sha256 != digest or known.kind != kind:
        raise key_reused()


def _only_what_was_asked(unit: Unit, row: Row[Any], kind: Kind, body: dict[str, Any]) -> None:
    promised, may_be_promised = [each["material"] for each in body.get("deferred", [])], set[str]()
    if kind == "corrections":
        asked, named = corrections.asked(unit, row.number), slots_of(body)
    else:
        asked = _papers_wanted(unit, row)
        named = [each["id"] for each in body["materials"] if each["pages"]]
        named += [answer["key"] for answer in body["answers"]]
        may_be_promised = {*finding.unasked(unit, row)}
        owed.refuse_blocked(unit, row.person, body)
    if not asked:
        raise not_now(kind, row.state)
    wrong = [slot for slot in named if slot not in asked]
    unasked = next(iter([*wrong, *(each for each in promised if each not in may_be_promised)]), None)
    if unasked is not None or not (named or promised):
        raise Problem(
            422,
            "not-asked",
            "Nobody asked for this." if named else "There is nothing in it.",
            "这一项不用补。",
            field=unasked or "/materials",
        )


def _papers_wanted(unit: Unit, row: Row[Any]) -> set[str]:
    """What is owed, and what a department was to answer for that nobody could ask."""
    return {each.material for each in owed.still(unit, row.number)} | {*finding.unasked(unit, row)}


def _note_promises(unit: Unit, row: Row[Any], promises: list[dict[str, Any]]) -> None:
    """Papers promised only now are owed like any. Raises: Problem 422 promised twice, or there already."""
    if promises:
        body = {**applications.body_of(unit, row), "deferred": promises}
        owed.refuse_blocked(unit, row.person, body)
        owed.note(unit, row.number, body)


def _name_pages(unit: Unit, number: str, body: dict[str, Any]) -> list[str]:
    """Name the pages to be put; those that were held with other bytes give way. Returns their files."""
    held = {(page.material, page.page): page for page in applications.pages_of(unit, number)}
    replaced = []
    for material in body["materials"]:
        for page in material["pages"]:
            name, sha256 = (material["id"], page["page"]), page["sha256"]
            before = held.get(name)
            if before is not None and before.sha256 == sha256:
                continue
            if before is not None and before.file is not None:
                replaced.append(before.file)
            _name_page(unit, number, name, sha256, fresh=before is None)
            held[name] = applications.Page(*name, sha256, None)
    return replaced


def _name_page(unit: Unit, number: str, name: tuple[str, str], sha256: str, *, fresh: bool) -> None:
    material, page = name
    if fresh:
        row = {"number": number, "material": material, "page": page, "sha256": sha256}
        unit.connection.execute(insert(pages).values(**row))
        return
    this = pages.c.number == number, pages.c.material == material, pages.c.page == page
    unit.connection.execute(update(pages).where(*this).values(sha256=sha256, file=None, held_at=None))


def _waiting(unit: Unit, number: str, kind: Kind) -> list[dict[str, Any]]:
    rows = unit.connection.execute(
        select(table)
        .where(table.c.number == number, table.c.kind == kind, table.c.done_at.is_(None))
        .order_by(table.c.opened_at, table.c.key)
    )
    return [unit.vault.open_json(row.body_sealed, _place(number, row.key)) for row in rows]


def _all_there(unit: Unit, row: Row[Any], slots: list[str]) -> None:
    missing = applications.missing(unit, row.number)
    if missing or slots:
        raise Problem(
            422,
            "missing-pages",
            f"{len(missing)} pages and {len(slots)} slots are missing.",
            "还有要补的内容没有交齐。",
            missing=missing,
            slots=slots,
        )


def _become_body(unit: Unit, row: Row[Any], kind: Kind, bodies: list[dict[str, Any]]) -> Row[Any]:
    """Write what came into the application's body, and its fingerprints anew. Returns the new row."""
    body = applications.body_of(unit, row)
    for more in bodies:
        body = merged(body, more)
    person = applications.person_of(unit, body)
    if person != row.person:
        standing.follow(unit, row, person)
    unit.connection.execute(
        update(application_table)
        .where(application_table.c.number == row.number)
        .values(
            person=person,
            name_index=unit.vault.blind("name", body["applicant"]["name"]),
            body_sealed=unit.vault.seal_json(body, f"applications.body:{row.number}"),
        )
    )
    mine = table.c.number == row.number, table.c.kind == kind, table.c.done_at.is_(None)
    unit.connection.execute(update(table).where(*mine).values(done_at=unit.now))
    return applications.by_number(unit, row.number)


def _told_before(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    """The answer of a repeated correction. Raises: Problem 423 when there was nothing to hand in."""
    told = [event for event in events.rows(unit, row.number) if event.type == "corrected"]
    if not told:
        raise not_now("corrected", row.state)
    return {"number": row.number, "state": told[-1].state, **events.data_of(unit, told[-1])}


def _done_before(unit: Unit, row: Row[Any]) -> dict[str, Any]:
    """The answer of a repeat. Raises: Problem 423 when there was nothing to hand in."""
    mine = table.c.number == row.number, table.c.kind == "deferrals", table.c.done_at.is_not(None)
    if unit.connection.execute(select(table.c.key).where(*mine).limit(1)).scalar() is None:
        raise not_now("deferrals", row.state)
    return _answer(row, row.promised_by or row.answer_by, provisional=row.provisional)


def _answer(row: Row[Any], day: Any, *, provisional: bool) -> dict[str, Any]:
    return {
        "number": row.number,
        "state": row.state,
        "answer_by": day and day.isoformat(),
        "provisional": provisional,
    }


def _place(number: str, key: str) -> str:
    return f"supplements.body:{number}/{key}"
