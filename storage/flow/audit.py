"""What was done, in a chain per conversation that shows every change, gap and swap.

    hash = SHA-256(hash before || n, time, actor, action, last message || detail)

`detail` is a SHA-256 over ciphertext, so the chain still verifies after the applicant's key is
destroyed. For a turn it covers the sealed bodies of the messages it wrote, so that the transcript is
bound to the chain; for another act it covers what the caller gives.

One chain per conversation, because one chain for all would make every writer wait for every other.
A chain that is removed as a whole is seen by the checkpoints: from time to time the heads that moved
are written down under a seal, each checkpoint including the one before.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

from sqlalchemy import Connection, Row, select, update

from dialogs.codec import dumps, loads
from storage import bulk
from storage.errors import UnknownConversation
from storage.schema import audit, checkpoints, conversations, messages

START = bytes(32)  # what the first link of a chain follows
FORGETTING = frozenset({"applicant.erased"})  # after these the messages may be gone; the chain stays
FORGOTTEN = "words.forgotten:"  # then the number of the last message that is gone
OVERLAP = timedelta(minutes=5)  # a transaction may commit after a checkpoint that its times precede


class Sealer(Protocol):
    """The part of the vault that a checkpoint needs."""

    def blind(self, purpose: str, value: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain does not hold, and how that shows."""

    conversation: str
    n: int
    what: str


def digest(parts: Iterable[bytes]) -> bytes:
    """Return the SHA-256 over sealed parts; each enters by its own hash, so borders cannot move."""
    whole = sha256()
    for part in parts:
        whole.update(sha256(part).digest())
    return whole.digest()


def link(before: bytes, n: int, at: datetime, actor: str, action: str, seq: int, detail: bytes) -> bytes:
    """Return the hash of link `n`, which follows the hash `before`."""
    words = f"{n}|{int(at.timestamp() * 1_000_000)}|{len(actor)}:{actor}|{len(action)}:{action}|{seq}|"
    return sha256(before + words.encode() + detail).digest()


