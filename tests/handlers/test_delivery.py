"""What a delivery does when nobody can help: the applicant is told, never left waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from dialogs.messages import Address
from dialogs.turn import ApplicationDelayed, ApplicationRefused, Event, Submit
from handlers.delivery import Deliveries
from handlers.intake import TryLater
from storage.flow.outbox import Hold, Item
from storage.flow.turns import Taken

NOW = datetime(2026, 11, 28, 4, 30, tzinfo=UTC)


class SilentIntake:
    async def submit(self, *_: Any, **__: Any) -> None:
        raise TryLater("nobody answers")


class Heard:
    """Takes events, and remembers them."""

    def __init__(self) -> None:
        self.events: list[tuple[Event, Hold | None]] = []

    async def take(self, *given: Any, settles: Hold | None = None) -> Taken:
        self.events.append((given[3], settles))
        return Taken(given[0], True, 0, 0)


async def test_after_a_week_without_an_answer_the_applicant_is_told() -> None:
    heard, hold = Heard(), Hold("o1", 2000)
    effect = Submit("ZT-AAAA-BBBB-CCCC", {}, ())
    item = Item(
        hold,
        "c1",
        Address("webchat", "", "u1"),
        "a1",
        "Submit",
        effect.reference,
        effect,
        2000,
        NOW,
        NOW,
        "m1",
    )
    parts = cast(Any, None)
    deliveries = Deliveries(
        parts,
        cast(Any, heard),
        cast(Any, SilentIntake()),
        parts,
        parts,
        lambda: NOW,
        timedelta(days=7),
        parts,
    )

    await deliveries.deliver(item)

    assert heard.events == [
        (ApplicationDelayed(effect.reference), None),
        (ApplicationRefused(effect.reference, "no answer"), hold),
    ]
