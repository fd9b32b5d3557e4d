"""Events and effects as JSON, so that any of them can be kept in a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, TypeVar, get_args

from dialogs.messages import Card, Choice, Inbound, Media, News, Outbound
from dialogs.turn.effects import Effect, Say
from dialogs.turn.events import Event, Json, MessageReceived

T = TypeVar("T")
KINDS: Mapping[str, type] = {cls.__name__: cls for cls in (*get_args(Event), *get_args(Effect))}


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
        untold=tuple(data.get("untold", ())),
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
