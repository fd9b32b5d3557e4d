"""Files on their way in, while the person they belong to is forgotten: none of them stays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from handlers.uploads import Uploads
from storage.errors import UnknownConversation
from storage.people import erasing, uploads
from storage.people.conversations import applicant_of
from storage.sealing.files import FileStore
from tests.storage.conftest import url, vault, world
from tests.storage.world import World

__all__ = ["url", "vault", "world"]


class Flat:
    """One person's files, and a way to forget her at the worst moment."""

    def __init__(self, world: World, folder: Path, conversation: str, applicant: str) -> None:
        self.world, self.folder = world, folder
        self.conversation, self.applicant = conversation, applicant
        self.uploads = Uploads(world.db, world.vault, FileStore(folder), lambda: world.now, 1000)

    async def forget_her(self) -> None:
        await self.world.db.run(
            lambda c: erasing.erase(
                c, self.world.vault, self.conversation, "SC-7F3K-9Q2M-X0AB", self.world.now, intake={}
            )
        )

    async def photo(self) -> AsyncIterator[bytes]:
        yield b"the first half "
        await self.forget_her()
        yield b"and the second"

    def left(self) -> list[Path]:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.fixture
async def flat(world: World, tmp_path: Path) -> Flat:
    conversation = await world.person("hu")
    applicant = await world.db.read(lambda c: applicant_of(c, conversation))
    return Flat(world, tmp_path / "files", conversation, applicant)


async def test_an_upload(flat: Flat) -> None:
    with pytest.raises(UnknownConversation):
        await flat.uploads.take(flat.conversation, flat.photo())

    assert flat.left() == []


@pytest.mark.parametrize(
    "keep",
    [
        lambda flat: flat.uploads.keep_copy(flat.conversation, flat.applicant, "a" * 32, b"copy"),
        lambda flat: flat.uploads.keep_document(flat.conversation, flat.applicant, "d" * 32, b"%PDF-"),
    ],
    ids=["a copy", "a document"],
)
async def test_what_we_make_or_fetch(
    flat: Flat, keep: Callable[[Flat], Awaitable[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The box was opened, and then she was forgotten."""
    box = flat.uploads._box

    async def open_then_forget(conversation: str) -> object:
        opened = await box(conversation)
        await flat.forget_her()
        return opened

    monkeypatch.setattr(flat.uploads, "_box", open_then_forget)
    with pytest.raises(UnknownConversation):
        await keep(flat)

    assert flat.left() == []
    assert await flat.world.db.read(lambda c: uploads.of_applicant(c, flat.applicant)) == []
