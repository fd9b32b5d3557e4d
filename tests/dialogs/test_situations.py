"""Every situation of a script, and nothing twice."""

from datetime import date, timedelta
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.answers import is_woman
from dialogs.script import Date, Number, loader
from dialogs.script.conditions import Language, Readable, age
from dialogs.script.domains import person, representatives
from dialogs.script.road import build
from dialogs.script.situations import pairs, situations
from tests.dialogs.scripts import SMALL, TODAY, script, small
from tests.examples import examples


def ends(*changes: tuple[str, str], today: date = TODAY) -> list[tuple[dict[str, object], str, str]]:
    return [(dict(each.answers), each.end, each.at) for each in situations(script(*changes), today).all]


def values(question: str, condition: str) -> list[object]:
    """Return the answers that stand for all answers to a question with one condition on it."""
    text = small(
        ("    between: [0, 600]\n", ""),
        ("kind: number", question),
        (
            "when: answers.stay == 'rented' && answers.months < 6",
            f"when: >-\n      answers.stay == 'rented' && ({condition})",
        ),
    )
    found = situations(loader.load(text, "x.yaml"), TODAY)
    return [each.answers["months"] for each in found.all if "months" in each.answers]


def test_a_number_counts_by_the_borders_of_its_conditions() -> None:
    assert ends() == [
        ({"stay": "rented", "months": 0}, "outcome", "too_short"),
        ({"stay": "rented", "months": 6}, "submit", ""),
        ({"stay": "own"}, "submit", ""),
    ]


def test_papers_steps_and_messages_of_each_situation_are_known() -> None:
    short, long, own = situations(script(), TODAY).all

    assert (short.materials, short.steps, short.messages) == ((), ("stay", "months", "too_short"), 3)
    assert long.materials == ("lease",)
    assert long.steps[-3:] == ("lease.page", "lease.page2", "read_back")
    assert long.messages == 8
    assert own.materials == ()
    assert own.witness() == "stay=own"


def test_borders_of_every_kind_are_found() -> None:
    assert values("kind: number", "answers.months >= 6") == [0, 6]
    assert values("kind: number", "answers.months > 6") == [0, 7]
    assert values("kind: number", "6 <= answers.months && answers.months <= 9") == [0, 6, 10]
    assert values("kind: number", "answers.months == 6") == [0, 6, 7]
    assert values("kind: number", "answers.months + 2 >= 6")[:2] == [0, 4]
    assert values("kind: number\n    whole: false", "answers.months > 1.5") == [0.0, 1.51]
    assert values("kind: money", "answers.months < yuan(3000)") == [0, 300_000]
    assert values("kind: date", "answers.months < '2026-01-01'") == ["2025-12-31", "2026-01-01"]
    assert values("kind: date", "answers.months <= today") == ["2026-11-21", "2026-11-22"]
    assert values("kind: date", "days_since(answers.months) > 30") == ["2026-10-21", "2026-10-22"]
    assert values("kind: date", "months_since(answers.months) >= 6") == ["2026-05-21", "2026-05-22"]
    assert values("kind: month", "answers.months < '2026-07'") == ["2026-06", "2026-07"]
    assert values("kind: confirm", "answers.months") == [True, False]
    assert values(
        "kind: choices\n    options: {a: {zh-CN: 甲, en: A}, b: {zh-CN: 乙, en: B}}", "'a' in answers.months"
    ) == [["a"], ["b"], ["a", "b"]]


BOUND = st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(0, 30), st.booleans())


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(BOUND, min_size=1, max_size=3), st.sampled_from(["&&", "||"]))
def test_between_two_listed_numbers_nothing_changes(bounds: list[tuple[str, int, bool]], join: str) -> None:
    parts = [f"{at} {op} answers.n" if turned else f"answers.n {op} {at}" for op, at, turned in bounds]
    language = Language({"n": Readable("whole")})
    condition = language.compile(f" {join} ".join(parts))
    step = Number(id="n", kind="number", ask={"zh-CN": "几"}, label={"zh-CN": "几"}, between=(0, 32))

    listed = list(representatives(script(), step, [condition], language, TODAY))

    for number in range(33):
        nearest = max(each for each in listed if each <= number)
        assert condition.holds({"n": number}, TODAY) is condition.holds({"n": nearest}, TODAY)


