"""The road: where a set of answers stands."""

from dialogs.script import loader
from dialogs.script.road import build
from tests.dialogs.scripts import TODAY, script

ROAD = build(script())
KEYS = ["stay", "months", "too_short", "consent", "name", "lease.page", "lease.page2", "read_back"]


def at(**answers: object) -> str:
    place = ROAD.walk(answers, TODAY)
    return ROAD.stations[place].key if place < len(ROAD.stations) else "done"


def test_the_stations_stand_in_the_order_everybody_walks() -> None:
    assert [each.key for each in ROAD.stations] == KEYS
    assert ROAD.index["lease.page2"] == 6
    assert [each.part for each in ROAD.stations] == [
        *["situation"] * 3, "end", "form", "materials", "materials", "end",
    ]  # fmt: skip


def test_the_next_station_is_the_first_without_an_answer() -> None:
    assert at() == "stay"
    assert at(stay="rented") == "months"
    assert at(stay="own") == "consent"
    assert at(stay="rented", months=3) == "too_short"
    assert at(stay="rented", months=6) == "consent"
    assert at(stay="own", consent=True, name="李某") == "read_back"
    assert at(stay="own", consent=True, name="李某", read_back=True) == "done"


def test_editing_an_early_answer_leads_past_what_is_no_longer_asked() -> None:
    answers = {"stay": "rented", "months": 7, "consent": True, "name": "李某"}

    assert at(**answers) == "lease.page"
    assert at(**{**answers, "stay": "own"}) == "read_back"


def test_passed_stations_leave_out_what_was_skipped() -> None:
    passed = ROAD.passed({"stay": "own", "consent": True}, TODAY)

    assert [ROAD.stations[place].key for place in passed] == ["stay", "consent"]


def test_a_cached_place_gives_the_same_as_walking_from_the_start() -> None:
    answers = {"stay": "rented", "months": 7, "consent": True, "name": "李某", "lease.page": "f1"}

    assert all(ROAD.walk(answers, TODAY, start) == 6 for start in range(7))


def test_papers_and_what_is_told_follow_the_situation() -> None:
    enrolment = next(each for each in loader.shipped() if each.id == "flexible_enrolment")
    road = build(enrolment)
    answers = {"hukou": "elsewhere", "employed": "none", "tie": "ten_years", "insurance": "medical"}

    assert [paper.id for paper in road.needed(answers, TODAY)] == ["id_card", "residence_permit"]
    assert [tell.source for tell in road.told(answers, TODAY)] == [
        "浙江省医疗保障条例 第二十九条",
        "温州市公开办事指南",
    ]
    assert not road.seen_by_video(answers, TODAY)


def test_a_pension_check_is_seen_by_video() -> None:
    check = next(each for each in loader.shipped() if each.id == "pension_check")

    assert build(check).seen_by_video({}, TODAY)
