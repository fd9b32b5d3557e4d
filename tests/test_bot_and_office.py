"""What goes wrong between the bot and the office, over real HTTP on both sides.

News that is forged, late, told again or out of its order; the same matter handed in twice.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from standardwebhooks import Webhook

from intake.cases import applications, events, moves
from intake.keeping.unit import Unit
from tests import pictures
from tests.journeys.stage import SECRET, Stage, staged
from tests.product import Applicant
from tests.storytelling import NUMBER, identity_number, jpeg

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER_SECRET = "whsec_" + "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Ro"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("stage")) as stage:
        stage.clock.set(datetime(2026, 11, 23, 1, tzinfo=UTC))
        yield stage


async def enrol(her: Applicant, nth: int) -> None:
    """Answer everything and say that it is right, as the nth person."""
    await her.say("想在常山交社保", "您的户口在常山吗")
    await her.tap("在", "有单位给您交社保吗")
    await her.tap("没有单位，自己干", "您想交哪一种")
    await her.tap("养老", "以后怎么交钱")
    await her.tap("自己在手机上交", "同意吗")
    await her.tap("同意", "您叫什么名字")
    await her.say("胡某某", "身份证号码")
    await her.say(identity_number(nth), "哪一档")
    await her.tap("最低档（60%）", "请拍身份证正面")
    await her.send_photo(jpeg(pictures.card_front()), "请拍身份证反面")
    await her.send_photo(jpeg(pictures.card_back()), "都对吗")


async def handed_in(stage: Stage, nth: int) -> tuple[Applicant, str]:
    """Return somebody with an application under way, and its number."""
    her = await Applicant(stage.session, stage.url).open()
    await enrol(her, nth)
    await her.tap("都对，交上去", "交上去了。号码")
    await stage.settle()
    found = next(NUMBER.search(text) for text in await heard(stage, her) if "交上去了。号码" in text)
    assert found
    return her, found[1]


async def heard(stage: Stage, her: Applicant) -> list[str]:
    """All that was said to her, when nobody has anything to do any more."""
    await stage.settle()
    url = f"{stage.url}/chat/api/messages?after=0"
    async with stage.session.get(url, headers=her.headers) as answer:
        return [each["text"] for each in (await answer.json())["messages"] if each["from"] != "applicant"]


async def act(stage: Stage, number: str, *actions: str) -> None:
    """Make moves of the office without telling anybody yet: the line to the bot is slow today."""

    def work(unit: Unit) -> None:
        for action in actions:
            row = applications.by_number(unit, number, lock=True)
            moves.make(unit, row, action, "reviewer:李审核", {})

    await stage.intake.quietly(work)


async def told(stage: Stage, number: str) -> list[dict[str, Any]]:
    return await stage.intake.read(lambda unit: events.after(unit, number, 0))


async def call_back(
    stage: Stage, event: dict[str, Any], secret: str = SECRET, ago: timedelta = timedelta()
) -> int:
    """Send one event as the office does; return the status."""
    body, at = json.dumps(event), stage.clock() - ago
    headers = {
        "webhook-id": event["event_id"],
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(event["event_id"], at, body),
        "content-type": "application/json",
    }
    async with stage.session.post(f"{stage.url}/intake/events", data=body, headers=headers) as answer:
        return answer.status


async def test_what_is_forged_or_late_is_refused_and_nobody_hears_of_it(stage: Stage) -> None:
    her, number = await handed_in(stage, 1)
    before = await heard(stage, her)
    (first,) = await told(stage, number)
    made_up = {**first, "event_id": "evt_made_up", "seq": 2, "type": "accepted"}
    late = timedelta(minutes=5, seconds=2)

    assert await call_back(stage, made_up, secret=OTHER_SECRET) == 401
    assert await call_back(stage, made_up, ago=late) == 401
    assert await call_back(stage, made_up, ago=-late) == 401
    assert await heard(stage, her) == before


async def test_what_is_told_again_is_taken_and_said_once(stage: Stage) -> None:
    her, number = await handed_in(stage, 2)
    await act(stage, number, "start_review", "accept")
    stage.intake.news.set()
    said = await heard(stage, her)
    for event in [*await told(stage, number), *reversed(await told(stage, number))]:
        assert await call_back(stage, event) == 204
        assert await call_back(stage, {**event, "event_id": f"{event['event_id']}x"}) == 204

    assert sum("受理了" in text for text in said) == 1
    assert await heard(stage, her) == said


async def test_what_comes_before_its_turn_is_fetched_and_said_in_order(stage: Stage) -> None:
    her, number = await handed_in(stage, 3)
    await act(stage, number, "start_review", "accept")
    *_, last = await told(stage, number)
    assert (last["type"], last["seq"]) == ("accepted", 3)
    assert await call_back(stage, last) == 204
    said = await heard(stage, her)

    looks = [place for place, text in enumerate(said) if "正在看您的材料" in text]
    accepted = [place for place, text in enumerate(said) if "受理了" in text]
    assert len(looks) == len(accepted) == 1
    assert looks < accepted
    stage.intake.news.set()  # and now the office tells the bot itself
    assert await heard(stage, her) == said


async def test_the_same_matter_within_thirty_days_shows_how_it_stands(stage: Stage) -> None:
    her, number = await handed_in(stage, 4)
    await act(stage, number, "start_review")
    stage.intake.news.set()
    await enrol(her, 4)
    there = await her.tap("都对，交上去", f"这件事您已经交过了，不用再交，就是{number}")

    assert "有人在看" in there["text"]
    assert there["card"]["body"]["number"] == number
    stranger = await Applicant(stage.session, stage.url).open()
    await enrol(stranger, 4)
    known = await stranger.tap("都对，交上去", f"这件事您已经交过了，号码{number}")
    assert known["card"] is None  # how it stands, only she learns
    found = await stage.intake.read(lambda unit: _of_person(unit, number))
    assert found == [number]


def _of_person(unit: Unit, number: str) -> list[str]:
    """The numbers of all that this person has handed in."""
    person = applications.by_number(unit, number).person
    rows = unit.connection.exec_driver_sql("SELECT number, person FROM applications").all()
    return [row[0] for row in rows if row[1] == person]
