"""Words that are only good until some time: said later they would mislead, so others take their place.

A code to go on elsewhere can wait here for days: for a platform, or until he writes where its window had
closed. The code is worth nothing then; that one was asked for he hears all the same.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from dialogs.messages import Outbound
from dialogs.turn import Say
from dialogs.wording import say
from handlers.channels.rendering import language
from handlers.sending.share import message_of
from storage.flow.outbox import Item


def in_time(item: Item, now: datetime) -> Item:
    """Return `item` as it may be said now. What may have been said already, in part too, stays as it is."""
    message = message_of(item)
    if item.parts or item.doubtful or not _is_over(message, now):
        return item
    assert isinstance(item.effect, Say)
    late = Outbound(say("sending.code_over", language(message)))
    return replace(item, effect=replace(item.effect, message=late))


def _is_over(message: Outbound, now: datetime) -> bool:
    card = message.card
    return card is not None and card.kind == "handover" and datetime.fromisoformat(card.body["until"]) <= now
