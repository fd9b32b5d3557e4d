"""Keeping answers and finding the place on the road again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dialogs.engine import profile
from dialogs.engine.notice import needs, notice
from dialogs.engine.talk import Talk
from dialogs.script.road import CONSENT, READ_BACK, Station
from dialogs.turn import ForgetFile

# Answers beside the road, kept with those on it: who acts for the applicant (dialogs.engine.on_behalf), and
# what allows him to.
CARRIED = ("agent", "authorisation.page")


def place(talk: Talk) -> int:
    """Return where on the road the applicant stands: the cached place, or folded anew on a new day."""
    if talk.session.on != talk.day:
        refold(talk)
    return talk.session.at


def asked(talk: Talk) -> Station | None:
    """Return the station whose question is on the screen; None beside the road or at its end."""
    session = talk.session
    if not session.script:
        return None
    stations = talk.road.stations
    if session.aside:
        key = session.aside.get("key") if session.aside["is"] == "edit" else None
        return stations[talk.road.index[key]] if key else None
    at = place(talk)
    return stations[at] if at < len(stations) else None


def keep(talk: Talk, key: str, value: Any) -> None:
    """Keep an answer. Where we stand the road goes on from there; anywhere else it is an edit."""
    session, road = talk.session, talk.road
    at = place(talk)
    answers = {**session.answers, key: value}
    dormant = {name: old for name, old in session.dormant.items() if name != key}
    if session.aside and session.aside.get("key") == key:
        talk.change(aside=None)  # the edit is done
    if at < len(road.stations) and road.stations[at].key == key:
        talk.change(answers=answers, dormant=dormant, at=road.walk(answers, talk.today, at + 1))
    else:
        answers.pop(READ_BACK, None)  # what he confirmed is no longer what he said
        talk.change(answers=answers, dormant=dormant)
        refold(talk)
    if CONSENT in answers and road.stations[road.index[key]].part == "situation":
        _tell_again(talk)


def _tell_again(talk: Talk) -> None:
    """Give the notice anew when, the situation known again, other papers are needed than he agreed to."""
    agreed = talk.session.answers[CONSENT]
    if talk.session.at > talk.road.index[CONSENT] and needs(talk) != agreed["needs"]:
        talk.change(answers={**talk.session.answers, CONSENT: {**agreed, "needs": needs(talk)}})
        notice(talk, changed=True)


def refold(talk: Talk) -> None:
    """Fold all answers over the road. What is off the road now becomes dormant: kept, never submitted."""
    session, road = talk.session, talk.road
    answers: dict[str, Any] = {key: session.answers[key] for key in CARRIED if key in session.answers}
    dormant = dict(session.dormant)
    for number, station in enumerate(road.stations):
        if station.key not in session.answers:
            continue
        if road.open(number, answers, talk.today):
            answers[station.key] = session.answers[station.key]
        else:
            dormant[station.key] = session.answers[station.key]
    at = road.walk(answers, talk.today)
    talk.change(answers=answers, dormant=dormant, at=at, on=talk.day)


def start(talk: Talk, service: str) -> None:
    """Step on the road of the live version of `service`; what was put away there is offered again."""
    _clear(talk, talk.world.library.live[service])
    _take_up(talk, service)
    talk.change(dormant={**profile.known(talk), **talk.session.dormant})
    refold(talk)
    talk.next()


def start_for(
    talk: Talk, service: str, agent: Mapping[str, Any], kept: Mapping[str, Any] | None = None
) -> None:
    """Step on the road for a villager, with nothing of anybody else's.

    agent: who acts for him. kept: what he said when he applied for the same before, {script, answers}.
    """
    _clear(talk, talk.world.library.live[service])
    talk.change(answers={CARRIED[0]: dict(agent)})
    if kept:
        _offer(talk, kept)
    refold(talk)
    talk.next()


def leave(talk: Talk, *, handed_in: bool = False) -> None:
    """Step off the road for good: photos go, but for those that are handed in, which are the case's."""
    session = talk.session
    talk.do(*forget_photos(session.dormant if handed_in else {**session.dormant, **session.answers}))
    _clear(talk, "")


def put_away(talk: Talk) -> None:
    """Step off the road where it has ended, and keep what he told us for the day he comes back."""
    session = talk.session
    if session.answers.get(CARRIED[0]):  # a villager's is never offered to another
        leave(talk)
        return
    answers = {**session.dormant, **session.answers}
    answers.pop(CONSENT, None)  # asked anew: it was given for that time
    answers.pop(READ_BACK, None)
    kept = {"script": session.script, "answers": answers}
    talk.change(put_away={**session.put_away, talk.script.id: kept})
    _clear(talk, "")


def _take_up(talk: Talk, service: str) -> None:
    """Take what was put away, unless the script has changed since: then it might mean something else."""
    kept = talk.session.put_away.get(service)
    if kept is None:
        return
    talk.change(put_away={name: each for name, each in talk.session.put_away.items() if name != service})
    _offer(talk, kept)


def _offer(talk: Talk, kept: Mapping[str, Any]) -> None:
    if kept["script"] == talk.session.script:
        talk.change(dormant=kept["answers"])
    else:
        talk.do(*forget_photos(kept["answers"]))


def _clear(talk: Talk, script: str) -> None:
    """Stand at the beginning of `script`, or nowhere. Every button shown so far is stale from now on.

    Photos of the road that are being looked at go; those for a case (cases.asked) are still wanted.
    """
    judging = talk.session.judging
    for_cases = {file: slot for file, slot in judging.items() if "/" in slot}
    talk.do(*(ForgetFile(file) for file in judging if file not in for_cases))
    talk.change(
        script=script,
        answers={},
        dormant={},
        at=-1,
        on="",
        prompt=talk.session.prompt + 1,
        wrong=0,
        aside=None,
        judging=for_cases,
        tries={},
    )


def photos_in(answers: Mapping[str, Any]) -> list[str]:
    """Return the uploads among `answers`."""
    return [value["file"] for value in answers.values() if isinstance(value, dict) and "kept" in value]


def forget_photos(answers: Mapping[str, Any]) -> Iterable[ForgetFile]:
    """Return the orders that delete every photo among `answers`."""
    return [ForgetFile(file) for file in photos_in(answers)]
