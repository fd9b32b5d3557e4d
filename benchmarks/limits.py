"""What a good programmer writes by hand in an afternoon, for one dialog and nothing else: the limits.

    python -m benchmarks.limits echo|sqlite|postgres PORT DATA DATABASE

The same wire, the same tables, the same rows and bytes as the product, in one commit for all turns
that wait: inbox key, session, transcript, outbox, audit link. The bytes are taken from a dialog that the
product played, so nothing is decided, encrypted or hashed here. Bare aiohttp with uvloop and orjson,
the drivers without SQLAlchemy; the caller's token is checked, as anybody would have to.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

import asyncpg
import orjson
import uvloop
from aiohttp import web
from sqlalchemy import Connection, select

from benchmarks.crowd import ROUND
from dialogs.messages import Address, Inbound
from dialogs.office import offices
from dialogs.script.loader import shipped
from dialogs.turn import MessageReceived, Opened
from dialogs.world import Library
from handlers.turns import Decider
from storage import schema
from storage.database import Database
from storage.flow.outbox import MOVE
from storage.flow.turns import Arrival
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from storage.sqlite import CHECKPOINT_PAGES

FAR = timedelta(days=30)
_TIME = "%Y-%m-%d %H:%M:%S.%f"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one turn of the product wrote."""

    state: bytes
    messages: tuple[tuple[str, bytes], ...]  # sender, body
    orders: tuple[tuple[str, str, bytes], ...]  # kind, key, payload
    action: str
    detail: bytes
    hash: bytes


async def record(vault: Vault) -> list[Recorded]:
    """Play the enrolment in a database of its own; return what each turn after the first wrote."""
    with tempfile.TemporaryDirectory() as folder:
        decide = Decider(Library.of(shipped()), offices())
        database = await Database.open(
            f"sqlite:///{folder}/recorded.sqlite3", vault=vault, decide=decide, migrate=True
        )
        here = await database.conversation(Address("webchat", "", "recorded"))
        now, turns, seen = datetime.now(UTC), [], 0
        for n, text in enumerate(("", *ROUND)):
            event = MessageReceived(Inbound(f"m{n}", now, text)) if text else Opened(here, "zh-CN")
            shown = {"text": text, "echo": f"m{n}"} if text else None
            taken = await database.take(Arrival(here, "webchat", "", f"m{n}", event, now, shown))
            turns.append(await database.read(lambda c, n=n, seen=seen: _written(c, here, f"m{n}", seen)))  # type: ignore[misc]
            seen = taken.last
        await database.close()
    return turns[1:]


def _written(connection: Connection, conversation: str, key: str, seen: int) -> Recorded:
    m, a, o = schema.messages.c, schema.audit.c, schema.outbox.c
    ordered = connection.execute(
        select(o.kind, o.key, o.payload).where(o.conversation == conversation, o.cause == key)
    ).all()
    bodies = connection.execute(
        select(m.sender, m.body).where(m.conversation == conversation, m.seq > seen).order_by(m.seq)
    ).all()
    linked = connection.execute(
        select(a.action, a.detail, a.hash).where(a.conversation == conversation).order_by(a.n.desc()).limit(1)
    ).one()
    state = connection.execute(
        select(schema.conversations.c.state).where(schema.conversations.c.id == conversation)
    ).scalar_one()
    return Recorded(state, tuple(map(tuple, bodies)), tuple(map(tuple, ordered)), *linked)


# The turns of a batch, written by hand for each driver

Job = tuple[str, str, "asyncio.Future[int]"]  # conversation, message id, seq

_FIND = "SELECT version, seq, audit_n, state FROM conversations WHERE id = ?"
_KNOWN = "SELECT seq FROM inbox WHERE conversation = ? AND channel = 'webchat' AND account = '' AND key = ?"
_INBOX = "INSERT INTO inbox VALUES (?, 'webchat', '', ?, ?, ?, ?, ?, 'done', NULL, 1, NULL, NULL)"
_SAVE = (
    "UPDATE conversations SET state = ?, version = ?, owner = 'bot', seq = ?, pending = 0, touched_at = ?, "
    "audit_n = ?, audit_head = ? WHERE id = ?"
)
_SAY = "INSERT INTO messages VALUES (?, ?, ?, ?, ?)"
_LINK = "INSERT INTO audit VALUES (?, ?, ?, 'applicant', ?, ?, ?, ?)"
_ORDER = (
    "INSERT INTO outbox (id, conversation, lane, place, kind, key, due_at, payload, cause, created_at, "
    "state, attempts, fence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'todo', 0, 0) " + MOVE
)


