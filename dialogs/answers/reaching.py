"""Phones, bank cards, addresses and plain text."""

from __future__ import annotations

import re

from dialogs.answers.cleaning import plain, tidy
from dialogs.answers.verdict import Accepted, Answer, Asked, no
from dialogs.script import BankCard, FreeText, Phone, PostalAddress

_MOBILE = re.compile(r"1[3-9]\d{9}")
_SERVICE = re.compile(r"1(?:0|1|2)\d{1,9}|400\d{7}|800\d{7}")
_LANDLINE = re.compile(r"0\d{2,3}[1-9]\d{6,7}")
_GAPS = re.compile(r"[\s\-_.,、()/]+")
_PHONE_LEAD = re.compile(
    r"^(?:我的?|本人)?(?:手机|电话|联系)?(?:号码?|方式)?(?:就?是|[:：])?|^(?:tel|phone|mobile)[:：]?"
)
_CARD_LEAD = re.compile(r"^(?:我的?|本人)?(?:银行)?(?:卡|账)?(?:号码?)?(?:就?是|[:：])?")
_CARD_LENGTHS = range(16, 20)  # ISO/IEC 7812 allows up to 19; no Chinese bank card is shorter than 16
_ADDRESS_SHORTEST, _ADDRESS_LONGEST = 5, 100  # characters


def read_phone(asked: Asked[Phone], text: str, option: str) -> Answer:
    """Read a mainland mobile number, with or without +86; kept as 11 digits."""
    said = _PHONE_LEAD.sub("", _GAPS.sub("", plain(text)))
    number = re.sub(r"^(?:\+|00)?86(?=1[3-9]\d{9}$)", "", said)
    if _MOBILE.fullmatch(number):
        return Accepted(number)
    if not any(each.isdigit() for each in number):
        return no("phone_unclear")
    if re.match(r"\+(?!86)|00(?!86)\d", said):
        return no("phone_abroad", place=_place_of(said, asked.lang))
    if _LANDLINE.fullmatch(number):
        return no("phone_landline")
    if not number.removeprefix("+").isdecimal():
        return no("phone_letters")
    if len(number) == 11 or _SERVICE.fullmatch(number):
        return no("phone_form")
    return no("phone_length", count=len(number.removeprefix("+86")))


def show_phone(asked: Asked[Phone], value: str, masked: bool) -> str:
    return f"{value[:3]}****{value[-4:]}" if masked else f"{value[:3]} {value[3:7]} {value[7:]}"


def read_card(asked: Asked[BankCard], text: str, option: str) -> Answer:
    """Read a bank card number: 16 to 19 digits with a valid last one; kept as digits."""
    number = _CARD_LEAD.sub("", _GAPS.sub("", plain(text)))
    if not number or not any(each.isdigit() for each in number):
        return no("card_unclear")
    if not number.isdecimal():
        return no("card_letters")
    if len(number) not in _CARD_LENGTHS:
        return no("card_length", count=len(number))
    return Accepted(number) if passes_luhn(number) and len(set(number)) > 1 else no("card_check")


def show_card(asked: Asked[BankCard], value: str, masked: bool) -> str:
    if masked:
        return f"{value[:4]}{'*' * (len(value) - 8)}{value[-4:]}"
    return " ".join(value[place : place + 4] for place in range(0, len(value), 4))


def passes_luhn(digits: str) -> bool:
    """Say whether the last digit fits the others. Source: ISO/IEC 7812-1, annex B."""
    doubled = (int(each) * (1 + place % 2) for place, each in enumerate(reversed(digits)))
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


def read_address(asked: Asked[PostalAddress], text: str, option: str) -> Answer:
    """Read a postal address; kept as written, in one line."""
    address = tidy(text)
    words = sum(each.isalpha() for each in address)
    if words < 2:
        return no("address_unclear")
    if len(address) < _ADDRESS_SHORTEST:
        return no("address_short")
    return no("address_long", most=_ADDRESS_LONGEST) if len(address) > _ADDRESS_LONGEST else Accepted(address)


def show_address(asked: Asked[PostalAddress], value: str, masked: bool) -> str:
    return _covered(value) if masked and asked.question.sensitive else value


def read_text(asked: Asked[FreeText], text: str, option: str) -> Answer:
    """Read anything that has a letter or a digit in it; kept as written, in one line."""
    words = tidy(text)
    if not any(each.isalnum() for each in words):
        return no("text_empty")
    most = asked.question.max_length
    return no("text_long", most=most, count=len(words)) if len(words) > most else Accepted(words)


def show_text(asked: Asked[FreeText], value: str, masked: bool) -> str:
    return _covered(value) if masked and asked.question.sensitive else value


def _covered(value: str) -> str:
    """Hide all but the first two characters; he knows what he wrote, a passer-by need not."""
    return value[:2] + "*" * min(len(value) - 2, 8) if len(value) > 2 else "*" * len(value)


def _place_of(number: str, lang: str) -> str:
    """Return the country calling code, so that he sees what was understood: "+852"."""
    import phonenumbers  # 20 MB of tables: only where a foreign number turns up

    try:
        parsed = phonenumbers.parse(re.sub(r"^00", "+", number)[:24])
    except phonenumbers.NumberParseException:
        return number[:4]
    return f"+{parsed.country_code}"
