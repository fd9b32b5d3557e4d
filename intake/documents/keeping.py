"""Documents in the database: made with their event, sealed, never changed, forgotten with their person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Row, insert, select, update

from intake import definitions
from intake.cases import applications
from intake.days.clocks import OFFICE_TIME
from intake.documents.content import Content, read
from intake.documents.templates import Template, templates
from intake.keeping.schema import documents as table
from intake.keeping.unit import Unit
from intake.problems import Problem, unknown

SIDES = {"front": "正面", "back": "反面"}
WEEKDAYS = "一二三四五六日"
PROVISIONAL = "以上日期跨到了节假日还没有公布的年份，先按平常的周末计算，公布后如有变化会告诉您。"
FORGOTTEN = "This document is forgotten at the request of the person."


def make(unit: Unit, number: str, seq: int, event: str, told: Mapping[str, Any]) -> None:
    """Put into writing what event `seq` of application `number` tells, if there is a template for it."""
    template = templates().get(event)
    if template is None:
        return
    row = applications.by_number(unit, number)
    facts = _facts(unit, row, told)
    content = Content(
        kind=template.kind,
        title=template.title,
        number=_number(unit, template, told),
        application=number,
        office=facts["office"],
        date=facts["today"],
        sample=unit.sample,
        parts=tuple(template.fill(facts)),
    )
    unit.connection.execute(
        insert(table).values(
            number=number,
            id=f"{template.kind}-{seq}",
            seq=seq,
            kind=template.kind,
            doc_number=content.number,
            title=content.title,
            sha256=content.sha256,
            at=unit.now,
            content_sealed=unit.vault.seal_json(content.json(), _place(number, seq)),
        )
    )


def listed(unit: Unit, number: str) -> list[dict[str, Any]]:
    """The contract's Document for each document of `number`, the oldest first. Raises: Problem 404."""
    applications.by_number(unit, number)
    return [_told(row) for row in _rows(unit, number)]


def of_event(unit: Unit, number: str, seq: int) -> dict[str, Any] | None:
    """The contract's Document that was made with event `seq`, None when none was."""
    query = select(table).where(table.c.number == number, table.c.seq == seq)
    row = unit.connection.execute(query).one_or_none()
    return None if row is None else _told(row)


def content_of(unit: Unit, number: str, document: str) -> Content:
    """Raises: Problem 404 when there is none, 410 when it is forgotten."""
    query = select(table).where(table.c.number == number, table.c.id == document)
    row = unit.connection.execute(query).one_or_none()
    if row is None:
        raise unknown("document in this pre-application")
    if row.content_sealed is None:
        raise Problem(410, "forgotten", FORGOTTEN, "这份文书已经按申请人的要求删掉了。")
    return read(unit.vault.open_json(row.content_sealed, _place(number, row.seq)))


def forget(unit: Unit, number: str) -> None:
    """Leave of each document that it was made, its number and its hash: what it said is about a person."""
    unit.connection.execute(update(table).where(table.c.number == number).values(content_sealed=None))


def checked(unit: Unit, number: str = "") -> list[tuple[Row[Any], str]]:
    """Every document (of one application) with "whole", "forgotten" or "altered"."""
    return [(row, _condition(unit, row)) for row in _rows(unit, number)]


def _condition(unit: Unit, row: Row[Any]) -> str:
    if row.content_sealed is None:
        return "forgotten"
    content = read(unit.vault.open_json(row.content_sealed, _place(row.number, row.seq)))
    return "whole" if content.sha256 == row.sha256 else "altered"


def _rows(unit: Unit, number: str) -> list[Row[Any]]:
    query = select(table).order_by(table.c.number, table.c.seq)
    return list(unit.connection.execute(query.where(table.c.number == number) if number else query).all())


def _told(row: Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "number": row.doc_number,
        "title": row.title,
        "sha256": row.sha256,
        "at": row.at.isoformat(),
    }


def _number(unit: Unit, template: Template, told: Mapping[str, Any]) -> str:
    if template.number:
        return str(told[template.number])
    day = unit.now.astimezone(OFFICE_TIME).strftime("%Y%m%d")
    return f"{template.prefix}-{day}-{unit.count(f'{template.prefix}-{day}'):04d}"


# The facts


def _facts(unit: Unit, row: Row[Any], told: Mapping[str, Any]) -> dict[str, Any]:
    body = applications.body_of(unit, row)
    return {
        **{name: _spoken(name, value) for name, value in told.items()},
        "provisional": PROVISIONAL if told.get("provisional") else "",
        "name": body["applicant"]["name"],
        "id_number": mask(body["applicant"]["id_number"]),
        "agent": " ".join((body.get("agent") or {}).get(name, "") for name in ("village", "name")).strip(),
        "guardian": _guardian(body),
        "service": row.title,
        "application": row.number,
        "submitted": _day((row.submitted_at or unit.now).astimezone(OFFICE_TIME).date()),
        "today": _day(unit.now.astimezone(OFFICE_TIME).date()),
        "office": _authority(unit, row),
        "body_sha256": row.body_sha256,
        "answers": [_answer(found) for found in body["answers"]],
        "materials": [_material(found) for found in body["materials"]],
        "count": len(told.get("items", ())),
    }


def _guardian(body: Mapping[str, Any]) -> str:
    """Who consented for a child, "" when nobody had to."""
    found = body.get("guardian")
    return f"{found['name']}（{found.get('relation') or '监护人'}）" if found else ""


def mask(number: str) -> str:
    """Enough of an identity number for its owner to know it: paper gets lost, phones are lent."""
    return number[:6] + "*" * (len(number) - 10) + number[-4:] if len(number) >= 15 else "*" * len(number)


def _spoken(name: str, value: Any) -> Any:
    """A day as people say it; everything else as it was told."""
    if name not in ("promised_by", "by", "answer_by", "until", "keep_until") or not value:
        return value
    day = date.fromisoformat(value)
    return f"{_day(day)}（周{WEEKDAYS[day.weekday()]}）"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _answer(found: Mapping[str, Any]) -> dict[str, str]:
    """What he saw when it was read back to him. A sensitive value never in full, whatever was shown."""
    full, shown = str(found["value"]), str(found["shown"])
    if found["sensitive"] and full:
        shown = shown.replace(full, mask(full))
    return {"label": found["label"] or found["key"], "shown": shown}


def _material(found: Mapping[str, Any]) -> dict[str, str]:
    pages = [page.get("label") or SIDES.get(page["page"], "") for page in found["pages"]]
    named = "、".join(page for page in pages if page)
    return {"title": found["title"], "pages": f"{named}，共{len(pages)}张" if named else f"共{len(pages)}张"}


def _authority(unit: Unit, row: Row[Any]) -> str:
    """Who decides: the authority the service's definition names."""
    try:
        item = definitions.read(unit, row.service, row.service_version).get("item")
    except Problem:  # the definition was never published here
        item = None
    named = item.get("authority") if isinstance(item, dict) else None
    if isinstance(named, dict):
        named = named.get("zh-CN") or next(iter(named.values()), "")
    return named if isinstance(named, str) and named else "受理机关"


def _place(number: str, seq: int) -> str:
    return f"documents.content:{number}/{seq}"
