"""Words to say become messages a platform takes: as few as fit, in order, nothing lost.

    Outbound, Outbound, ... + Capabilities -> Page(Part), Page(Part), ...

Messages that follow each other share one part while they fit: platforms count messages, and so does
a tired reader. One that is too long is cut at the end of a sentence (handlers.channels.cutting).
Options are buttons where the platform has them, else numbered lines: a typed "2", the label and a tap
mean the same. Buttons end their part, for nothing may stand between a question and its buttons.

How far a message has been said is told in characters of its body, whose beginning, the text, is the
same on every platform: so it is gone on with where it stopped, even on another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from dialogs.messages import Choice, Outbound
from dialogs.wording import say
from handlers.channels.base import Attachment, Capabilities, Link, Part
from handlers.channels.cutting import cut, size

GAP = "\n\n"  # between two messages that share a part
WORTH = 4  # the rest of a part is filled up with a cut message while a quarter of it is free
PERSON = "person"  # the option that calls a person, whatever the question (dialogs.engine.talk)
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")

Links = Callable[[Outbound], tuple[Link, ...]]


@dataclass(frozen=True, slots=True)
class Page:
    """One part, and how far it brings us: what is said once the platform has taken it.

    message: index of the last message in it; all before are said whole.
    taken:   characters of that message's body said by then. whole: nothing of it is left.
    """

    part: Part
    message: int
    taken: int
    whole: bool


def render(messages: Sequence[Outbound], can: Capabilities) -> list[Part]:
    """Return the parts in which `messages` are said on a platform that can do what `can` says."""
    return [page.part for page in pages(messages, can)]


def pages(
    messages: Sequence[Outbound],
    can: Capabilities,
    *,
    taken: Sequence[int] = (),
    links: Sequence[tuple[Link, ...]] = (),
    files: Sequence[Attachment | None] = (),
    first: str = "",
    most: int | None = None,
) -> list[Page]:
    """Return `messages` in parts, with how far each part brings us.

    taken: characters of each message that were said before (`Page.taken`); left out: 0.
    links: to be offered with each message; left out: none.
    files: to go with the end of each message; left out: none.
    first: a line before everything else.
    most:  should there be more parts than this, they are packed as tightly as can be.
    """
    bodies = _bodies(messages, can, taken, links, files)
    found = _Filling(can, first, tight=False).fill(bodies)
    if most is not None and len(found) > most:
        return _Filling(can, first, tight=True).fill(bodies)
    return found


def written_out(part: Part) -> str:
    """Return the text of a part with its buttons as lines, for a platform that would not take them."""
    if not part.choices:
        return part.text
    message = Outbound(part.text, part.choices)
    return "\n".join([part.text, *_written(part.choices, True, language(message))])


def language(message: Outbound) -> str:
    """Return the language of a message: a Chinese character says as much as some four Latin letters."""
    text = "".join([message.text, *(choice.label for choice in message.choices)])
    chinese, latin = len(_CHINESE.findall(text)), len(_LATIN.findall(text))
    return "en" if latin > 4 * chinese else "zh-CN"


@dataclass(frozen=True, slots=True)
class _Body:
    """A message to be laid out: the rest of its text, its options written out unless they are buttons."""

    text: str
    before: int  # characters said before
    choices: tuple[Choice, ...] = ()
    links: tuple[Link, ...] = ()
    labels: int = 0  # what the buttons take away from the text's room
    file: Attachment | None = None


def _bodies(
    messages: Sequence[Outbound],
    can: Capabilities,
    taken: Sequence[int],
    links: Sequence[tuple[Link, ...]],
    files: Sequence[Attachment | None],
) -> list[_Body]:
    open_ = _open_choices(messages)
    last = max((n for n, choices in enumerate(open_) if choices), default=-1)
    return [
        _body(
            message,
            can,
            choices=open_[n],
            numbered=n == last,
            before=taken[n] if n < len(taken) else 0,
            links=links[n] if n < len(links) else (),
            file=files[n] if n < len(files) else None,
        )
        for n, message in enumerate(messages)
    ]


def _body(
    message: Outbound,
    can: Capabilities,
    *,
    choices: tuple[Choice, ...],
    numbered: bool,
    before: int,
    links: tuple[Link, ...],
    file: Attachment | None,
) -> _Body:
    text, lang = message.text, language(message)
    inline = can.buttons == "inline"
    written = [] if inline else [say("sending.link", lang, label=each.label, url=each.url) for each in links]
    if links:
        text = "\n".join([text, *(each.note for each in links if each.note), *written])
    labels = _labels(choices, can)
    if choices and (labels is None or can.buttons == "none"):
        text = "\n".join([text, *_written(choices, numbered, lang)])
        choices, labels = (), 0
    text = text.rstrip()
    rest = text[before:].lstrip()
    start = len(text) - len(rest)
    if not rest and (choices or (links and inline)):
        rest = say("sending.choose", lang)  # a button cannot stand alone
    return _Body(rest, start, choices, links if inline else (), labels or 0, file)


def _labels(choices: Sequence[Choice], can: Capabilities) -> int | None:
    """Return what the labels take of a message's room; None when they cannot be buttons."""
    if len(choices) > can.max_buttons:
        return None
    if can.buttons != "menu":
        return 0
    # A menu's lines are part of the message, and each brings some marks of its own.
    used = sum(size(choice.label, can.text_unit) + 1 for choice in choices)
    return used if used * 2 <= can.text_limit else None


