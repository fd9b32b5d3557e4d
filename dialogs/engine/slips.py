"""Codes and numbers as people bring them: typed, with words around, as a message or a link copied whole.

    1234 5678                     a code of a hand-over
    go12345678, …?start=go1234…   a link that carries one
    CS-1120-0038, 号码CS1120 0038   the number of a case, as he was told it

Nothing is looked up here: whether a code fits, or a number is known, is for storage to say.
"""

from __future__ import annotations

import re

from dialogs.answers import plain

_TYPED = re.compile(r"(\d{4})[ -]?(\d{4})[。.!！,，]?")
_AMONG = re.compile(r"(?<![\da-z-])(\d{4})[ -]?(\d{4})(?![\da-z-])")
_LINKED = re.compile(r"go ?(\d{4})[ -]?(\d{4})[。.]?|\S+[?&](?:go=|start=go)(\d{4})(\d{4})\S*")
_OURS = re.compile(  # what our own messages with a code say
    r"8位数字|发到那边|发给办事小助手|8 digits|send \d{4} \d{4} (?:there|to)"
)
_NUMBER = re.compile(r"(?:[号码编单是:： ]*)((?=.*\d)[0-9a-z]{1,12}(?:[- ]?[0-9a-z]{1,12}){0,5})")
_NUMBER_AMONG = re.compile(r"(?<![0-9a-z])[a-z]{1,6}[- ]?\d{4}[- ]?\d{4,6}(?![0-9a-z])")
_SPELT = re.compile(r"([A-Z]{1,6})-?(\d{4})-?(\d{4,6})")
_DASHES = re.compile(r" ?[\u2010-\u2015\u2212_—-]+ ?")
_TAIL = re.compile(r"(?<![\da-z])(?:\d{14})?(\d{3}[\dx])(?![\da-z])")


def linked(text: str) -> str:
    """Return the code that a link or QR code carries, "" when `text` is something else."""
    found = _LINKED.fullmatch(plain(text))
    return "".join(filter(None, found.groups())) if found else ""


def code(text: str) -> str:
    """Return the code that `text` is and nothing else, or that one of our own messages tells; else ""."""
    words = plain(text)
    found = _TYPED.fullmatch(words) or (_AMONG.search(words) if _OURS.search(words) else None)
    return "".join(found.groups()) if found else ""


def code_asked(text: str) -> str:
    """Return the only code in `text`, whatever is around it, for when a code was asked for."""
    found = [] if number(text) else _AMONG.findall(plain(text))
    return code(text) or linked(text) or ("".join(found[0]) if len(found) == 1 else "")


def number(text: str) -> str:
    """Return the number of a case in `text`, in capitals, "" when there is none."""
    found = _NUMBER_AMONG.search(_even(text))
    return _upper(found[0]) if found else ""


def number_asked(text: str) -> str:
    """The same for when it was asked for: then whatever might be one is."""
    found = _NUMBER.fullmatch(_even(text).strip("。. "))
    return number(text) or (_upper(found[1]) if found else "")


def spellings(number: str) -> list[str]:
    """Return a number as it was written, and with the dashes that people leave out."""
    found = _SPELT.fullmatch(number)
    return list(dict.fromkeys([number, "-".join(found.groups()) if found else number]))


def same(one: str, other: str) -> bool:
    """Say whether two numbers are the same but for dashes and capitals."""
    return one.replace("-", "").upper() == other.replace("-", "").upper()


def tail(text: str) -> str:
    """Return the last four characters of an identity number; "" when `text` has none or several."""
    words = re.sub(r"(?<=\d) (?=[\dx])", "", plain(text))
    found = _TAIL.findall(words)
    return str(found[0]).upper() if len(found) == 1 else ""


def _even(text: str) -> str:
    return _DASHES.sub("-", plain(text))


def _upper(number: str) -> str:
    return number.upper().replace(" ", "-")
