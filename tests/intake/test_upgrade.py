"""A database of the release before: brought up to date at the start, without losing a running promise."""

from __future__ import annotations

from sqlalchemy import Connection, select

from intake.keeping.database import upgrade
from intake.keeping.schema import invitations, timers
from intake.office import reviewers
from tests.intake.office import Office


async def test_what_was_promised_before_there_were_timers_goes_on(office: Office) -> None:
    number = await office.hand_in()
    await office.here.parts.change(reviewers.invite)

    def age(connection: Connection) -> None:
        connection.exec_driver_sql("DROP TABLE timers")
        for table in ("reviewers", "invitations"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN role")

    def renewed(connection: Connection) -> tuple[list[str], list[str]]:
        upgrade(connection)
        upgrade(connection)  # again: nothing is there twice
        held = connection.execute(select(timers.c.name).where(timers.c.number == number)).scalars()
        return list(held), list(connection.execute(select(invitations.c.role)).scalars())

    await office.here.parts.database.run(age)
    clocks, roles = await office.here.parts.database.run(renewed)
    await office.act(number, "start_review")
    _, status = await office.here.call("GET", f"/v1/pre-applications/{number}")
    await office.act(number, "accept")

    assert (clocks, roles) == (["answer"], ["reviewer"])
    assert (status["state"], status["due_on"]) == ("pre_review", "2026-11-23")
    assert await office.state(number) == "accepted"
