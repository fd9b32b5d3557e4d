"""One person on one channel, and where his dialog stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import Connection, Dialect, Select, select

from dialogs.messages import Address
from dialogs.session import Session, dump, load
from storage import bulk, ids
from storage.errors import UnknownConversation
from storage.flow.audit import START
from storage.people import addresses, applicants
from storage.people.messages import open_box
from storage.schema import conversations
from storage.sealing.vault import Box, Vault

UPDATED = ("state", "version", "owner", "seq", "pending", "touched_at", "audit_n", "audit_head")
MOVED = ("channel", "account", "user_id", "reply_until")


@dataclass(slots=True)
class Lane:
    """A conversation's row under the writer's hands, as the turn's path reads it."""

    id: str
    channel: str
    account: str
    user_id: str
    reply_until: datetime | None
    state: bytes
    version: int
    owner: str
    seq: int
    pending: int
    audit_n: int
    audit_head: bytes
    applicant: str
    wrapped_key: bytes | None


def of(connection: Connection, address: Address) -> str | None:
    """Return the id of the conversation that is gone on with at `address`, None when there is none."""
    return addresses.conversation_of(connection, address)


def open_for(
    connection: Connection,
    vault: Vault,
    address: Address,
    now: datetime,
    random: ids.Random,
    lang: str = "zh-CN",
) -> str:
    """Return the id of the conversation with `address`, opened now with a new applicant if need be.

    A user "" gets the conversation's own id for a name (a web page has no other).

    Two processes may do this for the same person at once: one wins, the other finds the winner's.
    """
    known = of(connection, address) if address.user else None
    if known is not None:
        return known
    applicant, wrapped = applicants.add(connection, vault, now, random)
    conversation = ids.new_id(now, random)
    address = address if address.user else replace(address, user=conversation)
    session = Session(id=conversation, lang=lang)
    row = (
        conversation, address.channel, address.account, address.user, applicant,
        seal(vault.box(wrapped), conversation, session), 0, session.owner, 0, 0, now, now, 0, START,
    )  # fmt: skip
    bulk.insert(connection, conversations, _ALL, [row], "ON CONFLICT (channel, account, user_id) DO NOTHING")
    won: str = connection.execute(_at(address)).scalar_one()
    if won == conversation:
        addresses.add(connection, address, conversation, now)
    else:
        applicants.discard(connection, applicant)
    return won


def address_of(connection: Connection, conversation: str) -> Address:
    """Return where the person of `conversation` is to be reached.

    Raises:
        UnknownConversation: there is none with this id.
    """
    row = connection.execute(
        select(conversations.c.channel, conversations.c.account, conversations.c.user_id).where(
            conversations.c.id == conversation
        )
    ).one_or_none()
    if row is None:
        raise UnknownConversation(conversation)
    return Address(*row)


def session_of(connection: Connection, vault: Vault, conversation: str) -> Session:
    """Return the session as it is now, for reading only: turns alone change it.

    Raises:
        UnknownConversation: there is none with this id, or it has been erased.
    """
    box = open_box(connection, vault, conversation)
    state = connection.execute(
        select(conversations.c.state).where(conversations.c.id == conversation)
    ).scalar_one()
    return unseal(box, conversation, state)


def applicant_of(connection: Connection, conversation: str) -> str:
    """Return the id of the applicant whose key seals `conversation`.

    Raises:
        UnknownConversation: there is none with this id.
    """
    found: str | None = connection.execute(
        select(conversations.c.applicant).where(conversations.c.id == conversation)
    ).scalar_one_or_none()
    if found is None:
        raise UnknownConversation(conversation)
    return found


def seal(box: Box, conversation: str, session: Session) -> bytes:
    """Return `session` sealed to its row."""
    return box.seal(dump(session), _aad(conversation))


def unseal(box: Box, conversation: str, state: bytes) -> Session:
    """Return the session that `seal` sealed."""
    return load(box.open(state, _aad(conversation)))


def lock(connection: Connection, wanted: list[str]) -> dict[str, Lane]:
    """Return the rows of the conversations `wanted`, held until the commit, by id.

    PostgreSQL locks them in the order of their ids, so that two processes never wait for each other.
    """
    dialect = connection.dialect
    given = bulk.listed(dialect, [(conversation,) for conversation in wanted])
    rows = connection.exec_driver_sql(_lock_sql(dialect), given)
    lanes = {row[0]: Lane(*row) for row in rows}
    for lane in lanes.values():
        lane.reply_until = _moment(lane.reply_until)
    return lanes


def _moment(value: datetime | str | None) -> datetime | None:
    """Return a time as SQLite's driver gives it, text, or PostgreSQL's, as it is."""
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if isinstance(value, str) else value


def save(connection: Connection, lanes: list[Lane], now: datetime) -> None:
    """Write back what the writer changed."""
    rows = [
        (
            lane.state,
            lane.version,
            lane.owner,
            lane.seq,
            lane.pending,
            now,
            lane.audit_n,
            lane.audit_head,
            lane.id,
        )
        for lane in lanes
    ]
    bulk.update(connection, conversations, UPDATED, ("id",), rows)


def move(connection: Connection, lanes: list[Lane]) -> None:
    """Write back where the persons of `lanes` are now, and until when their webhooks wait."""
    rows = [(lane.channel, lane.account, lane.user_id, lane.reply_until, lane.id) for lane in lanes]
    bulk.update(connection, conversations, MOVED, ("id",), rows)


@lru_cache(maxsize=64)
def _lock_sql(dialect: Dialect) -> str:
    columns = ", ".join(f"c.{name}" for name in list(Lane.__slots__)[:-1])
    wanted = bulk.source(dialect, ("id",))
    sql = (
        f"SELECT {columns}, a.wrapped_key FROM {wanted} CROSS JOIN conversations c "  # noqa: S608  # our own names
        "JOIN applicants a ON a.id = c.applicant WHERE c.id = w.id"
    )
    return sql + " ORDER BY c.id FOR UPDATE OF c" if dialect.name == "postgresql" else sql


_ALL = (
    "id", "channel", "account", "user_id", "applicant", "state", "version", "owner", "seq", "pending",
    "opened_at", "touched_at", "audit_n", "audit_head",
)  # fmt: skip


def _at(address: Address) -> Select[str]:
    return select(conversations.c.id).where(
        conversations.c.channel == address.channel,
        conversations.c.account == address.account,
        conversations.c.user_id == address.user,
    )


def _aad(conversation: str) -> bytes:
    return f"conversations.state:{conversation}".encode()
