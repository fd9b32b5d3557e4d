"""What the application carries for its handlers: one typed key each, put there by bot.app.

A key that belongs to one party lives in that party's module (handlers.intake.TAKE_PROGRESS).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from handlers.channels.receiving import Mailroom
from handlers.handover import Handovers
from handlers.turns import Turns
from handlers.uploads import Uploads
from storage.database import Database
from storage.sealing.vault import Vault

Clock = Callable[[], datetime]

CLOCK: web.AppKey[Clock] = web.AppKey("clock")  # aware UTC; tests put a clock that steps
ORIGIN = web.AppKey("origin", str)  # how browsers reach us, without a slash at the end
DATABASE = web.AppKey("database", Database)
TURNS = web.AppKey("turns", Turns)
FILES = web.AppKey("files", Uploads)
VAULT = web.AppKey("vault", Vault)
HANDOVERS = web.AppKey("handovers", Handovers)
MAILROOM = web.AppKey("mailroom", Mailroom)
