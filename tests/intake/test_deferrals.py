"""容缺受理, the office's side of A6: work starts while a paper is owed, and never ends before it came."""

from __future__ import annotations

from typing import Any
from unittest.mock import ANY

from tests.intake.office import PERMIT, PROMISE, TWO_WEEKS, WHY, Office, front, permit, supplement

OWING: dict[str, Any] = {"deferred": [PROMISE], "limits": TWO_WEEKS}


NOT_ASKED: dict[str, Any] = {"lookups": ["permit"], "limits": TWO_WEEKS}  # and no department was asked


async def accepted(office: Office) -> str:
    number = await office.reviewed(**OWING)
    await office.act(number, "accept")
    return number


async def bring(office: Office, number: str) -> tuple[int, object]:
    await office.supplement(number, "deferrals", supplement(permit()))
    await office.put(number, "permit", "page", PERMIT)
    return await office.submit(number, "deferrals")


async def test_acceptance_tells_what_is_owed_by_when_and_when_to_remind(office: Office) -> None:
    number = await accepted(office)

    event = await office.last(number)

    assert (event["type"], event["state"]) == ("accepted_deferred", "accepted_deferred")
    assert event["data"] == {
        "receipt_no": "SL-20261121-0001",
        "promised_by": "2026-12-04",
        "items": [{"material": "permit", "title": "居住证"}],
        "by": "2026-12-02",  # two working days before the promise
        "remind": ["2026-11-26", "2026-11-30", "2026-12-02"],
        "provisional": False,
    }


async def test_nothing_is_approved_while_a_paper_is_owed_and_all_is_well_when_it_came(office: Office) -> None:
    number = await accepted(office)
    await office.act(number, "start_work")

    refusal = await office.refused(number, "approve")
    done = await bring(office, number)
    repeat = await office.submit(number, "deferrals")
    event = await office.last(number)
    await office.act(number, "approve")

    assert (refusal.status, refusal.kind) == (423, "owing")
    assert "居住证" in refusal.message_zh
    answer = {"state": "in_progress", "answer_by": "2026-12-04", "provisional": False}
    assert done == repeat == (200, {"number": number, **answer})
    assert (event["type"], event["state"], event["data"]) == (
        "deferral_supplied",
        "in_progress",
        {"material": "permit"},
    )
    assert [material["id"] for material in (await office.body(number))["materials"]] == ["id_card", "permit"]


async def test_with_the_last_paper_an_acceptance_owes_no_more(office: Office) -> None:
    number = await accepted(office)

    unasked = await office.supplement(number, "deferrals", supplement(front()))
    nothing = await office.submit(number, "deferrals")
    done = await bring(office, number)

    assert (unasked[0], unasked[1]["type"]) == (422, "urn:zerotrip:intake:not-asked")
    assert nothing[0] == 423
    assert done[0] == 200
    assert await office.state(number) == "accepted"


async def test_a_paper_that_comes_before_the_review_is_owed_no_more(office: Office) -> None:
    number = await office.hand_in(**OWING)
    await bring(office, number)
    await office.act(number, "start_review")

    await office.act(number, "accept")

    assert [event["type"] for event in await office.told(number)] == [
        "preregistered",
        "deferral_supplied",
        "pre_review_started",
        "accepted",
    ]


async def test_a_broken_promise_is_confirmed_by_a_reviewer_and_blocks_the_next(office: Office) -> None:
    number = await accepted(office)
    early = await office.refused(number, "revoke", reason="居住证没有补上。")
    office.here.clock.step(days=12)
    by_itself = await office.due()

    await office.act(number, "revoke", reason="居住证没有补上。")
    event = await office.last(number)
    blocked = await office.here.create("ref-again001", **OWING)
    complete = await office.here.create("ref-again002")
    await office.act(number, "clear_promise", reason="住院了，有证明。")
    told = await office.last(number)
    cleared = await office.here.create("ref-again003", **OWING)

    assert (early.status, by_itself) == (423, 0)
    assert (event["type"], event["state"], event["data"]) == (
        "revoked",
        "acceptance_revoked",
        {"reason": "居住证没有补上。"},
    )
    assert (blocked[0], blocked[1]["type"]) == (422, "urn:zerotrip:intake:deferral-blocked")
    assert (complete[0], cleared[0]) == (201, 201)
    assert (told["type"], told["state"], told["data"]) == ("promise_cleared", "acceptance_revoked", {})
    assert (await office.refused(number, "clear_promise", reason="再来")).status == 423


