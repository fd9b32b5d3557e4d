"""The house: imports run one way, the core does no I/O, nothing belongs to one machine only."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dialogs.wording import LANGUAGES, catalogue

ROOT = Path(__file__).resolve().parent.parent

# Who may import whom, of our own packages. `intake` is another service: the contract is all they share.
MAY_IMPORT = {
    "dialogs": {"dialogs"},
    "storage": {"dialogs", "storage"},
    "handlers": {"dialogs", "storage", "handlers"},
    "bot": {"dialogs", "storage", "handlers", "bot"},
    "intake": {"intake"},
}
OURS = {*MAY_IMPORT, "tests", "tools", "benchmarks"}

# What a pure core must not know: the clock, chance, the network, the machine.
_NETWORK = "aiohttp asyncio asyncpg http socket urllib"
_MACHINE = "io os random secrets shutil signal sqlalchemy sqlite3 structlog subprocess tempfile time uuid"
IMPURE = set(f"{_NETWORK} {_MACHINE}".split())
CLOCKS = {"now", "utcnow", "today"}

MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:root|work|home/\w+|Users/\w+|opt/pypi\w*)/|[A-Z]:\\\\?Users")
BINARY = {".png", ".jpg", ".jpeg", ".webp", ".heic", ".ico", ".woff2"}


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, top-level package) of every import, also those inside functions."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module.split(".")[0]


def places(package: str, forbidden: set[str]) -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in modules(package)
        for line, name in imported(file)
        if name in forbidden
    ]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_one_way(package: str) -> None:
    assert places(package, OURS - MAY_IMPORT[package]) == []


def test_the_core_knows_no_clock_no_chance_no_network() -> None:
    assert places("dialogs", IMPURE) == []


def test_the_core_is_told_the_time() -> None:
    asked = [
        f"{file.relative_to(ROOT)}:{node.lineno} asks {ast.unparse(node.func)}()"
        for file in modules("dialogs")
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and ast.unparse(node.func.value).split(".")[-1] in ("datetime", "date")
    ]

    assert asked == []


@pytest.mark.parametrize("package", [*MAY_IMPORT, "tools", "benchmarks"])
def test_every_module_says_what_it_is_for(package: str) -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in modules(package)
        if tree(file).body and not ast.get_docstring(tree(file))
    ]

    assert silent == []


@cache
def kept() -> list[Path]:
    """Return the files that are in the repository, or would be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git work tree: nothing tells the product's files from built ones")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_nothing_belongs_to_one_machine_only() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for file in kept()
        if file.suffix not in BINARY and file != Path(__file__).resolve()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if MACHINE_PATHS.search(line)
    ]

    assert found == []


def test_what_is_built_is_not_kept() -> None:
    built = [
        str(f.relative_to(ROOT)) for f in kept() if {"static", "node_modules", "var", ".venv"} & set(f.parts)
    ]

    assert built == []


def placeholders(sentence: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", sentence))


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_every_sentence_is_there_in_every_language(key: str) -> None:
    words = catalogue()[key]

    assert set(words) == set(LANGUAGES)
    assert all(isinstance(each, str) and each.strip() for each in words.values())
    assert len({tuple(placeholders(each)) for each in words.values()}) == 1
