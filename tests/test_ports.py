"""No port is given twice, whoever asks."""

from __future__ import annotations

import subprocess
import sys

from tests.ports import OURS, free_port
from tests.product import ROOT

ASK = "from tests.ports import free_port; print(*(free_port() for _ in range(20))); input()"


def test_no_two_processes_are_given_the_same_port() -> None:
    both = [
        subprocess.Popen(
            [sys.executable, "-c", ASK], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    given = [int(port) for each in both if each.stdout for port in each.stdout.readline().split()]
    given += [free_port() for _ in range(20)]
    for each in both:
        each.communicate("\n")

    assert len(set(given)) == len(given) == 60
    assert set(given) <= set(OURS)
