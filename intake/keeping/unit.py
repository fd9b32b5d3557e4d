"""What one transaction needs at hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from intake.keeping.schema import counters
from intake.keeping.vault import Vault


@dataclass(frozen=True, slots=True)
class Unit:
    """prefix: the area, first in every number. sample: a demo, so what is put in writing is marked 样本."""

    connection: Connection
    vault: Vault
    now: datetime
    prefix: str = "CS"
    sample: bool = False

    def count(self, name: str) -> int:
        """The next number of a counter. Holds its row until the commit, so that counters have no doubles."""
        step = update(counters).where(counters.c.name == name).values(n=counters.c.n + 1)
        if not self.connection.execute(step).rowcount:
            self._begin(name)
            self.connection.execute(step)
        n = select(counters.c.n).where(counters.c.name == name)
        return int(self.connection.execute(n).scalar_one())

    def _begin(self, name: str) -> None:
        try:
            with self.connection.begin_nested():
                self.connection.execute(insert(counters).values(name=name, n=0))
        except IntegrityError:
            return  # another process was first
