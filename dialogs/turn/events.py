"""Events: what happened, in the past tense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dialogs.messages import Inbound

Json = Mapping[str, Any]


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
    """The request for a code by number is dealt with. Whether there is such a case is not told here.

    by_text: codes for what a village agent handed in can be sent by text message.
    ticket:  the number of such a case whose person no text message reaches: somebody has to see to it.
    """

    by_text: bool = True
    ticket: str = ""


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
class TakeoverAsked:
    """Somebody wants to go on himself with a villager's case that was handed in here by his agent.

    code: what proves that it is the villager, sent to his own phone and nowhere else.
    """

    reference: str
    code: str
    until: datetime


@dataclass(frozen=True, slots=True)
class CasesClaimed:
    """The villager has proved who he is, in the conversation `to`: his errand is his own now."""

    reference: str
    to: str


@dataclass(frozen=True, slots=True)
class CasesEntrusted:
    """What a village agent handed in for the person of this conversation is his own now.

    cases: by reference; {} when there was nothing left to take. agent: {name, village}, who goes on hearing.
    """

    agent: Json
    cases: Json


@dataclass(frozen=True, slots=True)
class CasesForgotten:
    """The people whose cases these were are forgotten; nothing of them is to be followed here."""

    references: tuple[str, ...]


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
    | TakeoverAsked
    | CasesClaimed
    | CasesEntrusted
    | CasesForgotten
    | TimerFired
)
