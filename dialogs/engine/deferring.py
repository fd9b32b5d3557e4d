"""容缺: a paper the script lets him owe is promised, with the consequence and the day told before he agrees.

What he agrees to is kept in place of its photos (consenting). Only whole papers are owed, and never one the
script does not name as deferrable.
Source: 浙江省保障"最多跑一次"改革规定 第十一条; the day: promise minus 2 working days, at most 20 (Shenzhen).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from dialogs.answers import plain
from dialogs.calendar import local_day, spoken
from dialogs.engine import consenting
from dialogs.engine.notice import pages, ready
from dialogs.engine.talk import Floor, Talk
from dialogs.engine.villagers import label, whose
from dialogs.script import Item, Material
from dialogs.script.road import Station

ASIDE = "defer"
BEFORE_PROMISE, MOST_DAYS = 2, 20  # working days

_NOT_HERE = re.compile(
    r"没带|没有带|没拿|忘带|忘了带|不在身边|不在手边|先欠|欠着|先办后补|容缺|以后补|后面补|晚点补|过几天|"
    r"还没(?:有|办|拿|领)|找不到|丢了|\b(?:owe|don'?t have|not with me|bring it later)\b"
)


def can(talk: Talk, station: Station) -> bool:
    """Say whether the paper of this page may be owed: by the script, and with none of it taken yet."""
    material = station.step
    return isinstance(material, Material) and material.deferrable and untouched(talk, station)


def untouched(talk: Talk, station: Station) -> bool:
    """Say whether nothing of the paper has been taken, and nothing else is being talked about."""
    material = station.step
    if talk.session.aside:
        return False
    taken = {*talk.session.answers, *talk.session.judging.values()}
    return not any(page.step is material and page.key in taken for page in pages(talk))


def is_meant(text: str) -> bool:
    """Say whether he tells that he does not have the paper with him."""
    return _NOT_HERE.search(plain(text)) is not None


def is_promise(value: Any) -> bool:
    """Say whether what is kept for a page is a promise, and no photo."""
    return isinstance(value, dict) and "deferred" in value


def offer(talk: Talk, station: Station) -> None:
    """Ask for the promise; where an earlier one was found broken today, say why there is none."""
    material = station.step
    assert isinstance(material, Material)
    if any(_blocked_today(talk, case) for case in talk.session.cases.values()):
        talk.say("engine.defer_blocked", title=talk.pick(material.title))
        talk.again()
        return
    day = spoken(by(talk, material.id), talk.lang, talk.today)
    text = talk.words("engine.defer_offer", title=talk.pick(material.title), day=day)
    consenting.begin(talk, ASIDE, station, text)


def _blocked_today(talk: Talk, case: Mapping[str, Any]) -> bool:
    """Whether a clerk has cleared it since, only the office knows: so the next day he may try again."""
    ended = case["ended"]
    if not _of_same_person(talk, case):
        return False
    return bool(case.get("blocked") and ended) and local_day(datetime.fromisoformat(ended)) == talk.today


def _of_same_person(talk: Talk, case: Mapping[str, Any]) -> bool:
    """Say whether it is the case of whom this errand is for: an agent's villagers answer for themselves."""
    answers = talk.session.answers
    if not answers.get("agent"):
        return not case.get("agent")
    name, number = str(answers.get("name", "")), str(answers.get("id_number", ""))
    return bool(name) and whose(case) == label(talk, name, number)


def by(talk: Talk, paper: str) -> date:
    """Return the last day for a paper promised now. In a package the first of those who want it sets it."""
    return min(last_day(talk, filing.item) for filing in ready(talk) if filing.takes(paper))


def last_day(talk: Talk, item: Item) -> date:
    """Return the last day an item leaves for it; he has a working day in any case.

    Counted as if the office accepted today: it may leave more than he agreed to, never less.
    """
    office, now, promised = talk.world.offices[item.office], talk.world.now, item.limits.promised
    before = office.calendar.before(office.due(now, promised.days, promised.kind).day, BEFORE_PROMISE)
    latest, soonest = (office.due(now, days, "working").day for days in (MOST_DAYS, 1))
    return max(soonest, min(before, latest))


def promises(talk: Talk) -> dict[str, dict[str, Any]]:
    """Return what is promised on the road, paper -> the contract's Promise."""
    found: dict[str, dict[str, Any]] = {}
    for page in pages(talk):
        value, material = talk.session.answers.get(page.key), page.step
        if value and is_promise(value) and isinstance(material, Material):
            told = {name: value[name] for name in ("text", "text_sha256", "at")}
            found[material.id] = {"material": material.id, "title": talk.pick(material.title), **told}
    return found


# The promise


def _promise(talk: Talk, station: Station, text: str) -> None:
    consenting.keep_for_paper(talk, station, {"deferred": True, **consenting.evidence(talk, text)})


def _decline(talk: Talk, _: Station) -> None:
    talk.say("engine.defer_declined")


def take_back(talk: Talk, station: Station) -> None:
    """A photo has come for a promised paper: its other pages are asked for, too."""
    answers = talk.session.answers
    paper = [page.key for page in pages(talk) if page.step is station.step and page.key != station.key]
    owed = {key for key in paper if consenting.stands_in(answers.get(key))}
    if owed:
        talk.change(answers={key: value for key, value in answers.items() if key not in owed})


FLOORS: Mapping[str, Floor] = {ASIDE: consenting.floor(_promise, _decline)}
