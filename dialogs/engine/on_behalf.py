"""A signed-in village agent applies for a villager: whose errand it is, his phone, his authorisation.

    a service is begun   帮谁办？ Asked before anything else; for himself it goes on as for anybody
    after the consent    the villager's own mobile number, if he has one, and a photo of the 授权委托书,
                         once per errand, a package (一件事) once

What was said lies among the answers under AGENT, the photo under PAGE; neither is a station of the road, so
no script has to know of agents. Nothing of one villager is ever offered for another, nor for the agent:
what is left half done goes. What becomes of it once it is handed in: dialogs.engine.villagers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.answers import Accepted, read
from dialogs.engine.flow import CARRIED, forget_photos, keep, leave, place, start, start_for
from dialogs.engine.talk import Floor, Options, Said, Talk, meant
from dialogs.messages import Card
from dialogs.script import Material, Phone, Words
from dialogs.script.road import CONSENT, Station

AGENT, PAGE = CARRIED
FOR_WHOM, PHONE, AUTHORISE = "for_whom", "villager_phone", "authorise"

_WORDS: Words = {"zh-CN": "村民手机", "en": "Villager's mobile"}
_PHONE = Phone(id="villager_phone", kind="phone", ask=_WORDS, label=_WORDS)
MATERIAL = Material(
    id="authorisation",
    title={"zh-CN": "授权委托书", "en": "Letter of authorisation"},
    pages=["page"],
    original=True,
    copies=0,
)
STATION = Station(PAGE, "photo", None, MATERIAL, "page", "materials")


def begin(talk: Talk, service: str) -> None:
    """Step on the road of `service`; where an agent is signed in, ask first whose errand this is."""
    if talk.session.agent:
        talk.change(aside={"is": FOR_WHOM, "service": service})
        talk.next()
    else:
        start(talk, service)


def given(answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the agent who hands these answers in, {} where the applicant does so himself."""
    found: Mapping[str, Any] = answers.get(AGENT) or {}
    return found


def phone_of(answers: Mapping[str, Any]) -> str:
    """Return the villager's mobile number (E.164), "" when he has none."""
    number = given(answers).get("phone", "")
    return f"+86{number}" if number else ""


def is_missing(talk: Talk) -> bool:
    """Say whether something of an errand for a villager is to be asked for now: he has agreed to it."""
    answers = talk.session.answers
    if not given(answers) or ("phone" in given(answers) and PAGE in answers):
        return False
    return place(talk) > talk.road.index[CONSENT]


def ask_for(talk: Talk) -> None:
    """Put what is missing before whatever comes next."""
    wanted = AUTHORISE if "phone" in given(talk.session.answers) else PHONE
    talk.change(aside={"is": wanted})
    talk.next()


def let_go(talk: Talk, agent: str = "") -> None:
    """The agent is out, or is another now (`agent`): nobody may hand in what he has begun for a villager."""
    aside = talk.session.aside or {}
    if given(talk.session.answers).get("id", agent) != agent:
        leave(talk)
        talk.say("on_behalf.dropped")
        talk.next()
    elif aside.get("is") == FOR_WHOM and not agent:  # then it is his own
        start(talk, aside["service"])


# The authorisation, beside the papers of the script


def is_asking(talk: Talk) -> bool:
    """Say whether a photo that comes now is the authorisation."""
    return (talk.session.aside or {}).get("is") == AUTHORISE and PAGE not in talk.session.judging.values()


def keep_photo(talk: Talk, page: Mapping[str, Any]) -> None:
    """Keep the authorisation; one that was kept before goes."""
    before = talk.session.answers.get(PAGE)
    if before:
        talk.do(*forget_photos({PAGE: before}))
    tries = {slot: n for slot, n in talk.session.tries.items() if slot != PAGE}
    talk.change(answers={**talk.session.answers, PAGE: page}, tries=tries)
    if (talk.session.aside or {}).get("is") == AUTHORISE:
        talk.change(aside=None)
        talk.next()


# What is said and handed in


def of_application(talk: Talk) -> dict[str, Any]:
    """Return the contract's `agent` of a pre-application, nothing where none acts."""
    said = given(talk.session.answers)
    return {AGENT: {name: said[name] for name in ("id", "name", "village")}} if said else {}