def add(
    connection: Connection, conversation: str, now: datetime, actor: str, action: str, detail: bytes = b""
) -> None:
    """Write down one act that is not a turn: a view, a reveal, an export, an erasure.

    actor:  "clerk:<id>", "operator:<name>", "system".
    action: a word of ours with a dot, "material.viewed". No personal data: this row outlives an erasure.
    detail: ciphertext or ids the act was about; only its hash is kept.
    Raises:
        UnknownConversation: there is none with this id.
    """
    row = connection.execute(
        select(conversations.c.audit_n, conversations.c.audit_head, conversations.c.seq)
        .where(conversations.c.id == conversation)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise UnknownConversation(conversation)
    n, hashed = row.audit_n + 1, digest([detail])
    head = link(row.audit_head, n, now, actor, action, row.seq, hashed)
    connection.execute(
        audit.insert().values(
            conversation=conversation,
            n=n,
            at=now,
            actor=actor,
            action=action,
            seq=row.seq,
            detail=hashed,
            hash=head,
        )
    )
    connection.execute(
        update(conversations)
        .where(conversations.c.id == conversation)
        .values(audit_n=n, audit_head=head, touched_at=now)
    )


def verify(connection: Connection, conversation: str, *, bodies: bool = True) -> list[Broken]:
    """Return where the chain of `conversation` is broken; an empty list when it holds.

    `bodies` compares the messages with the links that wrote them, as long as they are kept.
    """
    head = connection.execute(
        select(conversations.c.audit_n, conversations.c.audit_head).where(conversations.c.id == conversation)
    ).one_or_none()
    links = connection.execute(
        select(audit).where(audit.c.conversation == conversation).order_by(audit.c.n)
    ).all()
    broken: list[Broken] = []
    before, n = START, 0
    for row in links:
        n += 1
        if row.n != n:
            return [*broken, Broken(conversation, n, "a link is missing")]
        if row.hash != link(before, n, row.at, row.actor, row.action, row.seq, row.detail):
            return [*broken, Broken(conversation, n, "the link was changed")]
        before = row.hash
    if head is not None and (head.audit_n, head.audit_head) != (n, before):
        broken.append(Broken(conversation, n, "the chain does not end in the head its conversation names"))
    return broken + (_changed_bodies(connection, conversation, links) if bodies else [])


def _changed_bodies(connection: Connection, conversation: str, links: Sequence[Row[Any]]) -> list[Broken]:
    """Compare each link that wrote messages with the bodies that are there."""
    if any(row.action in FORGETTING for row in links):
        return []
    rows = connection.execute(
        select(messages.c.seq, messages.c.body).where(messages.c.conversation == conversation)
    )
    bodies: dict[int, bytes] = dict(rows.all())
    gone = max((int(row.action.removeprefix(FORGOTTEN)) for row in links if _forgets(row)), default=0)
    broken, seq = [], 0
    for row in links:
        wrote = range(seq + 1, row.seq + 1)
        if wrote and wrote[-1] > gone and row.detail != digest(bodies.pop(n, b"") for n in wrote):
            broken.append(Broken(conversation, row.n, f"its messages {wrote[0]} to {wrote[-1]} were changed"))
        seq = row.seq
    if bodies:
        broken.append(Broken(conversation, len(links), f"no link wrote the messages {sorted(bodies)[:5]}"))
    return broken


def _forgets(row: Row[Any]) -> bool:
    return bool(row.action.startswith(FORGOTTEN))


def moved_heads(connection: Connection) -> list[list[Any]]:
    """Return [conversation, n, hash] of every chain that moved since the last checkpoint. Only reads."""
    last = connection.execute(select(checkpoints.c.at).order_by(checkpoints.c.n.desc()).limit(1)).scalar()
    moved = select(conversations.c.id, conversations.c.audit_n, conversations.c.audit_head)
    if last is not None:
        moved = moved.where(conversations.c.touched_at >= last - OVERLAP)
    rows = connection.execute(moved.order_by(conversations.c.id))
    return [[row.id, row.audit_n, row.audit_head.hex()] for row in rows]


def seal_heads(connection: Connection, sealer: Sealer, now: datetime, heads: list[list[Any]]) -> None:
    """Write a signed checkpoint of `heads`, so that a chain removed whole is seen too."""
    if not heads:
        return
    last = connection.execute(select(checkpoints).order_by(checkpoints.c.n.desc()).limit(1)).one_or_none()
    n, packed = (last.n + 1 if last else 1), dumps(heads)
    seal = _seal(sealer, last.seal if last else START, n, now, packed)
    connection.execute(checkpoints.insert().values(n=n, at=now, heads=packed, seal=seal))


def verify_checkpoints(connection: Connection, sealer: Sealer) -> list[Broken]:
    """Return the chains that lost links a checkpoint has seen, and the checkpoints that were changed."""
    broken: list[Broken] = []
    before = START
    for n, row in enumerate(connection.execute(select(checkpoints).order_by(checkpoints.c.n)), 1):
        if row.n != n or not hmac.compare_digest(row.seal, _seal(sealer, before, row.n, row.at, row.heads)):
            return [*broken, Broken("", row.n, "this checkpoint or one before it was changed or removed")]
        before = row.seal
        broken += [
            Broken(c, at, "a checkpoint has seen another link here") for c, at in _lost(connection, row.heads)
        ]
    return broken


def _lost(connection: Connection, packed: bytes) -> list[tuple[str, int]]:
    heads = loads(packed)
    found = bulk.select(
        connection, audit, ("conversation", "n", "hash"), ("conversation",), [(c,) for c, _, _ in heads]
    )
    there = {(c, n): bytes(hashed).hex() for c, n, hashed in found}
    return [(c, n) for c, n, hashed in heads if there.get((c, n)) != hashed]


def _seal(sealer: Sealer, before: bytes, n: int, at: datetime, packed: bytes) -> bytes:
    words = f"{before.hex()}|{n}|{int(at.timestamp() * 1_000_000)}|{sha256(packed).hexdigest()}"
    return sealer.blind("audit.checkpoint", words)
