"""Forgetting a person: what goes, what the law keeps, and a receipt that can be checked.

A case that has come to its end keeps its number, its service, its states with their days and its result
(the office has to account for them); who it was, what he wrote, his photos, his words and what was
written to him go. A case under way is not touched: it has to be withdrawn first, or to come to its end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update

from intake.cases import events, traces
from intake.documents import keeping
from intake.keeping.schema import applications, corrections, erased_cases, erasures, pages, supplements
from intake.keeping.unit import Unit
from intake.ratings import marks
from intake.states import START

# Nothing is owed any more where a case stands in one of these.
OVER = ("not_accepted", "delivered", "closed", "withdrawn", "deemed_withdrawn", "acceptance_revoked")
# 政务服务办件要能查、能复核: number, dates and result stay; a consent stays as the hash of its words.
ARCHIVE = "办件编号、日期和结果按档案规定留存"
UNTIL_CLEARED = "监督人员解除以前，不能再先办后补；解除后就删"
UNDER_WAY = "正在办理，撤回或办完以后才能删"
GONE = "姓名、身份证号码、填写的内容、照片、留言和文书的内容"
_FACTS = frozenset(
    ("answer_by", "provisional", "receipt_no", "promised_by", "result", "code", "by", "until", "round",
     "level", "kind", "since", "keep_until", "day", "what", "contact_by", "rerate_until", "lookup", "at")
)  # fmt: skip


@dataclass(slots=True)
class Forgotten:
    """What one erasure came to. `files` are to be deleted from disk after the commit."""

    erased: list[str] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def erase(
    unit: Unit, person: Mapping[str, str], references: Iterable[str]
) -> tuple[dict[str, Any], list[str]]:
    """Forget the cases meant, as far as the law allows; return the contract's Erased and files to delete.

    Asked again it says the same under the same receipt, until there is more that can go.
    """
    wanted = sorted(set(references))
    meant = _blind(unit, person)
    found = Forgotten()
    for row in _cases(unit, meant, wanted):
        _forget(unit, row, found)
    request = unit.vault.blind("erasure", "\0".join([meant.hex() if meant else "", *wanted]))
    return _answer(found, _receipt(unit, request, found)), found.files


def _blind(unit: Unit, person: Mapping[str, str]) -> bytes | None:
    number = person.get("id_number")
    return unit.vault.blind("person", number) if number else None


def _cases(unit: Unit, person: bytes | None, references: list[str]) -> list[Row[Any]]:
    """The cases meant, locked, in the order of their numbers."""
    meant: list[ColumnElement[bool]] = [applications.c.reference.in_(references)]
    if person is not None:
        meant.append(applications.c.person == person)
    query = select(applications).where(or_(*meant)).order_by(applications.c.number).with_for_update()
    return list(unit.connection.execute(query).all())


def _forget(unit: Unit, row: Row[Any], found: Forgotten) -> None:
    if row.state == START:
        found.files += _forget_pages(unit, row.number)
        traces.remove(unit, row.number)
        unit.connection.execute(delete(applications).where(applications.c.number == row.number))
        found.erased.append(f"{row.number}: 没有交上来的草稿")
        return
    if row.state not in OVER:
        found.kept.append(_kept(row, UNDER_WAY, under_way=True))
        return
    if not _forgotten_before(unit, row.number):
        found.files += _forget_pages(unit, row.number)
        _forget_words(unit, row)
        unit.connection.execute(insert(erased_cases).values(number=row.number, at=unit.now))
    found.erased.append(f"{row.number}: {GONE}")
    found.kept.append(_kept(row, ARCHIVE, under_way=False))
    if traces.promise_stands(unit, row.number):
        what = f"{row.number}: 答应补的材料没有补上（只留指纹，认不出是谁）"
        found.kept.append({**_kept(row, UNTIL_CLEARED, under_way=False), "what": what})


def _kept(row: Row[Any], why: str, *, under_way: bool) -> dict[str, Any]:
    what = f"{row.number}: 整件" if under_way else f"{row.number}: 编号、日期和结果"
    return {"what": what, "why": why, "until": None, "number": row.number, "under_way": under_way}


def _forgotten_before(unit: Unit, number: str) -> bool:
    query = select(erased_cases.c.number).where(erased_cases.c.number == number)
    return unit.connection.execute(query).scalar() is not None


def _forget_pages(unit: Unit, number: str) -> list[str]:
    held = select(pages.c.file).where(pages.c.number == number, pages.c.file.is_not(None))
    files = list(unit.connection.execute(held.order_by(pages.c.file)).scalars())
    unit.connection.execute(delete(pages).where(pages.c.number == number))
    return files


def _forget_words(unit: Unit, row: Row[Any]) -> None:
    """Leave of the case what says that it was, and how it ended."""
    sealed = unit.vault.open_json(row.body_sealed, f"applications.body:{row.number}")
    nobody = unit.vault.blind("erased", row.number)  # found by no name and no number any more
    unit.connection.execute(
        update(applications)
        .where(applications.c.number == row.number)
        .values(
            person=nobody,
            name_index=nobody,
            body_sha256=nobody.hex(),
            rating_words_sealed=None,
            body_sealed=unit.vault.seal_json(bare(sealed), f"applications.body:{row.number}"),
        )
    )
    _forget_event_words(unit, row.number)
    marks.forget(unit, row.number)
    for table in (supplements, corrections):  # that there were any, the events say
        unit.connection.execute(delete(table).where(table.c.number == row.number))
    keeping.forget(unit, row.number)
    traces.forget(unit, row.number, nobody)


def bare(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a pre-application without the person in it; the consent stays, as a hash."""
    kept = ("reference", "service", "office", "channel", "lang", "consent", "limits")
    nobody = {"applicant": {"name": "", "id_number": ""}, "answers": [], "materials": []}
    return {**{name: body[name] for name in kept if name in body}, **nobody}