DAYS = st.tuples(
    st.sampled_from(
        ["answers.n {} '2026-{:02}-15'", "days_since(answers.n) {} {}", "months_since(answers.n) {} {}"]
    ),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.integers(1, 12),
)


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(DAYS, min_size=1, max_size=3), st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.data())
def test_between_two_listed_days_nothing_changes(
    bounds: list[tuple[str, str, int]], today: date, data: st.DataObject
) -> None:
    language = Language({"n": Readable("date")})
    condition = language.compile(" || ".join(form.format(op, at) for form, op, at in bounds))
    step = Date(
        id="n",
        kind="date",
        ask={"zh-CN": "哪天"},
        label={"zh-CN": "哪天"},
        not_before="2024-06-01",
        not_after=None,
    )

    listed = list(representatives(script(), step, [condition], language, today))

    known = {each: condition.holds({"n": each}, today) for each in listed}
    for offset in data.draw(st.lists(st.integers(0, 1100), min_size=40, max_size=40)):
        day = (date(2024, 6, 1) + timedelta(offset)).isoformat()
        nearest = max(each for each in listed if each <= day)
        assert condition.holds({"n": day}, today) is known[nearest]
    for each in listed[1:]:
        day_before = (date.fromisoformat(each) - timedelta(1)).isoformat()
        assert condition.holds({"n": day_before}, today) is known[max(at for at in listed if at < each)]


def test_ages_are_played_by_invented_people() -> None:
    found = values("kind: id-number", "age(answers.months) >= (is_woman(answers.months) ? 55 : 60)")
    people = [(age(str(each), TODAY), is_woman(str(each))) for each in found]

    assert people == [(16, True), (16, False), (55, True), (55, False), (60, True), (60, False)]
    assert all(str(each).startswith("999901") for each in found)
    assert person(TODAY, 38)[:6] == "999901"


def test_what_no_condition_reads_does_not_multiply_the_form() -> None:
    level = "{id: level, kind: choice, ask: {zh-CN: 哪档？, en: 'Which?'}, label: {zh-CN: 档, en: Level},"
    options = " options: {a: {zh-CN: 甲, en: A}, b: {zh-CN: 乙, en: B}}}"

    assert len(ends(("form:\n", f"form:\n  - {level}{options}\n"))) == 3


def test_too_many_situations_are_merged_and_then_paired() -> None:
    question = "  - {{id: q{0}, kind: choice, ask: {{zh-CN: 问, en: Q}}, label: {{zh-CN: 问, en: Q}}, {1}}}\n"
    options = "options: {a: {zh-CN: 甲, en: A}, b: {zh-CN: 乙, en: B}, c: {zh-CN: 丙, en: C}}"
    many = "".join(question.format(n, options) for n in range(12))
    ended = "".join(
        f"  - {{id: out{n}, kind: outcome, when: answers.q{n} == 'a' && answers.q{n + 1} == 'b',"
        " why: {zh-CN: 因, en: W}, how: {zh-CN: 法, en: H}}\n"
        for n in range(11)
    )

    merged = situations(loader.load(small(("form:\n", many + "form:\n")), "x.yaml"), TODAY, limit=300)
    paired = situations(loader.load(small(("form:\n", many + ended + "form:\n")), "x.yaml"), TODAY, limit=300)

    assert (merged.coverage, len(merged.all)) == ("distinct", 3)
    assert paired.coverage == "pairs"
    assert 100 > len(paired.all) > 9
    assert "out0" in paired.reached


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=12))
def test_pairs_let_each_two_answers_meet(sizes: list[int]) -> None:
    domains = {f"q{place}": tuple(range(size)) for place, size in enumerate(sizes)}
    rows = list(pairs(domains))

    for first, second in combinations(domains, 2):
        met = {(row[first], row[second]) for row in rows}
        assert met == set(product(domains[first], domains[second]))


def test_every_listed_situation_is_one_the_road_agrees_with() -> None:
    for each in loader.shipped():
        road = build(each)
        for way in situations(each, TODAY).all:
            papers = (
                tuple(paper.id for paper in road.needed(way.answers, TODAY)) if way.end == "submit" else ()
            )
            assert papers == way.materials


def test_a_script_of_a_thousand_steps_is_listed_in_time() -> None:
    question = "  - {{id: q{0}, kind: confirm, ask: {{zh-CN: 问, en: Q}}, label: {{zh-CN: 问, en: Q}}}}\n"
    text = SMALL.replace("form:\n", "form:\n" + "".join(question.format(n) for n in range(999)))

    assert len(situations(loader.load(text, "x.yaml"), TODAY).all) == 3
