"""What goes into the fields of a notice: our words, as each kind of field takes them.

WeChat refuses the whole notice (47003) for one field that is empty, too long or of the wrong shape, and a
field's kind is part of its name: thing1, character_string2, phrase3, time4.
Source: https://developers.weixin.qq.com/doc/service/guide/product/template_message/ (参数限制)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from dialogs.messages import News
from handlers.channels.wechat.account import Form
from handlers.channels.wechat.errors import SHANGHAI

NOTHING = "无"
LONGEST = {"thing": 20, "const": 20, "short_thing": 5}
_USUAL = 20  # of kinds we do not know
_NO_BREAKS = re.compile(r"\s+")


def filled(form: Form, news: News, now: datetime) -> dict[str, dict[str, Any]]:
    """Return the `data` of a notice that says `news`."""
    words = {"title": news.title, "number": news.number, "state": news.state, "day": news.day}
    return {name: {"value": fit(name, words[word], now)} for name, word in form.fields.items()}


def fit(name: str, text: str, now: datetime) -> str:
    """Return `text` as the field called `name` takes it. Dates and times say when the notice went out."""
    kind = name.rstrip("0123456789")
    if kind in _MOMENTS:
        return _MOMENTS[kind](now.astimezone(SHANGHAI))
    if kind in _ONLY:
        strange, longest, instead = _ONLY[kind]
        return strange.sub("", text)[:longest] or instead
    text = _NO_BREAKS.sub(" ", text).strip()
    longest = LONGEST.get(kind, _USUAL)
    return (text if len(text) <= longest else f"{text[: longest - 1]}…") or NOTHING


# Kinds that take certain characters only: what has to go, how many may stay, what stands for nothing.
_ONLY: Mapping[str, tuple[re.Pattern[str], int, str]] = {
    "character_string": (re.compile(r"[^!-~]"), 32, "-"),
    "phrase": (re.compile(r"[^\u4e00-\u9fff]"), 5, "有进展"),
    "name": (re.compile(r"[^\u4e00-\u9fff]"), 10, NOTHING),
    "number": (re.compile(r"[^0-9]"), 32, "0"),
    "letter": (re.compile(r"[^A-Za-z]"), 32, "N"),
}


def _date(there: datetime) -> str:
    return f"{there.year}年{there.month:02}月{there.day:02}日"


_MOMENTS: Mapping[str, Callable[[datetime], str]] = {
    "date": _date,
    "time": lambda there: f"{_date(there)} {there:%H:%M}",
}
