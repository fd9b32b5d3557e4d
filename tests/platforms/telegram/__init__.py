"""A Telegram that enforces its rules: see service.py."""

from __future__ import annotations

from tests.platforms.telegram.limits import too_many
from tests.platforms.telegram.phone import Caller
from tests.platforms.telegram.service import FakeTelegram

__all__ = ["Caller", "FakeTelegram", "too_many"]
