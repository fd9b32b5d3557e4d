"""Where one conversation can be gone on with: every place its person has written from.

The conversation's own three columns name the place used last; that is where it is spoken to. Here is
what is known of each: whether he left, and what its platform lets us send (storage.flow.allowances).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, select, update

from dialogs.messages import Address
from storage import bulk
from storage.people.messages import open_box
from storage.schema import addresses
from storage.sealing.vault import Box, Vault

COLUMNS = (
    "channel", "account", "user_id", "conversation", "since", "seen_at", "gone", "message_at",
    "message_used", "tap_at", "tap_used",
)  # fmt: skip
KEY = ("channel", "account", "user_id")
_SAID = {  # what his word changes, by what the platform takes it for
    "": ("seen_at", "gone"),
    "message": ("seen_at", "gone", "message_at", "message_used"),
    "tap": ("seen_at", "gone", "tap_at", "tap_used"),
}

# Asked for every message, so put together once (as storage.flow.claims).
_here = and_(*(addresses.c[name] == bindparam(name) for name in KEY))
_ONE = select(addresses).where(_here)
_CONVERSATION = select(addresses.c.conversation).where(_here)
_PLACES = (
    select(addresses)
    .where(addresses.c.conversation == bindparam("conversation"))
    .order_by(addresses.c.seen_at.desc(), addresses.c.channel)
)


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of one address."""

    address: Address
    conversation: str
    seen_at: datetime
    gone: bool
    message_at: datetime | None
    message_used: int
    tap_at: datetime | None
    tap_used: int


@dataclass(frozen=True, slots=True)
class Hook:
    """A way to answer that the platform handed out with a message: used until `until`."""

    url: str
    until: datetime


def conversation_of(connection: Connection, address: Address) -> str | None:
    """Return the conversation that is gone on with at `address`, None when there is none."""
    return connection.execute(_CONVERSATION, _given(address)).scalar_one_or_none()


def add(connection: Connection, address: Address, conversation: str, now: datetime) -> None:
    """Write down that `conversation` can be gone on with at `address`; one that is taken stays as it is."""
    row = (*_key(address), conversation, now, now, False, None, 0, None, 0)
    bulk.insert(connection, addresses, COLUMNS, [row], "ON CONFLICT (channel, account, user_id) DO NOTHING")


def places(connection: Connection, conversation: str) -> list[Place]:
    """Return the addresses of `conversation`, the one used last first."""
    return [_place(row) for row in connection.execute(_PLACES, {"conversation": conversation})]


def place(connection: Connection, address: Address) -> Place | None:
    """Return what is known of `address`; None when nobody ever wrote from it."""
    row = connection.execute(_ONE, _given(address)).one_or_none()
    return _place(row) if row else None


def heard(connection: Connection, said: Sequence[tuple[Address, str]], now: datetime) -> None:
    """Write down that each address said something; a word opens what the platform allows anew.

    The second of each pair is what the platform takes it for: "message", "tap" or "".
    """
    for kind, columns in _SAID.items():
        values = (now, False, *((now, 0) if kind else ()))
        rows = [(*values, *_key(address)) for address, what in said if what == kind]
        bulk.update(connection, addresses, columns, KEY, rows)


def mark_gone(
    connection: Connection,
    address: Address,
    *,
    gone: bool = True,
    at: datetime | None = None,
    seen_at: datetime | None = None,
) -> None:
    """Write down that he cannot be written to at `address`, or can again.

    at: when he left or came, by the platform's clock, which counts in seconds. Its calls come late and again
        (WeChat makes each three times): what was before his last word there changes nothing.
    seen_at: when he was seen there last, as far as is known: if he was since, nothing changes.
    """
    where = [_is(address)]
    if at is not None:
        where.append(addresses.c.seen_at < at + timedelta(seconds=1))
    if seen_at is not None:
        where.append(addresses.c.seen_at == seen_at)
    connection.execute(update(addresses).where(*where).values(gone=gone))


def hook_row(box: Box, address: Address, hook: Hook) -> bulk.Row:
    """Return what `keep_hooks` writes; `box` is his who wrote from `address`."""
    return (_seal(box, address, hook.url), hook.until, *_key(address))


def keep_hooks(connection: Connection, rows: Sequence[bulk.Row]) -> None:
    """Keep the ways to answer that came with the last messages of some."""
    bulk.update(connection, addresses, ("hook", "hook_until"), KEY, rows)


def move(connection: Connection, vault: Vault, address: Address, conversation: str) -> None:
    """Have `conversation` gone on with at `address` from now on, instead of the one before."""
    row = connection.execute(select(addresses).where(_is(address)).with_for_update()).one()
    sealed = row.hook
    if sealed is not None:
        url = open_box(connection, vault, row.conversation).open(sealed, _aad(address))
        sealed = _seal(open_box(connection, vault, conversation), address, url.decode())
    connection.execute(update(addresses).where(_is(address)).values(conversation=conversation, hook=sealed))


def hook(connection: Connection, vault: Vault, address: Address, now: datetime) -> Hook | None:
    """Return the way to answer that is still open, None when there is none."""
    row = connection.execute(_ONE, _given(address)).one_or_none()
    if row is None or row.hook is None or row.hook_until <= now + _MARGIN:
        return None
    box = open_box(connection, vault, row.conversation)
    return Hook(box.open(row.hook, _aad(address)).decode(), row.hook_until)


_MARGIN = timedelta(seconds=5)  # for the way there


def _seal(box: Box, address: Address, url: str) -> bytes:
    return box.seal(url.encode(), _aad(address))


def _aad(address: Address) -> bytes:
    return f"addresses.hook:{':'.join(_key(address))}".encode()


def _key(address: Address) -> tuple[str, str, str]:
    return address.channel, address.account, address.user


def _given(address: Address) -> dict[str, str]:
    return dict(zip(KEY, _key(address), strict=True))


def _is(address: Address) -> ColumnElement[bool]:
    return and_(
        addresses.c.channel == address.channel,
        addresses.c.account == address.account,
        addresses.c.user_id == address.user,
    )


def _place(row: Row[tuple[object, ...]]) -> Place:
    return Place(
        Address(row.channel, row.account, row.user_id),
        row.conversation,
        row.seen_at,
        row.gone,
        row.message_at,
        row.message_used,
        row.tap_at,
        row.tap_used,
    )
