"""What is noted about a case without moving it: 约谈, a broken promise that no longer counts."""

from __future__ import annotations

from intake.states import needs as n
from intake.states.places import HANDED_IN
from intake.states.shape import Move

MOVES: tuple[Move, ...] = (
    Move(
        "record_talk",
        "记录约谈",
        HANDED_IN,
        "",
        "supervisor",
        (),
        needs=(n.TALKED_WITH, n.TALKED_ON, n.TALK_RESULT),
        when=("talk_due",),
        after=("note_talk",),
    ),
    Move(
        "clear_promise",
        "解除容缺限制",
        HANDED_IN,
        "",
        "supervisor",  # who holds somebody to a broken promise is not the one to lift it
        ("promise_cleared",),
        needs=(n.CLEAR_REASON,),
        when=("promise_broken",),
        after=("clear_promise",),
    ),
)
