"""What may be done about a bad mark, as data: contact, mend, look again, close.

    contact ──contacted──► fix ──fixed──► check ──checked──► closed
      ↺ tried               ↺ complex        └──not_mended──► fix
    from each of the three: flag, and a supervisor's flag_confirmed ──► closed, or flag_rejected

Limits are the ones in common use, to be confirmed by each place (docs/intake.md): contact by the end of the
next working day, mended within five working days of the mark, fifteen when it is complex and somebody said
why, looked at again within five.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from intake.states import Limit, Need

Who = Literal["reviewer", "supervisor"]

STATES: Mapping[str, str] = {
    "contact": "等联系",
    "fix": "整改中",
    "check": "等复核",
    "closed": "已结束",
}
OPEN = ("contact", "fix", "check")
FIX, COMPLEX, CHECK, RERATE = Limit(5), Limit(15), Limit(5), Limit(5)

HOW_CONTACTED = Need(
    "words", "怎么联系的，对方怎么说", "留了名的要打电话。没留名的写“看到了，已在改”。", multiline=True
)
TRIED = Need("words", "试了什么", "比如：打了两次电话没人接。", multiline=True)
WHY_COMPLEX = Need("words", "为什么复杂", "最多15个工作日办完。", multiline=True)
MENDED = Need("words", "改了什么", "申请人会看到，用一两句话说清。", multiline=True)
CHECKED = Need("words", "复核情况", "是真的改好了吗？怎么看出来的？", multiline=True)
MISSING = Need("words", "还差什么", "写给整改的人看。", multiline=True)
WHY_FLAG = Need("words", "为什么认为是恶意评价", "要有证据。最后由监督人员决定。", multiline=True)
DECIDED = Need("words", "理由", "写清楚看了什么。", multiline=True)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that may be done.

    target: the state it leads to; empty stays.
    meets:  the clock that runs is met by it; with a limit the next one starts, counted from the mark when
            `from_mark`, else from now.
    other:  not by the one who mended it.
    once:   not when it was called complex before.
    asked:  only while somebody's flag is undecided; `None` does not ask.
    """

    id: str
    label: str
    sources: tuple[str, ...]
    target: str
    need: Need
    who: Who = "reviewer"
    meets: bool = False
    limit: Limit | None = None
    from_mark: bool = False
    other: bool = False
    once: bool = False
    asked: bool | None = None


STEPS: tuple[Step, ...] = (
    Step("tried", "没联系上", ("contact",), "", TRIED),
    Step("contacted", "联系过了", ("contact",), "fix", HOW_CONTACTED, meets=True, limit=FIX, from_mark=True),
    Step("complex", "情况复杂，延长", ("fix",), "", WHY_COMPLEX, limit=COMPLEX, from_mark=True, once=True),
    Step("fixed", "整改完成", ("fix",), "check", MENDED, meets=True, limit=CHECK),
    Step("checked", "复核通过", ("check",), "closed", CHECKED, meets=True, other=True),
    Step("not_mended", "没有改好，退回", ("check",), "fix", MISSING, meets=True, limit=FIX, other=True),
    Step("flag", "认为是恶意评价", OPEN, "", WHY_FLAG, asked=False),
    Step("flag_confirmed", "认定恶意评价", OPEN, "closed", DECIDED, who="supervisor", asked=True),
    Step("flag_rejected", "不是恶意评价", OPEN, "", DECIDED, who="supervisor", asked=True),
)
BY_ID: Mapping[str, Step] = {step.id: step for step in STEPS}
