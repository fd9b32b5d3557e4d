"""Units of work, wake-ups, and what a second process or a broken database meets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from storage import faults, ids, signals
from storage.database import Database
from storage.errors import Busy, Conflict, InUse, Unavailable
from storage.schema import office_years
from storage.sealing.vault import Vault
from storage.signals import announce
from storage.writer import Lanes
from tests.postgres import Cluster
from tests.storage.world import START, World


def add_year(connection: Connection, year: int = 1) -> None:
    connection.execute(office_years.insert().values(office="", year=year, source="test"))


async def test_a_unit_that_raises_leaves_nothing(world: World) -> None:
    def work(connection: Connection) -> None:
        add_year(connection, 1)
        announce(connection, "outbox")
        raise RuntimeError("after the write")

    with world.db.signals.watch("outbox") as watch:
        with pytest.raises(RuntimeError, match="after the write"):
            await world.db.run(work)
        assert not await watch.wait(0.05)
    assert (1,) not in await world.rows(office_years, "year")


async def test_the_writer_goes_on_after_a_unit_that_raised(world: World) -> None:
    hu = await world.person()
    with pytest.raises(ZeroDivisionError):
        await world.db.run(lambda c: 1 // 0)

    assert (await world.write(hu, "你好")).fresh


async def test_what_contradicts_the_rows_is_told_apart_from_a_broken_database(world: World) -> None:
    await world.db.run(add_year)

    with pytest.raises(Conflict):
        await world.db.run(add_year)


async def test_reading_cannot_write(world: World) -> None:
    with pytest.raises(Unavailable):
        await world.db.read(add_year)


async def test_a_signal_is_heard_after_the_commit_and_not_before(world: World) -> None:
    hu = await world.person()
    with world.db.signals.watch(signals.conversation(hu)) as watch:
        assert not await watch.wait(0.01)
        await world.write(hu, "你好")
        assert await watch.wait(1)
        if "sqlite" in world.url:  # PostgreSQL's own word of it may wake it once more, which is harmless
            assert not await watch.wait(0.01)


async def test_a_signal_between_looking_and_waiting_is_not_lost(world: World) -> None:
    hu = await world.person()
    with world.db.signals.watch("outbox") as watch:
        await world.write(hu, "photo a")

        assert await watch.wait(0)


async def test_nobody_is_woken_for_another_conversation(world: World) -> None:
    hu, li = await world.person("hu"), await world.person("li")
    with world.db.signals.watch(signals.conversation(hu)) as watch:
        await world.write(li, "你好")

        assert not await watch.wait(0.05)


async def test_what_was_submitted_is_finished_when_it_closes(world: World) -> None:
    hu = await world.person()
    writing = [asyncio.create_task(world.write(hu, f"{n}")) for n in range(50)]
    await asyncio.sleep(0)

    await world.close()

    assert [taken.seq for taken in await asyncio.gather(*writing)] == list(range(1, 101, 2))
    with pytest.raises(Unavailable):
        await world.write(hu, "zu spät")


async def test_a_caller_who_leaves_takes_nothing_with_him(world: World) -> None:
    hu = await world.person()
    leaving = asyncio.create_task(world.write(hu, "我走了", key="m1"))
    await asyncio.sleep(0)
    leaving.cancel()

    assert not (await world.write(hu, "我走了", key="m1")).fresh
    assert await world.transcript(hu) == ["applicant: 我走了", "bot: 1 我走了"]


async def test_a_full_queue_asks_senders_to_come_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.sqlite.MAX_WAITING", 3)
    monkeypatch.setattr("storage.postgres.MAX_WAITING", 3)
    hu = await world.person()

    taken = await asyncio.gather(*(world.write(hu, str(n)) for n in range(5)), return_exceptions=True)

    assert [isinstance(t, Busy) for t in taken] == [False, False, False, True, True]
    assert (await world.write(hu, "再来")).fresh


async def test_a_second_serving_process_is_refused_with_the_reason(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'zerotrip.db'}"
    first = await Database.open(url, exclusive=True, migrate=True)

    with pytest.raises(InUse, match="Stop it first"):
        await Database.open(url, exclusive=True)

    reader = await Database.open(url)  # the command line may look
    await reader.close()
    await first.close()
    await (await Database.open(url, exclusive=True)).close()


async def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    db = await Database.open(f"sqlite:///{tmp_path / 'deep' / 'zerotrip.db'}", migrate=True)
    await db.run(add_year)

    modes = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / "deep").iterdir()}
    await db.close()

    assert set(modes.values()) == {0}


async def test_a_file_that_is_no_database_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "zerotrip.db").write_bytes(b"not a database at all" * 500)

    with pytest.raises(Unavailable, match="no database"):
        await Database.open(f"sqlite:///{tmp_path / 'zerotrip.db'}")


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await Database.open(f"postgresql://nobody@/none?host={tmp_path}")


async def test_a_server_that_restarts_costs_no_message(
    postgres: Cluster, template: str, vault: Vault
) -> None:
    name = postgres.create(template)
    world = World(postgres.url(name), vault)
    await world.open()
    hu = await world.person()
    for n in range(3):
        postgres.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        assert (await world.write(hu, f"{n}")).fresh

    postgres.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    assert len(await world.transcript(hu)) == 6
    await world.close()
    postgres.drop(name)


async def test_one_process_wakes_another(postgres: Cluster, template: str, vault: Vault) -> None:
    name = postgres.create(template)
    one, other = World(postgres.url(name), vault), World(postgres.url(name), vault)
    await one.open()
    await other.open()
    hu = await one.person()
    with other.db.signals.watch(signals.conversation(hu)) as watch:
        for _ in range(50):  # the listener connects in its own time
            await one.write(hu, "你好")
            if await watch.wait(0.1):
                break
        else:
            pytest.fail("the other process has heard nothing")
    await one.close()
    await other.close()
    postgres.drop(name)


async def test_a_database_opened_for_reading_takes_nothing(world: World) -> None:
    reader = await Database.open(world.url)
    try:
        with pytest.raises(Unavailable, match="for reading"):
            await reader.take(world.arrival("x", "你好"))
    finally:
        await reader.close()


def test_lanes_keep_order_within_and_take_turns_between() -> None:
    lanes: Lanes[str] = Lanes()
    for lane, item in (("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("c", "c1"), ("b", "b2")):
        lanes.put(lane, item)

    assert lanes.take(2) == ["a1", "b1"]
    assert lanes.take(9) == ["c1", "a2", "b2"]
    assert lanes.take(9) == ["a3"]
    assert not lanes


def test_ids_sort_by_time_and_do_not_repeat() -> None:
    made = [ids.new_id(START.replace(hour=hour)) for hour in range(24)]

    assert made == sorted(made)
    assert {len(one) for one in made} == {ids.LENGTH}
    assert len({ids.new_id(START) for _ in range(1000)}) == 1000


@pytest.mark.parametrize("text", ["turn.nowhere:1", "turn.decided", "turn.decided:0", "turn.decided:x"])
def test_a_mistyped_fault_is_refused_with_the_points_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"turn\.before_commit"):
        faults._armed(text)


async def test_of_units_that_wait_together_one_that_fails_leaves_no_trace_and_the_others_stay(
    world: World,
) -> None:
    def write(year: int, *, fail: bool) -> Callable[[Connection], int]:
        def work(connection: Connection) -> int:
            connection.execute(insert(office_years).values(office="together", year=year, source="s"))
            if fail:
                raise RuntimeError(str(year))
            return year

        return work

    units = (world.db.run(write(n, fail=n % 3 == 0)) for n in range(2000, 2040))
    told = await asyncio.gather(*units, return_exceptions=True)

    good = [n for n in range(2000, 2040) if n % 3]
    assert [each for each in told if isinstance(each, int)] == good
    assert {type(each) for each in told} == {int, RuntimeError}
    found = select(office_years.c.year).where(office_years.c.office == "together").order_by("year")
    assert await world.db.read(lambda c: list(c.execute(found).scalars())) == good
