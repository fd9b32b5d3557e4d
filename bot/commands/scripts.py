"""`zerotrip scripts check` and `zerotrip scripts paths`: prove a script before anybody meets it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from dialogs.answers import is_woman, show
from dialogs.calendar import ZONE
from dialogs.script import AnyQuestion, Ending, Guide, Handoff, IdNumber, Outcome, Script, loader
from dialogs.script.check import check as findings_of
from dialogs.script.check import errors
from dialogs.script.conditions import age
from dialogs.script.fragments import beside, bundled
from dialogs.script.problems import Marks, Problem, ScriptError
from dialogs.script.road import Road, build
from dialogs.script.situations import Situation, Situations, situations
from dialogs.wording import pick

FINDINGS, UNREADABLE = 1, 2  # exit codes; 0 means nothing blocks

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Script files; without any, the scripts that come with the product."),
]
Today = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Pretend that today is this day, 2026-11-27.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of a table.")]


def check(
    files: Files = None,
    today: Today = None,
    strict: Annotated[bool, typer.Option(help="Let warnings block as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say everything that is wrong with scripts: file:line:column, what, and what to write instead.

    Errors block publishing, warnings want somebody to say "yes, I know". Exit code 0: nothing
    blocks; 1: something does; 2: a file cannot be read.
    """
    found: list[Problem] = []
    with working("checking"):
        for text, name in _texts(files):
            found += _problems(text, name, day_of(today))
    blocking = found if strict else errors(found)
    if as_json:
        _say(json.dumps([_plain(each) for each in found], ensure_ascii=False, indent=2))
    else:
        for each in found:
            _say(f"{each.tier}: {each}")
        _say(_summary(found))
    raise typer.Exit(FINDINGS if blocking else 0)


def paths(
    files: Files = None,
    today: Today = None,
    lang: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
    as_json: AsJson = False,
) -> None:
    """List every situation people can come in, with how it ends and what it needs.

    Choices count by option, numbers and days by the borders that conditions set. Exit code 2: a file
    cannot be read.
    """
    listed = []
    day = day_of(today)
    with working("listing"):
        for text, name in _texts(files):
            script, _ = _read(text, name)
            road = build(script)
            listed.append((script, road, situations(script, day, road=road)))
    if as_json:
        guides = [guide(script, road, ways, day, lang) for script, road, ways in listed]
        _say(json.dumps(guides, ensure_ascii=False, indent=2))
        return
    for script, road, ways in listed:
        Console().print(_table(guide(script, road, ways, day, lang)))


def guide(script: Script, road: Road, ways: Situations, today: date, lang: str) -> dict[str, Any]:
    """Return every situation of a script with its notice, as JSON values."""
    limits = script.item.limits
    return {
        "service": script.id,
        "version": script.version,
        "title": pick(script.title, lang),
        "authority": pick(script.item.authority, lang),
        "fee": script.item.fee.amount,
        "promised": {"days": limits.promised.days, "kind": limits.promised.kind},
        "statutory": {"days": limits.statutory.days, "kind": limits.statutory.kind},
        "coverage": ways.coverage,
        "situations": [_situation(script, road, way, today, lang) for way in ways.all],
    }


def _situation(script: Script, road: Road, way: Situation, today: date, lang: str) -> dict[str, Any]:
    steps = {step.id: step for step in (*script.situation, *script.form)}
    papers = {paper.id: paper for paper in script.materials}
    children = {child.id: child for child in script.children}
    end = steps.get(way.at)
    return {
        "answers": dict(way.answers),
        "said": {
            pick(step.label, lang): _shown(step, value, script, today, lang)
            for name, value in way.answers.items()
            if not isinstance(step := steps[name], Ending)
        },
        "end": way.end,
        "at": way.at,
        "why": pick(end.why, lang) if isinstance(end, Outcome | Handoff) else "",
        "how": pick(end.how, lang) if isinstance(end, Outcome | Handoff) else "",
        "steps": [pick(each, lang) for each in end.steps] if isinstance(end, Guide) else [],
        "papers": [
            {"id": name, "title": pick(papers[name].title, lang), "pages": papers[name].pages}
            for name in way.materials
        ],
        "children": [{"id": name, "title": pick(children[name].title, lang)} for name in way.children],
        "told": [pick(script.tells[place].text, lang) for place in way.tells],
        "asked": [key for key in way.steps if road.stations[road.index[key]].kind == "question"],
        "messages": way.messages,
    }


