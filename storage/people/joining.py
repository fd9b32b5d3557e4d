"""Two conversations of one person become one: the newer's addresses move to the older, which goes on.

What the newer one held (a hello, at most a draft he agreed to lose) is erased with its key. Its shell
stays, as after any erasure, with its audit chain; its name says who took over, for pages that still
hold its token. Letters that were taken there stay known, so that a platform's repeat is one.

All of it is one commit, the word of welcome in the older conversation included.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, insert, literal, select, update

from dialogs.messages import Address
from dialogs.turn import Join, Welcome
from storage import ids, signals
from storage.flow import audit, outbox
from storage.people import addresses, agents, applicants, applications, conversations, handovers
from storage.people import tickets as ticket_rows
from storage.people.conversations import Lane
from storage.schema import addresses as address_rows
from storage.schema import conversations as conversation_rows
from storage.schema import inbox
from storage.sealing.vault import Vault

WEB = "webchat"  # its user is the conversation itself: a page has no other name
NAME = "joined:"  # then who took over, and the shell's own id, which keeps the name unique

Refusal = Literal["unknown", "often", "here", "busy", "draft", "unread"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a code was taken.

    conversation: what is gone on with. files: of the erased shell, to be deleted from disk.
    refusal: "" when the code was taken; "unread": letters of here wait for their turn, try again later.
    """

    conversation: str = ""
    refusal: Refusal | Literal[""] = ""
    files: tuple[str, ...] = ()


def join(
    connection: Connection,
    vault: Vault,
    here: str,
    wish: Join,
    delivery: str,
    now: datetime,
    random: ids.Random = os.urandom,
) -> Outcome:
    """Let the person of `here` go on with the conversation that his code stands for.

    delivery: the order's id, by which a wrong code counts once however often it is carried out.
    """
    if handovers.too_many_wrong(connection, here, now):
        return Outcome(refusal="often")
    there = handovers.find(connection, vault, wish.code, now)
    lanes = conversations.lock(connection, [here, there] if there else [here])
    target = lanes.get(there) if there else None
    if target is None or target.wrapped_key is None:
        handovers.wrong(connection, delivery, here, now)
        return Outcome(refusal="unknown")
    refusal = "here" if target.id == here else _refusal(connection, vault, lanes[here], wish)
    if refusal:
        return Outcome(refusal=refusal)
    if not handovers.use(connection, vault, wish.code, now):
        return Outcome(refusal="unknown")
    return _move(connection, vault, lanes[here], target, now, random)


def enter(
    connection: Connection,
    vault: Vault,
    code: str,
    delivery: str,
    now: datetime,
    random: ids.Random = os.urandom,
) -> Outcome:
    """Open the conversation that `code` stands for on a page that has none yet.

    delivery: a name of this try.
    """
    if handovers.too_many_wrong(connection, "", now):
        return Outcome(refusal="often")
    there = handovers.find(connection, vault, code, now)
    target = conversations.lock(connection, [there]).get(there) if there else None
    if target is None or target.wrapped_key is None:
        handovers.wrong(connection, delivery, "", now)
        return Outcome(refusal="unknown")
    if not handovers.use(connection, vault, code, now):
        return Outcome(refusal="unknown")
    addresses.add(connection, _page(target.id), target.id, now)
    _settle_in(connection, vault, target, _page(target.id), now, random)
    return Outcome(target.id)


def successor(connection: Connection, conversation: str) -> str:
    """Return the conversation that took over from `conversation`, "" when none did."""
    name = connection.execute(
        select(conversation_rows.c.user_id).where(conversation_rows.c.id == conversation)
    ).scalar_one_or_none()
    return str(name).removeprefix(NAME).partition(":")[0] if name and name.startswith(NAME) else ""


def _refusal(connection: Connection, vault: Vault, lane: Lane, wish: Join) -> Refusal | Literal[""]:
    if applications.of_conversation(connection, lane.id) or agents.signed_in(connection, lane.id):
        return "busy"
    assert lane.wrapped_key is not None  # the order was read by this key
    session = conversations.unseal(vault.box(lane.wrapped_key), lane.id, lane.state)
    if not wish.sure and (session.answers or session.dormant or session.put_away or session.judging):
        return "draft"
    return "unread" if lane.pending else ""


