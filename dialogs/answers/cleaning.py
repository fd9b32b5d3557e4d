"""The one place where what people type is made safe and plain.

`tidy` keeps the words as they were written: for names, addresses, free text.
`plain` also folds width, circled digits and case: for everything that is compared or computed.

Neither ever raises, whatever the text. Both are idempotent.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LONGEST = 4000  # characters; WeChat lets 2,048 bytes through, the longest free text of a script is 2,000
SHORT = 300  # characters; what is compared or computed is no text

# What nearly everybody types, recognised in one step: nothing in it is invisible; and nothing to fold.
_ORDINARY = re.compile(r"[ -~\u3001-\u3003\u4e00-\u9fff\uff01-\uff5e]*")
_FOLDED = re.compile(r"[ -@\[-~\u3001\u3002\u4e00-\u9fff]*")

_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")  # ٣ is a 3, and what is kept has digits everybody can read

# Controls, zero-width and bidi marks, lone surrogates: invisible, or able to change what a clerk sees.
# Me and the variation selectors turn "1" into a key cap, which is still a one.
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Me"})
_APOSTROPHE = re.compile("['\u2019]")
_NO_WORD = re.compile(r"[^\w%]|_")
_SPACE_BESIDE_HAN = re.compile(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])")
_KEPT_AS_SPACE = "\t\n\v\f\r\u0085\u2028\u2029"


def tidy(text: str) -> str:
    """Return `text` without invisible characters, spaces collapsed, at most LONGEST characters."""
    if _ORDINARY.fullmatch(text, 0, LONGEST):
        return " ".join(text[:LONGEST].split())
    seen = "".join(_visible(each) for each in text[: 2 * LONGEST])
    return " ".join(seen.split())[:LONGEST].strip()


def plain(text: str) -> str:
    """Return `text` tidied, half-width, circled digits as digits, lower case, at most SHORT characters."""
    if _FOLDED.fullmatch(text, 0, SHORT):
        return " ".join(text[:SHORT].split())
    if text.isascii():
        return tidy(text[:SHORT]).lower()
    # Tidied twice: folding may uncover what was dropped, and lower case may decompose again (İ).
    return tidy(_FOREIGN_DIGIT.sub(_our_digit, unicodedata.normalize("NFKC", tidy(text)).lower())[:SHORT])


def fold(text: str) -> str:
    """Return words as they are compared: plain, without punctuation, spaces only between ASCII words."""
    words = _APOSTROPHE.sub("", plain(text))
    return _SPACE_BESIDE_HAN.sub("", " ".join(_NO_WORD.sub(" ", words).split()))


# For the words of scripts alone: what an applicant wrote is not kept in a cache.
folded = lru_cache(maxsize=4096)(fold)


def _our_digit(digit: re.Match[str]) -> str:
    return str(unicodedata.decimal(digit[0]))


@lru_cache(maxsize=8192)
def _visible(character: str) -> str:
    if character in _KEPT_AS_SPACE:
        return " "
    if unicodedata.category(character) in _DROPPED or "\ufe00" <= character <= "\ufe0f":
        return ""
    if "\U000e0100" <= character <= "\U000e01ef" or ord(character) & 0xFFFE == 0xFFFE:
        return ""
    return character