class Rows:
    """The rows of one batch."""

    def __init__(self, script: Sequence[Recorded], at: Any, far: Any) -> None:
        """`at`, `far`: now, and when the timers that are set are due, as the driver wants times."""
        self._script, self._at, self._far = script, at, far
        self.inbox: list[Any] = []
        self.saved: list[Any] = []
        self.said: list[Any] = []
        self.links: list[Any] = []
        self.orders: list[Any] = []

    def add(self, conversation: str, key: str, version: int, seq: int, audit_n: int) -> int:
        """Add the turn that follows `version`; return the number of the applicant's message."""
        turn, at = self._script[(version - 1) % len(self._script)], self._at
        last = seq + len(turn.messages)
        self.inbox.append((conversation, key, at, version + 1, seq + 1, last))
        self.saved.append((turn.state, version + 1, last, at, audit_n + 1, turn.hash, conversation))
        self.said += [
            (conversation, n, at, sender, body) for n, (sender, body) in enumerate(turn.messages, seq + 1)
        ]
        for kind, name, payload in turn.orders:
            lane, due = f"timer:{conversation}:{name}", self._far
            self.orders.append(
                (uuid4().hex[:26], conversation, lane, version * 1024, kind, name, due, payload, key, at)
            )
        self.links.append((conversation, audit_n + 1, at, turn.action, last, turn.detail, turn.hash))
        return seq + 1


