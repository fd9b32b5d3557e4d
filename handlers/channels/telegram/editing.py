"""What a changed message means: nothing, a better answer, or the wish to correct an earlier one.

Telegram also reports changes that are no words of his: a caption, a shared place that moves, fields that
bots never see (Bot API, "edited_message"). They must not count as something said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dialogs.turn import MessageReceived
from handlers.channels.base import Letter
from handlers.channels.captions import called_for
from storage.people.messages import Message


def meant(letter: Letter, mark: int, mine: Sequence[Message], *, waits: bool) -> Letter:
    """Return what his change of message `mark` is to the dialog.

    mine:  what he said lately, the oldest first.
    waits: his last answer was not taken, so the question still waits for one.
    """
    before = next((each for each in reversed(mine) if each.body.get("mark") == mark), None)
    if _is_no_word(letter, before):
        return replace(letter, event=None)
    if not mine or _calls(letter) or (waits and before is mine[-1] and not _has_media(letter)):
        return letter
    return _as_correction(letter)


def _calls(letter: Letter) -> bool:
    """Say whether he calls for something now ("人工"); a bare number is an answer."""
    text = letter.event.message.text if isinstance(letter.event, MessageReceived) else ""
    return not text.isdigit() and bool(called_for(text))


def _is_no_word(letter: Letter, before: Message | None) -> bool:
    if before is None:
        return _has_media(letter)
    shown = letter.shown or {}
    field = "photo" if _has_media(letter) else "text"  # a caption is no answer; another photo is one
    return before.body.get(field) == shown.get(field)


def _has_media(letter: Letter) -> bool:
    return isinstance(letter.event, MessageReceived) and bool(letter.event.message.media)


def _as_correction(letter: Letter) -> Letter:
    """Return the wish to correct an earlier answer, in our own words; the transcript shows his."""
    assert isinstance(letter.event, MessageReceived)
    inbound = replace(letter.event.message, text="修改", media=())
    return replace(letter, event=MessageReceived(inbound))
