"""What changes for whom between two versions, in citizens' terms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.compare import TooMany, compare, told
from dialogs.compare.fates import people
from dialogs.compare.groups import NOT_ASKED, named
from dialogs.script import loader
from tests.dialogs.scripts import TODAY, enrolment, script, small

PERMIT = "  - {id: card, title: {zh-CN: 居住证, en: Permit}, when: %s, pages: [front]}\n"
OUTCOME = "answers.stay == 'rented' && answers.months < 6"


def changed(*changes: tuple[str, str], lang: str = "zh-CN") -> list[str]:
    return told(compare(script(), script(*changes), TODAY), lang)


def with_paper(when: str) -> tuple[str, str]:
    return ("life: [papers]", PERMIT % when + "life: [papers]")


def test_what_only_the_author_sees_changes_nothing() -> None:
    assert changed(("aka: [居住证]", "aka: [居住证, 暂住证]")) == ["居住证：3种情况都没有变。"]


def test_a_new_paper_is_told_with_those_who_need_it() -> None:
    paper = with_paper("\"answers.stay == 'rented' && answers.months >= 120\"")

    assert changed(paper) == ["居住证：4种情况里有1种变了。", "几个月：120以上（1种）：现在要居住证。"]
    assert changed(paper, lang="en")[-1] == "Months: 120 or more (1): now needs Permit."


def test_a_border_that_moves_concerns_those_between() -> None:
    assert changed((OUTCOME, OUTCOME.replace("6", "12")), ("months: 6}", "months: 12}")) == [
        "居住证：4种情况里有1种变了。",
        "几个月：6到11（1种）：现在办不了：要住满半年。",
    ]


def test_a_border_is_cut_for_either_sex_and_version() -> None:
    guard = "age(answers.id_number) >= number('pension_age', is_woman(answers.id_number) ? 'woman' : 'man')"
    old, new = (
        loader.load(text, "x.yaml")
        for text in (enrolment(), enrolment((guard, "age(answers.id_number) >= 65")))
    )

    first, second = told(compare(old, new, TODAY), "zh-CN")

    assert first == "灵活就业人员参保登记：65种情况里有18种变了。"
    assert second == "身份证号码：女，55到64岁、男，60到64岁（18种）：现在能办了。"


def test_an_option_that_is_gone_or_new_is_told() -> None:
    more = (", own: {zh-CN: 自己的", ", host: {zh-CN: 借住, en: Host}, own: {zh-CN: 自己的")
    old, new = script(), script(more)

    assert told(compare(old, new, TODAY), "zh-CN")[1:] == ["住处：借住（1种）：现在能办了。"]
    assert told(compare(new, old, TODAY), "zh-CN")[1:] == ["住处：借住（1种）：这个选项没有了：住处"]


def test_questions_papers_and_words_are_told_for_those_who_meet_them() -> None:
    new = (
        ("form:\n", "form:\n  - {id: phone, kind: phone, ask: {zh-CN: 手机？}, label: {zh-CN: 手机}}\n"),
        ("pages: [page, page]", "pages: [page], deferrable: true"),
        ("zh-CN: 住满了再来。", "zh-CN: 满了再来。"),
    )

    assert changed(*new) == [
        "居住证：3种情况里有3种变了。",
        "几个月：0到5（1种）：说法变了：要住满半年。",
        "几个月：6以上（1种）：现在要问手机。合同要拍的页数变了。合同可以先欠着。",
        "住处：自己的（1种）：现在要问手机。",
    ]


def test_limits_and_money_change_for_everybody() -> None:
    new = (
        ("promised: {days: 10, kind: calendar", "promised: {days: 5, kind: working"),
        ("amount: 0", "amount: 20"),
    )

    assert changed(*new) == [
        "居住证：3种情况都没有变。",
        "每个人：承诺时限从10天变为5个工作日。",
        "每个人：费用从不要钱变为收费20元。",
    ]


def test_what_is_told_more_or_less_is_said() -> None:
    tell = ("scenarios:", "tells:\n  - {text: {zh-CN: 带上合同。, en: Bring it.}, source: 条例}\nscenarios:")

    assert changed(tell, lang="en")[1:] == [
        "Months: 6 or more (1): is now also told: Bring it.",
        "Home: My own (1): is now also told: Bring it.",
    ]
    assert told(compare(script(tell), script(), TODAY), "zh-CN")[-1].endswith("不再告诉：带上合同。")


def test_too_many_people_are_merged_and_then_given_up() -> None:
    many = "".join(
        f"  - {{id: q{n}, kind: confirm, ask: {{zh-CN: 是？}}, label: {{zh-CN: 是{n}}}}}\n" for n in range(8)
    )
    old = loader.load(small(("form:\n", many + "form:\n")), "x.yaml")

    assert len(people(old, script(), TODAY)[0]) == 1 + 2 * 2**8  # who is told no is asked nothing more
    assert len(people(old, script(), TODAY, limit=100)[0]) == 3
    with pytest.raises(TooMany):
        people(script(), script(), TODAY, limit=2)


ROWS = st.lists(
    st.fixed_dictionaries(
        {"a": st.integers(0, 2)}, optional={"b": st.sampled_from("xyz"), "c": st.booleans()}
    ),
    min_size=1,
    max_size=16,
    unique_by=lambda row: tuple(sorted(row.items(), key=str)),
)


@given(ROWS, st.data())
def test_a_group_is_named_whole_and_nobody_else(rows: list[dict[str, object]], data: st.DataObject) -> None:
    mine = data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1))
    group = [rows[place] for place in sorted(mine)]

    found = named(group, rows)
    met = [row for row in rows for who, _ in found if _meant(row, who)]

    assert sorted(map(str, met)) == sorted(map(str, group))
    assert sum(count for _, count in found) == len(group)


def _meant(row: dict[str, object], who: object) -> bool:
    return all(row.get(name, NOT_ASKED) in values for name, values in who.items())  # type: ignore[attr-defined]
