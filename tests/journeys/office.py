"""The office on the stage: people who sign in at the review page's interface and do what a story says.

A reviewer, her colleague, a supervisor and a data officer, each with a browser of his own. Whoever was silent
for long has to sign in again, as in life.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import ClientSession, CookieJar
from sqlalchemy import Row, select

from intake.cases import applications, events
from intake.documents import keeping
from intake.keeping.schema import applications as table
from intake.keeping.unit import Unit
from intake.office import alerts, reviewers
from intake.ratings.steps import BY_ID as FOLLOWUP_STEPS
from intake.states import BY_ACTION
from tests.journeys.stage import Stage

PASSWORD = "four quiet herons"
SIGNED_IN_FOR = timedelta(minutes=20)
STAFF: Mapping[str, tuple[str, str]] = {  # by name: role, department
    "李审核": ("reviewer", ""),
    "周复核": ("reviewer", ""),
    "陈监督": ("supervisor", ""),
    "王数据": ("data_officer", "民政"),
}
REVIEWER, COLLEAGUE, SUPERVISOR, OFFICER = STAFF
# The words of a story for what a reviewer does: the move, and what she fills in.
WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "pre_review": ("start_review", {}),
    "accepted": ("accept", {}),
    "in_progress": ("start_work", {}),
    "approved": ("approve", {}),
    "delivered": ("deliver", {"method": "电子送达", "note": ""}),
    "denied": ("deny", {}),
    "not_accepted": ("refuse", {}),
    "closed": ("close", {}),
}
BY_ITSELF = frozenset(  # what follows from somebody's act, and needs no other
    {"received", "supplied", "erased", "rating", "followup_opened", "withdrawn", "blocked", "duplicate"}
)
MENDING = ("contacted", "fixed", "checked")


class Refused(Exception):
    """The intake service does not let it be done. `kind`: of the problem."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {problem}")
        self.kind = str(problem.get("type", "")).rpartition(":")[2]


@dataclass
class Clerk:
    """Somebody of the office at his browser."""

    stage: Stage
    name: str
    browser: ClientSession
    known: bool = False
    csrf: str = ""
    until: datetime | None = None

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        now = self.stage.clock()
        if self.until is None or not self.until - SIGNED_IN_FOR <= now < self.until:
            await self._sign_in()
        return await self._send(method, path, body)

    async def _sign_in(self) -> None:
        self.until = self.stage.clock() + SIGNED_IN_FOR
        given = {"name": self.name, "password": PASSWORD}
        if not self.known:
            role, department = STAFF[self.name]
            code = await self.stage.intake.change(lambda unit: reviewers.invite(unit, role, department))
            self.csrf = (await self._send("POST", "/first-run", {"code": code, **given}))["csrf"]
            self.known = True
        else:
            self.csrf = (await self._send("POST", "/sign-in", given))["csrf"]

    async def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        there = self.stage.intake_url
        headers = {"Origin": there, "X-CSRF-Token": self.csrf}
        async with self.browser.request(
            method, f"{there}/review/api{path}", json=body, headers=headers
        ) as answer:
            found = await answer.json(content_type=None)
            if answer.status >= 300:
                raise Refused(answer.status, found)
            return found


@dataclass
class Desk:
    """All of them, for the length of a stage."""

    stage: Stage
    staff: dict[str, Clerk] = field(default_factory=dict)

    async def open(self) -> None:
        for name in STAFF:
            jar = CookieJar(unsafe=True)  # also for an address that is a number
            self.staff[name] = Clerk(self.stage, name, ClientSession(cookie_jar=jar))

    def go_home(self) -> None:
        """Let everybody sign in anew: another story begins, at another time."""
        for clerk in self.staff.values():
            clerk.until = None

    async def close(self) -> None:
        for clerk in self.staff.values():
            await clerk.browser.close()

    async def move(self, number: str, action: str, fields: Mapping[str, str], items: Any = None) -> None:
        """Make a move of the state table, by whoever may."""
        clerk = self.staff[SUPERVISOR if BY_ACTION[action].role == "supervisor" else REVIEWER]
        path = f"/applications/{number}"
        version = (await clerk.call("GET", path))["version"]
        body = {"action": action, "version": version, "fields": fields, "items": items}
        await clerk.call("POST", f"{path}/actions", body)

    async def follow_up(self, number: str, step: str, words: str) -> None:
        """Take a step after a bad mark. Who mended it does not look at it again."""
        who = COLLEAGUE if FOLLOWUP_STEPS[step].other else REVIEWER
        clerk = self.staff[SUPERVISOR if FOLLOWUP_STEPS[step].who == "supervisor" else who]
        name = await self.stage.intake.read(lambda unit: _followup(unit, number))
        version = (await clerk.call("GET", f"/followups/{name}"))["version"]
        body = {"action": step, "version": version, "fields": {"words": words}}
        await clerk.call("POST", f"/followups/{name}/actions", body)

    async def answer_lookup(self, result: str) -> None:
        """The data officer sees what waits, and answers it."""
        clerk = self.staff[OFFICER]
        (waiting,) = (await clerk.call("GET", "/lookups"))["lookups"]
        await clerk.call("GET", f"/lookups/{waiting['id']}")
        await clerk.call("POST", f"/lookups/{waiting['id']}/answer", {"result": result})

    async def photo(self, number: str, name: str) -> bytes:
        """Look at a photo, as it lies before the reviewer. `name`: id_card.front."""
        clerk = self.staff[REVIEWER]
        await clerk.call("GET", f"/applications/{number}")
        path = f"/review/api/applications/{number}/materials/{name.replace('.', '/')}"
        async with clerk.browser.get(self.stage.intake_url + path) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.read()

    async def cases(self) -> list[Row[Any]]:
        """Return all that was handed in, in its order."""
        return await self.stage.intake.read(_cases)

    async def file(self, number: str) -> dict[str, Any]:
        """Return what the office has of a case: for the end of a story."""
        return await self.stage.intake.read(lambda unit: _file(unit, number))


def _cases(unit: Unit) -> list[Row[Any]]:
    query = select(table).where(table.c.state != "draft").order_by(table.c.submitted_at, table.c.number)
    return list(unit.connection.execute(query))


def _file(unit: Unit, number: str) -> dict[str, Any]:
    row = applications.by_number(unit, number)
    told = events.after(unit, number, 0)
    return {
        "state": row.state,
        "events": [each["type"] for each in told],
        "seqs": [each["seq"] for each in told],
        "documents": [each["title"] for each in keeping.listed(unit, number)],
        "hashed": all(len(each["sha256"]) == 64 for each in keeping.listed(unit, number)),
        "alerts": [each["kind"] for each in alerts.open_ones(unit, number)],
        "promised_by": row.promised_by.isoformat() if row.promised_by else "",
        "answer_by": row.answer_by.isoformat() if row.answer_by else "",
        "rating": str(row.rating or ""),
        "service": row.service,
        "pages": sorted(f"{each.material}.{each.page}" for each in applications.pages_of(unit, number)),
        "body": applications.body_of(unit, row) if row.body_sealed else {},
    }


def _followup(unit: Unit, number: str) -> str:
    from intake.ratings.tables import followups

    return str(
        unit.connection.execute(select(followups.c.id).where(followups.c.number == number)).scalar_one()
    )