class SqliteWriter:
    """A thread that takes everything that waits and commits it at once."""

    def __init__(self, script: Sequence[Recorded], path: str) -> None:
        self._script, self._path = script, path
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._serve, daemon=True).start()

    def put(self, job: Job) -> None:
        self._jobs.put(job)

    def _serve(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        for pragma in (
            "journal_mode=WAL", "synchronous=FULL", f"wal_autocheckpoint={CHECKPOINT_PAGES}"
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}")
        while True:
            jobs = [self._jobs.get()]
            try:
                while True:
                    jobs.append(self._jobs.get_nowait())
            except Empty:
                pass
            answers = self._commit(connection, jobs)
            self._loop.call_soon_threadsafe(_answer, jobs, answers)

    def _commit(self, connection: sqlite3.Connection, jobs: Sequence[Job]) -> list[int]:
        now = datetime.now(UTC)
        rows = Rows(self._script, now.strftime(_TIME), (now + FAR).strftime(_TIME))
        connection.execute("BEGIN IMMEDIATE")
        answers = []
        for conversation, key, _ in jobs:
            version, seq, audit_n, _ = connection.execute(_FIND, (conversation,)).fetchone()
            assert connection.execute(_KNOWN, (conversation, key)).fetchone() is None
            answers.append(rows.add(conversation, key, version, seq, audit_n))
        connection.executemany(_INBOX, rows.inbox)
        connection.executemany(_SAVE, rows.saved)
        connection.executemany(_SAY, rows.said)
        connection.executemany(_LINK, rows.links)
        connection.executemany(_ORDER, rows.orders)
        connection.execute("COMMIT")
        return answers


class PostgresWriter:
    """A task that does the same over one asyncpg connection."""

    def __init__(self, script: Sequence[Recorded], dsn: str) -> None:
        self._script, self._dsn = script, dsn
        self._jobs: asyncio.Queue[Job] = asyncio.Queue()
        self._task = asyncio.create_task(self._serve())

    def put(self, job: Job) -> None:
        self._jobs.put_nowait(job)

    async def _serve(self) -> None:
        connection = await asyncpg.connect(self._dsn)
        while True:
            jobs = [await self._jobs.get()]
            while not self._jobs.empty():
                jobs.append(self._jobs.get_nowait())
            _answer(jobs, await self._commit(connection, jobs))

    async def _commit(self, connection: Any, jobs: Sequence[Job]) -> list[int]:
        now = datetime.now(UTC)
        rows = Rows(self._script, now, now + FAR)
        wanted, keys = [job[0] for job in jobs], [job[1] for job in jobs]
        async with connection.transaction():
            found = {row[0]: row for row in await connection.fetch(_PG_FIND, wanted)}
            assert not await connection.fetch(_PG_KNOWN, wanted, keys)
            answers = [rows.add(c, key, *found[c][1:4]) for c, key, _ in jobs]
            for statement, values in (
                (_PG_INBOX, rows.inbox), (_PG_SAVE, rows.saved), (_PG_SAY, rows.said),
                (_PG_LINK, rows.links), (_PG_ORDER, rows.orders),
            ):  # fmt: skip
                if not values:
                    continue
                await connection.execute(statement, *map(list, zip(*values, strict=True)))
        return answers


_PG_FIND = (
    "SELECT id, version, seq, audit_n, state FROM conversations WHERE id = ANY($1) ORDER BY id FOR UPDATE"
)
_PG_KNOWN = (
    "SELECT i.seq FROM unnest($1::text[], $2::text[]) AS w(c, k) JOIN inbox i ON i.conversation = w.c "
    "AND i.channel = 'webchat' AND i.account = '' AND i.key = w.k"
)
_PG_INBOX = (
    "INSERT INTO inbox (conversation, channel, account, key, received_at, version, seq, last, state, tries) "
    "SELECT c, 'webchat', '', k, at, v, s, l, 'done', 1 FROM unnest($1::text[], $2::text[], "
    "$3::timestamptz[], $4::int[], $5::int[], $6::int[]) AS r(c, k, at, v, s, l)"
)
_PG_SAVE = (
    "UPDATE conversations t SET state = r.st, version = r.v, owner = 'bot', seq = r.s, pending = 0, "
    "touched_at = r.at, audit_n = r.n, audit_head = r.h FROM unnest($1::bytea[], $2::int[], $3::int[], "
    "$4::timestamptz[], $5::int[], $6::bytea[], $7::text[]) AS r(st, v, s, at, n, h, c) WHERE t.id = r.c"
)
_PG_SAY = (
    "INSERT INTO messages (conversation, seq, at, sender, body) SELECT * FROM "
    "unnest($1::text[], $2::int[], $3::timestamptz[], $4::text[], $5::bytea[])"
)
_PG_LINK = (
    "INSERT INTO audit (conversation, n, at, action, seq, detail, hash, actor) SELECT *, 'applicant' FROM "
    "unnest($1::text[], $2::int[], $3::timestamptz[], $4::text[], $5::int[], $6::bytea[], $7::bytea[])"
)
_PG_ORDER = (
    "INSERT INTO outbox (id, conversation, lane, place, kind, key, due_at, payload, cause, created_at, "
    "state, attempts, fence) SELECT *, 'todo', 0, 0 FROM unnest($1::text[], $2::text[], $3::text[], "
    "$4::bigint[], $5::text[], $6::text[], $7::timestamptz[], $8::bytea[], $9::text[], $10::timestamptz[]) "
    + MOVE
)


def _answer(jobs: Sequence[Job], answers: Sequence[int]) -> None:
    for (_, _, future), seq in zip(jobs, answers, strict=True):
        future.set_result(seq)


# The server


def make_app(blind: Callable[[str], str], put: Callable[[Job], None] | None) -> web.Application:
    """Return the bare application; without `put` it only echoes."""

    async def message(request: web.Request) -> web.Response:
        body = orjson.loads(await request.read())
        conversation, _, mark = request.headers["Authorization"][7:].partition(".")
        if not hmac.compare_digest(mark, blind(conversation)):
            return web.Response(status=401)
        seq = 1
        if put is not None:
            future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            put((conversation, body["id"], future))
            seq = await future
        return web.Response(body=orjson.dumps({"seq": seq}), status=202, content_type="application/json")

    async def livez(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app = web.Application()
    app.add_routes([web.post("/chat/api/messages", message), web.get("/livez", livez)])
    return app


async def serve(kind: str, port: int, data: Path, database: str) -> None:
    """Serve until killed."""
    vault = Vault(KeyRing.read_or_create(data / "master.key"))
    put = None
    if kind != "echo":
        script = await record(vault)
        writer: SqliteWriter | PostgresWriter
        writer = SqliteWriter(script, database) if kind == "sqlite" else PostgresWriter(script, database)
        put = writer.put
    app = make_app(lambda conversation: vault.blind("webchat.token", conversation).hex(), put)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    os.umask(0o077)
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4]))
