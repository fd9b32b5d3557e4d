"""The syntax tree of a compiled condition, read from CEL's own serialised form.

The CEL library tells types and errors but not which names and literals an expression holds, and we
want to know: which answers are read, which option ids are compared with, where a number's borders
lie. `Expression.serialize()` is an `Any(cel.expr.CheckedExpr)`; the few fields needed are read here
without a protobuf runtime. Field numbers: cel-spec, proto/cel/expr/{checked,syntax}.proto.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Fields = Mapping[int, list[int | bytes]]


@dataclass(frozen=True, slots=True)
class Node:
    """One node. `at` is its place in the text, in characters from 0.

    kind:     "name", "literal", "call" or "other" (a list, a selection, a comprehension).
    text:     the name read, or the function called ("_==_", "age").
    value:    of a literal: bool, int, float, str or None.
    children: arguments, elements, operands, in order.
    """

    kind: str
    at: int
    text: str = ""
    value: bool | int | float | str | None = None
    children: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """Yield this node and everything below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def tree(serialized: bytes) -> Node:
    """Return the tree of `Expression.serialize()`."""
    checked = _fields(_bytes(_fields(serialized), 2))
    source = _fields(_bytes(checked, 5))
    places = dict(_pair(entry) for entry in source.get(4, ()) if isinstance(entry, bytes))
    return _node(_bytes(checked, 4), places)


def _node(data: bytes, places: Mapping[int, int]) -> Node:
    fields = _fields(data)
    at = places.get(_int(fields, 2), 0)
    if 4 in fields:
        return Node("name", at, text=_text(_fields(_bytes(fields, 4)), 1))
    if 3 in fields:
        return Node("literal", at, value=_literal(_fields(_bytes(fields, 3))))
    if 6 in fields:
        call = _fields(_bytes(fields, 6))
        inside = [*call.get(1, ()), *call.get(3, ())]
        return Node("call", at, text=_text(call, 2), children=_nodes(inside, places))
    return Node("other", at, children=_nodes(_operands(fields), places))


def _operands(fields: Fields) -> list[int | bytes]:
    """Return the sub-expressions of a selection (5), a list (7) or a comprehension (9)."""
    if 5 in fields:
        return _fields(_bytes(fields, 5)).get(1, [])
    if 7 in fields:
        return _fields(_bytes(fields, 7)).get(1, [])
    inside = _fields(_bytes(fields, 9)) if 9 in fields else {}
    return [part for number in (2, 4, 5, 6, 7) for part in inside.get(number, ())]


def _nodes(parts: list[int | bytes], places: Mapping[int, int]) -> tuple[Node, ...]:
    return tuple(_node(part, places) for part in parts if isinstance(part, bytes))


def _literal(fields: Fields) -> bool | int | float | str | None:
    if 2 in fields:
        return bool(_int(fields, 2))
    if 3 in fields:
        value = _int(fields, 3)
        return value - (1 << 64) if value >> 63 else value
    if 5 in fields:
        return float(struct.unpack("<d", _bytes(fields, 5))[0])
    if 6 in fields:
        return _text(fields, 6)
    return None


def _pair(entry: bytes) -> tuple[int, int]:
    fields = _fields(entry)
    return _int(fields, 1), _int(fields, 2)


def _int(fields: Fields, number: int) -> int:
    value = fields.get(number, [0])[-1]
    return value if isinstance(value, int) else 0


def _bytes(fields: Fields, number: int) -> bytes:
    value = fields.get(number, [b""])[-1]
    return value if isinstance(value, bytes) else b""


def _text(fields: Fields, number: int) -> str:
    return _bytes(fields, number).decode()


def _fields(data: bytes) -> Fields:
    """Return a protobuf message's fields by number: ints for varints, bytes for everything else."""
    found: dict[int, list[int | bytes]] = {}
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        value: int | bytes
        if wire == 0:
            value, at = _varint(data, at)
        else:
            size, at = _varint(data, at) if wire == 2 else ({1: 8, 5: 4}[wire], at)
            value, at = data[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
