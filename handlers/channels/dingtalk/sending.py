"""How a Part looks on DingTalk: plain text where that will do, a card where there is something to tap.

A card's words are markdown. What an applicant or a clerk wrote must not become markup there, so the
signs of markup are replaced by their full-width twins; addresses stay as they are.

A tapped button says its label as if it were typed, by a dtmd address: the app knows no other way to
answer without a page of ours. (Seen in others' code and manuals; not tried on the real app.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from handlers.channels.base import Part

SAY = "dtmd://dingtalkclient/sendMessage?content="
TITLE_LENGTH = 20  # characters; it is what the list of conversations shows

_ADDRESS = re.compile(r"https?://[^\s<>]+")
_MARKS = str.maketrans("*_`[]<>#~|\\", "＊＿｀［］＜＞＃～｜＼")
_RULE = re.compile(r"(?m)^[ \t]*([-=])[-= \t]*$")
_INDENT = re.compile(r"(?m)^[ \t]+")


def for_hook(part: Part) -> dict[str, Any]:
    """Return the body of a call of a sessionWebhook."""
    buttons = _buttons(part)
    if not buttons:
        return {"msgtype": "text", "text": {"content": part.text}}
    card = {
        "title": _title(part.text),
        "text": markdown(part.text),
        "btnOrientation": "0",
        "btns": [{"title": label, "actionURL": url} for label, url in buttons],
    }
    return {"msgtype": "actionCard", "actionCard": card}


def for_batch(part: Part) -> tuple[str, str]:
    """Return msgKey and msgParam of oToMessages/batchSend, whose cards go by their number of buttons."""
    buttons = _buttons(part)
    if not buttons:
        return "sampleText", _dumps({"content": part.text})
    card = {"title": _title(part.text), "text": markdown(part.text)}
    if len(buttons) == 1:
        ((label, url),) = buttons
        return "sampleActionCard", _dumps({**card, "singleTitle": label, "singleURL": url})
    for n, (label, url) in enumerate(buttons, 1):
        card |= {f"actionTitle{n}": label, f"actionURL{n}": url}
    return f"sampleActionCard{len(buttons)}", _dumps(card)


def markdown(text: str) -> str:
    """Return markdown that shows `text` as it is: no markup but line breaks."""
    done, kept = 0, []
    for found in _ADDRESS.finditer(text):
        kept += [_plain(text[done : found.start()]), found[0]]
        done = found.end()
    lines = "".join([*kept, _plain(text[done:])])
    lines = _RULE.sub(lambda line: "——" if line[1] == "-" else "＝＝", lines)
    return "  \n".join(_INDENT.sub("", lines).split("\n"))


def _plain(text: str) -> str:
    return text.translate(_MARKS)


def _buttons(part: Part) -> list[tuple[str, str]]:
    said = [(choice.label, SAY + quote(choice.label, safe="")) for choice in part.choices]
    return said + [(link.label, link.url) for link in part.links]


def _title(text: str) -> str:
    first = text.strip().partition("\n")[0]
    return first if len(first) <= TITLE_LENGTH else first[: TITLE_LENGTH - 1] + "…"


def _dumps(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
