"""A county-level division, by name, by part of the way down to it, or by code."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dialogs.answers.cleaning import plain
from dialogs.answers.verdict import Accepted, Answer, Asked, Rejected, no
from dialogs.regions import alike, atlas, bare, by_name, full_name, is_known
from dialogs.script import Region

MOST_OFFERS = 8  # more than fit on a small screen are no help; then we ask for more words

_LEAD = re.compile(
    r"^(?:我的?|老家|户口|户籍|家|住)*(?:就?是|在)?|(?:的人|那边|那里|人|的)$|[\s,，.。、/>-]+"
)


def read_region(asked: Asked[Region], text: str, option: str) -> Answer:
    """Read a county, district or county-level city; kept as its six-digit code."""
    said = _LEAD.sub("", plain(option or text))[:60]
    if said.isascii() and said.isdigit():
        return _accepted(said) if is_known(said) else no("region_code")
    if len(said) < 2:
        return no("region_unclear")
    found = _named(said)
    if len(found) == 1:
        return _accepted(found[0])
    return _offered(found) if found else _nearly(said)


def show_region(asked: Asked[Region], value: str, masked: bool) -> str:
    return full_name(value)


def _accepted(code: str) -> Answer:
    return Accepted(code, () if code in atlas().counties else ("region-former",))


def _named(said: str) -> list[str]:
    """Return the counties the words may mean; present ones hide former ones of the same name."""
    ends = {said[place:] for place in range(len(said) - 1)}
    codes = dict.fromkeys(
        code for end in ends for code in by_name().get(end, ()) if _leads_to(said, end, code)
    )
    present = [code for code in codes if code in atlas().counties]
    exact = [code for code in present if said.endswith(atlas().counties[code])]
    return exact or present or list(codes)


def _leads_to(said: str, end: str, code: str) -> bool:
    """Say whether what stands before the county's name is a way to it: 浙江, 衢州市, 浙江省衢州市."""
    before = said.removesuffix(end)
    for name in atlas().path(code)[:-1]:
        for each in (name, bare(name), bare(name).removesuffix("市")):
            if each and before.startswith(each):
                before = before.removeprefix(each)
                break
    return not before


def _nearly(said: str) -> Rejected:
    """He named a city or province, or wrote the county by its sound."""
    counties = _counties_of(said)
    if counties:
        return _offered(counties, "region_county")
    similar = list(dict.fromkeys(alike(said)))
    return _offered(similar, "region_similar") if similar else no("region_unclear")


def _counties_of(said: str) -> list[str]:
    """Return the counties of the city, or of the province, that he named alone."""
    for level, digits in ((atlas().cities, 4), (atlas().provinces, 2)):
        for code, name in level.items():
            if said in (name, bare(name)) or (digits == 4 and said == atlas().provinces[code[:2]] + name):
                return [county for county in atlas().counties if county.startswith(code)]
    return []


def _offered(codes: Iterable[str], sentence: str = "region_several") -> Rejected:
    offers = tuple((code, full_name(code)) for code in codes)
    if len(offers) > MOST_OFFERS:
        return no("region_many")
    names = [atlas().path(code)[-1] if sentence == "region_county" else name for code, name in offers]
    return Rejected(f"answers.{sentence}", {"places": "、".join(names)}, offers)
