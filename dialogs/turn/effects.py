"""Effects: orders, which a worker carries out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from dialogs.messages import Outbound
from dialogs.turn.events import Json


@dataclass(frozen=True, slots=True)
class Say:
    """Say this to the applicant, on the channel he used last, or on the `channel` named."""

    message: Outbound
    channel: str = ""


@dataclass(frozen=True, slots=True)
class FetchMedia:
    """Fetch the photo `ref` from the platform before it forgets it, and answer with MediaFetched.

    What cannot be fetched is answered with PhotoMeasured and its fault.
    """

    file: str
    ref: str
    channel: str


@dataclass(frozen=True, slots=True)
class OfferHandover:
    """Make a code with which this conversation can be gone on with elsewhere: HandoverOffered."""


@dataclass(frozen=True, slots=True)
class AskHandover:
    """Have a code told where application `number` was begun, if it is that of an identity number
    ending in `tail`. Answered with HandoverAsked."""

    number: str
    tail: str


@dataclass(frozen=True, slots=True)
class Join:
    """Go on here with the conversation that `code` stands for: Joined there, or JoinRefused here.

    sure: he knows that what he was filling in here is deleted then.
    """

    code: str
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Welcome:
    """Answer with Joined(channel). Ordered by a joining, in its commit, and not by a turn."""

    channel: str


@dataclass(frozen=True, slots=True)
class TellClerks:
    """Tell the clerks' group that somebody is waited for. It carries no personal data.

    ticket:     of our queue; of a look-up (reason "lookup") the number it has at the intake service.
    department: who is to answer a look-up.
    """

    ticket: str
    reason: str
    department: str = ""


@dataclass(frozen=True, slots=True)
class MeasurePhoto:
    """Decode the upload `file`, keep a clean copy, and answer with PhotoMeasured."""

    file: str


@dataclass(frozen=True, slots=True)
class ForgetFile:
    """A refused or replaced photo: delete it and its copy."""

    file: str


@dataclass(frozen=True, slots=True)
class ForgetWords:
    """Delete what was said in this conversation up to `until`: the time promised for keeping it is over."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Submit:
    """Hand the pre-application to the intake service. `reference` is its idempotency key for life.

    application: the body of POST /v1/pre-applications (see intake/openapi.yaml) without the reference.
    pages:       [{material, page, file, sha256, flags}], kept photos in the order they are to be sent.
    """

    reference: str
    application: Json
    pages: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Supply:
    """Hand in later what the office asked for (corrections), or what was promised (deferrals).

    key:        its idempotency key for life.
    supplement: the body of POST /v1/pre-applications/{number}/{kind} (see intake/openapi.yaml).
    pages:      as in Submit.
    """

    reference: str
    number: str
    kind: Literal["corrections", "deferrals"]
    key: str
    supplement: Json
    pages: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class AskDepartment:
    """Have another department asked for a paper of a case: DepartmentAsked, or LookupRefused. What it
    finds comes as news.

    question: the body of POST /v1/lookups (see intake/openapi.yaml) without the number.
    """

    reference: str
    number: str
    question: Json


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take the pre-application back."""

    reference: str
    number: str


@dataclass(frozen=True, slots=True)
class Rate:
    """Pass the applicant's mark on. Code 1 = very satisfied ... 5 = very dissatisfied (GB/T 39046 A.8)."""

    reference: str
    number: str
    code: int
    words: str = ""
    named: bool = False  # the office may know whose mark it is


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """Events are missing: ask the intake service for those after `after_seq`."""

    reference: str
    number: str
    after_seq: int


@dataclass(frozen=True, slots=True)
class FetchDocument:
    """Fetch a document from `url` of the intake service, keep it as `file`, and answer with DocumentHeld."""

    reference: str
    file: str
    url: str


@dataclass(frozen=True, slots=True)
class TrackCase:
    """Write down which conversation an application belongs to and how far it is. Part of the commit."""

    reference: str
    number: str
    service: str
    state: str
    seq: int


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """A person is wanted. Part of the commit; while one is open for this conversation, no second is made."""

    reason: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Erase:
    """Have the intake service forget this person: Erased, or ErasureRefused.

    references: of everything he has handed in.
    """

    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForgetPerson:
    """Destroy the key of this conversation's person, once he has heard the receipt, and what it sealed."""

    receipt: str
    intake: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignInAgent:
    """Sign the village agent with this `code` in: AgentSignedIn, or AgentRefused."""

    code: str


@dataclass(frozen=True, slots=True)
class SignOutAgent:
    """Let no agent be signed in here any more."""


@dataclass(frozen=True, slots=True)
class DismissAgent:
    """Answer with AgentDismissed(id). Ordered by his removal, in its commit, and not by a turn."""

    id: str


@dataclass(frozen=True, slots=True)
class TextTo:
    """Send a text message to somebody who is not in this conversation: the villager for whom an agent acts.

    Answered with TextLost where it cannot reach him. phone: E.164.
    """

    reference: str
    phone: str
    text: str


@dataclass(frozen=True, slots=True)
class ClaimCases:
    """Answer with CasesClaimed(reference, to). Ordered by the code, in its commit, and not by a turn."""

    reference: str
    to: str


@dataclass(frozen=True, slots=True)
class EntrustCases:
    """Let these cases be those of the conversation `to`: CasesEntrusted there. This one follows them."""

    to: str
    agent: Json
    cases: Json


@dataclass(frozen=True, slots=True)
class ForgetCases:
    """Answer with CasesForgotten. Ordered by the erasure of their person, in its commit, not by a turn."""

    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Answer with TimerFired(name, key) at `due`. Setting it again moves it; a late fire is harmless."""

    name: str
    key: str
    due: datetime


Effect = (
    Say
    | FetchMedia
    | OfferHandover
    | AskHandover
    | Join
    | Welcome
    | TellClerks
    | MeasurePhoto
    | ForgetFile
    | ForgetWords
    | Submit
    | Supply
    | AskDepartment
    | Withdraw
    | Rate
    | FetchProgress
    | FetchDocument
    | TrackCase
    | OpenTicket
    | Erase
    | ForgetPerson
    | SignInAgent
    | SignOutAgent
    | DismissAgent
    | TextTo
    | ClaimCases
    | EntrustCases
    | ForgetCases
    | SetTimer
)
