"""A yes of its own to words of weight, kept as they were said: a promise, a question to a department.

What is agreed to is kept under all stations of the paper in place of its photos: the very words, their
SHA-256 and the time. A bare 好 to something else must not count, so only 同意 does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from dialogs.answers import plain
from dialogs.engine.flow import asked, keep
from dialogs.engine.notice import pages
from dialogs.engine.talk import PERSON, Floor, Said, Talk
from dialogs.script.road import Station

_YES_OR_NO: Mapping[str, str] = {
    **dict.fromkeys(("同意", "我同意", "1", "agree", "i agree"), "agree"),
    **dict.fromkeys(("不同意", "我不同意", "2", "不", "不要", "disagree", "no"), "disagree"),
}


def begin(talk: Talk, aside: str, station: Station, text: str) -> None:
    """Ask whether he agrees to `text`, about the paper of `station`."""
    talk.change(aside={"is": aside, "key": station.key, "text": text})
    talk.next()


def floor(agreed: Callable[[Talk, Station, str], None], declined: Callable[[Talk, Station], None]) -> Floor:
    """Return who asks and hears. Where the road leads elsewhere since, neither is done."""

    def hear(talk: Talk, said: Said) -> None:
        aside = talk.session.aside or {}
        word = word_of(talk, said)
        if not word:
            return
        talk.change(aside=None)
        station = asked(talk)
        if station is not None and station.key == aside["key"]:
            agreed(talk, station, aside["text"]) if word == "agree" else declined(talk, station)
        talk.next()

    return Floor(ask, hear)


def word_of(talk: Talk, said: Said) -> str:
    """Return "agree" or "disagree"; "" when it was neither, and he has been told how to say it."""
    word = said.option or _YES_OR_NO.get(plain(said.text).strip(".!。 "), "")
    if word in ("agree", "disagree"):
        return word
    person = (PERSON, talk.words("engine.option_person"))
    talk.reject(talk.words("engine.consent_unclear"), [*_options(talk), person])
    return ""


def evidence(talk: Talk, text: str) -> dict[str, str]:
    """Return what is kept of the words he agreed to."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return {"text": text, "text_sha256": sha256, "at": talk.world.now.isoformat()}


def stands_in(value: Any) -> bool:
    """Say whether what is kept for a page is no photo, but words agreed to in its place."""
    return isinstance(value, dict) and ("deferred" in value or "lookup" in value)


def keep_for_paper(talk: Talk, station: Station, value: Mapping[str, Any]) -> None:
    """Keep `value` for every page of the paper."""
    for page in [each for each in pages(talk) if each.step is station.step]:
        keep(talk, page.key, value)


def _options(talk: Talk) -> list[tuple[str, str]]:
    return [("agree", talk.words("engine.agree")), ("disagree", talk.words("engine.disagree"))]


def ask(talk: Talk) -> None:
    """Put the words he is to agree to."""
    talk.ask((talk.session.aside or {})["text"], _options(talk))
