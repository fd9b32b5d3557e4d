# ruff: noqa: E501  # a case a line reads better than a column of words
"""What `check` finds, by tier."""

from datetime import date

import pytest

from dialogs.script import loader
from dialogs.script.check import check, errors
from dialogs.script.plain_words import Limits
from dialogs.script.problems import Problem
from tests.dialogs.scripts import SMALL, TODAY, faults, line_of, small

CONFIRM = "kind: confirm, ask: {zh-CN: 对吗？, en: 'Sure?'}, label: {zh-CN: 对, en: Sure}"

# One label: what is changed, where the finger points, code, words of the remedy.
ERRORS = {
    "catch-all paper": ("{zh-CN: 合同, en: Lease}", "{zh-CN: 其他材料, en: Lease}", "title: {zh-CN: 其他", "catch-all", "Name each"),
    "paper a look-up gives": ("pages: [page, page]", "lookup: true, pages: [page, page]", "{id: lease", "lookup-demanded", "fetched-first"),
    "promise beyond the law": ("promised: {days: 10,", "promised: {days: 16,", "promised:", "late-promise", "at most"),
    "promise beyond the law, in working days": ("promised: {days: 10, kind: calendar", "promised: {days: 12, kind: working", "promised:", "late-promise", "at most"),
    "a step nobody reaches": ("answers.months < 6", "answers.months < 0", "- id: too_short", "unreachable", "when"),
    "a paper nobody needs": ("when: answers.stay == 'rented', pages", "when: answers.stay == 'own' && answers.stay == 'rented', pages", "{id: lease", "unreachable", "when"),
    "steps behind an end for all": ("    when: answers.stay == 'rented' && answers.months < 6\n", "", "{id: name", "unreachable", "steps above"),
    "an answer not given": ("answers.stay == 'rented' && answers.months < 6", "answers.months < 6", "when: answers.months", "reads-unanswered", "Guard it"),
    "a paper that reads an answer not given": ("when: answers.stay == 'rented', pages", "when: answers.months > 7, pages", "when: answers.months > 7", "reads-unanswered", "Guard it"),
    "a video call that reads an answer not given": ("scenarios:", "verification: {video: {when: answers.months > 9}}\nscenarios:", "verification:", "reads-unanswered", "Guard it"),
    "something told that reads an answer not given": ("scenarios:", "tells: [{text: {zh-CN: 好, en: Good}, when: answers.months > 9}]\nscenarios:", "tells:", "reads-unanswered", "Guard it"),
    "a failing scenario": ("given: {stay: rented, months: 6}", "given: {stay: rented, months: 5}", "expect: {submit", "scenario-fails", "what the scenario expects"),
    "a scenario with other papers": ("materials: [lease]", "materials: []", "expect: {submit", "scenario-fails", "expects"),
    "a scenario with an option there is not": ("given: {stay: rented,", "given: {stay: tent,", "stay: tent", "scenario-answer", "rented, own"),
    "an office there is not": ("office: changshan_social_insurance", "office: changshan_social", "office:", "unknown-office", "changshan_social_insurance?"),
    "options of one name": ("{zh-CN: 自己的, en: My own}", "{zh-CN: 租的, en: My own}", "own: {zh-CN: 租的", "same-label", "something else"),
    "a face on no front": ("pages: [page, page]", "checks: [face-on-front], pages: [page]", "checks:", "no-front", "front"),
}  # fmt: skip

WARNINGS = {
    "no English": ("{zh-CN: 住处, en: Home}", "{zh-CN: 住处}", "label: {zh-CN: 住处}", "no-english", "en:"),
    "three sentences": ("要住满半年。", "不行。要住。住满半年。", "why:", "many-sentences", "less"),
    "a long sentence": ("要住满半年。", "要" * 41 + "。", "why:", "long-sentence", "two of it"),
    "two questions": ("住在哪里？", "住在哪里？多久？", "ask: {zh-CN: 住在", "two-questions", "one after the other"),
    "a command as a label": ("{zh-CN: 自己的,", "{zh-CN: 返回,", "own: {zh-CN: 返回", "command-label", "other words"),
    "facts not confirmed": ("source: 条例第九条, verified: true", "source: 条例第九条", "item:", "unverified", "verified: true"),
    "no way in": ("aka: [居住证]\n", "", "format: 1", "no-aka", "call it"),
    "no scenarios": ("  - {name: 住满了, given: {stay: rented, months: 6}, expect: {submit: true, materials: [lease]}}\n", "  []\n", "format: 1", "no-scenarios", "each end"),
    "a label longer than a button": ("{zh-CN: 自己的,", "{zh-CN: " + "我" * 41 + ",", "own: {zh-CN: 我", "too-long-for-channel", "Shorten"),
}  # fmt: skip


