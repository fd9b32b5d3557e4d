"""Documents: made with their event, told with it, sealed, handed out, forgotten."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from intake import contract
from intake.documents import keeping
from intake.documents.content import Content
from intake.documents.templates import templates
from intake.keeping.schema import documents, looks
from intake.keeping.unit import Unit
from intake.office import reviewers
from intake.problems import Problem
from tests.intake.desk import Desk
from tests.intake.office import PROMISE, TWO_WEEKS, Office
from tests.intake.world import TOKEN, World

OTHER = {"name": "李水木", "id_number": "999901195006150014"}
WHY = {"why": "单位正在给您交。", "how": "离开单位后再来。"}


@pytest.fixture
def here(either: World) -> World:
    return either


async def list_of(here: World, number: str) -> list[dict[str, Any]]:
    status, found = await here.call("GET", f"/v1/pre-applications/{number}/documents")
    assert status == 200, found
    for each in found:
        contract.hold_to("Document", each)
    return list(found)


async def content_of(here: World, number: str, document: str) -> Content:
    return await here.parts.read(lambda unit: keeping.content_of(unit, number, document))


def said(content: Content) -> str:
    return "\n".join(content.texts())


async def test_the_application_form_is_written_as_it_is_handed_in_and_told_with_its_hash(here: World) -> None:
    number = await here.hand_in()
    told = (await here.told(1))[0]
    await here.call("POST", f"/v1/pre-applications/{number}/submit")  # a lost answer: asked again

    assert [each["title"] for each in await list_of(here, number)] == ["申请单"]
    assert told["document"] == (await list_of(here, number))[0]
    assert told["document_url"] == f"/v1/pre-applications/{number}/documents/application_form-1.pdf"
    form = await content_of(here, number, "application_form-1")
    assert form.sha256 == told["document"]["sha256"]
    for words in ("胡小云", "999901********0247", "档次", "正面、反面，共2张", "2026年11月21日", number):
        assert words in said(form)
    assert "999901198803050247" not in said(form)


async def test_what_is_accepted_has_the_receipts_own_number_and_the_last_day(here: World) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    await desk.act(number, "start_review")
    shown = await desk.act(number, "accept")

    accepted = next(event for event in shown["events"] if event["type"] == "accepted")
    receipt = await content_of(here, number, f"receipt-{accepted['seq']}")
    assert receipt.number == accepted["data"]["receipt_no"]
    assert "最晚办结日期\n2026年11月24日（周二）" in said(receipt)
    assert [each["title"] for each in shown["documents"]] == ["申请单", "受理回执"]


async def test_who_is_refused_reads_why_how_and_his_rights_and_nothing_is_written_without(
    here: World,
) -> None:
    number = await here.hand_in()
    desk = await Desk.sign_in(here)
    await desk.act(number, "start_review")
    status, _ = await desk.try_to(number, "refuse", why=WHY["why"])

    assert status == 422
    assert len(await list_of(here, number)) == 1

    await desk.act(number, "refuse", **WHY)
    refusal = await content_of(here, number, (await list_of(here, number))[-1]["id"])
    for words in ("不予受理决定通知书", *WHY.values(), "60天内申请行政复议"):
        assert words in said(refusal)


async def test_both_forms_go_to_the_bot_as_attachments_that_can_do_nothing(here: World) -> None:
    number = await here.hand_in()
    address = f"{here.url}/v1/pre-applications/{number}/documents/application_form-1"
    bot = {"Authorization": f"Bearer {TOKEN}"}

    for form, kind, begins in (("pdf", "application/pdf", b"%PDF"), ("html", "text/html", b"<!doctype")):
        async with here.session.get(f"{address}.{form}", headers=bot) as answer:
            data = await answer.read()
            assert (answer.status, answer.content_type) == (200, kind)
            assert data.startswith(begins)
            assert answer.headers["X-Content-SHA256"] == hashlib.sha256(data).hexdigest()
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert "sandbox" in answer.headers["Content-Security-Policy"]
    async with here.session.get(f"{address}.pdf") as answer:
        assert answer.status == 401
    for unknown in ("receipt-9.pdf", "application_form-1.exe", "application_form-1"):
        path = f"/v1/pre-applications/{number}/documents/{unknown}"
        assert (await here.call("GET", path))[0] == 404
    assert (await here.call("GET", "/v1/pre-applications/CS-0101-9999/documents"))[0] == 404


async def test_a_reviewer_who_reads_one_is_written_down(here: World) -> None:
    number = await here.hand_in()
    path = f"/review/api/applications/{number}/documents/application_form-1.html"
    async with here.browser.get(here.url + path) as answer:
        assert answer.status == 401
    await Desk.sign_in(here)
    async with here.browser.get(here.url + path) as answer:
        assert answer.status == 200

    seen = await here.parts.read(lambda unit: unit.connection.execute(select(looks.c.what)).scalars().all())
    assert seen == ["document application_form-1"]
    assert await here.parts.read(reviewers.broken_look) is None


async def test_what_is_written_is_sealed_and_a_change_is_seen(here: World) -> None:
    number = await here.hand_in()

    def conditions(unit: Unit) -> list[str]:
        return [condition for _, condition in keeping.checked(unit)]

    def alter(unit: Unit) -> None:
        unit.connection.execute(update(documents).values(sha256="0" * 64))

    rows = await here.parts.read(lambda unit: unit.connection.execute(select(documents)).mappings().all())
    assert "胡小云".encode() not in b"".join(bytes(row["content_sealed"]) for row in rows)
    assert await here.parts.read(conditions) == ["whole"]

    await here.parts.quietly(alter)
    assert await here.parts.read(conditions) == ["altered"]
    assert len(await list_of(here, number)) == 1


async def test_a_person_who_is_forgotten_leaves_of_his_documents_their_numbers(here: World) -> None:
    number = await here.hand_in()
    await here.call("POST", f"/v1/pre-applications/{number}/withdraw")
    before = await list_of(here, number)
    erasing = {"person": {"id_number": "999901198803050247"}, "references": []}
    assert (await here.call("POST", "/v1/erasure", erasing))[0] == 200

    assert [each["title"] for each in before] == ["申请单", "撤回确认"]
    assert await list_of(here, number) == before
    for each in before:
        status, problem = await here.call("GET", f"/v1/pre-applications/{number}/documents/{each['id']}.pdf")
        assert (status, problem["type"]) == (410, "urn:zerotrip:intake:forgotten")


FACTS: dict[str, Any] = {
    "receipt_no": "SL-20261123-0001",
    "promised_by": "2026-11-25",
    "by": "2026-12-04",
    "items": [{"slot": "permit.front", "material": "permit", "title": "居住证", "reason": "看不清号码"}],
    "reason": "到期没有收到居住证。",
    "rights": "可以申请行政复议。",
    "provisional": True,
    **WHY,
}


async def test_every_template_is_filled_with_the_facts_of_its_event(here: World) -> None:
    number = await here.hand_in()

    def write(unit: Unit) -> dict[str, Content]:
        for seq, event in enumerate(templates(), 7):
            keeping.make(replace(unit, sample=True), number, seq, event, FACTS)
        found = keeping.listed(unit, number)[1:]
        return {each["kind"]: keeping.content_of(unit, number, each["id"]) for each in found}

    written = await here.parts.quietly(write)
    texts = {kind: said(content) for kind, content in written.items()}

    assert set(written) == {template.kind for template in templates().values()}
    assert all(content.sample and content.sha256 for content in written.values())
    assert all(number in text and "{" not in text for text in texts.values())
    assert kinds_with(texts, "居住证") == {"correction", "deferral", "revocation"}
    assert kinds_with(texts, "2026年12月4日（周五）") == {"correction", "deferral"}
    assert kinds_with(texts, keeping.PROVISIONAL) == {"receipt", "correction", "deferral"}


def kinds_with(texts: dict[str, str], words: str) -> set[str]:
    return {kind for kind, text in texts.items() if words in text}


async def test_the_office_that_decides_is_named_as_the_definition_names_it(here: World) -> None:
    service = "/v1/services/flexible_enrolment/definitions/9f2c1d0a5b7e4c31"
    authority = {"zh-CN": "常山县社会保险事业管理局", "en": "Changshan Social Insurance"}
    definition = {"title": "灵活就业人员参保登记", "item": {"authority": authority}}
    assert (await here.call("PUT", service, definition))[0] == 201

    number = await here.hand_in()

    assert (await content_of(here, number, "application_form-1")).office == authority["zh-CN"]


async def test_no_event_without_a_template_is_put_into_writing(here: World) -> None:
    number = await here.hand_in()

    def write(unit: Unit) -> None:
        keeping.make(unit, number, 7, "pre_review_started", {})
        keeping.content_of(unit, number, "pre_review_started-7")

    with pytest.raises(Problem):
        await here.parts.quietly(write)


async def test_the_real_moves_write_what_is_missing_what_is_owed_and_what_is_over(here: World) -> None:
    office = Office(here)
    asked = await office.reviewed()
    await office.ask(asked, "id_card.front", "level")
    owing = await office.reviewed(deferred=[PROMISE], limits=TWO_WEEKS, applicant=OTHER)
    await office.act(owing, "accept")

    missing = said(await content_of(here, asked, (await list_of(here, asked))[-1]["id"]))
    owed = said(await content_of(here, owing, (await list_of(here, owing))[-1]["id"]))
    assert [each["title"] for each in await list_of(here, asked)] == ["申请单", "材料补正通知书"]
    assert [each["title"] for each in await list_of(here, owing)] == ["申请单", "容缺受理通知书"]
    assert "还差2样" in missing
    assert "（周" in missing
    assert "下面1样可以后补" in owed
    assert "居住证" in owed

    here.clock.step(days=60)
    await office.act(owing, "revoke", reason="到期没有收到居住证。")
    over = await content_of(here, owing, (await list_of(here, owing))[-1]["id"])
    assert over.title == "撤销受理通知书"
    assert "到期没有收到居住证。" in said(over)
