"""play("flexible_enrolment").say(...): a whole conversation in a test, read and written between turns."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from dialogs.calendar import Calendar
from dialogs.engine import advance
from dialogs.messages import Inbound, Media, Outbound
from dialogs.office import offices
from dialogs.script import Script
from dialogs.script.loader import shipped
from dialogs.session import Session, dump, load
from dialogs.turn import Effect, Event, MessageReceived, Opened, PhotoMeasured, Say, decode, encode
from dialogs.world import Library, World

START = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)  # Friday 12:30 in Changshan: lunch break
GOOD = {"width": 4000, "height": 3000, "sharpness": 70.0, "white": 200, "contrast": 120, "card": 2600}


@cache
def shipped_library() -> Library:
    """Return the scripts that come with the product, read once for all tests."""
    return Library.of(shipped())


class Chat:
    """One applicant's conversation with the engine alone. The clock steps ten seconds a turn."""

    def __init__(self, *scripts: Script, now: datetime = START, opened: bool = True) -> None:
        """`opened`: he came by a page or a button that says so; else a word is the first we hear."""
        self.library = Library.of(scripts) if scripts else shipped_library()
        calendar = Calendar({}, frozenset({2026}))
        self.offices = {each.id: each.with_calendar(calendar) for each in offices().values()}
        self.now = now
        self.session = Session()
        self.turns: list[list[Effect]] = []
        self._photos = 0
        self.channel = ""
        if opened:
            self.happen(Opened("01TESTCONVERSATION00000000"))

    def happen(self, event: Event) -> Chat:
        """Take an event; everything is encoded and decoded on the way, as in the database."""
        again = decode(encode(event))
        before = load(dump(self.session))
        turn = advance(World(self.library, self.offices, self.now), before, again)  # type: ignore[arg-type]
        self.session = load(dump(turn.session))
        self.turns.append([decode(encode(effect)) for effect in turn.effects])  # type: ignore[misc]
        self.now += timedelta(seconds=10)
        return self

    # What the applicant does

    def say(self, *texts: str) -> Chat:
        for text in texts:
            self._send(text=text)
        return self

    def on(self, channel: str) -> Chat:
        """Speak by this channel from now on."""
        self.channel = channel
        return self

    def tap(self, *labels: str) -> Chat:
        """Tap the button that says `label` on the newest message that has one."""
        for label in labels:
            choice = next(each for each in self.choices if each.label == label)
            self._send(choice=choice.id)
        return self

    def tap_id(self, choice: str) -> Chat:
        return self._send(choice=choice)

    def send_photo(self, fault: str = "", **measure: Any) -> Chat:
        """Send a photo and have it measured: a good one unless told otherwise."""
        return self.upload().judge(fault, **measure)

    def upload(self) -> Chat:
        self._photos += 1
        return self.send(Media(f"photo{self._photos}"))

    def send(self, *media: Media) -> Chat:
        return self._send(media=media)

    def _send(self, **what: Any) -> Chat:
        inbound = Inbound(f"m{len(self.turns)}", self.now, channel=self.channel, **what)
        return self.happen(MessageReceived(inbound))

    def judge(self, fault: str = "", file: str = "", **measure: Any) -> Chat:
        name = file or f"photo{self._photos}"
        number = int(name.removeprefix("photo"))
        if fault:
            return self.happen(PhotoMeasured(name, fault=fault))
        # Pictures of different papers differ in about half of their bits.
        look = hashlib.sha256(name.encode()).hexdigest()
        seen: Mapping[str, Any] = {**GOOD, "look": look, **measure}
        return self.happen(PhotoMeasured(name, f"kept{number}", f"{number:064x}", seen))

    # What was said

    @property
    def said(self) -> list[Outbound]:
        """Everything the last turn said."""
        return [effect.message for effect in self.turns[-1] if isinstance(effect, Say)]

    @property
    def heard(self) -> list[str]:
        """Everything the bot said so far."""
        return [effect.message.text for turn in self.turns for effect in turn if isinstance(effect, Say)]

    @property
    def choices(self) -> tuple[Any, ...]:
        said = [effect.message for turn in self.turns for effect in turn if isinstance(effect, Say)]
        return next((message.choices for message in reversed(said) if message.choices), ())

    @property
    def labels(self) -> list[str]:
        return [each.label for each in self.choices]

    def ordered(self, kind: type[Any]) -> list[Any]:
        """All effects of one kind, in order."""
        return [effect for turn in self.turns for effect in turn if isinstance(effect, kind)]

    @property
    def at(self) -> str:
        """The key of the station that is being asked, "" beside the road."""
        if not self.session.script:
            return ""
        road = self.library.roads[self.session.script]
        if self.session.aside and self.session.aside["is"] == "edit":
            return str(self.session.aside["key"])
        return road.stations[self.session.at].key if self.session.at < len(road.stations) else ""


def play(service: str, *scripts: Script, now: datetime = START) -> Chat:
    """Return a conversation that has just begun `service`."""
    chat = Chat(*scripts, now=now)
    title = chat.library.scripts[chat.library.live[service]].title["zh-CN"]
    return chat.say(title)
