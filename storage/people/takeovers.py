"""A villager takes over what an agent handed in for him: the code, and whose the cases are then.

The code goes to his own phone, works only in the conversation that asked for it, for a quarter of an hour
and once. It is kept as a blind index, and follows from the delivery that orders it, as hand-over codes do
(storage.people.handovers), with which wrong ones are counted.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from dialogs.turn import ClaimCases, Effect, ForgetCases
from storage import bulk, ids
from storage.flow import audit, outbox
from storage.people import agents, conversations, handovers
from storage.people.conversations import Lane
from storage.people.handovers import LASTS, Made
from storage.schema import applications, followers, takeovers
from storage.schema import outbox as outbox_rows
from storage.sealing.vault import Vault

_COLUMNS = ("code", "conversation", "holder", "reference", "made_at", "expires_at")


def make(
    connection: Connection, vault: Vault, seed: str, here: str, holder: str, reference: str, now: datetime
) -> Made:
    """Return the code that `seed` (a delivery's id) stands for, made now if need be.

    here: where it was asked for. holder: the agent's conversation. The newest code of `here` counts.
    """
    connection.execute(delete(takeovers).where(takeovers.c.made_at < now - handovers.KEPT))
    n = 0
    while True:
        code = handovers.derive(vault, f"takeover/{seed}", n)
        known = connection.execute(
            select(takeovers).where(takeovers.c.code == _blind(vault, code))
        ).one_or_none()
        if known is None:
            break
        if (known.conversation, known.reference) == (here, reference):
            return Made(code, known.expires_at)
        n += 1  # another one's, once in a hundred million
    unused = takeovers.c.used_by.is_(None)
    connection.execute(
        update(takeovers).where(takeovers.c.conversation == here, unused).values(expires_at=now)
    )
    row = (_blind(vault, code), here, holder, reference, now, now + LASTS)
    bulk.insert(connection, takeovers, _COLUMNS, [row])
    return Made(code, now + LASTS)


def claim(
    connection: Connection,
    vault: Vault,
    here: str,
    code: str,
    delivery: str,
    now: datetime,
    random: ids.Random = os.urandom,
) -> bool:
    """Claim, in this commit, the errand that `code` stands for; False when it is no such code, or no longer.

    delivery: the order's id; carried out again, it is claimed once.
    """
    mine = takeovers.c.code == _blind(vault, code), takeovers.c.conversation == here
    row = connection.execute(select(takeovers).where(*mine)).one_or_none()
    if row is None or row.used_by is not None or row.expires_at <= now:
        return row is not None and row.used_by == delivery
    lanes = conversations.lock(connection, [here, row.holder])
    holder = lanes.get(row.holder)
    if holder is None or holder.wrapped_key is None or agents.signed_in(connection, here):
        return False
    used = update(takeovers).where(*mine, takeovers.c.used_by.is_(None)).values(used_by=delivery)
    if connection.execute(used).rowcount != 1:
        return False
    audit.add(connection, here, now, "applicant", "case.claimed", row.reference.encode())
    _order(connection, vault, holder, ClaimCases(row.reference, here), now, random)
    return True


def entrust(connection: Connection, holder: str, to: str, references: Sequence[str], now: datetime) -> None:
    """Let these applications be those of `to`; `holder` goes on hearing of them. Twice is once."""
    for reference in references:
        his = applications.c.reference == reference, applications.c.conversation == holder
        moved = update(applications).where(*his).values(conversation=to, updated_at=now)
        if connection.execute(moved).rowcount == 1:  # else it is his already
            audit.add(connection, holder, now, "applicant", "case.taken_over", reference.encode())
            bulk.insert(connection, followers, ("reference", "conversation"), [(reference, holder)])


def concerned(connection: Connection, reference: str) -> list[str]:
    """Return the conversations that hear of an application, its own first; [] when nobody knows it."""
    own = select(applications.c.conversation).where(applications.c.reference == reference)
    others = select(followers.c.conversation).where(followers.c.reference == reference)
    found = connection.execute(own).scalar_one_or_none()
    if found is None:
        return []
    return [found, *connection.execute(others.order_by(followers.c.conversation)).scalars()]


def unfollow(
    connection: Connection,
    vault: Vault,
    mine: Sequence[str],
    now: datetime,
    random: ids.Random = os.urandom,
) -> None:
    """Have the cases of `mine` forgotten where they are followed: their person is being forgotten."""
    his = select(applications.c.reference).where(applications.c.conversation.in_(mine))
    rows = connection.execute(select(followers).where(followers.c.reference.in_(his))).all()
    lanes = conversations.lock(connection, sorted({*mine, *(row.conversation for row in rows)}))
    for id_ in sorted({row.conversation for row in rows}):
        lane = lanes.get(id_)
        if lane is not None and lane.wrapped_key is not None:
            references = tuple(sorted(row.reference for row in rows if row.conversation == id_))
            _order(connection, vault, lane, ForgetCases(references), now, random)
    connection.execute(delete(followers).where(followers.c.reference.in_([row.reference for row in rows])))


def forget(connection: Connection, conversation: str, references: Sequence[str]) -> None:
    """Delete what was once ordered in an agent's conversation for people who are forgotten: it names them."""
    done = outbox_rows.c.kind.in_(("EntrustCases", "ForgetCases")) & outbox_rows.c.done_at.is_not(None)
    his = outbox_rows.c.key.in_(list(references)) | done
    connection.execute(delete(outbox_rows).where(outbox_rows.c.conversation == conversation, his))


def _order(
    connection: Connection, vault: Vault, lane: Lane, effect: Effect, now: datetime, random: ids.Random
) -> None:
    assert lane.wrapped_key is not None
    row = outbox.row_of(
        vault.box(lane.wrapped_key),
        lane.id,
        effect,
        id_=ids.new_id(now, random),
        place=(lane.version + 1) * outbox.PLACES_A_TURN,
        key="",
        cause="takeover",
        now=now,
    )
    outbox.add(connection, [row])


def _blind(vault: Vault, code: str) -> bytes:
    return vault.blind("takeover", code)
