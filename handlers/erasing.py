"""Forgetting a person, in two steps that may each be done twice.

    Erase         the intake service forgets first: while a case is under way there, nothing is touched
    ForgetPerson  then we do, once the goodbye has left: the key is destroyed in the commit that writes
                  the receipt, files go after it (what a crash leaves, the sweep of uploads finds)

While the intake service is silent the first step waits, but no longer than the day that was promised: then
we forget him, and go on asking it by its own references, which name nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from dialogs.turn import Erase, Erased, ErasureRefused, ForgetPerson
from handlers.delivery import Carrier, Deliveries
from handlers.intake import IntakeClient, IntakeError, RefusedByIntake, TryLater
from handlers.turns import Clock
from storage.database import Database
from storage.flow.outbox import Item
from storage.people import erasing
from storage.sealing.vault import Vault

PATIENCE = timedelta(hours=20)  # 24 hours are promised
GOODBYE = timedelta(seconds=20)  # for a page to fetch the last words
LOOK_AGAIN = timedelta(seconds=5)  # while they wait to be sent

_log = structlog.get_logger("erasing")


@dataclass(frozen=True, slots=True)
class Erasures:
    """Carries out what is ordered when somebody wants to be forgotten."""

    database: Database
    vault: Vault
    intake: IntakeClient
    clock: Clock

    @property
    def carriers(self) -> dict[type, Carrier]:
        """By the order they carry out."""
        return {Erase: self.erase, ForgetPerson: self.forget}

    async def erase(self, deliveries: Deliveries, item: Item, effect: Erase) -> None:
        """Have the intake service forget him, if he ever handed anything in."""
        receipt = erasing.receipt_of(item.hold.id)
        try:
            said = await self.intake.erase(effect.references) if effect.references else {}
        except RefusedByIntake as fault:
            _log.error("erasure refused", reason=str(fault))
            await deliveries.answer(item, f"erasure:{item.hold.id}", ErasureRefused())
            return
        except TryLater:
            if self.clock() - item.created_at < PATIENCE:
                raise
            said = {"owed": list(effect.references)}
        running = under_way(said)
        event = ErasureRefused(running) if running else Erased(receipt, said)
        await deliveries.answer(item, f"erasure:{item.hold.id}", event)

    async def forget(self, deliveries: Deliveries, item: Item, effect: ForgetPerson) -> None:
        """Forget him here. This order goes with him, so there is nothing to settle."""
        if wait := await self._goodbye(item):
            await deliveries.again(item, wait, "the goodbye comes first")
            return
        intake = dict(effect.intake)
        owed = tuple(intake.pop("owed", ()))
        gone = await self.database.run(
            lambda c: erasing.erase(
                c, self.vault, item.conversation, effect.receipt, self.clock(), intake=intake, owed=owed
            )
        )
        await deliveries.files.discard(gone)
        _log.info("person forgotten", delivery=item.hold.id, count=len(gone))

    async def _goodbye(self, item: Item) -> timedelta | None:
        """Return how long to wait for the last words to be heard, None when there is nothing to wait for."""
        age = self.clock() - item.created_at
        if age < GOODBYE:
            return GOODBYE - age
        if age > PATIENCE:
            return None
        now = self.clock()
        waiting = await self.database.read(lambda c: erasing.goodbye_waits(c, item.conversation, now))
        return LOOK_AGAIN if waiting else None

    async def catch_up(self) -> None:
        """Tell the intake service of those whom we had to forget before it answered."""
        for each in await self.database.read(erasing.owed):
            try:
                said = await self.intake.erase(each.owed)
            except IntakeError as fault:
                _log.warning("erasure still owed to the intake service", reason=type(fault).__name__)
                return
            await self.database.run(lambda c, each=each, said=said: erasing.told(c, self.vault, each, said))  # type: ignore[misc]


def under_way(said: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the numbers of the cases that the intake service would not touch."""
    kept = said.get("kept", ())
    return tuple(str(each.get("number", "")) for each in kept if each.get("under_way"))
