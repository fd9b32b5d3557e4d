"""WeChat's XML, read once: a flat list of named texts, a few of them with more names inside.

Half of what a call costs before we know who speaks was reading its XML: twice over, each time first to see
that it is safe. expat does both in one pass (docs/decisions/0018-wechat-is-read-in-one-pass.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.parsers import expat

from handlers.channels.refusal import Refusal

DEPTH_LIMIT = 8  # levels of XML; the deepest of WeChat's events has 5


def elements(xml: str) -> Mapping[str, Any]:
    """Return what is directly in the root <xml>: text by name; None, mappings and lists where XML has them.

    Space around a text is not part of it. A text with attributes is a mapping, and so none.
    Raises:
        Refusal: malformed: no such XML, an entity or document type in it, or too deep.
    """
    tree = _Tree()
    try:
        tree.reader().Parse(xml, True)
    except (expat.ExpatError, ValueError) as fault:
        raise Refusal("malformed") from fault
    root = tree.open[0].get("xml")
    if not isinstance(root, dict):
        raise Refusal("malformed")
    return root


class _Tree:
    """The elements that are open, the outermost first, each with what has been read in it."""

    __slots__ = ("open", "text")

    def __init__(self) -> None:
        self.open: list[dict[str, Any]] = [{}]
        self.text: list[str] = []

    def reader(self) -> expat.XMLParserType:
        reader = expat.ParserCreate()
        reader.buffer_text = True
        reader.StartElementHandler, reader.EndElementHandler = self._enter, self._leave
        reader.CharacterDataHandler = self.text.append
        reader.StartDoctypeDeclHandler = _refuse  # where bombs and foreign files are declared
        return reader

    def _enter(self, _name: str, attributes: dict[str, str]) -> None:
        if len(self.open) > DEPTH_LIMIT:
            raise Refusal("malformed")
        self.open.append({f"@{name}": value for name, value in attributes.items()} if attributes else {})
        self.text.clear()

    def _leave(self, name: str) -> None:
        inside: Any = self.open.pop() or "".join(self.text).strip() or None
        self.text.clear()
        around = self.open[-1]
        if name not in around:
            around[name] = inside
        elif isinstance(around[name], list):
            around[name].append(inside)
        else:
            around[name] = [around[name], inside]


def _refuse(*_: object) -> None:
    raise Refusal("malformed")