def _shown(question: AnyQuestion, value: Any, script: Script, today: date, lang: str) -> str:
    if isinstance(question, IdNumber):  # an invented person: say what of him counts
        years = age(value, today)
        who = ("woman" if is_woman(value) else "man") if lang == "en" else ("女" if is_woman(value) else "男")
        return f"{who}, {years}" if lang == "en" else f"{who}，{years}岁"
    return show(question, value, script=script, today=today, lang=lang)


def _table(guide: dict[str, Any]) -> Table:
    title = f"{guide['title']} · {guide['service']}@{guide['version']} · {len(guide['situations'])}"
    table = Table(title=title, show_lines=True)
    for heading in ("#", "situation", "end", "papers", "messages"):
        table.add_column(heading, justify="right" if heading in ("#", "messages") else "left")
    for number, way in enumerate(guide["situations"], start=1):
        said = "\n".join(f"{label}: {value}" for label, value in way["said"].items())
        end = way["end"] if not way["at"] else f"{way['end']}: {way['at']}\n{way['why']}"
        papers = "\n".join(f"{paper['title']} ({', '.join(paper['pages'])})" for paper in way["papers"])
        if way["children"]:
            end = "\n".join([end, *(child["title"] for child in way["children"])])
        table.add_row(str(number), said, end, papers, str(way["messages"]))
    return table


def _problems(text: str, name: str, today: date) -> Sequence[Problem]:
    try:
        script, marks = loader.read(text, name)
    except ScriptError as error:
        return error.problems
    return findings_of(script, today, marks)


def _read(text: str, name: str) -> tuple[Script, Marks]:
    try:
        return loader.read(text, name)
    except ScriptError as error:
        _complain(f"{error}\nMend this first; `zerotrip scripts check {name}` says the same.")
        raise typer.Exit(UNREADABLE) from None


def read_script(file: Path) -> Script:
    """Return the script in a file, or end saying everything that is wrong with it."""
    ((text, name),) = _texts([file])
    return read_text(text, name)


def read_text(text: str, name: str) -> Script:
    """Return the script written as `text`, or end saying everything that is wrong with it."""
    return _read(text, name)[0]


def all_scripts(files: list[Path] | None) -> list[Script]:
    """Return the scripts in these files, or those that come with the product."""
    return [read_text(text, name) for text, name in _texts(files)]


def fail(text: str) -> NoReturn:
    """End with exit code 2, saying what to do instead."""
    _complain(text)
    raise typer.Exit(UNREADABLE)


def _texts(files: list[Path] | None) -> Iterator[tuple[str, str]]:
    if not files:
        yield from loader.shipped_texts()
        return
    for file in files:
        try:
            yield bundled(file.read_text(encoding="utf-8"), beside(file)), str(file)
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            _complain(f"{file}: {why}. Name a YAML script file.")
            raise typer.Exit(UNREADABLE) from None


def day_of(today: datetime | None) -> date:
    """Return the day a command stands on: the one given, else today in China."""
    return today.date() if today else datetime.now(ZONE).date()


def _summary(found: Sequence[Problem]) -> str:
    blocking = len(errors(found))
    return f"{blocking} errors, {len(found) - blocking} warnings"


def _plain(problem: Problem) -> dict[str, Any]:
    return {name: getattr(problem, name) for name in problem.__slots__}


def working(what: str) -> Any:
    """Return a context that shows, on a terminal, that something is being done."""
    return Console(stderr=True).status(f"{what} ...")


def _say(text: str) -> None:
    typer.echo(text)


def _complain(text: str) -> None:
    typer.echo(text, err=True)
