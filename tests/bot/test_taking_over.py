"""Whose deliveries a worker may take over at once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bot.worker import _died

MINE = f"here:{os.getpid()}"


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_process_of_this_machine_that_is_gone_is_taken_over(dead: int) -> None:
    assert _died(f"here:{dead}", MINE)


def test_one_that_lives_or_is_elsewhere_is_not(dead: int) -> None:
    assert not _died(f"here:{os.getppid()}", MINE)
    assert not _died(f"there:{dead}", MINE)
