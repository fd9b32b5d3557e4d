"""What a channel reads from a person, and what it is asked to say to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Sender = Literal["applicant", "bot", "clerk", "system"]
CardKind = Literal["notice", "photo", "read_back", "receipt", "progress", "rating", "handover", "document"]


@dataclass(frozen=True, slots=True)
class Address:
    """One person on one platform, as that platform names him."""

    channel: str
    account: str
    user: str


# What people send besides words. Only photos are kept; everything else gets a kind answer.
# "elsewhere": a photo on a channel whose photos must not pass through the platform's servers.
MediaKind = Literal["photo", "voice", "video", "place", "sticker", "file", "elsewhere", "other"]


@dataclass(frozen=True, slots=True)
class Media:
    """Something the applicant sent that is no words.

    file: its id in `storage.sealing.files`; "" for what is not kept.
    ref:  the platform's name of it, while it still has to be fetched from there; "" once it is held.
    """

    file: str
    kind: MediaKind = "photo"
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from an applicant.

    key:    the platform's own id of this message; the same key twice is one message.
    at:     when the platform says it was sent, aware UTC.
    choice: the id of a tapped choice, "<prompt>:<option>"; empty when he wrote.
    channel: by which channel it came.
    untold: prompts of questions that were kept from him when he wrote it, because his platform took no more.
    """

    key: str
    at: datetime
    text: str = ""
    choice: str = ""
    media: tuple[Media, ...] = ()
    channel: str = ""
    untold: tuple[str, ...] = ()


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
        photo      {slot, side, title, example}: which side of which paper is wanted; `example`, where an
                   office asks for it again, names the picture it chose (intake/openapi.yaml)
        read_back  {rows: [{key, label, value}]}
        receipt    {number, rows: [{label, value}]}
        progress   {number, title, steps: [{label, state: done|now|todo|stopped, at: str}]}
        rating     {number}
        document   {file, title, number}: what the office has put in writing, opened by a link made when asked
        handover   {code, until, links: {channel: url}}: how to go on in another app
    """

    kind: CardKind
    title: str
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class News:
    """Marks a message as news of an application, and says it in the few words a platform's notice holds.

    title, state: of the service and of where the application is now, in the applicant's language.
    number: of the application. day: when it came to be so, spoken.
    vital:  he has to know or do something: never held back for the sake of a platform's quota, and said
            in full even after a short notice of it has reached him.
    phone:  where a text message reaches him, E.164; "" when he gave none.
    """

    title: str
    number: str
    state: str
    day: str
    vital: bool = False
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message to an applicant: complete in words, with its choices and its card.

    news: None for what is said in the course of talking.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    card: Card | None = None
    news: News | None = None
