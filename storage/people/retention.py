"""What is deleted because the time promised for keeping it is over; each deletion is a link of the chain."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from storage.flow import audit
from storage.schema import messages


def forget_words(connection: Connection, conversation: str, until: datetime, now: datetime) -> int:
    """Delete what was said in `conversation` up to `until`; return how many messages.

    Raises:
        UnknownConversation: there is none with this id.
    """
    mine = messages.c.conversation == conversation
    last = connection.execute(select(func.max(messages.c.seq)).where(mine, messages.c.at <= until)).scalar()
    if last is None:
        return 0
    audit.add(connection, conversation, now, "timer", f"{audit.FORGOTTEN}{last}")
    return connection.execute(delete(messages).where(mine, messages.c.seq <= last)).rowcount
