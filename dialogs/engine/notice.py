"""The one-time notice: everything this case needs, told once and completely, before anything is taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dialogs.calendar import ZONE, spoken
from dialogs.engine.talk import Talk
from dialogs.messages import Card
from dialogs.script import Item, Limit, Material, Script
from dialogs.script.filings import Filing, every, filings
from dialogs.script.road import Station


def pages(talk: Talk) -> tuple[Station, ...]:
    """Return the photo stations this case leads through, in order. Known once the situation is."""
    road, answers = talk.road, talk.session.answers
    return tuple(
        station
        for place, station in enumerate(road.stations)
        if station.kind == "photo" and road.open(place, answers, talk.today)
    )


def ready(talk: Talk) -> tuple[Filing, ...]:
    """Return the applications this case hands in. Known once the situation is."""
    return filings(talk.script, talk.road, talk.session.answers, talk.today)


def titles(talk: Talk, package: Sequence[Filing]) -> str:
    """Return the children of a package by name, in one line."""
    return talk.words("engine.list_comma").join(talk.pick(each.title) for each in package)


def needs(talk: Talk) -> list[str]:
    """Return what he agrees to hand in: the keys of all pages, and the children of a package."""
    return [*(station.key for station in pages(talk)), *(each.service for each in ready(talk) if each.child)]


def page_title(talk: Talk, station: Station) -> str:
    """Return a page as people call it: 身份证正面, or just 居住证 when it has one page."""
    material = station.step
    assert isinstance(material, Material)
    title = talk.pick(material.title)
    if len(material.pages) == 1:
        return title
    side = station.page.rstrip("0123456789")
    number = station.page.removeprefix(side) or "1"
    return talk.words(f"engine.page_{side}", title=title, number=number)


def notice(talk: Talk, *, changed: bool = False) -> None:
    """Tell what this case needs: papers, money, time, who handles it, and what he should know."""
    item = talk.script.item
    papers = [page_title(talk, station) for station in pages(talk)]
    fee = _fee(talk, talk.script)
    tells = [talk.pick(tell.text) for tell in talk.road.told(talk.session.answers, talk.today)]
    listed = talk.words("engine.list_comma").join(papers)
    opening = "engine.notice_changed" if changed else "engine.notice"
    if not papers:
        opening = "engine.notice_nothing"
    text = talk.words(opening, count=len(papers), papers=listed, fee=fee)
    package = ready(talk)
    lines = [text, *tells]
    if len(package) > 1:
        count = len(package)
        lines.insert(0, talk.words("engine.notice_package", count=count, titles=titles(talk, package)))
    sections = [
        {"title": talk.words("engine.notice_papers"), "lines": papers or [talk.words("engine.notice_none")]},
        {"title": talk.words("engine.notice_fee"), "lines": [fee]},
        {"title": talk.words("engine.notice_time"), "lines": _times(talk)},
        {"title": talk.words("engine.notice_office"), "lines": [talk.pick(item.authority)]},
        {"title": talk.words("engine.notice_result"), "lines": [talk.pick(item.result)]},
    ]
    if len(package) > 1:
        lines_of = [_child(talk, each) for each in package]
        sections.insert(0, {"title": talk.words("engine.notice_children"), "lines": lines_of})
    if tells:
        sections.append({"title": talk.words("engine.notice_tells"), "lines": tells})
    talk.tell("\n".join(lines), Card("notice", talk.pick(talk.script.title), {"sections": sections}))


def _child(talk: Talk, filing: Filing) -> str:
    """Return one line for a child of a package: what, who decides, by when."""
    authority, day = talk.pick(filing.item.authority), promised_day(talk, filing.item)
    return talk.words("engine.notice_child", title=talk.pick(filing.title), authority=authority, day=day)


def _fee(talk: Talk, script: Script) -> str:
    fee = script.item.fee
    if fee.note:
        return talk.pick(fee.note).rstrip("。.")
    return (
        talk.words("engine.free") if not fee.amount else talk.words("engine.costs", amount=f"{fee.amount:g}")
    )


def _times(talk: Talk) -> list[str]:
    limits = talk.script.item.limits
    statutory = _days(talk, limits.statutory)
    return [
        talk.words("engine.notice_promise", day=promised_day(talk, talk.script.item)),
        talk.words("engine.notice_statutory", days=statutory),
    ]


def _days(talk: Talk, limit: Limit) -> str:
    return (
        talk.words(f"engine.days_{limit.kind}", days=limit.days)
        if limit.days
        else talk.words("engine.on_the_spot")
    )


def guide(talk: Talk, script: Script) -> str:
    """Return what a service needs, how long it takes and what it costs: to look at before one begins."""
    item = script.item
    limits = [_days(talk, limit) for limit in (item.limits.promised, item.limits.statutory)]
    told = talk.words(
        "engine.guide",
        title=talk.pick(script.title),
        about=talk.pick(script.about),
        papers=_papers(talk, script),
        time=talk.words("engine.guide_time", promised=limits[0], statutory=limits[1]),
        fee=_fee(talk, script),
        result=talk.pick(item.result),
        authority=talk.pick(item.authority),
    )
    if not script.children:
        return told
    package = every(script)
    return talk.words("engine.guide_package", count=len(package), titles=titles(talk, package), guide=told)


def _papers(talk: Talk, script: Script) -> str:
    """Return the papers everybody needs and those some need, by title."""
    comma = talk.words("engine.list_comma")
    always = comma.join(talk.pick(paper.title) for paper in script.materials if paper.when is None)
    some = comma.join(talk.pick(paper.title) for paper in script.materials if paper.when is not None)
    if always and some:
        return talk.words("engine.guide_more", papers=always, more=some)
    return always or (
        talk.words("engine.guide_some", papers=some) if some else talk.words("engine.notice_none")
    )


def promised_day(talk: Talk, item: Item) -> str:
    """Return the last day by which it is done when handed in now, as people say it."""
    return spoken(promised_on(talk, item), talk.lang, talk.today)


def promised_on(talk: Talk, item: Item) -> date:
    """Return the last day by which it is done when handed in now: the first answer, then the promise."""
    limits = item.limits
    calendar = talk.world.offices[item.office].calendar
    answered = calendar.due(talk.world.now, limits.answer.days if limits.answer else 1, "working")
    noon = talk.world.now.astimezone(ZONE).replace(
        year=answered.day.year, month=answered.day.month, day=answered.day.day, hour=12
    )
    return calendar.due(noon, limits.promised.days, limits.promised.kind).day
