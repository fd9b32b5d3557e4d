"""A session between two releases that take turns at it, as while one is rolled out."""

from __future__ import annotations

import json

import pytest

from dialogs.session import CODEC, Session, dump, load
from dialogs.turn import Say, decode, encode
from tests.dialogs.talking import Chat, play


def by_a_later_release(session: Session) -> bytes:
    """Write a session as a release with two fields more would."""
    return json.dumps({**json.loads(dump(session)), "mood": {"today": "calm"}, "pace": 2}).encode()


def test_an_older_process_reads_it_answers_and_loses_nothing_of_the_newer() -> None:
    chat = play("flexible_enrolment")
    chat.session = load(by_a_later_release(chat.session))
    chat.tap("在")
    kept = json.loads(dump(chat.session))

    assert (kept["mood"], kept["pace"]) == ({"today": "calm"}, 2)
    assert kept["answers"]["hukou"] == "local"
    assert "more" not in kept
    assert load(dump(chat.session)) == chat.session


def test_an_older_session_is_read_with_what_it_lacks_at_rest() -> None:
    old = json.loads(dump(Session(id="c1", lang="en")))
    del old["agent"], old["profile"]

    assert load(json.dumps(old).encode()) == Session(id="c1", lang="en")


def test_a_later_codec_is_refused_and_not_guessed_at() -> None:
    later = {**json.loads(dump(Session(id="c1"))), "v": CODEC + 1}

    with pytest.raises(ValueError, match="newer"):
        load(json.dumps(later).encode())


def test_words_of_a_later_release_are_said_without_what_is_not_known() -> None:
    chat = Chat()
    (say, *_) = chat.ordered(Say)
    written = json.loads(json.dumps(encode(say)))
    written["later"], written["message"]["later"] = 1, 1
    for each in written["message"]["choices"]:
        each["later"] = 1

    assert decode(written) == say
