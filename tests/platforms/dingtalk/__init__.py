"""A DingTalk that enforces its rules: see service.py."""

from __future__ import annotations

from tests.platforms.dingtalk.phone import Colleague
from tests.platforms.dingtalk.service import FakeDingTalk

__all__ = ["Colleague", "FakeDingTalk"]
