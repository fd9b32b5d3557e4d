"""Links to our own page for one photo, for platforms through which photos must not pass.

A link is a random token; only its blind index is kept, so the table opens nothing to whoever reads it.
It lasts fifteen minutes and is good for one photo. The event key of its photo is made from the token:
what counts the one use in the end is the inbox, in the very commit that takes the photo. `used_at` says
the same a moment later, for whoever opens the link again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from storage.schema import upload_links
from storage.sealing.vault import Vault

LASTS = timedelta(minutes=15)
KEPT = timedelta(days=1)  # so that an old link is told from a made-up one
_TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class UploadLink:
    """What is known of a link. key: the one event that can come by it."""

    key: str
    conversation: str
    slot: str
    expires_at: datetime
    used: bool


def make(connection: Connection, vault: Vault, conversation: str, slot: str, now: datetime) -> str:
    """Return the token of a new link for the photo wanted at `slot`."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    connection.execute(
        delete(upload_links).where(
            upload_links.c.conversation == conversation, upload_links.c.expires_at < now - KEPT
        )
    )
    connection.execute(
        insert(upload_links).values(
            token=_index(vault, token),
            conversation=conversation,
            slot=slot[:200],
            made_at=now,
            expires_at=now + LASTS,
        )
    )
    return token


def find(connection: Connection, vault: Vault, token: str) -> UploadLink | None:
    """Return the link that `token` opens; None when we never made it, or long ago."""
    index = _index(vault, token)
    row = connection.execute(select(upload_links).where(upload_links.c.token == index)).one_or_none()
    if row is None:
        return None
    return UploadLink(index.hex(), row.conversation, row.slot, row.expires_at, row.used_at is not None)


def mark_used(connection: Connection, link: UploadLink, now: datetime) -> None:
    """Close a link whose photo was taken, and its sisters: a question put again brings a second link."""
    sisters = (upload_links.c.conversation == link.conversation, upload_links.c.slot == link.slot)
    connection.execute(
        update(upload_links).where(*sisters, upload_links.c.used_at.is_(None)).values(used_at=now)
    )


def _index(vault: Vault, token: str) -> bytes:
    return vault.blind("upload_links.token", token)
