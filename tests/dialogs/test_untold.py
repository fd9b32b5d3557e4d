"""A number typed before the question was told him is no answer to it; what speaks for itself is."""

from __future__ import annotations

import pytest

from dialogs.engine.cases.rating import RATE
from dialogs.messages import Inbound
from dialogs.turn import MessageReceived, Submit
from tests.dialogs.talking import Chat
from tests.dialogs.test_engine import read_back, reference
from tests.dialogs.test_rating import asked, marks

UNTOLD = "刚才还没送到您这里"


def writes(chat: Chat, text: str, *untold: str) -> Chat:
    return chat.happen(MessageReceived(Inbound(f"m{len(chat.turns)}", chat.now, text=text, untold=untold)))


@pytest.mark.parametrize("text", ["5", "第五个", "5。", "好的"])
def test_a_number_is_no_mark_while_the_question_was_kept_from_him(text: str) -> None:
    chat = asked()

    writes(chat, text, f"{RATE}{reference(chat)}")

    assert marks(chat) == []
    assert [UNTOLD in said.text for said in chat.said] == [True]
    assert marks(writes(chat, "5")) == [(5, "", False)], "by now he has read it"


def test_the_mark_in_words_counts_and_so_does_a_number_for_what_he_was_told() -> None:
    assert [code for code, _, _ in marks(writes(asked(), "非常满意", f"{RATE}{reference(asked())}"))] == [1]
    assert [code for code, _, _ in marks(writes(asked(), "2", f"{RATE}another"))] == [2]


def test_nothing_is_handed_in_by_a_yes_to_what_he_has_not_read() -> None:
    chat = read_back()

    writes(chat, "对", str(chat.session.prompt))

    assert chat.ordered(Submit) == []
    assert UNTOLD in chat.said[-1].text
    assert len(writes(chat, "对").ordered(Submit)) == 1
