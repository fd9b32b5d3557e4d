"""Which of the options he means, and whether he means yes or no.

A tap, the number ("2", "2.", "２", "②", "第二个", "B"), the label, an unambiguous part of it and the
label inside a sentence mean the same. Three things keep this from guessing:

- a "no" in one and not in the other is never a match: 没有 is not 有, 不清楚 is not 清楚;
- a sentence around a short label may only repeat the question ("没有单位给我交"), so that 我在外地
  is not taken for 在;
- two options that fit are none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from dialogs.answers.cleaning import fold, folded, plain
from dialogs.answers.numerals import amount
from dialogs.answers.vocabulary import ALL, BARE_YES, LAST, NAY, UNSURE, YES
from dialogs.script import Words

_PLACE = re.compile(
    r"(?:我?[选要]|选项|option|number|no\.?|the|[(第])?\s*(?P<place>\d{1,2}|[a-z]|[一二三四五六七八九十]{1,3})"
    r"\s*(?:号|吧|\)|st|nd|rd|th|one|option|(?<=第.)[个项种条]|(?<=第..)[个项种条])*\s*[.。、,，!！]?"
)
_PLACE_AND_WORDS = re.compile(
    r"\(?(?P<place>\d{1,2}(?=\D)|[a-z](?=[).。、:：]))\)?[.。、,，:：\s]+(?P<words>.+)"
)
LONGEST_LIST = 20  # what a larger number says is an answer: the 60 of 60 %
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_PARTICLES = "的了啊呀呢吧哦嗯哈啦嘛哟喔诶噢"
_NO = re.compile(
    r"[没沒不无無未否非別别勿除]"
    r"|\b(?:no|not|none|never|without|except|cannot|(?:do|does|did|is|are|was|have|has|had|ca|wo)nt)\b"
)
_LEAD = re.compile(r"^(?:我?(?:就|想|就想)?[要选]|就)")
_A_NOT_A = re.compile(r"(.)[不没]\1")  # 有没有, 是不是: he asks us

_IDLE = re.compile(rf"[我你您咱们是有在{_PARTICLES}]")  # says who, or nothing: no part of what is asked

Options = Mapping[str, Words]
Labels = Mapping[str, Sequence[str]]


def yes_or_no(text: str, option: str = "") -> bool | None:
    """Return what he meant, or None. Options are "yes" and "no"; typed 1 is yes and 2 is no."""
    if option:
        return {"yes": True, "no": False}.get(option)
    word = re.sub(r"[^\w👍👌✅✔🆗👎❌✖]", "", plain(text))
    for each in (word, word.strip(_PARTICLES) or word):
        if each in YES:
            return True
        if each in NAY:
            return False
    return None


def match(text: str, options: Options, ask: str) -> list[str]:
    """Return the options `text` may mean: one is an answer, none and several are not."""
    at_once = _digit(text, options)
    if at_once:
        return [at_once]
    said = fold(text)
    labels = {name: tuple(folded(words) for words in each.values()) for name, each in options.items()}
    exact = _labelled(text, labels)
    if exact or not said or _A_NOT_A.search(said):
        return exact
    line = plain(text)
    place = _place(line, options)
    if place is not None:
        return [place]
    both = _PLACE_AND_WORDS.fullmatch(line)
    if both:  # "2. 没有", as it was copied from our list; where they differ he is asked again
        return [name for name in _labelled(both["words"], labels) if name == _place(both["place"], options)]
    if said.isdigit() and len(said) == 1:
        return []  # a place we do not have, not the 6 of 60 %
    return _by_words(said, _bare(said), labels, folded(ask))


def is_place(text: str) -> bool:
    """Say whether `text` names a place in a list and nothing else: 3, 第三个, the last one."""
    return _place(plain(text), {str(n): {} for n in range(LONGEST_LIST)}) is not None


def _labelled(text: str, labels: Labels) -> list[str]:
    """Return the options with exactly this label."""
    said = fold(text)
    bare = _bare(said)
    return [name for name, each in labels.items() if said in each or bare in each]


def _bare(said: str) -> str:
    """Return the words without 我要 before them and particles after them; all of them if nothing is left."""
    return _LEAD.sub("", said.strip(_PARTICLES)) or said


def _digit(text: str, options: Options) -> str:
    """Return the option for the commonest answer of all, one digit; labels that are digits go before."""
    if len(text) != 1 or not "1" <= text <= "9" or int(text) > len(options):
        return ""
    if any(text in words.values() for words in options.values()):
        return ""
    return list(options)[int(text) - 1]


def _place(line: str, options: Options) -> str | None:
    """Return the option in the place he named, or None."""
    ids = list(options)
    if line.replace(" ", "") in LAST:
        return ids[-1]
    found = _PLACE.fullmatch(line)
    number = _number(found["place"] if found else line.removeprefix("the ").removesuffix(" one"))
    return ids[number - 1] if 1 <= number <= len(ids) else None


def _number(name: str) -> int:
    """Return the place a name stands for, 0 for none."""
    if len(name) == 1 and "a" <= name <= "z":
        return ord(name) - ord("a") + 1
    value = amount(name)
    return int(value) if value is not None and value == int(value) else _ORDINALS.get(name, 0)


def _by_words(said: str, bare: str, labels: Labels, ask: str) -> list[str]:
    """Match words; `bare` is `said` without 我要 before it and particles after it."""
    if UNSURE.intersection((said.replace(" ", ""), bare)):
        return [name for name, each in labels.items() if _is_unsure(name, each)]
    if bare in ALL:
        return _both(labels)
    parts = _parts(said, labels) or _parts(bare, labels)
    if len(parts) == 1 and any(_negative(said) == _negative(label) for label in labels[parts[0]]):
        return parts
    return (
        _inside(said, labels, ask)
        or _by_sign(bare, labels, ask)
        or _by_sound(said, labels)
        or (parts if len(parts) > 1 else [])
    )


def _parts(said: str, labels: Labels) -> list[str]:
    return [name for name, each in labels.items() if any(_stands_in(said, label) for label in each)]


def _both(labels: Labels) -> list[str]:
    """都要 where one option is all the others together: 养老, 医疗, 养老和医疗."""
    first = {name: each[0] for name, each in labels.items() if not _is_unsure(name, each)}
    return [
        name
        for name, label in first.items()
        if len(first) > 2 and all(other in label for other in first.values())
    ]


def _stands_in(part: str, whole: str) -> bool:
    """Say whether the words stand in the other words; a number only as a whole number."""
    if part.isdigit():
        return part in re.findall(r"\d+", whole)
    return f" {part} " in f" {whole} " if whole.isascii() else part in whole


def _inside(said: str, labels: Labels, ask: str) -> list[str]:
    """Return the options whose label stands in the sentence; a longer label hides one inside it."""
    found = [
        (label, name) for name, each in labels.items() for label in each if label and _stands_in(label, said)
    ]
    longest = [
        (label, name)
        for label, name in found
        if not any(label != other and label in other for other, _ in found)
    ]
    return list(dict.fromkeys(name for label, name in longest if _repeats(said, label, ask)))


def _repeats(said: str, label: str, ask: str) -> bool:
    """Say whether the rest of the sentence adds nothing that could turn the label's meaning."""
    before, _, after = said.partition(label)
    if _negative(before) or _negative(after):
        return False
    return (len(label) > 1 and not _negative(label)) or _is_about(ask, before, after)


