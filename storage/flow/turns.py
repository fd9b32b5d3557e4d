"""The hot path: events go in, turns are decided, everything they changed is written in one commit.

    rows of the conversations, locked      one statement
    keys seen before                       one statement
    decide(session, event, now) -> Turn    pure, per event
    inbox, conversations, messages, outbox, audit, applications, tickets    one statement each

A batch holds at most one event of a conversation, so no turn waits for another of its own batch.
(storage.writer makes the batches, tells the callers, and takes a failing batch apart.)

A turn that raises is our mistake, not the applicant's: his event is kept, sealed, and tried again,
later events of his conversation wait behind it in order, and after three tries it is a dead letter
and the conversation moves on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from dialogs.messages import Address
from dialogs.session import Session
from dialogs.turn import Event, MessageReceived, OpenTicket, Say, TellClerks, TrackCase, Turn
from storage import bulk, ids, signals
from storage.errors import StorageError, UnknownConversation
from storage.faults import hit
from storage.flow import audit, inbox, outbox, replies
from storage.flow.inbox import Key
from storage.flow.outbox import Hold, Item
from storage.flow.replies import Carrier
from storage.people import addresses, applications, conversations, messages, tickets
from storage.people.addresses import Hook
from storage.people.conversations import Lane
from storage.schema import audit as audit_table
from storage.schema import inbox as inbox_table
from storage.schema import messages as messages_table
from storage.schema import outbox as outbox_table
from storage.sealing.vault import Box, Vault

Decide = Callable[[Session, Event, datetime], Turn]

# Who is written down as having done it.
ACTORS: Mapping[str, str] = {
    "Opened": "applicant",
    "MessageReceived": "applicant",
    "Flooded": "system",
    "MediaFetched": "worker",
    "HandoverOffered": "worker",
    "HandoverAsked": "worker",
    "Joined": "worker",
    "JoinRefused": "worker",
    "PhotoMeasured": "worker",
    "ApplicationReceived": "worker",
    "ApplicationDelayed": "worker",
    "ApplicationRefused": "worker",
    "WithdrawalRefused": "worker",
    "SupplyReceived": "worker",
    "SupplyDelayed": "worker",
    "SupplyRefused": "worker",
    "DepartmentAsked": "worker",
    "LookupRefused": "worker",
    "ProgressReported": "intake",
    "Erased": "worker",
    "ErasureRefused": "worker",
    "AgentSignedIn": "worker",
    "AgentRefused": "worker",
    "AgentDismissed": "operator",
    "DocumentHeld": "worker",
    "TextLost": "worker",
    "TakeoverAsked": "worker",
    "CasesClaimed": "worker",
    "CasesEntrusted": "worker",
    "CasesForgotten": "worker",
    "TimerFired": "timer",
}
# News for a page that may be closed goes out another way after this long, where there is one.
FALLBACK_AFTER = timedelta(minutes=10)

_AUDIT = ("conversation", "n", "at", "actor", "action", "seq", "detail", "hash")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event for one conversation.

    channel, account, key: what makes it one event, however often it is sent.
    at:      when our door received it, aware UTC; the turn's `now`.
    shown:   what to put into the transcript as the applicant's own message; None: nothing.
    settles: the delivery this event is the answer of; marked as done in the same commit.
    address: where the applicant spoke from; from now on he is spoken to there. None: he did not speak.
    means:   what his platform takes it for, "message", "tap" or "": see storage.flow.allowances.
    carrier: the call that brought it, when that can take words back.
    hook:    a way to answer that came with it.
    """

    conversation: str
    channel: str
    account: str
    key: str
    event: Event
    at: datetime
    shown: Mapping[str, Any] | None = None
    settles: Hold | None = None
    address: Address | None = None
    means: str = ""
    carrier: Carrier | None = None
    hook: Hook | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """An event that is safe on disk.

    fresh:     False when it came before, or when the delivery it answers is no longer its worker's.
    seq, last: replies are the messages seq < n <= last. For a shown message `seq` is its own number.
    postponed: kept, its turn is still to come.
    words:     the replies, held for its carrier; () when older words have to be said first.
    """

    conversation: str
    fresh: bool
    seq: int
    last: int
    postponed: bool = False
    words: tuple[Item, ...] = ()


