"""The vocabulary of the spine: Event -> Turn -> one commit -> Delivery.

Events are what happened, in the past tense. Effects are orders. Nothing in a Turn has happened
yet: the caller commits the session and the effects together, and a worker carries them out.

Both are made of JSON values and times only, so `encode` and `decode` can keep any of them in a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, TypeVar

from dialogs.messages import Card, Choice, Inbound, Media, News, Outbound
from dialogs.session import Session

Json = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody opened a conversation, or came back through a link, and has not said anything yet.

    scene: what the link or QR code he came by carried: the id of a service, or "go" and a hand-over code.
    """

    conversation: str = ""
    lang: str = "zh-CN"
    channel: str = ""
    scene: str = ""


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """An applicant wrote, tapped or sent photos."""

    message: Inbound


@dataclass(frozen=True, slots=True)
class Flooded:
    """He sends faster than anybody can mean it; what came since then was not read."""


@dataclass(frozen=True, slots=True)
class MediaFetched:
    """A photo that lay on the platform's servers is held by us now."""

    file: str


@dataclass(frozen=True, slots=True)
class HandoverOffered:
    """A code was made with which this conversation can be gone on with elsewhere.

    links: channel -> address that carries the code there by itself.
    asked_by: the channel from which somebody asked for it by number; "" when asked for here.
    """

    code: str
    until: datetime
    links: Json = field(default_factory=dict)
    asked_by: str = ""


@dataclass(frozen=True, slots=True)
class HandoverAsked:
    """The request for a code by number is dealt with. Whether there is such a case is not told here."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The person of this conversation goes on with it on `channel` from now on."""

    channel: str


@dataclass(frozen=True, slots=True)
class JoinRefused:
    """A hand-over code was not taken.

    reason: "unknown" (wrong, used or too old), "often" (too many wrong ones), "here" (it is this very
        conversation's), "busy" (something was handed in here too), "draft" (a draft here would be lost:
        ask first).
    code: the code, when he may still say yes to it.
    """

    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class PhotoMeasured:
    """A photo has been decoded and measured, or could not be read.

    file:     the id the applicant's upload was kept under.
    kept:     the id of the upright, metadata-free copy; empty when the photo was unreadable.
    sha256:   of the kept copy, lower-case hex.
    measure:  fields of dialogs.photos.Measure; empty when unreadable.
    fault:    why it could not be read, a reason of dialogs.photos; empty when it could.
    """

    file: str
    kept: str = ""
    sha256: str = ""
    measure: Json = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationReceived:
    """The intake service took the pre-application and gave it a number."""

    reference: str
    number: str
    answer_by: str = ""  # "YYYY-MM-DD", the last day on which the office answers; empty: not said


@dataclass(frozen=True, slots=True)
class ApplicationDelayed:
    """The intake service does not answer. The worker goes on trying with the same key."""

    reference: str


@dataclass(frozen=True, slots=True)
class ApplicationRefused:
    """The intake service will not take it. `number` names the existing case when it is a duplicate."""

    reference: str
    reason: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawalRefused:
    """Too late to take it back: the intake service has decided already."""

    reference: str


@dataclass(frozen=True, slots=True)
class SupplyReceived:
    """The intake service has what was handed in later under `key` (see Supply)."""

    reference: str
    key: str
    answer_by: str = ""  # "YYYY-MM-DD", the last day on which the office says what comes next


@dataclass(frozen=True, slots=True)
class SupplyDelayed:
    """The intake service does not answer. The worker goes on trying with the same key."""

    reference: str
    key: str


@dataclass(frozen=True, slots=True)
class SupplyRefused:
    """The intake service will not take what was handed in later: too late, or not asked for."""

    reference: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class DepartmentAsked:
    """The look-up `lookup` of a case waits for an officer of `department`."""

    reference: str
    lookup: str
    department: str


@dataclass(frozen=True, slots=True)
class LookupRefused:
    """The intake service will not have a department asked for the paper `material` of a case."""

    reference: str
    material: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProgressReported:
    """One event of an application at the intake service, in its sequence."""

    reference: str
    number: str
    seq: int
    type: str
    occurred_at: datetime
    data: Json = field(default_factory=dict)
    document: Json = field(default_factory=dict)  # {url, kind, number, title} of what was put in writing


@dataclass(frozen=True, slots=True)
class DocumentHeld:
    """A document of an application is kept by us under `file`, or `lost`: the office no longer has it."""

    reference: str
    file: str
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Erased:
    """The intake service has forgotten this person, as far as the law allows.

    receipt: by which he can ask what was deleted. intake: what it answered (its receipt, what it keeps);
        {} when nothing had been handed in.
    """

    receipt: str
    intake: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ErasureRefused:
    """Nothing was erased: the cases `numbers` are under way there; () when it could not be done at all."""

    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentSignedIn:
    """A village agent has this conversation from now on."""

    id: str
    name: str
    village: str


