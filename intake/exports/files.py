"""Writing tables into a folder: CSV as office programs read it, or JSON. Only its owner may open them."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

Format = Literal["csv", "json"]
Rows = Sequence[Mapping[str, str]]

# A spreadsheet runs a cell that begins so as a formula (CWE-1236); an apostrophe makes it text.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(folder: Path, name: str, columns: Sequence[str], rows: Rows, form: Format) -> Path:
    """Write one table to `folder`/`name`.`form`, whole or not at all. Raises: OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{name}.{form}"
    part = folder / f".{name}.{form}.part"
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(as_csv(columns, rows) if form == "csv" else as_json(columns, rows))
        opened.flush()
        os.fsync(opened.fileno())
    part.replace(file)
    return file


def as_csv(columns: Sequence[str], rows: Rows) -> bytes:
    """UTF-8 with a mark at its start: without it Excel reads Chinese as something else."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_harmless(row[name]) for name in columns] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def as_json(columns: Sequence[str], rows: Rows) -> bytes:
    found = [{name: row[name] for name in columns} for row in rows]
    return json.dumps(found, ensure_ascii=False, indent=1).encode() + b"\n"


def _harmless(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA) else value
