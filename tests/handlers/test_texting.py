"""A text message to a villager is sent once; where it cannot reach him, his agent's chat learns of it."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Connection, select

from dialogs.turn import TextTo
from storage import ids
from storage.flow import outbox
from storage.people import conversations
from storage.schema import inbox, notices
from tests.handlers.test_handover import House, house, living
from tests.platforms import serving
from tests.platforms.sms import FakeSms
from tests.product import until
from tests.troubles import lose_answer, status

__all__ = ["house"]

PHONE = "+8613800000000"


async def order(house: House, text: str) -> str:
    """Have a text message sent, as a turn orders it; return the order's id."""
    conversation = await house.letter("你好")
    id_, now = ids.new_id(house.parts.clock(), os.urandom), house.parts.clock()

    def write(connection: Connection) -> None:
        lane = conversations.lock(connection, [conversation])[conversation]
        assert lane.wrapped_key is not None
        box, place = house.parts.vault.box(lane.wrapped_key), (lane.version + 1) * outbox.PLACES_A_TURN
        what = TextTo(f"ZT-{id_[-4:]}", PHONE, text)
        row = outbox.row_of(box, lane.id, what, id_=id_, place=place, key="", cause="test", now=now)
        outbox.add(connection, [row])

    await house.parts.database.run(write)
    return id_


async def until_lost(house: House, id_: str) -> None:
    """Wait until the conversation has learned that he was not reached."""
    known = select(inbox.c.key).where(inbox.c.key == f"text:{id_}")

    async def there() -> bool:
        return await house.parts.database.read(lambda c: c.execute(known).first() is not None)

    await until(there, "the message to be given up")


async def until_state(house: House, id_: str, state: str) -> None:
    known = select(notices.c.state).where(notices.c.delivery == id_)

    async def there() -> bool:
        return await house.parts.database.read(lambda c: c.execute(known).scalar()) == state

    await until(there, f"the message to be {state}")


async def test_without_a_gateway_the_conversation_learns_it(house: House) -> None:
    await until_lost(house, await order(house, "受理了"))


async def test_a_message_goes_out_once_and_its_end_is_known(tmp_path: Path) -> None:
    fake = FakeSms()
    async with serving(fake), living(tmp_path, sms_url=fake.url, sms_secret=fake.secret) as house:
        fake.webhook = f"{house.url}/channels/sms/reports"
        fake.troubles.order("send", lose_answer())
        sent = await order(house, "受理了")  # nobody saw whether the first call was taken
        await until_state(house, sent, "sent")
        assert fake.person(PHONE).heard() == ["受理了"]
        assert await fake.report(sent) == 204
        await until_state(house, sent, "delivered")

        failed = await order(house, "办好了")
        await until_state(house, failed, "sent")
        assert await fake.report(failed, "failed") == 204
        await until_lost(house, failed)

        fake.troubles.order("send", status(422))
        await until_lost(house, await order(house, "没批"))
        assert fake.person(PHONE).heard() == ["受理了", "办好了"]
