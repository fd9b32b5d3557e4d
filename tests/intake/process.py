"""The service as the operator starts it: a process of its own, which a test may kill."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.intake.world import SECRET, TOKEN
from tests.patience import PATIENCE


@contextlib.contextmanager
def served(folder: Path, **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `python -m intake serve` and yield the process and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "intake", "serve"],
        env=environment(folder, **more),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield process, line.split(" at ")[1].split(",")[0]
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("INTAKE_")},
        "INTAKE_DATA_DIR": str(folder),
        "INTAKE_TOKEN": TOKEN,
        "INTAKE_WEBHOOK_SECRET": SECRET,
        "INTAKE_PORT": "0",
        **more,
    }
