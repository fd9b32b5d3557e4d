"""When words may not leave: short notices, rung by rung, each at most once for a piece of news.

    subscription notice -> template message -> SMS -> kept until he writes

Each notice is written down before it leaves (storage.flow.notices). After an end that nobody saw, a notice
whose platform recognises a repeat is sent again under the same key; one whose platform does not counts
as sent, for the news itself is kept and told when he writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import structlog

from dialogs.messages import News
from dialogs.turn import Say
from dialogs.wording import say
from handlers import metrics
from handlers.channels.base import Gone, MaybeSent, Refused, Rung, SendError, TryLater, WaitForApplicant
from handlers.channels.rendering import language
from handlers.sending.books import Books
from handlers.sending.share import is_urgent, message_of, news_of, pause
from handlers.sending.spots import Spot
from storage.faults import hit
from storage.flow.notices import Notice
from storage.flow.outbox import Item

KNOWN_FOR = timedelta(minutes=9)  # WeChat recognises a client_msg_id for 10 minutes
AGAIN = timedelta(seconds=2)

_log = structlog.get_logger("sending")


class Texts(Protocol):
    """The operator's text message gateway."""

    async def send(self, phone: str, text: str, key: str) -> str:
        """Send a text; the gateway drops a repeat with the same key. Raises SendError."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to send a notice, under a key. spot: where he would be marked as gone."""

    rung: Rung
    send: Callable[[str], Awaitable[str]]
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Notifying:
    """Sends notices. random: from 0 to 1."""

    books: Books
    texts: Texts | None
    random: Callable[[], float]

    async def tell(self, items: Sequence[Item], spots: Sequence[Spot]) -> None:
        """Tell of news that may not be said now: one notice for each application, of its newest state.

        The news is kept, whatever comes of it: until the notice is delivered, or until he writes.
        """
        groups: dict[str, list[Item]] = {}
        for item in items:
            news = news_of(item)
            groups.setdefault(news.number if news else "", []).append(item)
        for group in groups.values():
            known = await self.books.notices(group[-1])
            if any(notice.state in ("sent", "delivered") for notice in known):
                await self.books.told(group)
            else:
                failed = {notice.rung for notice in known if notice.state == "failed"}
                await self._down(group, [way async for way in self._ways(group[-1], spots)], failed)

    async def resume(self, item: Item, notice: Notice, spots: Sequence[Spot]) -> None:
        """Go on with a notice of which nobody knows whether it left."""
        ways = [way async for way in self._ways(item, spots) if way.rung == notice.rung]
        too_old = notice.rung == "template" and self.books.clock() - notice.at > KNOWN_FOR
        if notice.rung == "subscription" or too_old or not ways:
            await self.books.noticed([item], notice.rung, notice.platform_id, "")
        elif not await self._try([item], ways[0], notice.platform_id, again=True):
            await self.books.later([item], self.books.clock(), "not taken")

    async def _ways(self, item: Item, spots: Sequence[Spot]) -> AsyncIterator[Way]:
        news = news_of(item)
        if news is None:
            return
        for spot in spots:
            for rung in spot.channel.can.rungs:
                if rung != "sms":
                    yield Way(rung, _notify(spot, news, rung), spot)
        if self.texts is not None and news.phone:
            yield Way("sms", _text(self.texts, news, _words(item, news)))

    async def _down(self, group: Sequence[Item], ways: Sequence[Way], failed: set[str]) -> None:
        key = group[-1].hold.id
        for way in ways:
            if way.rung not in failed and await self._try(group, way, key):
                return
        metrics.sends.labels(group[0].address.channel, "kept").inc(len(group))
        await self.books.keep(group, "no way to reach him")

    async def _try(self, group: Sequence[Item], way: Way, key: str, *, again: bool = False) -> bool:
        """Send one notice; False when another way has to be found."""
        await self.books.begin_notice(group, [item for item in group if _stays(item)], way.rung, key)
        hit("notice.before_call")
        try:
            platform_id = await way.send(key)
        except asyncio.CancelledError:
            await asyncio.shield(self.books.later(group, self.books.clock(), "stopped", doubtful=group))
            raise
        except (WaitForApplicant, Gone, Refused) as fault:
            await self._closed(way, key, fault)
            return False
        except TryLater as fault:
            return await self._busy(group, way, key, fault, again=again)
        except Exception as fault:
            if not isinstance(fault, MaybeSent):
                _log.exception("notice failed", reason=way.rung)
            wait = pause(group[-1].attempts, self.random())
            if way.rung != "subscription" and wait is not None:
                due = self.books.clock() + max(wait, AGAIN)
                await self.books.later(group, due, type(fault).__name__, doubtful=group)
                return True
            platform_id = ""
        metrics.notices.labels(way.rung, "sent").inc()
        await self.books.noticed(group, way.rung, key, platform_id)
        return True

    async def _closed(self, way: Way, key: str, fault: SendError) -> None:
        metrics.notices.labels(way.rung, "closed").inc()
        await self.books.gave_up_notice(way.rung, key)
        if isinstance(fault, Gone) and way.spot is not None:
            await self.books.mark_gone(way.spot.place)
        if isinstance(fault, Refused):
            _log.error("notice refused", reason=way.rung, fault=str(fault))

    async def _busy(self, group: Sequence[Item], way: Way, key: str, fault: TryLater, *, again: bool) -> bool:
        wait = pause(group[-1].attempts, self.random())
        if not again:
            await self.books.gave_up_notice(way.rung, key)
        if wait is None:
            return False
        due = self.books.clock() + max(wait, timedelta(seconds=fault.after or 0))
        await self.books.later(group, due, "TryLater", doubtful=group if again else ())
        return True


def _stays(item: Item) -> bool:
    """Say whether he is told in full all the same: what he has to know, and what a notice cannot ask."""
    return is_urgent(item) or bool(message_of(item).choices)


def _notify(spot: Spot, news: News, rung: Rung) -> Callable[[str], Awaitable[str]]:
    return lambda key: spot.channel.notify(spot.place.address, news, rung, key=key)


def _text(texts: Texts, news: News, words: str) -> Callable[[str], Awaitable[str]]:
    return lambda key: texts.send(news.phone, words, key)


def _words(item: Item, news: News) -> str:
    assert isinstance(item.effect, Say)
    lang = language(item.effect.message)
    return say("sending.sms", lang, title=news.title, number=news.number, state=news.state, day=news.day)
