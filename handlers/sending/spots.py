"""Where something can be said: an address of his, the channel that speaks there, and what it still allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dialogs.messages import Address
from handlers.channels.base import Channel
from storage.flow import allowances
from storage.flow.allowances import Window
from storage.people.addresses import Place


@dataclass(frozen=True, slots=True)
class Spot:
    """An address that a channel of ours speaks to."""

    channel: Channel
    place: Place

    def windows(self, now: datetime) -> tuple[Window, ...] | None:
        """Return what is open here; None when nobody counts."""
        counted = self.channel.can.allowances
        return allowances.windows(self.place, counted, now) if counted else None


def spots(
    places: Sequence[Place], channels: Mapping[str, Channel], last: Address, only: str = ""
) -> list[Spot]:
    """Return where he can be written to, the place used `last` first.

    only: a channel, when it has to be there, and not where he is: it tells that he left that place.
    """
    ordered = sorted(places, key=lambda place: place.address != last)  # the others stay as they are
    return [
        Spot(channels[place.address.channel], place)
        for place in ordered
        if not place.gone
        and place.address.channel in channels
        and (not only or (only == place.address.channel and place.address != last))
    ]
