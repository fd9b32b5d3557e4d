"""Cases as the five tables of the national exchange (国家政务服务平台 办件信息).

Names of tables and columns are those of the exchange's own tables; what a receiving platform numbers itself
(id, tenant, who created the row) is left to it. Everything is derived from the case's body and its events,
so an export can be made again and is the same but for `cd_time` and `cd_batch`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Row, select

from intake.cases import applications, events
from intake.days.clocks import OFFICE_TIME
from intake.exports import codes
from intake.keeping.schema import applications as table
from intake.keeping.unit import Unit
from intake.states import EVENT_LABELS

Record = dict[str, str]


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a case, opened."""

    seq: int
    type: str
    at: datetime
    by: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """All of a case that the tables are made from. `marked` is the satisfaction code, "" when unrated."""

    row: Row[Any]
    body: Mapping[str, Any]
    told: tuple[Told, ...]

    @property
    def number(self) -> str:
        return str(self.row.number)

    @property
    def marked(self) -> str:
        return str(self.row.rating or "")

    def first(self, *kinds: str) -> Told | None:
        return next((each for each in self.told if each.type in kinds), None)


def national(unit: Unit, since: datetime, until: datetime) -> dict[str, list[Record]]:
    """The rows of every table for cases handed in from `since` (inclusive) to `until` (exclusive)."""
    found: dict[str, list[Record]] = {name: [] for name in TABLES}
    for case in _cases(unit, since, until):
        for name, (_, rows) in TABLES.items():
            for n, record in enumerate(rows(case), 1):
                found[name].append(_keyed(unit, case, name, n) | record)
    return found


def columns(name: str) -> tuple[str, ...]:
    """The columns of a table, in order."""
    return (*KEYS, *TABLES[name][0])


def _cases(unit: Unit, since: datetime, until: datetime) -> Iterator[Case]:
    within = (table.c.submitted_at >= since, table.c.submitted_at < until)
    for row in unit.connection.execute(select(table).where(*within).order_by(table.c.number)).all():
        told = tuple(
            Told(each.seq, each.type, each.occurred_at, each.by, events.data_of(unit, each))
            for each in events.rows(unit, row.number)
        )
        yield Case(row, applications.body_of(unit, row), told)


KEYS = ("row_guid", "project_no", "data_source", "cd_operation", "cd_batch", "cd_time")


def _keyed(unit: Unit, case: Case, name: str, n: int) -> Record:
    # The same row has the same row_guid in every export, so a receiver can overwrite it.
    return {
        "row_guid": f"{case.number}-{name.removeprefix('up_pro_')}-{n}",
        "project_no": case.number,
        "data_source": "",
        "cd_operation": "I",
        "cd_batch": codes.moment(unit.now),
        "cd_time": codes.moment(unit.now),
    }


def _accept(case: Case) -> Iterator[Record]:
    service, applicant = case.body["service"], case.body["applicant"]
    accepted = case.first("accepted", "accepted_deferred")
    if accepted is None:
        return
    agent = case.body.get("agent") or {}
    promised = case.row.promised_by
    yield {
        "catalog_code": "",
        "task_code": service.get("name_code", ""),
        "task_version": service["version"],
        "task_name": service["title"],
        "project_name": service["title"],
        "project_type": codes.PROMISED,
        "apply_type": codes.BY_PHONE,
        "apply_date": codes.moment(case.row.submitted_at),
        "applyer_type": codes.NATURAL_PERSON,
        "applyer_name": applicant["name"],
        "applyer_page_type": codes.paper_type(applicant["id_number"]),
        "applyer_page_code": applicant["id_number"],
        "contact_name": agent.get("name", ""),
        "contact_type": "",
        "contact_code": "",
        "contact_mobile": _phone(case),
        "accept_date": codes.moment(accepted.at),
        "accept_doc_no": case.row.receipt_no or "",
        "handle_user_name": codes.person(accepted.by),
        "promise_date": codes.moment(datetime.combine(promised, time.max, OFFICE_TIME)) if promised else "",
        "org_code": case.row.office,
        "org_name": case.row.office,
    }


def _phone(case: Case) -> str:
    found = (each for each in case.body["answers"] if each["kind"] == "phone")
    return next((str(each["value"]).removeprefix("+86") for each in found), "")


# A mark is no step of the office: `up_pro_result.satisfaction` is the place the exchange has for it.
NO_STEP = frozenset(
    {
        "rating_requested",
        "rated",
        "followup_opened",
        "followup_closed",
        "rescheduled",
        "lookup_escalated",
        "answer_overdue",
    }
)


