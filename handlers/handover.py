"""What a hand-over orders: codes made and told, conversations joined. Rules: storage.people.handovers.

Of what a village agent handed in, the code goes to the villager's phone: storage.people.takeovers.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from dialogs.engine import slips
from dialogs.turn import (
    AskHandover,
    HandoverAsked,
    HandoverOffered,
    Join,
    Joined,
    JoinRefused,
    OfferHandover,
    TakeoverAsked,
    Welcome,
)
from handlers import metrics
from handlers.channels.base import Channel
from handlers.turns import Turns
from handlers.uploads import Uploads
from storage.database import Database
from storage.errors import UnknownConversation
from storage.faults import hit
from storage.flow import outbox
from storage.flow.outbox import Item
from storage.people import agents, applications, conversations, handovers, joining, takeovers
from storage.people.applications import Application
from storage.people.joining import WEB, Outcome
from storage.sealing.vault import Vault

SCENE = "go"  # what a link carries before the code; dialogs.engine.slips reads it
LOOK_AGAIN = timedelta(seconds=5)  # after letters that wait for their turn

_log = structlog.get_logger("handover")


@dataclass(frozen=True, slots=True)
class Found:
    """What somebody asks for by number and last four.

    phone: of the villager whose case `reference` an agent handed in in `conversation`, "" when it has none;
    None: it is no villager's, and whoever asks may go on with the whole conversation.
    """

    conversation: str
    reference: str
    phone: str | None


@dataclass(frozen=True, slots=True)
class Handovers:
    """Carries out the orders of a hand-over. `origin` is how browsers reach us; texts: there is a gateway."""

    database: Database
    vault: Vault
    turns: Turns
    files: Uploads
    channels: Mapping[str, Channel]
    clock: Callable[[], datetime]
    origin: str
    texts: bool = False

    async def offer(self, item: Item, effect: OfferHandover) -> None:
        """Make a code, and the links that carry it to the other channels."""
        made = await self._make(item.hold.id, item.conversation)
        links = await self.links(made.code, but=item.address.channel)
        await self._answer(item, HandoverOffered(made.code, made.until, links))

    async def ask(self, item: Item, effect: AskHandover) -> None:
        """Have the code told where the application was begun; here nobody learns whether there is one."""
        found = await self.database.run(lambda c: self._granted(c, item, effect))
        unreached = ""
        if found and found.phone is None:
            made = await self._make(item.hold.id, found.conversation)
            event = HandoverOffered(made.code, made.until, {}, item.address.channel)
            await self._tell(found.conversation, f"handover:{item.hold.id}", event)
        elif found and found.phone and self.texts:
            await self._text(item, found)
        elif found:
            unreached = effect.number
        await self._answer(item, HandoverAsked(self.texts, unreached))

    async def _text(self, item: Item, found: Found) -> None:
        """Have the code sent to the villager's phone, by the conversation that knows it."""
        there, now, seed = found.conversation, self.clock(), item.hold.id
        made = await self.database.run(
            lambda c: takeovers.make(c, self.vault, seed, item.conversation, there, found.reference, now)
        )
        await self._tell(there, f"takeover:{seed}", TakeoverAsked(found.reference, made.code, made.until))

    async def join(self, item: Item, effect: Join) -> None:
        """Join the two conversations, or say why not. Joined, this order is gone with its conversation."""
        outcome = await self.database.run(lambda c: self._taken(c, item, effect))
        hit("handover.joined")
        if outcome is None:
            await self.database.run(lambda c: outbox.settle(c, item.hold, self.clock()))
        elif outcome.refusal == "unread":
            due = self.clock() + LOOK_AGAIN
            await self.database.run(lambda c: outbox.retry(c, item.hold, due, "unread letters"))
        elif outcome.refusal:
            count(outcome)
            code = effect.code if outcome.refusal == "draft" else ""
            await self._answer(item, JoinRefused(outcome.refusal, code))
        else:
            await self.files.discard(outcome.files)

    async def welcome(self, item: Item, effect: Welcome) -> None:
        """Say hello where he has come to, and goodbye where he was."""
        await self._answer(item, Joined(effect.channel))

    async def enter(self, code: str, name: str) -> Outcome:
        """Open the conversation that `code` stands for on a page that has none. `name`: of this try."""
        now = self.clock()
        outcome = await self.database.run(lambda c: joining.enter(c, self.vault, code, name, now))
        count(outcome)
        return outcome

    async def links(self, code: str, *, but: str) -> dict[str, str]:
        """Return, by channel, the address that carries `code` there; none for the channel he is on.

        The page has one always: it may be opened on another phone.
        """
        found = {WEB: f"{self.origin}/chat/?{SCENE}={code}"}
        for name, channel in self.channels.items():
            link = await _link(channel, SCENE + code) if name != but else ""
            if link:
                found[name] = link
        return found

    def _taken(self, connection: Connection, item: Item, effect: Join) -> Outcome | None:
        """Take the code; None: it is a villager's, and what an agent handed in for him is on its way."""
        here, now = item.conversation, self.clock()
        if not handovers.too_many_wrong(connection, here, now) and takeovers.claim(
            connection, self.vault, here, effect.code, item.hold.id, now
        ):
            return None
        return joining.join(connection, self.vault, here, effect, item.hold.id, now)

    async def _make(self, seed: str, conversation: str) -> handovers.Made:
        now = self.clock()
        return await self.database.run(lambda c: handovers.make(c, self.vault, seed, conversation, now))

    def _granted(self, connection: Connection, item: Item, effect: AskHandover) -> Found | None:
        """Return what a code may be told for, None when there is nothing or not so often."""
        here, now = item.conversation, self.clock()
        found = _found(connection, self.vault, effect)
        if found and (found.conversation == here or (found.reference and agents.signed_in(connection, here))):
            found = None
        asked = (found.reference or found.conversation) if found else here
        granted = handovers.may_ask(connection, self.vault, item.hold.id, here, asked, now)
        return found if granted else None

    async def _answer(
        self, item: Item, event: HandoverOffered | HandoverAsked | Joined | JoinRefused
    ) -> None:
        taken = await self.turns.take(
            item.conversation, "outbox", f"handover:{item.hold.id}", event, settles=item.hold
        )
        if not taken.fresh:  # taken before, by a worker that died before it could say so
            await self.database.run(lambda c: outbox.settle(c, item.hold, self.clock()))

    async def _tell(self, conversation: str, key: str, event: HandoverOffered | TakeoverAsked) -> None:
        try:
            await self.turns.take(conversation, "outbox", key, event)
        except UnknownConversation:
            _log.info("nobody to tell a code to")  # erased this moment


