"""JSON as bytes: orjson where the optional `fast` extra is installed, else the standard library."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.util import find_spec
from typing import Any

_fast: Any = import_module("orjson") if find_spec("orjson") else None


def dumps(value: Any) -> bytes:
    """Return `value` as compact UTF-8 JSON."""
    if _fast is not None:
        return bytes(_fast.dumps(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def loads(data: bytes | str) -> Any:
    """Return the value in `data`.

    Raises:
        ValueError: it is not JSON.
    """
    return json.loads(data) if _fast is None else _fast.loads(data)
