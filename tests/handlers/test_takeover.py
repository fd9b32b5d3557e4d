"""Asking for what an agent handed in: who gets a code, and that nobody learns whether his words fit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from dialogs.session import Session
from storage.people import applications, conversations, tickets
from tests.dialogs.test_on_behalf import HU, LI, PHONE, handed_in
from tests.handlers.test_handover import House, house, living
from tests.platforms import serving
from tests.platforms.sms import FakeSms
from tests.product import Applicant

__all__ = ["house"]


async def agent_with_cases(house: House) -> str:
    """Return where an agent has handed in for 李水木, who has a phone, and for 胡某某, who has none."""
    conversation = await house.letter("你好")
    session = handed_in(HU, handed_in(LI), phone="村民没有手机").session
    await house.parts.database.run(lambda c: _seat(house, c, conversation, session))
    return conversation


def _seat(house: House, connection: Connection, conversation: str, session: Session) -> None:
    vault, now = house.parts.vault, house.parts.clock()
    lane = conversations.lock(connection, [conversation])[conversation]
    assert lane.wrapped_key is not None
    lane.state = conversations.seal(
        vault.box(lane.wrapped_key), conversation, replace(session, id=conversation)
    )
    conversations.save(connection, [lane], now)
    rows = [
        (own, conversation, case["number"], case["service"], case["state"], 0, now, now)
        for own, case in session.cases.items()
    ]
    applications.track(connection, rows)


async def asks(he: Applicant, number: str, tail: str) -> str:
    """Ask for a code; return the words that answer."""
    await he.say("我办过", "办件号码")
    await he.say(number, "最后4位")
    return str((await he.say(tail, "要是对得上"))["text"])


async def wanted(house: House, conversation: str) -> list[str]:
    """Return what a person is to see to."""
    vault = house.parts.vault
    found = await house.parts.database.read(lambda c: tickets.of_conversation(c, vault, conversation))
    return [f"{each.reason} {each.note}" for each in found]


async def test_without_a_gateway_a_person_sees_to_it_and_all_hear_the_same(house: House) -> None:
    await agent_with_cases(house)
    villager, stranger = await house.page(), await house.page()
    told = await asks(villager, "CS-1120-0001", LI[1][-4:])

    assert "我现在发不了" in told
    assert await asks(villager, "CS-1120-0001", LI[1][-4:]) == told
    assert await asks(stranger, "CS-1120-0001", "9999") == told
    assert await wanted(house, villager.conversation) == ["takeover CS-1120-0001"]
    assert await wanted(house, stranger.conversation) == []


async def test_the_code_goes_to_the_phone_he_left_and_nowhere_else(tmp_path: Path) -> None:
    fake = FakeSms()
    async with serving(fake), living(tmp_path, sms_url=fake.url, sms_secret=fake.secret) as house:
        agent = await agent_with_cases(house)
        before = await house.said(agent)
        villager, other = await house.page(), await house.page()
        told = await asks(villager, "CS-1120-0001", LI[1][-4:])
        phone = fake.person(f"+86{PHONE}")
        await phone.until("接着办CS-1120-0001")

        assert await house.said(agent) == before
        assert await asks(other, "CS-1120-0002", HU[1][-4:]) == told  # who left no phone: a person
        assert await wanted(house, other.conversation) == ["takeover CS-1120-0002"]
        for number, tail in (("CS-1120-0001", HU[1][-4:]), ("CS-9999-0001", LI[1][-4:])):
            assert await asks(other, number, tail) == told
        assert await wanted(house, villager.conversation) == []
        for _ in range(3):  # three times a day for a case
            assert await asks(villager, "CS-1120-0001", LI[1][-4:]) == told
        for _ in range(2):
            await phone.until("接着办CS-1120-0001")
        assert len(phone.heard()) == 3
