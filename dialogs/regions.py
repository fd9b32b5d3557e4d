"""The divisions of the country down to counties (GB/T 2260): regions.json, built by tools.build_regions."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

_KINDS = (
    "特别行政区",
    "自治区",
    "自治州",
    "自治县",
    "自治旗",
    "林区",
    "地区",
    "省",
    "市",
    "县",
    "区",
    "旗",
    "盟",
)


@dataclass(frozen=True, slots=True)
class Atlas:
    """All divisions: provinces (2 digits), cities (4), counties (6); `former` ones are still on cards."""

    provinces: Mapping[str, str]
    cities: Mapping[str, str]
    counties: Mapping[str, str]
    former: Mapping[str, str]

    def path(self, code: str) -> tuple[str, ...]:
        """Return the names from province to county: 浙江省, 衢州市, 常山县; a repeated one only once."""
        county = self.counties.get(code) or self.former.get(code, "")
        names = (self.provinces.get(code[:2], ""), self.cities.get(code[:4], ""), county)
        return tuple(name for name in dict.fromkeys(names) if name)


@cache
def atlas() -> Atlas:
    """Return all divisions; read once, 80 kB."""
    return Atlas(
        **json.loads(resources.files("dialogs").joinpath("regions.json").read_text(encoding="utf-8"))
    )


def is_known(code: str) -> bool:
    """Say whether the six digits are, or once were, a county-level division."""
    all_of_them = atlas()
    return code in all_of_them.counties or code in all_of_them.former


def full_name(code: str) -> str:
    """Return 浙江省衢州市常山县 for 330822; the code itself when it is not known."""
    return "".join(atlas().path(code)) or code


def bare(name: str) -> str:
    """Return a division's name without its kind: 常山 for 常山县. One-character names keep it: 横县."""
    for kind in _KINDS:
        if name.endswith(kind) and len(name) - len(kind) >= 2:
            return name.removesuffix(kind)
    return name


@cache
def by_name() -> Mapping[str, Sequence[str]]:
    """Return the codes of counties, present and former, by full and by bare name."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, name in (*atlas().counties.items(), *atlas().former.items()):
        for each in {name, bare(name)}:
            found[each].append(code)
    return found


def alike(name: str) -> Sequence[str]:
    """Return the codes of counties that sound like `name`: keyboards offer 长山 for 常山."""
    sounds = [_sounds(each) for each in bare(name)]
    return [code for other, codes in by_name().items() if _sounds_like(other, sounds) for code in codes]


def _sounds_like(name: str, sounds: Sequence[frozenset[str]]) -> bool:
    return len(name) == len(sounds) and all(
        sound & _sounds(each) for each, sound in zip(name, sounds, strict=True)
    )


@cache
def _sounds(character: str) -> frozenset[str]:
    """Return every reading of one character, without tones."""
    from pypinyin import Style, pinyin  # a large dictionary: read when it is first wanted

    return frozenset(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
