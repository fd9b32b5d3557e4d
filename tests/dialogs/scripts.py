"""A small script for tests, and the shipped ones with something changed."""

from datetime import date
from importlib import resources

from dialogs.script import Script, loader
from dialogs.script.check import check
from dialogs.script.problems import Problem, ScriptError

TODAY = date(2026, 11, 21)
SMALL = """\
format: 1
id: permit
title: {zh-CN: 居住证, en: Residence permit}
aka: [居住证]
about: {zh-CN: 办居住证。, en: Get a residence permit.}
item:
  name_code: 居住证
  authority: {zh-CN: 常山县公安局, en: Changshan Police}
  office: changshan_social_insurance
  basis: [{text: 居住证暂行条例, source: 条例, verified: true}]
  materials: below
  procedure: [{zh-CN: 受理, en: Acceptance}]
  limits:
    promised: {days: 10, kind: calendar, source: 条例, verified: true}
    statutory: {days: 15, kind: calendar, source: 条例第九条, verified: true}
  fee: {amount: 0, source: 条例, verified: true}
  result: {zh-CN: 居住证, en: The permit}
situation:
  - id: stay
    kind: choice
    ask: {zh-CN: 住在哪里？, en: 'Where do you live?'}
    label: {zh-CN: 住处, en: Home}
    options: {rented: {zh-CN: 租的, en: Rented}, own: {zh-CN: 自己的, en: My own}}
  - id: months
    kind: number
    when: answers.stay == 'rented'
    ask: {zh-CN: 住了几个月？, en: 'For how many months?'}
    label: {zh-CN: 几个月, en: Months}
    between: [0, 600]
  - id: too_short
    kind: outcome
    when: answers.stay == 'rented' && answers.months < 6
    why: {zh-CN: 要住满半年。, en: You need half a year.}
    how: {zh-CN: 住满了再来。, en: Come back then.}
form:
  - {id: name, kind: person-name, ask: {zh-CN: 姓名？, en: 'Name?'}, label: {zh-CN: 姓名, en: Name}}
materials:
  - {id: lease, title: {zh-CN: 合同, en: Lease}, when: answers.stay == 'rented', pages: [page, page]}
life: [papers]
scenarios:
  - {name: 住满了, given: {stay: rented, months: 6}, expect: {submit: true, materials: [lease]}}
"""


def small(*changes: tuple[str, str]) -> str:
    """Return the small script with some of its text replaced; each old text must be there once."""
    return replaced(SMALL, changes)


def enrolment(*changes: tuple[str, str]) -> str:
    """Return the shipped enrolment script with some of its text replaced."""
    file = resources.files("dialogs") / "scripts" / "flexible_enrolment.yaml"
    return replaced(file.read_text(encoding="utf-8"), changes)


def replaced(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def script(*changes: tuple[str, str]) -> Script:
    return loader.load(small(*changes), "permit.yaml")


def faults(text: str) -> list[Problem]:
    """Return everything wrong with a text: why it does not load, else what `check` finds."""
    try:
        found, marks = loader.read(text, "permit.yaml")
    except ScriptError as error:
        return error.problems
    return check(found, TODAY, marks)


def line_of(text: str, part: str) -> int:
    """Return the line, from 1, on which `part` first stands."""
    return text[: text.index(part)].count("\n") + 1
