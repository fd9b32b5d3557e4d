"""Fake platforms over real HTTP: they enforce their platform's rules and remember what reached a phone."""

from __future__ import annotations

from tests.platforms.base import Button, Call, Clock, Fake, Kind, Person, Shown, Truth, serving

__all__ = ["Button", "Call", "Clock", "Fake", "Kind", "Person", "Shown", "Truth", "serving"]
