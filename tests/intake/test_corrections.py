"""补正, the office's side of A7: asked all at once, answered by slot, counted, and never without an end."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest
from sqlalchemy import select

from intake.keeping.schema import pages
from intake.keeping.unit import Unit
from intake.office.reviewers import Session, lend_hand
from intake.problems import Problem
from tests.intake.office import NEW_FRONT, WHY, Office, front, permit, supplement

ASKED = ("id_card.front", "level")


async def test_everything_is_asked_at_once_with_reason_picture_and_days(office: Office) -> None:
    number = await office.reviewed()

    await office.ask(number, *ASKED)
    event = await office.last(number)

    assert (event["type"], event["state"]) == ("correction_requested", "correction_asked")
    assert event["data"] == {
        "items": [
            {
                "slot": "id_card.front",
                "title": "身份证正面",
                "reason": "看不清，请重拍。",
                "example": "id_card_front",
            },
            {"slot": "level", "title": "档次", "reason": "看不清，请重拍。", "example": "id_card_front"},
        ],
        "by": "2026-12-04",
        "round": 1,
        "remind": ["2026-11-27", "2026-12-02", "2026-12-04"],
        "provisional": False,
    }


async def test_the_applicant_answers_what_was_asked_and_nothing_else(office: Office) -> None:
    number = await office.reviewed()
    await office.ask(number, *ASKED)
    body = supplement(front(NEW_FRONT), level="l80")

    unasked = await office.supplement(number, "corrections", supplement(permit()))
    empty = await office.supplement(number, "corrections", supplement())
    opened = await office.supplement(number, "corrections", body)
    early = await office.submit(number, "corrections")
    other = await office.supplement(number, "corrections", supplement(level="l100"))
    put = await office.put(number, "id_card", "front", NEW_FRONT)
    again = await office.supplement(number, "corrections", body)
    done = await office.submit(number, "corrections")
    repeat = await office.submit(number, "corrections")

    assert (unasked[0], unasked[1]["field"], empty[0]) == (422, "permit.page", 422)
    assert opened == (200, {"missing": [{"material": "id_card", "page": "front"}]})
    assert (early[0], early[1]["missing"]) == (422, [{"material": "id_card", "page": "front"}])
    assert (other[0], other[1]["type"]) == (422, "urn:zerotrip:intake:key-reused")
    assert (put, again) == (204, (200, {"missing": []}))
    day = {"answer_by": "2026-11-23", "provisional": False}
    assert done == repeat == (200, {"number": number, "state": "submitted", **day})
    event = await office.last(number)
    assert (event["type"], event["state"], event["data"]) == ("corrected", "submitted", day)


async def test_what_was_corrected_is_what_everybody_reads_afterwards(office: Office) -> None:
    number = await office.reviewed()
    await office.ask(number, "id_card.front", "id_number")
    body = supplement(front(NEW_FRONT), id_number="999901197601203159")
    await office.supplement(number, "corrections", body)
    await office.put(number, "id_card", "front", NEW_FRONT)
    await office.submit(number, "corrections")

    found = await office.body(number)
    files = await office.here.parts.read(lambda unit: list(unit.connection.execute(select(pages.c.file))))
    twin = await office.here.create("ref-twin0001", applicant=found["applicant"])

    assert found["applicant"]["id_number"] == "999901197601203159"
    assert [page["page"] for page in found["materials"][0]["pages"]] == ["front", "back"]
    assert len(list((office.here.parts.settings.data_dir / "pages").iterdir())) == len(files) == 2
    assert (twin[0], twin[1]["number"]) == (409, number)


async def test_a_slot_that_does_not_exist_cannot_be_asked_for(office: Office) -> None:
    number = await office.reviewed()
    good = {"slot": "level", "reason": "不对", "example": ""}

    wrong = [
        [],
        None,
        [good | {"slot": "passport.front"}],
        [good | {"reason": " "}],
        [good | {"example": "nonsense"}],
        [good, good],
        ["level"],
    ]
    refusals = [await office.refused(number, "ask_correction", items) for items in wrong]

    assert [refusal.status for refusal in refusals] == [422] * len(wrong)
    assert refusals[2].more["field"] == "/items/0/slot"
    assert await office.state(number) == "pre_review"
    assert await office.count(number) == 0


async def test_what_was_there_at_the_first_look_needs_a_reason_the_supervisor_sees(office: Office) -> None:
    number = await corrected(office, await office.reviewed())

    refusal = await office.refused(number, "ask_correction", [item("level"), item("id_card.back")])
    await office.ask(number, "level", "id_card.back", late_reason="反面第一次漏看了")

    assert (refusal.status, refusal.kind) == (422, "late-items")
    assert refusal.more["slots"] == ["id_card.back"]
    assert await office.alerts(number) == ["added_later"]


async def test_the_third_time_warns_and_the_next_waits_for_a_talk(office: Office) -> None:
    number = await office.reviewed()
    for _ in range(2):
        number = await corrected(office, number)
    quiet = await office.alerts(number)
    number = await corrected(office, number)
    warned = await office.alerts(number)

    refusals = [
        await office.refused(number, "ask_correction", [item("level")]),
        await office.refused(number, "refuse", **WHY),
    ]
    await office.act(number, "record_talk", who="参保科 张三", when="2026-11-21", result="一次说清。")
    await office.ask(number, "level")

    assert (quiet, warned) == ([], ["third_rejection"])
    assert {(refusal.status, refusal.kind) for refusal in refusals} == {(423, "talk-due")}
    assert await office.count(number) == 4


async def test_the_count_outlives_withdrawal_and_coming_back_and_ends_with_approval(office: Office) -> None:
    number = await office.reviewed()
    for _ in range(3):
        number = await corrected(office, number)
        await office.here.call("POST", f"/v1/pre-applications/{number}/withdraw")
        number = await office.reviewed()
    blocked = await office.refused(number, "refuse", **WHY)
    for action in ("accept", "start_work", "approve"):
        await office.act(number, action)

    assert blocked.status == 423
    assert await office.count(number) == 0


async def test_who_never_answers_is_taken_as_withdrawn_and_may_come_back(office: Office) -> None:
    number = await office.reviewed()
    await office.ask(number, *ASKED)
    office.here.clock.step(days=13, hours=7)  # Friday 4 December, 23:00
    in_time = await office.due()
    office.here.clock.step(hours=1)
    late = await office.due()
    event = await office.last(number)
    again = await office.hand_in()

    assert (in_time, late) == (0, 1)
    assert (event["type"], event["state"]) == ("deemed_withdrawn", "deemed_withdrawn")
    assert event["data"] == {"keep_until": "2027-01-04", "provisional": False}
    assert (await office.submit(number, "corrections"))[0] == 423
    assert await office.state(again) == "submitted"


async def test_who_works_on_a_case_does_not_supervise_it(office: Office) -> None:
    number = await office.hand_in()

    def lend(name: str, role: str) -> Callable[[Unit], None]:
        return lambda unit: lend_hand(unit, number, Session(name, "", role))

    change = office.here.parts.change
    for name, role in (("王", "reviewer"), ("赵", "supervisor"), ("王", "reviewer")):
        await change(lend(name, role))
    for name, role in (("王", "supervisor"), ("赵", "reviewer")):
        with pytest.raises(Problem) as caught:
            await change(lend(name, role))
        assert caught.value.kind == "other-role"


async def corrected(office: Office, number: str) -> str:
    """Send back, answered, and looked at again."""
    await office.ask(number, "level")
    answered = supplement(level="l80")
    await office.supplement(number, "corrections", answered, key=f"key-{secrets.token_hex(6)}")
    status, answer = await office.submit(number, "corrections")
    assert status == 200, answer
    office.here.clock.step(minutes=1)
    await office.act(number, "start_review")
    return number


def item(slot: str) -> dict[str, str]:
    return {"slot": slot, "reason": "不对", "example": ""}
