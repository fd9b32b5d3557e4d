"""The reviewer's side: what he sees, what he may do, and who is kept out."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters, profiles
from sqlalchemy import delete, update

from intake.keeping.schema import looks
from intake.office import reviewers
from tests.intake.desk import Desk
from tests.intake.world import BACK, FRONT, PASSWORD, World


async def test_the_list_shows_what_was_handed_in_masked_and_the_most_urgent_first(here: World) -> None:
    number = await here.hand_in()
    await here.create("ref-draft001", applicant={"name": "张三", "id_number": "999901197601203159"})
    desk = await Desk.sign_in(here)

    _, found = await desk.get("applications")

    assert found["applications"] == [
        {
            "number": number,
            "title": "灵活就业人员参保登记",
            "state": "submitted",
            "state_label": "已提交",
            "submitted_at": "2026-11-21T08:00:00+00:00",
            "due_on": "2026-11-23",
            "clock": "green",
            "alert": False,
            "applicant": "胡** 999901********0247",
        }
    ]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("q=CS-1121", 1),
        ("q=胡小云", 1),
        ("q=999901198803050247", 1),
        ("q=参保", 1),
        ("q=胡", 0),
        ("q=%25", 0),
        ("state=submitted", 1),
        ("state=closed", 0),
        ("state=nonsense", 0),
    ],
)
async def test_search_and_filter(here: World, query: str, count: int) -> None:
    await here.hand_in()
    desk = await Desk.sign_in(here)

    _, found = await desk.get(f"applications?{query}")

    assert len(found["applications"]) == count


async def test_the_clock_turns_yellow_then_red(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    colours = []
    for hours in (0, 45, 12):  # Saturday 16:00; due Monday 24:00, 56 hours later
        here.clock.step(hours=hours)
        me = await desk.send("sign-in", {"name": "李审核", "password": PASSWORD})
        desk.csrf = me[1]["csrf"]
        colours.append((await desk.open(number))["clock"])

    assert colours == ["green", "yellow", "red"]


async def test_an_application_in_full_but_for_what_is_sensitive(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)

    found = await desk.open(number)

    assert found["applicant"] == {"name": "胡**", "id_number": "999901********0247"}
    assert [answer["shown"] for answer in found["answers"]] == ["胡小云", "999901********0247", "l60"]
    assert [page["label"] for page in found["materials"][0]["pages"]] == ["正面", "反面"]
    assert found["materials"][0]["pages"][1]["flags"] == ["人工看"]
    assert [action["action"] for action in found["actions"]] == ["start_review"]
    assert [event["label"] for event in found["events"]] == ["已收到预申请"]


async def test_photos_are_shown_whole_and_lie_sealed(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    url = (await desk.open(number))["materials"][0]["pages"][1]["url"]

    async with here.browser.get(here.url + url) as answer:
        data, headers = await answer.read(), answer.headers
    on_disk = b"".join(
        file.read_bytes() for file in here.parts.settings.data_dir.rglob("*") if file.is_file()
    )

    assert data == BACK
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    for plain in (FRONT, BACK, b"999901198803050247", "胡小云".encode(), PASSWORD.encode()):
        assert plain not in on_disk


async def test_who_looked_at_what_is_kept_and_tampering_shows(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    await desk.open(number)
    await desk.get(f"applications/{number}/materials/id_card/front")
    shown = await desk.send(f"applications/{number}/reveal", {"key": "id_number", "reason": "核对"})
    no_reason = await desk.send(f"applications/{number}/reveal", {"key": "id_number", "reason": " "})
    whole = await here.parts.read(reviewers.broken_look)

    change = update(looks).where(looks.c.n == 2).values(reviewer="somebody")
    await here.parts.database.run(lambda connection: connection.execute(change))
    altered = await here.parts.read(reviewers.broken_look)
    await here.parts.database.run(lambda connection: connection.execute(delete(looks).where(looks.c.n == 1)))
    removed = await here.parts.read(reviewers.broken_look)

    assert shown == (200, {"key": "id_number", "value": "999901198803050247"})
    assert no_reason[0] == 422
    assert (whole, altered, removed) == (None, 2, 2)


@pytest.mark.parametrize(
    ("road", "action"),
    [(("start_review",), "refuse"), (("start_review", "accept", "start_work"), "deny")],
)
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, {"why", "how"}),
        ({"why": "单位正在给您交"}, {"how"}),
        ({"how": "离开单位后再来", "why": "  "}, {"why"}),
        ({"how": "离开单位后再来", "why": "长" * 2001}, {"why"}),
    ],
)
async def test_a_refusal_without_why_and_how_is_refused(
    here: World, road: tuple[str, ...], action: str, fields: dict[str, str], wrong: set[str]
) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    for step in road:
        await desk.act(number, step)
    before = await desk.open(number)

    status, problem = await desk.try_to(number, action, **fields)

    assert (status, set(problem["fields"])) == (422, wrong)
    assert await desk.open(number) == before


async def test_a_denial_tells_why_how_and_the_rights(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    for step in ("start_review", "accept", "start_work"):
        await desk.act(number, step)

    found = await desk.act(number, "deny", why=" 单位正在给您交。", how="离开单位后再来。")
    told = (await here.told(5))[-1]

    assert found["state"] == "denied"
    assert told["data"]["result"] == "denied"
    assert (told["data"]["why"], told["data"]["how"]) == ("单位正在给您交。", "离开单位后再来。")
    assert "行政复议" in told["data"]["rights"]


async def test_two_reviewers_at_once_one_wins_and_the_other_hears_it(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    version = (await desk.open(number))["version"]
    body = {"action": "start_review", "version": version, "fields": {}}

    first = await desk.send(f"applications/{number}/actions", body)
    second = await desk.send(f"applications/{number}/actions", body)

    assert (first[0], second[0]) == (200, 409)


@pytest.mark.parametrize("action", ["submit", "withdraw", "rate", "close_unrated", "nonsense", None, 7])
async def test_a_reviewer_makes_only_a_reviewers_moves(here: World, action: Any) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)

    status, _ = await desk.send(
        f"applications/{number}/actions", {"action": action, "version": 2, "fields": {}}
    )

    assert status == 422


async def test_a_move_out_of_turn_is_423(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)

    status, _ = await desk.try_to(number, "approve")

    assert status == 423


async def test_the_first_run_code_works_once_and_not_after_a_day(here: World) -> None:
    desk = Desk(here, here.browser)
    person = {"name": "李审核", "password": PASSWORD}
    code = await here.parts.change(reviewers.invite)
    _, empty = await desk.get("me")

    wrong = await desk.send("first-run", {"code": "guess", **person})
    right = await desk.send("first-run", {"code": code, **person})
    again = await desk.send("first-run", {"code": code, **person, "name": "第二人"})
    late_code = await here.parts.change(reviewers.invite)
    here.clock.step(hours=25)
    late = await desk.send("first-run", {"code": late_code, **person, "name": "第三人"})

    assert empty["first_run"] is True
    assert [wrong[0], right[0], again[0], late[0]] == [403, 200, 403, 403]


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaaaaaa", "xx李审核 is my name", "x" * 201, "", None]
)
async def test_weak_passwords_are_refused(here: World, password: Any) -> None:
    code = await here.parts.change(reviewers.invite)

    status, _ = await Desk(here, here.browser).send(
        "first-run", {"code": code, "name": "李审核", "password": password}
    )

    assert status == 422


async def test_a_session_ends_by_sign_out_and_by_half_an_hour_of_silence(here: World) -> None:
    desk = await Desk.sign_in(here)
    steps = []
    for minutes in (0, 29, 29, 31):
        here.clock.step(minutes=minutes)
        steps.append((await desk.get("applications"))[0])
    _, me = await desk.send("sign-in", {"name": "李审核", "password": PASSWORD})
    desk.csrf = me["csrf"]
    inside = await desk.get("me")
    out = await desk.send("sign-out", {})
    outside = await desk.get("me")

    assert steps == [200, 200, 200, 401]
    assert inside == (200, me)
    assert (out[0], outside[0]) == (204, 401)


def test_passwords_are_hashed_as_slowly_as_its_authors_advise(slow_hasher: PasswordHasher) -> None:
    assert extract_parameters(slow_hasher.hash("a long password")) == profiles.RFC_9106_LOW_MEMORY


async def test_guessing_passwords_is_slowed_down(here: World) -> None:
    desk = await Desk.sign_in(here)

    tries = [await desk.send("sign-in", {"name": "李审核", "password": "guess"}) for _ in range(7)]

    assert [status for status, _ in tries] == [401] * 5 + [429] * 2
    assert tries[-1][1]["retry_after"] > 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"X_CSRF_Token": "wrong"}, 403),
        ({"X_CSRF_Token": ""}, 403),
    ],
)
async def test_another_site_cannot_act(here: World, headers: dict[str, str], status: int) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    body = {"action": "start_review", "version": 2, "fields": {}}

    found, _ = await desk.send(f"applications/{number}/actions", body, **headers)

    assert found == status
    assert (await desk.open(number))["state"] == "submitted"


async def test_every_door_is_closed_to_strangers(here: World) -> None:
    number = await here.hand_in()
    origin = {"Origin": here.url}
    for path in (
        "applications",
        f"applications/{number}",
        f"applications/{number}/materials/id_card/front",
    ):
        async with here.session.get(f"{here.url}/review/api/{path}") as answer:
            assert answer.status == 401
        async with here.session.get(
            f"{here.url}/review/api/{path}", headers={"Cookie": "review=guess"}
        ) as answer:
            assert answer.status == 401
    async with here.session.post(
        f"{here.url}/review/api/applications/{number}/actions", json={}, headers=origin
    ) as answer:
        assert answer.status == 401


async def test_the_cookie_is_kept_from_scripts_and_other_sites(here: World) -> None:
    await Desk.sign_in(here)
    [cookie] = list(here.browser.cookie_jar)

    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")


@pytest.mark.parametrize(
    "path", ["/review/../schema.py", "/review/%2e%2e/%2e%2e/schema.py", "/review/..%2f..%2fapp.py"]
)
async def test_no_file_outside_the_page_is_served(here: World, path: str) -> None:
    async with here.session.get(here.url + path) as answer:
        assert answer.status in {404, 503}
