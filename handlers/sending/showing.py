"""Shows a document behind the words that told of it, where a platform shows pictures and counts messages.

The words have been said by then, with a link that opens the whole document. So a picture is sent only to
who asked for his papers, once, while it leaves enough for words, and whatever becomes of it nothing is
tried again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import structlog

from handlers import metrics
from handlers.channels.base import MaybeSent, Part, SendError, WaitForApplicant
from handlers.sending.books import Books
from handlers.sending.papers import Papers
from handlers.sending.share import message_of, tells_of_document
from handlers.sending.spots import Spot
from storage.flow.allowances import Window
from storage.flow.outbox import Item

LEAVES = 3  # messages of the windows that a picture does not touch

_log = structlog.get_logger("sending")


async def show(books: Books, papers: Papers, spot: Spot, items: Sequence[Item]) -> None:
    """Send the documents that `items` told of, as far as the platform leaves room. Raises StorageError."""
    can = spot.channel.can
    if can.papers != "picture":
        return
    telling = [item for item in items if tells_of_document(item) and _is_asked_for(item)]
    for item in reversed(telling):  # the newest first: there may be no room for another
        if not await _shown(books, papers, spot, item):
            return


def _is_asked_for(item: Item) -> bool:
    card = message_of(item).card
    return card is not None and bool(card.body.get("asked"))


async def _shown(books: Books, papers: Papers, spot: Spot, item: Item) -> bool:
    """Show one; False when there is no use in trying the next."""
    window = await _room(books, spot)
    if window == "none":
        return False
    file = await papers.of(item.conversation, message_of(item), spot.channel)
    if file is None:
        return True
    address, paid = spot.place.address, None if window == "free" else window
    if paid and not await books.pay(address, paid, spot.channel.can.allowances[paid.means]):
        return False
    try:
        await spot.channel.send(address, Part("", file=file), key=f"{item.hold.id}.paper")
    except MaybeSent:
        _count(spot, "not_shown")
        return False
    except SendError as fault:
        await books.give_back(address, paid)
        await _believe(books, spot, fault)
        return False
    except Exception:
        _log.exception("a document was not shown", channel=spot.channel.name)
        _count(spot, "not_shown")
        return False
    _count(spot, "shown")
    return True


async def _room(books: Books, spot: Spot) -> Window | Literal["free", "none"]:
    """Return the window that pays for a picture, "free" when nobody counts, "none" when there is no room."""
    places = await books.places(spot.place.conversation)
    place = next((each for each in places if each.address == spot.place.address), spot.place)
    windows = Spot(spot.channel, place).windows(books.clock())
    if windows is None:
        return "free"
    return windows[0] if sum(each.left for each in windows) > LEAVES else "none"


async def _believe(books: Books, spot: Spot, fault: SendError) -> None:
    _count(spot, "not_shown")
    _log.warning("a document was not shown", channel=spot.channel.name, reason=type(fault).__name__)
    if isinstance(fault, WaitForApplicant):
        await books.shut(spot.place, spot.channel.can.allowances)


def _count(spot: Spot, outcome: str) -> None:
    metrics.sends.labels(spot.channel.name, outcome).inc()
