"""部门核验: asked with a consent, answered by an officer by name within five minutes, never by the clock."""

from __future__ import annotations

from typing import Any

from intake.keeping.unit import Unit
from intake.lookups import asking
from intake.office import reviewers
from tests.intake.desk import Desk
from tests.intake.office import PROMISE, Office
from tests.intake.world import PASSWORD, sha

PAGE = b"\xff\xd8\xff\xe0 marriage certificate"
ASKED = {
    "material": "marriage_certificate",
    "department": "民政",
    "title": "结婚证",
    "question": "两个人是不是登记的夫妻？",
    "consent_sha256": "2" * 64,
}


async def opened(office: Office, **changes: str) -> tuple[str, dict[str, Any]]:
    """Hand in without the paper, and ask for it. Returns the case's number and the look-up."""
    number = await office.hand_in(lookups=["marriage_certificate"])
    status, found = await ask(office, number, **changes)
    assert status == 201, found
    return number, found


async def ask(office: Office, number: str, **changes: str) -> tuple[int, Any]:
    return await office.here.call("POST", "/v1/lookups", {**ASKED, "number": number, **changes})


async def officer(office: Office, name: str = "王数据", department: str = "民政") -> Desk:
    code = await office.here.parts.change(lambda unit: reviewers.invite(unit, "data_officer", department))
    desk = Desk(office.here, office.here.browser)
    _, me = await desk.send("first-run", {"code": code, "name": name, "password": PASSWORD})
    desk.csrf = me["csrf"]
    return desk


async def say(desk: Desk, lookup: str, result: str) -> tuple[int, Any]:
    return await desk.send(f"lookups/{lookup}/answer", {"result": result})


async def late(office: Office) -> int:
    return await office.here.parts.change(asking.escalate)


async def read(office: Office, lookup: str) -> dict[str, Any]:
    status, found = await office.here.call("GET", f"/v1/lookups/{lookup}")
    assert status == 200, found
    return dict(found)


async def test_an_officer_answers_by_name_and_time_and_the_case_goes_on(office: Office) -> None:
    number, found = await opened(office)
    desk = await officer(office)
    office.here.clock.step(minutes=4)
    status, _ = await say(desk, found["lookup"], "confirmed")
    told = await office.last(number)
    await office.act(number, "start_review")
    await office.act(number, "accept")

    assert status == 200
    assert found["answer_by"] == "2026-11-21T08:05:00+00:00"
    assert (told["type"], told["state"]) == ("lookup_answered", "submitted")
    assert told["data"] == {
        "lookup": found["lookup"],
        "material": "marriage_certificate",
        "result": "confirmed",
        "officer": "王数据",
        "department": "民政",
        "at": "2026-11-21T08:04:00+00:00",
    }
    assert (await read(office, found["lookup"]))["state"] == "answered"
    assert (await office.state(number), await late(office)) == ("accepted", 0)


async def test_the_officer_sees_this_ticket_and_nothing_else(office: Office) -> None:
    number, found = await opened(office)
    desk = await officer(office)
    _, listed = await desk.get("lookups")
    _, ticket = await desk.get(f"lookups/{found['lookup']}")

    assert [each["id"] for each in listed["lookups"]] == [found["lookup"]]
    assert "胡小云" not in str(listed)
    assert ticket.keys() == {
        *("id", "title", "state", "opened_at", "answer_by", "clock", "question", "person", "result")
    }
    assert ticket["question"] == "两个人是不是登记的夫妻？"
    assert number not in str((listed, ticket))
    for path in ("applications", f"applications/{number}", "followups"):
        assert (await desk.get(path))[0] == 403, path
    looks = await office.here.parts.read(lambda unit: _looks(unit, number))
    assert looks == [("王数据", f"look-up {found['lookup']}")]


def _looks(unit: Unit, number: str) -> list[tuple[str, str]]:
    rows = unit.connection.exec_driver_sql("SELECT reviewer, what, number FROM looks").all()
    return [(row[0], row[1]) for row in rows if row[2] == number]


async def test_another_department_does_not_see_it_and_a_reviewer_cannot_answer(office: Office) -> None:
    _, found = await opened(office)
    reviewer = await Desk.sign_in(office.here)
    assert (await say(reviewer, found["lookup"], "confirmed"))[0] == 403
    assert (await reviewer.get("lookups"))[0] == 403

    stranger = await officer(office, "赵数据", "公安")
    assert (await stranger.get("lookups"))[1] == {"lookups": []}
    assert (await stranger.get(f"lookups/{found['lookup']}"))[0] == 404
    assert (await say(stranger, found["lookup"], "confirmed"))[0] == 404
    assert (await read(office, found["lookup"]))["state"] == "waiting"