def of(code: str, found: list[Problem]) -> Problem:
    return next(each for each in found if each.code == code)


@pytest.mark.parametrize("label", ERRORS)
def test_errors_block_and_name_the_place(label: str) -> None:
    old, new, place, code, remedy = ERRORS[label]
    text = small((old, new))

    found = of(code, faults(text))

    assert found.tier == "error"
    assert found.line == line_of(text, place)
    assert remedy in found.remedy


@pytest.mark.parametrize("label", WARNINGS)
def test_warnings_want_a_yes_i_know(label: str) -> None:
    old, new, place, code, remedy = WARNINGS[label]
    text = small((old, new))

    found = of(code, faults(text))

    assert found.tier == "warning"
    assert found.line == line_of(text, place)
    assert remedy in found.remedy


def test_nothing_is_said_about_a_good_script() -> None:
    assert faults(SMALL) == []


def test_the_witness_of_an_unanswered_question_is_shown() -> None:
    text = small(("answers.stay == 'rented' && answers.months < 6", "answers.months < 6"))

    found = of("reads-unanswered", faults(text))

    assert found.what == "reads answers.months, which was not asked when stay=own"


TABLE = """
tables:
  homes:
    - valid: {{from: 2026-01-01, to: {}}}
      rows: [{{id: a, label: {{zh-CN: 甲, en: A}}}}, {{id: b, label: {{zh-CN: 乙, en: B}}}}]
"""


def test_a_table_warns_ninety_days_before_it_runs_out() -> None:
    def codes(today: date) -> set[str]:
        script, marks = loader.read(SMALL + TABLE.format("2026-12-31"), "x.yaml")
        return {each.code for each in check(script, today, marks)} - {"unverified"}

    assert codes(date(2026, 10, 2)) == set()
    assert codes(date(2026, 10, 3)) == {"table-ends"}
    assert codes(date(2027, 5, 1)) == {"table-ends"}
    assert codes(date(2025, 5, 1)) == {"table-begins"}


def test_too_many_questions_warn() -> None:
    more = "".join(
        f"  - {{id: q{n}, kind: confirm, ask: {{zh-CN: 问, en: Q}}, label: {{zh-CN: 问, en: Q}}}}\n"
        for n in range(9)
    )

    assert of("many-questions", faults(small(("form:\n", more + "form:\n")))).what.startswith("11 questions")


def test_a_new_version_is_held_against_the_one_in_use() -> None:
    before = loader.load(SMALL, "x.yaml")
    text = small(
        ("zh-CN: 要住满半年。", "zh-CN: 要住满六个月。"),
        ("own: {zh-CN: 自己的, en: My own}", "mine: {zh-CN: 自己的, en: My own}"),
        ("{id: name,", "{id: full_name,"),
    )
    script, marks = loader.read(text, "x.yaml")

    found = check(script, TODAY, marks, before=before)

    assert [(each.tier, each.code) for each in found] == [
        ("error", "option-gone"),
        ("warning", "stale-english"),
        ("warning", "step-gone"),
    ]


def test_a_channel_of_the_operator_counts_too() -> None:
    script, marks = loader.read(SMALL, "x.yaml")

    found = check(script, TODAY, marks, channels=[Limits("pager", text=5, label=2)])

    assert {each.code for each in found} == {"too-long-for-channel"}
    assert errors(found) == []


def test_without_marks_the_node_still_says_where() -> None:
    script = loader.load(small(("promised: {days: 10,", "promised: {days: 16,")), "x.yaml")

    found = check(script, TODAY)[0]

    assert (found.file, found.line, found.node) == ("permit.yaml", 0, "item.limits.promised")
