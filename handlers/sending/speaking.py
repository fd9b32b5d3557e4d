"""Says messages at one place: what its platform still allows, part by part.

    share -> pay, call, note -> pay, call, note -> ...

A crash between call and note leaves a doubt about that one part. Every end is seen to here, except
that the place would take no more: then its caller finds another way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Literal

import structlog

from dialogs.wording import say as words
from handlers import metrics
from handlers.channels.base import (
    Attachment,
    Channel,
    Gone,
    Link,
    MaybeSent,
    Part,
    Refused,
    TryLater,
    WaitForApplicant,
)
from handlers.channels.rendering import Page, language, pages
from handlers.sending.books import Books
from handlers.sending.links import Links
from handlers.sending.papers import Papers
from handlers.sending.share import message_of, pause, share
from handlers.sending.showing import show
from handlers.sending.spots import Spot
from storage.errors import NotHeld
from storage.faults import hit
from storage.flow.allowances import Window
from storage.flow.outbox import Item

# After an unseen end: who got it has answered by then, most often; who did not has asked again.
REST = timedelta(minutes=2)
MAX_UNSEEN = 6  # tries; after that it waits until he writes

End = Literal["said", "closed", "gone", "alone", "given"]

_log = structlog.get_logger("sending")


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages that leave together, the links that go with each, and the file."""

    items: tuple[Item, ...]
    links: Mapping[str, tuple[Link, ...]]
    files: Mapping[str, Attachment | None] = field(default_factory=dict)

    def of(self, items: Sequence[Item]) -> Batch:
        return replace(self, items=tuple(items))

    def pages(self, channel: Channel, most: int | None = None) -> list[Page]:
        """Return the parts in which they are said on `channel`; repeats are marked by a first line."""
        messages = [message_of(item) for item in self.items]
        doubtful = next((n for n, item in enumerate(self.items) if item.doubtful), None)
        first = "" if doubtful is None else words("sending.again", language(messages[doubtful]))
        return pages(
            messages,
            channel.can,
            taken=[item.parts for item in self.items],
            links=[self.links.get(item.hold.id, ()) for item in self.items],
            files=[self.files.get(item.hold.id) for item in self.items],
            first=first,
            most=most,
        )


