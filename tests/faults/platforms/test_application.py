"""Hu's application and WeChat's budget: twenty steps of progress in 48 hours, told by the real dialog."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dialogs.engine import advance
from dialogs.session import Session
from dialogs.turn import Event, Opened, ProgressReported, Turn
from dialogs.world import World
from storage.people import messages
from tests.dialogs.test_engine import received, reference
from tests.faults.platforms.office import Office
from tests.platforms.wechat import FakeWeChat

NUMBER = "CS-1120-0038"
SENT = "message/custom/send"
PUT_OFF = tuple(f"2026-12-{day:02}" for day in range(1, 17))  # the day it is promised for moves and moves
EVENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("preregistered", {"answer_by": "2026-11-23"}),
    ("pre_review_started", {}),
    *(("accepted", {"receipt_no": "R1", "promised_by": day}) for day in PUT_OFF),
    ("decided", {"result": "approved", "note": "从12月起算。"}),
    ("delivered", {"method": "electronic"}),
)


class HandedIn:
    """The real dialog; whoever is new to it has handed in an application already."""

    def __init__(self) -> None:
        chat = received()
        self._begin, self._library, self._offices = chat.session, chat.library, chat.offices
        self.reference = reference(chat)

    def __call__(self, session: Session, event: Event, now: datetime) -> Turn:
        before = self._begin if isinstance(event, Opened) else session
        return advance(World(self._library, self._offices, now), before, event)


class Case:
    """Hu's phone, and her application as the intake service reports on it."""

    def __init__(self, office: Office, dialog: HandedIn) -> None:
        self.office = office
        self.reference = dialog.reference
        self._seq = 0

    async def reports(self, kind: str, data: dict[str, Any]) -> None:
        self._seq += 1
        at = self.office.clock()
        await self.office.happens(ProgressReported(self.reference, NUMBER, self._seq, kind, at, data))
        await self.office.work()

    async def news(self) -> list[str]:
        """Return what the dialog decided to say of its own accord since she wrote."""
        conversation = await self.office.conversation()
        vault = self.office.vault
        rows = await self.office.database.read(lambda c: messages.after(c, vault, conversation, 0, 1000))
        last = max(row.seq for row in rows if row.sender == "applicant")
        return [row.body["text"] for row in rows if row.seq > last and NUMBER in row.body["text"]]

    def codes(self) -> set[int]:
        return {call.code for call in self.office.fake.calls if call.name == SENT}


@pytest.fixture
async def case(tmp_path: Path, database_url: str) -> AsyncIterator[Case]:
    dialog = HandedIn()
    office = Office(tmp_path, database_url, "wechat", {}, dialog)
    await office.open()
    yield Case(office, dialog)
    await office.close()


async def test_twenty_events_in_48_hours_never_exceed_the_budget_and_lose_no_news(case: Case) -> None:
    office = case.office
    for kind, data in EVENTS:
        office.clock.step(hours=2.3)
        await case.reports(kind, data)
    for _ in range(8):
        office.clock.step(minutes=45)
        await office.work()

    news = await case.news()
    assert len(news) >= len(PUT_OFF)
    assert case.codes() == {0}, "no message was refused"
    assert sum(call.name == SENT for call in office.fake.calls) == 5
    await office.hu.say("进度")
    await office.work()
    said = "".join(office.heard("passive", "customer service"))
    assert [text for text in news if said.count(text) != 1] == []


async def test_after_the_window_a_template_goes_out(case: Case) -> None:
    case.office.clock.step(hours=49)

    await case.reports("preregistered", {"answer_by": "2026-11-23"})
    await case.reports("pre_review_started", {})

    (notice,) = case.office.heard("template")
    assert NUMBER in notice
    assert case.codes() == set(), "nothing was tried that WeChat would have refused"


async def test_what_even_a_template_may_not_tell_is_the_first_thing_said_when_she_writes(case: Case) -> None:
    office = case.office
    assert isinstance(office.fake, FakeWeChat)
    office.fake.account.a_day["message/template/send"] = 0
    office.sms.off.add("+8613900000000")
    office.clock.step(hours=49)
    await case.reports("preregistered", {"answer_by": "2026-11-23"})
    await case.reports("pre_review_started", {})
    await case.reports("decided", {"result": "approved", "note": "从12月起算。"})
    office.clock.step(days=9)
    await office.work()
    assert office.heard("template", "customer service") == []

    news = await case.news()
    before = len(office.hu.shown)
    office.clock.step(seconds=timedelta(hours=1).total_seconds())
    await office.hu.say("在吗")
    await office.work()

    first = office.hu.shown[before].text
    assert [text for text in news if text not in first] == []
    assert first.startswith(news[0])