def _written(choices: Sequence[Choice], numbered: bool, lang: str) -> list[str]:
    """Return options as lines. Only the last question's have numbers, for a typed number means that one."""
    if not numbered or all(_is_person(choice) for choice in choices):
        return [f"· {choice.label}" for choice in choices]
    lines = sorted(numbers(choices), key=lambda line: line.startswith("0."))  # a person comes last
    return [*lines, say("sending.reply_number", lang)]


def numbers(choices: Sequence[Choice]) -> list[str]:
    """Return the label of each option behind its number.

    A person is always 0: the questions number their own options, and say "1 to 3".
    """
    n = count(1)
    return [f"{0 if _is_person(choice) else next(n)}. {choice.label}" for choice in choices]


def _is_person(choice: Choice) -> bool:
    return choice.id.rpartition(":")[2] == PERSON


def _open_choices(messages: Sequence[Outbound]) -> list[tuple[Choice, ...]]:
    """Return the options of each message that still hold: a later question takes an earlier one's place."""
    found: list[tuple[Choice, ...]] = []
    asked_later = False
    for message in reversed(messages):
        found.append(() if asked_later and _of_a_question(message) else message.choices)
        asked_later = asked_later or _of_a_question(message)
    return found[::-1]


def _of_a_question(message: Outbound) -> bool:
    """Say whether its options are tagged with a question's number; those of a rating hold on their own."""
    return bool(message.choices) and message.choices[0].id.partition(":")[0].isdecimal()


class _Filling:
    """Fills one part after the other."""

    def __init__(self, can: Capabilities, first: str, *, tight: bool) -> None:
        self._can = can
        self._tight = tight
        self._text = first
        self._pages: list[Page] = []
        self._reached: tuple[int, int, bool] | None = None  # by the part that is being filled

    def fill(self, bodies: Sequence[_Body]) -> list[Page]:
        for n, body in enumerate(bodies):
            if body.text:
                self._add(n, body)
        self._close()
        return self._pages

    def _add(self, n: int, body: _Body) -> None:
        rest, at = body.text, body.before
        while self._size(rest) > (room := self._room() - body.labels):
            if self._reached is not None and not self._worth_cutting(rest, body, room):
                self._close()
            else:
                rest, at = self._begin(n, rest, at, cut(rest, max(room, 1), self._can.text_unit))
        self._join(rest)
        self._reached = (n, at + len(rest), True)
        if body.choices or body.links or body.file:
            self._close(body)

    def _begin(self, n: int, rest: str, at: int, end: int) -> tuple[str, int]:
        """Put the first `end` characters into this part and close it; return what is left, and where."""
        self._join(rest[:end].rstrip())
        left = rest[end:].lstrip()
        at += len(rest) - len(left)
        self._reached = (n, at, False)
        self._close()
        return left, at

    def _worth_cutting(self, rest: str, body: _Body, room: int) -> bool:
        """Say whether to begin a message here that does not fit: never one that fits a part of its own."""
        if room * WORTH < self._can.text_limit:
            return False
        return self._tight or self._size(rest) + body.labels > self._can.text_limit

    def _join(self, text: str) -> None:
        self._text = f"{self._text}{GAP}{text}" if self._text else text

    def _room(self) -> int:
        used = self._size(self._text + GAP) if self._text else 0
        return self._can.text_limit - used

    def _size(self, text: str) -> int:
        return size(text, self._can.text_unit)

    def _close(self, body: _Body | None = None) -> None:
        if self._reached is not None:
            choices, links, file = (body.choices, body.links, body.file) if body else ((), (), None)
            self._pages.append(Page(Part(self._text, choices, links, file), *self._reached))
            self._text, self._reached = "", None
