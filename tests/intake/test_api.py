"""The contract's road, call by call, over a real socket."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from intake import contract
from tests.intake.world import BACK, FRONT, World, application, sha


async def test_a_pre_application_is_handed_in_and_gets_a_number_and_a_date(here: World) -> None:
    status, opened = await here.create()
    number = opened["number"]
    pages = [(await here.put(number, page, data))[0] for page, data in (("front", FRONT), ("back", BACK))]
    _, answer = await here.call("POST", f"/v1/pre-applications/{number}/submit")

    assert status == 201
    assert opened == {"number": "CS-1121-0001", "reference": "ref-00000001", "state": "draft"}
    assert pages == [204, 204]
    assert answer == {
        "number": "CS-1121-0001",
        "reference": "ref-00000001",
        "state": "submitted",
        "answer_by": "2026-11-23",  # handed in on Saturday: one working day is Monday
        "provisional": False,
    }


async def test_what_is_told_is_what_the_contract_says(here: World) -> None:
    number = await here.hand_in()
    [event] = await here.told(1)
    _, status = await here.call("GET", f"/v1/pre-applications/{number}")
    _, same = await here.call("GET", "/v1/pre-applications?reference=ref-00000001")
    _, listed = await here.call("GET", f"/v1/pre-applications/{number}/events?after_seq=0")

    contract.hold_to("Event", event)
    contract.hold_to("Status", status)
    assert same == status
    assert listed == {"events": [event]}
    assert (event["type"], event["data"]) == (
        "preregistered",
        {"answer_by": "2026-11-23", "provisional": False},
    )


async def test_same_key_and_bytes_give_the_same_answer_for_life(here: World) -> None:
    first = await here.create()
    await here.put(first[1]["number"], "front", FRONT)
    await here.put(first[1]["number"], "back", BACK)
    await here.call("POST", f"/v1/pre-applications/{first[1]['number']}/submit")
    here.clock.step(days=400)

    assert await here.create() == first


async def test_ten_at_once_under_one_key_are_one(here: World) -> None:
    answers = await asyncio.gather(*(here.create() for _ in range(10)))

    assert answers == [(201, {"number": "CS-1121-0001", "reference": "ref-00000001", "state": "draft"})] * 10


async def test_same_key_with_other_bytes_is_refused(here: World) -> None:
    await here.create()

    status, problem = await here.create(lang="en")

    assert (status, problem["type"]) == (422, "urn:zerotrip:intake:key-reused")


async def test_same_person_and_service_within_30_days_names_the_one_under_way(here: World) -> None:
    number = await here.hand_in()
    here.clock.step(days=29)

    status, problem = await here.create("ref-00000002")
    here.clock.step(days=2)
    later, _ = await here.create("ref-00000003")

    assert (status, problem["number"]) == (409, number)
    assert later == 201


async def test_of_two_drafts_of_one_case_only_one_is_handed_in(here: World) -> None:
    _, second = await here.create("ref-00000002")
    number = await here.hand_in("ref-00000001")
    for page, data in (("front", FRONT), ("back", BACK)):
        await here.put(second["number"], page, data)

    status, problem = await here.call("POST", f"/v1/pre-applications/{second['number']}/submit")

    assert (status, problem["number"]) == (409, number)


async def test_submit_names_the_pages_that_are_missing_and_repeats_its_answer(here: World) -> None:
    _, opened = await here.create()
    submit = f"/v1/pre-applications/{opened['number']}/submit"
    await here.put(opened["number"], "front", FRONT)

    status, problem = await here.call("POST", submit)
    await here.put(opened["number"], "back", BACK)
    first = await here.call("POST", submit)
    here.clock.step(days=1)
    again = await here.call("POST", submit)

    assert (status, problem["missing"]) == (422, [{"material": "id_card", "page": "back"}])
    assert first[0] == 200
    assert again == first


async def test_numbers_are_never_given_out_twice_also_a_year_later(here: World) -> None:
    _, first = await here.create("ref-00000001")
    here.clock.step(days=365)
    _, second = await here.create("ref-00000002")

    assert (first["number"], second["number"]) == ("CS-1121-0001", "CS-1121-0002")


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        (FRONT, {"X_Content_SHA256": "0" * 64}, 422),
        (b"\xff\xd8\xff other", {"X_Content_SHA256": sha(FRONT)}, 422),
        (FRONT, {"X_Content_SHA256": "nonsense"}, 400),
        (FRONT, {"Content_Type": "application/pdf"}, 415),
        (FRONT, {"Content_Encoding": "gzip"}, 415),
        (b"\xff\xd8\xff" + bytes(13 * 1024 * 1024), {"X_Content_SHA256": sha(FRONT)}, 413),
    ],
)
async def test_a_wrong_photo_is_refused_and_nothing_is_held(
    here: World, data: bytes, headers: dict[str, str], status: int
) -> None:
    _, opened = await here.create()

    found, problem = await here.put(opened["number"], "front", data, **headers)
    _, after = await here.call("GET", f"/v1/pre-applications/{opened['number']}")

    assert (found, problem["status"]) == (status, status)
    assert len(after["missing"]) == 2
    assert not list((here.parts.settings.data_dir / "pages").iterdir())


async def test_a_photo_the_body_does_not_name_is_unknown(here: World) -> None:
    _, opened = await here.create()

    status, _ = await here.put(opened["number"], "third", FRONT)

    assert status == 404


async def test_a_photo_may_be_sent_again_also_after_submit_but_no_other(here: World) -> None:
    number = await here.hand_in()

    again, _ = await here.put(number, "front", FRONT)
    other, _ = await here.put(number, "front", BACK)

    assert (again, other) == (204, 422)


async def test_withdraw_repeats_and_ends_with_the_decision(here: World) -> None:
    number = await here.hand_in()
    path = f"/v1/pre-applications/{number}/withdraw"

    first = await here.call("POST", path, {"reason": "不办了"})
    again = await here.call("POST", path)
    late, _ = await here.call("POST", f"/v1/pre-applications/{number}/ratings", {"code": 1})
    fresh, _ = await here.create("ref-00000002")

    assert (first[0], first[1]["state"]) == (200, "withdrawn")
    assert again == first
    assert (late, fresh) == (423, 201)
    assert [event["type"] for event in await here.told(2)] == ["preregistered", "withdrawn"]


async def test_definitions_are_published_once_and_never_change(here: World) -> None:
    path = "/v1/services/flexible_enrolment/definitions/9f2c1d0a5b7e4c31"
    body = {"title": {"zh-CN": "灵活就业人员参保登记"}, "situation": []}

    first = await here.call("PUT", path, body)
    again = await here.call("PUT", path, body)
    other = await here.call("PUT", path, body | {"situation": [1]})
    here.clock.step(seconds=1)
    await here.call("PUT", path.replace("9f2c", "aaaa"), {"title": "新的"})
    read = await here.call("GET", "/v1/services/flexible_enrolment/definition?version=9f2c1d0a5b7e4c31")
    newest = await here.call("GET", "/v1/services/flexible_enrolment/definition")
    services = await here.call("GET", "/v1/services")

    assert [first[0], again[0], other[0]] == [201, 200, 409]
    assert read == (200, body)
    assert newest[1]["title"] == "新的"
    assert [service["title"] for service in services[1]["services"]] == ["新的"]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"reference": NaN}', 400),
        (b'{"a": 1, "a": 2}', 400),
        (b'{"title": "\\ud800"}', 400),
        (b"[" * 100_000, 400),
        (b"[]", 422),
        (b'"text"', 422),
        (b"{}", 422),
        (b" " * 300_000, 413),
    ],
)
async def test_a_body_that_is_none_gets_a_plain_4xx(here: World, raw: bytes, status: int) -> None:
    found, problem = await here.call("POST", "/v1/pre-applications", raw, Idempotency_Key="ref-00000001")

    assert found == status
    contract.hold_to("Problem", problem)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"applicant": {"name": "", "id_number": "999901198803050247"}}, "/applicant/name"),
        ({"applicant": {"name": "胡\u0000", "id_number": "999901198803050247"}}, "/applicant/name"),
        ({"applicant": {"name": "胡小云", "id_number": "秘密"}}, "/applicant/id_number"),
        ({"limits": {"answer": {"days": 0, "kind": "working"}}}, "/limits"),
        ({"answers": "none"}, "/answers"),
        ({"consent": {"text_sha256": "0" * 64, "at": "yesterday"}}, "/consent/at"),
    ],
)
async def test_a_wrong_field_is_named_and_its_value_is_not(here: World, changes: Any, field: str) -> None:
    status, problem = await here.create(**changes)

    assert status == 422
    assert problem["field"].startswith(field)
    assert "胡" not in problem["detail"]
    assert "秘密" not in problem["detail"]


async def test_key_and_reference_must_be_the_same(here: World) -> None:
    body = application("ref-00000001")

    other = await here.call("POST", "/v1/pre-applications", body, Idempotency_Key="ref-00000002")
    none = await here.call("POST", "/v1/pre-applications", body)

    assert (other[0], none[0]) == (422, 400)


@pytest.mark.parametrize("token", [None, "", "wrong", "test-token-of-the-bot-000", "令牌"])
async def test_nothing_is_said_without_the_token(here: World, token: str | None) -> None:
    for path in ("/v1/services", "/v1/pre-applications?reference=ref-00000001", "/metrics"):
        status, problem = await here.call("GET", path, token=token)
        assert (status, problem["type"]) == (401, "urn:zerotrip:intake:unauthorized")


async def test_unknown_paths_and_methods_are_problems_too(here: World) -> None:
    nowhere = await here.call("GET", "/v1/nowhere")
    method = await here.call("DELETE", "/v1/services")
    number = await here.call("GET", "/v1/pre-applications/CS-1121-9999")

    assert (nowhere[0], method[0], number[0]) == (404, 405, 404)
    assert nowhere[1]["message_zh"] == "没有找到。"
