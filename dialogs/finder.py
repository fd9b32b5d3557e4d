"""Finding the service in what people write: 想在常山交社保, 养老钱怎么领, yanglao.

Each script is known by its title and by the authors' synonyms (`aka`). A sentence is compared with every
one of them in four ways: the synonym stands in the sentence, characters in common, pairs of characters
in common, and the sound in pinyin (for those who type by sound, and for wrong characters of the right sound).

Where he is, or was, is only ever elsewhere: 在杭州看病 is read as 在外地看病.

Sure means: above SURE, and ahead of the next script by MARGIN, or its very name and nobody else's. What is
nearer than OFFER is offered as a choice. Below that a person is better than a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from rapidfuzz import fuzz, process

from dialogs.answers.cleaning import fold
from dialogs.lives import lives
from dialogs.regions import atlas, bare, by_name
from dialogs.script import Script

SURE, MARGIN, OFFER = 80.0, 12.0, 53.0
EXACT = 100.0
LIKE = 0.75  # what a sound that is only like it counts, beside one that is the same
PART = 60.0  # he said a part of a name, no more: worth offering, never sure
MOST_OFFERS = 5
_WIDEST_GAP = 2  # characters inside a synonym: 交个社保, 交一下社保
_LONGEST = 60  # characters of a sentence that are looked at; the matter stands in its beginning

# What says that somebody wants something, not what: it would only dilute the comparison.
_IDLE = re.compile(
    r"你好|您好|请问|麻烦|谢谢|在吗|我想问一下|问一下|一下|我想要?|想要?|我要|要|帮我|帮忙|怎么样?|如何|哪里|可以|能不能|能|"
    r"需要|什么|办理|办|弄|搞|申请|事情|业务|的|了|吗|呢|啊|吧|呀|我|在|给|"
    r"\b(?:hello|hi|please|how|can|do|i|to|the|a|an|my|want|need|would|like|for|in|of|get)\b"
)


@dataclass(frozen=True, slots=True)
class Found:
    """sure: the one service meant, or None; offers: services to choose from, the likeliest first.

    No offers: nothing we have comes near; show what there is, or offer a person.
    """

    sure: Script | None = None
    offers: tuple[Script, ...] = ()


@dataclass(frozen=True, slots=True)
class _Name:
    """One way to call a script, prepared."""

    words: str
    pairs: frozenset[str]
    sound: str
    initials: str
    whole: str = ""  # of a sentence: with what is idle, for a name that is made of idle words: 不要我了


def is_idle(text: str) -> bool:
    """Say whether this names no matter at all: 你好, 在吗, 我想问一下."""
    return not _IDLE.sub("", fold(text)).strip()


@cache
def _elsewhere() -> re.Pattern[str]:
    """Return what finds the name of a province or a city that is not the county's own."""
    home = {name for code in by_name().get(lives().place["zh-CN"], ()) for name in atlas().path(code)}
    divisions = {*atlas().provinces.values(), *atlas().cities.values()} - home
    names = sorted({each for name in divisions for each in (name, bare(name))}, key=len, reverse=True)
    return re.compile("|".join(name for name in names if len(name) > 1))


class Finder:
    """Finds a service among `scripts`. Prepared once; `find` is pure.

    Most names have nothing in common with a sentence. They are passed over: they could not be offered.
    """

    def __init__(self, scripts: Iterable[Script]) -> None:
        self._named = [(script, name) for script in scripts for name in _names(script)]
        self._sounds = [name.sound for _, name in self._named]
        self._with: dict[str, set[int]] = {}  # a letter: the places of the names that have it
        for place, (_, name) in enumerate(self._named):
            for letter in name.words:
                self._with.setdefault(letter, set()).add(place)

    def find(self, text: str) -> Found:
        """Return the service the text is about, or those worth offering."""
        text = _elsewhere().sub("外地", text[:_LONGEST])
        said = replace(_said(_matter(text)), whole=fold(text))
        if len(said.words) < 2:
            return Found()
        # Sounds are listened to only where the words leave a doubt.
        likeness = self._likenesses(said, self._sharing(said.words))
        found = self._judge(likeness)
        if found.sure:
            return found
        said = replace(said, sound=_sound(said.words))
        return self._judge(likeness | self._likenesses(said, self._sounding(said)))

    def _likenesses(self, said: _Name, places: Iterable[int]) -> dict[int, float]:
        return {place: _likeness(said, self._named[place][1]) for place in places}

    def _sharing(self, words: str) -> set[int]:
        """Return which names have a letter in common with his words."""
        return set().union(*(self._with.get(letter, ()) for letter in words.replace(" ", "")))

    def _sounding(self, said: _Name) -> list[int]:
        """Return which names sound enough like his words to matter."""
        near = process.extract(
            said.sound, self._sounds, scorer=fuzz.ratio, score_cutoff=OFFER / LIKE, limit=None
        )
        found = {place for _, _, place in near}
        typed = said.words.isascii()
        return [
            place
            for place, (_, name) in enumerate(self._named)
            if place in found or name.sound in said.sound or (typed and _typed_by_sound(said, name))
        ]

    def _judge(self, likeness: Mapping[int, float]) -> Found:
        best: dict[str, tuple[float, Script]] = {}
        for place, score in sorted(likeness.items()):  # of two alike, the one that is listed first
            script = self._named[place][0]
            if score > best.get(script.id, (-1.0,))[0]:
                best[script.id] = (score, script)
        return _judged(sorted(best.values(), key=lambda each: -each[0]))


