"""Text messages to people who are not in the conversation: a villager, for whom an agent acts.

Each is written down before it leaves (storage.flow.notices) under the order's own id, which the gateway
knows it by: after an end nobody saw it is sent again, and the gateway drops the repeat. A report that it
failed brings the order back; then, as without a gateway, the conversation learns that he was not reached.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from dialogs.turn import TextLost, TextTo
from handlers import metrics
from handlers.channels.base import MaybeSent, Refused, TryLater
from handlers.delivery import Carrier, Deliveries
from handlers.sending.notifying import Texts
from handlers.sending.share import pause
from handlers.turns import Clock
from storage.database import Database
from storage.faults import hit
from storage.flow import notices, outbox
from storage.flow.notices import Stands
from storage.flow.outbox import Item

RUNG = "sms"

_log = structlog.get_logger("texting")


@dataclass(frozen=True, slots=True)
class Texting:
    """Carries out TextTo. gateway: None where there is none. random: from 0 to 1, for pauses."""

    gateway: Texts | None
    database: Database
    clock: Clock
    random: Callable[[], float]

    @property
    def carriers(self) -> dict[type, Carrier]:
        """By the order they carry out."""
        return {TextTo: self.send}

    async def send(self, deliveries: Deliveries, item: Item, effect: TextTo) -> None:
        """Send it, once; where it cannot reach him, say so to the conversation."""
        if self.gateway is None or await self._has_failed(item):
            await self._lost(deliveries, item, effect)
            return
        await self._note(item)
        hit("notice.before_call")
        try:
            await self.gateway.send(effect.phone, effect.text, item.hold.id)
        except Refused as fault:
            _log.error("text message refused", delivery=item.hold.id, fault=str(fault))
            await self._give_up(deliveries, item, effect)
        except (TryLater, MaybeSent) as fault:
            await self._again(deliveries, item, effect, fault)
        else:
            metrics.notices.labels(RUNG, "sent").inc()
            await self._sent(item)

    async def _has_failed(self, item: Item) -> bool:
        known = await self.database.read(lambda c: notices.of(c, item.hold.id))
        return any(each.state == "failed" for each in known)

    async def _note(self, item: Item) -> None:
        """Write down that it leaves; a second try finds it written."""
        stands, now = [Stands(item.hold.id, vital=False)], self.clock()
        await self.database.run(
            lambda c: notices.begin(c, item.conversation, stands, RUNG, item.hold.id, now)
        )

    async def _sent(self, item: Item) -> None:
        """The gateway has it: done in the same commit, until a report says that it failed."""

        def work(connection: Connection) -> None:
            notices.sent(connection, RUNG, item.hold.id, item.hold.id)
            if any(each.state == "failed" for each in notices.of(connection, item.hold.id)):
                outbox.retry(connection, item.hold, self.clock(), "failed")  # the report was faster
            else:
                outbox.settle(connection, item.hold, self.clock())

        await self.database.run(work)

    async def _again(
        self, deliveries: Deliveries, item: Item, effect: TextTo, fault: TryLater | MaybeSent
    ) -> None:
        wait = pause(item.attempts, self.random())
        if wait is None:
            await self._give_up(deliveries, item, effect)
            return
        hint = timedelta(seconds=fault.after or 0) if isinstance(fault, TryLater) else timedelta()
        await deliveries.again(item, max(wait, hint), type(fault).__name__)

    async def _give_up(self, deliveries: Deliveries, item: Item, effect: TextTo) -> None:
        metrics.notices.labels(RUNG, "closed").inc()
        await self.database.run(lambda c: notices.gave_up(c, RUNG, item.hold.id))
        await self._lost(deliveries, item, effect)

    async def _lost(self, deliveries: Deliveries, item: Item, effect: TextTo) -> None:
        await deliveries.answer(item, f"text:{item.hold.id}", TextLost(effect.reference))
