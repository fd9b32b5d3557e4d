"""Every sentence the bot says by itself, by key, in each language. The sentences are in *.yaml beside this.

A key is "<file>.<name>". Placeholders are `{name}`; nothing else in a sentence is interpreted.
Rules for the words: docs/scripts.md, "Words".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

LANGUAGES = ("zh-CN", "en")

Words = Mapping[str, str]


@cache
def catalogue() -> Mapping[str, Words]:
    """Return all sentences: key -> language -> sentence."""
    found: dict[str, Words] = {}
    for file in sorted(resources.files(__package__).iterdir(), key=lambda each: each.name):
        if file.name.endswith(".yaml"):
            words = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
            found.update({f"{file.name.removesuffix('.yaml')}.{name}": each for name, each in words.items()})
    return found


def say(key: str, lang: str, /, **values: object) -> str:
    """Return the sentence `key` in `lang` (zh-CN where it is not translated), placeholders filled in.

    Raises:
        KeyError: no such sentence or placeholder; a defect of ours that a test finds.
    """
    sentence = pick(catalogue()[key], lang)
    return sentence.format_map(values) if values else sentence


def pick(words: Mapping[Any, str], lang: str) -> str:
    """Return the words in `lang`, or in zh-CN where that language is missing."""
    return words.get(lang) or words["zh-CN"]
