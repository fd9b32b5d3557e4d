"""The content of a document: what it says, in one spelling, with a hash over it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from intake.documents.templates import Part


@dataclass(frozen=True, slots=True)
class Content:
    """A document. date: "YYYY年M月D日". sample: made in a demo, and marked so."""

    kind: str
    title: str
    number: str
    application: str
    office: str
    date: str
    sample: bool
    parts: tuple[Part, ...]

    def json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def sha256(self) -> str:
        """Over the one spelling of the content, so that every form of it can be checked."""
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def texts(self) -> list[str]:
        """Everything that is to be drawn, for the font."""
        found = [self.title, self.number, self.office, self.date]
        for kind, value in self.parts:
            cells = [cell for row in value for cell in row] if kind == "rows" else value
            found += [value] if isinstance(value, str) else cells
        return found


def read(value: dict[str, Any]) -> Content:
    """The content whose `json` form is `value`."""
    return Content(**{**value, "parts": tuple((kind, inside) for kind, inside in value["parts"])})
