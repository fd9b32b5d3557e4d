"""Are the words of a script short and clear enough for a tired reader on a small phone?

Rules of the house (docs/scripts.md, Words): one question per message, at most two sentences, at most forty
characters each. And what a channel cannot show is said before it is cut off there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dialogs.script import Choice, Choices, Script
from dialogs.script.coherence import texts
from dialogs.script.problems import Marks, Path, Problem, did_you_mean

MAX_SENTENCES = 2
MAX_CHINESE = 40  # characters in a sentence
MAX_ENGLISH = 120  # about as long to read as forty Chinese characters
CATCH_ALL = re.compile(
    r"其他材料|其它材料|等?相关材料|有关材料|必要的材料|所需材料|视情况|等材料|other (documents|papers)"
)
COMMANDS = frozenset(
    {
        "返回",
        "上一步",
        "修改",
        "进度",
        "人工",
        "帮助",
        "重来",
        "撤回",
        "删除资料",
        "语言",
        "0",
        "换个地方办",
        "我办过",
        "接着办",
        "办事指南",
        "指南",
    }
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel can show: characters in one message and on one button."""

    channel: str
    text: int
    label: int


CHANNELS = (
    Limits("web chat", text=2000, label=40),
    Limits("WeChat", text=600, label=40),  # measured: 2048 bytes, about 680 Chinese characters
    Limits("Telegram", text=4096, label=64),
)


def problems(script: Script, marks: Marks, channels: Sequence[Limits]) -> Iterator[Problem]:
    """Yield what is wrong with the words of a script."""
    for path, words in texts(script):
        yield from _catch_all(path, words["zh-CN"], marks)
        if not _is_label(path):
            yield from _sentences(path, words, marks)
        yield from _too_long(path, words, marks, channels)
        if "en" not in words:
            what = "there are no English words"
            yield marks.problem(path, what, "Add `en: ...`.", "no-english", "warning")
    yield from _labels(script, marks)


def _is_label(path: Path) -> bool:
    return path[-1] in ("title", "label", "unit", "authority") or "options" in path or "procedure" in path


def _catch_all(path: Path, words: str, marks: Marks) -> Iterator[Problem]:
    """A paper that is not named cannot be brought: 取消兜底条件."""
    if path[0] in ("materials", "tells") and (found := CATCH_ALL.search(words)):
        what = f"“{found[0]}” asks for papers without naming them"
        yield marks.problem(path, what, "Name each paper, with the condition when it is needed.", "catch-all")


def _sentences(path: Path, words: dict[str, str] | Any, marks: Marks) -> Iterator[Problem]:
    for lang, limit in (("zh-CN", MAX_CHINESE), ("en", MAX_ENGLISH)):
        text = words.get(lang, "")
        sentences = [each for each in re.split(r"[。！？]+|[.!?]+(?=\s|$)", text) if each.strip()]
        if len(sentences) > MAX_SENTENCES:
            what = f"{len(sentences)} sentences in {lang}, {MAX_SENTENCES} are enough"
            yield marks.problem(path, what, "Say less, or use `hint:`.", "many-sentences", "warning")
        if sentences and (longest := max(len(each.strip()) for each in sentences)) > limit:
            what = f"a sentence of {longest} characters in {lang}, {limit} are read easily"
            yield marks.problem(path, what, "Make two of it.", "long-sentence", "warning")
        if path[-1] == "ask" and len(re.findall(r"[？?]", text)) > 1:
            what = f"two questions at once in {lang}"
            yield marks.problem(path, what, "Ask them one after the other.", "two-questions", "warning")


def _too_long(path: Path, words: Any, marks: Marks, channels: Sequence[Limits]) -> Iterator[Problem]:
    button = "options" in path or ("rows" in path and path[-1] == "label")
    for channel in channels:
        limit = channel.label if button else channel.text
        longest = max(len(each) for each in words.values())
        if longest > limit:
            what = f"{longest} characters, {channel.channel} shows {limit} here"
            yield marks.problem(path, what, "Shorten it.", "too-long-for-channel", "warning")


def _labels(script: Script, marks: Marks) -> Iterator[Problem]:
    """Options must be told apart by what they are called, and from what the bot obeys."""
    for part in ("situation", "form"):
        for place, step in enumerate(getattr(script, part)):
            if not isinstance(step, Choice | Choices):
                continue
            seen: dict[str, str] = {}
            for option, words in step.options.items():
                path: Path = (part, place, "options", option)
                label = words["zh-CN"]
                if label in seen:
                    what = f"options {seen[label]} and {option} are called the same"
                    yield marks.problem(path, what, "Call one of them something else.", "same-label")
                if label in COMMANDS:
                    what = f"“{label}” is a command of the bot"
                    yield marks.problem(path, what, "Use other words.", "command-label", "warning")
                seen[label] = option


def changed(before: Script, script: Script, marks: Marks) -> Iterator[Problem]:
    """Yield what a new version does to translations and to people in the middle of the old one."""
    old = {_named(before, path): words for path, words in texts(before)}
    for path, words in texts(script):
        was = old.get(_named(script, path))
        if was and "en" in words and was["zh-CN"] != words["zh-CN"] and was.get("en") == words["en"]:
            what = "the Chinese words have changed, the English ones have not"
            yield marks.problem(
                path, what, "Look whether the English still fits.", "stale-english", "warning"
            )
    yield from _gone(before, script, marks)


def _named(script: Script, path: Path) -> Path:
    """Return the path with ids for places in the lists of steps, which survive reordering."""
    if (
        len(path) > 1
        and path[0] in ("situation", "form", "materials", "children")
        and isinstance(path[1], int)
    ):
        return (path[0], getattr(script, str(path[0]))[path[1]].id, *path[2:])
    return path


def _gone(before: Script, script: Script, marks: Marks) -> Iterator[Problem]:
    for part in ("situation", "form"):
        now = {step.id: (place, step) for place, step in enumerate(getattr(script, part))}
        for old in getattr(before, part):
            if old.id not in now:
                what = f"`{old.id}` is gone; people may be standing on it"
                remedy = "Let them finish on the old version, " + did_you_mean(
                    old.id, now, "or keep the step."
                )
                yield marks.problem((part,), what, remedy, "step-gone", "warning")
                continue
            place, step = now[old.id]
            if not isinstance(old, Choice | Choices) or not isinstance(step, Choice | Choices):
                continue
            for option in old.options.keys() - step.options.keys():
                if step.options_from is None:
                    what = f"option `{option}` was removed; people may have chosen it"
                    remedy = "Keep the option, or give it an outcome that says what to do."
                    yield marks.problem((part, place, "options"), what, remedy, "option-gone")
