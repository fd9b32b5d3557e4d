"""特别程序, extension, payment, dispatch: what happens between acceptance and delivery."""

from __future__ import annotations

from datetime import date

import pytest

from intake.cases.fields import fill
from intake.problems import Problem
from intake.states import BY_ACTION
from tests.intake.office import TWO_WEEKS, Office


async def working(office: Office, **limits: object) -> str:
    number = await office.reviewed(limits=TWO_WEEKS | limits)
    for action in ("accept", "start_work"):
        await office.act(number, action)
    return number


@pytest.mark.parametrize(
    ("promised", "before", "after"),
    [
        # Saturday 21 November. Suspended on Wednesday the 25th, resumed on Wednesday 2 December.
        ({"days": 10, "kind": "working"}, "2026-12-04", "2026-12-11"),
        ({"days": 15, "kind": "calendar"}, "2026-12-06", "2026-12-13"),
        ({"days": 2, "kind": "working"}, "2026-11-24", "2026-11-24"),  # was late before: stays late
    ],
)
async def test_days_of_a_special_procedure_are_added(
    office: Office, promised: dict[str, object], before: str, after: str
) -> None:
    number = await working(office, promised=promised)
    accepted = next(event for event in await office.told(number) if event["type"] == "accepted")
    office.here.clock.step(days=4)
    await office.act(number, "suspend", reason="要现场看一下。", kind="2", until="2026-12-01")
    suspended = await office.last(number)
    office.here.clock.step(days=7)
    await office.act(number, "resume")
    resumed = await office.last(number)

    assert accepted["data"]["promised_by"] == before
    assert suspended["data"] == {
        "reason": "要现场看一下。",
        "kind": "2",
        "until": "2026-12-01",
        "provisional": False,
    }
    assert (resumed["state"], resumed["data"]) == (
        "in_progress",
        {"promised_by": after, "provisional": False},
    )


async def test_a_promise_is_extended_once_by_ten_working_days_at_most(office: Office) -> None:
    number = await working(office)

    too_long = await office.refused(number, "extend", reason="材料在路上。", days="11")
    await office.act(number, "extend", reason="材料在路上。", days="10")
    event = await office.last(number)
    again = await office.refused(number, "extend", reason="还不够。", days="1")

    assert too_long.status == 422
    assert event["data"] == {"reason": "材料在路上。", "promised_by": "2026-12-18", "provisional": False}
    assert (again.status, again.kind) == (423, "extended")


async def test_stages_payment_and_dispatch_are_told(office: Office) -> None:
    number = await working(office)
    link = "https://pay.zjzwfw.gov.cn/p?id=1"
    await office.act(number, "report_stage", stage="县里在审", level="4")
    await office.act(number, "ask_payment", amount="35.00", link=link)
    await office.act(number, "approve")
    await office.act(number, "dispatch", carrier="邮政EMS", tracking_no="EX123456789CN")
    await office.act(number, "deliver", method="邮寄")

    told = {event["type"]: event["data"] for event in await office.told(number)}

    assert told["stage_changed"] == {"stage": "县里在审", "level": "4"}
    assert told["payment_due"] == {"amount": "35.00", "link": link}
    assert told["dispatched"] == {"carrier": "邮政EMS", "tracking_no": "EX123456789CN"}
    assert told["delivered"] == {"method": "邮寄", "note": ""}
    assert told["rating_requested"] == {"until": "2026-11-27", "provisional": False}


@pytest.mark.parametrize(
    ("action", "fields", "wrong"),
    [
        ("ask_payment", {"amount": "0.00", "link": "https://a.gov.cn"}, {"amount"}),
        ("ask_payment", {"amount": "3,5", "link": "https://a.gov.cn"}, {"amount"}),
        ("ask_payment", {"amount": "35", "link": "http://pay.gov.cn"}, {"link"}),
        ("ask_payment", {"amount": "35", "link": "https://gov.cn.pay.example"}, {"link"}),
        ("ask_payment", {"amount": "35", "link": "https://payxgov.cn"}, {"link"}),
        ("ask_payment", {"amount": "35", "link": "https://pay.gov.cn@pay.example"}, {"link"}),
        ("ask_payment", {"amount": "35", "link": "https://who@pay.gov.cn"}, {"link"}),
        ("ask_payment", {"amount": "35", "link": "https://pay.gov.cn:8443"}, {"link"}),
        ("ask_payment", {"amount": "35", "link": "https://pay.example\\.gov.cn"}, {"link"}),
        ("ask_payment", {"amount": "35", "link": "https://pay.gov.cn /x"}, {"link"}),
        ("ask_payment", {"amount": "35", "link": "https://["}, {"link"}),
        ("suspend", {"reason": "等", "kind": "3", "until": "2026-12-01"}, {"kind"}),
        ("suspend", {"reason": "等", "kind": "1", "until": "2026-11-21"}, {"until"}),
        ("suspend", {"reason": "等", "kind": "1", "until": "2026-02-30"}, {"until"}),
        ("suspend", {"kind": "1", "until": "20261201"}, {"reason", "until"}),
        ("extend", {"reason": "等", "days": "0"}, {"days"}),
        ("extend", {"reason": "等", "days": "１"}, {"days"}),
        ("report_stage", {"stage": "在办", "level": "1"}, {"level"}),
        ("dispatch", {"carrier": "EMS", "tracking_no": "no!"}, {"tracking_no"}),
        ("record_talk", {"who": "张", "when": "2026-11-22", "result": "好"}, {"when"}),
    ],
)
def test_a_form_says_which_field_is_wrong(action: str, fields: dict[str, str], wrong: set[str]) -> None:
    with pytest.raises(Problem) as caught:
        fill(BY_ACTION[action], fields, date(2026, 11, 21))

    assert (caught.value.status, set(caught.value.more["fields"])) == (422, wrong)
