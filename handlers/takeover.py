"""What a villager's taking over orders, once he has proved who he is. Rules: storage.people.takeovers."""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.turn import (
    CasesClaimed,
    CasesEntrusted,
    CasesForgotten,
    ClaimCases,
    EntrustCases,
    ForgetCases,
)
from handlers.delivery import Carrier, Deliveries
from handlers.turns import Clock, Turns
from storage.database import Database
from storage.flow.outbox import Item
from storage.people import takeovers


@dataclass(frozen=True, slots=True)
class Takeovers:
    """Carries cases from the agent's conversation to the villager's own."""

    database: Database
    turns: Turns
    clock: Clock

    @property
    def carriers(self) -> dict[type, Carrier]:
        """By the order they carry out."""
        return {ClaimCases: self.claim, EntrustCases: self.entrust, ForgetCases: self.forget}

    async def claim(self, deliveries: Deliveries, item: Item, effect: ClaimCases) -> None:
        """Tell the agent's conversation that the villager wants his errand, and where."""
        event = CasesClaimed(effect.reference, effect.to)
        await deliveries.answer(item, f"takeover:{item.hold.id}", event)

    async def entrust(self, deliveries: Deliveries, item: Item, effect: EntrustCases) -> None:
        """Let the cases be his: first their news goes to him, then he hears how they stand."""
        holder, now, references = item.conversation, self.clock(), tuple(effect.cases)
        await self.database.run(lambda c: takeovers.entrust(c, holder, effect.to, references, now))
        event = CasesEntrusted(effect.agent, effect.cases)
        await self.turns.take(effect.to, "outbox", f"takeover:{item.hold.id}", event)
        await deliveries.done(item)

    async def forget(self, deliveries: Deliveries, item: Item, effect: ForgetCases) -> None:
        """Forget the people of these cases in the agent's conversation, too."""
        await self.database.run(lambda c: takeovers.forget(c, item.conversation, effect.references))
        await deliveries.answer(item, f"takeover:{item.hold.id}", CasesForgotten(effect.references))
