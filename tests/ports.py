"""Ports for tests: each is given once, to one process, for as long as that lives.

A port asked of the system and let go (bind to 0) may be given to somebody else before it is used, or be the
near end of somebody's call just when a service that was killed wants it back. So these lie below what the
system gives away by itself, and whoever takes one holds a lock on it that ends with the process.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import IO

OURS = range(20_000, 32_000)  # Linux gives away 32768 and above, the IANA 49152
_LOCKS = Path("/tmp") / f"zerotrip-ports-{os.getuid()}"  # whatever TMPDIR says: ports are the machine's


def free_port() -> int:
    """Return a port on which nobody listens, and which nobody else is given."""
    return next(port for port in _candidates() if _locked(port) and _free(port))


@cache
def _candidates() -> Iterator[int]:
    """Go round from a place of our own, so that processes seldom try the same."""
    begin = os.getpid() * 101 % len(OURS)
    return islice(cycle(OURS), begin, None)


@cache
def _locks() -> IO[bytes]:
    """The file of all locks: byte n stands for port n. It stays open: closing it would end ours."""
    return _LOCKS.open("ab")


def _locked(port: int) -> bool:
    with suppress(BlockingIOError, PermissionError):
        fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        return True
    return False


def _free(port: int) -> bool:
    with socket.socket() as here, suppress(OSError):
        here.bind(("127.0.0.1", port))
        return True
    return False
