"""What the outbox calls for words and for photos that have to be fetched."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from dialogs.turn import FetchMedia, Say
from handlers.delivery import Carrier, Deliveries
from handlers.sending.fetching import Fetching, Later
from handlers.sending.saying import Sending
from storage.errors import StorageError
from storage.flow.outbox import Item

_log = structlog.get_logger("sending")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Carries out what a platform has a part in."""

    sending: Sending
    fetching: Fetching

    @property
    def carriers(self) -> dict[type, Carrier]:
        """By the order they carry out."""
        return {Say: self.say, FetchMedia: self.fetch}

    async def say(self, deliveries: Deliveries, item: Item, effect: Say) -> None:
        """Say something; `Sending` settles it. After a fault of ours nobody knows how far it came."""
        try:
            await self.sending.say(item)
        except StorageError:
            raise
        except Exception as fault:
            _log.exception("saying failed", delivery=item.hold.id)
            await self.sending.doubt(item, type(fault).__name__)

    async def fetch(self, deliveries: Deliveries, item: Item, effect: FetchMedia) -> None:
        """Fetch a photo and tell the dialog."""
        try:
            event = await self.fetching.fetch(item, effect)
        except Later as busy:
            await deliveries.again(item, busy.wait, "TryLater")
            return
        await deliveries.answer(item, f"media:{effect.file}", event)
