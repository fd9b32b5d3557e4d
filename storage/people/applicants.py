"""Whose key seals what: applicants are known here by a key and nothing else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, select, update

from storage import ids
from storage.errors import UnknownConversation
from storage.flow import audit
from storage.schema import (
    addresses,
    agents,
    applicants,
    conversations,
    files,
    followers,
    handover_tries,
    handovers,
    inbox,
    messages,
    notices,
    outbox,
    subscriptions,
    takeovers,
    tickets,
    upload_links,
)
from storage.sealing.vault import Vault, key_id


def add(connection: Connection, vault: Vault, now: datetime, random: ids.Random) -> tuple[str, bytes]:
    """Insert an applicant with a new key; return his id and the wrapped key."""
    applicant, wrapped = ids.new_id(now, random), vault.new_key()
    connection.execute(
        applicants.insert().values(
            id=applicant, wrapped_key=wrapped, key_id=key_id(wrapped).hex(), created_at=now
        )
    )
    return applicant, wrapped


def any_known(connection: Connection) -> bool:
    """Say whether anybody's data is sealed here."""
    return connection.execute(select(applicants.c.id).limit(1)).first() is not None


def keep_known(connection: Connection, applicant: str) -> None:
    """Hold off the erasure of an applicant until this commit.

    Raises:
        UnknownConversation: he has been erased; nothing of his may be written any more.
    """
    key = select(applicants.c.wrapped_key).where(applicants.c.id == applicant)
    held = connection.execute(key.with_for_update(read=True, key_share=True)).scalar_one_or_none()
    if held is None:
        raise UnknownConversation(applicant)


def rewrap(connection: Connection, vault: Vault, current: str, limit: int = 500) -> int:
    """Move at most `limit` keys to the current master key, whose id in hex is `current`; return how many."""
    rows = connection.execute(
        select(applicants.c.id, applicants.c.wrapped_key)
        .where(applicants.c.key_id != current, applicants.c.wrapped_key.is_not(None))
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        wrapped = vault.rewrap(row.wrapped_key)
        connection.execute(
            update(applicants)
            .where(applicants.c.id == row.id)
            .values(wrapped_key=wrapped, key_id=key_id(wrapped).hex())
        )
    return len(rows)


def wrapped_by(connection: Connection) -> dict[str, int]:
    """Return how many keys each master key wraps, by its id in hex."""
    query = select(applicants.c.key_id, func.count()).where(applicants.c.wrapped_key.is_not(None))
    return {row[0]: row[1] for row in connection.execute(query.group_by(applicants.c.key_id))}


def erase(connection: Connection, vault: Vault, applicant: str, now: datetime, actor: str) -> list[str]:
    """Destroy the applicant's key and delete what it sealed. Return the ids of the files to delete from disk.

    His conversations stay as empty shells with their audit chains, which still verify.
    """
    wrapped = connection.execute(
        select(applicants.c.wrapped_key).where(applicants.c.id == applicant).with_for_update()
    ).scalar_one_or_none()
    if wrapped is None:
        return []
    mine = connection.execute(
        select(conversations.c.id).where(conversations.c.applicant == applicant).order_by(conversations.c.id)
    ).scalars().all()  # fmt: skip
    for conversation in mine:
        audit.add(connection, conversation, now, actor, "applicant.erased")
        _empty(connection, conversation)
    held = (
        connection.execute(delete(files).where(files.c.applicant == applicant).returning(files.c.id))
        .scalars()
        .all()
    )
    connection.execute(
        update(applicants)
        .where(applicants.c.id == applicant)
        .values(wrapped_key=None, key_id=None, erased_at=now)
    )
    vault.forget(wrapped)
    return list(held)


_OF_A_CONVERSATION = (
    messages, outbox, inbox, tickets, handovers, handover_tries, notices, upload_links, addresses,
    takeovers, followers,
)  # fmt: skip


def _empty(connection: Connection, conversation: str) -> None:
    _forget_consents(connection, conversation)
    for table in _OF_A_CONVERSATION:
        connection.execute(delete(table).where(table.c.conversation == conversation))
    # An agent who is forgotten is signed out; who he is stays until he is removed.
    signed_in = agents.c.conversation == conversation
    connection.execute(update(agents).where(signed_in).values(conversation=None))
    # The address goes too, and the shell must not answer when the same person writes again.
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation)
        .values(state=b"", user_id=f"erased:{conversation}", pending=0)
    )


def _forget_consents(connection: Connection, conversation: str) -> None:
    """Forget what was agreed to at the addresses of `conversation`: they name him on his platform."""
    names = ("channel", "account", "user_id")
    at_his = exists().where(
        addresses.c.conversation == conversation, *(addresses.c[n] == subscriptions.c[n] for n in names)
    )
    connection.execute(delete(subscriptions).where(at_his))


def discard(connection: Connection, applicant: str) -> None:
    """Take back an applicant just added, for whom nothing is sealed yet."""
    connection.execute(delete(applicants).where(applicants.c.id == applicant))
