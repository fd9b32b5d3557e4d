"""The answer inside WeChat's own call: one text, and it costs none of the messages we may send.

WeChat waits 5 s for it. A turn's words are there at once; those about a photo come when it has been
looked at. What is not ready, does not fit into one text, or needs links, which are made when words leave,
leaves by customer-service message. So does what is said about photos while many of them wait: then
nobody's call waits for them (`Patience`).

The words are marked as said once the answer is written. When WeChat hung up before that, it comes
again with the same message and gets the same words (storage.flow.replies).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection
from wechatpy.replies import TextReply

from dialogs.messages import Media, Outbound
from dialogs.turn import MessageReceived, Say
from handlers.channels.base import Capabilities, Kit, Letter
from handlers.channels.rendering import pages
from storage import signals
from storage.flow import replies
from storage.flow.outbox import Hold, Item
from storage.flow.replies import Carrier, End
from storage.flow.turns import Taken
from storage.together import Gathered, Together

# So many others wait for their words that WeChat had better not: theirs leave by the worker.
BUSY = 64
# Photos are judged one or two at a time, half a second each: of more than these the last would wait in vain.
WAIT_AT_ONCE = 8
GIVE_UP_FOR = 10.0  # seconds for which nobody waits, after somebody did in vain
LINKED = ("document", "handover")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call is answered with.

    text:   "": nothing to say.
    said:   held words that are in the text. left: held words that are not.
    until:  the end of this call's wait, where it waited.
    """

    conversation: str
    until: datetime | None = None
    text: str = ""
    said: tuple[Hold, ...] = ()
    left: tuple[Hold, ...] = ()


class Patience:
    """Says whether waiting for the verdict on a photo is worth it: not while many photos wait already.

    Where the photos are judged, and how many wait there, another process may know. What this one sees is
    how many of its calls wait, and whether the last one that did got its words in time.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting = Counter[str]()  # calls, by conversation
        self._resume = 0.0

    def is_left(self) -> bool:
        """Say whether one more call may wait."""
        return self._waiting.total() < WAIT_AT_ONCE and self._clock() >= self._resume

    @contextmanager
    def spent(self, conversation: str) -> Iterator[None]:
        """Count a call that waits."""
        self._waiting[conversation] += 1
        try:
            yield
        finally:
            self._waiting -= Counter([conversation])  # and none is left of those that wait no more

    def is_spent_on(self, conversation: str) -> bool:
        """Say whether a call waits there: photos come together, and each brings one."""
        return conversation in self._waiting

    def was_in_vain(self) -> None:
        """A call waited for nothing: photos take too long just now."""
        self._resume = self._clock() + GIVE_UP_FOR


class Answers:
    """Finds the words for the answers to letters."""

    def __init__(self, kit: Kit, can: Capabilities) -> None:
        self._kit = kit
        self._together = Together(kit.database)
        self._ends = Gathered(kit.database, self._end_all)
        self._patience = Patience(time.monotonic)
        self._in_line: set[str] = set()  # conversations of which a call waits for its turn to speak
        self._slot = can.reply_slot
        self._can = replace(can, buttons="none", max_buttons=0)  # an answer is text and nothing else

    def carrier(self, letter: Letter) -> Carrier:
        """Return as what the call that brought `letter` takes words back."""
        return Carrier(replies.name_of(letter.key), _has_photo(letter) and self._patience.is_left())

    async def find(self, letter: Letter, carrier: Carrier, taken: Taken, patience: float) -> Answer:
        """Return what `letter`, taken just now or before, is to be answered.

        patience: seconds to wait for words that are bound to come.
        Raises:
            StorageError: see storage.errors.
        """
        if taken.words:
            return self._put_together(letter, taken.conversation, taken.words, None)
        until = self._kit.clock() + self._slot
        if taken.fresh and self._together.waiting >= BUSY:
            return Answer(taken.conversation)
        words = [] if taken.fresh else await self._again(letter, taken, until)
        if not words:
            words = await self._wait(letter, carrier, taken, until, patience)
        return self._put_together(letter, taken.conversation, words, until)

    async def end(self, answer: Answer, *, reached: bool) -> None:
        """Note what came of an answer. reached: WeChat was still there when it was written."""
        now = self._kit.clock()
        # Not reached: WeChat comes again for it at once; the worker may have it when WeChat does not.
        rest = now if reached else now + self._slot
        said, left = (answer.said, answer.left) if reached else ((), answer.said + answer.left)
        until = None if self._patience.is_spent_on(answer.conversation) else answer.until
        await self._ends.put(End(answer.conversation, said, [(hold, rest) for hold in left], until))

    def _end_all(self, connection: Connection, ends: Sequence[End]) -> list[None]:
        replies.end_all(connection, ends, self._kit.clock())
        return [None] * len(ends)

    async def _again(self, letter: Letter, taken: Taken, until: datetime) -> list[Item]:
        name, decided = replies.name_of(letter.key), range(taken.seq + 1, taken.last + 1)
        return await self._together.run(
            lambda c: replies.again(
                c,
                self._kit.vault,
                taken.conversation,
                name=name,
                decided=decided,
                until=until,
                now=self._kit.clock(),
            )
        )

    async def _wait(
        self, letter: Letter, carrier: Carrier, taken: Taken, until: datetime, patience: float
    ) -> list[Item]:
        """Return the words there are; wait for them where some are bound to come."""
        sure = taken.fresh and taken.last > taken.seq
        if taken.postponed or not (sure or carrier.waits):
            return await self._words(letter, taken.conversation, until, sure=sure)
        ends = asyncio.get_running_loop().time() + patience
        if not carrier.waits:
            return await self._words_in_line(ends, letter, taken.conversation, until)
        with self._patience.spent(taken.conversation):
            words = await self._words_by(ends, letter, taken.conversation, until, sure=sure)
        if not words:
            self._patience.was_in_vain()
        return words

    async def _words_in_line(
        self, ends: float, letter: Letter, conversation: str, until: datetime
    ) -> list[Item]:
        """Return the words of a turn, once those before them are said.

        Who writes faster than he is answered has several calls open. One of them waits; it takes along
        what the others would have said, and what comes too late for it is the worker's.
        """
        if conversation in self._in_line:
            return []
        self._in_line.add(conversation)
        try:
            return await self._words_by(ends, letter, conversation, until, sure=True)
        finally:
            self._in_line.discard(conversation)

    async def _words_by(
        self, ends: float, letter: Letter, conversation: str, until: datetime, *, sure: bool
    ) -> list[Item]:
        """Return the first words that there are until `ends`, in the loop's time."""
        clock, patient = asyncio.get_running_loop().time, True
        with self._kit.database.signals.watch(signals.conversation(conversation)) as watch:
            while True:
                # Words wait as long as the last letter's call does, and any call may take them along.
                until = max(until, self._kit.clock() + self._slot)
                words = await self._words(letter, conversation, until, sure=sure)
                if words or not patient or clock() >= ends:
                    return words
                # One more look after the wait: the news may have been lost on its way.
                patient = await watch.wait(ends - clock())

    async def _words(self, letter: Letter, conversation: str, until: datetime, *, sure: bool) -> list[Item]:
        """Return the words there are now. sure: there are some, but somebody else may be saying them."""
        if sure or await self._waits(conversation, until):
            return await self._claim(letter, conversation, until)
        return []

    async def _waits(self, conversation: str, until: datetime) -> bool:
        """Say whether there is something to claim: a look costs less than a claim."""
        return await self._kit.database.read(lambda c: replies.waits(c, conversation, until))

    async def _claim(self, letter: Letter, conversation: str, until: datetime) -> list[Item]:
        name = replies.name_of(letter.key)
        return await self._together.run(
            lambda c: replies.claim(
                c, self._kit.vault, conversation, name=name, until=until, now=self._kit.clock()
            )
        )

    def _put_together(
        self, letter: Letter, conversation: str, words: Sequence[Item], until: datetime | None
    ) -> Answer:
        seen, sayable = _sorted_out(words, letter, self._can)
        text, count = fit([_message(word) for word in sayable], [word.parts for word in sayable], self._can)
        said = _holds([*seen, *sayable[:count]])
        left = [hold for hold in _holds(words) if hold not in said]
        return Answer(conversation, until, clean(text), tuple(said), tuple(left))


