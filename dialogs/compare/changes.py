"""What changes between two fates, gathered over everybody: the same change for several people is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from dialogs.compare.fates import Fate, Person, Tried, people, questions
from dialogs.compare.groups import Who, named
from dialogs.script import Material, Script


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is otherwise. `names` are ids, of the new version unless it is gone there."""

    kind: str  # a sentence of dialogs/wording/differences.yaml
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What changes for a group of people, and who they are. An empty description means everybody."""

    differences: tuple[Difference, ...]
    groups: tuple[tuple[Who, int], ...]

    @property
    def count(self) -> int:
        return sum(count for _, count in self.groups)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that changes for people between two versions.

    situations: how many were compared; tried: the answers that stand for all, by question.
    item:       what changes for everybody alike: fee, limits, office.
    """

    old: Script
    new: Script
    today: date
    situations: int
    tried: Tried
    changes: tuple[Change, ...]
    item: tuple[Difference, ...]

    @property
    def changed(self) -> int:
        """How many situations change."""
        return sum(each.count for each in self.changes)


def compare(old: Script, new: Script, today: date) -> Comparison:
    """Return what changes for whom, the changes that concern most people first.

    Raises:
        TooMany: the two have more situations together than can be compared.
    """
    everybody, tried = people(old, new, today)
    telling = frozenset(name for name, each in tried.items() if len(each) > 1)  # the others tell nobody apart
    grouped: dict[tuple[Difference, ...], list[Person]] = {}
    for person in everybody:
        if found := tuple(_differences(old, new, person.old, person.new)):
            grouped.setdefault(found, []).append(person)
    known = {id(each): {k: v for k, v in each.answers.items() if k in telling} for each in everybody}
    changes = [
        Change(found, tuple(named([known[id(each)] for each in group], [*known.values()])))
        for found, group in grouped.items()
    ]
    ordered = tuple(sorted(changes, key=lambda each: -each.count))
    return Comparison(old, new, today, len(everybody), tried, ordered, tuple(_item(old, new)))


def _differences(old: Script, new: Script, before: Fate, after: Fate) -> Iterator[Difference]:
    if (before.end, before.at) != (after.end, after.at):
        yield Difference(f"end_{after.end}", (after.at,) if after.at else ())
        return
    yield from _more_and_less("question", before.asked, after.asked)
    yield from _more_and_less("paper", before.papers, after.papers)
    yield from _more_and_less("child", before.children, after.children)
    if before.video != after.video:
        yield Difference("video_more" if after.video else "video_less")
    yield from _papers(old, new, [each for each in after.papers if each in before.papers])
    yield from _said(old, new, before, after)


def _more_and_less(kind: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Difference]:
    if more := tuple(each for each in after if each not in before):
        yield Difference(f"{kind}_more", more)
    if less := tuple(each for each in before if each not in after):
        yield Difference(f"{kind}_less", less)


def _papers(old: Script, new: Script, both: Sequence[str]) -> Iterator[Difference]:
    """Yield what is otherwise with papers that are wanted before and after."""
    was, now = ({paper.id: paper for paper in each.materials} for each in (old, new))
    for kind, differs in _PAPER:
        if names := tuple(each for each in both if differs(was[each], now[each])):
            yield Difference(kind, names)


def _pages(was: Material, now: Material) -> bool:
    return was.pages != now.pages


def _may_wait(was: Material, now: Material) -> bool:
    return now.deferrable and not was.deferrable


def _fetched(was: Material, now: Material) -> bool:
    return now.source == "fetched-first" != was.source


_PAPER: tuple[tuple[str, Callable[[Material, Material], bool]], ...] = (
    ("paper_pages", _pages),
    ("paper_may_wait", _may_wait),
    ("paper_may_not_wait", lambda was, now: _may_wait(now, was)),
    ("paper_fetched", _fetched),
    ("paper_not_fetched", lambda was, now: _fetched(now, was)),
)


def _said(old: Script, new: Script, before: Fate, after: Fate) -> Iterator[Difference]:
    """Yield what the same people are told otherwise: on the way, and where they end."""
    was, now = (
        [script.tells[place].text["zh-CN"] for place in fate.tells]
        for script, fate in ((old, before), (new, after))
    )
    if more := tuple(str(place) for place in after.tells if new.tells[place].text["zh-CN"] not in was):
        yield Difference("tell_more", more)
    if less := tuple(str(place) for place in before.tells if old.tells[place].text["zh-CN"] not in now):
        yield Difference("tell_less", less)
    if after.at and _ending(old, after.at) != _ending(new, after.at):
        yield Difference("ending_said", (after.at,))
    asked = [each for each in after.asked if each in before.asked]
    if names := tuple(each for each in asked if questions(old)[each].ask != questions(new)[each].ask):
        yield Difference("question_said", names)


def _ending(script: Script, name: str) -> object:
    step = next(each for each in (*script.situation, *script.form) if each.id == name)
    return step.model_dump(exclude={"when"})


def _item(old: Script, new: Script) -> Iterator[Difference]:
    was, now = old.item, new.item
    for kind in ("statutory", "promised"):
        first, second = getattr(was.limits, kind), getattr(now.limits, kind)
        if (first.days, first.kind) != (second.days, second.kind):
            yield Difference(kind)
    if was.fee.amount != now.fee.amount:
        yield Difference("fee")
    if was.authority != now.authority:
        yield Difference("authority")
    if was.result != now.result:
        yield Difference("result")
