"""What may happen to a pre-application, as data: a table by phase of its life.

Nothing else in the service names a road. A new one is more rows: its states and clocks (places.py), its
moves (one file per phase), what it tells (telling.py). `tests/intake/test_states.py` walks the table and
holds it to its rules.
"""

from __future__ import annotations

from collections.abc import Mapping

from intake.states import ending, reception, watching, working
from intake.states.places import CLOCKS, START, STATES
from intake.states.shape import Clock, Limit, Move, Need, Role, State
from intake.states.telling import EVENT_LABELS, EVENTS, RESCHEDULED

MOVES: tuple[Move, ...] = (*reception.MOVES, *working.MOVES, *ending.MOVES, *watching.MOVES)
BY_ACTION: Mapping[str, Move] = {move.action: move for move in MOVES}


def moves_from(state: str, role: Role) -> tuple[Move, ...]:
    """What `role` may do with an application in `state`, in the order of the table."""
    return tuple(move for move in MOVES if move.role == role and state in move.sources)


__all__ = [
    "BY_ACTION",
    "CLOCKS",
    "EVENTS",
    "EVENT_LABELS",
    "MOVES",
    "RESCHEDULED",
    "START",
    "STATES",
    "Clock",
    "Limit",
    "Move",
    "Need",
    "Role",
    "State",
    "moves_from",
]
