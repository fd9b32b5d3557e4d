"""Whatever is typed, an answer is read or refused in words: never an exception, never an unsafe value."""

from __future__ import annotations

import ast
import json
import re
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import dialogs.answers
from dialogs.answers import KINDS, Accepted, plain, read, show, tidy
from dialogs.answers.cleaning import LONGEST, SHORT
from dialogs.finder import Finder
from dialogs.wording import catalogue, say
from tests.dialogs.asking import SCRIPT, TODAY, answer, question
from tests.examples import examples

EXTRA = {
    "choice": {"options": {"has": "有", "none": "没有"}},
    "choices": {"options": {"has": "有", "none": "没有"}},
}
ASKED = {kind: question(kind, **EXTRA.get(kind, {})) for kind in KINDS}
WORDS = (
    "零一二两三十百千万亿半年月日号周上下今昨天前后元块毛是不没有的第个常山省市县xX"
    "0123456789０１２.-/,，、。:+*()% \t\n"
)
NASTY = "\x00\x1b\u200b\u200d\u202e\u2066\ufeff\ufe0f\u20e3\ud800\udfff\ufffe\U000e0041İßﷺ①Ⅷ²٣෦𝟙👍🏽"

any_text = st.one_of(
    st.text(max_size=60),
    st.text(st.sampled_from(WORDS + NASTY), max_size=30),
    st.text(st.characters(), max_size=40),  # lone surrogates too
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=examples(60), deadline=None)
@given(any_text, st.sampled_from(["zh-CN", "en"]))
@example("\ud800", "zh-CN")
@example("１" * 40, "en")
@example("9" * 4000, "zh-CN")
@example("十" * 4000, "zh-CN")
@example("亿万" * 12, "zh-CN")
def test_any_text_is_read_or_refused_in_words(kind: str, text: str, lang: str) -> None:
    got = read(ASKED[kind], text, script=SCRIPT, today=TODAY, lang=lang)

    if isinstance(got, Accepted):
        kept = json.loads(json.dumps(got.value))
        json.dumps(got.value, ensure_ascii=False).encode()  # no lone surrogate comes through
        assert kept == got.value
        assert show(ASKED[kind], got.value, script=SCRIPT, today=TODAY, lang=lang)
    else:
        assert say(got.reason, lang, **got.values)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=examples(30), deadline=None)
@given(any_text)
def test_what_was_kept_is_read_again_the_same(kind: str, text: str) -> None:
    """Read-back, edit and prefill hand a shown value to the reader again."""
    got = answer(ASKED[kind], text)
    if isinstance(got, str) and not got.startswith("!") and kind != "choice":
        assert answer(ASKED[kind], got) == got


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=examples(40), deadline=None)
@given(option=any_text)
def test_any_tap_is_read_or_refused(kind: str, option: str) -> None:
    answer(ASKED[kind], option=option)


@pytest.mark.parametrize("kind", KINDS)
def test_a_megabyte_is_refused_at_once(kind: str) -> None:
    assert answer(ASKED[kind], "社" * 350_000) == "!too_long"
    assert answer(ASKED[kind], "1" * (LONGEST + 1)) == "!too_long"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "piece", ["1 ", "1. ", "a) ", "第", "一共", "交", "十", "1,111", "没有", "的", "of ", "+", "老家", "ﷺ"]
)
def test_nothing_takes_long_however_often_it_is_repeated(kind: str, piece: str) -> None:
    began = time.process_time()
    answer(ASKED[kind], piece * (SHORT // len(piece)))

    assert time.process_time() - began < 0.5  # about 1 ms; a pattern gone quadratic would take seconds


@given(any_text)
def test_cleaning_is_safe_and_idempotent(text: str) -> None:
    for clean in (tidy, plain):
        once = clean(text)
        assert clean(once) == once
        assert not any(unicodedata.category(each) in ("Cc", "Cf", "Cs") for each in once)
        assert len(once) <= LONGEST


@given(any_text)
def test_finding_never_raises(text: str) -> None:
    Finder([]).find(text)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        ("id-number", "[0-9]{17}[0-9X]"),
        ("phone", "1[3-9][0-9]{9}"),
        ("bank-card", "[0-9]{16,19}"),
        ("region", "[0-9]{6}"),
        ("date", "[0-9]{4}-[01][0-9]-[0-3][0-9]"),
        ("month", "[0-9]{4}-[01][0-9]"),
    ],
)
@settings(max_examples=examples(40), deadline=None)
@given(st.data())
def test_what_is_kept_has_one_shape(kind: str, shape: str, data: st.DataObject) -> None:
    """Also when the digits are typed in another script or another width."""
    text = data.draw(st.from_regex(shape, fullmatch=True))
    zero = data.draw(st.sampled_from("0０٠०𝟎"))
    got = answer(
        ASKED[kind], "".join(chr(ord(zero) + int(each)) if each.isdigit() else each for each in text)
    )

    assert got.startswith("!") or re.fullmatch(shape, got)
    assert got == answer(ASKED[kind], text)


def _reasons() -> set[str]:
    """Return the name of every sentence a reader may ask for."""
    found = set()
    for file in Path(dialogs.answers.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_every_sentence_is_used() -> None:
    ours = {key.removeprefix("answers.") for key in catalogue() if key.startswith("answers.")}
    used = {each.removeprefix("answers.") for each in _reasons()}
    assert ours <= used


@pytest.mark.parametrize(
    "key", [key for key in catalogue() if key.startswith("answers.") and ".shown" not in key]
)
def test_a_refusal_is_two_short_sentences_at_most(key: str) -> None:
    sentences = [each for each in catalogue()[key]["zh-CN"].replace("？", "。").split("。") if each]
    assert len(sentences) <= 2
    assert all(len(each) <= 40 for each in sentences)
