"""The transcript of a conversation: numbered messages, sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from dialogs.codec import dumps, loads
from dialogs.messages import Outbound, Sender
from storage.errors import UnknownConversation
from storage.schema import applicants, conversations, messages
from storage.sealing.vault import Box, Vault

COLUMNS = ("conversation", "seq", "at", "sender", "body")


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the transcript.

    body of the bot's: {text, choices: [{id, label}], card: {kind, title, body} | None}, and "to" when it
        was said on one channel only
    body of another's: whatever his door put there, at least {text}
    """

    seq: int
    at: datetime
    sender: Sender
    body: Mapping[str, Any]


def seal(box: Box, conversation: str, seq: int, body: Mapping[str, Any]) -> bytes:
    """Return `body` sealed to its place in the transcript."""
    return box.seal(dumps(body), _aad(conversation, seq))


def body_of(message: Outbound, channel: str = "") -> dict[str, Any]:
    """Return a message of the bot's as JSON; with a `channel`, one that is meant for that alone."""
    card = message.card
    body = {
        "text": message.text,
        "choices": [{"id": choice.id, "label": choice.label} for choice in message.choices],
        "card": {"kind": card.kind, "title": card.title, "body": card.body} if card else None,
    }
    return {**body, "to": channel} if channel else body


def after(
    connection: Connection, vault: Vault, conversation: str, seq: int, limit: int = 100
) -> list[Message]:
    """Return at most `limit` messages that follow number `seq`, oldest first.

    Raises:
        UnknownConversation: there is none with this id, or it has been erased.
    """
    box = open_box(connection, vault, conversation)
    rows = connection.execute(
        select(messages.c.seq, messages.c.at, messages.c.sender, messages.c.body)
        .where(messages.c.conversation == conversation, messages.c.seq > seq)
        .order_by(messages.c.seq)
        .limit(limit)
    )
    return [
        Message(n, at, sender, loads(box.open(body, _aad(conversation, n)))) for n, at, sender, body in rows
    ]


def latest(connection: Connection, vault: Vault, conversation: str, limit: int) -> list[Message]:
    """Return the last `limit` messages, oldest first. Raises like `after`."""
    seq = connection.execute(
        select(func.coalesce(func.max(messages.c.seq), 0)).where(messages.c.conversation == conversation)
    ).scalar_one()
    return after(connection, vault, conversation, max(0, seq - limit), limit)


_KEY_OF = (  # asked for every message, so put together once (as storage.flow.claims)
    select(applicants.c.wrapped_key)
    .join(conversations, conversations.c.applicant == applicants.c.id)
    .where(conversations.c.id == bindparam("conversation"))
)


def open_box(connection: Connection, vault: Vault, conversation: str) -> Box:
    """Return the box of a conversation's applicant.

    Raises:
        UnknownConversation: there is none with this id, or it has been erased.
    """
    wrapped = connection.execute(_KEY_OF, {"conversation": conversation}).scalar_one_or_none()
    if wrapped is None:
        raise UnknownConversation(conversation)
    return vault.box(wrapped)


def _aad(conversation: str, seq: int) -> bytes:
    return f"messages.body:{conversation}:{seq}".encode()
