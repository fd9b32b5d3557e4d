"""Other people's clients of the platforms (npm packages), against which ours and the fakes are tried.

`python -m tools.needs peers` installs them; `make test` does.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools.build_web import find_node
from tools.peers import find

HERE = Path(__file__).parent


def ask(script: str, tasks: Sequence[Any]) -> list[Any]:
    """Let a script of this folder do `tasks`, which go in and come out as JSON; return its results."""
    if find() is None:
        pytest.skip("the npm packages are not installed: python -m tools.needs peers")
    done = subprocess.run(
        [find_node().node, "--no-deprecation", HERE / script],
        input=json.dumps(list(tasks)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results: list[Any] = json.loads(done.stdout)
    return results
