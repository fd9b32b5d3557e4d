"""好差评: a mark is taken once; a bad one is followed up by the clock, its giver unknown till the end."""

from __future__ import annotations

from typing import Any

from intake.cases import moves
from intake.office import reviewers
from tests.intake.desk import Desk
from tests.intake.world import PASSWORD, World

# It is Saturday, 2026-11-21: day one of every limit is Monday the 23rd.


async def delivered(here: World, desk: Desk, reference: str = "ref-00000001", **changes: Any) -> str:
    number = await here.hand_in(reference, **changes)
    for action in ("start_review", "accept", "start_work", "approve"):
        await desk.act(number, action)
    await desk.act(number, "deliver", method="电子送达")
    return number


async def rate(here: World, number: str, code: int, words: str = "", **more: Any) -> tuple[int, Any]:
    body = {"code": code, **({"words": words} if words else {}), **more}
    return await here.call("POST", f"/v1/pre-applications/{number}/ratings", body)


async def events(here: World, number: str) -> list[dict[str, Any]]:
    _, found = await here.call("GET", f"/v1/pre-applications/{number}/events")
    told: list[dict[str, Any]] = found["events"]
    return told


async def the_only(desk: Desk) -> dict[str, Any]:
    _, listed = await desk.get("followups")
    (found,) = listed["followups"]
    _, opened = await desk.get(f"followups/{found['id']}")
    return dict(opened)


async def step(desk: Desk, action: str, words: str = "看过了") -> tuple[int, Any]:
    found = await the_only(desk)
    body = {"action": action, "version": found["version"], "fields": {"words": words}}
    return await desk.send(f"followups/{found['id']}/actions", body)


async def test_a_bad_mark_opens_a_follow_up_due_at_the_end_of_the_next_working_day(here: World) -> None:
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    assert (await rate(here, number, 5, "等太久"))[0] == 200
    found = await the_only(desk)

    assert (found["state"], found["due_on"], found["clock"]) == ("contact", "2026-11-23", "green")
    assert found["marks"] == [{"round": 1, "code": 5, "words": "等太久", "at": found["marks"][0]["at"]}]
    told = await events(here, number)
    assert [(each["type"], each["data"]) for each in told[-2:]] == [
        ("rated", {"code": 5}),
        ("followup_opened", {"contact_by": "2026-11-23", "provisional": False}),
    ]


async def test_other_marks_open_none(here: World) -> None:
    desk = await Desk.sign_in(here)
    for code in (1, 2, 3):
        number = await delivered(here, desk, f"ref-0000000{code}")
        assert (await rate(here, number, code))[0] == 200

    assert (await desk.get("followups"))[1] == {"followups": []}


async def test_a_reviewer_does_not_learn_whose_mark_it_is_before_the_end(here: World) -> None:
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    before = await desk.open(number)
    await rate(here, number, 5, "等太久")
    page, found = await desk.open(number), await the_only(desk)

    assert (page["rating"], page["events"]) == (None, before["events"])
    assert found["applicant"] is None
    assert number not in str(found)


async def test_good_marks_are_not_shown_with_the_case_either(here: World) -> None:
    """Else a case without a mark in sight would be a bad one."""
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    await rate(here, number, 1)

    assert (await desk.open(number))["rating"] is None


async def test_who_gives_his_name_is_shown_and_can_be_called(here: World) -> None:
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    await rate(here, number, 4, named=True)
    found = await the_only(desk)

    assert found["applicant"] == {"number": number, "name": "胡**", "id_number": "999901********0247"}
    assert (await desk.open(number))["rating"] == 4


async def test_the_words_and_the_name_may_come_after_the_mark(here: World) -> None:
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    for answer in (
        await rate(here, number, 5),
        await rate(here, number, 5, "等太久"),
        await rate(here, number, 5, "换了一句"),
        await rate(here, number, 5, named=True),
    ):
        assert answer[0] == 200
    found = await the_only(desk)

    assert [(mark["code"], mark["words"]) for mark in found["marks"]] == [(5, "等太久")]
    assert found["named"]
    assert [each["type"] for each in await events(here, number)].count("rated") == 1
    assert (await rate(here, number, 1))[0] == 409


