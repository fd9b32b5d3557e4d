"""Identity numbers, names, phones, cards, places, addresses, text."""

from __future__ import annotations

import pytest

from dialogs.answers import birth_date, check_character, is_woman
from dialogs.answers.reaching import passes_luhn
from tests.dialogs.asking import answer, flags, question, refusal, shown

ID = question("id-number")
NAME = question("person-name")
PHONE = question("phone")
CARD = question("bank-card")
REGION = question("region")
ADDRESS = question("address")
TEXT = question("text", max_length=10)

WOMAN = "999901198803050247"
STANDARD = "11010519491231002X"  # the sample printed in GB 11643-1999


@pytest.mark.parametrize(
    "number", [WOMAN, "999901197601203159", "999901195006150014", STANDARD, "440524188001010014"]
)
def test_check_character_of_published_and_fictitious_numbers(number: str) -> None:
    assert check_character(number[:17]) == number[17]


def test_what_a_number_tells() -> None:
    assert birth_date(WOMAN).isoformat() == "1988-03-05"
    assert is_woman(WOMAN)
    assert not is_woman("999901197601203159")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (WOMAN, WOMAN),
        ("９９９９０１１９８８０３０５０２４７", WOMAN),
        ("9999 0119 8803 0502 47", WOMAN),
        ("999901-19880305-0247", WOMAN),
        ("\u202a999901198803050247\u202c\u200b", WOMAN),
        ("٩٩٩٩٠١١٩٨٨٠٣٠٥٠٢٤٧", WOMAN),
        ("身份证号：999901198803050247", WOMAN),
        ("我的身份证号码是999901198803050247", WOMAN),
        ("11010519491231002x", STANDARD),
        ("11010519491231002Ｘ", STANDARD),
        ("11010519491231002×", STANDARD),
        ("11010519491231002*", STANDARD),  # the key a phone's number pad has instead of X
    ],
)
def test_width_spaces_case_and_lead_are_cleaned_silently(typed: str, number: str) -> None:
    assert answer(ID, typed) == number


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("99990119880305024", "!id_short"),
        ("9999011988030502471", "!id_long"),
        ("O99901198803050247", "!id_letters"),
        ("99990119880305024Y", "!id_letters"),
        ("999901198802310247", "!id_birth"),
        ("999901188003050247", "!id_birth"),
        ("999901203003050247", "!id_unborn"),
        ("999901198803050248", "!id_check"),
        ("999901880305024", "!id_old"),
        ("999901********0247", "!id_masked"),
        ("没带身份证", "!id_unclear"),
        ("", "!id_unclear"),
        ("810000199001011234", "!id_hkmt"),
        ("H12345678", "!id_hkmt"),
        ("933156199001011234", "!id_foreign"),
        ("USA110090010112", "!id_foreign"),
        ("E12345678", "!id_passport"),
    ],
)
def test_every_fault_has_its_own_sentence(typed: str, reason: str) -> None:
    assert answer(ID, typed) == reason


def test_the_sentences_for_wrong_numbers_are_different() -> None:
    wrong = [
        "99990119880305024",
        "9999011988030502471",
        "O99901198803050247",
        "999901198802310247",
        "999901198803050248",
    ]
    assert len({refusal(ID, each) for each in wrong}) == len(wrong)
    assert refusal(ID, wrong[0]) == "号码是18位，您打了17位，少了1位。请照身份证再打一遍。"


def test_an_unknown_area_is_only_flagged() -> None:
    assert flags(ID, WOMAN) == ("area-unknown",)
    assert flags(ID, STANDARD) == ()


def test_an_abolished_area_is_known() -> None:
    former = "33010319880305024"
    assert flags(ID, former + check_character(former)) == ()