async def test_five_minutes_of_silence_are_no_yes(office: Office) -> None:
    number, found = await opened(office)
    office.here.clock.step(minutes=4, seconds=59)
    assert await late(office) == 0
    office.here.clock.step(seconds=1)
    assert (await late(office), await late(office)) == (1, 0)
    await office.act(number, "start_review")
    refused = await office.refused(number, "accept")
    types = [each["type"] for each in await office.told(number)]

    assert types.count("lookup_escalated") == 1
    assert "lookup_answered" not in types
    assert (refused.status, refused.kind) == (423, "looking-up")
    assert await office.alerts(number) == ["lookup_late"]
    assert (await read(office, found["lookup"]))["result"] == ""


async def test_an_answer_after_the_time_still_counts(office: Office) -> None:
    number, found = await opened(office)
    office.here.clock.step(minutes=6)
    await late(office)
    desk = await officer(office)

    assert (await say(desk, found["lookup"], "confirmed"))[0] == 200
    assert (await office.last(number))["data"]["at"] == "2026-11-21T08:06:00+00:00"


async def test_what_is_not_found_is_owed_as_a_paper(office: Office) -> None:
    for result in ("not_found", "differs"):
        number, found = await opened(office)
        desk = await officer(office, f"王{result}")
        assert (await say(desk, found["lookup"], result))[0] == 200
        page = {"page": "page", "sha256": sha(PAGE), "flags": []}
        paper = {"id": "marriage_certificate", "title": "结婚证", "original": True, "pages": [page]}
        status, _ = await office.supplement(number, "deferrals", {"answers": [], "materials": [paper]})
        assert status == 200
        assert await office.put(number, "marriage_certificate", "page", PAGE) == 204
        assert (await office.submit(number, "deferrals"))[0] == 200
        assert (await office.last(number))["data"] == {"material": "marriage_certificate"}
        await office.act(number, "withdraw")


async def test_a_paper_nobody_was_asked_about_may_be_brought_instead(office: Office) -> None:
    number = await office.hand_in(lookups=["marriage_certificate"])
    page = {"page": "page", "sha256": sha(PAGE), "flags": []}
    paper = {"id": "marriage_certificate", "title": "结婚证", "original": True, "pages": [page]}
    assert (await office.supplement(number, "deferrals", {"answers": [], "materials": [paper]}))[0] == 200
    assert await office.put(number, "marriage_certificate", "page", PAGE) == 204
    assert (await office.submit(number, "deferrals"))[0] == 200
    told = await office.last(number)
    await office.act(number, "start_review")
    await office.act(number, "accept")

    assert (told["type"], told["data"]) == ("deferral_supplied", {"material": "marriage_certificate"})
    assert await office.state(number) == "accepted"


async def test_not_brought_by_then_it_is_accepted_with_the_day(office: Office) -> None:
    number, found = await opened(office)
    await say(await officer(office), found["lookup"], "not_found")
    await office.act(number, "start_review")
    await office.act(number, "accept")
    told = await office.last(number)

    assert told["type"] == "accepted_deferred"
    assert told["data"]["items"] == [{"material": "marriage_certificate", "title": "结婚证"}]


async def test_who_never_promised_the_paper_has_broken_no_promise(office: Office) -> None:
    number, found = await opened(office)
    await say(await officer(office), found["lookup"], "not_found")
    await office.act(number, "start_review")
    await office.act(number, "accept")
    office.here.clock.step(days=12)
    await office.act(number, "revoke", reason="结婚证没有补上。")
    next_one = await office.here.create("ref-again001", deferred=[PROMISE])

    assert (await office.last(number))["type"] == "revoked"
    assert next_one[0] == 201


async def test_the_same_question_again_is_the_same_look_up(office: Office) -> None:
    number, found = await opened(office)
    office.here.clock.step(minutes=2)

    assert await ask(office, number) == (201, found)
    desk = await officer(office)
    assert (await say(desk, found["lookup"], "confirmed"))[0] == 200
    assert (await say(desk, found["lookup"], "confirmed"))[0] == 200
    assert (await say(desk, found["lookup"], "differs"))[0] == 409
    assert (await say(desk, found["lookup"], "perhaps"))[0] == 422
    assert [each["type"] for each in await office.told(number)].count("lookup_answered") == 1


async def test_only_what_he_agreed_to_is_asked(office: Office) -> None:
    number = await office.hand_in(lookups=["marriage_certificate"])

    assert (await ask(office, number, material="household_register"))[0] == 422
    assert (await ask(office, "CS-1121-9999"))[0] == 404
    await office.act(number, "withdraw")
    assert (await ask(office, number))[0] == 423
    assert (await office.here.call("GET", "/v1/lookups/L-1121-0001"))[0] == 404


async def test_a_case_that_is_over_asks_nobody_any_more(office: Office) -> None:
    number, found = await opened(office)
    await office.act(number, "withdraw")
    office.here.clock.step(minutes=6)
    desk = await officer(office)

    assert await late(office) == 0
    assert (await desk.get("lookups"))[1] == {"lookups": []}
    assert (await say(desk, found["lookup"], "confirmed"))[0] == 423
    body = {"person": {"id_number": "999901198803050247"}, "references": []}
    assert (await office.here.call("POST", "/v1/erasure", body))[0] == 200
    assert (await office.here.call("GET", f"/v1/lookups/{found['lookup']}"))[0] == 404
