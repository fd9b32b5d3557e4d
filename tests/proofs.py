"""Names of proofs in the pages that claim something: a test, or a whole conversation."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
NAMED = re.compile(r"`([^`]+)`")


def rows(page: str, first: str) -> list[list[str]]:
    """Return the cells of every row of docs/<page>.md whose first cell looks like `first`."""
    text = (TESTS.parent / "docs" / f"{page}.md").read_text(encoding="utf-8")
    return [line.strip("|").split("|") for line in text.splitlines() if re.match(rf"\| {first}", line)]


def exists(name: str) -> bool:
    """Say whether `folder/test_file::test_name` or `journeys/name` is there."""
    file, _, test = name.partition("::")
    if not test:
        return (TESTS / f"{file}.yaml").is_file()
    path = TESTS / f"{file}.py"
    found = rf"(def {test}\(|^{test}\b)"
    return path.is_file() and re.search(found, path.read_text("utf-8"), re.MULTILINE) is not None
