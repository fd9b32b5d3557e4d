"""What storage can refuse, named by what the caller can do about it."""

from __future__ import annotations


class StorageError(Exception):
    """The database did not do it. Nothing was written."""


class Busy(StorageError):
    """Too much is waiting already. Ask the sender to come again in a moment (503, Retry-After)."""


class Unavailable(StorageError):
    """The database cannot be reached or refuses writes. Acknowledge nothing; the sender comes again."""


class Conflict(StorageError):
    """What was to be written contradicts what is there (a key is taken). Look again, then decide."""


class UnknownConversation(StorageError):
    """There is no such conversation, or it has been erased. Open a new one."""


class Unstorable(StorageError):
    """The event cannot be written at all: text that is no text. Clean it at the door; never resend it."""


class InUse(StorageError):
    """Another process serves this database file. Stop that one first."""


class SchemaBehind(StorageError):
    """The tables are not those this release needs. Run `zerotrip migrate`."""


class NotHeld(StorageError):
    """The delivery is no longer this worker's: its lease ran out, or it was moved. Drop the result."""
