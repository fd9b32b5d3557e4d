"""deliver(item): one order from the outbox to whoever carries it out.

Every order may be carried out twice (we can die between doing and noting), so each is written to
give the same result: photos are measured again, the intake service knows our key, a timer that fires
again is ignored. What comes back is an event, taken in the same commit that marks the order done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from dialogs.turn import (
    ApplicationDelayed,
    ApplicationReceived,
    ApplicationRefused,
    AskDepartment,
    AskHandover,
    DepartmentAsked,
    DocumentHeld,
    Event,
    FetchDocument,
    FetchProgress,
    ForgetFile,
    ForgetWords,
    Join,
    LookupRefused,
    MeasurePhoto,
    OfferHandover,
    PhotoMeasured,
    Rate,
    SetTimer,
    Submit,
    Supply,
    SupplyDelayed,
    SupplyReceived,
    SupplyRefused,
    TellClerks,
    TimerFired,
    Welcome,
    Withdraw,
    WithdrawalRefused,
)
from handlers import metrics
from handlers.handover import Handovers
from handlers.intake import Duplicate, IntakeClient, IntakeError, Page, RefusedByIntake, TryLater, retry_after
from handlers.photos import Fault, Photos
from handlers.turns import Turns
from handlers.uploads import Uploads
from storage.database import Database
from storage.errors import Busy, NotHeld, Unavailable, UnknownConversation
from storage.faults import hit
from storage.flow import outbox
from storage.flow.outbox import Item
from storage.people import retention

PHOTO_TRIES = 3  # a photo that kills its worker three times is looked at by a person
LOCAL_RETRY = timedelta(seconds=5)  # after a fault of our own

Carrier = Callable[["Deliveries", Item, Any], Awaitable[None]]

_log = structlog.get_logger("delivery")


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Carries out what the outbox holds."""

    database: Database
    turns: Turns
    intake: IntakeClient
    photos: Photos
    files: Uploads
    clock: Callable[[], datetime]
    give_up_after: timedelta
    handovers: Handovers
    more: Mapping[type, Carrier] = field(default_factory=dict)  # of orders that other parts carry out

    @property
    def kinds(self) -> tuple[str, ...]:
        """The orders that can be carried out here."""
        return tuple(kind.__name__ for kind in (*_CARRIERS, *self.more))

    async def deliver(self, item: Item) -> None:
        """Carry out one claimed item and settle it: done, to be tried again, or buried for an operator."""
        hit("delivery.begun")
        try:
            kind = type(item.effect)
            carrier = self.more[kind] if kind in self.more else _CARRIERS[kind]
            await carrier(self, item, item.effect)
            metrics.deliveries.labels(item.kind, "done").inc()
        except NotHeld:
            _log.info("delivery moved on", delivery=item.hold.id)  # another worker has it; its result counts
        except UnknownConversation:
            with suppress(NotHeld):  # usually the order went with the person
                await self._bury(item, "conversation erased")
        except IntakeError as fault:
            await self._intake_failed(item, fault)
        except (Busy, Unavailable):
            raise  # nothing can be written down now; the lease will run out
        except Exception as fault:
            _log.exception("delivery failed", delivery=item.hold.id, kind=item.kind)
            await self._later(item, LOCAL_RETRY * item.attempts, type(fault).__name__)

    # Settling

    async def done(self, item: Item) -> None:
        hit("outbox.before_settle")
        await self.database.run(lambda connection: outbox.settle(connection, item.hold, self.clock()))
        hit("outbox.after_settle")

    async def answer(self, item: Item, key: str, event: Any) -> None:
        """Take the event an order brought back, marking the order done in the same commit."""
        hit("delivery.before_answer")
        taken = await self.turns.take(item.conversation, "outbox", key, event, settles=item.hold)
        if not taken.fresh:  # taken before, by a worker that died before it could say so
            await self.done(item)

    async def again(self, item: Item, wait: timedelta, why: str) -> None:
        """Let it be tried again after `wait`."""
        metrics.deliveries.labels(item.kind, "later").inc()
        due = self.clock() + wait
        await self.database.run(lambda connection: outbox.retry(connection, item.hold, due, why))

    async def _later(self, item: Item, wait: timedelta, why: str) -> None:
        if item.attempts >= MAX_OWN_FAULTS and refusal(item.effect, why) is None:
            await self._bury(item, why)
            return
        await self.again(item, wait, why)

    async def _bury(self, item: Item, why: str) -> None:
        await self.database.run(lambda connection: outbox.bury(connection, item.hold, why))
        metrics.deliveries.labels(item.kind, "buried").inc()
        _log.error("delivery buried", delivery=item.hold.id, kind=item.kind, reason=why)

    async def _intake_failed(self, item: Item, fault: IntakeError) -> None:
        """Wait and do the same again, or give the order up: nobody else can help."""
        wait = retry_after(item.attempts, self.give_up_after)
        if isinstance(fault, TryLater) and wait is not None:
            hint = timedelta(seconds=fault.after or 0)
            metrics.deliveries.labels(item.kind, "later").inc()
            due = self.clock() + max(wait, hint)
            await self.database.run(lambda connection: outbox.retry(connection, item.hold, due, "TryLater"))
        elif (given_up := refusal(item.effect, "no answer")) is not None:
            await self.answer(item, *given_up)  # after a week: the applicant is told, and a person looks
        else:
            await self._bury(item, type(fault).__name__)

    # Photos

    async def measure(self, item: Item, effect: MeasurePhoto) -> None:
        """Decode, measure and keep a clean copy; the engine judges."""
        key = f"measured:{effect.file}"
        if item.attempts > PHOTO_TRIES:
            await self.answer(item, key, PhotoMeasured(effect.file, fault="unreadable"))
            return
        data = await self.files.read(item.conversation, effect.file)
        if data is None:  # forgotten meanwhile
            await self.done(item)
            return
        seen = await self.photos.measure(data)
        hit("photo.measured")
        metrics.photos.labels(seen.reason if isinstance(seen, Fault) else "measured").inc()
        metrics.photo_seconds.observe((self.clock() - item.created_at).total_seconds())
        if isinstance(seen, Fault):
            await self.answer(item, key, PhotoMeasured(effect.file, fault=seen.reason))
            return
        kept = await self.files.keep_copy(item.conversation, item.applicant, effect.file, seen.kept)
        event = PhotoMeasured(effect.file, kept, seen.sha256, seen.measure.json())
        await self.answer(item, key, event)

    async def forget(self, item: Item, effect: ForgetFile) -> None:
        """Delete an upload and its copy."""
        await self.files.forget(item.conversation, effect.file)
        await self.done(item)

    async def forget_words(self, item: Item, effect: ForgetWords) -> None:
        """Delete what was said, its time being over."""
        await self.database.run(
            lambda connection: retention.forget_words(
                connection, item.conversation, effect.until, self.clock()
            )
        )
        await self.done(item)

    # The intake service

    async def submit(self, item: Item, effect: Submit) -> None:
        """Hand in a pre-application; while the service is silent, say so once and go on trying."""
        pages = self._pages(item, effect)
        application = {**effect.application, "channel": item.address.channel}
        try:
            receipt = await self.intake.submit(effect.reference, application, pages, first=item.attempts == 1)
        except TryLater:
            await self.turns.take(
                item.conversation,
                "outbox",
                f"delayed:{effect.reference}",
                ApplicationDelayed(effect.reference),
            )
            raise
        except Duplicate as fault:
            event = ApplicationRefused(effect.reference, "duplicate", fault.number)
            await self.answer(item, f"refused:{effect.reference}", event)
            return
        except RefusedByIntake as fault:
            await self._refused(item, fault)
            return
        received = ApplicationReceived(effect.reference, receipt.number, receipt.answer_by)
        await self.answer(item, f"received:{effect.reference}", received)

    async def supply(self, item: Item, effect: Supply) -> None:
        """Hand in what came later; while the service is silent, say so once and go on trying."""
        reference, key = effect.reference, effect.key
        pages = self._pages(item, effect)
        try:
            day = await self.intake.supply(effect.number, effect.kind, key, effect.supplement, pages)
        except TryLater:
            delayed = SupplyDelayed(reference, key)
            await self.turns.take(item.conversation, "outbox", f"delayed:{key}", delayed)
            raise
        except RefusedByIntake as fault:
            await self._refused(item, fault)
            return
        await self.answer(item, f"received:{key}", SupplyReceived(reference, key, day))

    async def _refused(self, item: Item, fault: RefusedByIntake) -> None:
        given_up = refusal(item.effect, str(fault))
        assert given_up is not None
        await self.answer(item, *given_up)

    def _pages(self, item: Item, effect: Submit | Supply) -> list[Page]:
        return [
            Page(each["material"], each["page"], each["sha256"], self._reader(item, each["file"]))
            for each in effect.pages
        ]

    def _reader(self, item: Item, file: str) -> Callable[[], Awaitable[bytes]]:
        async def read() -> bytes:
            data = await self.files.read(item.conversation, file)
            if data is None:
                raise RefusedByIntake({"type": "missing-page", "file": file})
            return data

        return read

    async def ask_department(self, item: Item, effect: AskDepartment) -> None:
        """Have a department asked. Where that cannot be, he is told, and may send the paper instead."""
        try:
            lookup = await self.intake.ask_department(effect.number, effect.question)
        except RefusedByIntake as fault:
            _log.warning("look-up refused", delivery=item.hold.id, reason=str(fault))
            await self._refused(item, fault)
            return
        asked = DepartmentAsked(effect.reference, lookup, effect.question["department"])
        await self.answer(item, f"asked:{lookup}", asked)

    async def withdraw(self, item: Item, effect: Withdraw) -> None:
        try:
            await self.intake.withdraw(effect.number)
        except RefusedByIntake:
            key = f"withdrawal_refused:{item.hold.id}"
            await self.answer(item, key, WithdrawalRefused(effect.reference))
            return
        await self.done(item)

    async def rate(self, item: Item, effect: Rate) -> None:
        await self.intake.rate(effect.number, effect.code, effect.words, named=effect.named)
        await self.done(item)

    async def fetch_progress(self, item: Item, effect: FetchProgress) -> None:
        """Take the events that were missed, in their order. The engine ignores those it has heard."""
        for report in await self.intake.events(effect.number, effect.after_seq):
            key = f"fetched:{effect.after_seq}:{report.key}"
            await self.turns.take(item.conversation, "intake", key, report.event)
        await self.done(item)

    async def fetch_document(self, item: Item, effect: FetchDocument) -> None:
        """Keep what the office has put in writing; what it no longer has is lost."""
        held = DocumentHeld(effect.reference, effect.file)
        try:
            data = await self.intake.document(effect.url)
            await self.files.keep_document(item.conversation, item.applicant, effect.file, data)
        except RefusedByIntake as fault:
            _log.warning("document not taken", delivery=item.hold.id, reason=str(fault))
            held = DocumentHeld(effect.reference, effect.file, lost=True)
        await self.answer(item, f"document:{item.hold.id}", held)

    # One applicant, several channels

    async def offer_handover(self, item: Item, effect: OfferHandover) -> None:
        await self.handovers.offer(item, effect)

    async def ask_handover(self, item: Item, effect: AskHandover) -> None:
        await self.handovers.ask(item, effect)

    async def join(self, item: Item, effect: Join) -> None:
        await self.handovers.join(item, effect)

    async def welcome(self, item: Item, effect: Welcome) -> None:
        await self.handovers.welcome(item, effect)

    async def nobody(self, item: Item, _: TellClerks) -> None:
        """Nobody is to be told any more: the group was taken out of the settings."""
        await self.done(item)

    # Time

    async def fire(self, item: Item, effect: SetTimer) -> None:
        event = TimerFired(effect.name, effect.key)
        await self.answer(item, f"timer:{item.hold.id}", event)


