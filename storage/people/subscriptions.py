"""Who agreed to be told by notice, by template of the platform's (WeChat's subscription notices)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, select, update

from dialogs.messages import Address
from storage import bulk
from storage.schema import subscriptions

COLUMNS = ("channel", "account", "user_id", "template", "accepted", "at")
# The platform's events may come late and in any order: the last word, by its own time, counts.
_LAST_WORD = (
    "ON CONFLICT (channel, account, user_id, template) DO UPDATE SET accepted = excluded.accepted, "
    "at = excluded.at WHERE subscriptions.at <= excluded.at"
)


def keep(connection: Connection, address: Address, said: Sequence[tuple[str, bool]], at: datetime) -> None:
    """Write down what he said of each template, (its id, agreed or not), `at` the platform's time."""
    last = dict(said)  # PostgreSQL takes only one word per row in a statement
    rows = [(*_key(address), template, accepted, at) for template, accepted in last.items()]
    bulk.insert(connection, subscriptions, COLUMNS, rows, _LAST_WORD)


def accepted(connection: Connection, address: Address, template: str) -> bool:
    """Say whether he agreed to notices of `template`."""
    found = connection.execute(select(subscriptions.c.accepted).where(_is(address, template)))
    return bool(found.scalar_one_or_none())


def drop(connection: Connection, address: Address, template: str, at: datetime) -> None:
    """The platform says that he agrees no more."""
    told = update(subscriptions).where(_is(address, template))
    connection.execute(told.values(accepted=False, at=at))


def _key(address: Address) -> tuple[str, str, str]:
    return address.channel, address.account, address.user


def _is(address: Address, template: str) -> ColumnElement[bool]:
    return and_(
        subscriptions.c.channel == address.channel,
        subscriptions.c.account == address.account,
        subscriptions.c.user_id == address.user,
        subscriptions.c.template == template,
    )
