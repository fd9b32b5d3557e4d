"""What a channel reads from a person, and what it is asked to say to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Sender = Literal["applicant", "bot", "clerk", "system"]
CardKind = Literal["notice", "photo", "read_back", "receipt", "progress", "rating"]


@dataclass(frozen=True, slots=True)
class Address:
    """One person on one platform, as that platform names him."""

    channel: str
    account: str
    user: str


@dataclass(frozen=True, slots=True)
class Media:
    """A file the applicant sent. It is already held by `storage.files`; `file` is its id there."""

    file: str
    kind: Literal["photo", "other"] = "photo"


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from an applicant.

    key:    the platform's own id of this message; the same key twice is one message.
    at:     when the platform says it was sent, aware UTC.
    choice: the id of a tapped choice, "<prompt>:<option>"; empty when he wrote.
    """

    key: str
    at: datetime
    text: str = ""
    choice: str = ""
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A button. `id` is "<prompt>:<option>", so that a tap on yesterday's question is recognised."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Card:
    """The structured twin of a message's text, for channels that can draw it.

    `text` of the message always says the same in words. Shapes of `body` by kind:

        notice     {sections: [{title, lines: [str]}]}
        photo      {slot, side, title}: which side of which paper is wanted
        read_back  {rows: [{key, label, value}]}
        receipt    {number, rows: [{label, value}]}
        progress   {number, title, steps: [{label, state: done|now|todo|stopped, at: str}]}
        rating     {number}
    """

    kind: CardKind
    title: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to an applicant: complete in words, with its choices and its card."""

    text: str
    choices: tuple[Choice, ...] = ()
    card: Card | None = None
