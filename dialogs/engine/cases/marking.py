"""Hearing a mark: as the question asked, beside another errand, once more after a follow-up.

A mark is never owed. Anything that is none is taken for what it says; while an errand asks, a bare number
is that errand's answer unless its question wants neither a number nor an option.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from dialogs.answers import plain
from dialogs.engine import browsing
from dialogs.engine.cases.book import change, news_of, spoken_day, title_of
from dialogs.engine.cases.buttons import nothing_is_asked
from dialogs.engine.cases.rating import offer, rate, say_rating
from dialogs.engine.flow import asked
from dialogs.engine.talk import Floor, Said, Talk, meant
from dialogs.engine.villagers import in_hand
from dialogs.turn import ProgressReported, Rate, SetTimer, TimerFired

REMIND_AFTER = timedelta(days=3)  # one reminder, then silence
REMINDER = "rating_reminder"

_MARK = re.compile(r"([1-5])(?:[\s,，。.、分:：]+(.*))?", re.DOTALL)
_SAID = re.compile(r"(?:评价|评分|评|打分|rate)\s*[:：]?\s*([1-5])(?:[\s,，。.、分:：]*(.*))?", re.DOTALL)


def requested(talk: Talk, event: ProgressReported) -> None:
    """The office asks for a mark: pass it on once, and remind of it once."""
    case = talk.session.cases[event.reference]
    change(talk, event.reference, seq=event.seq, rating=case["rating"] or "asked")
    if not case["rating"]:
        offer(talk, event.reference)
        talk.do(SetTimer(REMINDER, event.reference, talk.world.now + REMIND_AFTER))


def remind(talk: Talk, event: TimerFired) -> None:
    """Ask once more, unless there is a mark or a person talks with him."""
    case = talk.session.cases.get(event.key)
    if case is None or case["rating"] != "asked" or case.get("rating_reminded") or talk.with_clerk:
        return
    change(talk, event.key, rating_reminded=True)
    offer(talk, event.key)


def ask_again(talk: Talk) -> bool:
    """Ask for the mark that is not given yet, when nothing else is asked; False when there is none.

    The question may have passed him by: a notice on his phone cannot be answered.
    """
    reference = _awaited(talk)
    if not reference or not nothing_is_asked(talk):
        return False
    talk.change(aside={"is": "rating", "reference": reference})
    return True


# What follows a bad mark


def followed(talk: Talk, event: ProgressReported) -> None:
    """Tell that somebody sees to it, or how it was mended; then one more mark may be given."""
    change(talk, event.reference, seq=event.seq)
    case = talk.session.cases[event.reference]
    title, until = title_of(talk, case), str(event.data.get("rerate_until", ""))
    if event.type == "followup_opened":
        provisional = bool(event.data.get("provisional"))
        day = spoken_day(talk, str(event.data.get("contact_by", "")), provisional=provisional)
        text = talk.words("progress.followup_opened", title=title, day=day)
    elif until:
        change(talk, event.reference, rating="asked", rated=case["rating"], rerate_until=until)
        offer(talk, event.reference, str(event.data.get("result", "")))
        return
    else:
        text = talk.words("progress.followup_over", title=title)
    talk.tell(text, None, news_of(talk, event.reference, vital=True))


# Beside an errand


def heard_beside(talk: Talk, text: str) -> bool:
    """Take a typed mark while something else is asked; False when it is none, or may be an answer."""
    reference = _awaited(talk)
    if not reference or (talk.session.aside or {}).get("is") == "rating":
        return False
    said = plain(text)
    mark = _SAID.fullmatch(said) or (_MARK.fullmatch(said) if _takes_no_number(talk) else None)
    code = int(mark[1]) if mark else _marks(talk).get(text, 0)
    if not code:
        return False
    rate(talk, reference, code, (mark[2] or "").strip() if mark else "")
    if talk.session.script:
        talk.again()
    return True


def beside(talk: Talk) -> str:
    """Return the case whose mark a bare number is while an errand asks something else, "" for none."""
    return _awaited(talk) if _takes_no_number(talk) else ""


def _awaited(talk: Talk) -> str:
    """Return the case whose mark was asked for last and is not given, "" for none."""
    seen = in_hand(talk)
    waiting = [key for key, case in talk.session.cases.items() if key in seen and case["rating"] == "asked"]
    return waiting[-1] if waiting else ""


def _takes_no_number(talk: Talk) -> bool:
    """Say whether the present question could not be answered by a number."""
    station = asked(talk)
    if talk.session.aside or station is None or talk.session.wrong:
        return False
    return station.kind == "photo" or getattr(station.step, "kind", "") == "person-name"


# The floors


def _ask_rating(talk: Talk) -> None:
    reference = (talk.session.aside or {})["reference"]
    say_rating(talk, reference, talk.session.cases[reference])


def _hear_rating(talk: Talk, said: Said) -> None:
    reference = (talk.session.aside or {})["reference"]
    text = plain(said.text)
    mark = _MARK.fullmatch(text) or _SAID.fullmatch(text)
    code = int(mark[1]) if mark else _marks(talk).get(said.text, 0)
    if code:
        rate(talk, reference, code, (mark[2] or "").strip() if mark else "")
    else:
        talk.change(aside=None)
        browsing.hear_wish(talk, said)


def _marks(talk: Talk) -> dict[str, int]:
    return {talk.words(f"progress.rating_{code}"): code for code in range(1, 6)}


def _ask_words(talk: Talk) -> None:
    talk.ask(talk.words("progress.rated_badly"), _no_words(talk))


def _no_words(talk: Talk) -> list[tuple[str, str]]:
    return [("nothing", talk.words("progress.no_words"))]


def _hear_words(talk: Talk, said: Said) -> None:
    aside = talk.session.aside or {}
    words = said.text if said.text and not meant(said, _no_words(talk)) else ""
    if words:
        number = talk.session.cases[aside["reference"]]["number"]
        talk.do(Rate(aside["reference"], number, aside["code"], words))
    talk.change(aside={**aside, "is": "rating_named", "words": words})
    talk.next()


def _ask_named(talk: Talk) -> None:
    talk.ask(talk.words("progress.rated_badly_call"), _call(talk))


def _call(talk: Talk) -> list[tuple[str, str]]:
    return [
        ("call", talk.words("progress.rated_badly_call_yes")),
        ("no_call", talk.words("progress.rated_badly_call_no")),
    ]


def _hear_named(talk: Talk, said: Said) -> None:
    """Let him be called, which tells who he is; anything but a yes keeps him unknown."""
    aside = talk.session.aside or {}
    word = meant(said, _call(talk))
    if not word:
        talk.reject(talk.words("progress.rated_badly_call"), _call(talk))
        return
    if word == "call":
        number = talk.session.cases[aside["reference"]]["number"]
        talk.do(Rate(aside["reference"], number, aside["code"], aside.get("words", ""), named=True))
    talk.change(aside=None)
    talk.say("progress.rated_badly_noted")


FLOORS: Mapping[str, Floor] = {
    "rating": Floor(_ask_rating, _hear_rating),
    "rating_words": Floor(_ask_words, _hear_words),
    "rating_named": Floor(_ask_named, _hear_named),
}
