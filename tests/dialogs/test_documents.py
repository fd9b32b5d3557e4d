"""What the office has put in writing: fetched once, told once, given again when asked for, gone in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dialogs.turn import DocumentHeld, FetchDocument, ForgetFile, ProgressReported, TimerFired
from tests.dialogs.talking import Chat
from tests.dialogs.test_engine import received, reference
from tests.dialogs.test_progress import ROAD

URL = "/v1/pre-applications/CS-1120-0038/documents/{}.pdf"
FORM = {"kind": "application_form", "title": "申请单", "number": "SQ-20261120-0001"}
RECEIPT = {"kind": "receipt", "title": "受理回执", "number": "SL-20261120-0001"}


def report(chat: Chat, seq: int, document: dict[str, str] | None = None) -> Chat:
    name, data = ROAD[seq - 1]
    told = {**document, "url": URL.format(f"{document['kind']}-{seq}")} if document else {}
    return chat.happen(ProgressReported(reference(chat), "CS-1120-0038", seq, name, chat.now, data, told))


def accepted() -> Chat:
    """Handed in and accepted; each of the two was put into writing."""
    chat = report(report(received(), 1, FORM), 2)
    return report(chat, 3, RECEIPT)


def fetched(chat: Chat) -> FetchDocument:
    found: FetchDocument = chat.ordered(FetchDocument)[-1]
    return found


def hold(chat: Chat, fetch: FetchDocument, **more: Any) -> Chat:
    return chat.happen(DocumentHeld(fetch.reference, fetch.file, **more))


def papers(chat: Chat) -> list[str]:
    """The titles of the papers told by the last turn."""
    return [each.card.title for each in chat.said if each.card and each.card.kind == "document"]


def test_a_receipt_is_fetched_and_told_with_its_number_once_it_is_held() -> None:
    chat = accepted()
    fetch = fetched(chat)

    assert [each.url for each in chat.ordered(FetchDocument)] == [URL.format("receipt-3")]
    assert papers(chat) == []

    hold(chat, fetch)
    assert papers(chat) == ["受理回执"]
    assert "SL-20261120-0001" in chat.heard[-1]
    assert "15分钟" in chat.heard[-1]


def test_news_and_fetches_that_come_twice_bring_one_paper() -> None:
    chat = accepted()
    fetch = fetched(chat)
    report(chat, 3, RECEIPT)
    hold(chat, fetch)
    told = len(chat.heard)
    hold(chat, fetch)

    assert chat.ordered(FetchDocument) == [fetch]
    assert len(chat.heard) == told
    assert chat.session.cases[reference(chat)]["files"].count(fetch.file) == 1


def test_news_out_of_order_brings_its_paper_when_its_turn_comes() -> None:
    chat = report(received(), 3, RECEIPT)
    assert chat.ordered(FetchDocument) == []

    report(report(report(chat, 1, FORM), 2), 3, RECEIPT)
    assert [each.url for each in chat.ordered(FetchDocument)] == [URL.format("receipt-3")]


def test_all_papers_are_given_when_asked_for_and_the_form_is_fetched_then() -> None:
    chat = accepted()
    hold(chat, fetched(chat)).say("文件")

    assert papers(chat) == ["受理回执"]
    assert "正在取《申请单》，一会儿就给您。" in chat.heard

    hold(chat, fetched(chat))
    assert papers(chat) == ["申请单"]
    assert papers(chat.say("回执")) == ["申请单", "受理回执"]


def test_a_paper_counts_as_asked_for_where_he_asked_for_it_and_not_where_it_came_by_itself() -> None:
    """Where a channel shows papers as pictures, it shows those."""
    chat = accepted()
    assert asked(hold(chat, fetched(chat))) == {"受理回执": False}

    chat.say("文件")
    assert asked(chat) == {"受理回执": True}
    assert asked(hold(chat, fetched(chat))) == {"申请单": True}


def asked(chat: Chat) -> dict[str, bool]:
    """The papers told by the last turn, and whether he asked for them."""
    cards = [each.card for each in chat.said if each.card and each.card.kind == "document"]
    return {card.title: bool(card.body["asked"]) for card in cards}


def test_who_has_none_is_told_when_there_will_be_one() -> None:
    assert received().say("文件").heard[-2].startswith("现在还没有文件。")


def test_asking_for_papers_does_not_lose_the_question_at_hand() -> None:
    chat = hold(accepted(), fetched(accepted()))
    chat.say("想在常山交社保")
    question = chat.heard[-1]

    assert chat.say("文件").heard[-1] == question


def test_a_paper_the_office_no_longer_has_is_taken_off_the_list() -> None:
    chat = accepted()
    told = len(chat.heard)
    hold(chat, fetched(chat), lost=True)

    assert len(chat.heard) == told
    assert papers(chat.say("文件")) == []
    assert "受理回执" not in chat.heard[-2]


def test_a_paper_speaks_the_language_of_its_reader() -> None:
    chat = accepted().say("english")
    hold(chat, fetched(chat))

    assert chat.heard[-1].startswith("Your receipt of acceptance is here")


def test_papers_go_with_the_case_when_the_promised_time_is_over() -> None:
    chat = accepted()
    fetch = fetched(chat)
    hold(chat, fetch)
    for seq in (4, 5, 6, 7):
        report(chat, seq)
    chat.now += timedelta(days=31)
    chat.happen(TimerFired("forget_case", reference(chat)))

    assert fetch.file in {each.file for each in chat.ordered(ForgetFile)}
    assert chat.say("文件").heard[-2].startswith("现在还没有文件。")


def test_what_comes_for_a_case_that_is_gone_does_nothing() -> None:
    chat = accepted()
    before = len(chat.heard)
    chat.happen(DocumentHeld("ZT-0000-0000-0000", "0" * 32))
    chat.happen(DocumentHeld(reference(chat), "0" * 32))

    assert len(chat.heard) == before
