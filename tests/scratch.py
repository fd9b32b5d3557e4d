"""Where tests keep what they make: in memory, where the machine has room for it.

A run makes and deletes some hundred thousand files, databases most of all. On a disk half of what
PostgreSQL works is then ext4 looking for free inodes: it walks past all it has freed in five seconds.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes; a run needs a fourth of it, and containers often have 64 MB


def use() -> None:
    """Have temporary files made in memory, in this process and its children, unless TMPDIR says where."""
    if "TMPDIR" not in os.environ and _has_room():
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def _has_room() -> bool:
    return os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
