"""Everything that leaves: rows written by the turn that ordered them, carried out by workers later.

    todo --claim--> todo under a lease --settle--> done
                      |  retry: todo, due later        keep: held until the applicant writes again,
                      |                                      or until a moment that is named
                      |  bury: dead, an operator decides
                      `- the lease runs out: somebody else may claim it

Rows of one lane leave one after another, in the order they were decided (`place`); lanes run side by
side. Every claim and every move raises the row's fence, and a write with an older fence is refused:
a worker that slept through its lease cannot mark what another one is doing.

A delivery is at least once: a worker can die between doing and settling. What it does must bear that,
so a row knows of tries whose end nobody saw (`doubts`; docs/channels.md says what follows from them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Dialect,
    Row,
    case,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.sql.dml import Update

from dialogs.codec import dumps, loads
from dialogs.messages import Address
from dialogs.turn import Effect, Say, SetTimer, decode, encode
from storage import bulk, signals
from storage.errors import NotHeld
from storage.flow import claims
from storage.flow.claims import ANSWERED, RESTED
from storage.people.messages import body_of
from storage.schema import ASIDE, DONE, TODO, outbox
from storage.sealing.vault import Box, Vault, VaultError

COLUMNS = (
    "id", "conversation", "lane", "place", "kind", "key", "due_at", "state", "attempts", "fence", "payload",
    "cause", "created_at", "parts", "doubts",
)  # fmt: skip
_KIND, _DUE, _CREATED = (COLUMNS.index(name) for name in ("kind", "due_at", "created_at"))
# A timer set again moves: the row takes the new id, so that a worker holding the old one is refused.
MOVE = (
    "ON CONFLICT (conversation, key) WHERE state = 'todo' AND kind = 'SetTimer' DO UPDATE SET "
    "id = excluded.id, place = excluded.place, due_at = excluded.due_at, payload = excluded.payload, "
    "cause = excluded.cause, attempts = 0, lease_until = NULL, fence = outbox.fence + 1"
)
PLACES_A_TURN = 1024  # more effects than any turn has; place = version * this + n

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)  # kept until he writes, whenever that is

# Which deliveries wait for each other. By conversation, unless named: a long outage of the intake
# service must not keep photos from being judged, nor one application keep another.
_LANES = {
    "Say": "chat:{conversation}",
    "FetchMedia": "photo:{conversation}",
    "MeasurePhoto": "photo:{conversation}",
    "ForgetFile": "photo:{conversation}",
    "Submit": "intake:{reference}",
    "Supply": "intake:{reference}",
    "AskDepartment": "intake:{reference}",
    "Withdraw": "intake:{reference}",
    "Rate": "intake:{reference}",
    "FetchProgress": "intake:{reference}",
    "FetchDocument": "document:{reference}",
    "SetTimer": "timer:{conversation}:{name}:{key}",
    "TellClerks": "clerks:{conversation}",
    "Erase": "erase:{conversation}",
    "ForgetPerson": "erase:{conversation}",
    "SignInAgent": "agent:{conversation}",
    "SignOutAgent": "agent:{conversation}",
    "DismissAgent": "agent:{conversation}",
    "TextTo": "text:{reference}",
    "ClaimCases": "takeover:{conversation}",
    "EntrustCases": "takeover:{conversation}",
    "ForgetCases": "takeover:{conversation}",
}


class Hold(NamedTuple):
    """A worker's hold on a row. Valid until the fence rises."""

    id: str
    fence: int


@dataclass(frozen=True, slots=True)
class Item:
    """One delivery, claimed. `attempts` counts this one; `cause` is the inbox key that ordered it.

    address:  where the applicant is now. parts: characters of a long message that the platform has taken.
    doubtful: an earlier try ended with nobody to say how (a crash, a time-out): it may have been done.
    rested:   that has been waited out since, and he has not written. answered: he has written since.
    place:    its place among what is said in its conversation.
    """

    hold: Hold
    conversation: str
    address: Address
    applicant: str
    kind: str
    key: str
    effect: Effect
    attempts: int
    due_at: datetime
    created_at: datetime
    cause: str
    parts: int = 0
    doubtful: bool = False
    rested: bool = False
    answered: bool = False
    place: int = 0