def _judged(ranked: Sequence[tuple[float, Script]]) -> Found:
    near = [(score, script) for score, script in ranked[:MOST_OFFERS] if score >= OFFER]
    if not near:
        return Found()
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    margin = (
        1.0 if near[0][0] == EXACT else MARGIN
    )  # what is one's very name needs no lead over what is like it
    if near[0][0] >= SURE and near[0][0] - second >= margin:
        return Found(sure=near[0][1], offers=(near[0][1],))
    return Found(offers=tuple(script for _, script in near))


def _likeness(said: _Name, name: _Name) -> float:
    """Return 0..100. A synonym that stands in the sentence counts for more the longer it is."""
    if said.words == name.words:
        return EXACT
    gap = 0 if len(name.words) > 2 and name.words in said.whole else _gap(said.words, name.words)
    if gap is not None:
        return min(99.0, 78.0 + 5.0 * len(name.words) - 3.0 * gap)
    likeness = max(_by_characters(said, name), _by_sound(said, name))
    if said.words in name.words:
        return min(max(likeness, PART), SURE - 1)
    return likeness


def _gap(said: str, name: str) -> int | None:
    """Return how many characters stand between those of the name (交个社保: 1), None when it is not there."""
    if len(name) < 2 or name[0] not in said:
        return None
    if name in said:
        return 0
    if name.isascii():
        return None
    found = re.search(f".{{0,{_WIDEST_GAP}}}?".join(map(re.escape, name)), said)
    gap = len(found[0]) - len(name) if found else _WIDEST_GAP + 1
    return gap if gap <= _WIDEST_GAP else None


def _by_characters(said: _Name, name: _Name) -> float:
    """Characters anywhere, tempered by pairs: 社保卡丢了 shares letters with much, pairs with little."""
    shared = len(said.pairs & name.pairs)
    pairs = 200.0 * shared / (len(said.pairs) + len(name.pairs) or 1)
    covered = 100.0 * shared / (len(name.pairs) or 1)
    return 0.4 * fuzz.token_set_ratio(said.words, name.words) + 0.3 * pairs + 0.3 * covered


def _by_sound(said: _Name, name: _Name) -> float:
    """The whole name by its sound, else by its initials; both only for four letters and more."""
    if len(said.sound) < 4 or len(name.sound) < 4:
        return 0.0
    if said.sound == name.sound:
        return 97.0
    if name.sound in said.sound or (said.words.isascii() and _typed_by_sound(said, name)):
        return 85.0
    return LIKE * fuzz.ratio(said.sound, name.sound)


def _typed_by_sound(said: _Name, name: _Name) -> bool:
    """Say whether he typed a part of its sound (yanglao), or its initials (ylbx)."""
    return said.sound in name.sound or said.words.replace(" ", "") == name.initials


def _names(script: Script) -> tuple[_Name, ...]:
    """Return all ways to call it. The long English title is compared as written, too."""
    written = [*script.title.values(), *script.aka]
    # Also without what a sentence is rid of before it is compared: 结婚证丢了 is compared as 结婚证丢.
    return tuple(_name(words) for words in dict.fromkeys([*map(fold, written), *map(_matter, written)]))


def _name(words: str) -> _Name:
    from pypinyin import Style, lazy_pinyin  # a large dictionary: read when it is first wanted

    initials = "".join(lazy_pinyin(words.replace(" ", ""), style=Style.FIRST_LETTER))
    return replace(_said(words), sound=_sound(words), initials=initials)


def _said(words: str) -> _Name:
    """Return what was said, by its words alone."""
    bare = words.replace(" ", "")
    pairs = frozenset(bare[place : place + 2] for place in range(len(bare) - 1))
    return _Name(words=words, pairs=pairs, sound="", initials="")


def _sound(words: str) -> str:
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(words.replace(" ", "")))


def _matter(text: str) -> str:
    """Return what the sentence is about; the whole of it where hardly anything is left."""
    words = fold(text)
    left = " ".join(_IDLE.sub("", words).split())
    return left if len(left) > 1 else words
