"""Forgetting a person at the intake service: what goes, what stays, and what is said about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from intake import contract
from intake.cases import applications as applying
from intake.cases import erasure, moves, standing
from intake.keeping import schema
from intake.keeping.schema import applications, events, pages, supplements
from intake.keeping.unit import Unit
from intake.ratings.tables import marks
from tests.intake.desk import Desk
from tests.intake.world import World

NAME, ID_NUMBER = "胡小云", "999901198803050247"
REFERENCE = "ref-00000001"


@pytest.fixture
def here(either: World) -> World:
    return either


async def erase(here: World, *references: str, **person: str) -> dict[str, Any]:
    asked = {"person": person, "references": list(references)}
    status, said = await here.call("POST", "/v1/erasure", asked)
    assert status == 200, said
    contract.hold_to("Erased", said)
    found: dict[str, Any] = said
    return found


async def everything_kept(here: World) -> str:
    """All that can be read with the key in hand: rows opened, files by their count."""

    def read(unit: Unit) -> list[str]:
        bodies = unit.connection.execute(select(applications.c.number, applications.c.body_sealed)).all()
        told = unit.connection.execute(select(events.c.number, events.c.seq, events.c.data_sealed)).all()
        opened = [unit.vault.open(row.body_sealed, f"applications.body:{row.number}") for row in bodies]
        opened += [unit.vault.open(row.data_sealed, f"events.data:{row.number}/{row.seq}") for row in told]
        return [each.decode() for each in opened]

    return "\n".join(await here.parts.read(read))


async def test_an_ended_case_keeps_its_number_and_result_and_nothing_of_the_person(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    await desk.act(number, "start_review")
    await desk.act(number, "refuse", why="胡小云的单位在交。", how="离开单位以后再来。")
    said = await erase(here, REFERENCE)

    assert [each["what"] for each in said["kept"]] == [f"{number}: 编号、日期和结果"]
    assert said["kept"][0]["under_way"] is False
    assert [each.partition(":")[0] for each in said["erased"]] == [number]
    left = await everything_kept(here)
    assert NAME not in left
    assert ID_NUMBER not in left
    assert "离开单位" not in left
    assert list((here.parts.settings.data_dir / "pages").iterdir()) == []
    _, status = await here.call("GET", f"/v1/pre-applications/{number}")
    assert (status["state"], status["number"]) == ("not_accepted", number)
    _, listed = await desk.get(f"applications?q={NAME}")
    assert listed["applications"] == []
    _, shown = await desk.get(f"applications/{number}")
    assert (shown["answers"], shown["materials"]) == ([], [])


async def test_documents_and_words_of_a_mark_go_and_their_hash_and_code_stay(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    for action in ("start_review", "accept", "start_work", "approve"):
        await desk.act(number, action)
    await desk.act(number, "deliver", method="电子送达")
    mark = {"code": 5, "words": "胡小云等太久了"}
    assert (await here.call("POST", f"/v1/pre-applications/{number}/ratings", mark))[0] == 200
    said = await erase(here, REFERENCE)

    assert said["erased"]
    _, listed = await here.call("GET", f"/v1/pre-applications/{number}/documents")
    assert listed
    gone = [
        (await here.call("GET", f"/v1/pre-applications/{number}/documents/{each['id']}.html"))[0]
        for each in listed
    ]
    assert set(gone) == {410}
    kept = await here.parts.read(
        lambda unit: unit.connection.execute(select(marks.c.code, marks.c.words_sealed)).all()
    )
    assert [tuple(row) for row in kept] == [(5, None)]


async def test_what_was_handed_in_later_goes_too(here: World) -> None:
    number = await here.hand_in()
    await here.call("POST", f"/v1/pre-applications/{number}/withdraw")
    later = {"number": number, "key": "k1", "kind": "corrections", "body_sha256": "0" * 64,
             "body_sealed": b"x", "opened_at": here.clock.now}  # fmt: skip
    await here.parts.quietly(lambda unit: unit.connection.execute(insert(supplements).values(later)))
    await erase(here, REFERENCE)

    left = await here.parts.read(lambda unit: unit.connection.execute(select(supplements.c.key)).all())
    assert left == []


async def test_a_case_under_way_is_left_whole_until_it_is_withdrawn(here: World) -> None:
    number = await here.hand_in()
    first = await erase(here, REFERENCE)
    assert (first["erased"], first["kept"][0]["under_way"]) == ([], True)
    assert NAME in await everything_kept(here)

    await here.call("POST", f"/v1/pre-applications/{number}/withdraw")
    second = await erase(here, REFERENCE)

    assert second["erased"]
    assert second["receipt"]["id"] != first["receipt"]["id"]
    assert NAME not in await everything_kept(here)


async def test_asked_again_it_says_the_same_under_the_same_receipt(here: World) -> None:
    number = await here.hand_in()
    await here.call("POST", f"/v1/pre-applications/{number}/withdraw")
    first = await erase(here, REFERENCE)
    here.clock.step(days=3)

    assert await erase(here, REFERENCE) == first


async def test_a_receipt_is_the_hash_of_what_it_says(here: World) -> None:
    number = await here.hand_in()
    await here.call("POST", f"/v1/pre-applications/{number}/withdraw")
    said = await erase(here, REFERENCE)
    receipt = said["receipt"]

    assert receipt["sha256"] == erasure.digest(receipt["id"], receipt["at"], said["erased"], said["kept"])
    assert NAME not in json.dumps(said, ensure_ascii=False)


async def test_a_draft_goes_whole(here: World) -> None:
    await here.create()
    said = await erase(here, REFERENCE)

    assert (len(said["erased"]), said["kept"]) == (1, [])
    counted = await here.parts.read(
        lambda unit: [
            unit.connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (applications, pages)
        ]
    )
    assert counted == [0, 0]


async def test_by_the_identity_number_every_case_of_the_person_is_found_and_nobody_elses(here: World) -> None:
    mine = await here.hand_in()
    others = {"applicant": {"name": "李水木", "id_number": "999901197601203159"}}
    theirs = await here.hand_in("ref-00000002", **others)
    for number in (mine, theirs):
        await here.call("POST", f"/v1/pre-applications/{number}/withdraw")
    said = await erase(here, id_number=ID_NUMBER)

    assert mine in str(said)
    assert theirs not in str(said)
    assert "李水木" in await everything_kept(here)


async def test_nobody_meant_is_nobody_erased(here: World) -> None:
    await here.hand_in()
    said = await erase(here, "ref-99999999")

    assert (said["erased"], said["kept"]) == ([], [])
    assert NAME in await everything_kept(here)


async def test_whoever_was_forgotten_may_apply_again(here: World) -> None:
    number = await here.hand_in()
    await here.call("POST", f"/v1/pre-applications/{number}/withdraw")
    await erase(here, REFERENCE)

    status, _ = await here.create("ref-00000002")

    assert status == 201


async def test_what_supervises_the_office_stays_without_words_or_person(here: World) -> None:
    number = await here.hand_in()

    def work(unit: Unit) -> None:
        row = applying.by_number(unit, number, lock=True)
        for _ in range(3):
            standing.note_rejection(unit, row, "reviewer:李审核")
        standing.note_talk(
            unit, row, "supervisor:陈监督", {"who": "胡小云", "when": "2026-11-20", "result": "说清了"}
        )

    await here.parts.change(work)
    await here.call("POST", f"/v1/pre-applications/{number}/withdraw")
    await erase(here, REFERENCE)
    left = await here.parts.read(lambda unit: _supervision(unit, number))

    assert left == {
        "alerts": [("third_rejection", "erasure", "")],
        "talks": [("supervisor:陈监督", {"who": "", "when": "", "result": ""})],
        "rejections": ["reviewer:李审核"] * 3,
        "persons": 1,
    }
    again = await here.hand_in("ref-00000002")
    assert await here.parts.read(lambda unit: standing.count(unit, applying.by_number(unit, again))) == 0


def _supervision(unit: Unit, number: str) -> dict[str, Any]:
    def rows(table: Any) -> list[Any]:
        return list(
            unit.connection.execute(select(table).where(table.c.number == number).order_by(table.c.at))
        )

    def text(row: Any) -> str:
        return unit.vault.open(row.text_sealed, f"alerts.text:{row.id}").decode()

    def record(row: Any) -> Any:
        return unit.vault.open_json(row.record_sealed, f"talks.record:{row.id}")

    counted = [*rows(schema.rejections), *rows(schema.talks)]
    return {
        "alerts": [(each.kind, each.done_by, text(each)) for each in rows(schema.alerts)],
        "talks": [(each.by, record(each)) for each in rows(schema.talks)],
        "rejections": [each.by for each in rows(schema.rejections)],
        "persons": len({each.person for each in counted}),
    }


async def test_a_broken_promise_stays_as_a_fingerprint_is_named_and_goes_when_cleared(here: World) -> None:
    number = await here.hand_in()
    await here.call("POST", f"/v1/pre-applications/{number}/withdraw")
    await here.parts.change(
        lambda unit: standing.break_promise(unit, applying.by_number(unit, number), "reviewer:李审核")
    )
    said = await erase(here, REFERENCE)
    again = await here.hand_in("ref-00000002")

    def standing_now(unit: Unit) -> tuple[bool, int]:
        person = applying.by_number(unit, again).person
        rows = unit.connection.execute(select(schema.broken_promises)).all()
        return standing.promise_broken(unit, person), len(rows)

    def clear(unit: Unit) -> None:
        moves.make(
            unit, applying.by_number(unit, again), "clear_promise", "supervisor:陈监督", {"reason": "补上了"}
        )

    assert [each["what"] for each in said["kept"]] == [
        f"{number}: 编号、日期和结果",
        f"{number}: 答应补的材料没有补上（只留指纹，认不出是谁）",
    ]
    assert await here.parts.read(standing_now) == (True, 1)
    await here.parts.change(clear)
    assert await here.parts.read(standing_now) == (False, 0)
