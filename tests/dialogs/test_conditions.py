"""Conditions: what they may say, what they refuse, and what they do with answers."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialogs.script import Edition
from dialogs.script.conditions import (
    Condition,
    ConditionError,
    Fault,
    Language,
    Readable,
    Unanswered,
    age,
    months_between,
)
from tests.examples import examples

TODAY = date(2026, 11, 21)
WOMAN, MAN = "999901198803050247", "999901197601203159"
AGES = Edition.model_validate(
    {
        "valid": {"from": "2026-01-01", "to": "2026-12-31"},
        "rows": [
            {"id": "woman", "label": "女", "amount": 55},
            {"id": "man", "label": "男", "amount": 60},
            {"id": "nobody", "label": "无", "amount": 60.5},
        ],
    }
)
LANGUAGE = Language(
    {
        "hukou": Readable("choice", frozenset({"local", "elsewhere"})),
        "papers": Readable("choices", frozenset({"permit", "licence"})),
        "abroad": Readable("confirm"),
        "years": Readable("whole"),
        "share": Readable("decimal"),
        "income": Readable("money"),
        "left_on": Readable("date"),
        "since": Readable("month"),
        "id_number": Readable("text"),
    },
    {"ages": [AGES]},
)
GIVEN = {
    "hukou": "elsewhere",
    "papers": ["permit"],
    "abroad": False,
    "years": 10,
    "share": 2,
    "income": 300_000,
    "left_on": "2026-10-21",
    "since": "2026-12",
    "id_number": WOMAN,
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("answers.hukou == 'elsewhere' && answers.years >= 10", True),
        ("answers.hukou in ['local']", False),
        ("'permit' in answers.papers && !('licence' in answers.papers)", True),
        ("answers.abroad", False),
        ("answers.share > 1.5", True),
        ("answers.income == yuan(3000)", True),
        ("answers.left_on < today && answers.left_on >= '2026-01-01'", True),
        ("days_since(answers.left_on) == 31", True),
        ("months_since(answers.left_on) == 1", True),
        ("months_since(answers.since) < 0", True),
        ("answers.since > '2026-11'", True),
        ("age(answers.id_number) == 38", True),
        ("age(answers.id_number) >= number('ages', is_woman(answers.id_number) ? 'woman' : 'man')", False),
    ],
)
def test_each_kind_of_answer_can_be_read(text: str, holds: bool) -> None:
    assert LANGUAGE.compile(text).holds(GIVEN, TODAY) is holds


def fault(text: str) -> Fault:
    with pytest.raises(ConditionError) as caught:
        LANGUAGE.compile(text)
    return caught.value.faults[0]


@pytest.mark.parametrize(
    ("text", "line", "column", "what", "remedy"),
    [
        ("answers.hukuo == 'local'", 1, 1, "no question with the id hukuo", "hukou?"),
        ("hukou == 'local'", 1, 1, "hukou is not a name", "answers.hukou"),
        ("answers.hukou == 'lokal'", 1, 18, "no option 'lokal'", "local?"),
        ("answers.hukou in ['local', 'x']", 1, 28, "no option 'x'", "elsewhere, local"),
        ("'x' in answers.papers", 1, 1, "no option 'x'", "licence, permit"),
        ("answers.hukou = 'local'", 1, 15, "a single =", "=="),
        ("answers.years > '3'", 1, 15, "does not fit (int, string)", "like with like"),
        ("answers.share > 1", 1, 15, "does not fit (double, int)", "1.0"),
        ("answers.years", 1, 1, "not a yes or no", "=="),
        ("answers.left_on < 'soon'", 1, 19, "'soon' is not a date", "2026-11-27"),
        ("answers.since < '2026-1'", 1, 17, "is not a month", "2026-12"),
        ("number('agse', 'man') > 1", 1, 8, "does not exist", "ages?"),
        ("number('ages', 'child') > 1", 1, 16, "no whole amount", "amount"),
        ("number('ages', 'nobody') > 1", 1, 16, "no whole amount", "amount"),
        ("agee(answers.id_number) > 1", 1, 5, "function agee", "age?"),
        ("answers.years >\n  '3'", 1, 15, "does not fit", "like with like"),
        ("true &&", 1, 8, "not a condition", "docs/scripts.md"),
        ("", 1, 1, "not a condition", "docs/scripts.md"),
        ("true" + " " * 2000, 1, 1, "2004 characters", "split"),
        ("(" * 600, 1, 1, "", "docs/scripts.md"),
        ("answers.hukou == '\ud800'", 1, 1, "cannot be read", "docs/scripts.md"),
    ],
)
def test_a_wrong_condition_is_told_where_what_and_what_instead(
    text: str, line: int, column: int, what: str, remedy: str
) -> None:
    found = fault(text)

    assert what in found.what
    assert remedy in found.remedy
    if text[:2] != "((":
        assert (found.line, found.column) == (line, column)


def test_two_wrong_names_are_two_faults() -> None:
    with pytest.raises(ConditionError) as caught:
        LANGUAGE.compile("answers.a == 1 || answers.b == 2")

    assert [each.column for each in caught.value.faults] == [1, 19]


def test_what_it_reads_is_known() -> None:
    assert LANGUAGE.compile("answers.hukou == 'local' || answers.years > 3").reads == {"hukou", "years"}
    assert LANGUAGE.compile("['a'].exists(x, x == 'a')").reads == set()


def test_a_missing_answer_is_an_error_and_not_false() -> None:
    condition = LANGUAGE.compile("answers.years > 3")

    with pytest.raises(Unanswered) as caught:
        condition.holds({}, TODAY)

    assert caught.value.missing == {"years"}


def test_a_missing_answer_behind_a_guard_is_never_looked_at() -> None:
    assert not LANGUAGE.compile("answers.hukou == 'elsewhere' && answers.years > 3").holds(
        {"hukou": "local"}, TODAY
    )


def test_an_answer_that_does_not_fit_is_an_error_that_does_not_quote_it() -> None:
    for value in ("9999011988", None, 77, "x" * 18):
        with pytest.raises(Unanswered) as caught:
            LANGUAGE.compile("age(answers.id_number) > 3").holds({"id_number": value}, TODAY)
        assert str(value) not in str(caught.value)


def test_choices_are_remembered_and_personal_answers_are_not() -> None:
    choice = LANGUAGE.compile("answers.hukou == 'local'")
    personal = LANGUAGE.compile("is_woman(answers.id_number)")

    assert choice.holds({"hukou": "local"}, TODAY)
    assert not choice.holds({"hukou": "elsewhere"}, TODAY)
    assert choice.holds({"hukou": "local"}, TODAY)
    assert personal.holds({"id_number": WOMAN}, TODAY)

    assert choice._remembered == {("local",): True, ("elsewhere",): False}
    assert personal._remembered is None


def test_a_day_passing_changes_the_result() -> None:
    birthday: Condition = LANGUAGE.compile("age(answers.id_number) >= 39")

    assert not birthday.holds(GIVEN, date(2027, 3, 4))
    assert birthday.holds(GIVEN, date(2027, 3, 5))


def test_a_long_loop_is_bounded() -> None:
    text = "[1,2,3,4,5,6,7,8,9,10]"
    nested = "true"
    for name in "abcdefg":
        nested = f"{text}.all({name}, {nested})"
    with pytest.raises(Unanswered):
        LANGUAGE.compile(nested).holds({}, TODAY)


def test_ages_and_months_count_when_they_are_full() -> None:
    assert age(WOMAN, date(2026, 3, 4)) == 37
    assert age(WOMAN, date(2026, 3, 5)) == 38
    assert LANGUAGE.compile("is_woman(answers.id_number)").holds({"id_number": WOMAN}, TODAY)
    assert not LANGUAGE.compile("is_woman(answers.id_number)").holds({"id_number": MAN}, TODAY)
    assert months_between(date(2026, 1, 31), date(2026, 2, 28)) == 0
    assert months_between(date(2026, 1, 31), date(2026, 3, 31)) == 2


NAMES = ["answers.hukou", "answers.years", "answers.nope", "answers", "today", "age(", "has(", "."]
SIGNS = ["==", "&&", "||", "!", "(", ")", "[", "]", "in", "?", ":", "-", "'", "'local'", "3", "1e999", "中"]
WORDS = st.sampled_from([*NAMES, *SIGNS, "\n", "\x00"])


@settings(max_examples=examples(80), deadline=None)
@example(["-9223372036854775809 == 1"])
@example(["1 / 0 == 1"])
@given(st.lists(WORDS | st.text(max_size=5), max_size=12))
def test_whatever_an_author_writes_is_a_condition_or_its_faults(words: list[str]) -> None:
    text = " ".join(words)
    try:
        condition = LANGUAGE.compile(text)
    except ConditionError as error:
        found = list(error.faults)
    else:
        found = []
        with suppress(Unanswered):
            assert condition.holds(GIVEN, TODAY) in (True, False)

    lines = text.split("\n")
    assert all(
        1 <= each.line <= len(lines) and each.column >= 1 and each.what and each.remedy for each in found
    )


def test_two_threads_on_two_days_do_not_see_each_others_today() -> None:
    condition = LANGUAGE.compile("days_since(answers.left_on) == 31")
    days = [TODAY, date(2020, 1, 1)] * 50

    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(lambda day: condition.holds(GIVEN, day), days))

    assert held == [True, False] * 50
