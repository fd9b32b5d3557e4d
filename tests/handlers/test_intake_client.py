"""Handing in, over real HTTP, to a service that is slow, wrong, silent or gone."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from handlers.intake import Duplicate, IntakeClient, Page, RefusedByIntake, TryLater, client, retry_after
from handlers.intake.patience import BREAK_AFTER, BREAK_FOR, GIVE_UP_AFTER
from tests.intake_fake import FakeIntake
from tests.troubles import half_answer, lose_answer, refuse_line, slow, status, text

REFERENCE = "app_01JD8C0T5N6M4W9X2Y3Z7A8B9C"
PHOTOS = {"front": b"\xff\xd8 front", "back": b"\xff\xd8 back"}


def application() -> dict[str, Any]:
    pages = [{"page": page, "sha256": hashlib.sha256(data).hexdigest()} for page, data in PHOTOS.items()]
    return {
        "service": {"id": "flexible_enrolment", "version": "v1", "title": "灵活就业人员参保登记"},
        "materials": [{"id": "id_card", "title": "身份证", "original": True, "pages": pages}],
    }


def read(data: bytes) -> Callable[[], Awaitable[bytes]]:
    async def opened() -> bytes:
        return data

    return opened


def photos() -> list[Page]:
    return [
        Page("id_card", page, hashlib.sha256(data).hexdigest(), read(data)) for page, data in PHOTOS.items()
    ]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def fake() -> FakeIntake:
    return FakeIntake()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def intake(fake: FakeIntake, clock: Clock) -> AsyncIterator[IntakeClient]:
    async with TestServer(fake.app()) as server, aiohttp.ClientSession() as session:
        yield IntakeClient(str(server.make_url("/")), fake.token, session, clock=clock)


async def test_a_pre_application_is_handed_in_with_its_pages(intake: IntakeClient, fake: FakeIntake) -> None:
    receipt = await intake.submit(REFERENCE, application(), photos(), first=True)

    assert (receipt.number, receipt.answer_by) == ("CS-1121-0001", "2026-11-23")
    assert fake.calls == ["create", "upload", "upload", "submit"]
    assert fake.cases[REFERENCE].pages == {
        ("id_card", "front"): PHOTOS["front"],
        ("id_card", "back"): PHOTOS["back"],
    }


@pytest.mark.parametrize("call", ["create", "upload", "submit"])
@pytest.mark.parametrize("trouble", [lose_answer, half_answer, refuse_line], ids=lambda each: each.__name__)
async def test_a_lost_answer_never_doubles_and_never_loses(
    call: str, trouble: Callable[[], Any], intake: IntakeClient, fake: FakeIntake
) -> None:
    fake.troubles.order(call, trouble())
    receipt, first = None, True
    while receipt is None:
        with contextlib.suppress(TryLater):
            receipt = await intake.submit(REFERENCE, application(), photos(), first=first)
        first = False

    assert (receipt.number, receipt.answer_by) == ("CS-1121-0001", "2026-11-23")
    assert len(fake.cases) == 1
    assert fake.cases[REFERENCE].missing == []


async def test_the_look_up_comes_before_anything_is_sent_again(
    intake: IntakeClient, fake: FakeIntake
) -> None:
    fake.troubles.order("submit", lose_answer())
    with pytest.raises(TryLater):
        await intake.submit(REFERENCE, application(), photos(), first=True)
    fake.calls.clear()

    await intake.submit(REFERENCE, application(), photos())

    assert fake.calls == ["look_up"]


async def test_only_missing_pages_travel_again(intake: IntakeClient, fake: FakeIntake) -> None:
    fake.troubles.order("upload", slow(0), status(503))
    with pytest.raises(TryLater):
        await intake.submit(REFERENCE, application(), photos(), first=True)
    fake.calls.clear()

    await intake.submit(REFERENCE, application(), photos())

    assert fake.calls == ["look_up", "upload", "submit"]


async def test_every_retry_sends_the_same_bytes(intake: IntakeClient, fake: FakeIntake) -> None:
    await intake.submit(REFERENCE, application(), photos(), first=True)
    first = fake.cases[REFERENCE].body
    shuffled = dict(reversed(list(application().items())))

    await intake.submit(REFERENCE, shuffled, photos(), first=True)

    assert fake.cases[REFERENCE].body == first


def supplement() -> tuple[dict[str, Any], list[Page]]:
    """A sharper photo of the back, as a correction names it."""
    data = b"\xff\xd8 sharper"
    sha256 = hashlib.sha256(data).hexdigest()
    page = {"page": "back", "sha256": sha256, "flags": []}
    material = {"id": "id_card", "title": "身份证", "original": True, "pages": [page]}
    return {"answers": [], "materials": [material]}, [Page("id_card", "back", sha256, read(data))]


async def test_what_was_asked_for_is_handed_in_with_its_pages(intake: IntakeClient, fake: FakeIntake) -> None:
    await intake.submit(REFERENCE, application(), photos(), first=True)
    fake.calls.clear()

    day = await intake.supply("CS-1121-0001", "corrections", f"{REFERENCE}-C1", *supplement())

    assert day == "2026-12-07"
    assert fake.calls == ["open_supply", "upload", "submit_supply"]
    assert fake.cases[REFERENCE].pages["id_card", "back"] == b"\xff\xd8 sharper"


@pytest.mark.parametrize("call", ["open_supply", "upload", "submit_supply"])
@pytest.mark.parametrize("trouble", [lose_answer, half_answer, refuse_line], ids=lambda each: each.__name__)
async def test_a_supplement_is_neither_doubled_nor_lost(
    call: str, trouble: Callable[[], Any], intake: IntakeClient, fake: FakeIntake
) -> None:
    await intake.submit(REFERENCE, application(), photos(), first=True)
    fake.troubles.order(call, trouble())
    day = ""
    while not day:
        with contextlib.suppress(TryLater):
            day = await intake.supply("CS-1121-0001", "deferrals", f"{REFERENCE}-D1", *supplement())

    assert fake.cases[REFERENCE].handed_in_later == [f"{REFERENCE}-D1"]
    assert fake.cases[REFERENCE].missing == []


async def test_a_supplement_that_comes_too_late_is_refused(intake: IntakeClient, fake: FakeIntake) -> None:
    await intake.submit(REFERENCE, application(), photos(), first=True)
    fake.cases[REFERENCE].state = "deemed_withdrawn"

    with pytest.raises(RefusedByIntake):
        await intake.supply("CS-1121-0001", "corrections", f"{REFERENCE}-C1", *supplement())


@pytest.mark.parametrize("code", [401, 403, 404, 405, 301, 408, 425, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_tried_later(code: int, intake: IntakeClient, fake: FakeIntake) -> None:
    fake.troubles.order("create", status(code))
    with pytest.raises(TryLater):
        await intake.submit(REFERENCE, application(), photos(), first=True)

    assert (await intake.submit(REFERENCE, application(), photos())).number


async def test_the_service_may_say_when(intake: IntakeClient, fake: FakeIntake) -> None:
    fake.troubles.order("create", status(503, Retry_After="42"))

    with pytest.raises(TryLater) as fault:
        await intake.submit(REFERENCE, application(), photos(), first=True)
    assert fault.value.after == 42


async def test_a_page_that_is_not_ours_is_no_answer(intake: IntakeClient, fake: FakeIntake) -> None:
    fake.troubles.order("create", text("<html>Please sign in to the Wi-Fi</html>"))

    with pytest.raises(TryLater):
        await intake.submit(REFERENCE, application(), photos(), first=True)


async def test_an_endless_answer_is_not_read(intake: IntakeClient, fake: FakeIntake) -> None:
    fake.troubles.order("create", text("x" * 3_000_000))

    with pytest.raises(TryLater):
        await intake.submit(REFERENCE, application(), photos(), first=True)


async def test_a_slow_service_is_left_after_the_time_limit(
    intake: IntakeClient, fake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "CALL_WITHIN", aiohttp.ClientTimeout(total=0.1))
    fake.troubles.order("look_up", slow(0.3))

    with pytest.raises(TryLater):
        await intake.submit(REFERENCE, application(), photos())


async def test_a_duplicate_names_the_case_there_is(intake: IntakeClient, fake: FakeIntake) -> None:
    fake.troubles.order("create", status(409, {"number": "CS-1120-0007"}))

    with pytest.raises(Duplicate) as fault:
        await intake.submit(REFERENCE, application(), photos(), first=True)
    assert fault.value.number == "CS-1120-0007"


async def test_a_key_in_use_is_tried_later(intake: IntakeClient, fake: FakeIntake) -> None:
    fake.troubles.order("create", status(409))

    with pytest.raises(TryLater):
        await intake.submit(REFERENCE, application(), photos(), first=True)


async def test_changed_bytes_under_a_used_key_are_refused_and_not_renamed(
    intake: IntakeClient, fake: FakeIntake
) -> None:
    fake.troubles.order("create", lose_answer())
    with pytest.raises(TryLater):
        await intake.submit(REFERENCE, application(), photos(), first=True)

    with pytest.raises(RefusedByIntake) as fault:
        await intake.submit(REFERENCE, application() | {"lang": "en"}, photos(), first=True)

    assert fault.value.problem["status"] == 422
    assert fault.value.message == "同一个编号，内容不一样。"
    assert len(fake.cases) == 1


async def test_a_page_whose_bytes_changed_here_is_not_sent(intake: IntakeClient, fake: FakeIntake) -> None:
    rotten = [Page("id_card", "front", "0" * 64, read(b"other")), photos()[1]]

    with pytest.raises(RefusedByIntake, match="damaged-page"):
        await intake.submit(REFERENCE, application(), rotten, first=True)
    assert "upload" not in fake.calls


async def test_no_more_than_eight_calls_at_a_time(intake: IntakeClient, fake: FakeIntake) -> None:
    fake.troubles.always(slow(0.02))

    await asyncio.gather(*(intake.ping() for _ in range(30)))

    assert fake.most_at_once == 8


async def test_a_service_that_is_down_is_left_alone_for_a_while(
    intake: IntakeClient, fake: FakeIntake, clock: Clock
) -> None:
    fake.troubles.always(status(500))
    for _ in range(BREAK_AFTER):
        with pytest.raises(TryLater):
            await intake.ping()
    fake.troubles.always(None)

    with pytest.raises(TryLater) as fault:
        await intake.ping()
    assert fault.value.after == BREAK_FOR
    assert len(fake.calls) == BREAK_AFTER

    clock.now += BREAK_FOR
    await intake.ping()
    await intake.ping()
    assert len(fake.calls) == BREAK_AFTER + 2


async def test_one_call_decides_whether_the_service_is_back(
    intake: IntakeClient, fake: FakeIntake, clock: Clock
) -> None:
    fake.troubles.always(status(500))
    for _ in range(BREAK_AFTER):
        with pytest.raises(TryLater):
            await intake.ping()
    clock.now += BREAK_FOR

    results = await asyncio.gather(*(intake.ping() for _ in range(8)), return_exceptions=True)

    assert all(isinstance(each, TryLater) for each in results)
    assert len(fake.calls) == BREAK_AFTER + 1


async def test_a_refusal_does_not_count_as_being_down(intake: IntakeClient, fake: FakeIntake) -> None:
    fake.troubles.always(status(422))
    for _ in range(BREAK_AFTER + 1):
        with pytest.raises(RefusedByIntake):
            await intake.rate("CS-1121-0001", 1)


async def test_nobody_there_is_tried_later(unused_tcp_port: int) -> None:
    async with aiohttp.ClientSession() as session:
        nobody = IntakeClient(f"http://127.0.0.1:{unused_tcp_port}", "x", session)

        with pytest.raises(TryLater):
            await nobody.submit(REFERENCE, application(), photos())


async def test_withdraw_and_rate(intake: IntakeClient, fake: FakeIntake) -> None:
    receipt = await intake.submit(REFERENCE, application(), photos(), first=True)

    await intake.rate(receipt.number, 1, "很快")
    await intake.withdraw(receipt.number)
    await intake.withdraw(receipt.number)

    assert fake.cases[REFERENCE].ratings == [{"code": 1, "words": "很快"}]
    assert fake.cases[REFERENCE].state == "withdrawn"


async def test_a_decided_case_cannot_be_withdrawn(intake: IntakeClient, fake: FakeIntake) -> None:
    receipt = await intake.submit(REFERENCE, application(), photos(), first=True)
    fake.cases[REFERENCE].state = "approved"

    with pytest.raises(RefusedByIntake) as fault:
        await intake.withdraw(receipt.number)
    assert fault.value.message == "已经办结，不能撤回了。"


async def test_missed_events_are_fetched_in_order(intake: IntakeClient, fake: FakeIntake) -> None:
    fake.events["CS-1121-0001"] = [
        event(3, "accepted"),
        event(1, "preregistered"),
        event(2, "pre_review_started"),
    ]

    found = await intake.events("CS-1121-0001", 1)

    assert [(each.key, each.event.type) for each in found] == [
        ("evt_2", "pre_review_started"),
        ("evt_3", "accepted"),
    ]
    assert found[0].event.occurred_at == datetime(2026, 11, 21, 1, 30, tzinfo=UTC)


async def test_events_that_are_not_understood_are_asked_for_again(
    intake: IntakeClient, fake: FakeIntake
) -> None:
    for nonsense in ([{"seq": "one"}], [7], {"a": 1}, "x", None):
        fake.troubles.order("events", status(200, {"events": nonsense}))
        with pytest.raises(TryLater):
            await intake.events("CS-1121-0001", 0)


async def test_a_definition_is_published_once(intake: IntakeClient, fake: FakeIntake) -> None:
    await intake.publish_definition("flexible_enrolment", "0123abcd", {"title": "a"})
    await intake.publish_definition("flexible_enrolment", "0123abcd", {"title": "a"})
    with pytest.raises(RefusedByIntake):
        await intake.publish_definition("flexible_enrolment", "0123abcd", {"title": "b"})

    assert fake.definitions == {("flexible_enrolment", "0123abcd"): {"title": "a"}}


async def test_a_number_cannot_leave_its_place_in_the_address(intake: IntakeClient, fake: FakeIntake) -> None:
    with pytest.raises(RefusedByIntake):
        await intake.withdraw("../services?x=")


def test_the_schedule_is_quick_at_first_and_gives_up_after_seven_days() -> None:
    waits: list[timedelta] = []
    while (wait := retry_after(len(waits) + 1)) is not None:
        waits.append(wait)

    assert waits[:5] == [timedelta(seconds=5), *(timedelta(minutes=m) for m in (1, 5, 10, 10))]
    assert GIVE_UP_AFTER - timedelta(minutes=10) < sum(waits, timedelta()) <= GIVE_UP_AFTER


def event(seq: int, kind: str) -> dict[str, Any]:
    return {
        "event_id": f"evt_{seq}",
        "seq": seq,
        "number": "CS-1121-0001",
        "reference": REFERENCE,
        "type": kind,
        "occurred_at": "2026-11-21T09:30:00+08:00",
        "data": {},
        "document_url": None,
    }
