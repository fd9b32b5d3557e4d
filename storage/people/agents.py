"""Village agents: who they are, the code each signs in with, and in which conversation he is signed in.

Ten digits, a day, one use; kept as a blind index. Wrong ones count with those of hand-overs. Name,
village and phone are sealed with a key of the agent's own, an applicant's like any other: removing him
destroys it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from dialogs.codec import dumps, loads
from dialogs.turn import DismissAgent
from storage import ids
from storage.flow import audit, outbox
from storage.people import applicants, conversations, handovers
from storage.schema import agents
from storage.schema import applicants as applicant_rows
from storage.sealing.vault import Vault

DIGITS = 10
LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent. `phone`: E.164. `conversation`: where he is signed in, "" nowhere."""

    id: str
    name: str
    village: str
    phone: str
    conversation: str = ""


def add(
    connection: Connection,
    vault: Vault,
    name: str,
    village: str,
    phone: str,
    now: datetime,
    random: ids.Random = os.urandom,
) -> tuple[str, str]:
    """Enter an agent; return his id and the code with which he signs in, which is kept nowhere."""
    id_ = ids.new_id(now, random)
    applicant, wrapped = applicants.add(connection, vault, now, random)
    code = _drawn(random)
    body = dumps({"name": name, "village": village, "phone": phone})
    row = {
        "id": id_,
        "applicant": applicant,
        "body": vault.box(wrapped).seal(body, _aad(id_)),
        "code": _blind(vault, code),
        "code_until": now + LASTS,
        "added_at": now,
    }
    connection.execute(insert(agents).values(row))
    return id_, code


def renew(
    connection: Connection, vault: Vault, id_: str, now: datetime, random: ids.Random = os.urandom
) -> str | None:
    """Return a new code for an agent who has signed out; None when there is no such agent. Older ones end."""
    code = _drawn(random)
    his = update(agents).where(agents.c.id == id_)
    new = his.values(code=_blind(vault, code), code_until=now + LASTS, used_at=None)
    return code if connection.execute(new).rowcount == 1 else None


def everybody(connection: Connection, vault: Vault) -> list[Agent]:
    """Return all agents, the one added first first."""
    return [_agent(vault, row) for row in connection.execute(_known().order_by(agents.c.added_at))]


def signed_in(connection: Connection, conversation: str) -> bool:
    """Say whether an agent is signed in in this conversation."""
    mine = select(agents.c.id).where(agents.c.conversation == conversation)
    return connection.execute(mine).first() is not None


def sign_in(
    connection: Connection, vault: Vault, conversation: str, code: str, delivery: str, now: datetime
) -> Agent | None:
    """Sign the agent with this code in; None when it is wrong, used or too old.

    delivery: the order's id, by which a wrong code counts once. Repeated, it gives the same answer.
    """
    conversations.lock(connection, [conversation])  # always before an agent's own row
    row = connection.execute(_known().where(agents.c.code == _blind(vault, code))).one_or_none()
    if row is not None and row.conversation == conversation:
        return _agent(vault, row)  # the order is carried out again, after a crash
    free = agents.c.conversation.is_(None), agents.c.used_at.is_(None), agents.c.code_until > now
    if row is None or not _take(connection, row.id, free, conversation, now):
        handovers.wrong(connection, delivery, conversation, now)
        return None
    audit.add(connection, conversation, now, "worker", "agent.signed_in", row.id.encode())
    return replace(_agent(vault, row), conversation=conversation)


def sign_out(connection: Connection, conversation: str, now: datetime) -> None:
    """Let nobody be signed in in this conversation any more."""
    conversations.lock(connection, [conversation])
    mine = update(agents).where(agents.c.conversation == conversation)
    for id_ in connection.execute(mine.values(conversation=None).returning(agents.c.id)).scalars().all():
        audit.add(connection, conversation, now, "applicant", "agent.signed_out", id_.encode())


def remove(
    connection: Connection, vault: Vault, id_: str, now: datetime, random: ids.Random = os.urandom
) -> bool:
    """Remove an agent, and sign him out where he is signed in; False when there is no such agent."""
    gone = delete(agents).where(agents.c.id == id_).returning(agents.c.applicant, agents.c.conversation)
    row = connection.execute(gone).one_or_none()
    if row is None:
        return False
    if row.conversation:
        _dismiss(connection, vault, id_, row.conversation, now, random)
    applicants.erase(connection, vault, row.applicant, now, "operator")
    return True


def _take(connection: Connection, id_: str, free: tuple[Any, ...], conversation: str, now: datetime) -> bool:
    """Let `conversation` be the agent's, and no other agent's."""
    mine = agents.c.id == id_
    if connection.execute(update(agents).where(mine, *free).values(used_at=now)).rowcount != 1:
        return False
    others = update(agents).where(agents.c.conversation == conversation)
    connection.execute(others.values(conversation=None))
    connection.execute(update(agents).where(mine).values(conversation=conversation))
    return True


def _dismiss(
    connection: Connection, vault: Vault, id_: str, conversation: str, now: datetime, random: ids.Random
) -> None:
    """Order, in this commit, that his conversation learns of it."""
    lane = conversations.lock(connection, [conversation]).get(conversation)
    if lane is None or lane.wrapped_key is None:
        return
    audit.add(connection, lane.id, now, "operator", "agent.removed", id_.encode())
    order = outbox.row_of(
        vault.box(lane.wrapped_key),
        lane.id,
        DismissAgent(id_),
        id_=ids.new_id(now, random),
        place=(lane.version + 1) * outbox.PLACES_A_TURN,
        key="",
        cause="agents",
        now=now,
    )
    outbox.add(connection, [order])


def _drawn(random: ids.Random) -> str:
    return f"{int.from_bytes(random(8), 'big') % 10**DIGITS:0{DIGITS}}"


def _known() -> Any:
    return select(agents, applicant_rows.c.wrapped_key).join(
        applicant_rows, applicant_rows.c.id == agents.c.applicant
    )


def _agent(vault: Vault, row: Row[Any]) -> Agent:
    body = loads(vault.box(row.wrapped_key).open(row.body, _aad(row.id)))
    return Agent(row.id, body["name"], body["village"], body["phone"], row.conversation or "")


def _aad(id_: str) -> bytes:
    return f"agents.body:{id_}".encode()


def _blind(vault: Vault, code: str) -> bytes:
    return vault.blind("agent", code)