@dataclass(frozen=True, slots=True)
class AgentRefused:
    """A sign-in code was not taken: "unknown" (wrong, used or too old) or "often" (too many wrong ones)."""

    reason: str


@dataclass(frozen=True, slots=True)
class AgentDismissed:
    """The agent `id` was removed; where he was signed in, he no longer is."""

    id: str


@dataclass(frozen=True, slots=True)
class TextLost:
    """A text message about an application could not reach its person (see TextTo)."""

    reference: str


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer set earlier is due. `key` says for what (a reference, a prompt number)."""

    name: str
    key: str


Event = (
    Opened
    | MessageReceived
    | Flooded
    | MediaFetched
    | HandoverOffered
    | HandoverAsked
    | Joined
    | JoinRefused
    | PhotoMeasured
    | ApplicationReceived
    | ApplicationDelayed
    | ApplicationRefused
    | WithdrawalRefused
    | SupplyReceived
    | SupplyDelayed
    | SupplyRefused
    | DepartmentAsked
    | LookupRefused
    | ProgressReported
    | DocumentHeld
    | Erased
    | ErasureRefused
    | AgentSignedIn
    | AgentRefused
    | AgentDismissed
    | TextLost
    | TimerFired
)


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
    | SetTimer
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one event does to one session. Nothing has happened yet: the caller commits it."""

    session: Session
    effects: tuple[Effect, ...] = ()


KINDS: Mapping[str, type] = {
    cls.__name__: cls
    for cls in (
        Opened,
        MessageReceived,
        Flooded,
        MediaFetched,
        HandoverOffered,
        HandoverAsked,
        Joined,
        JoinRefused,
        PhotoMeasured,
        ApplicationReceived,
        ApplicationDelayed,
        ApplicationRefused,
        WithdrawalRefused,
        SupplyReceived,
        SupplyDelayed,
        SupplyRefused,
        DepartmentAsked,
        LookupRefused,
        ProgressReported,
        DocumentHeld,
        Erased,
        ErasureRefused,
        AgentSignedIn,
        AgentRefused,
        AgentDismissed,
        TextLost,
        TimerFired,
        Say,
        FetchMedia,
        OfferHandover,
        AskHandover,
        Join,
        Welcome,
        TellClerks,
        MeasurePhoto,
        ForgetFile,
        ForgetWords,
        Submit,
        Supply,
        AskDepartment,
        Withdraw,
        Rate,
        FetchProgress,
        FetchDocument,
        TrackCase,
        OpenTicket,
        Erase,
        ForgetPerson,
        SignInAgent,
        SignOutAgent,
        DismissAgent,
        TextTo,
        SetTimer,
    )
}


def encode(value: Event | Effect) -> dict[str, Any]:
    """Return the event or effect as a JSON object; its class goes under "is". Times become ISO 8601."""
    return {"is": type(value).__name__, **_plain(asdict(value))}


def decode(data: Json) -> Event | Effect:
    """Return the event or effect that `encode` wrote.

    Raises:
        KeyError: a kind or field this version does not know.
    """
    cls = KINDS[data["is"]]
    given = {f.name: data[f.name] for f in fields(cls) if f.name in data}
    if cls is MessageReceived:
        given["message"] = _inbound(given["message"])
    elif cls is Say:
        given["message"] = outbound(given["message"])
    for name in ("occurred_at", "due", "until"):
        if name in given:
            given[name] = datetime.fromisoformat(given[name])
    for name in ("pages", "references", "numbers"):
        if name in given:
            given[name] = tuple(given[name])
    return cls(**given)  # type: ignore[no-any-return]  # KINDS holds exactly the members of Event | Effect


def outbound(data: Json) -> Outbound:
    """Return the message whose `asdict` form is `data`."""
    card, news = data.get("card"), data.get("news")
    return Outbound(
        text=data["text"],
        choices=tuple(_known(Choice, choice) for choice in data.get("choices", ())),
        card=_known(Card, card) if card else None,
        news=_known(News, news) if news else None,
    )


def _inbound(data: Json) -> Inbound:
    return Inbound(
        key=data["key"],
        at=datetime.fromisoformat(data["at"]),
        text=data.get("text", ""),
        choice=data.get("choice", ""),
        media=tuple(_known(Media, media) for media in data.get("media", ())),
        channel=data.get("channel", ""),
    )


def _known(cls: type[T], data: Json) -> T:
    """Return what of `data` this release knows: a later one may have written more."""
    names = _NAMES[cls]
    return cls(**{name: value for name, value in data.items() if name in names})


_NAMES: Mapping[type, frozenset[str]] = {
    cls: frozenset(f.name for f in fields(cls)) for cls in (Card, Choice, Media, News)
}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
