"""take(event): the one way in. Everything that happens becomes a turn, and every turn one commit.

platform, photos, intake, timers -> Turns.take -> dialogs.advance (pure) -> one commit -> answer
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from time import perf_counter
from typing import Any

from dialogs.engine import advance
from dialogs.messages import Address
from dialogs.office import Office
from dialogs.session import Session
from dialogs.turn import Event, Turn
from dialogs.world import Library, World
from handlers import metrics
from storage.database import Database
from storage.flow.outbox import Hold
from storage.flow.replies import Carrier
from storage.flow.turns import Arrival, Taken
from storage.people.addresses import Hook

Clock = Callable[[], datetime]


class Decider:
    """What storage calls to decide a turn: the engine, with this deployment's scripts and offices.

    Replacing `library` or `offices` takes effect with the next turn.
    """

    def __init__(self, library: Library, offices: Mapping[str, Office]) -> None:
        self.library = library
        self.offices = offices

    def __call__(self, session: Session, event: Event, now: datetime) -> Turn:
        return advance(World(self.library, self.offices, now), session, event)


class Turns:
    """Takes events into the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def take(
        self,
        conversation: str,
        source: str,
        key: str,
        event: Event,
        *,
        shown: Mapping[str, Any] | None = None,
        settles: Hold | None = None,
        address: Address | None = None,
        means: str = "",
        carrier: Carrier | None = None,
        hook: Hook | None = None,
    ) -> Taken:
        """Commit what `event` does to `conversation`; the same `key` from the same `source` once only.

        Args:
            source: who says so: a channel's name, "photos", "intake", "outbox".
            shown: how the transcript shows the applicant's own message; None for everything else.
            settles: the delivery this event is the result of, marked done in the same commit.
            address: where the applicant spoke from; None when he did not speak.
            means: what his platform takes it for, see storage.flow.allowances.
            carrier: the call that brought it, when that can take words back.
            hook: a way to answer that came with it.
        Raises:
            Busy, Unavailable, UnknownConversation: see storage.errors. Nothing was taken.
        """
        arrival = Arrival(
            conversation=conversation,
            channel=source,
            account=address.account if address else "",
            key=key,
            event=event,
            at=self._clock(),
            shown=shown,
            settles=settles,
            address=address,
            means=means,
            carrier=carrier,
            hook=hook,
        )
        began = perf_counter()
        taken = await self._database.take(arrival)
        metrics.turn_seconds.observe(perf_counter() - began)
        _COUNTED[_outcome(taken)].inc()
        return taken


_COUNTED = {outcome: metrics.turns.labels(outcome) for outcome in ("fresh", "repeated", "postponed")}


def _outcome(taken: Taken) -> str:
    return "postponed" if taken.postponed else "fresh" if taken.fresh else "repeated"
