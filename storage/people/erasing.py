"""Forgetting a person: key, rows and files go, a sealed receipt stays and can be checked.

A receipt's outcome is JSON and names nobody:

    conversations  their shells, whose audit chains go on verifying
    deleted        kind of row -> how many
    kept           the cases: number, service, state
    intake         the intake service's own receipt, {} when nothing had been handed in
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, func, insert, or_, select, update

from storage.flow import audit
from storage.people import applicants
from storage.people.conversations import applicant_of
from storage.people.takeovers import unfollow
from storage.schema import (
    addresses,
    applications,
    conversations,
    erasures,
    files,
    followers,
    handovers,
    inbox,
    messages,
    notices,
    outbox,
    takeovers,
    tickets,
    upload_links,
)
from storage.schema import applicants as applicant_table
from storage.sealing.vault import Vault

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing to confuse on the phone

# What must be empty of a person who was erased. By conversation, all of them.
EMPTIED: Mapping[str, Table] = {
    "messages": messages, "orders": outbox, "letters": inbox, "tickets": tickets, "codes": handovers,
    "notices": notices, "links": upload_links, "addresses": addresses, "files": files,
    "takeovers": takeovers, "followed": followers,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Erasure:
    """One receipt. `outcome`: see above. `owed`: references the intake service has yet to forget."""

    id: str
    at: datetime
    applicant: str
    outcome: Mapping[str, Any]
    owed: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """The hash of what the receipt says, hex."""
        return sha256(_spelled(self.id, self.at, json.dumps(self.outcome, sort_keys=True))).hexdigest()


def receipt_of(seed: str) -> str:
    """Return the receipt's number for the order `seed`: the same however often it is carried out."""
    number = int.from_bytes(sha256(f"erasure/{seed}".encode()).digest()[:8], "big") >> 4  # 60 bits
    letters = "".join(_LETTERS[(number >> shift) & 31] for shift in range(55, -1, -5))
    return f"SC-{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def erase(
    connection: Connection,
    vault: Vault,
    conversation: str,
    receipt: str,
    now: datetime,
    *,
    intake: Mapping[str, Any],
    owed: tuple[str, ...] = (),
) -> list[str]:
    """Forget the person of `conversation`; return the ids of the files to delete from disk after the commit.

    Raises:
        UnknownConversation: there is none with this id.
    """
    applicant = applicant_of(connection, conversation)
    mine = _conversations(connection, applicant)
    outcome = {
        "conversations": mine,
        "deleted": {name: count for name, count in _left(connection, mine).items() if count},
        "kept": _cases(connection, mine),
        "intake": dict(intake),
    }
    unfollow(connection, vault, mine, now)
    gone = applicants.erase(connection, vault, applicant, now, "applicant")
    spelled = json.dumps(outcome, sort_keys=True)
    connection.execute(
        insert(erasures).values(
            id=receipt,
            at=now,
            applicant=applicant,
            outcome=spelled,
            seal=_seal(vault, receipt, now, spelled),
            owed=json.dumps(owed) if owed else None,
        )
    )
    return gone


def goodbye_waits(connection: Connection, conversation: str, now: datetime) -> bool:
    """Say whether something that could be said by now has not left yet."""
    mine = outbox.c.conversation == conversation, outbox.c.kind == "Say"
    waits = or_(and_(outbox.c.state == "todo", outbox.c.due_at <= now), outbox.c.state == "held")
    return connection.execute(select(outbox.c.id).where(*mine, waits).limit(1)).first() is not None


def one(connection: Connection, receipt: str) -> Erasure | None:
    """Return the erasure with this receipt, None when there is none."""
    row = connection.execute(select(erasures).where(erasures.c.id == receipt)).one_or_none()
    return _erasure(row) if row else None


def owed(connection: Connection, limit: int = 20) -> list[Erasure]:
    """Return the erasures of which the intake service has not heard yet, oldest first."""
    rows = connection.execute(
        select(erasures).where(erasures.c.owed.is_not(None)).order_by(erasures.c.at).limit(limit)
    )
    return [_erasure(row) for row in rows]


def told(connection: Connection, vault: Vault, erasure: Erasure, intake: Mapping[str, Any]) -> None:
    """Write down the intake service's answer, which came after the person was gone."""
    spelled = json.dumps({**erasure.outcome, "intake": dict(intake)}, sort_keys=True)
    connection.execute(
        update(erasures)
        .where(erasures.c.id == erasure.id)
        .values(outcome=spelled, seal=_seal(vault, erasure.id, erasure.at, spelled), owed=None)
    )


def check(connection: Connection, vault: Vault, receipt: str) -> list[str]:
    """Return what is wrong with what `receipt` says, in words; an empty list when all of it is true."""
    row = connection.execute(select(erasures).where(erasures.c.id == receipt)).one_or_none()
    if row is None:
        return ["there is no such receipt"]
    if not hmac.compare_digest(row.seal, _seal(vault, row.id, row.at, row.outcome)):
        return ["the receipt was changed after it was given"]
    found = _erasure(row)
    return [
        *_key_left(connection, found.applicant),
        *_rows_left(connection, found.outcome["conversations"]),
        *_chains_broken(connection, found.outcome["conversations"]),
    ]


def _key_left(connection: Connection, applicant: str) -> list[str]:
    query = select(applicant_table.c.wrapped_key).where(applicant_table.c.id == applicant)
    key = connection.execute(query).scalar_one_or_none()
    return ["the key is still there"] if key is not None else []


def _rows_left(connection: Connection, mine: list[str]) -> list[str]:
    left = {name: count for name, count in _left(connection, mine).items() if count}
    return [f"{count} rows are left in {EMPTIED[name].name}" for name, count in left.items()]


def _chains_broken(connection: Connection, mine: list[str]) -> list[str]:
    broken = [each for conversation in mine for each in audit.verify(connection, conversation)]
    return [f"audit chain of {each.conversation} at {each.n}: {each.what}" for each in broken]


def _conversations(connection: Connection, applicant: str) -> list[str]:
    query = select(conversations.c.id).where(conversations.c.applicant == applicant)
    return list(connection.execute(query.order_by(conversations.c.id)).scalars())


def _left(connection: Connection, mine: list[str]) -> dict[str, int]:
    """Return how many rows of each kind there are of these conversations."""
    return {name: _count(connection, table, mine) for name, table in EMPTIED.items()}


def _count(connection: Connection, table: Table, mine: list[str]) -> int:
    query = select(func.count()).select_from(table).where(table.c.conversation.in_(mine))
    return int(connection.execute(query).scalar_one())


def _cases(connection: Connection, mine: list[str]) -> list[dict[str, str]]:
    query = select(applications).where(applications.c.conversation.in_(mine))
    rows = connection.execute(query.order_by(applications.c.created_at, applications.c.reference))
    return [
        {"number": row.number or row.reference, "service": row.service, "state": row.state} for row in rows
    ]


def _erasure(row: Row[Any]) -> Erasure:
    owed_ = tuple(json.loads(row.owed)) if row.owed else ()
    return Erasure(row.id, row.at, row.applicant, json.loads(row.outcome), owed_)


def _seal(vault: Vault, receipt: str, at: datetime, outcome: str) -> bytes:
    return vault.blind("erasure", _spelled(receipt, at, outcome).decode())


def _spelled(receipt: str, at: datetime, outcome: str) -> bytes:
    return f"{receipt}|{int(at.timestamp() * 1_000_000)}|{outcome}".encode()
