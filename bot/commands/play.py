"""`zerotrip scripts play`: talk to a script in the terminal, as an applicant would."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import indent
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bot.commands import scripts
from bot.commands.rehearsal import NEWS, PHOTOS, SUPPLY_ANSWERS, Impossible, Rehearsal
from bot.commands.scenarios import added, scenario
from dialogs.calendar import ZONE
from dialogs.engine.talk import PERSON
from dialogs.messages import Outbound
from dialogs.office import offices
from dialogs.photos import FAULTS
from dialogs.script import loader
from dialogs.script.fragments import beside
from dialogs.script.problems import ScriptError
from dialogs.world import Library

HELP = f"""\
What you write is what an applicant writes: an answer, its number, 返回 修改 进度 人工 帮助 重来 撤回 语言.
Lines that begin with a colon are yours:
  :photo [KIND]   send a photo: {" ".join(PHOTOS)}
                  or something that is none: {" ".join(FAULTS)}
  :tap N          tap button N of the newest message
  :intake WHAT    let the intake service answer: received silent refused duplicate not_asked
                  or what is handed in later: {" ".join(SUPPLY_ANSWERS)}
                  or report: {" ".join(NEWS)}
                  with why and how where it says no: :intake denied 看不清 / 重新拍一张
                  of a package all of it, or one child: :intake denied@power 停用了 / 恢复用电再来
  :wait SPAN      let time go by: 30m, 2h, 3d
  :state          show what is remembered
  :record NAME    show the way just played as a scenario
  :new            begin a new conversation
  :quit           end (or Ctrl-D)"""
SPANS = {"m": "minutes", "h": "hours", "d": "days"}

File = Annotated[
    Path | None, typer.Argument(help="A script file; without one, the scripts that come with the product.")
]


def play(
    file: File = None,
    now: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d %H:%M", "%Y-%m-%d"], help="Begin at this moment, Beijing time."),
    ] = None,
    record: Annotated[
        str, typer.Option(help="Name the way played and show it as a scenario at the end.")
    ] = "",
    write: Annotated[bool, typer.Option(help="Put that scenario into FILE.")] = False,
) -> None:
    """Play a script in the terminal: the very engine, with a clock and an intake service in your hands.

    Type :help there. Exit code 2: the file cannot be read, or the scenario not be written.
    """
    if write and not (file and record):
        scripts.fail("--write puts a scenario into a file: name both, FILE and --record NAME.")
    stage = Stage(_library(file), _moment(now))
    stage.begin()
    for line in _lines(stage):
        try:
            stage.hear(line)
        except Impossible as fault:
            stage.note(str(fault))
    if record:
        _record(stage, record, file if write else None)


class Stage:
    """The terminal: what is typed goes to the rehearsal, what is said comes out."""

    def __init__(self, library: Library, now: datetime) -> None:
        self._library = library
        self._console = Console(highlight=False, markup=False, soft_wrap=True)
        from storage import calendar  # the database's library; no other command for scripts needs it

        self._offices = {each.id: each.with_calendar(calendar.announced()) for each in offices().values()}
        self._now = now
        self.over = False
        self.show = Rehearsal(library, self._offices, now)

    def begin(self) -> None:
        """Open a new conversation; with one script alone, it is chosen at once."""
        self.show = Rehearsal(self._library, self._offices, self._now)
        said = self.show.open()
        if len(self._library.live) == 1:
            said = self.show.tap(1)
        self.note(f"{self.clock}  :help says what you can do")
        self._print(said)

    @property
    def clock(self) -> str:
        return f"{self.show.now.astimezone(ZONE):%Y-%m-%d %a %H:%M}"

    @property
    def prompt(self) -> str:
        wanted = f" [{self.show.wants_photo}: :photo]" if self.show.wants_photo else ""
        return f"{wanted}> "

    def hear(self, line: str) -> None:
        """Take one line: an applicant's words, or a command of the player.

        Raises:
            Impossible: it cannot be done now.
        """
        if not line.startswith((":", "：")):
            self._print(self.show.say(line))
            return
        name, _, rest = line[1:].strip().partition(" ")
        act = _ACTS.get(name)
        if act is None:
            raise Impossible(f"There is no :{name}. :help says what there is.")
        act(self, rest.strip())

    def note(self, text: str) -> None:
        self._console.print(Text(text, style="dim"))

    def _print(self, said: Iterable[str | Outbound]) -> None:
        for each in said:
            if isinstance(each, str):
                self.note(f"  ({each})")
            else:
                self._console.print(indent(_written(each), "  "))

    # The player's commands

    def _photo(self, kind: str) -> None:
        self._print(self.show.photo(kind or "good"))

    def _tap(self, number: str) -> None:
        if not (number.isascii() and number.isdigit()):
            raise Impossible("Say which: :tap 2")
        self._print(self.show.tap(int(number)))

    def _intake(self, rest: str) -> None:
        what, _, words = rest.partition(" ")
        why, _, how = words.partition("/")
        self._print(self.show.intake(what, why.strip(), how.strip()))

    def _wait(self, span: str) -> None:
        found = re.fullmatch(r"(\d{1,5})\s*([mhd])", span)
        if not found:
            raise Impossible("Say how long: :wait 30m, :wait 2h, :wait 3d")
        said = self.show.wait(timedelta(**{SPANS[found[2]]: int(found[1])}))
        self.note(self.clock)
        self._print(said)

    def _state(self, _: str) -> None:
        session = self.show.session
        state = {name: getattr(session, name) for name in session.__slots__ if getattr(session, name)}
        self._console.print(json.dumps(state, ensure_ascii=False, indent=2))

    def scenario(self, name: str) -> str:
        """Return the way just played as a scenario.

        Raises:
            Impossible: it has no end yet.
        """
        if not name:
            raise Impossible("Give it a name: :record 在单位上班的人不用自己交")
        way = self.show.way
        if way is None:
            raise Impossible("No errand has been begun yet.")
        script, road = self._library.scripts[way.script], self._library.roads[way.script]
        return scenario(name, way, script, road, self.show.now.astimezone(ZONE).date())

    def _recorded(self, name: str) -> None:
        self._console.print(self.scenario(name))

    def _new(self, _: str) -> None:
        self.begin()

    def _help(self, _: str) -> None:
        self._console.print(HELP)

    def _quit(self, _: str) -> None:
        self.over = True


_ACTS: Mapping[str, Callable[[Stage, str], None]] = {
    "photo": Stage._photo,
    "tap": Stage._tap,
    "intake": Stage._intake,
    "wait": Stage._wait,
    "state": Stage._state,
    "record": Stage._recorded,
    "new": Stage._new,
    "help": Stage._help,
    "quit": Stage._quit,
}


def _written(message: Outbound) -> str:
    """Write a message as a channel without buttons does: choices numbered, a person always 0."""
    lines = [message.text]
    others = [choice for choice in message.choices if choice.id.partition(":")[2] != PERSON]
    lines += [f"  {number} {choice.label}" for number, choice in enumerate(others, start=1)]
    lines += [f"  0 {choice.label}" for choice in message.choices if choice not in others]
    return "\n".join(lines)


def _lines(stage: Stage) -> Iterable[str]:
    """Yield what is typed, until the end of input or :quit. Piped input is echoed, so that it reads well."""
    while not stage.over:
        try:
            line = input(stage.prompt)
        except (EOFError, KeyboardInterrupt):
            typer.echo()
            return
        if not sys.stdin.isatty():
            typer.echo(line)
        yield line


def _library(file: Path | None) -> Library:
    if file is None:
        return Library.of(loader.shipped())
    return Library.of([scripts.read_script(file)])


def _moment(now: datetime | None) -> datetime:
    return now.replace(tzinfo=ZONE).astimezone(UTC) if now else datetime.now(UTC)


def _record(stage: Stage, name: str, file: Path | None) -> None:
    try:
        item = stage.scenario(name)
        if file is None:
            typer.echo(item)
            return
        text = added(file.read_text(encoding="utf-8"), item)
        loader.load(text, str(file), beside(file))
        file.write_text(text, encoding="utf-8")
    except (Impossible, ScriptError, OSError) as fault:
        scripts.fail(str(fault))
    typer.echo(f"{file}: added “{name}”. `zerotrip scripts check {file}` runs it.")
