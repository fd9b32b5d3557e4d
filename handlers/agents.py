"""What signing in as a village agent orders. Rules: storage.people.agents."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from dialogs.turn import (
    AgentDismissed,
    AgentRefused,
    AgentSignedIn,
    DismissAgent,
    SignInAgent,
    SignOutAgent,
)
from handlers import metrics
from handlers.delivery import Carrier, Deliveries
from handlers.turns import Clock
from storage.database import Database
from storage.flow.outbox import Item
from storage.people import agents, handovers
from storage.sealing.vault import Vault


@dataclass(frozen=True, slots=True)
class Agents:
    """Carries out what is ordered about village agents."""

    database: Database
    vault: Vault
    clock: Clock

    @property
    def carriers(self) -> dict[type, Carrier]:
        """By the order they carry out."""
        return {SignInAgent: self.sign_in, SignOutAgent: self.sign_out, DismissAgent: self.dismiss}

    async def sign_in(self, deliveries: Deliveries, item: Item, effect: SignInAgent) -> None:
        """Sign in whom the code belongs to, or say why not."""
        event = await self.database.run(lambda c: self._signed_in(c, item, effect.code))
        if isinstance(event, AgentRefused):
            metrics.turned_away.labels("agent_code").inc()
        await deliveries.answer(item, f"agent:{item.hold.id}", event)

    def _signed_in(self, connection: Connection, item: Item, code: str) -> AgentSignedIn | AgentRefused:
        now, here = self.clock(), item.conversation
        if handovers.too_many_wrong(connection, here, now):
            return AgentRefused("often")
        found = agents.sign_in(connection, self.vault, here, code, item.hold.id, now)
        return AgentSignedIn(found.id, found.name, found.village) if found else AgentRefused("unknown")

    async def sign_out(self, deliveries: Deliveries, item: Item, _: SignOutAgent) -> None:
        """Write down that he is signed in here no more."""
        now = self.clock()
        await self.database.run(lambda c: agents.sign_out(c, item.conversation, now))
        await deliveries.done(item)

    async def dismiss(self, deliveries: Deliveries, item: Item, effect: DismissAgent) -> None:
        """Tell the conversation that its agent was removed."""
        await deliveries.answer(item, f"agent:{item.hold.id}", AgentDismissed(effect.id))
