"""What people call a channel. A new one needs its name in wording/places.yaml, and nothing else."""

from __future__ import annotations

from dialogs.wording import catalogue, say

PAGE = "webchat"


def place(channel: str, lang: str) -> str:
    """Return what people call `channel`."""
    key = f"places.{channel}"
    return say(key if key in catalogue() else "places.other", lang)


def another(channel: str, lang: str) -> str:
    """Return what people call another account of theirs there."""
    return say("places.another", lang, place=place(channel, lang))