async def test_from_the_call_to_the_second_mark(here: World) -> None:
    fixer = await Desk.sign_in(here)
    number = await delivered(here, fixer)
    await rate(here, number, 5, "等太久", named=True)
    assert (await rate(here, number, 2))[0] == 409, "not before it was followed up"
    await step(fixer, "tried", "打了两次没人接")
    _, contacted = await step(fixer, "contacted", "电话里说了，排队叫号坏了")
    assert (contacted["state"], contacted["due_on"]) == ("fix", "2026-11-27")
    _, longer = await step(fixer, "complex", "叫号机要厂家来修")
    assert longer["due_on"] == "2026-12-11"
    assert (await step(fixer, "complex"))[0] == 423, "once"
    _, fixed = await step(fixer, "fixed", "叫号机修好了")
    assert (fixed["state"], fixed["due_on"]) == ("check", "2026-11-27")
    assert (await step(fixer, "checked"))[0] == 423, "not by the one who mended it"

    checker = await Desk.sign_in(here, "王复核")
    assert (await step(checker, "not_mended", "第三个窗口还没有"))[1]["state"] == "fix"
    assert (await step(checker, "fixed", "三个窗口都好了"))[0] == 200
    again = await Desk.sign_in(here, "赵复核")
    _, closed = await step(again, "checked", "去看过，都好了")

    assert (closed["state"], closed["clock"], closed["actions"]) == ("closed", "none", [])
    assert [(each["by"], each["step"]) for each in closed["steps"]][-2:] == [
        ("reviewer:王复核", "fixed"),
        ("reviewer:赵复核", "checked"),
    ]
    told = (await events(here, number))[-1]
    assert (told["type"], told["data"]) == (
        "followup_closed",
        {"result": "三个窗口都好了", "rerate_until": "2026-11-27", "provisional": False},
    )
    assert (await rate(here, number, 2))[0] == 200
    assert (await rate(here, number, 2))[0] == 200, "a repeat"
    assert (await rate(here, number, 1))[0] == 409, "once"
    found = await the_only(again)
    assert [mark["code"] for mark in found["marks"]] == [5, 2]
    assert (await here.call("GET", f"/v1/pre-applications/{number}"))[1]["rating"] == 2


async def test_a_second_mark_may_be_as_bad_and_opens_nothing_more(here: World) -> None:
    number = await closed_followup(here)
    assert (await rate(here, number, 5, "还是慢"))[0] == 200

    told = [each["type"] for each in await events(here, number)]
    assert (told.count("rated"), told.count("followup_opened")) == (2, 1)


async def test_the_second_mark_has_its_time(here: World) -> None:
    number = await closed_followup(here)
    here.clock.step(days=8)

    assert (await rate(here, number, 1))[0] == 409


async def closed_followup(here: World) -> str:
    fixer = await Desk.sign_in(here)
    number = await delivered(here, fixer)
    await rate(here, number, 5)
    await step(fixer, "contacted")
    await step(fixer, "fixed")
    assert (await step(await Desk.sign_in(here, "王复核"), "checked"))[0] == 200
    return number


async def test_what_is_late_is_red_and_stays_written(here: World) -> None:
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    await rate(here, number, 5)
    here.clock.step(days=2, hours=8)  # 24:00 of Monday in Beijing
    desk = await Desk.sign_in(here, "早班")
    found = await the_only(desk)
    _, contacted = await step(desk, "contacted")

    assert found["clock"] == "red"
    assert contacted["late"]
    assert [each["late"] for each in contacted["steps"]] == [True]


async def test_without_words_nothing_is_done(here: World) -> None:
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    await rate(here, number, 5)

    assert (await step(desk, "contacted", " "))[0] == 422
    assert (await step(desk, "checked"))[0] == 423
    assert (await step(desk, "dance"))[0] == 422
    assert (await the_only(desk))["steps"] == []


async def test_only_a_supervisor_calls_a_mark_malicious(here: World) -> None:
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    await rate(here, number, 5)
    _, flagged = await step(desk, "flag", "一天里同一个人评了十件")

    assert [each["action"] for each in flagged["actions"]] == ["tried", "contacted"]
    assert (await step(desk, "flag_confirmed"))[0] == 403

    watching = await signed_in_as_supervisor(here)
    assert (await step(watching, "contacted"))[0] == 403, "who watches does not do the work"
    _, over = await step(watching, "flag_confirmed", "十件都是真的办过，话也一样")
    assert (over["state"], over["steps"][-1]["by"]) == ("closed", "supervisor:周主任")
    assert (await rate(here, number, 1))[0] == 409


async def signed_in_as_supervisor(here: World) -> Desk:
    code = await here.parts.change(lambda unit: reviewers.invite(unit, "supervisor"))
    desk = Desk(here, here.browser)
    _, me = await desk.send("first-run", {"code": code, "name": "周主任", "password": PASSWORD})
    desk.csrf = me["csrf"]
    return desk


async def test_a_follow_up_nobody_was_shown_is_none(here: World) -> None:
    desk = await Desk.sign_in(here)

    assert (await desk.get("followups/F-1121-0001"))[0] == 404


async def test_what_people_wrote_can_be_forgotten(here: World) -> None:
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    await rate(here, number, 5, "等太久")
    await step(desk, "contacted", "他说等太久")

    body = {"person": {}, "references": ["ref-00000001"]}
    assert (await here.call("POST", "/v1/erasure", body))[0] == 200
    found = await the_only(desk)

    assert (found["marks"][0]["words"], found["steps"][0]["words"]) == ("", "")
    assert found["marks"][0]["code"] == 5


async def test_silence_is_no_mark(here: World) -> None:
    desk = await Desk.sign_in(here)
    number = await delivered(here, desk)
    here.clock.step(days=10)
    await here.parts.change(moves.make_due)
    _, found = await here.call("GET", f"/v1/pre-applications/{number}")

    assert (found["state"], found["rating"]) == ("closed", None)
