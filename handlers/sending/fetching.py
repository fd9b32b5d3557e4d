"""A photo that lies on a platform's servers is fetched before the platform forgets it.

It gets the id that its letter named, so fetching twice keeps one file. What cannot be had is answered
with the reason, and the applicant is asked to send it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from dialogs.messages import Address
from dialogs.turn import FetchMedia, MediaFetched, PhotoMeasured
from handlers import metrics
from handlers.channels.base import Channel, MediaGone, SendError, TryLater
from handlers.sending.share import pause
from handlers.uploads import NoRoom, Uploads
from storage.flow.outbox import Item
from storage.sealing.files import TooBig

Fetched = MediaFetched | PhotoMeasured

_log = structlog.get_logger("fetching")


class Later(Exception):
    """The platform was busy; fetch it again after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("TryLater")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Fetching:
    """Fetches photos. random: from 0 to 1, for the length of pauses."""

    channels: Mapping[str, Channel]
    uploads: Uploads
    random: Callable[[], float]

    async def fetch(self, item: Item, effect: FetchMedia) -> Fetched:
        """Fetch one photo and keep it; return what is to be told of it.

        Raises:
            Later: the platform was busy.
            UnknownConversation: see storage.errors.
        """
        channel = self.channels.get(effect.channel)
        if channel is None:  # it was switched off meanwhile
            return PhotoMeasured(effect.file, fault="lost")
        showing = asyncio.create_task(_show_typing(channel, item.address))
        try:
            return await self._fetch(channel, item, effect)
        finally:
            showing.cancel()
            with suppress(asyncio.CancelledError):
                await showing

    async def _fetch(self, channel: Channel, item: Item, effect: FetchMedia) -> Fetched:
        try:
            async with aclosing(channel.fetch(effect.ref, self.uploads.limit)) as stream:  # type: ignore[type-var]
                await self.uploads.take(item.conversation, stream, effect.file)
        except MediaGone:
            return self._fault(effect, "lost")
        except TooBig:
            return self._fault(effect, "too_big")
        except NoRoom:
            return self._fault(effect, "no_room")
        except TryLater as fault:
            wait = pause(item.attempts, self.random())
            if wait is None:
                return self._fault(effect, "lost")
            raise Later(max(wait, timedelta(seconds=fault.after or 0))) from fault
        except SendError as fault:
            _log.error("photo not fetched", channel=channel.name, reason=type(fault).__name__)
            return self._fault(effect, "lost")
        return MediaFetched(effect.file)

    def _fault(self, effect: FetchMedia, fault: str) -> PhotoMeasured:
        metrics.photos.labels(fault).inc()
        return PhotoMeasured(effect.file, fault=fault)


async def _show_typing(channel: Channel, address: Address) -> None:
    if address.channel == channel.name:
        await channel.typing(address)
