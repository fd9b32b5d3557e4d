"""What admins write: a script is the service guide, executable.

A script declares what the office needs to know; the engine knows how to ask. Steps are an ordered
list, each with an optional `when`. The order is the only routing: no goto, no loops, every path ends.

These are the shapes of the YAML (see docs/scripts.md); `dialogs.script.loader` reads it with positions and
`dialogs.script.check` proves what can be known without playing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Ident = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[
    dict[Literal["zh-CN", "en"], Annotated[str, Field(min_length=1, max_length=500)]],
    BeforeValidator(lambda value: {"zh-CN": value} if isinstance(value, str) else value),
]
Unit = Literal["working", "calendar"]


class Part(BaseModel):
    """A piece of a script: frozen, and refusing keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sourced(Part):
    """A fact with where it comes from. Shown to admins as 待核实 until the bureau has ticked it."""

    source: str = Field(min_length=1)
    verified: bool = False


class Step(Part):
    """Something on the road. `when` is a condition (CEL) over answers of earlier steps."""

    id: Ident
    when: str | None = None


class Question(Step):
    """A question. `label` names its answer in the read-back and to the clerk; `hint` follows the question."""

    ask: Words
    label: Words
    hint: Words | None = None
    sensitive: bool = False  # shown masked, kept out of everything but the application


class Choice(Question):
    """One of several. Options are written here, or come from a dated table of the script."""

    kind: Literal["choice"]
    options: dict[Ident, Words] = Field(default_factory=dict)
    options_from: str | None = Field(None, pattern=r"^tables\.[a-z][a-z0-9_]*$")


class Choices(Question):
    """Some of several."""

    kind: Literal["choices"]
    options: dict[Ident, Words] = Field(default_factory=dict)
    options_from: str | None = Field(None, pattern=r"^tables\.[a-z][a-z0-9_]*$")
    at_least: int = Field(1, ge=0)
    at_most: int = Field(20, ge=1)


class FreeText(Question):
    kind: Literal["text"]
    max_length: int = Field(200, ge=1, le=2000)  # characters


class PersonName(Question):
    kind: Literal["person-name"]


class Number(Question):
    """A number; an integer unless `whole` is false."""

    kind: Literal["number"]
    between: tuple[float, float] | None = None
    unit: Words | None = None
    whole: bool = True


class Money(Question):
    """An amount in yuan; the answer is kept in fen."""

    kind: Literal["money"]
    between: tuple[float, float] | None = None


class Date(Question):
    """A day. Borders are "today" or "YYYY-MM-DD", both inclusive."""

    kind: Literal["date"]
    not_before: str | None = Field(None, pattern=r"^(today|\d{4}-\d\d-\d\d)$")
    not_after: str | None = Field(None, pattern=r"^(today|\d{4}-\d\d-\d\d)$")


class Month(Question):
    """A month. Borders are "this-month" or "YYYY-MM", both inclusive."""

    kind: Literal["month"]
    not_before: str | None = Field(None, pattern=r"^(this-month|\d{4}-\d\d)$")
    not_after: str | None = Field(None, pattern=r"^(this-month|\d{4}-\d\d)$")


class IdNumber(Question):
    kind: Literal["id-number"]


class Phone(Question):
    kind: Literal["phone"]


class Region(Question):
    """A county-level division (GB/T 2260)."""

    kind: Literal["region"]


class PostalAddress(Question):
    kind: Literal["address"]


class BankCard(Question):
    kind: Literal["bank-card"]


class Confirm(Question):
    """Yes or no."""

    kind: Literal["confirm"]


class Outcome(Step):
    """The errand ends here, before anything is handed in. Both why and how to are mandatory (双告知)."""

    kind: Literal["outcome"]
    why: Words
    how: Words


class Handoff(Step):
    """A person has to look at this case. Why, and what happens next."""

    kind: Literal["handoff"]
    why: Words
    how: Words


class Link(Sourced):
    """An official page. The host is a public body's own, never a copy of one."""

    label: Words
    url: str = Field(pattern=r"^https://[a-z0-9.-]+\.gov\.cn(/[!-~]*)?$")


class Guide(Step):
    """The applicant does this one himself, elsewhere: how, step by step. Nothing is handed in here."""

    kind: Literal["guide"]
    steps: list[Words] = Field(min_length=1, max_length=6)
    link: Link | None = None


Ending = Outcome | Handoff | Guide  # what the road may lead to before anything is handed in

AnyQuestion = (
    Choice
    | Choices
    | FreeText
    | PersonName
    | Number
    | Money
    | Date
    | Month
    | IdNumber
    | Phone
    | Region
    | PostalAddress
    | BankCard
    | Confirm
)
SituationStep = Annotated[AnyQuestion | Ending, Field(discriminator="kind")]
FormStep = Annotated[AnyQuestion | Ending, Field(discriminator="kind")]


class Basis(Sourced):
    text: str = Field(min_length=1)


class Limit(Sourced):
    """A time limit: day of the event not counted, due at 24:00 of the last day."""

    days: int = Field(ge=0, le=365)  # 0: on the spot
    kind: Unit

    @property
    def in_days(self) -> float:
        """About how many calendar days it takes: five working days make a week."""
        return self.days * 7 / 5 if self.kind == "working" else self.days


