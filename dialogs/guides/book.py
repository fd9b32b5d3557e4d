"""A book of guides: for each situation a sheet with its answers, how it ends, and everything it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from dialogs.calendar import spoken as spoken_day
from dialogs.compare.fates import Tried, meant
from dialogs.compare.stretches import spoken
from dialogs.guides import item
from dialogs.guides.papers import paper_line
from dialogs.guides.section import Section
from dialogs.script import AnyQuestion, Ending, Guide, Handoff, Outcome, Script
from dialogs.script.road import Road, build
from dialogs.script.situations import Situation, situations
from dialogs.wording import pick, say

__all__ = ["Book", "Section", "Sheet", "make"]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The guide of one situation.

    said: the answers that make it this one, (label, answer); none where everybody is meant.
    end:  how it ends, in one sentence.
    """

    number: int
    said: tuple[tuple[str, str], ...]
    end: str
    sections: tuple[Section, ...]

    def texts(self) -> Iterator[str]:
        """Yield all words on it."""
        yield from (words for pair in self.said for words in pair)
        yield self.end
        for section in self.sections:
            yield section.title
            yield from section.lines


@dataclass(frozen=True, slots=True)
class Book:
    """All sheets of one service. `day` is the day whose rules it tells, in words."""

    id: str
    version: str
    title: str
    about: str
    day: str
    lang: str
    sheets: tuple[Sheet, ...]


def make(script: Script, today: date, lang: str) -> Book:
    """Return the guide of every situation of a script, on a day, in a language."""
    binder = _Binder(script, today, lang)
    ways = situations(script, today, road=binder.road).all
    return Book(
        id=script.id,
        version=script.version,
        title=pick(script.title, lang),
        about=pick(script.about, lang),
        day=say("guides.day", lang, day=spoken_day(today, lang, date.min, weekday=False)),
        lang=lang,
        sheets=tuple(binder.sheet(number, way) for number, way in enumerate(ways, start=1)),
    )


class _Binder:
    """Writes the sheets of one script."""

    def __init__(self, script: Script, today: date, lang: str) -> None:
        self.script, self.today, self.lang = script, today, lang
        self.road: Road = build(script)
        self.steps = {step.id: step for step in (*script.situation, *script.form)}
        self.meant: Tried = meant(script, today)
        self.single = {
            name: next(iter(each.values()))[0] for name, each in self.meant.items() if len(each) == 1
        }
        self.common = tuple(item.sections(script, lang))  # the same on every sheet that is handed in

    def sheet(self, number: int, way: Situation) -> Sheet:
        return Sheet(
            number, tuple(self._said(way)), say(f"guides.{way.end}", self.lang), tuple(self._sections(way))
        )

    def _said(self, way: Situation) -> Iterator[tuple[str, str]]:
        for name, value in way.answers.items():
            question = self.steps[name]
            if not isinstance(question, Ending):
                yield pick(question.label, self.lang), self._answer(question, value)

    def _answer(self, question: AnyQuestion, value: object) -> str:
        tried: Mapping[str, tuple[object, ...]] = self.meant[question.id]
        known = [each for members in tried.values() for each in members]
        given = tried.get(repr(value), (value,))
        words = spoken(question, given, known, [self.script], self.today, self.lang)
        return say("differences.or", self.lang).join(words)

    def _sections(self, way: Situation) -> Iterator[Section]:
        end = self.steps.get(way.at)
        if isinstance(end, Ending):
            yield from self._ending(end)
        else:
            yield from self._handed_in(way)

    def _ending(self, end: Ending) -> Iterator[Section]:
        lang = self.lang
        if isinstance(end, Outcome | Handoff):
            yield self._section("why", pick(end.why, lang))
            yield self._section("how", pick(end.how, lang))
        elif isinstance(end, Guide):
            yield Section(
                say("guides.steps", lang), tuple(pick(each, lang) for each in end.steps), numbered=True
            )
            if end.link:
                link = item.marked(f"{pick(end.link.label, lang)}：{end.link.url}", end.link, lang)
                yield self._section("how", link)
        yield item.office(self.script, lang)

    def _handed_in(self, way: Situation) -> Iterator[Section]:
        script, lang = self.script, self.lang
        papers = [each for each in script.materials if each.id in way.materials]
        lines = [paper_line(paper, lang) for paper in papers]
        yield self._section("papers", *(lines or [say("guides.no_papers", lang)]))
        children = [each for each in script.children if each.id in way.children]
        if children:
            yield self._section("children", *(item.child(each, lang) for each in children))
        yield self._section("asked", say("engine.list_comma", lang).join(self._asked(way)), *self._video(way))
        told = [script.tells[place] for place in way.tells]
        if told:
            yield self._section("tells", *(item.marked(pick(each.text, lang), each, lang) for each in told))
        yield from self.common

    def _asked(self, way: Situation) -> Iterator[str]:
        asked = {step.id for step in self.script.form if not isinstance(step, Ending)}
        for name in way.steps:
            step = self.steps.get(name)
            if name in asked and step is not None and not isinstance(step, Ending):
                yield pick(step.label, self.lang)

    def _video(self, way: Situation) -> Iterator[str]:
        if self.road.seen_by_video({**self.single, **way.answers}, self.today):
            yield say("guides.video", self.lang)

    def _section(self, name: str, *lines: str) -> Section:
        return Section(say(f"guides.{name}", self.lang), lines)
