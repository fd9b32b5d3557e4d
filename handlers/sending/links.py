"""Addresses that go with a message: for a photo, to a document, to agree to notices, to go on elsewhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from dialogs.messages import Outbound
from dialogs.places import PAGE, place
from dialogs.wording import say
from handlers.channels.base import Channel, Link
from handlers.channels.rendering import language

# (conversation, slot of the photo) -> address of a page that takes one photo
UploadLink = Callable[[str, str], Awaitable[str]]
# file of a document -> address of a page that opens it, for a while
DocumentLink = Callable[[str], Awaitable[str]]

# WeChat's address is none to open: it has to be drawn, and held before another phone.
_DRAWN = "wechat"


class Links:
    """Makes links for messages."""

    def __init__(self, upload: UploadLink | None = None, document: DocumentLink | None = None) -> None:
        self._upload, self._document = upload, document

    async def of(self, conversation: str, message: Outbound, channel: Channel) -> tuple[Link, ...]:
        """Return what is to be offered with `message` on `channel`."""
        card = message.card
        if card is None:
            return ()
        lang = language(message)
        if card.kind == "photo" and not channel.can.photos and self._upload is not None:
            url = await self._upload(conversation, str(card.body.get("slot", "")))
            return (Link(say("sending.take_photo", lang), url, say("sending.not_in_chat", lang)),)
        if card.kind == "document" and self._document is not None:
            url = await self._document(str(card.body.get("file", "")))
            return (Link(say("sending.open_document", lang), url),)
        if card.kind == "receipt" and card.body.get("first") and channel.can.agree:
            return (Link(say("sending.agree", lang), channel.can.agree),)
        if card.kind == "handover":
            ways = card.body.get("links", {})
            others = [name for name in ways if ways[name] and name not in (channel.name, _DRAWN)]
            others.sort(key=lambda name: name == PAGE)  # an app he has is nearer than the page
            return tuple(
                Link(say("sending.go_on", lang, place=place(name, lang)), ways[name]) for name in others
            )
        return ()
