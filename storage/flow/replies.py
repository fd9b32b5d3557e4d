"""The answer inside a webhook's own call: which words it takes along, and what came of it.

    fresh call    carried the words of its turn, held under the letter's name from its commit on
                  claim   likewise those that come later, or that others had to be said before
                  end     said: done; not said: given back to the worker
    asked again   again   what this letter was to be told, whether or not we had noted it as said,
                          but nothing that the worker has sent or is sending meanwhile

A platform that asks again has not had our answer. So words that went into an answer carry the name of
its letter (`outbox.worker`), and who asks for the letter again gets the very same words, once. Until that
is noted they are not said: should we die before, the worker says them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, or_, select, update

from dialogs.messages import Address
from dialogs.turn import Say
from storage import bulk, signals
from storage.flow import claims, outbox
from storage.flow.claims import READ
from storage.flow.inbox import storable
from storage.flow.outbox import Hold, Item, opened
from storage.people.conversations import Lane
from storage.schema import ASIDE, TODO, conversations
from storage.schema import outbox as table
from storage.sealing.vault import Vault

# WeChat asks three times, 5 s each. Should we die, the words are its own for as long, then the worker's.
LEASE = timedelta(seconds=16)
LIMIT = 50  # words in one answer; more than fit


# How a row looks that its carrier holds from the start. It counts as tried: should nobody be able to say
# how that ended, there is a doubt.
CARRIED = (*outbox.COLUMNS, "lease_until", "worker")
_TRIED = {"attempts": 1, "fence": 1, "doubts": 1}


@dataclass(frozen=True, slots=True)
class Carrier:
    """A call that brought an event and can take words back.

    name:  under which it holds the words of its turn, from the commit on.
    waits: when the turn has none, it waits for what comes soon.
    """

    name: str
    waits: bool = False


def name_of(key: str) -> str:
    """Return the name under which words are held for the answer to the letter `key`."""
    return storable(f"reply:{key}")


def carried(lane: Lane, effect: Say, row: bulk.Row, carrier: Carrier, now: datetime) -> tuple[bulk.Row, Item]:
    """Return `row` (outbox.COLUMNS) as one (CARRIED) that `carrier` holds, and what it holds.

    effect: what the row says.
    """
    values = dict(zip(outbox.COLUMNS, row, strict=True)) | _TRIED
    item = Item(
        hold=Hold(values["id"], 1),
        conversation=lane.id,
        address=Address(lane.channel, lane.account, lane.user_id),
        applicant=lane.applicant,
        effect=effect,
        **{
            name: values[name]
            for name in ("kind", "key", "attempts", "due_at", "created_at", "cause", "place")
        },
    )
    return (*values.values(), now + LEASE, carrier.name), item


_WAITS = (  # asked for every message, so put together once (as storage.flow.claims)
    select(table.c.id)
    .where(
        table.c.conversation == bindparam("of"),
        table.c.lane == bindparam("lane"),
        TODO,
        table.c.due_at <= bindparam("until"),
    )
    .limit(1)
)


def waits(connection: Connection, conversation: str, until: datetime) -> bool:
    """Say whether there is something to be said in `conversation` by `until`."""
    given = {"of": conversation, "lane": outbox.words_lane(conversation), "until": until}
    return connection.execute(_WAITS, given).scalar_one_or_none() is not None


def claim(
    connection: Connection, vault: Vault, conversation: str, *, name: str, until: datetime, now: datetime
) -> list[Item]:
    """Hold what is to be said in `conversation` by `until`; [] while somebody else is saying some of it.

    What was kept until he writes comes along, in its place: he wrote, but it may have been kept since.
    """
    outbox.bring_back(connection, conversation, now)
    return outbox.claim_words(
        connection, vault, conversation, until=until, now=now, lease=LEASE, worker=name, limit=LIMIT
    )


def again(
    connection: Connection,
    vault: Vault,
    conversation: str,
    *,
    name: str,
    decided: Sequence[int],
    until: datetime,
    now: datetime,
) -> list[Item]:
    """Hold what the letter `name` was to be told and has not been told by the worker, in its order.

    decided: the numbers of the messages that its turn decided.
    """
    rows = connection.execute(
        select(*(table.c[column] for column in READ), table.c.state, table.c.worker, table.c.lease_until)
        .where(_words(conversation))
        .where(or_(table.c.worker == name, table.c.key.in_([str(n) for n in decided]), _unsaid()))
        .order_by(table.c.place)
        .limit(LIMIT)
        .with_for_update()
    ).all()
    ours: list[str] = []
    free: list[str] = []
    for row in rows:
        if _was_in_it(row, name):
            ours.append(row.id)
        elif row.state in ("done", "dead"):
            continue
        elif (row.worker == name and row.state == "todo") or _may_leave(row, decided, until, now):
            free.append(row.id)
        else:
            break  # others have it in hand, or it comes from elsewhere; what follows must not overtake it
    hold = {"until": now + LEASE, "holder": name}
    held = [
        *connection.execute(claims.RESUME, {"ids": ours, **hold}),
        *connection.execute(claims.HOLD, {"ids": free, **hold}),
    ]
    return opened(connection, vault, sorted(held, key=lambda row: row.place))


def _was_in_it(row: Any, name: str) -> bool:
    """Say whether a row is, or was marked as, said in an earlier answer to the letter `name`.

    What was settled with a doubt was not in it: he had seen that before.
    """
    said = row.state == "done" and row.doubts == 1
    return bool(row.worker == name and (said or row.lease_until is not None))


def _unsaid() -> ColumnElement[bool]:
    return or_(TODO, and_(ASIDE, table.c.state == "held"))


def _may_leave(row: Any, decided: Sequence[int], until: datetime, now: datetime) -> bool:
    """Say whether words that are to be said may go into the answer of a letter that decided `decided`."""
    free = row.lease_until is None or row.lease_until <= now
    theirs = row.key not in {str(n) for n in decided}
    return row.state == "todo" and not theirs and free and row.due_at <= until


@dataclass(frozen=True, slots=True)
class End:
    """What came of one answer.

    said: to be marked as done. left: given back, and from when on each may be sent.
    until: the end of the call's wait, where it waited; None: it did not.
    """

    conversation: str
    said: Sequence[Hold] = ()
    left: Sequence[tuple[Hold, datetime]] = ()
    until: datetime | None = None


def end_all(connection: Connection, ends: Sequence[End], now: datetime) -> None:
    """Note what was said, give back what was left, and wait no more; a later letter's wait goes on.

    Holds that are no longer valid are passed over: somebody else has taken care of those words.
    """
    theirs = [end.conversation for end in ends]
    outbox.settle_standing(connection, [hold for end in ends for hold in end.said], now)
    for end in ends:
        if end.until is not None:
            _wait_no_more(connection, end.conversation, end.until)
        if end.left:
            _give_back(connection, end.left)
    if outbox.crowded(connection, theirs):
        signals.announce(connection, signals.WORDS)  # what waited behind these words
    signals.announce(connection, *(signals.conversation(each) for each in theirs))


def _wait_no_more(connection: Connection, conversation: str, until: datetime) -> None:
    connection.execute(_OVER, {"of": conversation, "until": until})


_OVER = (
    update(conversations)
    .where(conversations.c.id == bindparam("of"), conversations.c.reply_until <= bindparam("until"))
    .values(reply_until=None)
)


def _give_back(connection: Connection, left: Sequence[tuple[Hold, datetime]]) -> None:
    valid = outbox.standing(connection, [hold for hold, _ in left])
    for hold, due in left:
        if hold in valid:
            outbox.retry(connection, hold, due, "not in the answer")


def _words(conversation: str) -> ColumnElement[bool]:
    return and_(table.c.conversation == conversation, table.c.lane == outbox.words_lane(conversation))
