"""What the office takes: definitions as the bot published them. A published version never changes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Row, insert, select

from intake import contract
from intake.keeping.schema import definitions
from intake.keeping.unit import Unit
from intake.problems import Problem, unknown


def publish(unit: Unit, service: str, version: str, raw: bytes) -> tuple[bool, dict[str, Any]]:
    """Keep a definition. Returns whether it is new, and the contract's Service."""
    body = contract.parse(raw)
    contract.hold_to("Definition", body)
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = _find(unit, service, version)
    if known is not None and known.sha256 != digest:
        raise Problem(
            409, "published", "This version is published with another content.", "这个版本已经发布过。"
        )
    if known is None:
        unit.connection.execute(
            insert(definitions).values(
                service=service, version=version, sha256=digest, body=text, published_at=unit.now
            )
        )
    return known is None, _service(known or _find(unit, service, version))


def read(unit: Unit, service: str, version: str) -> dict[str, Any]:
    """The definition as it was published; the newest when `version` is empty. Raises: Problem 404."""
    row = _find(unit, service, version)
    if row is None:
        raise unknown("definition")
    body: dict[str, Any] = json.loads(row.body)
    return body


def services(unit: Unit) -> list[dict[str, Any]]:
    rows = unit.connection.execute(select(definitions).order_by(definitions.c.published_at))
    newest = {row.service: row for row in rows}
    return [_service(newest[service]) for service in sorted(newest)]


def _find(unit: Unit, service: str, version: str) -> Row[Any] | None:
    query = select(definitions).where(definitions.c.service == service)
    if version:
        query = query.where(definitions.c.version == version)
    return unit.connection.execute(query.order_by(definitions.c.published_at.desc()).limit(1)).one_or_none()


def _service(row: Row[Any] | None) -> dict[str, Any]:
    assert row is not None
    return {
        "id": row.service,
        "version": row.version,
        "title": json.loads(row.body)["title"],
        "published_at": row.published_at.isoformat(),
    }
