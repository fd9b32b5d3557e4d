"""Who may leave now when a platform counts: pure decisions over what is left of its allowance.

a reply in the dialog, vital news   may use the last message of the window
the question for a mark             too: its case is over, and nothing of it comes after
words of a document                 leave four: its news has been told, and a case that moves fast needs
                                    them (under way, done, the result, a mark)
other news                          leaves one for those; what it may not use waits, merged, and
                                    leaves with the next that does, or shortly before the window closes
nothing left, or closed             nobody: a notice, another channel, or until he writes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dialogs.messages import News, Outbound
from dialogs.turn import Say
from storage.flow.allowances import Window
from storage.flow.outbox import Item

# Before a window closes what was held back leaves: half of a short window, an hour of a long one.
LAST_CALL = timedelta(hours=1)

_LEAVES = {"document": 4, "rating": 0}  # by the kind of card; all other news one

# When to try again what a platform was too busy for; then a quarter of an hour each, four hours in all.
PAUSES = (2, 10, 60, 300)
LONG_PAUSE = 900
TRIES = 20


@dataclass(frozen=True, slots=True)
class Share:
    """now: to be said. later: to be kept `until` then."""

    now: tuple[Item, ...]
    later: tuple[Item, ...] = ()
    until: datetime | None = None


def message_of(item: Item) -> Outbound:
    """Return what an item says."""
    assert isinstance(item.effect, Say)
    return item.effect.message


def news_of(item: Item) -> News | None:
    """Return the news that a message is, None for talk."""
    return message_of(item).news


def is_urgent(item: Item) -> bool:
    """Say whether it must not be held back for the sake of what may come."""
    news = news_of(item)
    return news is None or news.vital


def tells_of_document(item: Item) -> bool:
    """Say whether it tells that something is kept in writing, which can wait for company."""
    return _kind(item) == "document"


def share(
    items: Sequence[Item],
    windows: Sequence[Window] | None,
    now: datetime,
    count: Callable[[Sequence[Item]], int],
) -> Share | None:
    """Return what of `items` may leave now; None when nothing may, whatever it is.

    windows: what is open (storage.flow.allowances.windows); None: nobody counts.
    count:   how many messages some of them make.
    """
    if windows is None:
        return Share(tuple(items))
    total = sum(window.left for window in windows)
    if not total:
        return None
    call = _last_call(windows)
    urgent = tuple(item for item in items if is_urgent(item) and not tells_of_document(item))
    if count(items) <= total - (0 if urgent or now >= call else _reserve(items)):
        return Share(tuple(items))
    if urgent:
        return Share(urgent, tuple(item for item in items if item not in urgent), call)
    return Share(tuple(items)) if now >= call else Share((), tuple(items), call)


def pause(attempts: int, random: float) -> timedelta | None:
    """Return how long to wait after `attempts` tries, None when that is enough of it.

    random: from 0 to 1; all of the pause is jitter, so that what failed together does not come together.
    """
    if attempts >= TRIES:
        return None
    longest = PAUSES[attempts - 1] if attempts <= len(PAUSES) else LONG_PAUSE
    return timedelta(seconds=longest * random)


def _reserve(items: Sequence[Item]) -> int:
    """Return how many messages have to be left over for more pressing ones."""
    return min(_LEAVES.get(_kind(item), 1) for item in items)


def _kind(item: Item) -> str:
    card = message_of(item).card
    return card.kind if card else ""


def _last_call(windows: Sequence[Window]) -> datetime:
    last = windows[-1]
    return last.closes - min(LAST_CALL, (last.closes - last.since) / 2)
