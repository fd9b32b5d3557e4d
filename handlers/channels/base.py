"""What every channel is: a platform's webhook read, and words, photos and notices sent, both in one place.

    webhook -> Channel's handler -> read -> Letter -> receiving.Mailroom -> one turn, committed
    outbox  -> sending.Sending   -> rendering -> Part -> Channel.send

A channel knows its platform and nothing of dialogs, storage or other channels. What it raises names
what its catcher can do; the outbox acts on the class alone. docs/adding-a-channel.md is the manual.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from aiohttp import ClientSession, web

from dialogs.messages import Address, Choice, News
from dialogs.turn import MessageReceived, Opened
from storage.database import Database
from storage.flow.allowances import Allowance as Allowance
from storage.sealing.vault import Vault

Unit = Literal["bytes", "characters"]  # UTF-8 bytes; characters as the platform counts them
Buttons = Literal["none", "menu", "inline"]
Means = Literal["message", "tap", ""]
Rung = Literal["subscription", "template", "sms"]
Papers = Literal["link", "picture", "file"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can show and how much it lets us send. Limits are the platform's, with their source.

    text_limit, text_unit: the longest text of one message.
    buttons: "inline" under the message, "menu" as a list of links, "none": options are numbered.
    max_buttons: of one message; more are numbered.
    allowances: by what his word was taken for; empty: no limit.
    reply_slot: how long the webhook of his message waits to carry the answer; zero: it does not.
    rungs: notices for when the window is closed, the best first.
    photos: False: photos must not pass through this platform; a link to our own page goes out instead.
    papers: how the office's documents can be shown, besides the link: "file": with the words, as a PDF;
        "picture": behind the words, the first page as a message of its own.
    agree: address of the page on which he agrees to notices, offered with his first receipt; "": none.
    """

    text_limit: int
    text_unit: Unit
    buttons: Buttons = "none"
    max_buttons: int = 0
    allowances: Mapping[str, Allowance] = field(default_factory=dict)
    reply_slot: timedelta = timedelta(0)
    rungs: tuple[Rung, ...] = ()
    photos: bool = True
    papers: Papers = "link"
    agree: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One event of a platform's webhook, in our words.

    key:   the platform's own id of it; the same key from the same address twice is one event.
    event: what happened; None when only his being there or gone matters. The `file` of fetched media
           is "" here: the mailroom gives it one. `conversation` of Opened likewise.
    means: what the platform takes it for when it counts what we may send.
    shown: his own words for the transcript.
    gone:  he blocked us or left (True), came back (False), or neither (None).
    hook:  a way to answer that came with it, and until when it works.
    """

    address: Address
    key: str
    at: datetime
    event: MessageReceived | Opened | None
    means: Means = ""
    shown: Mapping[str, Any] | None = None
    gone: bool | None = None
    hook: tuple[str, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A web address to be offered as a button, or written out where there are none.

    note: what has to be said of it beside the button; "" when the label says all.
    """

    label: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document as a channel can show it: the PDF, or the first page of it as PNG.

    name: of the file, with its ending. kind: its media type.
    """

    name: str
    kind: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One message as it is to leave: it fits the platform, its options are buttons or in its text.

    file: only where `Capabilities.papers` says so. "picture": there is no text beside it. "file": the
        words tell of it and the link opens it, so a platform that will not take it is sent those alone.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    links: tuple[Link, ...] = ()
    file: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Kit:
    """What every channel is given to work with. `origin` is how browsers reach us."""

    session: ClientSession
    database: Database
    vault: Vault
    clock: Callable[[], datetime]
    origin: str


class SendError(Exception):
    """A channel did not take a message. Raise a subclass: the outbox acts on the class alone."""


class TryLater(SendError):
    """Busy or unreachable; nothing was taken. The same may be sent again after `after` seconds."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class MaybeSent(SendError):
    """The line broke after the message had left: it may have been taken."""


class WaitForApplicant(SendError):
    """The platform's window is closed or used up. Keep the words, or send a notice instead."""


class Gone(SendError):
    """He blocked us or left. Mark him; write to him elsewhere, or when he comes back."""


class Refused(SendError):
    """Will never be taken like this: malformed, not allowed, wrongly set up. An operator has to look."""


class MediaGone(SendError):
    """The platform no longer has the file, or never had. Ask him to send it again."""


class Channel(Protocol):
    """A platform. Objects are made at the start and hold no state that must survive it."""

    name: str
    account: str
    can: Capabilities

    def add_routes(self, app: web.Application) -> None:
        """Put its webhook and its pages on the application."""

    async def send(self, to: Address, part: Part, *, key: str) -> str:
        """Send one message; return the platform's id of it.

        key: the same for the same message, for platforms that recognise a repeat.
        Raises:
            SendError: one of its children.
        """

    async def notify(self, to: Address, news: News, rung: Rung, *, key: str) -> str:
        """Send a short notice outside the window; return the id by which a report will name it.

        Raises:
            WaitForApplicant: this rung is not open for him (not agreed to, not set up, used up).
            SendError: another of its children.
        """

    def fetch(self, ref: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the file `ref` that somebody sent, piece by piece.

        Raises:
            MediaGone, TryLater, Refused: see there.
            TooBig: more than `limit` bytes (storage.sealing.files).
        """

    async def typing(self, to: Address) -> None:
        """Show that we are at work. Never raises: it is a kindness, not a message."""

    async def deep_link(self, scene: str) -> str:
        """Return an address that opens a conversation here and carries `scene`; "" when there is none."""

    async def close(self) -> None:
        """Let go of connections."""
