"""How each kind of station on the road asks, and what it does with what it hears."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from dialogs.answers import Accepted, is_place, plain, read, show, tidy, yes_or_no
from dialogs.engine import application, detours, guardian, on_behalf, papers, profile
from dialogs.engine.flow import asked, keep, place, put_away
from dialogs.engine.keeping import begin_draft
from dialogs.engine.notice import needs, notice
from dialogs.engine.talk import PERSON, Floor, Options, Said, Talk, meant
from dialogs.script import (
    AnyQuestion,
    Choice,
    Choices,
    Confirm,
    Ending,
    FreeText,
    Guide,
    Handoff,
    PersonName,
    Script,
)
from dialogs.script.road import CONSENT, READ_BACK, Station
from dialogs.turn import OpenTicket


def options(talk: Talk, question: AnyQuestion, script: Script | None = None) -> Options:
    """Return the options a question (of the present script) offers as buttons, in his language."""
    if isinstance(question, Choice | Choices):
        known = (script or talk.script).options(question, talk.today)
        return [(key, talk.pick(words)) for key, words in known.items()]
    if isinstance(question, Confirm):
        return [("yes", talk.words("engine.yes")), ("no", talk.words("engine.no"))]
    return []


def question_of(station: Station) -> AnyQuestion:
    return station.step  # type: ignore[return-value]  # only question stations get here


# A question of the script


def _ask_question(talk: Talk) -> None:
    station = asked(talk)
    assert station is not None
    question = question_of(station)
    if station.key in talk.session.dormant and not talk.session.aside:
        _ask_still_so(talk, station)
        return
    text = talk.pick(question.ask)
    if question.hint:
        text = f"{text}\n{talk.pick(question.hint)}"
    talk.ask(text, options(talk, question))


def _hear_question(talk: Talk, said: Said) -> None:
    station = asked(talk)
    assert station is not None
    question = question_of(station)
    again = station.key in talk.session.dormant and not talk.session.aside
    if again and _heard_still_so(talk, station, said):
        return
    if again and isinstance(question, Choice | Choices) and not said.option and is_place(said.text):
        talk.reject(talk.words("engine.yes_or_no"), _still_so(talk))  # of the list shown, not of the other
        return
    if detours.heard_first(talk, said.text, anything=isinstance(question, FreeText | PersonName)):
        return
    answer = read(question, said.text, said.option, script=talk.script, today=talk.today, lang=talk.lang)
    if isinstance(answer, Accepted):
        keep(talk, station.key, answer.value)
        _go_on(talk)
    elif detours.heard(talk, said.text):
        return
    elif again:  # one list of options at a time: a typed 1 means the first that is shown
        talk.reject(talk.words("engine.yes_or_no"), _still_so(talk))
    else:
        talk.reject(talk.words(answer.reason, **answer.values), answer.offers or options(talk, question))


def _go_on(talk: Talk) -> None:
    """Ask what is next; where a child applies, his guardian first."""
    if guardian.is_missing(talk):
        guardian.ask_for(talk)
    elif on_behalf.is_missing(talk):
        on_behalf.ask_for(talk)
    else:
        talk.next()


# An answer given before, whose question came back


def _ask_still_so(talk: Talk, station: Station) -> None:
    question = question_of(station)
    value = talk.session.dormant[station.key]
    shown = show(question, value, script=talk.script, today=talk.today, lang=talk.lang)
    text = talk.words("engine.still_so", label=talk.pick(question.label), value=shown)
    talk.ask(text, _still_so(talk))


def _still_so(talk: Talk) -> list[tuple[str, str]]:
    return [("still_yes", talk.words("engine.yes")), ("still_no", talk.words("engine.no"))]


def _heard_still_so(talk: Talk, station: Station, said: Said) -> bool:
    """Take "yes, still so" or "no". Anything else is a new answer, which the question itself reads."""
    word = said.option or read_yes_no(said)
    if word in ("still_yes", "yes"):
        keep(talk, station.key, talk.session.dormant[station.key])
        _go_on(talk)
        return True
    if word in ("still_no", "no"):
        _let_lapse(talk, station)
        talk.next()
        return True
    return False


def _let_lapse(talk: Talk, station: Station) -> None:
    """Offer the answer given before no more."""
    if not talk.session.aside:
        dormant = {key: value for key, value in talk.session.dormant.items() if key != station.key}
        talk.change(dormant=dormant)


def read_yes_no(said: Said) -> str:
    """Return "yes", "no" or "" for what was said."""
    if said.option:
        return said.option
    meant = yes_or_no(said.text)
    return "" if meant is None else "yes" if meant else "no"


# Where the road ends before anything is handed in


def _ask_end(talk: Talk) -> None:
    station = asked(talk)
    assert station is not None
    step = station.step
    assert isinstance(step, Ending)
    text = _steps(talk, step) if isinstance(step, Guide) else f"{talk.pick(step.why)}\n{talk.pick(step.how)}"
    if isinstance(step, Handoff):
        talk.do(OpenTicket(reason="handoff", note=f"{talk.script.id}.{step.id}"))
    talk.ask(text, [*_ways_on(talk), (PERSON, talk.words("engine.option_person"))])


def _steps(talk: Talk, guide: Guide) -> str:
    """Return how the applicant does it himself. Not "1. 2. 3.": on some channels those are the buttons."""
    lines = [
        talk.words("engine.guide_step", number=number, step=talk.pick(step))
        for number, step in enumerate(guide.steps, start=1)
    ]
    if guide.link:
        lines.append(talk.words("sending.link", label=talk.pick(guide.link.label), url=guide.link.url))
    return "\n".join(lines)


def _ways_on(talk: Talk) -> list[tuple[str, str]]:
    return [("edit", talk.words("engine.option_edit")), ("other", talk.words("engine.option_other"))]


def _hear_end(talk: Talk, said: Said) -> None:
    word = meant(said, _ways_on(talk))
    if word == "edit":
        talk.change(aside={"is": "edit_which"})
    elif word == "other":
        put_away(talk)
        begin_draft(talk)
        talk.change(aside={"is": "choose"})
    else:
        talk.say("engine.at_the_end")
        talk.again()
        return
    talk.next()


# Consent, after the notice


def consent_text(talk: Talk) -> str:
    """Return the words the applicant agrees to, in his language."""
    days = talk.script.keep_days
    photos = talk.script.materials or on_behalf.given(talk.session.answers)
    key = "engine.consent" if photos else "engine.consent_without_photos"
    return on_behalf.named(talk, talk.words(key, days=days))


def _ask_consent(talk: Talk) -> None:
    if talk.question == "next":
        notice(talk)
    talk.ask(
        consent_text(talk),
        [("agree", talk.words("engine.agree")), ("disagree", talk.words("engine.disagree"))],
    )


def _hear_consent(talk: Talk, said: Said) -> None:
    word = said.option or _consent_word(said)
    if word in ("agree", "yes"):
        digest = hashlib.sha256(consent_text(talk).encode()).hexdigest()
        keep(talk, CONSENT, {"text_sha256": digest, "at": talk.world.now.isoformat(), "needs": needs(talk)})
        begin_draft(talk)
        _go_on(talk)
    elif word in ("disagree", "no"):
        talk.say("engine.disagreed", phone=talk.phone, address=talk.pick(talk.office.address))
    elif not detours.heard(talk, said.text):
        agree = [("agree", talk.words("engine.agree")), ("disagree", talk.words("engine.disagree"))]
        talk.reject(talk.words("engine.consent_unclear"), agree)


def _consent_word(said: Said) -> str:
    # Consent is its own yes: a bare "好" to something else must not count, so only these words do.
    text = plain(said.text).strip(".!。 ")
    if text in ("同意", "我同意", "1", "agree", "i agree", "yes"):
        return "agree"
    if text in ("不同意", "我不同意", "2", "disagree", "i do not agree", "no"):
        return "disagree"
    return ""


# Reading back


def _ask_read_back(talk: Talk) -> None:
    text, card = application.read_back(talk)
    talk.ask(text, _right_or_wrong(talk), card)


def _right_or_wrong(talk: Talk) -> list[tuple[str, str]]:
    return [("right", talk.words("engine.right")), ("wrong", talk.words("engine.wrong"))]


def _hear_read_back(talk: Talk, said: Said) -> None:
    # Some platforms write a button's label when it is tapped. Nothing but the whole label counts:
    # "姓名不对" names what is wrong.
    typed = {tidy(label): option for option, label in _right_or_wrong(talk)}.get(said.text, "")
    word = {"right": "yes", "wrong": "no"}.get(said.option or typed) or read_yes_no(said)
    if word == "yes":
        keep(talk, READ_BACK, {"at": talk.world.now.isoformat()})
        _hand_in(talk)
    elif word == "no" or said.option:
        talk.change(aside={"is": "edit_which"})
        talk.next()
    elif not edit_named(talk, said.text) and not detours.heard(talk, said.text):
        talk.reject(talk.words("engine.read_back_unclear"), _right_or_wrong(talk))


def _hand_in(talk: Talk) -> None:
    """Submit, unless the rules in force today ask for something more after all."""
    if guardian.is_missing(talk):
        guardian.ask_for(talk)
    elif on_behalf.is_missing(talk):
        on_behalf.ask_for(talk)
    elif place(talk) == len(talk.road.stations):
        profile.note(talk)
        application.submit(talk)
    else:
        talk.next()


def editable(talk: Talk) -> list[tuple[Station, str]]:
    """Return what can be changed, with its label: answers and photos on the road so far."""
    found = []
    for station in talk.road.stations:
        if station.key not in talk.session.answers:
            continue
        if station.kind == "question":
            found.append((station, talk.pick(station.step.label)))  # type: ignore[union-attr]
        elif station.kind == "photo":
            found.append((station, papers.title(talk, station)))
    return found


# What is said about a wrong answer besides its name: 户口不对, 姓名写错了, the name is wrong
_COMPLAINT = re.compile(
    r"那里|这里|那项|这项|[填写打弄]?错了?|不对|有误|要改|想改|[是有了的。.!！]|\b(?:the|is|wrong)\b"
)


def edit_named(talk: Talk, text: str) -> bool:
    """Begin to edit the answer whose label stands in `text`; say whether there was exactly one."""
    words = _COMPLAINT.sub("", text.casefold()).strip() or text.casefold()
    named = [*((station.key, label) for station, label in editable(talk)), *on_behalf.editable(talk)]
    hits = [key for key, label in named if label.casefold() in words]
    hits = hits or [key for key, label in named if words and words in label.casefold()]
    if len(hits) != 1:
        return False
    edit(talk, hits[0])
    return True


def edit(talk: Talk, key: str) -> None:
    """Ask for one answer anew: a station's, or what an agent brings beside the road."""
    beside = key in dict(on_behalf.editable(talk))
    talk.change(aside={"is": key} if beside else {"is": "edit", "key": key})
    talk.next()


FLOORS: Mapping[str, Floor] = {
    "question": Floor(_ask_question, _hear_question),
    "outcome": Floor(_ask_end, _hear_end),
    "handoff": Floor(_ask_end, _hear_end),
    "guide": Floor(_ask_end, _hear_end),
    "consent": Floor(_ask_consent, _hear_consent),
    "photo": Floor(papers.ask, papers.hear),
    "read_back": Floor(_ask_read_back, _hear_read_back),
}