def _forget_event_words(unit: Unit, number: str) -> None:
    for row in events.rows(unit, number):
        told = events.data_of(unit, row)
        facts = {name: value if name in _FACTS else _emptied(value) for name, value in told.items()}
        events.tell_again(unit, number, row.seq, facts)


def _emptied(value: Any) -> Any:
    return type(value)() if isinstance(value, str | list | dict) else value


# The receipt


def digest(receipt: str, at: str, erased: list[str], kept: list[dict[str, Any]]) -> str:
    """SHA-256, hex, over the one spelling of what a receipt says."""
    said = {"id": receipt, "at": at, "erased": erased, "kept": kept}
    spelled = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()


def _receipt(unit: Unit, request: bytes, found: Forgotten) -> dict[str, str]:
    outcome = json.dumps({"erased": found.erased, "kept": found.kept}, ensure_ascii=False, sort_keys=True)
    newest = select(erasures).where(erasures.c.request == request).order_by(erasures.c.at.desc()).limit(1)
    before = unit.connection.execute(newest).one_or_none()
    if before is not None and before.outcome == outcome:
        return {"id": before.id, "at": before.at.isoformat(), "sha256": before.sha256}
    day = unit.now.strftime("%Y%m%d")
    id_ = f"XH-{day}-{unit.count(f'erasure-{day}'):04d}"
    sha256 = digest(id_, unit.now.isoformat(), found.erased, found.kept)
    values = {"id": id_, "at": unit.now, "request": request, "outcome": outcome, "sha256": sha256}
    unit.connection.execute(insert(erasures).values(**values))
    return {"id": id_, "at": unit.now.isoformat(), "sha256": sha256}


def _answer(found: Forgotten, receipt: dict[str, str]) -> dict[str, Any]:
    return {"erased": found.erased, "kept": found.kept, "receipt": receipt}