def _process(case: Case) -> Iterator[Record]:
    begun = case.row.opened_at
    for each in (each for each in case.told if each.type not in NO_STEP):
        yield {
            "process_name": str(each.data.get("stage") or EVENT_LABELS.get(each.type, each.type)),
            "event_name": _action(each),
            "event_start_time": codes.moment(begun),
            "event_end_time": codes.moment(each.at),
            "handle_explain": _explained(each),
            "handle_user_name": codes.person(each.by),
        }
        begun = each.at


def _action(told: Told) -> str:
    if told.type == "decided":
        return codes.DECIDED.get(str(told.data.get("result")), codes.OTHER)
    return codes.ACTIONS.get(told.type, codes.OTHER)


def _explained(told: Told) -> str:
    words = [str(told.data.get(name) or "") for name in ("why", "how", "reason", "note")]
    asked = [str(item.get("title", "")) for item in told.data.get("items") or ()]
    said = "；".join(filter(None, [*words, "、".join(asked)]))
    return said or EVENT_LABELS.get(told.type, told.type)


def _special(case: Case) -> Iterator[Record]:
    for each in (each for each in case.told if each.type in ("suspended", "extended")):
        ended = each
        if each.type == "suspended":
            later = (back for back in case.told if back.seq > each.seq and back.type == "resumed")
            ended = next(later, each)
        kind = "1" if each.type == "extended" else str(each.data.get("kind") or "2")
        until = str(each.data.get("until") or each.data.get("promised_by") or "")
        yield {
            "special_type": kind,
            "special_name": codes.SPECIAL.get(kind, codes.SPECIAL["2"]),
            "special_reason": str(each.data.get("reason") or ""),
            "special_time": codes.moment(each.at),
            "end_time": codes.moment(ended.at) if ended is not each else until.replace("-", ""),
            "result": "已恢复办理" if ended is not each else "",
            "handle_user": codes.person(each.by),
            "applyer_user_name": case.body["applicant"]["name"],
        }


ENDS = ("decided", "not_accepted", "withdrawn", "deemed_withdrawn", "revoked")


def _result(case: Case) -> Iterator[Record]:
    ended = next((each for each in reversed(case.told) if each.type in ENDS), None)
    if ended is None:
        return
    kind = str(ended.data.get("result")) if ended.type == "decided" else ended.type
    code, words = codes.RESULTS.get(kind, ("2", kind))
    yield {
        "result_type": code,
        "result_date": codes.moment(ended.at),
        "result_explain": "；".join(filter(None, [words, str(ended.data.get("why") or "")])),
        "result_cetr_name": "",
        "result_cetr_no": "",
        "is_delivery_results": "1" if case.first("dispatched") else "0",
        "satisfaction": case.marked,
        "handle_user_name": codes.person(ended.by),
    }


def _material(case: Case) -> Iterator[Record]:
    for each in case.body["materials"]:
        pages = [page["page"] for page in each["pages"]]
        yield {
            "material_name": each["title"],
            "get_type": codes.UPLOADED if pages else codes.CHECKED,
            "get_num": str(len(pages)),
            "material_attach_name": "、".join(f"{each['id']}.{page}.jpg" for page in pages),
        }


TABLES: Mapping[str, tuple[tuple[str, ...], Callable[[Case], Iterator[Record]]]] = {
    "up_pro_accept": (
        (
            "catalog_code",
            "task_code",
            "task_version",
            "task_name",
            "project_name",
            "project_type",
            "apply_type",
            "apply_date",
            "applyer_type",
            "applyer_name",
            "applyer_page_type",
            "applyer_page_code",
            "contact_name",
            "contact_type",
            "contact_code",
            "contact_mobile",
            "accept_date",
            "accept_doc_no",
            "handle_user_name",
            "promise_date",
            "org_code",
            "org_name",
        ),
        _accept,
    ),
    "up_pro_process": (
        (
            "process_name",
            "event_name",
            "event_start_time",
            "event_end_time",
            "handle_explain",
            "handle_user_name",
        ),
        _process,
    ),
    "up_pro_special_procedure": (
        (
            "special_type",
            "special_name",
            "special_reason",
            "special_time",
            "end_time",
            "result",
            "handle_user",
            "applyer_user_name",
        ),
        _special,
    ),
    "up_pro_result": (
        (
            "result_type",
            "result_date",
            "result_explain",
            "result_cetr_name",
            "result_cetr_no",
            "is_delivery_results",
            "satisfaction",
            "handle_user_name",
        ),
        _result,
    ),
    "up_pro_material": (("material_name", "get_type", "get_num", "material_attach_name"), _material),
}
