"""Who acted for the applicant, and who consented for a child, are kept, shown and written down."""

from __future__ import annotations

from intake.documents import keeping
from intake.keeping.unit import Unit
from tests.intake.desk import Desk
from tests.intake.world import World

AGENT = {"id": "01AGENT", "name": "叶某某", "village": "球川村"}
GUARDIAN = {"name": "李水木", "id_number": "999901195006150014", "relation": "父亲"}
OTHER = {"id": "other_service", "version": "1", "title": "别的事"}


async def form_of(here: World, number: str) -> list[str]:
    """Return what stands on the application form."""

    def read(unit: Unit) -> list[str]:
        return keeping.content_of(unit, number, "application_form-1").texts()

    return await here.parts.change(read)


async def test_agent_and_guardian_are_shown_to_the_reviewer_and_stand_on_the_form(here: World) -> None:
    alone = await here.hand_in("ref-alone001")
    helped = await here.hand_in("ref-helped01", service=OTHER, agent=AGENT, guardian=GUARDIAN)
    desk = await Desk.sign_in(here)

    plain, seen = await desk.open(alone), await desk.open(helped)
    assert (plain["agent"], plain["guardian"]) == (None, None)
    assert seen["agent"] == AGENT
    assert seen["guardian"] == {"name": "李**", "id_number": "999901********0014", "relation": "父亲"}
    assert {"球川村 叶某某", "李水木（父亲）"} <= {*await form_of(here, helped)}
    assert not {"代办员", "监护人"} & {*await form_of(here, alone)}


async def test_the_guardian_in_full_is_asked_for_with_a_reason(here: World) -> None:
    number = await here.hand_in("ref-child001", guardian=GUARDIAN)
    desk = await Desk.sign_in(here)

    asked = {"key": "guardian", "reason": "跟申请人电话核对"}
    status, found = await desk.send(f"applications/{number}/reveal", asked)
    assert (status, found["value"]) == (200, "李水木 999901195006150014")
    asked = {"key": "agent", "reason": "跟申请人电话核对"}
    assert (await desk.send(f"applications/{number}/reveal", asked))[0] == 404
