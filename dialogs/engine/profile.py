"""一次录入: what he lets us remember of himself from one errand to the next.

It is asked for apart from any errand (记住我), with a yes of its own. What is remembered is offered at the
next errand like an answer given before ("还是这样吗？"), masked, and is handed in only once he has said so.
He sees it and drops one of it or all by the same words, or by 忘记我.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from dialogs.answers import show
from dialogs.engine.talk import Floor, Options, Said, Talk, meant
from dialogs.script.road import Station

KEPT: Mapping[str, str] = {  # question -> kind; other questions are another errand's, or another person's
    "name": "person-name",
    "id_number": "id-number",
    "phone": "phone",
    "address": "address",
}
FOR_WHOM = ("who", "for_whom")  # answered with anything but "self", the answers are another person's


def known(talk: Talk) -> dict[str, Any]:
    """Return what is remembered of the questions of the present road, by key."""
    values = talk.session.profile.get("values", {})
    return {key: values[key] for key in values if _asks(talk, key)}


def note(talk: Talk) -> None:
    """Remember what he has answered on the present road, if he has agreed to that."""
    session = talk.session
    if not session.profile or not session.script or not _himself(session.answers):
        return
    told = {key: session.answers[key] for key in KEPT if key in session.answers and _asks(talk, key)}
    _keep(talk, {**session.profile["values"], **told})


def _himself(answers: Mapping[str, Any]) -> bool:
    return not answers.get("agent") and all(answers.get(each, "self") == "self" for each in FOR_WHOM)


def _asks(talk: Talk, key: str) -> bool:
    place = talk.road.index.get(key)
    return place is not None and _kind(talk.road.stations[place]) == KEPT[key]


def _kind(station: Station) -> str:
    return str(getattr(station.step, "kind", ""))


def _keep(talk: Talk, values: Mapping[str, Any]) -> None:
    talk.change(profile={**talk.session.profile, "values": dict(values)})


# 记住我


def remember(talk: Talk, _: str) -> None:
    """Ask whether we may; once we do, show what we remember."""
    if talk.session.profile.get("values"):
        talk.change(aside={"is": "known"})
    else:
        talk.change(aside={"is": "remember"})
    talk.next()


def _sure(talk: Talk) -> Options:
    return [(each, talk.words(f"profile.remember_{each}")) for each in ("yes", "no")]


def _ask(talk: Talk) -> None:
    talk.ask(talk.words("profile.ask"), _sure(talk))


def _hear(talk: Talk, said: Said) -> None:
    word = meant(said, _sure(talk))
    if word == "yes":
        _begin(talk)
    elif word == "no":
        talk.say("profile.not_begun")
    else:
        talk.reject(talk.words("profile.ask"), _sure(talk))
        return
    _done(talk)


def _begin(talk: Talk) -> None:
    digest = hashlib.sha256(talk.words("profile.ask").encode()).hexdigest()
    consent = {"text_sha256": digest, "at": talk.world.now.isoformat()}
    talk.change(profile={"consent": consent, "values": {}})
    note(talk)
    if talk.session.profile["values"]:
        talk.say("profile.begun", listed=_listed(talk))
    else:
        talk.say("profile.begun_later")


def _done(talk: Talk) -> None:
    talk.change(aside=None)
    if talk.session.script:
        talk.next()


# What is remembered: seen, and dropped


def _choices(talk: Talk) -> Options:
    drop = [
        (key, talk.words("profile.drop", label=_label(talk, key))) for key in talk.session.profile["values"]
    ]
    return [*drop, ("all", talk.words("profile.all")), ("nothing", talk.words("profile.nothing"))]


def _label(talk: Talk, key: str) -> str:
    return talk.words(f"profile.label_{key}")


def _listed(talk: Talk) -> str:
    values = talk.session.profile["values"]
    shown = (talk.words("engine.row", label=_label(talk, key), value=_masked(talk, key)) for key in values)
    return talk.words("engine.list_comma").join(shown)


def _masked(talk: Talk, key: str) -> str:
    """Return a remembered value as it may be shown, by any live script that asks for it."""
    library, value = talk.world.library, talk.session.profile["values"][key]
    for version in library.live.values():
        road, script = library.roads[version], library.scripts[version]
        place = road.index.get(key)
        if place is not None and _kind(road.stations[place]) == KEPT[key]:
            question: Any = road.stations[place].step
            return show(question, value, script=script, today=talk.today, lang=talk.lang)
    return "…"


def _ask_known(talk: Talk) -> None:
    talk.ask(talk.words("profile.list", listed=_listed(talk)), _choices(talk))


def _hear_known(talk: Talk, said: Said) -> None:
    word = meant(said, _choices(talk))
    if word == "all":
        _forget(talk)
        _done(talk)
    elif word in talk.session.profile["values"]:
        _drop(talk, word)
        _done(talk)
    elif word == "nothing":
        _done(talk)
        if not talk.session.script:
            talk.say("engine.go_on")
    else:
        talk.reject(talk.words("profile.list", listed=_listed(talk)), _choices(talk))


def _drop(talk: Talk, key: str) -> None:
    values = talk.session.profile["values"]
    _unoffer(talk, {key: values[key]})
    _keep(talk, {each: value for each, value in values.items() if each != key})
    talk.say("profile.dropped", label=_label(talk, key))


def forget(talk: Talk, _: str) -> None:
    """忘记我: forget all of it, and ask no more."""
    if talk.session.profile:
        _forget(talk)
    else:
        talk.say("profile.nothing_known")
    talk.again()


def _forget(talk: Talk) -> None:
    _unoffer(talk, talk.session.profile.get("values", {}))
    talk.change(profile={})
    talk.say("profile.forgotten")


def _unoffer(talk: Talk, values: Mapping[str, Any]) -> None:
    """Take back what was offered on the present road and not confirmed yet."""
    dormant = {key: value for key, value in talk.session.dormant.items() if values.get(key) != value}
    talk.change(dormant=dormant)


FLOORS: Mapping[str, Floor] = {"remember": Floor(_ask, _hear), "known": Floor(_ask_known, _hear_known)}