def _found(connection: Connection, vault: Vault, effect: AskHandover) -> Found | None:
    """Return whose the application is, None unless number and identity number belong together."""
    found = _application(connection, effect.number)
    if found is None:
        return None
    try:
        case = conversations.session_of(connection, vault, found.conversation).cases.get(found.reference, {})
    except UnknownConversation:
        return None
    agent = bool(case.get("agent"))
    tail = str(case.get("villager_tail" if agent else "tail", ""))
    if not tail or not hmac.compare_digest(tail, effect.tail):
        return None
    reference, phone = (found.reference, str(case["phone"])) if agent else ("", None)
    return Found(found.conversation, reference, phone)


def _application(connection: Connection, number: str) -> Application | None:
    """Return the application that has `number`, written with its dashes or without."""
    for each in slips.spellings(number):
        if found := applications.by_number(connection, each) or applications.by_reference(connection, each):
            return found
    return None


async def _link(channel: Channel, scene: str) -> str:
    try:
        return await channel.deep_link(scene)
    except Exception as fault:  # a link is a kindness: the code works without
        _log.warning("no link", channel=channel.name, error=type(fault).__name__)
        return ""


def count(outcome: Outcome) -> None:
    """Count codes that were not taken, so that somebody who tries them all is seen."""
    if outcome.refusal in ("unknown", "often"):
        metrics.turned_away.labels("handover_code").inc()
