"""What every sheet of a service tells alike: time, cost, result, stages, who handles it, and by which law."""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.compare.words import limit_in_words
from dialogs.guides.section import Section
from dialogs.office import offices
from dialogs.script import Child, Script, Sourced, Tell
from dialogs.wording import pick, say


def sections(script: Script, lang: str) -> Iterator[Section]:
    """Yield the six elements, without the papers: those depend on the situation."""
    about = script.item
    limits = about.limits
    promise = say("guides.promise", lang, days=limit_in_words(limits.promised, lang))
    statute = say("guides.statute", lang, days=limit_in_words(limits.statutory, lang))
    yield _section(
        "time", lang, marked(promise, limits.promised, lang), marked(statute, limits.statutory, lang)
    )
    yield _section("fee", lang, marked(_fee(script, lang), about.fee, lang))
    yield _section("result", lang, pick(about.result, lang))
    yield _section("procedure", lang, " → ".join(pick(each, lang) for each in about.procedure))
    yield office(script, lang)
    yield _section("basis", lang, *(marked(each.text, each, lang) for each in about.basis))


def office(script: Script, lang: str) -> Section:
    """Return who handles it and how to reach them; a phone nobody has confirmed is not printed."""
    lines = [pick(script.item.authority, lang)]
    if known := offices().get(script.item.office):
        lines.append(say("guides.address", lang, address=pick(known.address, lang)))
        lines += [say("guides.phone", lang, phone=known.phone)] if known.phone else []
        lines.append(say("guides.hotline", lang, phone=known.hotline))
    return _section("office", lang, *lines)


def child(one: Child, lang: str) -> str:
    """Return one application of a package in a line."""
    return say(
        "guides.child",
        lang,
        title=pick(one.title, lang),
        authority=pick(one.item.authority, lang),
        days=limit_in_words(one.item.limits.promised, lang),
    )


def marked(text: str, fact: Sourced | Tell, lang: str) -> str:
    """Return a fact, marked 待核实 where nobody at the bureau has confirmed it."""
    if fact.verified or not fact.source:
        return text
    return say("guides.unverified", lang, text=text)


def _fee(script: Script, lang: str) -> str:
    fee = script.item.fee
    if fee.note:
        return pick(fee.note, lang)
    return say("engine.costs", lang, amount=f"{fee.amount:g}") if fee.amount else say("engine.free", lang)


def _section(name: str, lang: str, *lines: str) -> Section:
    return Section(say(f"guides.{name}", lang), lines)
