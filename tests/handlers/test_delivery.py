"""What a delivery does when nobody can help: the applicant is told, never left waiting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from dialogs.messages import Address
from dialogs.turn import (
    ApplicationDelayed,
    ApplicationRefused,
    AskDepartment,
    Event,
    LookupRefused,
    Submit,
    Supply,
    SupplyDelayed,
    SupplyRefused,
)
from handlers.delivery import Deliveries
from handlers.intake import TryLater
from storage.flow.outbox import Hold, Item
from storage.flow.turns import Taken

NOW = datetime(2026, 11, 28, 4, 30, tzinfo=UTC)


class SilentIntake:
    async def submit(self, *_: Any, **__: Any) -> None:
        raise TryLater("nobody answers")

    async def supply(self, *_: Any, **__: Any) -> None:
        raise TryLater("nobody answers")

    async def ask_department(self, *_: Any) -> str:
        raise TryLater("nobody answers")


class Heard:
    """Takes events, and remembers them."""

    def __init__(self) -> None:
        self.events: list[tuple[Event, Hold | None]] = []

    async def take(self, *given: Any, settles: Hold | None = None) -> Taken:
        self.events.append((given[3], settles))
        return Taken(given[0], True, 0, 0)


async def after_a_week(effect: Submit | Supply | AskDepartment) -> tuple[Heard, Hold]:
    """Deliver an order for the two thousandth time, to a service that does not answer."""
    heard, hold = Heard(), Hold("o1", 2000)
    address = Address("webchat", "", "u1")
    kind = type(effect).__name__
    item = Item(hold, "c1", address, "a1", kind, effect.reference, effect, 2000, NOW, NOW, "m1")
    parts, week = cast(Any, None), timedelta(days=7)
    turns, intake = cast(Any, heard), cast(Any, SilentIntake())
    await Deliveries(parts, turns, intake, parts, parts, lambda: NOW, week, parts).deliver(item)
    return heard, hold


async def test_after_a_week_without_an_answer_the_applicant_is_told() -> None:
    heard, hold = await after_a_week(Submit("ZT-AAAA-BBBB-CCCC", {}, ()))

    assert heard.events == [
        (ApplicationDelayed("ZT-AAAA-BBBB-CCCC"), None),
        (ApplicationRefused("ZT-AAAA-BBBB-CCCC", "no answer"), hold),
    ]


async def test_what_comes_later_is_given_up_no_more_silently() -> None:
    heard, hold = await after_a_week(Supply("ZT-AAAA-BBBB-CCCC", "CS-1", "corrections", "K1", {}))

    assert heard.events == [
        (SupplyDelayed("ZT-AAAA-BBBB-CCCC", "K1"), None),
        (SupplyRefused("ZT-AAAA-BBBB-CCCC", "K1", "no answer"), hold),
    ]


async def test_a_look_up_nobody_could_ask_for_is_told() -> None:
    heard, hold = await after_a_week(AskDepartment("ZT-AAAA-BBBB-CCCC", "CS-1", {"material": "certificate"}))

    assert heard.events == [(LookupRefused("ZT-AAAA-BBBB-CCCC", "certificate", "no answer"), hold)]
