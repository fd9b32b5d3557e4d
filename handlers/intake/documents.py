"""What the office has put in writing, fetched from the intake service: a PDF, whole, and not too large."""

from __future__ import annotations

import hashlib

import aiohttp

from handlers.intake.errors import RefusedByIntake, TryLater

MOST_PDF = 5 * 1024 * 1024  # a notice has 50 kB; a scanned certificate of some pages fits


async def read_pdf(answer: aiohttp.ClientResponse) -> bytes:
    """Return the body of an answer.

    Raises:
        TryLater: the bytes are not those the service hashed; the line was bad.
        RefusedByIntake: too large, or no PDF. What is handed on to people must be what it says.
    """
    held = bytearray()
    async for chunk in answer.content.iter_any():
        held += chunk
        if len(held) > MOST_PDF:
            raise RefusedByIntake({"type": "document-too-large"})
    told = answer.headers.get("X-Content-SHA256", "")
    if told and told != hashlib.sha256(held).hexdigest():
        raise TryLater("a document with another SHA-256")
    if not held.startswith(b"%PDF-"):
        raise RefusedByIntake({"type": "no-pdf"})
    return bytes(held)
