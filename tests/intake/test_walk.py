"""Any sequence of moves, in any order, at any time: no road breaks the rules of the table."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, StaticPool, create_engine

from intake import contract
from intake.cases import applications, events, moves, opening, owed, standing, supplements
from intake.keeping.database import upgrade
from intake.keeping.unit import Unit
from intake.keeping.vault import Vault
from intake.problems import Problem
from intake.states import BY_ACTION, MOVES, STATES
from tests.intake.office import PERMIT, PROMISE, TWO_WEEKS, permit, supplement
from tests.intake.world import answer, application, sha

VAULT = Vault([b"k" * 32])
START = datetime(2026, 11, 21, 8, tzinfo=UTC)
FIELDS = {
    "why": "单位正在给您交。",
    "how": "离开单位后再来。",
    "stage": "在审",
    "reason": "要看一下。",
    "late_reason": "漏看了。",
    "kind": "2",
    "days": "3",
    "amount": "35.00",
    "link": "https://pay.gov.cn/1",
    "carrier": "邮政EMS",
    "tracking_no": "EX123456789",
    "method": "邮寄",
    "who": "张三",
    "result": "一次说清。",
}
BOTS = ("correct", "supply", "submit", "withdraw", "rate")
ACTIONS = sorted({move.action for move in MOVES if move.role in {"reviewer", "supervisor"}} | set(BOTS))
STEPS = st.lists(st.tuples(st.integers(0, 999), st.integers(0, 12)), min_size=4, max_size=10)
# Where a walk begins, so that the far states are walked from as often as the near ones.
REVIEW = ("submit", "start_review")
WORK = (*REVIEW, "accept", "start_work")
ROADS = (
    (),
    REVIEW,
    (*REVIEW, "ask_correction"),
    (*REVIEW, "ask_correction", "wait", "wait"),
    (*REVIEW, "accept"),
    WORK,
    (*WORK, "suspend"),
    (*WORK, "wait", "wait"),
    (*WORK, "wait", "wait", "revoke"),
    (*REVIEW, "refuse"),
    (*REVIEW, "withdraw"),
    (*WORK, "supply", "approve"),
    (*WORK, "deny", "deliver"),
    (*WORK, "deny", "deliver", "close"),
)
OVER = {"closed", "withdrawn", "deemed_withdrawn", "acceptance_revoked"}


@contextmanager
def connected() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        upgrade(connection)
        yield connection
    engine.dispose()


class Case:
    """One application, walked blindly. What is refused leaves everything as it was."""

    def __init__(self, connection: Connection, person: int, *, promised: bool) -> None:
        self.connection, self.now, self.keys = connection, START, itertools.count(1)
        reference = f"ref-{person:08}"
        whose = {"name": "胡小云", "id_number": f"99990119880305{person:04}"}
        owing = {"deferred": [PROMISE]} if promised else {}
        body = application(reference, materials=[], limits=TWO_WEEKS, applicant=whose, **owing)
        self.number = opening.open_draft(self.unit, json.dumps(body).encode(), reference)["number"]

    def chosen(self, pick: int) -> str:
        """Mostly what is possible here, so that walks go far; at times anything at all."""
        if pick % 7 == 0:
            return ACTIONS[pick % len(ACTIONS)]
        here = [name for name in ACTIONS if self.row.state in BY_ACTION[name].sources]
        return [*here, "wait"][pick % (len(here) + 1)]

    @property
    def unit(self) -> Unit:
        return Unit(self.connection, VAULT, self.now)

    @property
    def row(self) -> Any:
        return applications.by_number(self.unit, self.number)

    def step(self, action: str, days: int) -> None:
        """Make the move when it is possible; every few days the clocks are looked at."""
        if action == "wait":
            self.now += timedelta(days=days)
            moves.make_due(self.unit)
            return
        try:
            with self.connection.begin_nested():
                self._make(action, days)
        except Problem as problem:
            if problem.status not in {409, 422, 423}:
                raise

    def _make(self, action: str, days: int) -> None:
        if action in BOTS:
            getattr(self, f"_{action}")(days)
            return
        today = self.now.date()
        fields = FIELDS | {"when": "2026-11-21", "until": (today + timedelta(days=3)).isoformat()}
        items = [{"slot": ("level", "name")[days % 2], "reason": "不对", "example": ""}]
        needed = {need.name: fields[need.name] for need in BY_ACTION[action].needs if need.name in fields}
        moves.make(self.unit, self.row, action, "reviewer:李", needed, {"items": items})

    def _submit(self, days: int) -> None:
        moves.submit(self.unit, self.number)

    def _withdraw(self, days: int) -> None:
        if days % 6 == 1:  # not at every turn, or no walk goes far
            moves.withdraw(self.unit, self.number)

    def _rate(self, days: int) -> None:
        moves.make(self.unit, self.row, "rate", "applicant", code=1 + days % 5)

    def _correct(self, days: int) -> None:
        asked = ("level", "name")[days % 2]
        given = {"answers": [answer(asked, asked, "text", f"v{days}", sensitive=False)], "materials": []}
        self._open("corrections", given)
        supplements.submit_correction(self.unit, self.number)

    def _supply(self, days: int) -> None:
        self._open("deferrals", supplement(permit()))
        page = applications.Page("permit", "page", sha(PERMIT), None)
        applications.hold_page(self.unit, self.number, page, "file")
        supplements.submit_deferral(self.unit, self.number)

    def _open(self, kind: Any, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        supplements.open_one(self.unit, self.number, kind, raw, f"key-{next(self.keys):08}")


def test_no_walk_breaks_the_rules_and_every_state_is_walked_to() -> None:
    reached: set[str] = set()
    people = itertools.count(1)

    @settings(max_examples=45, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(road=st.sampled_from(ROADS), promised=st.booleans(), steps=STEPS)
    def walk(road: tuple[str, ...], promised: bool, steps: list[tuple[int, int]]) -> None:
        case = Case(connection, next(people), promised=promised)
        blind = ((case.chosen(pick), days) for pick, days in steps)
        for action, days in itertools.chain(((action, 7) for action in road), blind):
            before = case.row
            case.step(action, days)
            holds(case, before)
            reached.add(case.row.state)
        told_is_whole(case)

    for road, promised in itertools.product(ROADS, (False, True)):  # each is walked, whatever is drawn
        walk = example(road=road, promised=promised, steps=[])(walk)
    with connected() as connection:
        walk()

    assert reached == set(STATES)


def holds(case: Case, before: Any) -> None:
    """What is true after every single step."""
    row, unit = case.row, case.unit
    assert row.state == before.state or leads(before.state, row.state)
    assert row.seq >= before.seq
    assert (row.version > before.version) or (row.seq == before.seq and row.state == before.state)
    if before.state in OVER:
        assert row.state == before.state
    if row.state in {"approved", "accepted"}:
        assert not owed.still(unit, row.number)
    if row.state == "acceptance_revoked":
        assert owed.still(unit, row.number)
    if row.clock is not None:
        assert row.clock == STATES[row.state].clock
    assert (row.clock is None) == (not STATES[row.state].clock)


def leads(source: str, target: str) -> bool:
    return any(source in move.sources and move.target == target for move in MOVES)


def told_is_whole(case: Case) -> None:
    """Everything that happened is told once, in order, as the contract says."""
    told = events.after(case.unit, case.number, 0)
    row = case.row

    assert [event["seq"] for event in told] == list(range(1, row.seq + 1))
    assert not told or told[-1]["state"] == row.state
    for event in told:
        contract.hold_to("Event", event)
    kinds = [event["type"] for event in told]
    assert kinds.count("extended") <= 1
    assert kinds.count("decided") <= 1
    rejected = kinds.count("correction_requested") + kinds.count("not_accepted")
    assert rejected <= standing.WARN_AT or _talked(case)


def _talked(case: Case) -> bool:
    return bool(standing.talks_of(case.unit, case.row))
