"""The office's documents as a channel can show them, read only when they are about to leave.

The words that tell of one carry a link anyway, so what cannot be had in time is left out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from dialogs.messages import Outbound
from handlers.channels.base import Attachment, Channel

# (conversation, file) -> the PDF, None when it is not held (any more)
Read = Callable[[str, str], Awaitable[bytes | None]]
# a PDF -> its first page as PNG, b"" when it cannot be drawn
Draw = Callable[[bytes], Awaitable[bytes]]

PATIENCE = 3.0  # seconds; photos may be waiting to be looked at, and words wait for nobody
LARGEST = 2 * 1000 * 1000  # bytes; WeChat's manual says 2 MB in one place and 10 MB in another

_log = structlog.get_logger("sending")


class Papers:
    """Makes attachments for messages."""

    def __init__(self, read: Read | None = None, draw: Draw | None = None) -> None:
        self._read, self._draw = read, draw

    async def of(self, conversation: str, message: Outbound, channel: Channel) -> Attachment | None:
        """Return the document that `message` tells of, None when there is none to be shown on `channel`."""
        card, how = message.card, channel.can.papers
        if card is None or card.kind != "document" or how == "link" or self._read is None:
            return None
        try:
            async with asyncio.timeout(PATIENCE):
                pdf = await self._read(conversation, str(card.body.get("file", "")))
                data = pdf if how == "file" or not pdf else await self._picture(pdf)
        except TimeoutError:
            _log.warning("a document was not ready in time", channel=channel.name)
            return None
        if not data or len(data) > LARGEST:
            return None
        name = f"{card.title}_{card.body.get('number', '')}".rstrip("_")
        if how == "file":
            return Attachment(f"{name}.pdf", "application/pdf", data)
        return Attachment(f"{name}.png", "image/png", data)

    async def _picture(self, pdf: bytes) -> bytes:
        return await self._draw(pdf) if self._draw is not None else b""
