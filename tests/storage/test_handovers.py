"""Codes that carry a conversation to another channel, and two conversations that become one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Table, func, select

from dialogs.messages import Address
from dialogs.turn import Join, Welcome
from storage.database import Database
from storage.errors import UnknownConversation
from storage.flow import audit, outbox
from storage.flow.outbox import Item
from storage.flow.turns import Arrival
from storage.people import addresses, applicants, conversations, handovers, joining, tickets
from storage.people.addresses import Hook
from storage.people.handovers import Made
from storage.people.joining import Outcome
from storage.schema import handovers as handover_rows
from storage.schema import inbox, messages
from tests.storage.world import World

WECHAT, TELEGRAM = Address("wechat", "gh_1", "oHu"), Address("telegram", "bot", "42")
PAGE = Address("webchat", "", "")


async def code_for(world: World, conversation: str, seed: str = "delivery1") -> Made:
    return await world.db.run(lambda c: handovers.make(c, world.vault, seed, conversation, world.now))


async def join(world: World, here: str, code: str, *, sure: bool = True, delivery: str = "d1") -> Outcome:
    return await world.db.run(
        lambda c: joining.join(c, world.vault, here, Join(code, sure), delivery, world.now)
    )


async def both(world: World) -> tuple[str, str]:
    """Return a conversation begun in WeChat and a newer one of the same person in Telegram."""
    await world.write_from(WECHAT, "你好")
    world.later(minutes=1)
    await world.write_from(TELEGRAM, "12345678")
    return await world.db.conversation(WECHAT), await world.db.conversation(TELEGRAM)


class TestCodes:
    async def test_a_repeated_delivery_tells_the_same_code(self, world: World) -> None:
        hu = await world.person("hu")
        made = await code_for(world, hu)
        world.later(minutes=5)

        assert await code_for(world, hu) == made
        assert (len(made.code), made.code.isdigit()) == (8, True)

    async def test_the_newest_code_counts(self, world: World) -> None:
        hu = await world.person("hu")
        old, new = await code_for(world, hu), await code_for(world, hu, "delivery2")

        assert await found(world, old.code) is None
        assert await found(world, new.code) == hu

    async def test_a_code_lasts_a_quarter_of_an_hour(self, world: World) -> None:
        hu = await world.person("hu")
        made = await code_for(world, hu)

        world.later(minutes=14, seconds=59)
        assert await found(world, made.code) == hu
        world.later(seconds=1)
        assert await found(world, made.code) is None

    async def test_what_is_kept_does_not_give_the_code_away(self, world: World) -> None:
        made = await code_for(world, await world.person("hu"))

        [kept] = await world.rows(handover_rows, "code")
        assert len(kept.code) == 32
        assert made.code.encode() not in bytes(kept.code)

    async def test_old_codes_and_tries_go(self, world: World) -> None:
        hu = await world.person("hu")
        await code_for(world, hu)
        world.later(days=2)
        await code_for(world, hu, "delivery2")

        assert await world.count(handover_rows) == 1


class TestWrongCodes:
    async def test_five_in_an_hour_are_enough(self, world: World) -> None:
        hu, li = await both(world)
        for n in range(5):
            assert (await join(world, li, "00000000", delivery=f"d{n}")).refusal == "unknown"
        made = await code_for(world, hu)

        assert (await join(world, li, made.code)).refusal == "often"
        world.later(minutes=61)
        made = await code_for(world, hu, "delivery2")
        assert (await join(world, li, made.code)).refusal == ""

    async def test_a_repeated_delivery_counts_once(self, world: World) -> None:
        _, li = await both(world)
        for _ in range(9):
            assert (await join(world, li, "00000000", delivery="d1")).refusal == "unknown"

    async def test_everybodys_are_counted_together(self, world: World) -> None:
        hu, li = await both(world)

        def try_all(connection: Connection) -> None:
            for n in range(handovers.WRONG_OF_ALL_AN_HOUR):
                handovers.wrong(connection, f"d{n}", f"stranger{n}", world.now)

        await world.db.run(try_all)
        assert (await join(world, li, (await code_for(world, hu)).code)).refusal == "often"

    async def test_by_number_a_code_is_told_three_times_a_day(self, world: World) -> None:
        granted = [await ask(world, f"d{n}", f"asker{n}", "hu") for n in range(4)]

        assert granted == [True, True, True, False]
        assert await ask(world, "d0", "asker0", "hu")  # the delivery repeated: the same answer
        world.later(days=1)
        assert await ask(world, "d9", "asker9", "hu")

    async def test_one_conversation_may_ask_for_ten(self, world: World) -> None:
        granted = [await ask(world, f"d{n}", "asker", f"case{n}") for n in range(11)]

        assert granted == [True] * 10 + [False]


class TestJoining:
    async def test_the_address_goes_on_with_the_older_conversation(self, world: World) -> None:
        hu, shell = await both(world)
        made = await code_for(world, hu)
        outcome = await join(world, shell, made.code)

        assert (outcome.conversation, outcome.refusal) == (hu, "")
        assert await world.db.conversation(TELEGRAM) == hu
        assert await world.db.read(lambda c: conversations.address_of(c, hu)) == TELEGRAM
        await world.write_from(TELEGRAM, "接着办")
        assert (await world.transcript(hu))[-1] == "bot: 2 接着办"

    async def test_both_places_can_be_spoken_from(self, world: World) -> None:
        hu, shell = await both(world)
        await join(world, shell, (await code_for(world, hu)).code)
        await world.write_from(WECHAT, "我回来了")

        assert await world.db.conversation(WECHAT) == hu
        places = await world.db.read(lambda c: addresses.places(c, hu))
        assert {place.address for place in places} == {WECHAT, TELEGRAM}

    async def test_what_waits_for_the_place_before_holds_nobody_up_in_the_new_one(self, world: World) -> None:
        """News for a page waits ten minutes there, words for a busy platform up to fifteen."""
        hu, shell = await both(world)
        for item in await claim(world, "Say"):
            await put_off(world, item)
        assert await claim(world, "Say") == []
        await join(world, shell, (await code_for(world, hu)).code)

        assert {item.conversation for item in await claim(world, "Say")} == {hu}

    async def test_he_is_welcomed_by_an_order_of_the_same_commit(self, world: World) -> None:
        hu, shell = await both(world)
        await join(world, shell, (await code_for(world, hu)).code)
        items = await world.db.run(
            lambda c: outbox.claim(
                c,
                world.vault,
                limit=9,
                now=world.now,
                lease=timedelta(seconds=30),
                worker="w",
                kinds=["Welcome"],
            )
        )

        assert [(item.conversation, item.effect) for item in items] == [(hu, Welcome("telegram"))]

    async def test_a_letter_the_platform_sends_again_stays_known(self, world: World) -> None:
        hu, shell = await both(world)
        letter = world.arrival(shell, "你好", key="u7")
        await world.db.take(
            Arrival(shell, "telegram", "bot", "u7", letter.event, world.now, address=TELEGRAM)
        )
        await join(world, shell, (await code_for(world, hu)).code)
        again = await world.db.take(
            Arrival(hu, "telegram", "bot", "u7", letter.event, world.now, address=TELEGRAM)
        )

        assert (again.fresh, again.seq == again.last) == (False, True)

    async def test_the_shell_is_erased_and_both_chains_hold(self, world: World) -> None:
        hu, shell = await both(world)
        await join(world, shell, (await code_for(world, hu)).code)

        with pytest.raises(UnknownConversation):
            await world.write(shell, "还在吗")
        for table in (messages, inbox):
            assert await world.db.read(lambda c, t=table: left(c, t, shell)) == 0  # type: ignore[misc]
        for each in (hu, shell):
            assert await world.db.read(lambda c, e=each: audit.verify(c, e)) == []  # type: ignore[misc]
        assert await world.db.read(lambda c: joining.successor(c, shell)) == hu
        assert await world.db.read(lambda c: joining.successor(c, hu)) == ""

    async def test_whoever_asked_for_a_person_still_gets_one(self, world: World) -> None:
        hu, shell = await both(world)
        await world.write_from(TELEGRAM, "person 着急")
        await join(world, shell, (await code_for(world, hu)).code)

        waiting = await world.db.read(lambda c: tickets.waiting(c, world.vault))
        assert [(each.conversation, each.reason, each.note) for each in waiting] == [(hu, "asked", "着急")]

    async def test_a_way_to_answer_moves_with_its_address(self, world: World) -> None:
        hu, shell = await both(world)
        until = world.now + timedelta(hours=1)
        hook = Hook("https://oapi.test/robot", until)
        await world.write_from(TELEGRAM, "你好", hook=hook)
        await join(world, shell, (await code_for(world, hu)).code)

        assert await world.db.read(lambda c: addresses.hook(c, world.vault, TELEGRAM, world.now)) == hook

    async def test_a_page_is_known_by_its_new_conversation(self, world: World) -> None:
        hu, _ = await both(world)
        shells = [await world.db.conversation(PAGE) for _ in range(2)]
        for n, shell in enumerate(shells):
            made = await code_for(world, hu, f"delivery{n}")
            assert (await join(world, shell, made.code, delivery=f"d{n}")).refusal == ""

        places = await world.db.read(lambda c: addresses.places(c, hu))
        assert Address("webchat", "", hu) in {place.address for place in places}
        assert not [place for place in places if place.address.user in shells]

    async def test_a_page_without_a_conversation_enters_by_the_code_alone(self, world: World) -> None:
        hu, _ = await both(world)
        made = await code_for(world, hu)

        def enter(connection: Connection) -> Outcome:
            return joining.enter(connection, world.vault, made.code, "try1", world.now)

        assert (await world.db.run(enter)).conversation == hu
        assert (await world.db.run(enter)).refusal == "unknown"  # one use
        assert await world.db.read(lambda c: conversations.address_of(c, hu)) == Address("webchat", "", hu)

    async def test_a_code_is_used_once(self, world: World) -> None:
        hu, shell = await both(world)
        made = await code_for(world, hu)
        await join(world, shell, made.code)
        other = await world.person("stranger", "telegram")

        assert (await join(world, other, made.code)).refusal == "unknown"

    async def test_of_two_who_send_it_at_once_one_gets_it(self, world: World, url: str) -> None:
        hu, shell = await both(world)
        other = await world.person("stranger", "telegram")
        made = await code_for(world, hu)
        second = await Database.open(url) if url.startswith("postgresql") else world.db

        async def sent(database: Database, here: str) -> Outcome:
            return await database.run(
                lambda c: joining.join(c, world.vault, here, Join(made.code, True), here, world.now)
            )

        outcomes = await asyncio.gather(sent(world.db, shell), sent(second, other))
        assert sorted(each.refusal for each in outcomes) == ["", "unknown"]
        if second is not world.db:
            await second.close()


class TestNotJoining:
    async def test_in_its_own_conversation_a_code_leads_nowhere(self, world: World) -> None:
        hu, _ = await both(world)
        made = await code_for(world, hu)

        assert (await join(world, hu, made.code)).refusal == "here"
        assert await found(world, made.code) == hu

    async def test_two_cases_are_not_mixed(self, world: World) -> None:
        hu, shell = await both(world)
        await world.write_from(TELEGRAM, "submit ref-2")
        made = await code_for(world, hu)

        assert (await join(world, shell, made.code)).refusal == "busy"
        assert await world.db.conversation(TELEGRAM) == shell

    async def test_a_draft_is_lost_only_with_his_word(self, world: World) -> None:
        hu, shell = await both(world)
        made = await code_for(world, hu)

        assert (await join(world, shell, made.code, sure=False)).refusal == "draft"
        assert (await join(world, shell, made.code, sure=True)).refusal == ""

    async def test_letters_that_wait_for_their_turn_are_waited_for(self, world: World) -> None:
        hu, shell = await both(world)
        world.dialog.broken.add("boom")
        await world.write_from(TELEGRAM, "boom")
        made = await code_for(world, hu)
        assert (await join(world, shell, made.code)).refusal == "unread"

        world.dialog.broken.clear()
        world.later(minutes=1)
        await world.db.retry_failed()
        assert (await join(world, shell, made.code)).refusal == ""

    async def test_an_erased_conversation_is_nobodys(self, world: World) -> None:
        hu, shell = await both(world)
        made = await code_for(world, hu)
        await world.db.run(lambda c: forget(c, world, hu))

        assert (await join(world, shell, made.code)).refusal == "unknown"


async def claim(world: World, kind: str) -> list[Item]:
    lease = timedelta(seconds=30)
    return await world.db.run(
        lambda c: outbox.claim(c, world.vault, limit=9, now=world.now, lease=lease, worker="w", kinds=(kind,))
    )


async def put_off(world: World, item: Item) -> None:
    due = world.now + timedelta(minutes=10)
    await world.db.run(lambda c: outbox.retry(c, item.hold, due, "busy"))


async def found(world: World, code: str) -> str | None:
    return await world.db.read(lambda c: handovers.find(c, world.vault, code, world.now))


async def ask(world: World, delivery: str, asker: str, asked: str) -> bool:
    return await world.db.run(lambda c: handovers.may_ask(c, world.vault, delivery, asker, asked, world.now))


def left(connection: Connection, table: Table, conversation: str) -> int:
    counted = select(func.count()).select_from(table).where(table.c.conversation == conversation)
    return int(connection.execute(counted).scalar_one())


def forget(connection: Connection, world: World, conversation: str) -> None:
    whose = conversations.applicant_of(connection, conversation)
    applicants.erase(connection, world.vault, whose, world.now, "operator:li")