def _is_about(ask: str, *pieces: str) -> bool:
    """Say whether the pieces only repeat the question's own words, whoever they speak of."""
    return all(_IDLE.sub("", piece) in _IDLE.sub("", ask) for piece in pieces)


def _by_sign(said: str, labels: Labels, ask: str) -> list[str]:
    """Yes and no, where one option is the "no" to the other: 是 or 对 for 有, 没 or 没单位 for 没有."""
    wanted = _meant(said, ask)
    if wanted == 1:
        plain_yes = [name for name, each in labels.items() if each[0] in BARE_YES]
        if len(plain_yes) == 1:
            return plain_yes
    signs = {name: _sign(each[0]) for name, each in labels.items() if not _is_unsure(name, each)}
    if sorted(signs.values()) != [-1, 1]:
        return []
    return [name for name, sign in signs.items() if sign == wanted]


def _meant(said: str, ask: str) -> int:
    """Return 1 for yes, -1 for no, 0 when neither is plain."""
    answer = yes_or_no(said)
    if answer is not None:
        return 1 if answer else -1
    denies = _negative(said[0]) and not _negative(said[1:]) and _is_about(ask, said[1:])
    return -1 if denies else 0


def _sign(label: str) -> int:
    return -1 if _negative(label[:2]) or label.startswith(("no ", "not ")) or label == "none" else 1


def _is_unsure(name: str, labels: Sequence[str]) -> bool:
    return name == "unsure" or any(label.replace(" ", "") in UNSURE for label in labels)


def _by_sound(said: str, labels: Labels) -> list[str]:
    """Pinyin, or the beginning of it: "meiyou" for 没有."""
    if not (said.isascii() and said.isalpha() and len(said) > 2):
        return []
    return [name for name, each in labels.items() if any(_sound(label).startswith(said) for label in each)]


@lru_cache(maxsize=4096)
def _sound(label: str) -> str:
    from pypinyin import lazy_pinyin  # a large dictionary: read when it is first wanted

    return "".join(lazy_pinyin(label))


def _negative(text: str) -> bool:
    return bool(_NO.search(text))
