"""What can be known to be wrong with a script before anybody meets it.

    findings = check(script, today, marks)

Two tiers. *Errors* block publishing: few, and sure. *Warnings* need somebody to say "yes, I know".
The heart is the list of all situations (dialogs.script.situations): each one must end in a submit, an outcome
or a handoff, no condition may read an answer that was not given, and every step and paper must be
met by somebody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from dialogs.lives import lives
from dialogs.office import offices
from dialogs.script import (
    Choice,
    Choices,
    Ending,
    Guide,
    Item,
    Scenario,
    Script,
    Sourced,
    packages,
    plain_words,
)
from dialogs.script.conditions import Unanswered
from dialogs.script.plain_words import CHANNELS, Limits
from dialogs.script.problems import Marks, Path, Problem, did_you_mean
from dialogs.script.road import CONSENT, READ_BACK, Road, build
from dialogs.script.situations import Situation, Situations, situations

TABLE_NOTICE = timedelta(days=90)  # to get new figures from another office
MAX_SITUATION_QUESTIONS = 10  # the seed's own case asks fewer


def check(
    script: Script,
    today: date,
    marks: Marks | None = None,
    channels: Sequence[Limits] = CHANNELS,
    before: Script | None = None,
) -> list[Problem]:
    """Return what is wrong with a loaded script, errors first, each tier in reading order.

    marks:  places in its file, from `loader.read`; without them the findings name the node only.
    before: the version in use; then also what changes for translations and people in the middle.
    """
    marks = marks or Marks(f"{script.id}.yaml")
    road = build(script)
    ways = situations(script, today, road=road)
    found = [
        *plain_words.problems(script, marks, channels),
        *_office(script, marks),
        *_found(script, marks),
        *_limits(script, marks),
        *_papers(script, marks),
        *_tables(script, today, marks),
        *_facts(script, marks),
        *_ways(script, ways, marks),
        *_scenarios(script, road, today, marks),
        *(plain_words.changed(before, script, marks) if before else ()),
    ]
    return sorted(found, key=lambda each: (each.tier, *marks.order(each), each.node, each.what))


def errors(findings: Sequence[Problem]) -> list[Problem]:
    """Return those that block publishing."""
    return [each for each in findings if each.tier == "error"]


def _items(script: Script) -> Iterator[tuple[Path, Item]]:
    """Yield the service's own item and those of its children, each with its place."""
    yield ("item",), script.item
    for place, child in enumerate(script.children):
        yield ("children", place, "item"), child.item


def _office(script: Script, marks: Marks) -> Iterator[Problem]:
    for path, item in _items(script):
        if item.office not in offices():
            what = f"there is no office `{item.office}`"
            remedy = did_you_mean(item.office, offices(), "Add it to dialogs/offices.yaml.")
            yield marks.problem((*path, "office"), what, remedy, "unknown-office")


def _found(script: Script, marks: Marks) -> Iterator[Problem]:
    """Yield what keeps people from finding the service who do not know its name."""
    known = {each.id: each.options for each in lives().questions}
    for place, life in enumerate(script.life):
        if life not in lives().situations:
            what, rest = f"there is no situation of life `{life}`", "Write one of dialogs/lives.yaml."
            remedy = did_you_mean(life, lives().situations, rest)
            yield marks.problem(("life", place), what, remedy, "unknown-life")
    for question, options in script.fits.items():
        strange = [each for each in options if each not in known.get(question, ())]
        if question not in known or strange:
            what = f"`{question}: {', '.join(strange)}` is no answer of dialogs/lives.yaml"
            yield marks.problem(
                ("fits", question), what, "Write questions and options from there.", "unknown-fit"
            )
    if not script.life:
        what, remedy = (
            "it is found under no situation of life: there is no `life:`",
            "Name one of dialogs/lives.yaml.",
        )
        yield marks.problem((), what, remedy, "no-life", "warning")


def _limits(script: Script, marks: Marks) -> Iterator[Problem]:
    for path, item in _items(script):
        limits = item.limits
        if limits.promised.in_days > limits.statutory.in_days:
            what, remedy = "the promise is longer than the law allows", "Promise at most the statutory limit."
            yield marks.problem((*path, "limits", "promised"), what, remedy, "late-promise")
        if limits.answer and limits.answer.in_days > limits.promised.in_days:
            what = "the first answer is promised later than the result"
            yield marks.problem((*path, "limits", "answer"), what, "Make it shorter.", "late-answer")


