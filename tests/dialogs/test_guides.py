"""Errands that people do themselves, elsewhere: the bot says how, and hands nothing in."""

import pytest

from dialogs.script.loader import load
from dialogs.script.problems import ScriptError
from dialogs.script.situations import situations
from dialogs.turn import OpenTicket, Submit
from tests.dialogs.scripts import TODAY, faults, script, small
from tests.dialogs.talking import play

OUTCOME = """\
    kind: outcome
    when: answers.stay == 'rented' && answers.months < 6
    why: {zh-CN: 要住满半年。, en: You need half a year.}
    how: {zh-CN: 住满了再来。, en: Come back then.}
"""
GUIDE = """\
    kind: guide
    when: answers.stay == 'rented' && answers.months < 6
    steps:
      - {zh-CN: 打开网页。, en: Open the page.}
      - {zh-CN: 点“登记”。, en: Tap register.}
    link:
      label: {zh-CN: 官方网址, en: Official page}
      url: https://www.gov.cn/
      source: 中国政府网
      verified: true
"""
CHANGE = (OUTCOME, GUIDE)


def test_the_steps_are_told_one_under_the_other_with_the_official_page() -> None:
    chat = play("permit", script(CHANGE)).tap("租的").say("3")

    assert chat.heard[-1] == "第1步，打开网页。\n第2步，点“登记”。\n官方网址：https://www.gov.cn/"
    assert chat.labels == ["改前面的答案", "办别的事", "找工作人员"]
    assert not chat.ordered(Submit)
    assert not chat.ordered(OpenTicket)


def test_whoever_has_read_it_may_go_on() -> None:
    chat = play("permit", script(CHANGE)).tap("租的").say("3").tap("改前面的答案").tap("几个月").say("8")

    assert chat.at == "consent"


def test_a_guide_is_an_end_among_the_situations() -> None:
    ends = {each.at for each in situations(script(CHANGE), TODAY).all if each.end == "guide"}

    assert ends == {"too_short"}


def test_a_scenario_may_expect_it() -> None:
    scenario = "  - {name: 才住三个月, given: {stay: rented, months: 3}, expect: {guide: too_short}}\n"

    assert faults(small(CHANGE) + scenario) == []
    assert [each.code for each in faults(small() + scenario)] == ["unknown-end"]


@pytest.mark.parametrize(
    "url", ["http://www.gov.cn/", "https://gov.cn.example.com/", "https://bit.ly/x", "www.gov.cn"]
)
def test_no_other_page_is_called_official(url: str) -> None:
    with pytest.raises(ScriptError, match="link"):
        load(small((OUTCOME, GUIDE.replace("https://www.gov.cn/", url))), "permit.yaml")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("life: [papers]", "life: [paper]"), "unknown-life"),
        (("life: [papers]", "fits: {whom: [nobody]}\nlife: [papers]"), "unknown-fit"),
        (("life: [papers]", "fits: {who: [me]}\nlife: [papers]"), "unknown-fit"),
        (("life: [papers]\n", ""), "no-life"),
    ],
)
def test_a_service_is_found_under_what_there_is(change: tuple[str, str], code: str) -> None:
    assert [each.code for each in faults(small(change))] == [code]
