"""Many rows in one statement, at nearly the price of one.

The turn's path writes the rows of up to 256 turns at once. SQLAlchemy's compiled executemany costs
about as much per row as the database itself, so here the text is made once per table and columns,
and the rows go to the driver as tuples:

    SQLite       executemany of a prepared statement
    PostgreSQL   one statement over unnest(array per column): one round trip, one plan

Only types with a Python side (UtcDateTime) are converted. Off the turn's path write plain Core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, String, Table

from dialogs.codec import dumps
from storage.schema import UtcDateTime

Row = tuple[Any, ...]
Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Statement:
    sql: str
    convert: tuple[tuple[int, Callable[[Any], Any]], ...]  # place in a row -> the type's Python side

    def run(self, connection: Connection, rows: Sequence[Row]) -> None:
        ready = [self._converted(row) for row in rows] if self.convert else list(rows)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(self.sql, _arrays(ready))
        else:
            connection.exec_driver_sql(self.sql, ready)

    def _converted(self, row: Row) -> Row:
        values = list(row)
        for place, convert in self.convert:
            values[place] = convert(values[place])
        return tuple(values)


def insert(
    connection: Connection, table: Table, columns: Names, rows: Sequence[Row], clash: str = ""
) -> None:
    """Insert `rows`. `clash` is an ON CONFLICT clause, which both databases write alike."""
    if rows:
        _insert(connection.dialect, table, columns, clash).run(connection, rows)


def update(connection: Connection, table: Table, columns: Names, keys: Names, rows: Sequence[Row]) -> None:
    """Set `columns` where `keys` match. A row carries the values of `columns`, then those of `keys`."""
    if rows:
        _update(connection.dialect, table, columns, keys).run(connection, rows)


def select(
    connection: Connection,
    table: Table,
    columns: Names,
    keys: Names,
    wanted: Sequence[Row],
    *,
    lock: bool = False,
) -> list[Row]:
    """Return `columns`, as the driver gives them, of the rows whose text `keys` equal one of `wanted`.

    `lock` holds the rows until the commit (PostgreSQL; SQLite has one writer anyway).
    """
    if not wanted:
        return []
    sql = _select(connection.dialect, table, columns, keys, lock)
    return list(connection.exec_driver_sql(sql, listed(connection.dialect, wanted)))


def listed(dialect: Dialect, wanted: Iterable[Row]) -> Row:
    """Return `wanted` as the parameters of a statement over `source`."""
    if dialect.name == "postgresql":
        return _arrays(list(wanted))
    return (dumps([list(row) for row in wanted]).decode(),)


def source(dialect: Dialect, names: Names) -> str:
    """Return a FROM item `w` whose text columns `names` hold the rows given with `listed`."""
    if dialect.name == "postgresql":
        arrays = ", ".join(f"${n}::text[]" for n in range(1, len(names) + 1))
        return f"unnest({arrays}) AS w({', '.join(names)})"
    values = ", ".join(f"json_extract(value, '$[{n}]') AS {name}" for n, name in enumerate(names))
    return f"(SELECT {values} FROM json_each(?)) AS w"  # noqa: S608  # our own names


def _arrays(rows: Sequence[Row]) -> Row:
    return tuple([list(column) for column in zip(*rows, strict=True)])


@lru_cache(maxsize=256)
def _insert(dialect: Dialect, table: Table, columns: Names, clash: str) -> _Statement:
    values = f"SELECT * FROM {_unnest(dialect, table, columns)}"  # noqa: S608  # our own names
    if dialect.name != "postgresql":
        values = f"VALUES ({', '.join('?' * len(columns))})"
    sql = f"INSERT INTO {table.name} ({_quoted(dialect, columns)}) {values} {clash}"  # our own names
    return _Statement(sql, _conversions(dialect, table, columns))


@lru_cache(maxsize=256)
def _update(dialect: Dialect, table: Table, columns: Names, keys: Names) -> _Statement:
    if dialect.name == "postgresql":
        sets = ", ".join(f"{_quoted(dialect, (n,))} = v.{_quoted(dialect, (n,))}" for n in columns)
        match = " AND ".join(f"t.{_quoted(dialect, (n,))} = v.{_quoted(dialect, (n,))}" for n in keys)
        given = _unnest(dialect, table, columns + keys)
        sql = f"UPDATE {table.name} AS t SET {sets} FROM {given} WHERE {match}"  # noqa: S608  # our own names
    else:
        sets = ", ".join(f"{_quoted(dialect, (n,))} = ?" for n in columns)
        match = " AND ".join(f"{_quoted(dialect, (n,))} = ?" for n in keys)
        sql = f"UPDATE {table.name} SET {sets} WHERE {match}"  # noqa: S608  # our own names
    return _Statement(sql, _conversions(dialect, table, columns + keys))


@lru_cache(maxsize=256)
def _select(dialect: Dialect, table: Table, columns: Names, keys: Names, lock: bool) -> str:
    wanted = ", ".join(f"t.{_quoted(dialect, (n,))}" for n in columns)
    names = tuple(f"k{n}" for n in range(len(keys)))
    match = " AND ".join(f"t.{_quoted(dialect, (n,))} = w.{w}" for n, w in zip(keys, names, strict=True))
    # CROSS JOIN keeps SQLite's planner from reading the table first; JOIN is what PostgreSQL calls it.
    join = "JOIN" if dialect.name == "postgresql" else "CROSS JOIN"
    sql = f"SELECT {wanted} FROM {source(dialect, names)} {join} {table.name} AS t ON {match}"  # noqa: S608  # our own names
    if lock and dialect.name == "postgresql":
        sql += f" ORDER BY t.{_quoted(dialect, keys[:1])} FOR UPDATE OF t"
    return sql


def _unnest(dialect: Dialect, table: Table, columns: Names) -> str:
    arrays = ", ".join(f"${n}::{_kind(dialect, table, name)}[]" for n, name in enumerate(columns, 1))
    return f"unnest({arrays}) AS v({_quoted(dialect, columns)})"


def _kind(dialect: Dialect, table: Table, column: str) -> str:
    # A cast to varchar(n) would cut a long value in silence; text lets the column refuse it.
    kind = table.c[column].type
    return "text" if isinstance(kind, String) else kind.compile(dialect)


def _conversions(
    dialect: Dialect, table: Table, columns: Names
) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """Return where the times are in a row, and how this database wants them.

    The rows of a turn share their times, so each is converted once. asyncpg takes aware times as they are.
    """
    if dialect.name == "postgresql":
        return ()
    kinds = [(place, table.c[name].type) for place, name in enumerate(columns)]
    return tuple((place, _time_converter(dialect)) for place, kind in kinds if isinstance(kind, UtcDateTime))


@lru_cache(maxsize=64)
def _time_converter(dialect: Dialect) -> Callable[[Any], Any]:
    convert = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    assert convert is not None
    return lru_cache(maxsize=1024)(convert)


def _quoted(dialect: Dialect, names: Names) -> str:
    return ", ".join(dialect.identifier_preparer.quote(name) for name in names)
