"""A script as large as the largest the seeds tell of (382 situations, 203 guides) is listed whole."""

from __future__ import annotations

from dialogs.script import loader
from dialogs.script.check import check
from dialogs.script.situations import situations
from tests.dialogs.scripts import TODAY, small

OPTIONS = "{a: {zh-CN: 甲, en: A}, b: {zh-CN: 乙, en: B}, c: {zh-CN: 丙, en: C}, d: {zh-CN: 丁, en: D}}"


def large() -> str:
    """Return a script of 2 x 4 x 4 x 4 x 4 + 1 situations, each question with a paper of its own."""
    questions = "".join(_question(name) for name in ("first", "second", "third", "fourth"))
    papers = "".join(_paper(name) for name in ("first", "second", "third", "fourth"))
    given = "given: {stay: rented, months: 6, first: a, second: b, third: c, fourth: d}"
    return small(
        ("form:\n", questions + "form:\n"),
        ("life: [papers]", papers + "life: [papers]"),
        ("given: {stay: rented, months: 6}", given),
        ("materials: [lease]", "materials: [lease, paper_first, paper_second]"),
    )


def _question(name: str) -> str:
    words = f"ask: {{zh-CN: 是哪一种（{name}）？, en: 'Which {name}?'}}, label: {{zh-CN: {name}, en: {name}}}"
    return f"  - {{id: {name}, kind: choice, {words}, options: {OPTIONS}}}\n"


def _paper(name: str) -> str:
    words = f"title: {{zh-CN: 证明{name}, en: Proof {name}}}, pages: [page]"
    return f"  - {{id: paper_{name}, {words}, when: \"answers.{name} in ['a', 'b']\"}}\n"


def test_a_script_of_more_than_400_situations_is_listed_and_checked_whole() -> None:
    script = loader.load(large(), "permit.yaml")

    ways = situations(script, TODAY)

    assert ways.coverage == "every"
    assert len(ways.all) == 513
    assert len({way.witness() for way in ways.all}) == 513
    assert [each.code for each in check(script, TODAY) if each.tier == "error"] == []
