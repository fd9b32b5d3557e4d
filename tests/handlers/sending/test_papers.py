"""Documents of the office in the chat: a picture for who asks for it, a file with the words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from dialogs.messages import Card, News, Outbound
from dialogs.session import Session
from dialogs.turn import Event, MessageReceived, ProgressReported, Say, Turn
from handlers import metrics
from handlers.channels.base import Attachment, Gone, MaybeSent, Refused, TryLater, WaitForApplicant
from handlers.sending import Books, Links, Papers, Sending
from storage.sealing.vault import Vault
from tests.handlers.sending.town import HU, HU_TELEGRAM, LEASE, TELEGRAM, WECHAT, Town, Voice

PDF, PNG = b"%PDF-1.6", b"\x89PNG"


class Office(Voice):
    """News tells of a document; 文件 tells of three at once, 回执 of one."""

    def decide(self, session: Session, event: Event, now: datetime) -> Turn:
        match event:
            case MessageReceived(message) if message.text == "文件":
                return Turn(session, tuple(Say(_of(f"第{n}份", asked=True)) for n in (1, 2, 3)))
            case MessageReceived(message) if message.text == "回执":
                return Turn(session, (Say(_of("受理回执", asked=True)),))
            case ProgressReported(data=data) if "回执" in data["text"]:
                return Turn(session, (Say(_of(data["text"])),))
            case ProgressReported(data=data):
                news = News("参保登记", "CS-1", "已受理", "11月21日", vital=data["vital"])
                return Turn(session, (Say(Outbound(data["text"], news=news)),))
        return super().decide(session, event, now)


def _of(title: str, *, asked: bool = False) -> Outbound:
    body = {"file": title, "number": "SL-1", "asked": asked}
    return Outbound(f"《{title}》给您存好了。", card=Card("document", title, body))


class Archive:
    """What is held, and how often it was drawn."""

    def __init__(self) -> None:
        self.drawn = 0
        self.lost: set[str] = set()

    async def read(self, conversation: str, file: str) -> bytes | None:
        return None if file in self.lost else PDF

    async def draw(self, pdf: bytes) -> bytes:
        self.drawn += 1
        return PNG


@pytest.fixture
def archive() -> Archive:
    return Archive()


@pytest.fixture
async def town(url: str, vault: Vault, archive: Archive) -> AsyncIterator[Town]:
    made = Town(url, vault)
    made.world.dialog = Office()  # type: ignore[assignment]  # another dialog than storage's tests have
    made.wechat.can = replace(WECHAT, papers="picture")
    made.telegram.can = replace(TELEGRAM, papers="file")
    await made.open()

    async def address(file: str) -> str:
        return f"https://bot.example.gov.cn/papers/#{file}"

    books = Books(made.world.db, vault, lambda: made.now, "w1", LEASE)
    channels: Any = {"wechat": made.wechat, "telegram": made.telegram}
    papers = Papers(archive.read, archive.draw)
    links = Links(document=address)
    made.sending = Sending(books, channels, random=lambda: 1.0, links=links, papers=papers)
    yield made
    await made.close()
    assert made.wechat.refused == 0, "more was sent than the platform grants"


def files(town: Town) -> list[Attachment | None]:
    return [part.file for part in town.wechat.parts]


def figure(outcome: str) -> float:
    return float(metrics.sends.labels("wechat", outcome)._value.get())


async def test_the_picture_follows_the_words_and_the_words_have_the_link(town: Town) -> None:
    await town.writes("回执")

    words, picture = town.wechat.parts
    assert "《受理回执》" in words.text
    assert "/papers/#受理回执" in words.text
    assert words.file is None
    assert (picture.text, picture.file) == ("", Attachment("受理回执_SL-1.png", "image/png", PNG))
    assert await town.states() == {"done": 1}


async def test_what_nobody_asked_for_comes_in_words_with_the_link(town: Town, archive: Archive) -> None:
    """Five messages are all there are for a case that moves fast, and for the question for a mark."""
    await town.writes("沉默")

    await town.news("受理回执")

    assert files(town) == [None]
    assert archive.drawn == 0


async def test_a_picture_leaves_three_messages_for_words_and_the_newest_is_shown(
    town: Town, archive: Archive
) -> None:
    await town.writes("沉默")

    await town.writes("文件")  # three documents, told in one message: five less one

    assert [each and each.name for each in files(town)] == [None, "第3份_SL-1.png"]
    assert archive.drawn == 1
    for n in range(3):
        await town.news(f"第{n}步", vital=True)
    assert files(town)[2:] == [None] * 3


async def test_words_of_a_document_leave_with_others_while_little_is_left(town: Town) -> None:
    await town.writes("沉默")
    for state in ("正在看", "受理了"):
        await town.news(state, vital=True)

    await town.news("回执")
    assert len(town.wechat.texts) == 2
    for state in ("正在办", "办好了", "请评价"):
        await town.news(state, vital=True)

    assert len(town.wechat.texts) == 5
    assert [n for n, text in enumerate(town.wechat.texts) if "《回执》" in text] == [2]


async def test_words_of_a_document_leave_alone_before_the_window_closes(town: Town) -> None:
    await town.writes("沉默")
    for state in ("正在看", "受理了"):
        await town.news(state, vital=True)
    await town.news("回执")

    await town.later(hours=46)
    assert len(town.wechat.texts) == 2
    await town.later(hours=1.5)

    assert "《回执》" in town.wechat.texts[2]


async def test_after_a_tap_there_is_room_for_words_alone(town: Town, archive: Archive) -> None:
    await town.writes("文件", means="tap")
    assert files(town) == []
    await town.later(seconds=30)

    assert files(town) == [None]
    assert archive.drawn == 0


@pytest.mark.parametrize(
    "fault", [Refused("40006"), TryLater("-1"), Gone("43004"), WaitForApplicant("45047")]
)
async def test_a_picture_the_platform_does_not_take_costs_nothing_and_is_not_tried_again(
    town: Town, fault: Exception
) -> None:
    before = figure("not_shown")
    town.wechat.faults = [None, fault]

    await town.writes("回执")
    await town.later(hours=5)

    assert files(town) == [None]
    assert await town.states() == {"done": 1}
    assert figure("not_shown") == before + 1
    closed = isinstance(fault, WaitForApplicant)
    place = (await town.sending._books.places(await town.world.db.conversation(HU)))[0]
    assert place.message_used == (5 if closed else 1)


async def test_a_picture_that_may_have_come_is_paid_for_and_not_repeated(town: Town) -> None:
    town.wechat.after = [None, MaybeSent("504")]

    await town.writes("回执")
    await town.later(hours=5)

    assert [bool(each) for each in files(town)] == [False, True]
    assert await town.states() == {"done": 1}


async def test_a_fault_of_ours_while_a_picture_is_sent_is_no_doubt_about_the_words(town: Town) -> None:
    town.wechat.faults = [None, RuntimeError("ours")]

    await town.writes("回执")
    await town.later(hours=5)

    assert len(town.wechat.texts) == 1


async def test_a_document_that_is_gone_leaves_the_others_theirs(town: Town, archive: Archive) -> None:
    archive.lost.add("第3份")

    await town.writes("文件")

    assert [each.name for each in files(town) if each] == ["第2份_SL-1.png"]


async def test_a_file_goes_with_its_words_and_link(town: Town) -> None:
    await town.writes("文件", HU_TELEGRAM)

    parts = town.telegram.parts
    assert [part.text for part in parts] == [f"《第{n}份》给您存好了。" for n in (1, 2, 3)]
    assert [part.file for part in parts] == [
        Attachment(f"第{n}份_SL-1.pdf", "application/pdf", PDF) for n in (1, 2, 3)
    ]
    assert all(part.links for part in parts)