@dataclass(frozen=True, slots=True)
class Stats:
    """How the outbox does. `oldest` is how long the most patient due delivery has been waiting."""

    todo: int
    due: int
    held: int
    dead: int
    oldest: timedelta


def row_of(
    box: Box,
    conversation: str,
    effect: Effect,
    *,
    id_: str,
    place: int,
    key: str,
    cause: str,
    now: datetime,
    due: datetime | None = None,
) -> bulk.Row:
    """Return the row (COLUMNS) that orders `effect`, to be carried out at once or when it is `due`."""
    kind = type(effect).__name__
    words = _said(effect) if isinstance(effect, Say) else encode(effect)
    due, key = (
        (effect.due, f"{effect.name}:{effect.key}") if isinstance(effect, SetTimer) else (due or now, key)
    )
    lane = _LANES.get(kind, "other:{conversation}").format_map({**words, "conversation": conversation})
    if words.get("channel") and kind == "Say":
        lane += ":" + words["channel"]  # said there alone: it neither waits for nor joins the others
    payload = box.seal(dumps(words), _aad(id_))
    return (id_, conversation, lane, place, kind, key, due, "todo", 0, 0, payload, cause, now, 0, 0)


def _said(effect: Say) -> dict[str, Any]:
    """Return what `encode` would, without taking the message apart field by field: this is the hot path."""
    news = effect.message.news
    message = {**body_of(effect.message), "news": asdict(news) if news else None}
    return {"is": "Say", "message": message, "channel": effect.channel}


def crowded(connection: Connection, conversations: Sequence[str]) -> dict[str, bool]:
    """Return those of `conversations` in which words wait; True: some are kept until their person writes."""
    if not conversations:
        return {}
    given = bulk.listed(connection.dialect, [(each,) for each in conversations])
    found = connection.exec_driver_sql(_crowded_sql(connection.dialect), given)
    return {row[0]: bool(row[1]) for row in found}


@lru_cache(maxsize=64)
def _crowded_sql(dialect: Dialect) -> str:
    lane = words_lane("")
    kept = (
        "EXISTS (SELECT 1 FROM outbox o WHERE o.conversation = w.id AND o.state = 'held' "
        "AND o.state != 'todo' AND o.done_at IS NULL)"  # as the index has it
    )
    return (
        f"SELECT w.id, {kept} FROM {bulk.source(dialect, ('id',))} WHERE {kept} OR "  # noqa: S608  # our own names
        f"EXISTS (SELECT 1 FROM outbox o WHERE o.lane = '{lane}' || w.id AND o.state = 'todo')"
    )


def untold(connection: Connection, box: Box, conversation: str) -> tuple[str, ...]:
    """Return the prompts of questions that are kept until he writes: he has not been asked them yet."""
    rows = connection.execute(claims.KEPT, {"of": conversation, "lane_of": words_lane(conversation)})
    prompts: dict[str, None] = {}
    for row in rows:
        try:
            effect = decode(loads(box.open(row.payload, _aad(row.id))))
        except (VaultError, KeyError, TypeError, ValueError):
            continue  # it is buried when it is to be said (`opened`)
        choices = effect.message.choices if isinstance(effect, Say) else ()
        prompts |= dict.fromkeys(choice.id.partition(":")[0] for choice in choices)
    return tuple(prompts)


def words_lane(conversation: str) -> str:
    """Return the lane of what is said in a conversation, wherever its person is."""
    return _LANES["Say"].format(conversation=conversation)