def fit(messages: Sequence[Outbound], taken: Sequence[int], can: Capabilities) -> tuple[str, int]:
    """Return one text with as many of `messages` as go into it whole, and how many those are.

    A message is never cut here: should the answer be lost, its rest must not be said alone.
    """
    text, count = "", 0
    for n in range(1, len(messages) + 1):
        found = pages(messages[:n], can, taken=taken[:n])
        if len(found) != 1:
            break
        text, count = found[0].part.text, n
    return text, count


def clean(text: str) -> str:
    """Return `text` without what XML cannot hold."""
    return _NO_XML.sub("", text)


def reply_xml(text: str, *, user: str, ours: str, now: datetime) -> str:
    """Return the reply that says `text` to `user`."""
    # "]]>" would end the CDATA section that wechatpy puts the text into: whoever wrote it could go on
    # in our name.
    safe = text.replace("]]>", "]]]]><![CDATA[>")
    rendered: str = TextReply(content=safe, source=ours, target=user, time=int(now.timestamp())).render()
    return rendered


def _sorted_out(words: Sequence[Item], letter: Letter, can: Capabilities) -> tuple[list[Item], list[Item]]:
    """Return what counts as said, and what the answer may say: the first words, up to others not for it.

    What may have reached him before and was no news counts as said: he is writing after it.
    """
    seen: list[Item] = []
    sayable: list[Item] = []
    for word in words:
        if word.answered and _message(word).news is None:
            seen.append(word)
        elif _carries_links(word, can):
            break
        elif word.address == letter.address and not word.doubtful:
            sayable.append(word)
        else:
            break
    return seen, sayable


def _holds(words: Sequence[Item]) -> list[Hold]:
    return [word.hold for word in words]


def _message(word: Item) -> Outbound:
    assert isinstance(word.effect, Say)
    return word.effect.message


def _carries_links(word: Item, can: Capabilities) -> bool:
    """Say whether addresses belong to it, which only the worker makes (handlers.sending.links)."""
    card = _message(word).card
    if card is None:
        return False
    return card.kind in LINKED or (card.kind == "receipt" and bool(can.agree and card.body.get("first")))


def _has_photo(letter: Letter) -> bool:
    event = letter.event
    media: tuple[Media, ...] = event.message.media if isinstance(event, MessageReceived) else ()
    return any(each.kind == "photo" for each in media)
