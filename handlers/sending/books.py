"""What is written down around a message on its way: who holds it, what it costs, what became of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from dialogs.messages import Address
from storage import signals
from storage.database import Database
from storage.errors import NotHeld
from storage.faults import hit
from storage.flow import allowances, notices, outbox
from storage.flow.allowances import Allowance, Window
from storage.flow.notices import Notice, Stands
from storage.flow.outbox import FOREVER, Hold, Item
from storage.people import addresses
from storage.people.addresses import Place
from storage.sealing.vault import Vault


@dataclass(frozen=True, slots=True)
class Books:
    """The outbox as one worker keeps it. Rows that are somebody else's by now are passed over."""

    database: Database
    vault: Vault
    clock: Callable[[], datetime]
    worker: str
    lease: timedelta

    async def places(self, conversation: str) -> list[Place]:
        """Return where the conversation can be gone on with, the place used last first."""
        return await self.database.read(lambda c: addresses.places(c, conversation))

    async def gather(self, item: Item) -> list[Item]:
        """Return `item` and what waits beside it, kept messages included, in their order."""
        now = self.clock()

        def work(connection: Connection) -> list[Item]:
            outbox.bring_back(connection, item.conversation, now)
            return outbox.claim_words(
                connection,
                self.vault,
                item.conversation,
                until=now,
                now=now,
                lease=self.lease,
                worker=self.worker,
                beside=item.hold,
            )

        beside = await self.database.run(work)
        return sorted([item, *beside], key=lambda each: each.place)

    async def begin(
        self, items: Sequence[Item], price: tuple[Address, Window, Allowance] | None = None
    ) -> bool:
        """Hold `items` for the time of a call, and pay for it; False when there was nothing to pay with.

        Raises:
            NotHeld: some are no longer ours, so nobody knows who is saying them.
        """
        until = self.clock() + self.lease

        def work(connection: Connection) -> bool:
            outbox.renew(connection, [item.hold for item in items], until)
            return price is None or allowances.spend(connection, *price)

        return await self.database.run(work)

    async def pay(self, address: Address, window: Window, allowance: Allowance) -> bool:
        """Pay for a call that says nothing from the outbox; False when there was nothing to pay with."""
        return await self.database.run(lambda c: allowances.spend(c, address, window, allowance))

    async def give_back(self, address: Address, window: Window | None) -> None:
        """Give back what was paid for a message that was certainly not taken."""
        if window is not None:
            await self.database.run(lambda c: allowances.give_back(c, address, window))

    async def said(self, whole: Sequence[Item], partly: Item | None = None) -> None:
        """Note what the platform has taken. partly: with the characters of it that are said by now."""
        now = self.clock()

        def work(connection: Connection) -> None:
            outbox.settle_standing(connection, [item.hold for item in whole], now)
            signals.announce(connection, signals.WORDS)
            if partly is not None:
                outbox.advance(connection, partly.hold, partly.parts)

        hit("outbox.before_settle")
        await self.database.run(work)
        hit("outbox.after_settle")

    async def later(
        self, items: Sequence[Item], due: datetime, why: str, *, doubtful: Collection[Item] = ()
    ) -> None:
        """Let `items` be tried again at `due`; those not `doubtful` were certainly not said."""
        unseen = {item.hold for item in doubtful}

        def act(connection: Connection, hold: Hold) -> None:
            outbox.retry(connection, hold, due, why, doubtful=hold in unseen)

        await self._each(items, act)

    async def keep(self, items: Sequence[Item], why: str, until: datetime = FOREVER) -> None:
        """Keep `items` until he writes, or until then."""
        await self._each(items, lambda connection, hold: outbox.keep(connection, hold, why, until))

    async def bury(self, item: Item, why: str) -> None:
        """Give one up; an operator has to look."""
        await self._each([item], lambda connection, hold: outbox.bury(connection, hold, why))

    async def shut(self, place: Place, counted: Mapping[str, Allowance]) -> None:
        """Believe the platform that nothing more may be sent to `place`, until he writes there again."""
        await self.database.run(lambda c: allowances.shut(c, place, counted))

    async def mark_gone(self, place: Place) -> None:
        """Write down that he cannot be written to at `place`, unless he has written there since."""
        await self.database.run(lambda c: addresses.mark_gone(c, place.address, seen_at=place.seen_at))

    # Notices

    async def notices(self, item: Item) -> list[Notice]:
        """Return the notices that went out, or may have, for a message."""
        return await self.database.read(lambda c: notices.of(c, item.hold.id))

    async def begin_notice(self, items: Sequence[Item], vital: Collection[Item], rung: str, key: str) -> None:
        """Write down that a notice which stands for `items` is about to leave."""
        until, now = self.clock() + self.lease, self.clock()
        stands_for = [Stands(item.hold.id, item in vital) for item in items]

        def work(connection: Connection) -> None:
            outbox.renew(connection, [item.hold for item in items], until)
            notices.begin(connection, items[0].conversation, stands_for, rung, key, now)

        await self.database.run(work)

    async def gave_up_notice(self, rung: str, key: str) -> None:
        """Write down that it certainly did not leave."""
        await self.database.run(lambda c: notices.gave_up(c, rung, key))

    async def noticed(self, items: Sequence[Item], rung: str, key: str, platform_id: str) -> None:
        """Write down that it left; the messages are kept until the report, or until he writes."""

        def work(connection: Connection) -> None:
            notices.sent(connection, rung, key, platform_id)
            self._stood_for(connection, items, f"notice: {rung}")

        hit("notice.taken")
        await self.database.run(work)

    async def told(self, items: Sequence[Item]) -> None:
        """Write down that a notice had left for `items` already; its report may have come meanwhile."""
        await self.database.run(lambda c: self._stood_for(c, items, "told by notice"))

    def _stood_for(self, connection: Connection, items: Sequence[Item], why: str) -> None:
        for item in items:
            with suppress(NotHeld):
                outbox.keep(connection, item.hold, why)
        notices.settle(connection, [item.hold.id for item in items], self.clock())

    async def _each(self, items: Sequence[Item], act: Callable[[Connection, Hold], None]) -> None:
        def work(connection: Connection) -> None:
            for item in items:
                with suppress(NotHeld):
                    act(connection, item.hold)

        await self.database.run(work)