async def test_a_draft_opened_before_the_promise_broke_is_not_handed_in_with_another(office: Office) -> None:
    number = await accepted(office)
    other = {"id": "residence", "version": "v1", "title": "居住登记"}
    draft = (await office.here.create("ref-draft001", **OWING, service=other, materials=[]))[1]["number"]
    office.here.clock.step(days=12)
    await office.act(number, "revoke", reason="居住证没有补上。")

    status, problem = await office.here.call("POST", f"/v1/pre-applications/{draft}/submit")

    assert (status, problem["type"]) == (422, "urn:zerotrip:intake:deferral-blocked")


async def test_a_paper_cannot_be_promised_and_sent(office: Office) -> None:
    doubled = await office.here.create(deferred=[PROMISE, PROMISE])
    sent = await office.here.create(deferred=[PROMISE | {"material": "id_card"}])

    assert (doubled[0], doubled[1]["field"]) == (422, "/deferred/1/material")
    assert (sent[0], sent[1]["field"]) == (422, "/deferred/0/material")


async def test_who_owes_may_be_denied_and_may_withdraw(office: Office) -> None:
    denied, withdrawn = await accepted(office), ""
    await office.act(denied, "start_work")
    await office.act(denied, "deny", **WHY)
    withdrawn = await accepted(office)
    status, found = await office.here.call("POST", f"/v1/pre-applications/{withdrawn}/withdraw")

    assert (status, found["state"]) == (200, "withdrawn")
    assert (await office.last(withdrawn))["data"] == {"keep_until": "2026-12-21", "provisional": False}
    assert await office.state(denied) == "denied"


async def promise_late(office: Office, number: str, key: str = "key-late0001") -> tuple[int, Any]:
    """Promise after handing in the paper that nobody could be asked for."""
    return await office.supplement(number, "deferrals", {**supplement(), "deferred": [PROMISE]}, key)


async def test_what_no_department_could_be_asked_for_is_promised_after_handing_in(office: Office) -> None:
    number = await office.reviewed(**NOT_ASKED)
    waits = await office.refused(number, "accept")
    opened = [await promise_late(office, number) for _ in range(2)]
    done = [await office.submit(number, "deferrals") for _ in range(2)]  # the first answer was lost
    await office.act(number, "accept")
    event = await office.last(number)

    assert waits.kind == "looking-up"
    assert "等申请人交来或者答应补交" in waits.message_zh
    assert opened == [(200, {"missing": []})] * 2
    assert [(status, told["state"]) for status, told in done] == [(200, "pre_review")] * 2
    assert (await office.body(number))["deferred"] == [PROMISE]
    assert (event["type"], event["data"]["by"]) == ("accepted_deferred", "2026-12-02")
    assert event["data"]["items"] == [{"material": "permit", "title": "居住证"}]
    assert (await bring(office, number))[0] == 200
    assert await office.state(number) == "accepted"


async def test_a_late_promise_is_held_to_like_any(office: Office) -> None:
    number = await office.reviewed(**NOT_ASKED)
    await promise_late(office, number)
    await office.submit(number, "deferrals")
    await office.act(number, "accept")
    office.here.clock.step(days=13)
    await office.due()
    await office.act(number, "revoke", reason="到期没有补。")

    again = await office.reviewed("ref-again001", **NOT_ASKED)
    status, problem = await promise_late(office, again)
    assert (status, problem["type"]) == (422, "urn:zerotrip:intake:deferral-blocked")
    assert await bring(office, again) == (200, ANY)  # the paper itself opens the way


async def test_nothing_else_is_promised_late(office: Office) -> None:
    asked = await office.reviewed(**OWING)
    assert (await promise_late(office, asked))[1]["type"] == "urn:zerotrip:intake:not-asked"
    await office.act(asked, "withdraw")

    number = await office.reviewed("ref-00000002", **{**NOT_ASKED, "lookups": ["permit", "household"]})
    other = {**supplement(), "deferred": [{**PROMISE, "material": "id_card"}]}
    status, problem = await office.supplement(number, "deferrals", other)
    assert (status, problem["type"], problem["field"]) == (422, "urn:zerotrip:intake:not-asked", "id_card")
    assert (await office.submit(number, "deferrals"))[0] == 423

    await office.ask(number, "id_card.front")
    status, problem = await office.supplement(
        number, "corrections", {**supplement(front()), "deferred": [PROMISE]}, "key-00000003"
    )
    assert (status, problem["type"]) == (422, "urn:zerotrip:intake:not-asked")
