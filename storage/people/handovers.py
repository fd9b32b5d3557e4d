"""Codes with which a conversation can be gone on with on another channel.

Eight digits, a quarter of an hour, one use. A code is kept as a blind index only. It follows from the
delivery that orders it, so that a delivery repeated after a crash tells the same one. Eight digits can
be tried out, so wrong ones are counted: of one conversation, and of everybody together, because
conversations cost nothing to open.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from storage import bulk
from storage.schema import handover_tries, handovers
from storage.sealing.vault import Vault

DIGITS = 8
LASTS = timedelta(minutes=15)
KEPT = timedelta(days=1)  # used and expired ones, and tries

# Wrong codes in an hour; asked-for codes by number in a day. With a hundred codes open at a time and
# strangers at it all day, one of them is hit in about 140 days; the metrics show it on the first.
WRONG_AN_HOUR, WRONG_OF_ALL_AN_HOUR = 5, 300
ASKED_A_DAY, ASKING_A_DAY = 3, 10
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

_COLUMNS = ("code", "conversation", "made_at", "expires_at")
_TRIES = ("id", "conversation", "kind", "at")


@dataclass(frozen=True, slots=True)
class Made:
    """A code, and until when it works."""

    code: str
    until: datetime


def make(connection: Connection, vault: Vault, seed: str, conversation: str, now: datetime) -> Made:
    """Return the code that `seed` (a delivery's id) stands for, made now if need be.

    Codes of this conversation that were not used yet no longer work: the newest one counts.
    """
    connection.execute(delete(handovers).where(handovers.c.made_at < now - KEPT))
    n = 0
    while True:
        code = derive(vault, seed, n)
        known = connection.execute(
            select(handovers).where(handovers.c.code == _blind(vault, code))
        ).one_or_none()
        if known is None:
            break
        if known.conversation == conversation:
            return Made(code, known.expires_at)
        n += 1  # another one's, once in a hundred million
    unused = handovers.c.used_at.is_(None)
    connection.execute(
        update(handovers).where(handovers.c.conversation == conversation, unused).values(expires_at=now)
    )
    row = (_blind(vault, code), conversation, now, now + LASTS)
    bulk.insert(connection, handovers, _COLUMNS, [row])
    return Made(code, now + LASTS)


def find(connection: Connection, vault: Vault, code: str, now: datetime) -> str | None:
    """Return the conversation `code` stands for; None when it is wrong, used or too old."""
    row = connection.execute(
        select(handovers.c.conversation).where(
            handovers.c.code == _blind(vault, code),
            handovers.c.used_at.is_(None),
            handovers.c.expires_at > now,
        )
    )
    return row.scalar_one_or_none()


def use(connection: Connection, vault: Vault, code: str, now: datetime) -> bool:
    """Use the code up; False when somebody else was quicker."""
    mine = update(handovers).where(
        handovers.c.code == _blind(vault, code), handovers.c.used_at.is_(None), handovers.c.expires_at > now
    )
    return connection.execute(mine.values(used_at=now)).rowcount == 1


# Tries


def wrong(connection: Connection, id_: str, conversation: str, now: datetime) -> None:
    """Count a wrong code; the same `id_` counts once."""
    _count(connection, id_, conversation, "code", now)


def too_many_wrong(connection: Connection, conversation: str, now: datetime) -> bool:
    """Say whether no more codes are looked at for now."""
    return (
        _tries(connection, "code", now - HOUR, conversation) >= WRONG_AN_HOUR
        or _tries(connection, "code", now - HOUR) >= WRONG_OF_ALL_AN_HOUR
    )


def may_ask(connection: Connection, vault: Vault, id_: str, asker: str, asked: str, now: datetime) -> bool:
    """Count a request for a code by number, and say whether it is granted; the same `id_` counts once.

    asker: the conversation that asks. asked: the one whose code it is, which is told only so often.
    """
    asking = _tries(connection, "ask", now - DAY, asker, but=id_)
    told_id = base64.b32encode(vault.blind("handover.asked", id_))[:26].decode()
    told = _tries(connection, "number", now - DAY, asked, but=told_id)
    _count(connection, id_, asker, "ask", now)
    if asking >= ASKING_A_DAY or told >= ASKED_A_DAY:
        return False
    _count(connection, told_id, asked, "number", now)
    return True


def _count(connection: Connection, id_: str, conversation: str, kind: str, now: datetime) -> None:
    connection.execute(delete(handover_tries).where(handover_tries.c.at < now - KEPT))
    row = (id_, conversation, kind, now)
    bulk.insert(connection, handover_tries, _TRIES, [row], "ON CONFLICT (id) DO NOTHING")


def _tries(connection: Connection, kind: str, since: datetime, conversation: str = "", but: str = "") -> int:
    """Return how many tries there were, of one conversation or of all."""
    counted = select(func.count()).select_from(handover_tries)
    counted = counted.where(
        handover_tries.c.kind == kind, handover_tries.c.at > since, handover_tries.c.id != but
    )
    if conversation:
        counted = counted.where(handover_tries.c.conversation == conversation)
    return int(connection.execute(counted).scalar_one())


def derive(vault: Vault, seed: str, n: int) -> str:
    """Return the n-th code that `seed` stands for."""
    number = int.from_bytes(vault.blind("handover.code", f"{seed}/{n}")[:8], "big")
    return f"{number % 10**DIGITS:0{DIGITS}}"


def _blind(vault: Vault, code: str) -> bytes:
    return vault.blind("handover", code)
