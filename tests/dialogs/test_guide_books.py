"""The printed guide: a sheet for every situation, saying what the chat would say and ask."""

from __future__ import annotations

import pytest

from dialogs.guides import Book, Sheet, make
from dialogs.script import Script
from dialogs.script.loader import shipped
from dialogs.script.situations import situations
from tests.dialogs.scripts import TODAY, script


def sheet_of(book: Book, **said: str) -> Sheet:
    return next(each for each in book.sheets if said.items() <= dict(each.said).items())


def lines(sheet: Sheet, title: str) -> tuple[str, ...]:
    return next(each.lines for each in sheet.sections if each.title == title)


@pytest.mark.parametrize("service", shipped(), ids=lambda each: each.id)
def test_every_situation_has_a_sheet_of_its_own(service: Script) -> None:
    for lang in ("zh-CN", "en"):
        book = make(service, TODAY, lang)

        assert len(book.sheets) == len(situations(service, TODAY).all)
        assert len({each.said for each in book.sheets}) == len(book.sheets)  # everybody finds his own
        assert all(section.lines for each in book.sheets for section in each.sections)


@pytest.mark.parametrize("service", shipped(), ids=lambda each: each.id)
def test_a_sheet_names_the_papers_the_chat_asks_for(service: Script) -> None:
    book = make(service, TODAY, "zh-CN")
    titles = {paper.id: paper.title["zh-CN"] for paper in service.materials}

    for way, sheet in zip(situations(service, TODAY).all, book.sheets, strict=True):
        if way.end == "submit":
            told = [line.partition("，拍")[0] for line in lines(sheet, "要拍的材料")]
            assert told == ([titles[name] for name in way.materials] or ["什么材料都不用拍。"])


def test_a_small_script_is_told_whole() -> None:
    rented = sheet_of(make(script(), TODAY, "zh-CN"), 几个月="6以上")

    assert rented.said == (("住处", "租的"), ("几个月", "6以上"))
    assert rented.end == "可以办，在手机上交材料就行。"
    assert [(each.title, each.lines) for each in rented.sections[:4]] == [
        ("要拍的材料", ("合同，拍2张",)),
        ("要填的", ("姓名",)),
        ("要多久", ("开始办以后，承诺最多10天", "法律规定最长15天")),
        ("花钱", ("不要钱",)),
    ]


def test_who_cannot_go_on_reads_why_and_how() -> None:
    short = sheet_of(make(script(), TODAY, "zh-CN"), 几个月="0到5")

    assert short.end == "这次先不办。"
    assert (lines(short, "为什么"), lines(short, "怎么才能办")) == (("要住满半年。",), ("住满了再来。",))


def test_what_no_bureau_has_confirmed_is_marked() -> None:
    unsure = ("statutory: {days: 15, kind: calendar, source: 条例第九条, verified: true}",)
    book = make(script((unsure[0], unsure[0].replace("true", "false"))), TODAY, "zh-CN")

    assert lines(book.sheets[-1], "要多久") == ("开始办以后，承诺最多10天", "法律规定最长15天（待核实）")


def test_an_age_is_told_with_all_whom_it_stands_for() -> None:
    enrolment = next(each for each in shipped() if each.id == "flexible_enrolment")
    ages = {dict(each.said).get("身份证号码") for each in make(enrolment, TODAY, "zh-CN").sheets}

    assert ages == {None, "女，16到54岁、男，16到59岁", "女，55岁以上、男，60岁以上"}