Result = Taken | StorageError


@dataclass(slots=True)
class Batch:
    """The rows that one commit writes, table by table."""

    lanes: list[Lane] = field(default_factory=list)
    arrived: list[bulk.Row] = field(default_factory=list)
    retried: list[bulk.Row] = field(default_factory=list)
    messages: list[bulk.Row] = field(default_factory=list)
    orders: list[bulk.Row] = field(default_factory=list)
    carried: list[bulk.Row] = field(default_factory=list)
    cases: list[bulk.Row] = field(default_factory=list)
    tickets: list[bulk.Row] = field(default_factory=list)
    links: list[bulk.Row] = field(default_factory=list)
    settled: list[Hold] = field(default_factory=list)
    moved: list[Lane] = field(default_factory=list)  # who wrote from another place, or is waited for
    came: list[str] = field(default_factory=list)  # who wrote from another place
    said: list[tuple[Address, str]] = field(default_factory=list)
    hooks: list[bulk.Row] = field(default_factory=list)
    crowded: Mapping[str, bool] = field(
        default_factory=dict
    )  # where words wait already (storage.flow.outbox)
    writers: list[tuple[str, datetime]] = field(
        default_factory=list
    )  # they wrote: kept words may leave, when

    def write(self, connection: Connection, now: datetime) -> None:
        """Write everything; the caller commits."""
        bulk.insert(connection, inbox_table, inbox.COLUMNS, self.arrived)
        bulk.update(connection, inbox_table, inbox.CHANGED, inbox.KEY, self.retried)
        conversations.save(connection, self.lanes, now)
        conversations.move(connection, self.moved)
        addresses.heard(connection, self.said, now)
        addresses.keep_hooks(connection, self.hooks)
        bulk.insert(connection, messages_table, messages.COLUMNS, self.messages)
        bulk.insert(connection, audit_table, _AUDIT, self.links)
        if self.orders:
            outbox.add(connection, self.orders)
        bulk.insert(connection, outbox_table, replies.CARRIED, self.carried)
        applications.track(connection, self.cases)
        tickets.add(connection, self.tickets)
        if self.settled:
            outbox.settle_all(connection, self.settled, now)
        if self.writers:
            outbox.release(connection, self.writers, now)
        if self.came:
            outbox.hurry(connection, self.came, now)
        signals.announce(connection, *[signals.conversation(row[0]) for row in self.messages])


