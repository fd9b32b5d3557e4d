"""Questions as a script writes them, and what becomes of an answer: the helpers of the answer tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import TypeAdapter

from dialogs.answers import Rejected, read, show
from dialogs.script import AnyQuestion, Script, SituationStep
from dialogs.wording import say

TODAY = date(2026, 11, 21)  # a Saturday
SCRIPT = Script.model_construct(tables={})
_STEP: TypeAdapter[Any] = TypeAdapter(SituationStep)


def question(kind: str, **parts: Any) -> AnyQuestion:
    """Return a question of this kind, with whatever the case is about."""
    made: AnyQuestion = _STEP.validate_python(
        {"id": "it", "kind": kind, "ask": "问什么？", "label": "它", **parts}
    )
    return made


def answer(asked: AnyQuestion, text: str = "", option: str = "", lang: str = "zh-CN") -> Any:
    """Return the value that is kept, or the refusal's name as "!name"."""
    got = read(asked, text, option, script=SCRIPT, today=TODAY, lang=lang)
    return "!" + got.reason.removeprefix("answers.") if isinstance(got, Rejected) else got.value


def flags(asked: AnyQuestion, text: str) -> tuple[str, ...]:
    got = read(asked, text, script=SCRIPT, today=TODAY, lang="zh-CN")
    return () if isinstance(got, Rejected) else got.flags


def refusal(asked: AnyQuestion, text: str, lang: str = "zh-CN") -> str:
    """Return the sentence the applicant hears."""
    got = read(asked, text, script=SCRIPT, today=TODAY, lang=lang)
    assert isinstance(got, Rejected), got
    return say(got.reason, lang, **got.values)


def shown(asked: AnyQuestion, value: Any, lang: str = "zh-CN", masked: bool = True) -> str:
    return show(asked, value, script=SCRIPT, today=TODAY, lang=lang, masked=masked)
