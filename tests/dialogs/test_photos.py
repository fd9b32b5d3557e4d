"""When a photo is of use, and what is said when it is not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dialogs.codec import dumps, loads
from dialogs.photos import FAULTS, REASONS, SIDEWAYS, Limits, Measure, Verdict, apart, judge, measured
from dialogs.wording import LANGUAGES, catalogue, say

GOOD = Measure(
    width=4000,
    height=3000,
    sharpness=70.0,
    white=225,
    contrast=200,
    card=3100,
    look="0123456789abcdef" * 4,
)


def test_a_clear_photo_is_taken() -> None:
    assert judge(GOOD) == Verdict()
    assert judge(GOOD).ok


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("too_small", {"width": 640, "height": 480}),
        ("too_small", {"width": 4000, "height": 400}),
        ("too_dark", {"white": 60}),
        ("blank", {"contrast": 10}),
        ("blurred", {"sharpness": 12.0}),
        ("cut_off", {"cut": "left"}),
        ("too_far", {"card": 300}),
        ("glare", {"glare": 0.02}),
    ],
)
def test_each_defect_has_its_own_reason(reason: str, change: dict[str, object]) -> None:
    assert judge(replace(GOOD, **change)).reasons == (reason,)  # type: ignore[arg-type]


def test_the_same_photo_in_another_slot_is_noticed_even_when_sent_through_another_app() -> None:
    nearly = f"{int(GOOD.look, 16) ^ 0b101:064x}"

    assert judge(GOOD, others=[nearly]).reasons == ("same_photo",)
    assert judge(GOOD, others=["f" * 64]).ok
    assert judge(replace(GOOD, look=""), others=[""]).ok


def test_the_first_reason_is_the_one_to_put_right_first() -> None:
    worst = Measure(100, 100, sharpness=0, white=0, contrast=0, glare=1, card=9, cut="top", look=GOOD.look)

    assert judge(worst, others=[GOOD.look]).reasons == REASONS


def test_a_picture_that_need_not_be_a_paper_may_run_out_of_the_frame() -> None:
    assert judge(replace(GOOD, cut="left", glare=0.2, card=20), checks=()).ok


def test_a_card_that_stands_upright_is_for_the_clerk_to_turn_not_for_the_applicant_to_repeat() -> None:
    tall = replace(GOOD, tall=True)

    assert judge(tall, ["document", "face-on-front"]) == Verdict(flags=(SIDEWAYS,))
    assert judge(tall, ["document"]) == Verdict()


def test_a_bureau_may_be_stricter() -> None:
    assert judge(GOOD, limits=Limits(sharpness=80)).reasons == ("blurred",)


def test_a_measure_travels_in_an_event() -> None:
    assert measured(loads(dumps(GOOD.json()))) == GOOD


def test_looks_are_compared_bit_by_bit() -> None:
    assert apart("00", "0f") == 4
    assert apart("", "0f") == 256


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("reason", [*REASONS, *FAULTS])
def test_every_refusal_says_why_and_how_in_two_short_sentences(reason: str, lang: str) -> None:
    sentence = say(f"photos.{reason}", lang)
    parts = [each for each in re.split(r"[。.]\s*", sentence) if each]

    assert len(parts) == 2
    assert lang != "zh-CN" or all(len(part) <= 40 for part in parts)


def test_no_two_refusals_say_the_same() -> None:
    ours = [words["zh-CN"] for key, words in catalogue().items() if key.startswith("photos.")]

    assert len(set(ours)) == len(ours)
