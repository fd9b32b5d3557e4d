"""The state table held to its own rules, without a database."""

from __future__ import annotations

import pytest

from intake.cases.fields import CHECKS
from intake.cases.guards import GUARDS
from intake.cases.steps import STEPS
from intake.contract import document
from intake.states import BY_ACTION, CLOCKS, EVENT_LABELS, EVENTS, MOVES, START, STATES, Move, moves_from
from intake.states.places import BEFORE_DECISION


def test_the_contract_and_the_table_name_the_same_states() -> None:
    assert document()["components"]["schemas"]["State"]["enum"] == list(STATES)


def test_every_name_a_move_uses_exists() -> None:
    for move in MOVES:
        assert set(move.sources) <= set(STATES), move.action
        assert not move.target or move.target in STATES, move.action
        assert {*move.guards, *move.when, move.instead[0]} - {""} <= set(GUARDS), move.action
        assert {move.instead[1]} - {""} <= set(BY_ACTION), move.action
        assert {*move.prepares, *move.after} <= set(STEPS), move.action
        assert set(move.emits) <= set(EVENTS), move.action
        clocks = {*move.starts, *move.pauses, *move.goes_on, move.on_due}
        assert clocks - {""} <= set(CLOCKS), move.action
        assert {need.check for need in move.needs} - {""} <= set(CHECKS), move.action
    for state in STATES.values():
        assert {state.clock, *state.also} - {""} <= set(CLOCKS), state.id
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
    assert ends == {"closed", "withdrawn", "deemed_withdrawn", "acceptance_revoked"}


def test_a_clock_that_runs_in_a_state_was_started_on_the_way_there() -> None:
    named = {"suspension": "suspend"}  # its day is named by the move
    for move in MOVES:
        clock = STATES[move.target].clock if move.target else ""
        carried = all(STATES[source].clock == clock for source in move.sources)
        begun = clock in (*move.starts, *move.goes_on) or named.get(clock) == move.action
        assert not clock or begun or carried, move.action


def test_a_paused_clock_goes_on_and_no_other_does() -> None:
    paused = {clock for move in MOVES for clock in move.pauses}
    gone_on = {clock for move in MOVES for clock in move.goes_on}

    assert paused == gone_on == {"promised", "statutory"}


def test_a_clock_the_system_acts_on_runs_where_it_acts() -> None:
    for move in (move for move in MOVES if move.on_due):
        assert move.role == "system"
        assert {STATES[source].clock for source in move.sources} == {move.on_due}


@pytest.mark.parametrize(
    "move", [m for m in MOVES if m.target in {"denied", "not_accepted"}], ids=lambda m: m.action
)
def test_no_refusal_without_why_and_how(move: Move) -> None:
    assert {need.name for need in move.needs if need.required} == {"why", "how"}


def test_the_applicant_may_withdraw_until_the_decision() -> None:
    can = {state for state in STATES if any(m.action == "withdraw" for m in moves_from(state, "applicant"))}

    assert can == set(BEFORE_DECISION)
    assert not can & {"approved", "denied", "not_accepted", "delivered", "closed"}


def test_who_works_on_a_case_and_who_watches_over_it_share_no_move() -> None:
    """受审分离: a supervisor decides nothing; whom a broken promise stands against, he may let go."""
    watching = {move.action: move for move in MOVES if move.role == "supervisor"}

    assert {name: move.emits for name, move in watching.items()} == {
        "record_talk": (),
        "clear_promise": ("promise_cleared",),
    }
    assert not any(move.target for move in watching.values())
