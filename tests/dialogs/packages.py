"""A small package for tests: two offices, one form."""

from textwrap import dedent

from dialogs.script import Script, loader
from tests.dialogs.scripts import replaced

ITEM = """\
    item:
      name_code: {code}
      authority: {{zh-CN: {authority}, en: Office}}
      office: {office}
      basis: [{{text: 办法, source: 办法, verified: true}}]
      materials: below
      procedure: [{{zh-CN: 受理, en: Acceptance}}]
      limits:
        promised: {{days: {days}, kind: working, source: 办法, verified: true}}
        statutory: {{days: 20, kind: working, source: 办法, verified: true}}
      fee: {{amount: 0, source: 办法, verified: true}}
      result: {{zh-CN: 补助, en: The subsidy}}
"""
WATER = ITEM.format(code="水", authority="常山水务", office="changshan_market", days=3)
POWER = ITEM.format(code="电", authority="常山供电", office="changshan_police", days=5)
WHOLE = ITEM.format(code="水电", authority="民政局", office="changshan_civil_affairs", days=5)
PACKAGE = f"""\
format: 1
id: subsidies
title: {{zh-CN: 水电补助, en: Subsidies}}
aka: [水电补助]
about: {{zh-CN: 水费电费一次办。, en: Water and power at once.}}
life: [family]
{dedent(WHOLE)}situation:
  - id: wants
    kind: choices
    ask: {{zh-CN: 要哪几项？, en: 'Which?'}}
    label: {{zh-CN: 办哪几项, en: Which}}
    options: {{water: {{zh-CN: 自来水, en: Water}}, power: {{zh-CN: 用电, en: Power}}}}
form:
  - include: identity
  - id: water_account
    kind: text
    when: "'water' in answers.wants"
    ask: {{zh-CN: 水费户号？, en: 'Water account?'}}
    label: {{zh-CN: 水费户号, en: Water account}}
  - id: power_account
    kind: text
    when: "'power' in answers.wants"
    ask: {{zh-CN: 电费户号？, en: 'Power account?'}}
    label: {{zh-CN: 电费户号, en: Power account}}
materials:
  - {{id: certificate, title: {{zh-CN: 低保证, en: Certificate}}, pages: [page]}}
  - id: power_bill
    title: {{zh-CN: 电费单, en: Power bill}}
    when: "'power' in answers.wants"
    pages: [page]
children:
  - id: water
    title: {{zh-CN: 自来水补助, en: Water subsidy}}
    when: "'water' in answers.wants"
    answers: [water_account]
{WATER}  - id: power
    title: {{zh-CN: 用电补助, en: Power subsidy}}
    when: "'power' in answers.wants"
    answers: [wants, power_account]
    materials: [power_bill]
{POWER}scenarios:
  - name: 两项
    given: {{wants: [water, power]}}
    expect: {{submit: true, materials: [certificate, power_bill], children: [water, power]}}
"""


def package(*changes: tuple[str, str]) -> str:
    """Return the package with some of its text replaced."""
    return replaced(PACKAGE, changes)


def script(*changes: tuple[str, str]) -> Script:
    return loader.load(package(*changes), "subsidies.yaml")