class Limits(Part):
    statutory: Limit
    promised: Limit
    answer: Limit | None = None  # how long until the office first answers; None: one working day


class Fee(Sourced):
    amount: float = Field(ge=0)  # yuan
    note: Words | None = None


class Item(Part):
    """The six elements of a government service (六统一); publishing is refused while one is empty."""

    name_code: str = Field(min_length=1, max_length=50)
    authority: Words
    office: Ident  # who handles it: an id of dialogs/offices.yaml
    basis: list[Basis] = Field(min_length=1)
    materials: Literal["below"]
    procedure: list[Words] = Field(min_length=1)
    limits: Limits
    fee: Fee
    result: Words  # what the applicant has in the end


class Asked(Part):
    """Another department that can answer for a paper, and what it is asked: no more than it must know."""

    department: str = Field(min_length=1, max_length=50)
    question: str = Field(min_length=1, max_length=200)


class Material(Part):
    """A paper the case needs, photographed page by page."""

    id: Ident
    title: Words
    when: str | None = None
    pages: list[Literal["front", "back", "page"]] = Field(min_length=1, max_length=10)
    original: bool = True
    copies: int = Field(0, ge=0)
    source: Literal["applicant", "fetched-first", "promised"] = "applicant"
    checks: list[Literal["document", "face-on-front"]] = ["document"]
    deferrable: bool = False
    lookup: bool = False  # another department can answer this, so it may not be demanded (无证明城市)
    asked: Asked | None = None  # whom to ask, and what: then the look-up is offered where he has no paper
    guidance: Words | None = None  # how to photograph it; None: the bot's usual words


class Child(Part):
    """One application of a package (一件事): an item of its own, handed in and decided by itself.

    answers, materials: questions and papers for this one alone, or for some. What no child names of the form
        and the papers, all get; of the situation an office learns what its child names.
    """

    id: Ident
    title: Words
    when: str | None = None
    item: Item
    answers: list[Ident] = Field(default_factory=list)
    materials: list[Ident] = Field(default_factory=list)


class Tell(Part):
    """Something the applicant must know before he agrees, told in the notice."""

    text: Words
    when: str | None = None
    source: str = ""
    verified: bool = False


class Row(Part):
    id: Ident
    label: Words
    amount: float | None = None  # yuan, or a plain number that conditions read with number()


class Window(Part):
    from_: date = Field(alias="from")
    to: date


class Edition(Part):
    """A table's rows while they are in force."""

    valid: Window
    rows: list[Row] = Field(min_length=1)
    source: str = ""
    verified: bool = False


class Video(Part):
    when: str | None = None


class Verification(Part):
    video: Video | None = None


class Expected(Part):
    """Where a scenario ends. Exactly one of outcome, handoff, guide, submit."""

    outcome: str | None = None
    handoff: str | None = None
    guide: str | None = None
    submit: bool | None = None
    materials: list[Ident] | None = None  # exactly these, in this order
    children: list[Ident] | None = None  # of a package: exactly these are handed in


class Scenario(Part):
    """The author's own test. Given answers are option ids and values as the engine keeps them."""

    name: str = Field(min_length=1)
    given: dict[Ident, Any]
    expect: Expected
    today: date | None = None


class Script(Part):
    format: Literal[1]
    id: Ident
    title: Words
    aka: list[str] = Field(default_factory=list)
    about: Words  # one sentence: what this is for
    life: list[Ident] = Field(default_factory=list)  # situations of life it is found under: ids of lives.yaml
    fits: dict[Ident, list[Ident]] = Field(default_factory=dict)  # see dialogs.lives: who would want it
    audience: Literal["person"] = "person"
    item: Item
    keep_days: int = Field(30, ge=1, le=3650)  # how long photos are kept after the case has ended
    situation: list[SituationStep] = Field(min_length=1)
    form: list[FormStep]
    materials: list[Material]
    children: list[Child] = Field(
        default_factory=list
    )  # of a package; in its own right: dialogs.script.filings
    tells: list[Tell] = Field(default_factory=list)
    verification: Verification | None = None
    tables: dict[Ident, list[Edition]] = Field(default_factory=dict)
    scenarios: list[Scenario] = Field(default_factory=list)
    version: str = ""  # content hash, set by the loader: first 16 hex digits of SHA-256 over the bundled YAML

    @property
    def key(self) -> str:
        """What a session pins: "<id>@<version>"."""
        return f"{self.id}@{self.version}"

    def options(self, question: Choice | Choices, today: date) -> Mapping[str, Words]:
        """Return the options in force on `today`, by id, in the order they are shown."""
        if question.options_from is None:
            return question.options
        edition = self.edition(question.options_from.removeprefix("tables."), today)
        return {row.id: row.label for row in edition.rows}

    def edition(self, table: str, today: date) -> Edition:
        """Return the edition in force on `today`, else the latest that has begun, else the first.

        A table that has run out is better than no question; `check` warns before it does.
        """
        return edition_on(self.tables[table], today)


def edition_on(editions: Sequence[Edition], today: date) -> Edition:
    """Return the edition in force on `today`, else the latest that has begun, else the first."""
    ordered = sorted(editions, key=lambda each: each.valid.from_)
    begun = [each for each in ordered if each.valid.from_ <= today]
    return begun[-1] if begun else ordered[0]