@dataclass(frozen=True, slots=True)
class Speaking:
    """Speaks to platforms. random: from 0 to 1, for the length of pauses."""

    books: Books
    links: Links
    papers: Papers
    random: Callable[[], float]

    async def at(self, spot: Spot, items: Sequence[Item]) -> tuple[End, list[Item]]:
        """Say `items` at one place; return how that ended, and what it would not take."""
        files = await self._files_of(items, spot.channel)
        batch = Batch(tuple(items), await self._links_of(items, spot.channel), files)
        while batch.items:
            windows = spot.windows(self.books.clock())
            due = share(batch.items, windows, self.books.clock(), partial(_count, batch, spot.channel))
            if due is None:
                return "closed", list(batch.items)
            if due.later and due.until is not None:
                metrics.sends.labels(spot.channel.name, "kept").inc(len(due.later))
                await self.books.keep(due.later, "held back", due.until)
            end, unsaid = await self._send(spot, batch.of(due.now), _most(windows))
            if end == "alone":
                end, unsaid = await self._one_by_one(spot, batch.of(unsaid))
            if end != "said":
                return end, unsaid
            batch, spot = batch.of(unsaid), await self._look_again(spot)
        return "said", []

    async def _one_by_one(self, spot: Spot, batch: Batch) -> tuple[End, list[Item]]:
        """Find the message that the platform refuses, bury it, and go on with the others."""
        first, *others = batch.items
        end: End = "alone"
        unsaid: list[Item] = []
        if others:
            spot = await self._look_again(spot)
            most = _most(spot.windows(self.books.clock()))
            end, unsaid = await self._send(spot, batch.of([first]), most)
        if end == "alone":
            metrics.sends.labels(spot.channel.name, "refused").inc()
            _log.error("message refused", delivery=first.hold.id, channel=spot.channel.name)
            await self.books.bury(first, "Refused")
            return "said", others
        if end == "given":
            await self.books.later(others, self.books.clock(), "behind another")
            return end, []
        return end, [*unsaid, *others]

    async def _look_again(self, spot: Spot) -> Spot:
        places = await self.books.places(spot.place.conversation)
        return next(
            (replace(spot, place=each) for each in places if each.address == spot.place.address), spot
        )

    async def _links_of(self, items: Sequence[Item], channel: Channel) -> dict[str, tuple[Link, ...]]:
        return {
            item.hold.id: await self.links.of(item.conversation, message_of(item), channel) for item in items
        }

    async def _files_of(self, items: Sequence[Item], channel: Channel) -> dict[str, Attachment | None]:
        """Return what goes with the words themselves; a picture goes behind them."""
        if channel.can.papers != "file":
            return {}
        return {
            item.hold.id: await self.papers.of(item.conversation, message_of(item), channel) for item in items
        }

    # Part by part

    async def _send(self, spot: Spot, batch: Batch, most: int | None) -> tuple[End, list[Item]]:
        """Send a batch in parts; return how that ended and what is left of it.

        "said": what is left has not been tried. "alone": its first part was refused. "given": what is
        left has been dealt with already.
        """
        left = list(batch.items)
        repeated = any(item.doubtful for item in left)
        found = batch.pages(spot.channel, most)
        for page in found[:most]:
            done = len(batch.items) - len(left)
            reached = page.message - done
            price = await self._pay(spot, left)
            if price == "nothing":
                return "closed", left
            window = None if price == "free" else price
            key = f"{left[0].hold.id}.{left[0].parts}" if left[0].parts else left[0].hold.id
            end = await self._part(spot, page.part, key, left, reached, window)
            if end != "said":
                return end, [] if end == "given" else left
            metrics.sends.labels(spot.channel.name, "repeated" if repeated else "sent").inc()
            repeated = False
            left = await self._note(left, reached, page)
        if most is not None and len(found) > most:
            return "closed", left
        await self.books.said(left)  # there was nothing in them to be seen
        await show(self.books, self.papers, spot, batch.items)
        return "said", []

    async def _note(self, left: list[Item], reached: int, page: Page) -> list[Item]:
        """Note that a part was taken; return what is left."""
        if page.whole:
            await self.books.said(left[: reached + 1])
            return left[reached + 1 :]
        partly = replace(left[reached], parts=page.taken, doubtful=False)
        await self.books.said(left[:reached], partly)
        return [partly, *left[reached + 1 :]]

    async def _pay(self, spot: Spot, items: Sequence[Item]) -> Window | Literal["free", "nothing"]:
        """Hold `items` for a call and pay for it from the window that closes first."""
        counted = spot.channel.can.allowances
        try:
            if not counted:
                await self.books.begin(items)
                return "free"
            for window in (await self._look_again(spot)).windows(self.books.clock()) or ():
                price = spot.place.address, window, counted[window.means]
                if await self.books.begin(items, price):
                    return window
        except NotHeld:
            await self.books.later(items, self.books.clock(), "one of them moved on")
            raise
        return "nothing"

    async def _part(
        self, spot: Spot, part: Part, key: str, left: Sequence[Item], reached: int, window: Window | None
    ) -> End:
        """Send one part; see to everything but success."""
        try:
            await self._call(spot, part, key)
        except asyncio.CancelledError:
            await asyncio.shield(self._unknown(spot, left, reached, "stopped"))
            raise
        except MaybeSent as fault:
            await self._unknown(spot, left, reached, type(fault).__name__)
            return "given"
        except (TryLater, WaitForApplicant, Gone, Refused) as fault:
            await self.books.give_back(spot.place.address, window)
            return await self._not_taken(spot, left, fault)
        return "said"

    async def _call(self, spot: Spot, part: Part, key: str) -> None:
        try:
            hit("words.before_call")
            await spot.channel.send(spot.place.address, part, key=key)
            hit("words.taken")
        except (TryLater, MaybeSent, WaitForApplicant, Gone, Refused):
            raise
        except Exception as fault:  # a fault of ours in the middle of a call: who knows how far it came
            _log.exception("sending failed", channel=spot.channel.name)
            raise MaybeSent(type(fault).__name__) from fault

    async def _unknown(self, spot: Spot, left: Sequence[Item], reached: int, why: str) -> None:
        """Nobody knows whether a part arrived: let it rest; what comes after it waits behind it."""
        metrics.sends.labels(spot.channel.name, "unseen").inc()
        tried, behind = left[: reached + 1], left[reached + 1 :]
        now = self.books.clock()
        if tried[0].attempts >= MAX_UNSEEN:
            await self.books.keep(tried, why)
        else:
            await self.books.later(tried, now + REST, why, doubtful=tried)
        await self.books.later(behind, now, "behind another")

    async def _not_taken(
        self, spot: Spot, left: Sequence[Item], fault: TryLater | WaitForApplicant | Gone | Refused
    ) -> End:
        if isinstance(fault, Refused):
            return "alone"
        if isinstance(fault, Gone):
            metrics.sends.labels(spot.channel.name, "gone").inc()
            await self.books.mark_gone(spot.place)
            return "gone"
        if isinstance(fault, WaitForApplicant):
            await self.books.shut(spot.place, spot.channel.can.allowances)
            return "closed"
        wait = pause(left[0].attempts, self.random())
        if wait is None:
            return "closed"
        metrics.sends.labels(spot.channel.name, "later").inc()
        due = self.books.clock() + max(wait, timedelta(seconds=fault.after or 0))
        await self.books.later(left, due, "TryLater")
        return "given"


def _most(windows: Sequence[Window] | None) -> int | None:
    """Return how many messages may leave, None when nobody counts."""
    return None if windows is None else sum(window.left for window in windows)


def _count(batch: Batch, channel: Channel, some: Sequence[Item]) -> int:
    return len(batch.of(some).pages(channel))