def add(connection: Connection, rows: Sequence[bulk.Row]) -> None:
    """Insert rows made by `row_of`; timers that are set already move."""
    # One turn may move a timer twice; PostgreSQL takes only one word per row in a statement.
    timers = {(row[1], row[5]): row for row in rows if row[4] == "SetTimer"}
    bulk.insert(connection, outbox, COLUMNS, [row for row in rows if row[4] != "SetTimer"])
    bulk.insert(connection, outbox, COLUMNS, list(timers.values()), MOVE)
    # A timer for next month wakes nobody: workers look by themselves every second.
    due = {row[_KIND] for row in rows if row[_DUE] <= row[_CREATED]}
    if due:
        signals.announce(connection, signals.WORDS if due == {"Say"} else signals.OUTBOX)


def claim(
    connection: Connection,
    vault: Vault,
    *,
    limit: int,
    now: datetime,
    lease: timedelta,
    worker: str,
    kinds: Sequence[str] = (),
) -> list[Item]:
    """Hold at most `limit` due deliveries until `now + lease`, at most one of a lane, oldest first.

    kinds: the effects this worker can carry out; none given means all.
    """
    given = {"now": now, "limit": limit, **_held(now + lease, worker)}
    if kinds:
        held = connection.execute(claims.CLAIM_KINDS, {**given, "kinds": kinds}).all()
    else:
        held = connection.execute(claims.CLAIM, given).all()
    return opened(connection, vault, sorted(held, key=lambda row: (row.due_at, row.place)))


def claim_words(
    connection: Connection,
    vault: Vault,
    conversation: str,
    *,
    until: datetime,
    now: datetime,
    lease: timedelta,
    worker: str,
    beside: Hold | None = None,
    limit: int = 50,
) -> list[Item]:
    """Hold what waits to be said in one conversation and is due by `until`, in its order.

    beside: the first of them, which is held already and not returned again.
    Returns [] while another worker holds some of it: it is being said.
    """
    waiting = connection.execute(claims.WAITING, {"lane": words_lane(conversation)}).all()
    free: list[str] = []
    for row in waiting:
        if beside is not None and row.id == beside.id:
            continue
        if row.due_at > until:
            break
        if row.lease_until is not None and row.lease_until > now:
            return []
        free.append(row.id)
    if not free:
        return []
    held = connection.execute(claims.HOLD, {"ids": free[:limit], **_held(now + lease, worker)}).all()
    return opened(connection, vault, sorted(held, key=lambda row: row.place))


def _held(until: datetime, worker: str) -> dict[str, Any]:
    return {"until": until, "holder": worker}


def settle(connection: Connection, hold: Hold, now: datetime) -> None:
    """Mark a delivery as done.

    Raises:
        NotHeld: it is no longer this worker's.
    """
    _write(connection, hold, state="done", done_at=now, lease_until=None, error=None)


def retry(connection: Connection, hold: Hold, due: datetime, error: str, *, doubtful: bool = False) -> None:
    """Let a delivery be tried again at `due`; its lane waits. `error` carries no personal data.

    doubtful: nobody knows whether this try succeeded. Doubts about an earlier one stay.
    Raises:
        NotHeld: it is no longer this worker's.
    """
    _write(connection, hold, due_at=due, lease_until=None, error=error[:200], doubts=_doubts(doubtful))


def _doubts(doubtful: bool) -> Any:
    return RESTED if doubtful else outbox.c.doubts - 1


def advance(connection: Connection, hold: Hold, parts: int) -> None:
    """Write down that the platform has taken the first `parts` characters of a long message.

    Raises:
        NotHeld: it is no longer this worker's.
    """
    _write(connection, hold, parts=parts)


def keep(connection: Connection, hold: Hold, error: str, until: datetime = FOREVER) -> None:
    """Keep a message until the applicant writes again, or `until` then: it cannot or need not leave now.

    Raises:
        NotHeld: it is no longer this worker's.
    """
    _write(
        connection,
        hold,
        state="held",
        due_at=until,
        lease_until=None,
        error=error[:200],
        doubts=_doubts(False),
    )


