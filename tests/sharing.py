"""How two workers share the tests: what stands on the same product or browser stays together.

xdist 3.8 has groups for that (`--dist loadgroup`), and pytest 9.2 ignores them without a word: every
product was started by each worker. Whatever is here may go once they understand each other again.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent
FOLDERS = ("tests/web",)  # one browser for all of a folder


class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # xdist tells mypy nothing of itself
    """Gives out what stays together first, the largest before the others; then test by test."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def together(nodeid: str) -> str:
    """Return what names the tests that one worker has to run; a test of its own names itself."""
    file = nodeid.partition("::")[0]
    folder = next((each for each in FOLDERS if file.startswith(f"{each}/")), "")
    return folder or (file if _shares(file) else nodeid)


@cache
def _shares(file: str) -> bool:
    """Say whether its tests have a fixture of the whole file: a product, a stage, a service."""
    path = ROOT / file
    return path.is_file() and 'scope="module"' in path.read_text(encoding="utf-8")
