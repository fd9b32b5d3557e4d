"""How many messages an applicant sends until his papers are handed in, counted in played conversations."""

from __future__ import annotations

from statistics import median

from dialogs.messages import Choice
from dialogs.script.situations import Situation, situations
from dialogs.turn import Submit
from tests.dialogs.scripts import TODAY
from tests.dialogs.talking import Chat, shipped_library

ENROLMENT = "flexible_enrolment"
TYPED = {
    "consent": "同意",
    "read_back": "对",
    "name": "胡某某",
    "id_number": "999901198803050247",
    "bank_card": "6222020000000000000",
}


def test_enrolment_takes_at_most_14_messages_for_half_of_all_situations() -> None:
    library = shipped_library()
    ways = [
        each
        for each in situations(library.scripts[library.live[ENROLMENT]], TODAY).all
        if each.end == "submit"
    ]

    counted = [_played(way) for way in ways]

    assert len(counted) == 18
    assert median(counted) <= 14
    assert min(counted) >= 10  # the counting sees the questions, not only their end


def test_the_listed_situations_count_as_the_played_ones() -> None:
    library = shipped_library()
    ways = [
        each
        for each in situations(library.scripts[library.live[ENROLMENT]], TODAY).all
        if each.end == "submit"
    ]

    assert {way.witness(): _played(way) for way in ways} == {way.witness(): way.messages for way in ways}


def _played(way: Situation) -> int:
    """Play a situation from the first word on. Return how many messages the applicant sent."""
    chat = Chat().say("想在常山交社保")
    sent = 1
    while not chat.ordered(Submit):
        _answer(chat, way)
        sent += 1
        assert sent < 40, chat.heard[-3:]
    return sent


def _answer(chat: Chat, way: Situation) -> None:
    if "." in chat.at:
        chat.send_photo()
    elif chat.at in TYPED:
        chat.say(TYPED[chat.at])
    else:
        chat.tap_id(_button(chat, way))


def _button(chat: Chat, way: Situation) -> str:
    """Return the button for the answer this situation is about; the first where any will do."""
    wanted = str(way.answers.get(chat.at, ""))
    buttons: list[Choice] = list(chat.choices)
    return next((each.id for each in buttons if each.id.endswith(f":{wanted}")), buttons[0].id)