def ripen(connection: Connection, now: datetime) -> int:
    """Let messages leave that were kept until now; return how many."""
    return _let_go(connection, claims.RIPEN, {"now": now})


def bring_back(connection: Connection, conversation: str, now: datetime) -> int:
    """Let all messages kept in a conversation leave, because another one does; return how many."""
    given = {"of": conversation, "lane_of": words_lane(conversation), "now": now}
    return _let_go(connection, claims.BRING_BACK, given)


def _let_go(connection: Connection, kept: Update, given: Mapping[str, Any]) -> int:
    count = connection.execute(kept, given).rowcount
    if count:
        signals.announce(connection, signals.OUTBOX)
    return count


def bury(connection: Connection, hold: Hold, error: str) -> None:
    """Give a delivery up; an operator sees it among the dead letters. Its lane moves on.

    Raises:
        NotHeld: it is no longer this worker's.
    """
    _write(connection, hold, state="dead", lease_until=None, error=error[:200])


def renew(connection: Connection, holds: Sequence[Hold], until: datetime) -> None:
    """Prolong the leases of deliveries that take long.

    Raises:
        NotHeld: one of them is no longer this worker's; then none is prolonged.
    """
    if standing(connection, holds) != set(holds):
        raise NotHeld("some of the deliveries are no longer held")
    bulk.update(connection, outbox, ("lease_until",), ("id",), [(until, hold.id) for hold in holds])


def holders(connection: Connection) -> list[str]:
    """Return the workers that hold deliveries now, or held them when they died."""
    held = select(outbox.c.worker).where(TODO, outbox.c.lease_until.is_not(None)).distinct()
    return [worker for worker in connection.execute(held).scalars() if worker]


def free(connection: Connection, workers: Sequence[str]) -> int:
    """Free what `workers` hold, because they are gone; return how many. Their word counts no more."""
    theirs = update(outbox).where(TODO, outbox.c.lease_until.is_not(None), outbox.c.worker.in_(workers))
    freed = connection.execute(theirs.values(lease_until=None, fence=outbox.c.fence + 1)).rowcount
    if freed:
        signals.announce(connection, signals.OUTBOX)
    return freed


def release(connection: Connection, writers: Sequence[tuple[str, datetime]], now: datetime) -> None:
    """Their applicants wrote: let the kept words of these conversations leave, each at the time given.

    Words in doubt are known to be answered from now on: see docs/channels.md for what follows. A time that
    is still to come means that his call is answered: it can say what waits for a platform that was busy.
    """
    by_due: dict[datetime, list[str]] = {}
    for conversation, due in writers:
        by_due.setdefault(due, []).append(conversation)
    for due, theirs in by_due.items():
        lanes = [words_lane(conversation) for conversation in theirs]
        _let_go(connection, claims.RELEASE, {"of": theirs, "due": due})
        _let_go(connection, claims.ANSWER, {"lanes": lanes, "due": due, "now": now})
        if due > now:
            _let_go(connection, claims.SOONER, {"lanes": lanes, "due": due, "now": now})


def hurry(connection: Connection, conversations: Sequence[str], now: datetime) -> None:
    """Their applicants are somewhere else now: what waited for the place before holds nobody up here.

    It waited for that platform, or for the page to be looked at; and what comes after it waits behind it.
    """
    lanes = [words_lane(conversation) for conversation in conversations]
    _let_go(connection, claims.SOONER, {"lanes": lanes, "due": now, "now": now})


def standing(connection: Connection, holds: Sequence[Hold]) -> set[Hold]:
    """Return those of `holds` that are still valid, locked until the commit."""
    rows = bulk.select(
        connection, outbox, ("id", "fence", "state"), ("id",), [(h.id,) for h in holds], lock=True
    )
    valid = {Hold(row[0], row[1]) for row in rows if row[2] == "todo"}
    return valid & set(holds)


def settle_all(connection: Connection, holds: Sequence[Hold], now: datetime) -> None:
    """Mark deliveries as done whose holds are known to be `standing`."""
    _settle(connection, holds, now)
    signals.announce(connection, signals.OUTBOX)


