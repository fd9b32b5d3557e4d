"""The state table held to its own rules, without a database."""

from __future__ import annotations

import pytest

from intake.contract import document
from intake.moves import GUARDS
from intake.states import CLOCKS, EVENT_LABELS, EVENTS, MOVES, START, STATES, Move, moves_from


def test_the_contract_and_the_table_name_the_same_states() -> None:
    named = document()["components"]["schemas"]["State"]["enum"]

    assert [state for state in named if state in STATES] == list(STATES)


def test_every_name_a_move_uses_exists() -> None:
    for move in MOVES:
        assert set(move.sources) <= set(STATES), move.action
        assert not move.target or move.target in STATES, move.action
        assert set(move.guards) <= set(GUARDS), move.action
        assert set(move.emits) <= set(EVENTS), move.action
        assert {move.starts, move.on_due} - {""} <= set(CLOCKS), move.action
    assert set(EVENTS) == set(EVENT_LABELS)


def test_every_move_has_a_name_of_its_own() -> None:
    assert len({move.action for move in MOVES}) == len(MOVES)


def test_every_state_is_reached_and_every_one_but_the_last_is_left() -> None:
    reached, frontier = {START}, [START]
    while frontier:
        state = frontier.pop()
        for move in MOVES:
            if state in move.sources and move.target not in {"", *reached}:
                reached.add(move.target)
                frontier.append(move.target)
    ends = {state for state in STATES if not any(m.target for m in MOVES if state in m.sources)}

    assert reached == set(STATES)
    assert ends == {"closed", "withdrawn"}


def test_a_clock_that_runs_in_a_state_was_started_on_the_way_there() -> None:
    for move in MOVES:
        clock = STATES[move.target].clock if move.target else ""
        carried = all(STATES[source].clock == clock for source in move.sources)
        assert not clock or move.starts == clock or carried, move.action


def test_a_clock_the_system_acts_on_runs_where_it_acts() -> None:
    for move in (move for move in MOVES if move.on_due):
        assert move.role == "system"
        assert {STATES[source].clock for source in move.sources} == {move.on_due}


@pytest.mark.parametrize(
    "move", [m for m in MOVES if m.target in {"denied", "not_accepted"}], ids=lambda m: m.action
)
def test_no_refusal_without_why_and_how(move: Move) -> None:
    assert {need.name for need in move.needs if need.required} == {"why", "how"}


def test_every_fact_an_event_tells_is_known_to_its_move() -> None:
    computed = {"answer_by", "promised_by", "provisional"}
    for move in MOVES:
        known = {need.name for need in move.needs} | set(move.says) | {"receipt_no", "code"}
        known |= computed if move.starts else set()
        told = {fact for kind in move.emits for fact in EVENTS[kind]}
        empty_when_approved = {"why", "how", "rights"} if move.action == "approve" else set()
        assert told <= known | empty_when_approved, move.action


def test_the_applicant_may_withdraw_until_the_decision() -> None:
    can = {state for state in STATES if any(m.action == "withdraw" for m in moves_from(state, "applicant"))}

    assert can == {"draft", "submitted", "pre_review", "accepted", "in_progress"}
