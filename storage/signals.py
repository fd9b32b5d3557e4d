"""Wake-ups: a topic announced inside a unit of work is heard after its commit, and only then.

A signal carries nothing and may be lost (a process dies, a connection breaks): it only ends a wait
early. What is true is in the rows, and every listener looks there again after its time-out.

    with db.signals.watch("outbox") as watch:
        while work():          # look first ...
            await watch.wait(5)  # ... then wait: what was announced in between ends the wait at once
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType

from sqlalchemy import Connection

OUTBOX = "outbox"
WORDS = "outbox.words"  # words alone: nobody else need look
_TOPICS = "zerotrip.topics"  # where a connection collects what its unit announces


def conversation(conversation_id: str) -> str:
    """Return the topic of a conversation's new messages."""
    return f"conversation:{conversation_id}"


def announce(connection: Connection, *topics: str) -> None:
    """Have `topics` heard once the present unit of work is committed."""
    connection.info.setdefault(_TOPICS, set()).update(topics)


def collected(connection: Connection) -> set[str]:
    """Take what the unit announced, leaving nothing behind for the connection's next unit."""
    topics: set[str] = connection.info.pop(_TOPICS, set())
    return topics


class Watch:
    """One listener to some topics, from `with` to its end."""

    def __init__(self, signals: Signals, topics: tuple[str, ...]) -> None:
        self._signals = signals
        self._topics = topics
        self._event = asyncio.Event()

    def __enter__(self) -> Watch:
        for topic in self._topics:
            self._signals._events.setdefault(topic, set()).add(self._event)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        for topic in self._topics:
            events = self._signals._events[topic]
            events.discard(self._event)
            if not events:
                del self._signals._events[topic]

    async def wait(self, seconds: float | None = None) -> bool:
        """Return True at the first announcement since the last wait, False after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        self._event.clear()
        return True


class Signals:
    """Who listens in this process. Used on the event loop only."""

    def __init__(self) -> None:
        self._events: dict[str, set[asyncio.Event]] = {}

    def watch(self, *topics: str) -> Watch:
        """Return a listener to `topics`; enter it before looking at the rows."""
        return Watch(self, topics)

    async def wait(self, topic: str, seconds: float | None = None) -> bool:
        """Wait for one announcement of `topic`. Beware: what was announced just before is not heard."""
        with self.watch(topic) as watch:
            return await watch.wait(seconds)

    def fire(self, topics: Iterable[str]) -> None:
        """Wake everybody who listens to one of `topics`."""
        for topic in topics:
            for event in self._events.get(topic, ()):
                event.set()

    def fire_all(self) -> None:
        """Wake everybody: announcements of other processes may have been missed."""
        self.fire(list(self._events))