def _settle(connection: Connection, holds: Sequence[Hold], now: datetime) -> None:
    rows = [("done", now, None, hold.id) for hold in holds]
    bulk.update(connection, outbox, ("state", "done_at", "lease_until"), ("id",), rows)


def settle_standing(connection: Connection, holds: Sequence[Hold], now: datetime) -> None:
    """Mark deliveries as done, but for those that somebody else has taken care of. Wakes nobody."""
    valid = standing(connection, holds) if holds else set()
    _settle(connection, [hold for hold in holds if hold in valid], now)


def next_due(connection: Connection) -> datetime | None:
    """Return when the earliest delivery that nobody holds falls due; None when there is none."""
    earliest = select(outbox.c.due_at).where(TODO, outbox.c.lease_until.is_(None))
    return connection.execute(earliest.order_by(outbox.c.due_at).limit(1)).scalar_one_or_none()


def stats(connection: Connection, now: datetime) -> Stats:
    """Return the counts and the age of the oldest due delivery."""
    todo, due = connection.execute(
        select(func.count(), func.count(case((outbox.c.due_at <= now, 1)))).where(TODO)
    ).one()
    aside: dict[str, int] = dict(
        connection.execute(
            select(outbox.c.state, func.count()).where(ASIDE).group_by(outbox.c.state)
        ).all()
    )  # fmt: skip
    oldest = connection.execute(
        select(func.min(outbox.c.due_at)).where(TODO, outbox.c.due_at <= now)
    ).scalar_one()
    return Stats(
        todo, due, aside.get("held", 0), aside.get("dead", 0), now - oldest if oldest else timedelta(0)
    )


def sweep(connection: Connection, before: datetime, limit: int = 5000) -> int:
    """Delete at most `limit` deliveries done before `before`; return how many."""
    old = select(outbox.c.id).where(DONE, outbox.c.done_at < before).order_by(outbox.c.done_at).limit(limit)
    return connection.execute(delete(outbox).where(outbox.c.id.in_(old.scalar_subquery()))).rowcount


def _write(connection: Connection, hold: Hold, **values: object) -> None:
    statement: Update = update(outbox).where(outbox.c.id == hold.id, outbox.c.fence == hold.fence, TODO)
    if connection.execute(statement.values(**values)).rowcount != 1:
        raise NotHeld(f"delivery {hold.id} is not held under fence {hold.fence}")
    signals.announce(connection, signals.OUTBOX)


def opened(connection: Connection, vault: Vault, rows: Sequence[Row[Any]]) -> list[Item]:
    """Return the claimed rows with their effects; one that cannot be read is buried at once."""
    owners = _owners(connection, {row.conversation for row in rows}) if rows else {}
    items = []
    for row in rows:
        hold = Hold(row.id, row.fence)
        try:
            owner = owners[row.conversation]
            effect = decode(loads(vault.box(owner.wrapped_key).open(row.payload, _aad(row.id))))
        except (VaultError, KeyError, TypeError, ValueError) as error:
            bury(connection, hold, f"unreadable: {type(error).__name__}")
            continue
        address = Address(owner.channel, owner.account, owner.user_id)
        items.append(
            Item(
                hold,
                row.conversation,
                address,
                owner.applicant,
                row.kind,
                row.key,
                effect,  # type: ignore[arg-type]  # only effects are ordered
                row.attempts,
                row.due_at,
                row.created_at,
                row.cause,
                row.parts,
                row.doubts > 1,
                row.doubts == RESTED + 1,
                row.doubts == ANSWERED + 1,
                row.place,
            )
        )
    return items


def _owners(connection: Connection, wanted: set[str]) -> Mapping[str, Any]:
    return {row.id: row for row in connection.execute(claims.OWNERS, {"ids": list(wanted)})}


def _aad(id_: str) -> bytes:
    return f"outbox.payload:{id_}".encode()
