"""What a channel brings to the suite: one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dialogs.messages import MediaKind
from handlers.channels.base import Channel, Kit, SendError
from tests.handlers.channels.conformance.calls import Change
from tests.platforms.base import Clock, Kind, Person
from tests.troubles import Trouble

if TYPE_CHECKING:
    from tests.handlers.channels.conformance.desk import Desk

Prepare = Callable[["Desk"], Any]


def nothing(desk: Desk) -> None:
    """Change nothing before."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong at the platform, and what that means to us.

    call:    the platform's interface that is spoiled, by its name in the fake.
    trouble: how (tests.troubles), so many `times`; None: `before` alone brings it about.
    means:   what the channel has to raise; None: it copes with it, and the message is taken.
    after:   how long it has to say to wait, in seconds, at least.
    before:  what has to be so first: a window that closed, somebody who left.
    shown:   the message reached the phone all the same.
    lasts:   it does not pass by itself.
    """

    means: type[SendError] | None
    call: str = ""
    trouble: Trouble | None = None
    times: int = 1
    after: float = 0
    before: Prepare = nothing
    shown: bool = False
    lasts: bool = False

    def order(self, desk: Desk) -> None:
        self.before(desk)
        if self.trouble is not None:
            desk.fake.troubles.order(self.call, *[self.trouble] * self.times)


@dataclass(frozen=True, slots=True)
class Case:
    """A channel, and what its platform does.

    fake, channel: the platform for tests, and our side of it.
    path:      the webhook.
    user:      how the platform names a person to us.
    secrets:   what may never be seen in a log, an error or a figure: keys, tokens, what was borrowed.
    strange:   what people send besides words and photos, and what it is to us.
    forgeries: changes of a true call that make it none of the platform's.
    signed_for: how long a call may be made again; None: its platform does not say when it was made.
    tells_leaving: the platform tells us who blocks us; else we learn it when we write.
    knows_repeats: the platform drops a message that comes again under its key.
    sending, fetching: what goes wrong, by a name.
    never:     failures that this platform has no cause for, and why.
    lose:      makes the platform forget the files that people sent.
    comes_back: what somebody does who had left.
    """

    name: str
    path: str
    fake: Callable[[Clock], Any]
    channel: Callable[[Any, Kit], Channel]
    user: Callable[[Any], str]
    secrets: Callable[[Any], Iterable[str]]
    strange: Mapping[Kind, MediaKind]
    forgeries: Mapping[str, Change]
    signed_for: timedelta | None
    sending: Mapping[str, Fault]
    fetching: Mapping[str, Fault]
    lose: Callable[[Any], None]
    tells_leaving: bool = True
    knows_repeats: bool = False
    never: Mapping[type[SendError], str] = field(default_factory=dict)
    comes_back: Callable[[Any], Any] = lambda person: person.open()


def named(person: Person) -> str:
    """Return the name by which most platforms know a person."""
    return person.user
