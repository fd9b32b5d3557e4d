"""The mailroom: every letter of every platform becomes one turn here, or is known already.

What all channels share lies here: whose conversation it is, floods, files' names, who left and who is
back. A channel's handler reads, hands its letters in, and answers its platform once they are safe.
"""

from __future__ import annotations

from asyncio import sleep
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

from dialogs.messages import Address, Media
from dialogs.turn import Flooded, MessageReceived, Opened
from handlers import metrics
from handlers.channels.base import Letter
from handlers.security import Buckets
from handlers.turns import Clock, Turns
from storage.database import Database
from storage.errors import UnknownConversation
from storage.flow.replies import Carrier
from storage.flow.turns import Taken
from storage.people import addresses
from storage.people.addresses import Hook
from storage.sealing.vault import Vault

# Nobody types faster than this for long; an album is ten photos at once.
LETTERS_A_SECOND = 1.0
LETTERS_AT_ONCE = 30.0
# Telegram sends a chat's next message when the last one is answered: this is what slows a flood down there.
FLOOD_PAUSE = 0.1  # seconds
KNOWN = 20_000  # addresses whose conversation need not be looked up; 10 MB
WARN_EVERY = 60  # seconds; one word about it is enough


class Mailroom:
    """Takes letters into conversations."""

    def __init__(
        self,
        database: Database,
        turns: Turns,
        vault: Vault,
        clock: Clock,
        *,
        buckets: Buckets | None = None,
    ) -> None:
        self._database = database
        self._turns = turns
        self._vault = vault
        self._clock = clock
        self._known: dict[Address, str] = {}
        self._writing: Counter[Address] = Counter()  # letters that are being taken
        self._warned: dict[str, int] = {}  # in which minute
        self._buckets = buckets or Buckets(LETTERS_A_SECOND, LETTERS_AT_ONCE)

    async def take(self, letter: Letter, carrier: Carrier | None = None) -> Taken | None:
        """Commit what a letter does; None when it needed no turn.

        carrier: the call that brought it, when that can take words back.
        Raises:
            StorageError: nothing is safe; the platform must send it again.
        """
        metrics.letters.labels(letter.address.channel).inc()
        event = letter.event
        if event is None:
            await self._mark(letter)
            return None
        floods = self._floods(letter.address)
        if floods:
            return await self._take(letter, event, carrier, floods=True)
        async with self._in_turn(letter.address):
            return await self._take(letter, event, carrier, floods=False)

    async def give_way(self, address: Address) -> None:
        """Let others go first if whoever is there has long had his share.

        For a channel to call as soon as it can guess who calls. Nothing is believed of that.
        """
        if self._buckets.spent(_bucket(address)):
            await sleep(FLOOD_PAUSE)
            await self._database.courtesy.give_way()

    @asynccontextmanager
    async def _in_turn(self, address: Address) -> AsyncIterator[None]:
        """Take the letters of one person in their order; all but the first at a time let others go first."""
        hurries = self._writing[address] > 0
        self._writing[address] += 1
        try:
            if hurries:
                await self._database.courtesy.give_way()
            yield
        finally:
            self._writing[address] -= 1
            if not self._writing[address]:
                del self._writing[address]

    async def _take(
        self, letter: Letter, event: MessageReceived | Opened, carrier: Carrier | None, *, floods: bool
    ) -> Taken | None:
        async def take(conversation: str) -> Taken | None:
            if floods:
                return await self._turn_down(conversation)
            return await self._take_in(conversation, event, letter, carrier)

        try:
            return await take(await self._conversation(letter.address))
        except UnknownConversation:  # since we looked it became one with another, or was erased
            self._known.pop(letter.address, None)
            return await take(await self._conversation(letter.address))

    async def _conversation(self, address: Address) -> str:
        """Return whose conversation it is. One that is gone on with elsewhere can take no more turns."""
        known = self._known.get(address)
        if known is None:
            known = self._known[address] = await self._database.conversation(address)
            if len(self._known) > KNOWN:
                del self._known[next(iter(self._known))]
        return known

    async def _take_in(
        self, conversation: str, event: MessageReceived | Opened, letter: Letter, carrier: Carrier | None
    ) -> Taken:
        if isinstance(event, MessageReceived):
            event = self._with_files(event, letter)
        elif isinstance(event, Opened):
            event = replace(event, conversation=conversation)
        return await self._turns.take(
            conversation,
            letter.address.channel,
            letter.key,
            event,
            shown=_shown(letter, event),
            address=letter.address,
            means=letter.means,
            carrier=carrier,
            hook=Hook(*letter.hook) if letter.hook is not None else None,
        )

    async def _mark(self, letter: Letter) -> None:
        if letter.gone is not None:
            gone, at = letter.gone, letter.at
            await self._database.run(lambda c: addresses.mark_gone(c, letter.address, gone=gone, at=at))

    def _floods(self, address: Address) -> bool:
        return self._buckets.take(_bucket(address)) > 0

    async def _turn_down(self, conversation: str) -> Taken | None:
        """Leave a letter of a flood unread, so that others are not kept waiting; say so once a minute."""
        metrics.turned_away.labels("flood").inc()
        minute = int(self._clock().timestamp()) // WARN_EVERY
        if self._warned.get(conversation) == minute:
            return None
        taken = await self._turns.take(conversation, "mailroom", f"flood:{minute}", Flooded())
        if len(self._warned) >= KNOWN:
            self._warned.clear()
        self._warned[conversation] = minute
        return taken if taken.fresh else None

    def _with_files(self, event: MessageReceived, letter: Letter) -> MessageReceived:
        """Name the files that are still to be fetched: the same letter gives the same names."""
        named = [
            replace(media, file=self._file(letter, n)) if media.ref else media
            for n, media in enumerate(event.message.media)
        ]
        return MessageReceived(replace(event.message, media=tuple(named)))

    def _file(self, letter: Letter, n: int) -> str:
        whose = letter.address
        seed = f"{whose.channel}/{whose.account}/{whose.user}/{letter.key}/{n}"
        return self._vault.blind("media.file", seed).hex()[:32]  # an id as storage.sealing.files makes them


def _bucket(address: Address) -> str:
    return f"{address.channel}/{address.account}/{address.user}"


def _shown(letter: Letter, event: object) -> dict[str, object] | None:
    """Return how the transcript shows it, its photo included."""
    if letter.shown is None or not isinstance(event, MessageReceived):
        return None
    photos = _photos(event.message.media)
    return {**letter.shown, **({"image": photos[0]} if photos else {})}


def _photos(media: Iterable[Media]) -> list[str]:
    return [each.file for each in media if each.kind == "photo"]
