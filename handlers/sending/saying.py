"""say(item): one message from the outbox, and what waits beside it, to wherever he is now.

in doubt?    an earlier try ended unseen: wait, or say it again and mark it      docs/channels.md
where?       the place used last; elsewhere when he left it, or for news when it is closed
how much?    what the platform still allows: merge, send, hold back                share.py
part by part pay, call, note; a crash in between leaves a doubt about that part alone
not at all?  a notice instead, rung by rung, and the words are kept                notifying.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dialogs.turn import Say
from handlers import metrics
from handlers.channels.base import Channel
from handlers.sending.books import Books
from handlers.sending.lapsing import in_time
from handlers.sending.links import Links
from handlers.sending.notifying import Notifying, Texts
from handlers.sending.papers import Papers
from handlers.sending.share import is_urgent, news_of
from handlers.sending.speaking import MAX_UNSEEN, REST, Speaking
from handlers.sending.spots import Spot, spots
from storage.flow.outbox import Item


class Sending:
    """Says what the outbox holds."""

    def __init__(
        self,
        books: Books,
        channels: Mapping[str, Channel],
        *,
        random: Callable[[], float],
        links: Links | None = None,
        papers: Papers | None = None,
        texts: Texts | None = None,
    ) -> None:
        """random: from 0 to 1, for the length of pauses. texts: the SMS gateway, where there is one."""
        self._books = books
        self._channels = channels
        self._speaking = Speaking(books, links or Links(), papers or Papers(), random)
        self._texts = texts
        self._notifying = Notifying(books, texts, random)

    async def say(self, item: Item) -> None:
        """Say one claimed message and what waits beside it, or see to it that it is not lost."""
        assert isinstance(item.effect, Say)
        only = item.effect.channel
        item = in_time(item, self._books.clock())
        found = spots(await self._books.places(item.conversation), self._channels, item.address, only)
        if item.doubtful and await self._seen_to(item, found):
            return
        items = [item]
        if not only and any(spot.windows(self._books.clock()) != () for spot in found):
            gathered = await self._unseen(await self._books.gather(item))
            items = [in_time(each, self._books.clock()) for each in gathered]
        at_home = not only and item.address.channel not in self._channels
        left, there = await self._everywhere(items, found, follows=not at_home)
        if left:
            await self._leftover(left, there, at_home=at_home, only=only)

    async def doubt(self, item: Item, why: str) -> None:
        """A fault of our own ended a try: say it again later, marked; after some tries an operator looks."""
        if item.attempts >= MAX_UNSEEN:
            await self._books.bury(item, why)
        else:
            await self._books.later([item], self._books.clock() + REST, why, doubtful=[item])

    # What is in doubt

    async def _seen_to(self, item: Item, found: Sequence[Spot]) -> bool:
        """Deal with an earlier try whose end nobody saw; False when it is to be said (again, and marked)."""
        if news_of(item) is not None:
            trying = [each for each in await self._books.notices(item) if each.state == "trying"]
            if trying:
                await self._notifying.resume(item, trying[-1], found)
                return True
        if item.answered:
            return not await self._unseen([item])
        if item.rested:
            return False
        metrics.sends.labels(item.address.channel, "unseen").inc()
        await self._books.later([item], self._books.clock() + REST, "unseen end", doubtful=[item])
        return True

    async def _unseen(self, items: Sequence[Item]) -> list[Item]:
        """Return `items` without the talk that he has answered: he saw it, or was asked anew."""
        seen = [item for item in items if item.answered and news_of(item) is None]
        if seen:
            await self._books.said(seen)
        return [item for item in items if item not in seen]

    # Where

    async def _everywhere(
        self, items: Sequence[Item], found: Sequence[Spot], *, follows: bool
    ) -> tuple[list[Item], list[Spot]]:
        """Say `items` at the first places that take them; return what none took, and where he still is.

        Talk belongs to the place where he talks; it follows him elsewhere only when he left that.
        """
        left, there = list(items), list(found)
        for spot in found:
            mine = [item for item in left if follows or news_of(item) is not None]
            if not mine:
                continue
            end, unsaid = await self._speaking.at(spot, mine)
            left = [item for item in left if item not in mine] + unsaid
            follows = follows and end == "gone"
            if end == "gone":
                there.remove(spot)
        return left, there

    async def _leftover(
        self, items: Sequence[Item], found: Sequence[Spot], *, at_home: bool, only: str
    ) -> None:
        """See to words that may not leave now: notices for news; all is kept until he writes.

        On our own page he finds all of it himself, so nothing needs to be kept for that; vital news
        goes to his phone. What was meant for one place alone is of no use elsewhere or later.
        """
        if only:
            await self._books.said(items)
            return
        talk = [item for item in items if news_of(item) is None]
        news = [item for item in items if news_of(item) is not None]
        if at_home:
            reach = [item for item in news if found or (is_urgent(item) and self._by_text(item))]
            await self._books.said([item for item in items if item not in reach])
            news, talk = reach, []
        if talk:
            metrics.sends.labels(talk[0].address.channel, "kept").inc(len(talk))
            await self._books.keep(talk, "until he writes")
        if news:
            await self._notifying.tell(news, found)

    def _by_text(self, item: Item) -> bool:
        news = news_of(item)
        return self._texts is not None and news is not None and bool(news.phone)
