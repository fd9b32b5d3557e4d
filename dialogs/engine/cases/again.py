"""再申请: what he said and photographed for a case that has ended is kept, and offered for the next one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dialogs.calendar import local_day
from dialogs.engine import arriving, on_behalf
from dialogs.engine.cases.book import Case, change
from dialogs.engine.cases.reports import ENDED
from dialogs.engine.consenting import stands_in
from dialogs.engine.flow import CARRIED, forget_photos, photos_in, put_away, start, start_for
from dialogs.engine.keeping import begin_draft
from dialogs.engine.talk import Talk
from dialogs.engine.villagers import follows, is_shown
from dialogs.script.road import CONSENT, READ_BACK


def can(talk: Talk, case: Case) -> bool:
    """Say whether the matter of a case can be applied for once more."""
    may = is_shown(talk, case) and not follows(case)
    return may and case["state"] in ENDED and _service(talk, case) in talk.world.library.live


def newest(talk: Talk) -> str:
    """Return the newest case that has ended without its result, "" when there is none."""
    found = [reference for reference, case in talk.session.cases.items() if can(talk, case)]
    return found[-1] if found else ""


def kept_until(case: Case) -> str:
    """Return the last day on which his answers are still here ("YYYY-MM-DD"), "" while the case runs."""
    if not case["ended"]:
        return ""
    days = timedelta(days=case["keep_days"])
    return local_day(datetime.fromisoformat(case["ended"]) + days).isoformat()


def apply(talk: Talk, reference: str) -> None:
    """Begin the same service with what the case has, each answer to be confirmed once."""
    session, case = talk.session, talk.session.cases[reference]
    service = _service(talk, case)
    if session.script and talk.script.id == service:
        talk.say("engine.back_again")
        talk.change(aside=None)
        talk.again()
        return
    if on_behalf.given(session.answers):
        talk.say("on_behalf.finish_first")
        talk.again()
        return
    if session.script:
        talk.say("engine.laid_aside", title=talk.pick(talk.script.title))
        put_away(talk)
    kept = _hand_over(talk, reference)
    arriving.introduce(talk, service)
    if case.get("agent"):
        start_for(talk, service, {**talk.session.agent, "phone": case["phone"].removeprefix("+86")}, kept)
    else:
        _put_by(talk, service, kept)
        start(talk, service)
    begin_draft(talk)


def _service(talk: Talk, case: Case) -> str:
    script = talk.world.library.scripts.get(case["script"])
    return script.id if script else str(case["service"])


def _hand_over(talk: Talk, reference: str) -> dict[str, Any]:
    """Take the case's answers and photos for the next errand: they are the errand's now."""
    case = talk.session.cases[reference]
    shared = {
        file for name, other in talk.session.cases.items() if name != reference for file in other["files"]
    }
    answers = {
        name: each
        for name, each in case["answers"].items()
        if _carries_over(name, each) and not shared & {*photos_in({name: each})}
    }
    if answers:
        moved = set(photos_in(answers))
        change(talk, reference, answers={}, files=[file for file in case["files"] if file not in moved])
    return {"script": case["script"], "answers": answers}


def _put_by(talk: Talk, service: str, kept: dict[str, Any]) -> None:
    """Put it where his own errand takes it up; without anything, what lies there stays."""
    if not kept["answers"]:
        return
    before = talk.session.put_away.get(service)
    if before:
        talk.do(*forget_photos(before["answers"]))
    talk.change(put_away={**talk.session.put_away, service: kept})


def _carries_over(name: str, value: object) -> bool:
    """Consent, the read-back, what stood in for photos and an authorisation were given for that time."""
    return name not in (CONSENT, READ_BACK, *CARRIED) and not stands_in(value)
