"""A child under 14 applies: his guardian says who he is, and agrees, before anything goes on.

What he said is kept with the consent, and handed in beside the application.
Source: 个人信息保护法 第三十一条.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from dialogs.answers import Accepted, read
from dialogs.engine.flow import keep
from dialogs.engine.talk import Floor, Options, Said, Talk, meant
from dialogs.script import IdNumber, PersonName, Words
from dialogs.script.conditions import age
from dialogs.script.road import CONSENT

CHILD, ADULT = 14, 18  # years
RELATIONS = ("father", "mother", "other")
ASIDE = "guardian"

_WORDS: Words = {
    "zh-CN": "监护人",
    "en": "Guardian",
}  # never said: what is asked are the sentences of the wording
_NAME = PersonName(id="guardian_name", kind="person-name", ask=_WORDS, label=_WORDS)
_NUMBER = IdNumber(id="guardian_id", kind="id-number", ask=_WORDS, label=_WORDS)


def is_missing(talk: Talk) -> bool:
    """Say whether a child under 14 applies whose guardian has not agreed yet."""
    agreed = talk.session.answers.get(CONSENT)
    return agreed is not None and not agreed.get(ASIDE) and _is_child(talk)


def given(talk: Talk) -> Mapping[str, Any]:
    """Return who agreed for the child, {} where nobody has to."""
    agreed = talk.session.answers.get(CONSENT) or {}
    return agreed.get(ASIDE, {}) if _is_child(talk) else {}


def of_application(talk: Talk) -> dict[str, Any]:
    """Return the contract's `guardian` of a pre-application, nothing where none is wanted."""
    said = given(talk)
    if not said:
        return {}
    relation = talk.words(f"guardian.relation_{said['relation']}")
    return {ASIDE: {"name": said["name"], "id_number": said["id_number"], "relation": relation}}


def rows(talk: Talk) -> list[dict[str, str]]:
    """Return how the guardian is read back, the number masked."""
    said = given(talk)
    if not said:
        return []
    number = said["id_number"]
    shown = f"{said['name']} {number[:6]}********{number[-4:]}"
    return [{"key": ASIDE, "label": talk.words("guardian.label"), "value": shown}]


def ask_for(talk: Talk) -> None:
    """Put what is asked of the guardian before whatever comes next."""
    talk.change(aside={"is": ASIDE})
    talk.next()


def _is_child(talk: Talk) -> bool:
    number = _applicant(talk)
    return bool(number) and age(number, talk.today) < CHILD


def _applicant(talk: Talk) -> str:
    """Return the identity number of whom the application is for, "" while it is not known."""
    for station in talk.road.stations:
        if getattr(station.step, "kind", "") == "id-number" and station.key in talk.session.answers:
            return str(talk.session.answers[station.key])
    return ""


# What is asked: his name, his number, who he is to the child, and his yes


def _so_far(talk: Talk) -> dict[str, Any]:
    return dict(talk.session.aside or {})


def _wanted(talk: Talk) -> str:
    known = _so_far(talk)
    return next((each for each in ("name", "id_number", "relation") if each not in known), "consent")


def _options(talk: Talk, wanted: str) -> Options:
    if wanted == "relation":
        return [(each, talk.words(f"guardian.relation_{each}")) for each in RELATIONS]
    if wanted == "consent":
        return [(each, talk.words(f"guardian.consent_{each}")) for each in ("yes", "no")]
    return []


def _question(talk: Talk, wanted: str) -> str:
    return talk.words(
        f"guardian.ask_{wanted}", **({"days": talk.script.keep_days} if wanted == "consent" else {})
    )


def _ask(talk: Talk) -> None:
    wanted = _wanted(talk)
    talk.ask(_question(talk, wanted), _options(talk, wanted))


def _hear(talk: Talk, said: Said) -> None:
    _HEARD[_wanted(talk)](talk, said)


def _hear_name(talk: Talk, said: Said) -> None:
    answer = read(_NAME, said.text, said.option, script=talk.script, today=talk.today, lang=talk.lang)
    if isinstance(answer, Accepted):
        _note(talk, name=answer.value)
    else:
        talk.reject(talk.words(answer.reason, **answer.values))


def _hear_number(talk: Talk, said: Said) -> None:
    answer = read(_NUMBER, said.text, said.option, script=talk.script, today=talk.today, lang=talk.lang)
    if not isinstance(answer, Accepted):
        talk.reject(talk.words(answer.reason, **answer.values))
    elif age(answer.value, talk.today) < ADULT:
        talk.reject(talk.words("guardian.too_young"))
    else:
        _note(talk, id_number=answer.value)


def _hear_relation(talk: Talk, said: Said) -> None:
    word = meant(said, _options(talk, "relation"))
    if word in RELATIONS:
        _note(talk, relation=word)
    else:
        talk.reject(_question(talk, "relation"), _options(talk, "relation"))


def _hear_consent(talk: Talk, said: Said) -> None:
    word = meant(said, _options(talk, "consent"))
    if word == "yes":
        _agreed(talk)
    elif word == "no":
        talk.say("engine.disagreed", phone=talk.phone, address=talk.pick(talk.office.address))
    else:
        talk.reject(_question(talk, "consent"), _options(talk, "consent"))


def _agreed(talk: Talk) -> None:
    """Keep who agreed, to which words, and when; the road goes on."""
    digest = hashlib.sha256(_question(talk, "consent").encode()).hexdigest()
    who = {each: _so_far(talk)[each] for each in ("name", "id_number", "relation")}
    said = {**who, "text_sha256": digest, "at": talk.world.now.isoformat()}
    talk.change(aside=None)
    keep(talk, CONSENT, {**talk.session.answers[CONSENT], ASIDE: said})
    talk.next()


def _note(talk: Talk, **known: str) -> None:
    talk.change(aside={**_so_far(talk), **known})
    talk.next()


_HEARD = {"name": _hear_name, "id_number": _hear_number, "relation": _hear_relation, "consent": _hear_consent}
FLOORS: Mapping[str, Floor] = {ASIDE: Floor(_ask, _hear)}
