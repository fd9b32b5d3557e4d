"""A photo on a platform's servers: fetched once, kept under its name, or asked for again with the reason."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dialogs.messages import Address, Inbound, Media
from dialogs.session import Session
from dialogs.turn import Event, FetchMedia, MediaFetched, MessageReceived, PhotoMeasured, Turn
from handlers.channels.base import MediaGone, Refused, TryLater
from handlers.delivery import Deliveries
from handlers.sending import Books, Fetching, Outgoing, Sending
from handlers.turns import Turns
from handlers.uploads import Uploads
from storage.flow import outbox
from storage.flow.turns import Arrival
from storage.people import uploads
from storage.sealing.files import FileStore
from storage.sealing.vault import Vault
from tests.handlers.sending.town import HU, LEASE, WECHAT, Platform, Town

FILE = "0123456789abcdef0123456789abcdef"
LIMIT = 1000


class Photographer:
    """A dialog that has photos fetched, and remembers what came of it."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    def decide(self, session: Session, event: Event, now: object) -> Turn:
        if isinstance(event, MessageReceived):
            media = event.message.media[0]
            return Turn(session, (FetchMedia(media.file, media.ref, "wechat"),))
        self.heard.append(event)
        return Turn(session)


class Album(Platform):
    """A platform with photos: by their ref, in pieces; or a fault, before or in the middle."""

    pieces: Sequence[bytes] = (b"first", b"second")
    fault: Exception | None = None
    fetched = 0
    shown = 0

    async def typing(self, to: Address) -> None:
        self.shown += 1

    async def fetch(self, ref: str, limit: int) -> AsyncIterator[bytes]:
        self.fetched += 1
        for piece in self.pieces:
            yield piece
        if self.fault is not None:
            raise self.fault


class Studio:
    """Everything a photo passes on its way in."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.world, self.vault = town.world, town.world.vault
        self.dialog = Photographer()
        self.world.dialog = self.dialog  # type: ignore[assignment]  # another dialog
        self.album = Album("wechat", WECHAT, lambda: self.world.now)
        clock = lambda: self.world.now  # noqa: E731
        self.uploads = Uploads(self.world.db, self.vault, FileStore(folder), clock, LIMIT)
        channels: Any = {"wechat": self.album}
        books = Books(self.world.db, self.vault, clock, "w1", LEASE)
        outgoing = Outgoing(
            Sending(books, channels, random=lambda: 1.0), Fetching(channels, self.uploads, lambda: 1.0)
        )
        none: Any = None
        self.deliveries = Deliveries(
            self.world.db,
            Turns(self.world.db, clock),
            none,
            none,
            self.uploads,
            clock,
            timedelta(days=7),
            none,
            outgoing.carriers,
        )

    async def sends_a_photo(self) -> str:
        conversation = await self.world.db.conversation(HU)
        message = Inbound("p1", self.world.now, media=(Media(FILE, ref="media-1"),), channel="wechat")
        event = MessageReceived(message)
        await self.world.db.take(Arrival(conversation, "wechat", "main", "p1", event, self.world.now))
        return conversation

    async def work(self) -> int:
        items = await self.world.db.run(
            lambda c: outbox.claim(
                c,
                self.vault,
                limit=8,
                now=self.world.now,
                lease=LEASE,
                worker="w1",
                kinds=("FetchMedia",),
            )
        )
        for item in items:
            await self.deliveries.deliver(item)
        return len(items)


@pytest.fixture
def studio(town: Town, tmp_path: Path) -> Studio:
    return Studio(town, tmp_path / "files")


async def test_a_photo_is_fetched_and_kept_under_the_name_its_letter_gave_it(studio: Studio) -> None:
    conversation = await studio.sends_a_photo()

    await studio.work()

    assert studio.dialog.heard == [MediaFetched(FILE)]
    assert await studio.uploads.read(conversation, FILE) == b"firstsecond"
    assert await studio.work() == 0


async def test_a_photo_fetched_before_a_crash_is_not_fetched_again(studio: Studio) -> None:
    conversation = await studio.sends_a_photo()
    await studio.uploads.take(conversation, studio.album.fetch("media-1", LIMIT), FILE)

    await studio.work()

    assert (studio.album.fetched, studio.dialog.heard) == (1, [MediaFetched(FILE)])


async def test_two_workers_that_fetch_the_same_photo_keep_one(studio: Studio) -> None:
    conversation = await studio.sends_a_photo()

    class Slow(Album):
        async def fetch(self, ref: str, limit: int) -> AsyncIterator[bytes]:
            await studio.uploads.take(conversation, studio.album.fetch(ref, limit), FILE)
            yield b"firstsecond"

    taken = await studio.uploads.take(
        conversation, Slow("x", WECHAT, lambda: studio.world.now).fetch("r", 9), FILE
    )

    assert taken == FILE
    assert await studio.uploads.read(conversation, FILE) == b"firstsecond"
    assert len(await studio.world.db.read(lambda c: uploads.of_conversation(c, conversation))) == 1


@pytest.mark.parametrize(
    ("fault", "reason"), [(MediaGone("40007"), "lost"), (Refused("48001"), "lost")], ids=["gone", "refused"]
)
async def test_what_cannot_be_had_is_asked_for_again(studio: Studio, fault: Exception, reason: str) -> None:
    studio.album.fault = fault
    await studio.sends_a_photo()

    await studio.work()

    assert studio.dialog.heard == [PhotoMeasured(FILE, fault=reason)]


async def test_too_big_a_photo_is_said_to_be_so(studio: Studio) -> None:
    studio.album.pieces = [b"x" * 600] * 3
    conversation = await studio.sends_a_photo()

    await studio.work()

    assert studio.dialog.heard == [PhotoMeasured(FILE, fault="too_big")]
    assert await studio.uploads.read(conversation, FILE) is None


async def test_who_sent_too_many_photos_is_told_so(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "PHOTOS_A_DAY", 0)
    await studio.sends_a_photo()

    await studio.work()

    assert studio.dialog.heard == [PhotoMeasured(FILE, fault="no_room")]


async def test_a_busy_platform_is_asked_again_and_in_the_end_the_photo_is_asked_for(studio: Studio) -> None:
    studio.album.fault = TryLater("busy", 5)
    await studio.sends_a_photo()
    await studio.work()
    assert await studio.work() == 0, "not before the time it named"

    tries = 1
    for _ in range(40):
        studio.world.later(minutes=15)
        tries += await studio.work()

    assert tries == 20
    assert studio.dialog.heard == [PhotoMeasured(FILE, fault="lost")]


async def test_a_line_that_breaks_is_another_try(studio: Studio) -> None:
    studio.album.fault = TryLater("cut")
    conversation = await studio.sends_a_photo()
    await studio.work()
    studio.album.fault = None
    studio.world.later(seconds=2)

    await studio.work()

    assert studio.dialog.heard == [MediaFetched(FILE)]
    assert await studio.uploads.read(conversation, FILE) == b"firstsecond"


async def test_a_channel_that_was_switched_off_has_lost_its_photos(studio: Studio, vault: Vault) -> None:
    await studio.sends_a_photo()
    none: dict[str, Any] = {}
    fetching = Fetching(none, studio.uploads, lambda: 1.0)
    studio.deliveries = replace(studio.deliveries, more={FetchMedia: Outgoing(_nobody(), fetching).fetch})

    await studio.work()

    assert studio.dialog.heard == [PhotoMeasured(FILE, fault="lost")]


def _nobody() -> Any:
    return None
