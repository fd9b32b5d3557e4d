"""JSON as bytes: orjson where the optional `fast` extra is installed, else the standard library."""

from __future__ import annotations

import json
from typing import Any

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]  # the optional extra is not installed


def dumps(value: Any) -> bytes:
    """Return `value` as compact UTF-8 JSON."""
    if orjson is not None:
        return orjson.dumps(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def loads(data: bytes | str) -> Any:
    """Return the value in `data`.

    Raises:
        ValueError: it is not JSON.
    """
    return json.loads(data) if orjson is None else orjson.loads(data)