@dataclass(slots=True)
class _Written:
    """What one turn adds to the batch."""

    messages: list[bulk.Row] = field(default_factory=list)
    orders: list[bulk.Row] = field(default_factory=list)
    carried: list[bulk.Row] = field(default_factory=list)
    words: list[Item] = field(default_factory=list)  # those that are carried
    cases: list[bulk.Row] = field(default_factory=list)
    tickets: list[bulk.Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes batches of arrivals. Holds no state of its own: safe from several connections.

    pushed: channels whose messages must be sent (a platform's); a web page fetches its own.
    slots:  channels whose webhooks can carry the reply, and for how long they wait for it.
    tells_clerks: order a word to the clerks' group with every ticket.
    """

    decide: Decide
    vault: Vault
    pushed: AbstractSet[str] = frozenset()
    slots: Mapping[str, timedelta] = field(default_factory=dict)
    tells_clerks: bool = False
    random: ids.Random = os.urandom

    def take(self, connection: Connection, arrivals: Sequence[Arrival], now: datetime) -> list[Result]:
        """Take `arrivals`, at most one of a conversation; the caller commits. Returns a result for each."""
        lanes = conversations.lock(connection, [arrival.conversation for arrival in arrivals])
        keys = [_key(arrival) for arrival in arrivals]
        seen = inbox.seen(connection, keys)
        holds = [arrival.settles for arrival in arrivals if arrival.settles]
        standing = outbox.standing(connection, holds) if holds else set()
        batch = Batch(crowded=self._crowded(connection, arrivals))
        results: list[Result] = []
        for arrival, key in zip(arrivals, keys, strict=True):
            lane, before = lanes.get(arrival.conversation), seen.get(key)
            if lane is None or lane.wrapped_key is None:
                results.append(UnknownConversation(arrival.conversation))
            elif before is not None:
                results.append(
                    Taken(lane.id, False, before.seq, before.last, before.state in ("failed", "waiting"))
                )
            elif arrival.settles and arrival.settles not in standing:
                results.append(Taken(lane.id, False, lane.seq, lane.seq))
            else:
                if batch.crowded.get(lane.id):
                    arrival = self._knowing_what_he_knows(connection, lane, arrival)
                results.append(self._take(batch, lane, arrival, key))
        hit("turn.decided")
        batch.write(connection, now)
        return results

    def park(self, connection: Connection, arrival: Arrival, error: Exception, now: datetime) -> Result:
        """Keep an event whose turn could not be written, without its turn."""
        lane = conversations.lock(connection, [arrival.conversation]).get(arrival.conversation)
        if lane is None or lane.wrapped_key is None:
            return UnknownConversation(arrival.conversation)
        batch = Batch()
        taken = self._park(batch, lane, arrival, error)
        batch.write(connection, now)
        return taken

    def again(self, connection: Connection, conversation: str, now: datetime) -> bool:
        """Try the event that `conversation` waits for; say whether there may be more to do at once."""
        return self._retry(connection, conversation, now, self._again)

    def failed(self, connection: Connection, conversation: str, error: Exception, now: datetime) -> bool:
        """Count a try whose rows the database refused; say whether there may be more to do at once."""
        cause = error.__cause__ or error
        return self._retry(connection, conversation, now, partial(self._failed_again, cause))

    def _retry(
        self,
        connection: Connection,
        conversation: str,
        now: datetime,
        work: Callable[[Batch, Lane, inbox.Waiting, datetime], bool],
    ) -> bool:
        lane = conversations.lock(connection, [conversation]).get(conversation)
        waiting = inbox.head(connection, conversation) if lane else None
        if lane is None or waiting is None or lane.wrapped_key is None:
            return False
        if waiting.state == "failed" and waiting.due_at is not None and waiting.due_at > now:
            return False
        batch = Batch()
        more = work(batch, lane, waiting, now)
        batch.write(connection, now)
        return more

    def _crowded(self, connection: Connection, arrivals: Sequence[Arrival]) -> dict[str, bool]:
        """Return where he who writes has words waiting already; they come before the turn's."""
        pushed = [a.conversation for a in arrivals if a.address and a.address.channel in self.pushed]
        return outbox.crowded(connection, pushed)

    def _knowing_what_he_knows(self, connection: Connection, lane: Lane, arrival: Arrival) -> Arrival:
        """Return `arrival` with the questions that were kept from him: what he wrote answers none of them."""
        if not isinstance(arrival.event, MessageReceived):
            return arrival
        untold = outbox.untold(connection, self._box(lane), lane.id)
        return replace(arrival, event=MessageReceived(replace(arrival.event.message, untold=untold)))

    def _take(self, batch: Batch, lane: Lane, arrival: Arrival, key: Key) -> Taken:
        carrier = self._heard(batch, lane, arrival.address, arrival) if arrival.address is not None else None
        if lane.pending:
            return self._park(batch, lane, arrival, None)
        try:
            seq, last, words = self._turn(
                batch, lane, arrival.event, arrival.at, arrival.shown, arrival.key, carrier
            )
        except Exception as error:  # whatever the dialog raised, the event must not be lost
            return self._park(batch, lane, arrival, error)
        batch.arrived.append(
            (*key, arrival.at, lane.version, seq, last, "done", None, 1, None, None)
        )  # fmt: skip
        if arrival.settles:
            batch.settled.append(arrival.settles)
        if carrier is not None and carrier.waits and not words:
            self._wait(batch, lane, arrival)
        return Taken(lane.id, True, seq, last, words=words)

    def _heard(self, batch: Batch, lane: Lane, address: Address, arrival: Arrival) -> Carrier | None:
        """He spoke from `address`: answer there, and say what was kept back until he would.

        Returns the carrier that takes the turn's words at once: nothing has to be said before them.
        """
        here = (lane.channel, lane.account, lane.user_id) == (address.channel, address.account, address.user)
        slotted, crowded = address.channel in self.slots, lane.id in batch.crowded
        if not here:
            lane.channel, lane.account, lane.user_id = address.channel, address.account, address.user
            lane.reply_until = None
            batch.moved.append(lane)
            batch.came.append(lane.id)
        at_once = slotted and not crowded and arrival.carrier is not None
        if slotted and not at_once:
            self._wait(batch, lane, arrival)
        if address.channel in self.pushed or not here:
            batch.said.append((address, arrival.means))
        if arrival.hook is not None:
            batch.hooks.append(addresses.hook_row(self._box(lane), address, arrival.hook))
        if address.channel in self.pushed and crowded:
            batch.writers.append((lane.id, lane.reply_until if slotted and lane.reply_until else arrival.at))
        return arrival.carrier if at_once else None

    def _wait(self, batch: Batch, lane: Lane, arrival: Arrival) -> None:
        """Have words of the next seconds leave by the call that brought `arrival`, if it can take them."""
        lane.reply_until = arrival.at + self.slots[lane.channel]
        batch.moved.append(lane)

    def _park(self, batch: Batch, lane: Lane, arrival: Arrival, error: Exception | None) -> Taken:
        """Keep the event sealed: failed with an `error`, else waiting behind one that failed."""
        key, box = _key(arrival), self._box(lane)
        sealed, bodies = inbox.seal(box, key, arrival.event), []
        if arrival.shown is not None:
            bodies.append((lane.id, lane.seq + 1, arrival.at, "applicant",
                           messages.seal(box, lane.id, lane.seq + 1, arrival.shown)))  # fmt: skip
            lane.seq += 1
        lane.version += 1
        lane.pending += 1
        batch.messages += bodies
        detail = audit.digest([row[4] for row in bodies] or [sealed])
        name = type(arrival.event).__name__
        _link(batch, lane, arrival.at, ACTORS[name], f"{name}.postponed", detail)
        state, due = ("failed", arrival.at + inbox.pause_after(1)) if error else ("waiting", None)
        batch.arrived.append(
            (
                *key,
                arrival.at,
                lane.version,
                lane.seq,
                lane.seq,
                state,
                sealed,
                1 if error else 0,
                due,
                _name(error),
            )
        )
        batch.lanes.append(lane)
        if arrival.settles:
            batch.settled.append(arrival.settles)
        return Taken(lane.id, True, lane.seq, lane.seq, postponed=True)

    def _again(self, batch: Batch, lane: Lane, waiting: inbox.Waiting, now: datetime) -> bool:
        try:
            event = inbox.unseal(self._box(lane), waiting.key, waiting.event)
            seq, last, _ = self._turn(batch, lane, event, waiting.received_at, None, waiting.key.key)
        except Exception as error:  # as in _take
            return self._failed_again(error, batch, lane, waiting, now)
        lane.pending -= 1
        batch.retried.append((seq, last, "done", None, waiting.tries + 1, None, None, *waiting.key))
        return True

    def _failed_again(
        self, error: BaseException, batch: Batch, lane: Lane, waiting: inbox.Waiting, now: datetime
    ) -> bool:
        tries = waiting.tries + 1
        given_up = tries >= inbox.MAX_TRIES
        state, due = ("dead", None) if given_up else ("failed", now + inbox.pause_after(tries))
        batch.retried.append(
            (waiting.seq, waiting.last, state, waiting.event, tries, due, _name(error), *waiting.key)
        )
        if given_up:
            lane.pending -= 1
            lane.version += 1
            _link(batch, lane, now, "system", "event.dead", audit.digest([waiting.event]))
            batch.lanes.append(lane)
        return given_up

    def _turn(
        self,
        batch: Batch,
        lane: Lane,
        event: Event,
        now: datetime,
        shown: Mapping[str, Any] | None,
        cause: str,
        carrier: Carrier | None = None,
    ) -> tuple[int, int, tuple[Item, ...]]:
        """Decide one turn and put its rows into the batch; nothing is touched when it raises.

        Returns the numbers between which its replies are, and those that `carrier` holds.
        """
        box = self._box(lane)
        turn = self.decide(conversations.unseal(box, lane.id, lane.state), event, now)
        written, seq = _Written(), lane.seq
        if shown is not None:
            seq += 1
            written.messages.append((lane.id, seq, now, "applicant", messages.seal(box, lane.id, seq, shown)))
        last = self._effects(written, box, lane, turn, seq, now, cause, carrier)
        state = conversations.seal(box, lane.id, turn.session)

        lane.state, lane.owner, lane.seq = state, turn.session.owner, last
        lane.version += 1
        batch.lanes.append(lane)
        batch.messages += written.messages
        batch.orders += written.orders
        batch.carried += written.carried
        batch.cases += written.cases
        batch.tickets += written.tickets
        detail = audit.digest([row[4] for row in written.messages] or [state])
        name = type(event).__name__
        _link(batch, lane, now, ACTORS[name], name, detail)
        return seq, last, tuple(written.words)

    def _effects(
        self,
        written: _Written,
        box: Box,
        lane: Lane,
        turn: Turn,
        seq: int,
        now: datetime,
        cause: str,
        carrier: Carrier | None,
    ) -> int:
        """Turn effects into rows; return the number of the last message."""
        place = (lane.version + 1) * outbox.PLACES_A_TURN
        for n, effect in enumerate(turn.effects):
            due = now
            if isinstance(effect, Say):
                seq += 1
                sealed = messages.seal(box, lane.id, seq, messages.body_of(effect.message, effect.channel))
                written.messages.append((lane.id, seq, now, "bot", sealed))
                leaves = self._leaves(lane, effect, now)
                if leaves is None:
                    continue
                due = leaves
            if isinstance(effect, TrackCase):
                written.cases.append(
                    (
                        effect.reference,
                        lane.id,
                        effect.number,
                        effect.service,
                        effect.state,
                        effect.seq,
                        now,
                        now,
                    )
                )
                continue
            id_ = ids.new_id(now, self.random)
            if isinstance(effect, OpenTicket):
                written.tickets.append(
                    tickets.row_of(box, lane.id, id_=id_, reason=effect.reason, note=effect.note, now=now)
                )
                if not self.tells_clerks:
                    continue
                effect = TellClerks(id_, effect.reason)
            key = (
                str(seq)
                if isinstance(effect, Say)
                else getattr(effect, "file", getattr(effect, "reference", ""))
            )
            row = outbox.row_of(
                box, lane.id, effect, id_=id_, place=place + n, key=key, cause=cause, now=now, due=due
            )
            if carrier is not None and isinstance(effect, Say) and not effect.channel:
                held, word = replies.carried(lane, effect, row, carrier, now)
                written.carried.append(held)
                written.words.append(word)
            else:
                written.orders.append(row)
        return seq

    def _leaves(self, lane: Lane, effect: Say, now: datetime) -> datetime | None:
        """Return when words are to be sent to a platform; None when the transcript is all they need."""
        channel = effect.channel or lane.channel
        if channel not in self.pushed:
            return now + FALLBACK_AFTER if effect.message.news is not None else None
        if lane.reply_until is not None and channel == lane.channel:
            return max(now, lane.reply_until)
        return now

    def _box(self, lane: Lane) -> Box:
        assert lane.wrapped_key is not None
        return self.vault.box(lane.wrapped_key)


def _link(batch: Batch, lane: Lane, at: datetime, actor: str, action: str, detail: bytes) -> None:
    lane.audit_n += 1
    lane.audit_head = audit.link(lane.audit_head, lane.audit_n, at, actor, action, lane.seq, detail)
    batch.links.append((lane.id, lane.audit_n, at, actor, action, lane.seq, detail, lane.audit_head))


def _key(arrival: Arrival) -> Key:
    return Key(arrival.conversation, arrival.channel, arrival.account, inbox.storable(arrival.key))


def _name(error: BaseException | None) -> str | None:
    return type(error).__name__ if error else None
