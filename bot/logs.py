"""Log lines: JSON, with the ids of request, turn and delivery, and without personal data.

What keeps personal data out, in this order:

1. Only fields named in FIELDS are written. An unknown field is dropped and its name told.
2. An exception is written as its class and where it happened. What it said is left out unless the
   class is one of ours: a database or a parser quotes the value it stumbled over.
3. Whatever still looks like an identity number, a phone, a bank card or a token is masked.
4. Libraries that print bodies, parameters or tokens may only write warnings.

Modules write with `structlog.get_logger("name").info("what happened", field=value)`; ids are bound by
`structlog.contextvars.bound_contextvars(turn=...)` and so are on every line below.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog

from dialogs.codec import dumps

Line = MutableMapping[str, Any]

# Who may be on a line. Each is an id we made, a name from a fixed list, or a figure.
_WHO = "request turn conversation delivery ticket reference number file event_id worker"
_WHAT = (
    "route method status channel kind state outcome reason call script service office step lane point probe"
)
_MUCH = "seq attempt after count size seconds version port pid"
_LINE = "event level at logger error where said dropped"
FIELDS = frozenset(f"{_WHO} {_WHAT} {_MUCH} {_LINE} url path".split())

LONGEST = 300  # characters of one value; more is a body, and bodies do not belong here

# Their debug lines hold update bodies, SQL parameters or bot tokens.
TALKATIVE = (
    "aiohttp",
    "asyncio",
    "sqlalchemy",
    "alembic",
    "asyncpg",
    "PIL",
    "wechatpy",
)
# Its error lines hold the bodies it could not read; what its errors mean, the channel says.
SILENT = ("telegram",)

OURS = ("bot", "dialogs", "handlers", "storage", "intake", "tools")
ROOT = Path(__file__).resolve().parent.parent

ASCII_DIGITS = {ord("０") + digit: str(digit) for digit in range(10)}
_ALONE = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
MASKS = (
    (re.compile(r"(?:\d{17}[\dXx]|\d{15})".join(_ALONE)), "[id]"),
    (re.compile(r"(?:\d[ -]?){15,18}\d".join(_ALONE)), "[card]"),
    (re.compile(r"(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}".join(_ALONE)), "[phone]"),
    (re.compile(r"(?i)\bbearer\s+\S+"), "Bearer [token]"),
    (re.compile(r"whsec_\S+|(?<!\d)\d{8,10}:[\w-]{30,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+"), "[token]"),
    (re.compile(r"(://[^\s:/@]*):[^\s@/]+@"), r"\1:[password]@"),
    (re.compile(r"(?i)\b(token|secret|password|key)=[^\s&]+"), r"\1=[token]"),
)


def configure(level: str = "info", form: str = "json", stream: TextIO = sys.stderr) -> None:
    """Send every line of ours and of the libraries to `stream`.

    Args:
        level: debug, info, warning or error.
        form: "json", or "console" for people who watch a terminal. Both are redacted alike.
    """
    last = to_json if form == "json" else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        stamp,
        without_exception_text,
        only_known_fields,
        redact,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[library_line, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(handlers=[handler], level=_number(level), force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.captureWarnings(True)


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def stamp(_: Any, __: str, line: Line) -> Line:
    """Say when, in UTC to the millisecond."""
    line["at"] = datetime.now(UTC).isoformat(timespec="milliseconds")
    return line


def library_line(_: Any, __: str, line: Line) -> Line:
    """Take a library's line as it is: its text was made with %, so the arguments are in it already."""
    line.pop("positional_args", None)
    return line


def without_exception_text(_: Any, __: str, line: Line) -> Line:
    """Write an exception as `error` (its class) and `where` (our frames), `said` only when it is ours."""
    found = line.pop("exc_info", None)
    if found in (None, False):
        return line
    kind, fault, trail = sys.exc_info() if found is True else _triple(found)
    if kind is None:
        return line
    line["error"] = kind.__name__
    line["where"] = where(trail)
    if kind.__module__.split(".")[0] in OURS:
        line["said"] = str(fault)
    return line


def _triple(found: Any) -> tuple[Any, Any, TracebackType | None]:
    if isinstance(found, BaseException):
        return type(found), found, found.__traceback__
    return found  # type: ignore[no-any-return]  # logging gives the triple of sys.exc_info()


def where(trail: TracebackType | None) -> list[str]:
    """Return the last frames, "handlers/x.py:12 take", paths from our root: no values, no source."""
    return [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in traceback.extract_tb(trail, limit=-12)]


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else "/".join(path.parts[-2:])


def only_known_fields(_: Any, __: str, line: Line) -> Line:
    """Drop what FIELDS does not name, and say so: the author of the line sees it at once."""
    unknown = sorted(name for name in line if name not in FIELDS and not name.startswith("_"))
    for name in unknown:
        del line[name]
    if unknown:
        line["dropped"] = unknown
    return line


def redact(_: Any, __: str, line: Line) -> Line:
    """Mask what looks personal or secret, in every text of the line."""
    for name, value in line.items():
        if not name.startswith("_"):
            line[name] = clean(value)
    return line


def clean(value: Any) -> Any:
    """Return `value` as it may be written: figures as they are, texts masked and cut, bytes as their size."""
    if value is None or isinstance(value, bool | int | float):
        return value if not isinstance(value, int) or abs(value) < 10**10 else mask(str(value))
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, list | tuple):
        return [clean(each) for each in value]
    if isinstance(value, Mapping):
        return f"[{len(value)} fields]"
    return mask(str(value))


def mask(text: str) -> str:
    """Return `text` with identity numbers, phones, cards, tokens and passwords masked, at most 300 long."""
    text = text[: LONGEST * 4].translate(ASCII_DIGITS)
    for pattern, instead in MASKS:
        text = pattern.sub(instead, text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def to_json(_: Any, __: str, line: Line) -> str:
    """Write the line as one JSON object, what happened first."""
    known = {name: line.pop(name) for name in ("at", "level", "event") if name in line}
    return dumps({**known, **line}).decode()