def _papers(script: Script, marks: Marks) -> Iterator[Problem]:
    for place, paper in enumerate(script.materials):
        path: Path = ("materials", place)
        if paper.lookup and paper.source == "applicant" and not paper.deferrable:
            what = (
                f"{paper.title['zh-CN']} is demanded, although another department can answer it (无证明城市)"
            )
            remedy = "Write `source: fetched-first` or `deferrable: true`, or drop the paper."
            yield marks.problem(path, what, remedy, "lookup-demanded")
        if "face-on-front" in paper.checks and "front" not in paper.pages:
            what, remedy = "a face is looked for on a front that is not asked for", "Add the page `front`."
            yield marks.problem((*path, "checks"), what, remedy, "no-front")


def _tables(script: Script, today: date, marks: Marks) -> Iterator[Problem]:
    for name, editions in script.tables.items():
        last = max(edition.valid.to for edition in editions)
        if last < today + TABLE_NOTICE:
            what = f"the table {'ran' if last < today else 'runs'} out on {last}"
            remedy = f"Add an edition from {last + timedelta(days=1)}."
            yield marks.problem(("tables", name), what, remedy, "table-ends", "warning")
        first = min(edition.valid.from_ for edition in editions)
        if first > today:
            what = f"the table begins on {first} only"
            yield marks.problem(("tables", name), what, "Add the edition in force today.", "table-begins")


def _facts(script: Script, marks: Marks) -> Iterator[Problem]:
    """Yield one warning for all facts nobody at the bureau has ticked yet."""
    steps = (*script.situation, *script.form)
    facts: list[Sourced] = [step.link for step in steps if isinstance(step, Guide) and step.link]
    for _, item in _items(script):
        facts += [*item.basis, item.limits.statutory, item.limits.promised, item.fee]
        facts += [item.limits.answer] if item.limits.answer else []
    told = [tell.verified for tell in script.tells if tell.source]
    told += [edition.verified for editions in script.tables.values() for edition in editions]
    open_ones = sum(not fact.verified for fact in facts) + sum(not each for each in told)
    if open_ones:
        what = f"{open_ones} facts are 待核实: nobody at the bureau has confirmed them"
        remedy = "Have them confirmed and write `verified: true`."
        yield marks.problem(("item",), what, remedy, "unverified", "warning")
    if not script.aka:
        what, remedy = "nobody will find it: there is no `aka:`", "Add how people call it."
        yield marks.problem((), what, remedy, "no-aka", "warning")


def _ways(script: Script, ways: Situations, marks: Marks) -> Iterator[Problem]:
    paths = _paths(script)
    yield from _broken(script, ways, paths, marks)
    tier_sure = ways.coverage != "pairs"
    if not tier_sure:
        what = f"too many situations to list; {len(ways.all)} were tried, in which each two answers meet"
        yield marks.problem(("situation",), what, "Fewer options, or two services.", "too-many", "warning")
    if not any(each.end == "broken" for each in ways.all):
        for key, path in paths.items():
            if key not in ways.reached:
                what, remedy = (
                    "nobody ever comes here",
                    "Look at its `when:`, and at the steps above that end.",
                )
                yield marks.problem(path, what, remedy, "unreachable", "error" if tier_sure else "warning")
        yield from _untold(script, ways, marks)
        yield from packages.findings(script, ways.all, marks)
    yield from _length(script, ways, marks)


def _paths(script: Script) -> dict[str, Path]:
    """Return where each station of the road is written, by its key; papers by their first page."""
    paths: dict[str, Path] = {}
    for part in ("situation", "form"):
        for place, step in enumerate(getattr(script, part)):
            paths[step.id] = (part, place)
    for place, paper in enumerate(script.materials):
        paths[f"{paper.id}.{paper.pages[0]}"] = ("materials", place)
    return paths


def _broken(script: Script, ways: Situations, paths: Mapping[str, Path], marks: Marks) -> Iterator[Problem]:
    """Yield each condition that somebody reaches without the answers it reads, with that somebody."""
    witnesses: dict[tuple[str, frozenset[str]], Situation] = {}
    for each in ways.all:
        if each.end == "broken":
            witnesses.setdefault((each.at, each.missing), each)
    for (at, missing), each in witnesses.items():
        path = _where(script, at, missing) if at in (CONSENT, READ_BACK) else (*paths[at], "when")
        what = f"reads {_names(missing)}, which was not asked when {each.witness()}"
        remedy = f"Guard it: the condition of that question && answers.{min(missing, default='x')} ..."
        yield marks.problem(path, what, remedy, "reads-unanswered")


def _where(script: Script, at: str, missing: frozenset[str]) -> Path:
    """Return where a condition is written that is met in the notice or before the video call."""
    if at == READ_BACK:
        return ("verification", "video", "when")
    for part in ("materials", "tells", "children"):
        for place, each in enumerate(getattr(script, part)):
            if missing & set(re.findall(r"answers\.(\w+)", each.when or "")):
                return (part, place, "when")
    return ("tells",)


