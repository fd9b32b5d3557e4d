"""The case as it is written in the session: reading it, changing it, saying where it stands in few words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from dialogs.calendar import ZONE, local_day, spoken
from dialogs.engine.talk import Talk
from dialogs.messages import News
from dialogs.script.filings import Filing, filing
from dialogs.turn import TrackCase

Case = Mapping[str, Any]


def change(talk: Talk, reference: str, **fields: Any) -> None:
    """Change fields of a case and write down where it is."""
    case = {**talk.session.cases[reference], **fields}
    talk.change(cases={**talk.session.cases, reference: case})
    if case.get("taken"):  # its own conversation does
        return
    talk.do(TrackCase(reference, case["number"], case["service"], case["state"], case["seq"]))


def title_of(talk: Talk, case: Case) -> str:
    """Return what the case is about, in the words of the applicant."""
    made = filing_of(talk, case)
    return talk.pick(made.title) if made else case["service"]


def filing_of(talk: Talk, case: Case) -> Filing | None:
    """Return what was handed in, None when its script is no longer known."""
    script = talk.world.library.scripts.get(case["script"])
    return filing(script, case.get("child", "")) if script else None


def number_of(reference: str, case: Case) -> str:
    """Return the number by which it is asked for: the office's, ours until there is one."""
    return case["number"] or reference


def about(talk: Talk, case: Case, text: str) -> str:
    """Return `text`, saying first which part of a package it is about."""
    title = title_of(talk, case)
    if not case.get("package") or title in text:
        return text
    return talk.words("progress.package_of", title=title, text=text)


def spoken_day(talk: Talk, day: str, *, provisional: bool = False) -> str:
    """Return a day of a case as people say it, "" for none. A provisional one says that it is."""
    if not day:
        return ""
    words = spoken(date.fromisoformat(day), talk.lang, talk.today)
    return talk.words("progress.provisional", day=words) if provisional else words


def spoken_moment(talk: Talk, at: str) -> str:
    """Return a time (ISO 8601) as people say it, with its day; "" for none."""
    if not at:
        return ""
    when = datetime.fromisoformat(at)
    return f"{spoken(local_day(when), talk.lang, talk.today)} {when.astimezone(ZONE):%H:%M}"


def due_day(talk: Talk, case: Case) -> str:
    """Return the day now promised, as people say it, "" for none."""
    return spoken_day(talk, case["due"], provisional=bool(case.get("provisional")))


def news_of(
    talk: Talk, reference: str, *, vital: bool, state: str = "", number: str = "", day: str = ""
) -> News:
    """Return the few words of a notice about a case as it stands, or as it is said to stand."""
    case = talk.session.cases[reference]
    return News(
        title=title_of(talk, case),
        number=number or case["number"] or reference,
        state=talk.words(f"progress.step_{state or case['state']}"),
        day=spoken_day(talk, day or talk.day),
        vital=vital,
        phone="" if case.get("agent") else case.get("phone", ""),  # a villager's is not the agent's
    )
