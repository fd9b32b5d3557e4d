"""A database full of people: conversations made in bulk, as the product itself would have written them.

Each has its own key, and stands where one template dialog stands: only the id differs. So a thousand
conversations cost 50 ms and a million less than a minute, and every one of them can go on talking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from benchmarks.engine import ANSWERS
from dialogs.codec import dumps
from dialogs.engine import advance
from dialogs.messages import Address, Inbound, Outbound
from dialogs.office import offices
from dialogs.script.loader import shipped
from dialogs.session import Session, dump
from dialogs.turn import Event, MessageReceived, Opened, Say
from dialogs.world import Library, World
from handlers.channels.webchat import CHANNEL
from handlers.channels.webchat_moves import token_of
from storage import bulk, schema
from storage.database import Database
from storage.flow import audit, inbox, outbox
from storage.ids import LENGTH, new_id
from storage.people import addresses, messages
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault, key_id

CHUNK = 5_000  # conversations in one transaction
NOBODY = "0" * LENGTH  # the id in the template
ROUND = (*ANSWERS, "重来", "1")  # to the first photo, and back to where everybody began

_CONVERSATION = (
    "id", "channel", "account", "user_id", "applicant", "state", "version", "owner", "seq", "pending",
    "opened_at", "touched_at", "audit_n", "audit_head",
)  # fmt: skip
_APPLICANT = ("id", "wrapped_key", "key_id", "created_at")
_LINK = ("conversation", "n", "at", "actor", "action", "seq", "detail", "hash")


@dataclass(frozen=True, slots=True)
class Template:
    """Where everybody stands: a session as bytes, and what the bot has said so far."""

    state: bytes
    said: tuple[bytes, ...]


def template(answers: Sequence[str] = ()) -> Template:
    """Return the template of people who have opened the chat and given `answers`."""
    now = datetime.now(UTC)
    world = World(Library.of(shipped()), offices(), now)
    events: list[Event] = [Opened(NOBODY, "zh-CN")]
    events += [MessageReceived(Inbound(f"t{n}", now, text)) for n, text in enumerate(answers)]
    session, said = Session(), []
    for event in events:
        turn = advance(world, session, event)
        session = turn.session
        said += [messages.body_of(e.message) for e in turn.effects if isinstance(e, Say)]
    return Template(dump(session), tuple(dumps(body) for body in said))


def at_the_photo() -> Template:
    """Return the template of people who are asked for the front of their identity card."""
    return template(ANSWERS)


async def fill(
    url: str, data: Path, count: int, stand: Template, places: Sequence[Address] = (), *, greet: bool = False
) -> list[str]:
    """Store `count` conversations in the database at `url`; return their tokens.

    data: the folder of the product that will serve them; its key ring is made if need be.
    places: where they are gone on with, one for each; none: on our own page.
    greet: have a word to each of them wait to be sent.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    vault = Vault(KeyRing.read_or_create(data / "master.key"))
    database = await Database.open(url, migrate=True)
    made: list[str] = []
    try:
        while len(made) < count:
            rows = _Rows()
            for _ in range(min(CHUNK, count - len(made))):
                made.append(rows.add(vault, stand, places[len(made)] if places else None, greet=greet))
            await database.run(rows.write)
    finally:
        await database.close()
    return [token_of(vault, conversation) for conversation in made]


class _Rows:
    """The rows of one chunk."""

    def __init__(self) -> None:
        self._at = datetime.now(UTC) - timedelta(minutes=1)
        self._applicants: list[bulk.Row] = []
        self._conversations: list[bulk.Row] = []
        self._inbox: list[bulk.Row] = []
        self._messages: list[bulk.Row] = []
        self._audit: list[bulk.Row] = []
        self._addresses: list[bulk.Row] = []
        self._orders: list[bulk.Row] = []

    def add(self, vault: Vault, stand: Template, place: Address | None, *, greet: bool) -> str:
        """Add one person; return the id of his conversation."""
        at, applicant, id_ = self._at, new_id(self._at), new_id(self._at)
        wrapped = vault.new_key()
        box, seq = vault.box(wrapped), len(stand.said)
        vault.forget(wrapped)
        bodies = [box.seal(body, f"messages.body:{id_}:{n}".encode()) for n, body in enumerate(stand.said, 1)]
        state = stand.state.replace(NOBODY.encode(), id_.encode())
        sealed = box.seal(state, f"conversations.state:{id_}".encode())
        detail = audit.digest(bodies)
        head = audit.link(audit.START, 1, at, "applicant", "Opened", seq, detail)
        self._applicants.append((applicant, wrapped, key_id(wrapped).hex(), at))
        where = (place.channel, place.account, place.user) if place else (CHANNEL, "", id_)
        self._conversations.append((id_, *where, applicant, sealed, 1, "bot", seq, 0, at, at, 1, head))
        self._addresses.append((*where, id_, at, at, False, at, 0, None, 0))
        self._inbox.append((id_, CHANNEL, "", "opened", at, 1, 0, seq, "done", None, 1, None, None))
        self._messages += [(id_, n, at, "bot", body) for n, body in enumerate(bodies, 1)]
        if greet:
            word = Say(Outbound("您好，还在吗？"))
            row = outbox.row_of(box, id_, word, id_=new_id(at), place=1, key="1", cause="greet", now=at)
            self._orders.append(row)
        self._audit.append((id_, 1, at, "applicant", "Opened", seq, detail, head))
        return id_

    def write(self, connection: Connection) -> None:
        """Insert everything."""
        bulk.insert(connection, schema.applicants, _APPLICANT, self._applicants)
        bulk.insert(connection, schema.conversations, _CONVERSATION, self._conversations)
        bulk.insert(connection, schema.addresses, addresses.COLUMNS, self._addresses)
        bulk.insert(connection, schema.outbox, outbox.COLUMNS, self._orders)
        bulk.insert(connection, schema.inbox, inbox.COLUMNS, self._inbox)
        bulk.insert(connection, schema.messages, messages.COLUMNS, self._messages)
        bulk.insert(connection, schema.audit, _LINK, self._audit)