def refusal(effect: Any, why: str) -> tuple[str, Event] | None:
    """Return how the applicant is told that an order will never be carried out: the event, with its key.

    None: it is not his to know; an operator is to look.
    """
    match effect:
        case Submit(reference=reference):
            return f"refused:{reference}", ApplicationRefused(reference, why)
        case Supply(reference=reference, key=key):
            return f"refused:{key}", SupplyRefused(reference, key, why)
        case AskDepartment(reference=reference, question=question):
            material = question["material"]
            return f"refused:{reference}/{material}", LookupRefused(reference, material, why)
    return None


MAX_OWN_FAULTS = 5

_CARRIERS: Mapping[type, Carrier] = {
    MeasurePhoto: Deliveries.measure,
    ForgetFile: Deliveries.forget,
    ForgetWords: Deliveries.forget_words,
    Submit: Deliveries.submit,
    Supply: Deliveries.supply,
    AskDepartment: Deliveries.ask_department,
    Withdraw: Deliveries.withdraw,
    Rate: Deliveries.rate,
    FetchProgress: Deliveries.fetch_progress,
    FetchDocument: Deliveries.fetch_document,
    OfferHandover: Deliveries.offer_handover,
    AskHandover: Deliveries.ask_handover,
    Join: Deliveries.join,
    Welcome: Deliveries.welcome,
    SetTimer: Deliveries.fire,
    TellClerks: Deliveries.nobody,
}