def test_numbers_of_a_person_are_masked() -> None:
    assert shown(ID, WOMAN) == "999901********0247"
    assert shown(ID, WOMAN, masked=False) == WOMAN
    assert shown(PHONE, "13800138000") == "138****8000"
    assert shown(PHONE, "13800138000", masked=False) == "138 0013 8000"
    assert shown(CARD, "4111111111111111") == "4111********1111"
    assert shown(CARD, "4111111111111111", masked=False) == "4111 1111 1111 1111"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("胡某某", "胡某某"),
        ("胡 某 某", "胡某某"),
        ("我叫胡某某。", "胡某某"),
        ("姓名：胡某某", "胡某某"),
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉.买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("𠮷某", "𠮷某"),
        ("〇某", "〇某"),
        ("胡", "!name_short"),
        ("胡" * 31, "!name_long"),
        ("胡1", "!name_digits"),
        ("Hu", "!name_letters"),
        ("胡女士", "!name_title"),
        ("😀😀", "!name_unclear"),
        ("同意", "!name_unclear"),
        ("不知道", "!name_unclear"),
        ("", "!name_unclear"),
    ],
)
def test_names(typed: str, name: str) -> None:
    assert answer(NAME, typed) == name


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("0086 13800138000", "13800138000"),
        ("我的手机号是13800138000", "13800138000"),
        ("1380013800", "!phone_length"),
        ("138001380000", "!phone_length"),
        ("12800138000", "!phone_form"),
        ("12345", "!phone_form"),
        ("0570-5012345", "!phone_landline"),
        ("+852 9123 4567", "!phone_abroad"),
        ("1380013800a", "!phone_letters"),
        ("微信同号", "!phone_unclear"),
        ("", "!phone_unclear"),
    ],
)
def test_phones(typed: str, number: str) -> None:
    assert answer(PHONE, typed) == number


def test_a_number_from_abroad_is_named() -> None:
    assert refusal(PHONE, "+852 9123 4567") == "这是+852的号码，这里只能用内地手机号。没有的话请回“人工”。"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("4111 1111 1111 1111", "4111111111111111"),
        ("卡号：4111111111111111", "4111111111111111"),
        ("4111111111111112", "!card_check"),
        ("0000000000000000", "!card_check"),
        ("123", "!card_length"),
        ("41111111111111111111", "!card_length"),
        ("4111x11111111111", "!card_letters"),
        ("没有", "!card_unclear"),
    ],
)
def test_bank_cards(typed: str, number: str) -> None:
    assert answer(CARD, typed) == number


def test_luhn_samples() -> None:
    assert passes_luhn("79927398713")
    assert not passes_luhn("79927398710")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("常山", "330822"), ("常山县", "330822"), ("浙江常山", "330822"), ("浙江省衢州市常山县", "330822"),
        ("浙江 衢州 常山", "330822"), ("330822", "330822"), ("老家浙江常山的", "330822"), ("义乌", "330782"),
        ("北京朝阳区", "110105"), ("长春朝阳", "220104"), ("东莞", "441900"), ("湖北仙桃市", "429004"),
        ("香港", "810000"), ("沙县", "350405"), ("杭州下城区", "330103"),
        ("朝阳区", "!region_several"), ("长山", "!region_similar"), ("衢州", "!region_county"),
        ("浙江", "!region_many"),
        ("999999", "!region_code"), ("火星", "!region_unclear"), ("", "!region_unclear"),
        ("县", "!region_unclear"),
    ],
)  # fmt: skip
def test_regions(typed: str, code: str) -> None:
    assert answer(REGION, typed) == code


def test_a_division_of_the_past_is_flagged_and_shown_in_full() -> None:
    assert flags(REGION, "杭州下城区") == ("region-former",)
    assert shown(REGION, "330103") == "浙江省杭州市下城区"
    assert shown(REGION, "110105") == "北京市朝阳区"
    assert answer(REGION, option="220104") == "220104"


def test_several_places_of_one_name_are_offered() -> None:
    assert refusal(REGION, "朝阳区") == (
        "您说的是哪一个：北京市朝阳区、吉林省长春市朝阳区？请选一个，或者连省市一起写。"
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("浙江省衢州市常山县\n天马街道1号", "浙江省衢州市常山县 天马街道1号"),
        ("常山", "!address_short"),
        ("12345", "!address_unclear"),
        ("街" * 101, "!address_long"),
    ],
)
def test_addresses(typed: str, kept: str) -> None:
    assert answer(ADDRESS, typed) == kept


def test_text_is_kept_as_written_but_visible() -> None:
    assert answer(TEXT, " 你好，\u200b世界\u202e ") == "你好，世界"
    assert answer(TEXT, "\x00\u200b") == "!text_empty"
    assert answer(TEXT, "一" * 11) == "!text_long"
    assert shown(question("text", sensitive=True), "低保户三口人") == "低保****"
