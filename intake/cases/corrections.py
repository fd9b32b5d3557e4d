"""Asking an applicant for something again (补正): everything at once, each with its reason and a picture.

A round names slots: pages he sent, answers he gave. What he has not been asked about before, and has
therefore not changed since the first look, is the office's own oversight when it is asked for in a later
round: that needs a reason, and the supervisor sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from intake.cases import applications
from intake.cases.making import Making
from intake.days import timers
from intake.days.clocks import reminders
from intake.keeping.schema import corrections as table
from intake.keeping.unit import Unit
from intake.office import alerts
from intake.problems import Problem, invalid
from intake.states import CLOCKS

MOST_ITEMS, MOST_CHARACTERS = 100, 2000
SIDES = {"front": "正面", "back": "反面"}
EXAMPLES: Mapping[str, str] = {
    "": "不用图",
    "id_card_front": "身份证正面怎么拍",
    "id_card_back": "身份证反面怎么拍",
    "blurred": "模糊和清楚的对比",
    "glare": "反光和不反光的对比",
    "all_corners": "四个角都要拍到",
    "whole_page": "整页都要拍到",
}


def slots(body: dict[str, Any]) -> dict[str, str]:
    """What can be asked for again, and what to call it: every page sent and every answer given."""
    pages = {
        f"{material['id']}.{page['page']}": _title(material, page)
        for material in body["materials"]
        for page in material["pages"]
    }
    return pages | {answer["key"]: answer["label"] or answer["key"] for answer in body["answers"]}


def page_label(page: dict[str, Any]) -> str:
    return str(page.get("label") or SIDES.get(page["page"], page["page"]))


def begin(making: Making) -> None:
    """Check and keep the round that is asked for, and tell it."""
    unit, row = making.unit, making.row
    items = _read(applications.body_of(unit, row), making.given.get("items"))
    _watch_late(making, items)
    n = rounds(unit, row.number) + 1
    unit.connection.execute(
        insert(table).values(
            number=row.number,
            round=n,
            asked_at=unit.now,
            by=making.by,
            items_sealed=unit.vault.seal_json(items, _place(row.number, n)),
        )
    )
    limit = CLOCKS["correction"].limit
    assert limit is not None
    calendar = timers.calendar_of(unit, row, "correction")
    making.facts |= {"items": items, "round": n}
    making.facts["remind"] = [day.isoformat() for day in reminders(unit.now, limit.days, calendar)]


def rounds(unit: Unit, number: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.number == number)
    return int(unit.connection.execute(query).scalar_one())


def asked(unit: Unit, number: str) -> set[str]:
    """The slots of the round that waits for an answer; empty when none does."""
    rows = unit.connection.execute(
        select(table).where(table.c.number == number, table.c.answered_at.is_(None))
    )
    return {item["slot"] for row in rows for item in _items(unit, row)}


def asked_ever(unit: Unit, number: str) -> set[str]:
    rows = unit.connection.execute(select(table).where(table.c.number == number))
    return {item["slot"] for row in rows for item in _items(unit, row)}


def end(unit: Unit, number: str) -> None:
    unit.connection.execute(
        update(table)
        .where(table.c.number == number, table.c.answered_at.is_(None))
        .values(answered_at=unit.now)
    )


def _read(body: dict[str, Any], given: Any) -> list[dict[str, str]]:
    """The items with their titles. Raises: Problem 422 naming the first wrong one."""
    if not isinstance(given, list) or not 0 < len(given) <= MOST_ITEMS:
        raise invalid("A correction names what to send again.", "/items", "请选出要补正的内容。")
    titles, items = slots(body), [_item(place, each) for place, each in enumerate(given)]
    seen: set[str] = set()
    for place, item in enumerate(items):
        if item["slot"] not in titles:
            raise invalid("There is no such slot.", f"/items/{place}/slot", "申请里没有这一项。")
        if item["slot"] in seen:
            raise invalid("This slot is named twice.", f"/items/{place}/slot", "同一项写了两次。")
        seen.add(item["slot"])
        item["title"] = titles[item["slot"]]
    return items


def _item(place: int, given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        raise invalid("An item must be an object.", f"/items/{place}")
    slot, reason, example = given.get("slot"), given.get("reason"), given.get("example", "")
    if not isinstance(slot, str):
        raise invalid("An item names a slot.", f"/items/{place}/slot")
    if not isinstance(reason, str) or not 0 < len(reason.strip()) <= MOST_CHARACTERS:
        raise invalid("An item gives a reason.", f"/items/{place}/reason", "每一项都要写清原因。")
    if not isinstance(example, str) or example not in EXAMPLES:
        raise invalid("There is no such picture.", f"/items/{place}/example", "没有这张示例图。")
    return {"slot": slot, "title": "", "reason": reason.strip(), "example": example}


def _watch_late(making: Making, items: list[dict[str, str]]) -> None:
    unit, number = making.unit, making.number
    if not rounds(unit, number):
        return
    before = asked_ever(unit, number)
    late = [item for item in items if item["slot"] not in before]
    if not late:
        return
    titles, reason = "、".join(item["title"] for item in late), making.fields["late_reason"]
    if not reason:
        words = f"“{titles}”第一次审核时就在，那时没有说。要现在补正，请写明原因。"
        raise Problem(
            422,
            "late-items",
            "These were there, unchanged, at the first look: a reason is needed.",
            words,
            fields={"late_reason": words},
            slots=[item["slot"] for item in late],
        )
    alerts.add(unit, number, "added_later", f"{titles}。原因：{reason}")


def _items(unit: Unit, row: Row[Any]) -> list[dict[str, str]]:
    items: list[dict[str, str]] = unit.vault.open_json(row.items_sealed, _place(row.number, row.round))
    return items


def _title(material: dict[str, Any], page: dict[str, Any]) -> str:
    label = page_label(page)
    return f"{material['title']}{label}" if label != page["page"] else str(material["title"])


def _place(number: str, n: int) -> str:
    return f"corrections.items:{number}/{n}"