def _names(missing: frozenset[str]) -> str:
    return ", ".join(f"answers.{name}" for name in sorted(missing)) or "an answer"


def _untold(script: Script, ways: Situations, marks: Marks) -> Iterator[Problem]:
    told = {place for each in ways.all for place in each.tells}
    for place in range(len(script.tells)):
        if place not in told:
            path: Path = ("tells", place)
            yield marks.problem(path, "nobody is ever told this", "Look at its `when:`.", "unreachable")


def _length(script: Script, ways: Situations, marks: Marks) -> Iterator[Problem]:
    if not any(each.end in ("submit", "guide") for each in ways.all):
        what, remedy = "no situation can be handed in", "Look at the outcomes and handoffs."
        yield marks.problem(("situation",), what, remedy, "no-submit", "warning")
    asked = {step.id for step in script.situation if not isinstance(step, Ending)}
    longest = max(ways.all, key=lambda each: len(asked & set(each.steps)))
    if (count := len(asked & set(longest.steps))) > MAX_SITUATION_QUESTIONS:
        what = f"{count} questions before anything happens, when {longest.witness()}"
        remedy = f"Ask at most {MAX_SITUATION_QUESTIONS}."
        yield marks.problem(("situation",), what, remedy, "many-questions", "warning")


def _scenarios(script: Script, road: Road, today: date, marks: Marks) -> Iterator[Problem]:
    for place, scenario in enumerate(script.scenarios):
        path: Path = ("scenarios", place)
        if unfit := _unfit(script, scenario, today):
            yield marks.problem((*path, "given", unfit[0]), unfit[1], unfit[2], "scenario-answer")
        elif failed := play(road, script, scenario, today):
            remedy = "Change the script, or what the scenario expects."
            yield marks.problem((*path, "expect"), f"“{scenario.name}”: {failed}", remedy, "scenario-fails")
    if not script.scenarios:
        what, remedy = "there are no scenarios", "Write one for each end people meet."
        yield marks.problem((), what, remedy, "no-scenarios", "warning")


def _unfit(script: Script, scenario: Scenario, today: date) -> tuple[str, str, str] | None:
    for step in (*script.situation, *script.form):
        if not isinstance(step, Choice | Choices) or step.id not in scenario.given:
            continue
        given = scenario.given[step.id]
        options = script.options(step, scenario.today or today)
        for option in given if isinstance(given, list) else [given]:
            if option not in options:
                remedy = f"Its options are {', '.join(options)}."
                return step.id, f"{step.id} has no option `{option}`", remedy
    return None


def play(road: Road, script: Script, scenario: Scenario, today: date) -> str:
    """Play a scenario. Return in which way it does not end as expected; empty when it does.

    Answers to the form may be left out: what is expected then may not hang on them, so a guard that
    reads one is passed by.
    """
    today = scenario.today or today
    answers: dict[str, Any] = {}
    for place, station in enumerate(road.stations):
        try:
            if not road.open(place, answers, today):
                continue
        except Unanswered as error:
            if station.part == "form" and error.missing and not (error.missing & scenario.given.keys()):
                continue
            return f"{station.key} reads {_names(error.missing)}, which was not asked"
        if station.kind in ("outcome", "handoff", "guide"):
            return _compared(scenario, station.kind, station.key, ())
        if station.kind == "question" and station.key in scenario.given:
            answers[station.key] = scenario.given[station.key]
        elif station.part == "situation":
            return f"it does not say what {station.key} is"
    papers = tuple(paper.id for paper in road.needed(answers, today))
    children = tuple(child.id for child in road.handed_in(answers, today))
    return _compared(scenario, "submit", "", papers, children)


def _compared(
    scenario: Scenario, end: str, at: str, papers: tuple[str, ...], children: tuple[str, ...] = ()
) -> str:
    expect = scenario.expect
    named = [(kind, each) for kind in ("outcome", "handoff", "guide") if (each := getattr(expect, kind))]
    wanted = named[0] if named else ("submit", "")
    if wanted != (end, at) and not (expect.submit is False and end != "submit"):
        return f"it ends in {end} {at}".rstrip() + f", not in {wanted[0]} {wanted[1] or ''}".rstrip()
    if expect.materials is not None and tuple(expect.materials) != papers:
        return f"it needs {', '.join(papers) or 'no papers'}, not {', '.join(expect.materials) or 'none'}"
    if expect.children is not None and tuple(expect.children) != children:
        return (
            f"it hands in {', '.join(children) or 'nothing'}, not {', '.join(expect.children) or 'nothing'}"
        )
    return ""
