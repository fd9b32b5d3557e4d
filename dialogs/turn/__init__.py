"""The vocabulary of the spine: Event -> Turn -> one commit -> Delivery.

Events are what happened, in the past tense. Effects are orders. Nothing in a Turn has happened
yet: the caller commits the session and the effects together, and a worker carries them out.

Both are made of JSON values and times only, so `encode` and `decode` can keep any of them in a row.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.session import Session
from dialogs.turn.codec import KINDS, decode, encode, outbound
from dialogs.turn.effects import (
    AskDepartment,
    AskHandover,
    DismissAgent,
    Effect,
    Erase,
    FetchDocument,
    FetchMedia,
    FetchProgress,
    ForgetFile,
    ForgetPerson,
    ForgetWords,
    Join,
    MeasurePhoto,
    OfferHandover,
    OpenTicket,
    Rate,
    Say,
    SetTimer,
    SignInAgent,
    SignOutAgent,
    Submit,
    Supply,
    TellClerks,
    TextTo,
    TrackCase,
    Welcome,
    Withdraw,
)
from dialogs.turn.events import (
    AgentDismissed,
    AgentRefused,
    AgentSignedIn,
    ApplicationDelayed,
    ApplicationReceived,
    ApplicationRefused,
    DepartmentAsked,
    DocumentHeld,
    Erased,
    ErasureRefused,
    Event,
    Flooded,
    HandoverAsked,
    HandoverOffered,
    Joined,
    JoinRefused,
    Json,
    LookupRefused,
    MediaFetched,
    MessageReceived,
    Opened,
    PhotoMeasured,
    ProgressReported,
    SupplyDelayed,
    SupplyReceived,
    SupplyRefused,
    TextLost,
    TimerFired,
    WithdrawalRefused,
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What one event does to one session. Nothing has happened yet: the caller commits it."""

    session: Session
    effects: tuple[Effect, ...] = ()


__all__ = [
    "KINDS",
    "AgentDismissed",
    "AgentRefused",
    "AgentSignedIn",
    "ApplicationDelayed",
    "ApplicationReceived",
    "ApplicationRefused",
    "AskDepartment",
    "AskHandover",
    "DepartmentAsked",
    "DismissAgent",
    "DocumentHeld",
    "Effect",
    "Erase",
    "Erased",
    "ErasureRefused",
    "Event",
    "FetchDocument",
    "FetchMedia",
    "FetchProgress",
    "Flooded",
    "ForgetFile",
    "ForgetPerson",
    "ForgetWords",
    "HandoverAsked",
    "HandoverOffered",
    "Join",
    "JoinRefused",
    "Joined",
    "Json",
    "LookupRefused",
    "MeasurePhoto",
    "MediaFetched",
    "MessageReceived",
    "OfferHandover",
    "OpenTicket",
    "Opened",
    "PhotoMeasured",
    "ProgressReported",
    "Rate",
    "Say",
    "SetTimer",
    "SignInAgent",
    "SignOutAgent",
    "Submit",
    "Supply",
    "SupplyDelayed",
    "SupplyReceived",
    "SupplyRefused",
    "TellClerks",
    "TextLost",
    "TextTo",
    "TimerFired",
    "TrackCase",
    "Turn",
    "Welcome",
    "Withdraw",
    "WithdrawalRefused",
    "decode",
    "encode",
    "outbound",
]
