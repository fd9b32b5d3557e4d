# ruff: noqa: E501  # a broken script a line reads better than a column of words
"""A script that cannot be used says so in full: line, problem, remedy."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.script import loader
from dialogs.script.problems import ScriptError
from dialogs.script.source import read
from tests.dialogs.scripts import SMALL, enrolment, faults, line_of, small
from tests.examples import examples

# One label, what is changed, where the finger points, what is said, what is offered.
BROKEN = {
    "a word misspelt": ("    between: [", "    betwen: [", "betwen", "no key `betwen`", "between?"),
    "a kind that does not exist": ("kind: number", "kind: nummer", "kind: nummer", "`nummer` is not a kind", "number?"),
    "a how forgotten": (
        "    how: {zh-CN: 住满了再来。, en: Come back then.}\n",
        "",
        "- id: too_short",
        "`how` is missing",
        "双告知",
    ),
    "an element left empty": (
        "basis: [{text: 居住证暂行条例, source: 条例, verified: true}]",
        "basis: []",
        "basis: []",
        "at least 1 item",
        "docs/scripts.md",
    ),
    "no Chinese words": ("{zh-CN: 住处, en: Home}", "{en: Home}", "label: {en: Home}", "Chinese words", "zh-CN"),
    "an answer that does not exist": (
        "when: answers.stay == 'rented'\n",
        "when: answers.stey == 'rented'\n",
        "answers.stey",
        "no question with the id stey",
        "stay?",
    ),
    "an option that does not exist": (
        "when: answers.stay == 'rented'\n",
        "when: answers.stay == 'rent'\n",
        "'rent'",
        "no option 'rent'",
        "rented?",
    ),
    "a number compared with a word": (
        "answers.months < 6",
        "answers.months < '6'",
        "< '6'",
        "does not fit (int, string)",
        "like with like",
    ),
    "a single =": ("answers.stay == 'rented' &&", "answers.stay = 'rented' &&", "= 'rented' &&", "a single =", "=="),
    "read before it is asked": (
        "    options: {rented",
        "    when: answers.months > 3\n    options: {rented",
        "answers.months > 3",
        "not given yet",
        "above this step",
    ),
    "a paper that hangs on the form": (
        "pages: [page, page]}",
        "pages: [page, page]}\n"
        "  - {id: more, title: {zh-CN: 更多, en: More}, when: answers.sure, pages: [page]}",
        "answers.sure, pages",
        "not given yet",
        "The notice is told before the form",
    ),
    "free text in a condition": (
        "pages: [page, page]}",
        "pages: [page, page]}\ntells: [{text: {zh-CN: 好, en: Good}, when: answers.name == 'x'}]",
        "answers.name",
        "kind person-name",
        "Ask a choice",
    ),
    "the same id twice": ("id: months", "id: stay", "id: stay\n    kind: number", "taken by line 19", "of its own"),
    "an id with a meaning": ("id: months", "id: consent", "id: consent", "meaning of its own", "another word"),
    "an id in capitals": ("id: months", "id: Months", "id: Months", "not written rightly", "small letters"),
    "a key twice": ("    between:", "    kind: number\n    between:", "kind: number\n    between", "stands here twice", "Delete"),
    "borders the wrong way round": ("between: [0, 600]", "between: [600, 0]", "between: [600", "begins after it ends", "smaller"),
    "an alias": ("title: {zh-CN: 居住证,", "title: &t {zh-CN: 居住证,", "&t", "anchors and aliases", "Write it out"),
    "a tag": ("id: permit", "id: !!str permit", "!!str", "tags", "Delete the tag"),
    "a bare colon": ("住在哪里？, en:", "住在: 哪里？, en:", ": 哪里？", "not YAML", "in quotes"),
    "a bare comma": ("en: My own", "en: My own, really", "really", "`really` has no value", "needs quotes"),
    "a version": ("id: permit", "id: permit\nversion: abc", "version: abc", "worked out", "Delete this line"),
    "a scenario about nobody": ("given: {stay: rented,", "given: {stey: rented,", "stey: rented", "no question `stey`", "stay?"),
    "a scenario that ends nowhere": ("expect: {submit: true,", "expect: {outcome: to_short,", "outcome: to_short", "no outcome", "too_short?"),
    "a table that does not exist": (
        "    options: {rented: {zh-CN: 租的, en: Rented}, own: {zh-CN: 自己的, en: My own}}",
        "    options_from: tables.homes",
        "options_from",
        "no table `tables.homes`",
        "Add it",
    ),
    "a language we do not speak": ("{zh-CN: 住处, en: Home}", "{zh-CN: 住处, fr: Foyer}", "fr: Foyer", "`fr` is not allowed", "'zh-CN'"),
    "a number for a word": ("title: {zh-CN: 居住证,", "title: {zh-CN: 12,", "zh-CN: 12", "a text is wanted", "quotes"),
}  # fmt: skip


@pytest.mark.parametrize("label", BROKEN)
def test_a_broken_script_names_line_problem_and_remedy(label: str) -> None:
    old, new, place, what, remedy = BROKEN[label]
    form = "form:\n  - {id: sure, kind: confirm, ask: {zh-CN: 对吗？, en: 'Sure?'}, label: {zh-CN: 对, en: Sure}}\n"
    text = small(("form:\n", form), (old, new))

    problem = faults(text)[0]

    assert what in problem.what
    assert remedy in problem.remedy
    assert problem.line == line_of(text, place)
    assert str(problem).startswith(f"permit.yaml:{problem.line}:{problem.column}: ")


def test_all_problems_come_at_once_in_reading_order() -> None:
    text = small(("betw", "bitw"), ("kind: person-name", "kind: persona"), ("days: 10", "days: ten"))

    with pytest.raises(ScriptError) as caught:
        loader.load(text, "permit.yaml")

    lines = [each.line for each in caught.value.problems]
    assert len(lines) == 3
    assert lines == sorted(lines)
    assert len(str(caught.value).splitlines()) == 3


def test_the_column_points_into_the_condition() -> None:
    text = small(("answers.months < 6", "answers.monts < 6"))
    line = next(each for each in text.splitlines() if "monts" in each)

    assert faults(text)[0].column == line.index("answers.monts") + 1


def test_a_condition_on_lines_of_its_own_keeps_its_line() -> None:
    text = small(
        (
            "when: answers.stay == 'rented' && answers.months < 6",
            "when: |\n      answers.stay == 'rented' &&\n      answers.monts < 6",
        )
    )

    assert faults(text)[0].line == line_of(text, "answers.monts")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("0571", "0571"),
        ("12:30", "12:30"),
        ("2026-01-01", "2026-01-01"),
        ("on", "on"),
        ("1_000", "1_000"),
        ("0x1f", "0x1f"),
        (".inf", ".inf"),
        ("9" * 30, "9" * 30),
        ("10", 10),
        ("-1.5", -1.5),
        ("true", True),
        ("~", None),
        ("'10'", "10"),
    ],
)
def test_yaml_keeps_its_surprises_to_itself(text: str, value: object) -> None:
    assert read(f"a: {text}", "x.yaml")[0] == {"a": value}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "a script is a mapping"),
        ("- 1", "a script is a mapping"),
        ("a: [1", "not YAML"),
        ("a: 1\n---\nb: 2", "not YAML"),
        ("\x00", "U+0000"),
        ("a: \ud800", "U+D800"),
        ("? [a]\n: 1", "a key must be a word"),
        ("a: " + "[" * 500, "nested more than"),
        ("a:\n" + " - 1\n" * 50_000, "more than 40,000"),
        ("a: '" + "x" * 1_100_000 + "'", "1,100,005 bytes"),
        ("a: &x [1]\nb: *x", "anchors and aliases"),
        ("a: !!python/object:os.system 1", "tags"),
        ("%YAML 9.9\n---\na: 1", "not YAML"),
    ],
)
def test_what_is_not_a_script_is_refused(text: str, what: str) -> None:
    with pytest.raises(ScriptError) as caught:
        loader.load(text, "x.yaml")

    assert what in caught.value.problems[0].what
    assert caught.value.problems[0].remedy


def test_the_version_is_the_content() -> None:
    first, second = loader.load(SMALL, "a.yaml"), loader.load(SMALL + "# a comment\n", "b.yaml")

    assert len(first.version) == 16
    assert first.version != second.version
    assert first.key == f"permit@{first.version}"
    assert loader.load(SMALL, "elsewhere.yaml").version == first.version


def test_shipped_scripts_load() -> None:
    names = [name.removesuffix(".yaml") for _, name in loader.shipped_texts()]

    assert [each.id for each in loader.shipped()] == names
    assert {"flexible_enrolment", "pension_check"} <= set(names)


@settings(max_examples=examples(40), deadline=None)
@given(st.data())
def test_a_damaged_script_never_raises_anything_else(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([SMALL, enrolment()]))
    start = data.draw(st.integers(0, len(text)))
    end = min(len(text), start + data.draw(st.integers(0, 60)))
    damaged = text[:start] + data.draw(st.text(max_size=20)) + text[end:]

    problems = faults(damaged)

    assert all(each.what and each.remedy for each in problems)
