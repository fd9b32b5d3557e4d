"""A comparison in words: 户口在常山吗：不在；交过几年：10以上（12种）：现在要居住证。"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dialogs.compare.changes import Change, Comparison, Difference
from dialogs.compare.fates import questions
from dialogs.compare.groups import NOT_ASKED, Who
from dialogs.compare.stretches import spoken
from dialogs.script import AnyQuestion, Guide, Limit, Script
from dialogs.wording import pick, say


def told(found: Comparison, lang: str) -> list[str]:
    """Return the comparison line by line: how many situations change, then what changes for whom."""
    title, values = pick(found.new.title, lang), {"situations": found.situations, "changed": found.changed}
    first = say("differences.some" if found.changed else "differences.nothing", lang, title=title, **values)
    item = [
        say("differences.all", lang, who=_everybody(lang), what=_item(each, found, lang))
        for each in found.item
    ]
    return [first, *item, *(line for change in found.changes for line in _lines(change, found, lang))]


def _everybody(lang: str) -> str:
    return say("differences.everybody", lang)


def _lines(change: Change, found: Comparison, lang: str) -> Iterator[str]:
    what = _between(lang).join(_what(each, found, lang) for each in change.differences)
    for who, count in change.groups:
        yield say("differences.group", lang, who=_who(who, found, lang), count=count, what=what)


def _between(lang: str) -> str:
    return "" if lang == "zh-CN" else " "


def _who(who: Who, found: Comparison, lang: str) -> str:
    asked = {**questions(found.new), **questions(found.old)}  # in the order of the new version
    said = [
        say(
            "differences.who",
            lang,
            label=pick(asked[name].label, lang),
            values=_values(asked[name], who[name], found, lang),
        )
        for name in asked
        if name in who
    ]
    return say("differences.and", lang).join(said) or _everybody(lang)


def _values(question: AnyQuestion, values: tuple[Any, ...], found: Comparison, lang: str) -> str:
    tried = found.tried[question.id]
    given = [each for value in values if value != NOT_ASKED for each in tried[repr(value)]]
    words = [say("differences.not_asked", lang)] if NOT_ASKED in values else []
    known = [each for members in tried.values() for each in members]
    words += spoken(question, given, known, (found.old, found.new), found.today, lang)
    return say("differences.or", lang).join(words)


def _what(difference: Difference, found: Comparison, lang: str) -> str:
    names = _names(difference, found, lang)
    return say(f"differences.{difference.kind}", lang, **({"names": names} if names else {}))


def _names(difference: Difference, found: Comparison, lang: str) -> str:
    script = found.old if difference.kind.endswith("_less") else found.new
    words = [
        _called(difference.kind.partition("_")[0], name, script, found, lang) for name in difference.names
    ]
    return say("engine.list_comma", lang).join(words)


def _called(kind: str, name: str, script: Script, found: Comparison, lang: str) -> str:
    if kind == "paper":
        return pick(next(each.title for each in script.materials if each.id == name), lang)
    if kind == "child":
        return pick(next(each.title for each in script.children if each.id == name), lang)
    if kind == "tell":
        return pick(script.tells[int(name)].text, lang)
    asked: Mapping[str, AnyQuestion] = {**questions(found.old), **questions(found.new)}
    if name in asked:
        return pick(asked[name].label, lang)
    ending = next(each for each in (*script.situation, *script.form) if each.id == name)
    if isinstance(ending, Guide):
        return _between(lang).join(pick(each, lang) for each in ending.steps)
    return pick(ending.why, lang)  # type: ignore[union-attr]  # outcomes and handoffs have it


def _item(difference: Difference, found: Comparison, lang: str) -> str:
    old, new = (_of_item(difference.kind, script, lang) for script in (found.old, found.new))
    return say(f"differences.{difference.kind}", lang, old=old, new=new)


def _of_item(kind: str, script: Script, lang: str) -> str:
    item = script.item
    match kind:
        case "statutory" | "promised":
            return limit_in_words(getattr(item.limits, kind), lang)
        case "fee":
            amount = f"{item.fee.amount:g}"
            return say("engine.costs", lang, amount=amount) if item.fee.amount else say("engine.free", lang)
    return pick(getattr(item, kind), lang)


def limit_in_words(limit: Limit, lang: str) -> str:
    """Return a limit as people say it: 10个工作日, or 当场."""
    return (
        say(f"engine.days_{limit.kind}", lang, days=limit.days)
        if limit.days
        else say("engine.on_the_spot", lang)
    )
