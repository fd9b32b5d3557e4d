"""What all tests share: hypothesis draws the same examples everywhere, and never judges by the clock."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.examples import TIMES

settings.register_profile(
    "house", deadline=None, derandomize=TIMES == 1, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")
