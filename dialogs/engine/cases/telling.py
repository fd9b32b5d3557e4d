"""News in words: which sentence, and what stands in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dialogs.calendar import local_day
from dialogs.engine.cases import again, packages
from dialogs.engine.cases.book import Case, due_day, news_of, spoken_day, title_of
from dialogs.engine.cases.buttons import offer
from dialogs.engine.cases.card import card
from dialogs.engine.cases.reports import USUAL_STAGES, Report
from dialogs.engine.talk import Talk
from dialogs.turn import ProgressReported

METHODS: Mapping[str, str] = {  # how a result is handed over, by the office's words
    "电子送达": "electronic",
    "邮寄": "courier",
    "自取": "pickup",
    "代办员签收": "agent",
    **{name: name for name in ("electronic", "courier", "pickup", "agent")},
}
KEPT = ("withdrawn", "deemed_withdrawn", "denied", "not_accepted", "acceptance_revoked")


def tell(talk: Talk, event: ProgressReported, report: Report) -> None:
    """Push the news in one sentence or two; where the case has ended without its result, with 再申请."""
    reference, data = event.reference, event.data
    case = talk.session.cases[reference]
    dayless = report.dayless and not case["due"]
    text = talk.words(
        _sentence(event, report) + ("_without_day" if dayless else ""),
        **{name: data.get(name, "") for name in ("why", "how", "rights", "note", "reason", "amount")},
        number=case["number"],
        title=title_of(talk, case),
        day=due_day(talk, case),
        since=spoken_day(talk, str(data.get("since", ""))),
        phone=talk.phone,
        until=spoken_day(talk, data.get("until", ""), provisional=bool(data.get("provisional"))),
        kept=spoken_day(talk, again.kept_until(case)),
        stage=_at_level(talk, data),
        method=_method(talk, data),
        link=data.get("link", ""),
        carrier=data.get("carrier", ""),
        tracking=data.get("tracking_no", ""),
        paper=paper_title(talk, case, str(data.get("material", ""))),
    )
    text = packages.within(talk, reference, _without_gaps(text), vital=report.vital)
    news = news_of(talk, reference, vital=report.vital, day=local_day(event.occurred_at).isoformat())
    if case["state"] in KEPT and again.can(talk, case):
        offer(talk, reference, "again", text, card(talk, reference), news)
    else:
        talk.tell(text, card(talk, reference), news)


def _without_gaps(text: str) -> str:
    """Return the sentence without the lines for which there was nothing to say, as rights not named."""
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip())


def _sentence(event: ProgressReported, report: Report) -> str:
    """Return the key of the sentence: some events have more than one."""
    data = event.data
    if event.type == "stage_changed" and data.get("stage", "") not in USUAL_STAGES:
        return "progress.stage"
    if event.type == "suspended" and not data.get("until"):
        return "progress.suspended_open"
    if event.type == "payment_due" and not official(str(data.get("link", ""))):
        return "progress.payment_due_unlinked"
    return report.say


def official(link: str) -> bool:
    """Say whether a link leads to a government site: nobody is sent elsewhere with his money."""
    return _OFFICIAL.fullmatch(link) is not None


# No user name, no port, nothing but plain characters: what looks like a government site is one.
_OFFICIAL = re.compile(r"https://(?:[a-z0-9-]+\.)+gov\.cn(?:/[\x21-\x7e]*)?")


def _at_level(talk: Talk, data: Mapping[str, Any]) -> str:
    """Return the stage with who has it: 县里：核对缴费年限."""
    level, stage = str(data.get("level", "")), str(data.get("stage", ""))
    return talk.words(f"progress.level_{level}", stage=stage) if level in tuple("23456") else stage


def _method(talk: Talk, data: Mapping[str, Any]) -> str:
    known = METHODS.get(str(data.get("method", "")))
    return talk.words(f"progress.method_{known}") if known else ""


def paper_title(talk: Talk, case: Case, material: str) -> str:
    """Return a paper's title, by the case's script."""
    script = talk.world.library.scripts.get(case["script"])
    found = [each for each in script.materials if each.id == material] if script else []
    return talk.pick(found[0].title) if found else material
