"""Starting what is measured: the product, the limit programs, and a PostgreSQL that keeps its word."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import aiohttp
import asyncpg

from tests import postgres
from tests.ports import free_port
from tests.product import Product, until

# An intake service that is not there: nothing here is handed in, and no second process is started.
WITHOUT_INTAKE = {
    "ZEROTRIP_INTAKE_URL": "http://127.0.0.1:9",
    "ZEROTRIP_INTAKE_TOKEN": "nobody-listens-there-0123456789abcdef",
    "ZEROTRIP_INTAKE_WEBHOOK_SECRET": "whsec_bm9ib2R5LWxpc3RlbnMtdGhlcmUtMDEyMzQ1Njc4OTAxMg==",
    "ZEROTRIP_LOG_LEVEL": "warning",
}
# fsync stays on: what is acknowledged must be on the disk, or group commit would gain nothing.
OPTIONS = "-c max_connections=60 -c shared_buffers=512MB -c jit=off -c listen_addresses=''"


@asynccontextmanager
async def product(
    folder: Path, database: str = "", environment: Mapping[str, str] = WITHOUT_INTAKE
) -> AsyncIterator[Product]:
    """Run `zerotrip serve`, its data in folder/data."""
    running = Product(folder, database, environment=environment)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


@asynccontextmanager
async def limit(kind: str, data: Path, database: str = "") -> AsyncIterator[tuple[int, int]]:
    """Run a limit program; yield its port and its process id."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.limits", kind, str(port), str(data), database
    )
    try:
        await until(lambda: _alive(port), f"the {kind} limit to come up", 60)
        yield port, process.pid
    finally:
        process.kill()
        await process.wait()


def cpu_seconds(process: int) -> float:
    """Return the processor time a process has used so far."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(process: int) -> float:
    """Return the memory a process holds, in MB."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _alive(port: int) -> bool:
    with suppress(aiohttp.ClientError, OSError):
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/livez") as got:
            return got.status == 200
    return False


@contextmanager
def durable_postgres() -> Iterator[Path]:
    """Run a PostgreSQL of our own; yield the folder of its socket."""
    programs, owner = postgres.binaries(), postgres.server_user()
    folder = Path(tempfile.mkdtemp(prefix="zerotrip-bench-"))
    if owner:
        shutil.chown(folder, owner.pw_uid, owner.pw_gid)
    data, log = folder / "data", folder / "log"
    words = ("-U", "zerotrip", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    try:
        postgres.run_server(programs / "initdb", "-D", data, *words)
        options = f"{OPTIONS} -c unix_socket_directories='{folder}'"
        postgres.run_server(programs / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
        try:
            yield folder
        finally:
            postgres.run_server(programs / "pg_ctl", "-D", data, "-m", "fast", "-w", "stop", check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def new_database(server: Path) -> str:
    """Return the URL of a new, empty database."""
    name = f"b{uuid4().hex[:12]}"
    connection = await asyncpg.connect(host=str(server), user="zerotrip", database="postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return f"postgresql://zerotrip@/{name}?host={server}"
