# ruff: noqa: E501  # a fault a line reads better than a column of words
"""Steps that scripts share: put in where they are included, with every fault at its own file and line."""

from pathlib import Path

import pytest

from dialogs.script import Script, fragments, loader, source
from dialogs.script.check import check
from dialogs.script.problems import Problem, ScriptError
from tests.dialogs.scripts import SMALL, TODAY, line_of, small

WHO = """\
# Who it is about.
form:
  - id: name
    kind: person-name
    ask: {zh-CN: 您叫什么名字？, en: 'What is your name?'}
    label: {zh-CN: 姓名, en: Name}
  - id: sure
    kind: confirm
    when: answers.stay == 'own'
    ask: {zh-CN: 对吗？, en: 'Is it right?'}
    label: {zh-CN: 对, en: Right}
materials:
  - {id: card, title: {zh-CN: 卡, en: Card}, pages: [front]}
"""
NAME = (
    "  - {id: name, kind: person-name, ask: {zh-CN: 姓名？, en: 'Name?'}, label: {zh-CN: 姓名, en: Name}}\n"
)
INCLUDING = small((NAME, "  - include: who\n"))


def find(name: str) -> str | None:
    return WHO if name == "who" else None


def test_an_include_stands_for_the_steps_of_its_list() -> None:
    text = INCLUDING.replace("materials:\n", "materials:\n  - include: who\n")

    script = loader.load(text, "x.yaml", find)

    assert [step.id for step in script.form] == ["name", "sure"]
    assert [paper.id for paper in script.materials] == ["card", "lease"]


def test_an_include_may_hang_on_a_condition_of_its_own() -> None:
    text = INCLUDING.replace("- include: who", "- {include: who, when: answers.stay == 'rented'}")

    form = loader.load(text, "x.yaml", find).form

    assert [step.when for step in form] == [
        "answers.stay == 'rented'",
        "(answers.stay == 'rented') && (answers.stay == 'own')",
    ]


def test_a_bundled_script_stands_by_itself_for_ever() -> None:
    bundled = fragments.bundled(INCLUDING, find)
    script = loader.load(INCLUDING, "x.yaml", find)

    assert loader.load(bundled, "x.yaml", _nothing) == script
    assert loader.load(bundled, "x.yaml", lambda name: "form: []") == script
    assert fragments.bundled(bundled, _nothing) == bundled


def test_a_script_without_includes_is_its_own_bundle() -> None:
    assert fragments.bundled(SMALL, _nothing) == SMALL
    assert fragments.bundled("a: [", _nothing) == "a: ["


def test_another_fragment_is_another_version() -> None:
    first = loader.load(INCLUDING, "x.yaml", find)
    second = loader.load(INCLUDING, "x.yaml", lambda name: WHO.replace("对吗", "是吗"))

    assert first.version != second.version


# One label: what changes in the script, in the fragment; file and text the finger points at; what is said.
FAULTS = {
    "no such fragment": (("include: who", "include: whom"), None, "x.yaml", "- include: whom", "no fragment `whom`"),
    "a way out of the folder": (("include: who", "include: ../who"), None, "x.yaml", "- include: ../who", "no fragment"),
    "another key": (("include: who", "include: who\n    id: x"), None, "x.yaml", "- include: who", "no key `id`"),
    "twice": (("include: who", "include: who\n  - include: who"), None, "x.yaml", None, "included here twice"),
    "a list it does not have": (("situation:\n", "situation:\n  - include: who\n"), None, "x.yaml", "  - include", "no `situation`"),
    "a fragment that is not YAML": (None, ("form:", "form: ["), "fragments/who.yaml", None, "not YAML"),
    "a fragment that is a list": (None, (WHO, "- 1\n"), "fragments/who.yaml", None, "mapping of lists"),
    "a fragment with a title": (None, ("form:", "title: x\nform:"), "fragments/who.yaml", "title", "no key `title`"),
    "a fragment within": (None, ("form:\n", "form:\n  - include: a\n"), "fragments/who.yaml", "form:", "includes no other"),
    "a word misspelt": (None, ("    kind: confirm", "    kind: confrim"), "fragments/who.yaml", "kind: confrim", "not a kind"),
    "a condition": (None, ("answers.stay", "answers.stey"), "fragments/who.yaml", "stey", "no question with the id stey"),
    "an id taken before": (None, ("id: sure", "id: too_short"), "fragments/who.yaml", "id: too_short", "taken by x.yaml, line 30"),
    "an id taken after": (("include: who\n", "include: who\n" + NAME), None, "x.yaml", "{id: name", "taken by fragments/who.yaml, line 3"),
    "a condition of the include": (("include: who", "{include: who, when: answers.stey == 'own'}"), None, "x.yaml", "stey", "no question with the id stey"),
}  # fmt: skip


@pytest.mark.parametrize("label", FAULTS)
def test_a_fault_names_the_file_and_line_where_it_is_written(label: str) -> None:
    change, inside, file, place, what = FAULTS[label]
    text = INCLUDING.replace(*change, 1) if change else INCLUDING
    fragment = WHO.replace(*inside, 1) if inside else WHO

    problem = _faults(text, fragment)[0]

    assert what in problem.what
    assert problem.remedy
    assert problem.file == file
    if place:
        assert problem.line == line_of(text if file == "x.yaml" else fragment, place)


def test_the_places_behind_an_include_are_still_their_own() -> None:
    text = INCLUDING.replace("materials:\n", "materials:\n  - include: who\n").replace(
        "pages: [page, page]", "pages: []"
    )

    problem = _faults(text, WHO)[0]

    assert (problem.file, problem.line) == ("x.yaml", line_of(text, "pages: []"))
    assert problem.node == "materials.lease.pages"


def test_what_tires_a_reader_is_found_in_a_fragment_too() -> None:
    long = WHO.replace("对吗？", "对" * 41)

    script, marks = loader.read(INCLUDING, "x.yaml", lambda name: long)
    found = [(each.file, each.line) for each in check(script, TODAY, marks) if each.code == "long-sentence"]

    assert found == [("fragments/who.yaml", line_of(long, "对对"))]


def test_an_authors_own_fragments_lie_beside_his_script(tmp_path: Path) -> None:
    (tmp_path / "fragments").mkdir()
    (tmp_path / "fragments" / "who.yaml").write_text(WHO, encoding="utf-8")
    look = fragments.beside(tmp_path / "x.yaml")

    assert look("who") == WHO
    assert look("identity") == fragments.shipped("identity")
    assert look("nowhere") is None


@pytest.mark.parametrize("name", fragments.shipped_names())
def test_every_shipped_fragment_can_be_used(name: str) -> None:
    text = SMALL.replace(NAME, "").replace("form:\n", "form: []\n")
    data, _ = source.read(fragments.shipped(name) or "", name)
    for part in data:
        text = text.replace(f"{part}: []\n", f"{part}:\n").replace(
            f"{part}:\n", f"{part}:\n  - include: {name}\n", 1
        )
    if "tells" in data:
        text = text.replace("scenarios:\n", f"tells:\n  - include: {name}\nscenarios:\n", 1)

    script = loader.load(text, "x.yaml")

    assert isinstance(script, Script)
    assert not [each for each in check(script, TODAY) if each.code in ("no-english", "long-sentence")]


def _nothing(name: str) -> str | None:
    raise AssertionError(f"{name} was looked for")


def _faults(text: str, fragment: str) -> list[Problem]:
    with pytest.raises(ScriptError) as caught:
        loader.load(text, "x.yaml", lambda name: fragment if name == "who" else None)
    return caught.value.problems
