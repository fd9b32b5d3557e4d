"""How long we keep what we were told: exactly as long as the consent says, then it is deleted.

A case's photos and words go `keep_days` (of its script) after it ended; the intake service keeps what
the law wants kept. A draft nobody goes on with goes after DRAFT_DAYS. Both are timers of the outbox;
one that fires late, twice, or for something that is gone already does no harm.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from dialogs.calendar import ZONE
from dialogs.engine.flow import forget_photos, leave, photos_in
from dialogs.engine.talk import Talk
from dialogs.turn import ForgetFile, ForgetWords, SetTimer, TimerFired

DRAFT_DAYS = 30
LOOK_AGAIN = timedelta(days=7)  # while something else of the same person is under way

_FORGOTTEN: dict[str, Any] = {
    "files": [],
    "documents": {},
    "answers": {},
    "phone": "",
    "tail": "",
    "parcel": None,
    "villager": "",
    "villager_tail": "",
}

CASE, DRAFT = "forget_case", "forget_draft"


def begin_draft(talk: Talk) -> None:
    """From now on we hold something of his: see that it goes when he does not come back."""
    talk.do(SetTimer(DRAFT, "", talk.world.now + timedelta(days=DRAFT_DAYS)))


def end_case(talk: Talk, reference: str, days: int) -> None:
    """The case has ended: see that its photos and words go when the promised time is over."""
    talk.do(SetTimer(CASE, reference, talk.world.now + timedelta(days=days)))


def timer(talk: Talk, event: TimerFired) -> None:
    """Delete what is due; whatever is still needed gets another date."""
    if event.name == CASE:
        _case_due(talk, event.key)
    elif event.name == DRAFT:
        _draft_due(talk)


def _case_due(talk: Talk, reference: str) -> None:
    """A villager's does not wait until his agent has nothing to do for anybody: that may be never."""
    case = talk.session.cases.get(reference)
    if case is None or not case["ended"]:
        return
    busy = bool(talk.session.script) or any(not other["ended"] for other in talk.session.cases.values())
    if busy and not case.get("agent"):  # its words lie among those of another matter
        talk.do(SetTimer(CASE, reference, talk.world.now + LOOK_AGAIN))
        return
    talk.change(cases={**talk.session.cases, reference: {**case, **_FORGOTTEN}})
    talk.do(*let_go(talk, case["files"]), ForgetWords(datetime.fromisoformat(case["ended"])))


def let_go(talk: Talk, files: Iterable[str]) -> list[ForgetFile]:
    """Return the orders that delete `files`, but for those another case holds: packages share photos."""
    held = {
        file for case in talk.session.cases.values() for file in (*case["files"], *photos_in(case["answers"]))
    }
    return [ForgetFile(file) for file in files if file not in held]


def _draft_due(talk: Talk) -> None:
    session = talk.session
    if not session.script and not session.put_away:
        return
    last = datetime.combine(date.fromisoformat(session.seen or talk.day), time(), ZONE)
    due = last + timedelta(days=DRAFT_DAYS)
    if due > talk.world.now:
        talk.do(SetTimer(DRAFT, "", due))
        return
    for kept in session.put_away.values():
        talk.do(*forget_photos(kept["answers"]))
    talk.do(ForgetWords(talk.world.now - timedelta(seconds=1)))
    leave(talk)
    talk.change(put_away={})
    talk.say("engine.draft_forgotten", days=DRAFT_DAYS)
