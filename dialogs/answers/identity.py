"""Identity numbers and names, as they are printed on the citizen's identity card."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from dialogs.answers.cleaning import plain, tidy
from dialogs.answers.verdict import Accepted, Answer, Asked, no
from dialogs.answers.vocabulary import NO_NAME
from dialogs.regions import is_known
from dialogs.script import IdNumber, PersonName

LENGTH = 18
EARLIEST_BIRTH = date(1900, 1, 1)

_LEAD = re.compile(
    r"^(?:我的?|本人的?)?(?:公民)?(?:身份证?|身份)?(?:号码?|证号)?(?:就?是|[:=])?|(?:id|no\.?)(?:number)?[:=]?(?=\d)"
)
_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_WELL_FORMED = re.compile(r"[0-9]{17}[0-9X]")
_SEPARATORS = re.compile(r"[\s\-_.,。、,:：]+")
_X = str.maketrans(dict.fromkeys("xX×✕✖хХχΧ*", "X"))
_TRAVEL_PERMIT = re.compile(r"[HM]\d{8}(?:\d\d)?")  # 港澳居民来往内地通行证
_RESIDENCE_PERMIT = re.compile(r"8[123]0000\d{11}[\dX]")  # 港澳台居民居住证
_PASSPORT = re.compile(r"[A-Z]{1,2}\d{7,8}")
_FOREIGN_CARD = re.compile(r"[A-Z]{3}\d{12}|9(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5])\d{14}[\dX]")

_DOTS = re.compile(r"\s*[·•・･‧∙⋅●.。．]\s*")
_SPACES = re.compile(r"\s+")
_NAME_LEAD = re.compile(r"^(?:我的?名字(?:叫|是)|我的?姓名是?|我叫做?|我是|本人|姓名|名字)[:：\s]*")
_TITLE = re.compile(r"(?:先生|女士|小姐|太太|师傅|老师|阿姨|大哥|大姐)$")
_SHORTEST, _LONGEST = 2, 30


def check_character(first17: str) -> str:
    """Return the last character of a citizen identity number, "0".."9" or capital "X".

    Args:
        first17: the first 17 characters, ASCII digits only, no spaces.
    Raises:
        ValueError: a character is not a digit. Ask the applicant again; do not guess.
    Source: GB 11643-1999, which uses ISO 7064:1983 MOD 11-2.
    """
    total = sum(int(digit) * weight for digit, weight in zip(first17, _WEIGHTS, strict=True))
    return "10X98765432"[total % 11]


def birth_date(number: str) -> date:
    """Return the day of birth in a valid 18-character number.

    Raises:
        ValueError: there is no such day.
    """
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def is_woman(number: str) -> bool:
    """Say whether a valid number belongs to a woman: the order code's last digit is even."""
    return int(number[16]) % 2 == 0


def read_id_number(asked: Asked[IdNumber], text: str, option: str) -> Answer:
    """Read a citizen identity number (GB 11643); kept as 17 digits and a digit or capital X."""
    number = text if _WELL_FORMED.fullmatch(text) else _cleaned(text)
    fault = _other_card(number) or _form(number)
    if fault:
        return fault
    return _day_fault(number, asked.today) or _check_fault(number) or _accepted(number)


def show_id_number(asked: Asked[IdNumber], value: str, masked: bool) -> str:
    return f"{value[:6]}********{value[-4:]}" if masked else value


def read_name(asked: Asked[PersonName], text: str, option: str) -> Answer:
    """Read a name: 2 to 30 Chinese characters, a "·" between the parts of a transcribed name."""
    name = _DOTS.sub("·", _NAME_LEAD.sub("", tidy(text)).strip(" ,，。.!！")).strip("·")
    name = _SPACES.sub("", name)
    if not name or name in NO_NAME:
        return no("name_unclear")
    if any(each.isdigit() for each in name):
        return no("name_digits")
    if not all(each == "·" or _is_han(each) for each in name):
        return no("name_letters") if any(each.isalpha() for each in name) else no("name_unclear")
    if not _SHORTEST <= len(name) <= _LONGEST:
        return no("name_short" if len(name) < _SHORTEST else "name_long")
    return no("name_title") if _TITLE.search(name) else Accepted(name)


def show_name(asked: Asked[PersonName], value: str, masked: bool) -> str:
    return value


def _cleaned(text: str) -> str:
    number = _SEPARATORS.sub("", _LEAD.sub("", _SEPARATORS.sub("", plain(text)), count=1)).upper()
    return number[:-1] + number[-1:].translate(_X)


def _other_card(number: str) -> Answer | None:
    """Say kindly that a person helps: these cards are valid, this errand's form is not made for them."""
    if _TRAVEL_PERMIT.fullmatch(number) or _RESIDENCE_PERMIT.fullmatch(number):
        return no("id_hkmt")
    if _FOREIGN_CARD.fullmatch(number):
        return no("id_foreign")
    return no("id_passport") if _PASSPORT.fullmatch(number) else None


def _form(number: str) -> Answer | None:
    if _WELL_FORMED.fullmatch(number):
        return None
    if not any(each.isdigit() for each in number):
        return no("id_unclear")
    if "*" in number:
        return no("id_masked")
    odd = next((each for each in number[:-1] if not each.isdecimal()), "")
    odd = odd or ("" if number[-1].isdecimal() or number[-1] == "X" else number[-1])
    if odd:
        return no("id_letters", letter=odd)
    if len(number) == 15:
        return no("id_old")
    name = "id_short" if len(number) < LENGTH else "id_long"
    return no(name, count=len(number), off=abs(LENGTH - len(number)))


def _day_fault(number: str, today: date) -> Answer | None:
    try:
        born = birth_date(number)
    except ValueError:
        born = None
    if born is None or born < EARLIEST_BIRTH:
        return no("id_birth")
    return no("id_unborn") if born > today else None


def _check_fault(number: str) -> Answer | None:
    return None if check_character(number[:17]) == number[17] else no("id_check")


def _accepted(number: str) -> Answer:
    """An unknown area is no fault: codes are abolished, cards live on. A clerk may look."""
    return Accepted(number, () if is_known(number[:6]) else ("area-unknown",))


def _is_han(character: str) -> bool:
    """Say whether it is a Chinese character; planes 2 and 3 hold rare ones newer than our Unicode tables."""
    if "\u4e00" <= character <= "\u9fff" or 0x20000 <= ord(character) <= 0x3FFFD or character == "〇":
        return True
    return unicodedata.name(character, "").startswith(("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH"))
