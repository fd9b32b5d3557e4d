"""Keeping answers and finding the place on the road again."""

from __future__ import annotations

from typing import Any

from dialogs.notice import needs, notice
from dialogs.road import CONSENT, READ_BACK, Station
from dialogs.talk import Talk


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
    answers: dict[str, Any] = {}
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
    """Step on the road of the live version of `service`."""
    talk.change(
        script=talk.world.library.live[service],
        answers={},
        dormant={},
        at=-1,
        on="",
        aside=None,
        judging={},
        tries={},
    )
    refold(talk)
    talk.next()


def leave(talk: Talk) -> None:
    """Step off the road; what was handed in stays among the cases."""
    talk.change(script="", answers={}, dormant={}, at=-1, on="", aside=None, judging={}, tries={})
