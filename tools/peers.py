"""Install other people's clients of the platforms, for tests: `python -m tools.peers`.

They are npm packages, locked in tests/platforms/peers; nothing of the product needs them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.build_web import ROOT, BuildFailed, find_node, install_packages, is_installed

FOLDER = ROOT / "tests/platforms/peers"


def find() -> Path | None:
    """Return the folder with the packages when they are the locked ones, else None."""
    return FOLDER / "node_modules" if is_installed(FOLDER) else None


def main() -> int:
    try:
        install_packages(find_node(), FOLDER)
    except BuildFailed as failure:
        print(f"peers: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
