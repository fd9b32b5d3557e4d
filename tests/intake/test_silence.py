"""Five working days without a word: an alert and the truth, once, and no approval by the clock."""

from __future__ import annotations

from intake.cases import silence
from tests.intake.office import Office

# It is Saturday, 2026-11-21: the fifth working day is Friday the 27th.


async def late(office: Office) -> int:
    return await office.here.parts.change(silence.escalate)


async def test_the_supervisor_is_alerted_and_the_applicant_told_once(office: Office) -> None:
    number = await office.reviewed()
    office.here.clock.step(days=6, hours=7, minutes=59)
    assert await late(office) == 0
    office.here.clock.step(minutes=1)  # Friday is over

    assert (await late(office), await late(office)) == (1, 0)
    told = await office.last(number)
    assert (told["type"], told["data"]) == ("answer_overdue", {"since": "2026-11-21"})
    assert await office.alerts(number) == ["deemed_accepted"]
    assert await office.state(number) == "pre_review"


async def test_who_was_told_what_is_missing_has_been_answered(office: Office) -> None:
    corrected, accepted, refused = [await office.reviewed(service=_service(n)) for n in range(3)]
    await office.ask(corrected, "id_card.front")
    await office.act(accepted, "accept")
    await office.act(refused, "refuse", why="不归我们办。", how="到户口所在地办。")
    office.here.clock.step(days=30)

    assert await late(office) == 0


async def test_an_answer_in_the_last_minute_counts(office: Office) -> None:
    number = await office.reviewed()
    office.here.clock.step(days=6, hours=7, minutes=59)
    await office.act(number, "accept")
    office.here.clock.step(days=1)

    assert await late(office) == 0


def _service(nth: int) -> dict[str, str]:
    return {"id": f"service{nth}", "version": "v1", "title": "别的事"}
