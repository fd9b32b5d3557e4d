"""What a platform still lets us send to one address: counted here, before anything is sent.

A word of his opens a window; within it so many messages may leave. A message and a tap (a menu, a scan,
a follow) open windows of their own. What is spent stays spent when nobody knows whether it arrived;
only what was certainly not taken is given back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Connection, and_, update

from dialogs.messages import Address
from storage.people.addresses import Place
from storage.schema import addresses

MARGIN = 20  # a window closes this part of its length earlier: the platform's clock began before ours
LONGEST_MARGIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a platform lets us send, and for how long after an applicant's word."""

    messages: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """An open window that is not used up. means: "message" or "tap". since: when he opened it."""

    means: str
    since: datetime
    closes: datetime
    left: int


def windows(place: Place, allowances: Mapping[str, Allowance], now: datetime) -> tuple[Window, ...]:
    """Return the windows through which something may leave for `place`, the one that closes first first."""
    since = {"message": (place.message_at, place.message_used), "tap": (place.tap_at, place.tap_used)}
    found = []
    for means, allowance in allowances.items():
        opened, used = since[means]
        if opened is None or used >= allowance.messages:
            continue
        margin = min(allowance.within / MARGIN, LONGEST_MARGIN)
        window = Window(means, opened, opened + allowance.within - margin, allowance.messages - used)
        if now < window.closes:
            found.append(window)
    return tuple(sorted(found, key=lambda window: window.closes))


def spend(connection: Connection, address: Address, window: Window, allowance: Allowance) -> bool:
    """Take one message from `window`; False when others took the last one, or he opened a new one."""
    _, used = _columns(window.means)
    taken = update(addresses).where(_same(address, window), used < allowance.messages)
    return connection.execute(taken.values({used: used + 1})).rowcount == 1


def give_back(connection: Connection, address: Address, window: Window) -> None:
    """Give one message back that was certainly not taken by the platform."""
    _, used = _columns(window.means)
    connection.execute(update(addresses).where(_same(address, window), used > 0).values({used: used - 1}))


def shut(connection: Connection, place: Place, allowances: Mapping[str, Allowance]) -> None:
    """The platform says that nothing more may be sent: believe it until he writes again.

    place: as it was when we called. A window that he has opened since stays open.
    """
    for means, allowance in allowances.items():
        opened, used = _columns(means)
        since = place.message_at if means == "message" else place.tap_at
        over = update(addresses).where(_is(place.address), opened == since)
        connection.execute(over.values({used: allowance.messages}))


def _columns(means: str) -> tuple[Column[datetime], Column[int]]:
    return addresses.c[f"{means}_at"], addresses.c[f"{means}_used"]


def _same(address: Address, window: Window) -> ColumnElement[bool]:
    opened, _ = _columns(window.means)
    return and_(_is(address), opened == window.since)


def _is(address: Address) -> ColumnElement[bool]:
    return and_(
        addresses.c.channel == address.channel,
        addresses.c.account == address.account,
        addresses.c.user_id == address.user,
    )