def named(talk: Talk, consent: str) -> str:
    """Return the words agreed to, which name the agent where one acts, and what he has to bring."""
    said = given(talk.session.answers)
    if not said:
        return consent
    return talk.words("on_behalf.consent", village=said["village"], name=said["name"], consent=consent)


def rows(talk: Talk) -> list[dict[str, str]]:
    """Return how agent and authorisation are read back."""
    said = given(talk.session.answers)
    if not said:
        return []
    shown = f"{said['village']} {said['name']}"
    photo = talk.words("engine.photo_received_short")
    return [
        {"key": AGENT, "label": talk.words("on_behalf.label"), "value": shown},
        {"key": PHONE, "label": talk.pick(_WORDS), "value": _phone_shown(talk, said.get("phone", ""))},
        {"key": PAGE, "label": talk.pick(MATERIAL.title), "value": photo},
    ]


def _phone_shown(talk: Talk, number: str) -> str:
    return f"{number[:3]}****{number[-4:]}" if number else talk.words("on_behalf.no_phone")


def editable(talk: Talk) -> list[tuple[str, str]]:
    """Return what he can change of it, (aside, label)."""
    known = given(talk.session.answers)
    found = [(PHONE, talk.pick(_WORDS))] if "phone" in known else []
    return [*found, *([(AUTHORISE, talk.pick(MATERIAL.title))] if PAGE in talk.session.answers else [])]


# What is asked


def _whom(talk: Talk) -> Options:
    return [(each, talk.words(f"on_behalf.for_{each}")) for each in ("villager", "self")]


def _ask_whom(talk: Talk) -> None:
    talk.ask(talk.words("on_behalf.for_whom"), _whom(talk))


def _hear_whom(talk: Talk, said: Said) -> None:
    word, service = meant(said, _whom(talk)), (talk.session.aside or {})["service"]
    if service not in talk.world.library.live:  # taken out meanwhile
        talk.change(aside={"is": "choose"})
        talk.next()
    elif word == "villager":
        start_for(talk, service, talk.session.agent)
    elif word == "self":
        start(talk, service)
    else:
        talk.reject(talk.words("on_behalf.for_whom"), _whom(talk))


def _without(talk: Talk) -> Options:
    return [("none", talk.words("on_behalf.no_phone"))]


def _ask_phone(talk: Talk) -> None:
    talk.ask(talk.words("on_behalf.ask_phone"), _without(talk))


def _hear_phone(talk: Talk, said: Said) -> None:
    if meant(said, _without(talk)) == "none":
        _note_phone(talk, "")
        return
    answer = read(_PHONE, said.text, said.option, script=talk.script, today=talk.today, lang=talk.lang)
    if isinstance(answer, Accepted):
        _note_phone(talk, answer.value)
    else:
        talk.reject(talk.words(answer.reason, **answer.values), _without(talk))


def _note_phone(talk: Talk, number: str) -> None:
    """Keep his number; where the script asks for it, too, that is answered with it."""
    answers = talk.session.answers
    talk.change(answers={**answers, AGENT: {**answers[AGENT], "phone": number}}, aside=None)
    asked = talk.road.index.get("phone")
    if number and asked is not None and getattr(talk.road.stations[asked].step, "kind", "") == "phone":
        keep(talk, "phone", number)
    if is_missing(talk):
        ask_for(talk)
    else:
        talk.next()


def _ask_photo(talk: Talk) -> None:
    said, title = given(talk.session.answers), talk.pick(MATERIAL.title)
    card = Card("photo", title, {"slot": PAGE, "side": "page", "title": title})
    talk.ask(talk.words("on_behalf.ask_photo", village=said["village"], name=said["name"]), (), card)


def _hear_photo(talk: Talk, _: Said) -> None:
    talk.reject(talk.words("engine.photo_not_words"))


FLOORS: Mapping[str, Floor] = {
    FOR_WHOM: Floor(_ask_whom, _hear_whom),
    PHONE: Floor(_ask_phone, _hear_phone),
    AUTHORISE: Floor(_ask_photo, _hear_photo),
}
