"""From the decision to the archive, and the ways out before it."""

from __future__ import annotations

from intake.states import needs as n
from intake.states.places import BEFORE_DECISION
from intake.states.shape import Move

MOVES: tuple[Move, ...] = (
    Move(
        "dispatch",
        "寄出",
        ("approved", "denied"),
        "",
        "reviewer",
        ("dispatched",),
        needs=(n.CARRIER, n.TRACKING),
    ),
    Move(
        "deliver",
        "送达",
        ("approved", "denied"),
        "delivered",
        "reviewer",
        ("delivered", "rating_requested"),  # 一事一评: the one who was refused is asked as well
        "primary",
        (n.METHOD, n.NOTE),
        starts=("rating",),
    ),
    Move("close", "归档", ("delivered", "not_accepted"), "closed", "reviewer", ("closed",)),
    Move("close_unrated", "评价期满归档", ("delivered",), "closed", "system", ("closed",), on_due="rating"),
    Move("withdraw", "撤回", BEFORE_DECISION, "withdrawn", "applicant", ("withdrawn",)),
    Move("rate", "评价", ("delivered", "closed"), "", "applicant", ("rated",), guards=("rating_open",)),
)
