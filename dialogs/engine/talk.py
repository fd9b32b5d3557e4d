"""One turn in the making: the session as it stands so far, and what is to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from dialogs.answers.matching import match
from dialogs.messages import Card, Choice, News, Outbound
from dialogs.office import Office
from dialogs.script import Script
from dialogs.script.road import Road
from dialogs.session import Session, copy
from dialogs.turn import Effect, Say, Turn
from dialogs.wording import pick, say
from dialogs.world import World

CLERK = "clerk:"  # how the owner of a conversation begins while a person has it
MAX_WRONG = 3  # wrong answers in a row before a person is offered

Options = Iterable[tuple[str, str]]  # (option id, label)
PERSON = "person"  # the option that every question may carry


@dataclass(frozen=True, slots=True)
class Said:
    """What the applicant said, already matched against commands: cleaned text, or a tapped option."""

    text: str = ""
    option: str = ""


def meant(said: Said, options: Options) -> str:
    """Return the option that was tapped, or typed as its number or in its words; "" when none was."""
    if said.option:
        return said.option
    found = match(said.text, {key: {"zh-CN": label} for key, label in options}, "")
    return found[0] if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class Floor:
    """Who has the question: how it is put, and what is done with what comes back."""

    ask: Callable[[Talk], None]
    hear: Callable[[Talk, Said], None]


class Talk:
    """Collects a turn. Lives for one call of `advance`; only `turn()` leaves it.

    Whoever handles the event changes the session and says what there is to say. Then `next()` or
    `again()` leaves word that the present question is to be put, which the engine does last.
    """

    __slots__ = ("day", "effects", "mute", "question", "session", "today", "whose", "world")

    def __init__(self, world: World, session: Session) -> None:
        self.world = world
        self.session = copy(session)
        self.today: date = world.today
        self.day = self.today.isoformat()
        self.effects: list[Effect] = []
        self.question: Literal["", "next", "again"] = ""
        # Of the case an event is about (dialogs.engine.villagers): the villager whose it is, "" for his own;
        # and whether nothing of it may be said here.
        self.whose = ""
        self.mute = False

    def turn(self) -> Turn:
        return Turn(self.session, tuple(self.effects))

    def change(self, **fields: Any) -> None:
        """Replace fields of the session."""
        for name, value in fields.items():
            setattr(self.session, name, value)

    def do(self, *effects: Effect) -> None:
        self.effects.extend(effects)

    def next(self) -> None:
        """A new question is due: taps on every earlier one are stale from now on."""
        self.question = "next"
        self.session.prompt += 1
        self.session.wrong = 0

    def again(self) -> None:
        """The present question is due once more, under its number."""
        self.question = self.question or "again"

    @property
    def with_clerk(self) -> bool:
        """Say whether a person has the conversation: then only what he must know is said."""
        return self.session.owner.startswith(CLERK)

    # What the present script is

    @property
    def script(self) -> Script:
        return self.world.library.scripts[self.session.script]

    @property
    def road(self) -> Road:
        return self.world.library.roads[self.session.script]

    @property
    def office(self) -> Office:
        """The office of the present script, or the first one while no service is chosen."""
        offices = self.world.offices
        return offices[self.script.item.office] if self.session.script else next(iter(offices.values()))

    @property
    def phone(self) -> str:
        """The numbers to call: the office's own where the bureau has confirmed one, and the hotline."""
        return self.words("engine.or").join(self.office.phones())

    # Words

    @property
    def lang(self) -> str:
        return self.session.lang

    def words(self, key: str, /, **values: object) -> str:
        """Return a sentence of the bot's own in the applicant's language."""
        return say(key, self.session.lang, **values)

    def pick(self, words: Any) -> str:
        """Return a script's words in the applicant's language."""
        return pick(words, self.session.lang)

    # Saying

    def tell(self, text: str, card: Card | None = None, news: News | None = None) -> None:
        """Say something that is not a question."""
        self.do(Say(Outbound(self.named(text), (), card, news)))

    def named(self, text: str) -> str:
        """Return `text` with whose case it is about, where that is a villager's."""
        return self.words("on_behalf.about", name=self.whose, text=text) if self.whose else text

    def tell_on(self, channel: str, key: str, /, **values: object) -> None:
        """Say one of the bot's own sentences on one channel, wherever he is now."""
        self.do(Say(Outbound(self.words(key, **values)), channel))

    def say(self, key: str, /, **values: object) -> None:
        """Say one of the bot's own sentences."""
        self.tell(self.words(key, **values))

    def ask(self, text: str, options: Options = (), card: Card | None = None) -> None:
        """Put the present question, its options tagged with its number."""
        prompt = self.session.prompt
        choices = tuple(Choice(f"{prompt}:{option}", label) for option, label in options)
        self.do(Say(Outbound(text, choices, card)))

    def reject(self, text: str, options: Options = (), card: Card | None = None) -> None:
        """Say why an answer was not taken and how to give it; after three in a row, offer a person."""
        wrong = self.session.wrong + 1
        self.change(wrong=wrong)
        if wrong >= MAX_WRONG:
            text = f"{text}\n{self.words('engine.offer_person')}"
            others = (each for each in options if each[0] != PERSON)
            options = (*others, (PERSON, self.words("engine.option_person")))
        self.ask(text, options, card)