def _move(
    connection: Connection, vault: Vault, shell: Lane, target: Lane, now: datetime, random: ids.Random
) -> Outcome:
    """Move everything that outlives the shell, then erase it."""
    spoken_from = Address(shell.channel, shell.account, shell.user_id)
    spoken_to = _page(target.id) if spoken_from.channel == WEB else spoken_from
    _keep_letters(connection, shell, target)
    _move_tickets(connection, vault, shell, target, now, random)
    _move_addresses(connection, vault, shell, target, now)
    audit.add(connection, shell.id, now, "applicant", "conversation.joined", target.id.encode())
    files = applicants.erase(connection, vault, _applicant(connection, shell), now, "applicant")
    shells = update(conversation_rows).where(conversation_rows.c.id == shell.id)
    connection.execute(shells.values(user_id=f"{NAME}{target.id}:{shell.id}"))
    audit.add(connection, target.id, now, "applicant", "address.joined", shell.id.encode())
    _settle_in(connection, vault, target, spoken_to, now, random)
    signals.announce(connection, signals.conversation(shell.id))
    return Outcome(target.id, files=tuple(files))


def _settle_in(
    connection: Connection, vault: Vault, target: Lane, address: Address, now: datetime, random: ids.Random
) -> None:
    """From now on he is spoken to at `address`, and first of all welcomed."""
    mine = update(conversation_rows).where(conversation_rows.c.id == target.id)
    connection.execute(
        mine.values(channel=address.channel, account=address.account, user_id=address.user, reply_until=None)
    )
    addresses.heard(connection, [(address, "")], now)
    assert target.wrapped_key is not None
    row = outbox.row_of(
        vault.box(target.wrapped_key),
        target.id,
        Welcome(address.channel),
        id_=ids.new_id(now, random),
        place=target.version * outbox.PLACES_A_TURN,
        key="",
        cause="join",
        now=now,
    )
    outbox.add(connection, [row])
    outbox.release(connection, [(target.id, now)], now)
    outbox.hurry(connection, [target.id], now)


def _keep_letters(connection: Connection, shell: Lane, target: Lane) -> None:
    """A letter the platform sends again stays known. There is nothing to say to it any more."""
    heard = {place.address.channel for place in addresses.places(connection, shell.id)}
    taken = select(
        literal(target.id), inbox.c.channel, inbox.c.account, inbox.c.key, inbox.c.received_at,
        inbox.c.version, literal(target.seq), literal(target.seq), literal("done"), inbox.c.tries,
    ).where(inbox.c.conversation == shell.id, inbox.c.channel.in_(heard))  # fmt: skip
    names = (
        "conversation",
        "channel",
        "account",
        "key",
        "received_at",
        "version",
        "seq",
        "last",
        "state",
        "tries",
    )
    connection.execute(insert(inbox).from_select(list(names), taken))


def _move_tickets(
    connection: Connection, vault: Vault, shell: Lane, target: Lane, now: datetime, random: ids.Random
) -> None:
    """Whoever asked for a person still gets one."""
    assert target.wrapped_key is not None
    box = vault.box(target.wrapped_key)
    rows = [
        ticket_rows.row_of(
            box,
            target.id,
            id_=ids.new_id(now, random),
            reason=each.reason,
            note=each.note,
            now=each.opened_at,
        )
        for each in ticket_rows.of_conversation(connection, vault, shell.id)
        if each.state == "open"
    ]
    ticket_rows.add(connection, rows)


def _move_addresses(connection: Connection, vault: Vault, shell: Lane, target: Lane, now: datetime) -> None:
    for place in addresses.places(connection, shell.id):
        if place.address.channel == WEB:  # its name is the conversation's: the target has one of its own
            gone = delete(address_rows).where(
                address_rows.c.channel == WEB, address_rows.c.user_id == place.address.user
            )
            connection.execute(gone)
            addresses.add(connection, _page(target.id), target.id, now)
        else:
            addresses.move(connection, vault, place.address, target.id)


def _page(conversation: str) -> Address:
    return Address(WEB, "", conversation)


def _applicant(connection: Connection, lane: Lane) -> str:
    return conversations.applicant_of(connection, lane.id)
