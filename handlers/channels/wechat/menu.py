"""The menu below the chat: written in YAML, checked before WeChat sees it.

    - name: 我要办事
      buttons:
        - {name: 灵活就业参保, service: flexible_enrolment}   # begins a service
        - {name: 帮助, say: 帮助}                             # says it for him
    - {name: 查进度, say: 进度}
    - {name: 开通通知, url: /subscribe/}                      # opens a page of ours, or any https address

At most 3 buttons, each with at most 5 below it.
Source: https://developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from handlers.channels.wechat.reading import SCENE

TOP, BELOW = 3, 5  # buttons
NAME_BYTES, NAME_BELOW_BYTES = 16, 60  # 4 and 8 characters are shown whole on a phone
KEY_BYTES, URL_BYTES = 128, 1024
ACTS = ("say", "service", "url")
FILE_LIMIT = 64 * 1024  # bytes

_USUAL = """\
- name: 我要办事
  buttons:
    - {name: 开始办事, say: 你好}
    - {name: 返回上一步, say: 返回}
    - {name: 帮助, say: 帮助}
- {name: 查进度, say: 进度}
- name: 更多
  buttons:
    - {name: 找人工, say: 人工}
"""
_NOTICES = "    - {name: 开通办事通知, url: /subscribe/}\n"


class MenuFault(Exception):
    """The menu cannot be used. `problems` has one sentence each, with the remedy."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def default_menu(*, notices: bool) -> str:
    """Return the menu that comes with us; with `notices`, a way to agree to them."""
    return _USUAL + (_NOTICES if notices else "")


def read_menu(text: str, origin: str) -> dict[str, Any]:
    """Return the menu as WeChat wants it.

    text:   YAML as above.
    origin: how browsers reach us; addresses that begin with / are there.
    Raises:
        MenuFault: with all that is wrong.
    """
    if len(text.encode()) > FILE_LIMIT:
        raise MenuFault([f"the menu is longer than {FILE_LIMIT} bytes"])
    try:
        menu = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        raise MenuFault([f"line {mark.line + 1 if mark else '?'}: this is no YAML"]) from fault
    if problems := list(_faults(menu)):
        raise MenuFault(problems)
    return {"button": [_button(each, origin) for each in menu]}


def _button(button: Mapping[str, Any], origin: str) -> dict[str, Any]:
    if below := button.get("buttons"):
        return {"name": button["name"], "sub_button": [_button(each, origin) for each in below]}
    if url := button.get("url"):
        return {"name": button["name"], "type": "view", "url": origin + url if url[0] == "/" else url}
    key = f"{SCENE}{button['service']}" if "service" in button else button["say"]
    return {"name": button["name"], "type": "click", "key": key}


def _faults(menu: Any) -> Iterator[str]:
    """Yield a sentence for everything that WeChat would not take."""
    if not isinstance(menu, list) or not 1 <= len(menu) <= TOP:
        yield f"a menu is a list of 1 to {TOP} buttons"
        return
    for n, button in enumerate(menu, 1):
        yield from _wrong_with(button, f"button {n}", NAME_BYTES)
        below = button.get("buttons") if isinstance(button, dict) else None
        if below is None:
            continue
        if not isinstance(below, list) or not 1 <= len(below) <= BELOW:
            yield f"button {n}: `buttons` is a list of 1 to {BELOW}"
            continue
        for m, each in enumerate(below, 1):
            yield from _wrong_with(each, f"button {n}, {m} below it", NAME_BELOW_BYTES)
            if isinstance(each, dict) and "buttons" in each:
                yield f"button {n}, {m} below it: nothing can be below that"


def _wrong_with(button: Any, where: str, name_bytes: int) -> Iterator[str]:
    if not isinstance(button, dict):
        yield f"{where}: write {{name: ..., say: ...}}"
        return
    name = button.get("name")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= name_bytes:
        yield f"{where}: its name has 1 to {name_bytes} bytes; a Chinese character has 3"
    acts = [each for each in (*ACTS, "buttons") if each in button]
    if len(acts) != 1:
        yield f"{where}: it does one thing: {', '.join(ACTS)}, or has `buttons`"
    if unknown := sorted(set(map(str, button)) - {"name", "buttons", *ACTS}):
        yield f"{where}: {', '.join(unknown)} is not known here"
    for act in set(acts) & set(ACTS):
        yield from _wrong_act(button[act], act, where)


def _wrong_act(value: Any, act: str, where: str) -> Iterator[str]:
    limit = URL_BYTES // 2 if act == "url" else KEY_BYTES - len(SCENE)
    if not isinstance(value, str) or not 1 <= len(value.encode()) <= limit:
        yield f"{where}: `{act}` is text of 1 to {limit} bytes"
    elif act == "url" and not value.startswith(("/", "https://")):
        yield f"{where}: `url` begins with https://, or with / for a page of ours"
