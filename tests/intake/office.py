"""An office at work, on either database: reviewers' moves made directly, the bot's calls over HTTP."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Row

from intake.cases import applications, events, moves, standing
from intake.keeping.unit import Unit
from intake.office import alerts
from intake.problems import Problem
from tests.intake.world import FRONT, World, answer, sha

NEW_FRONT = b"\xff\xd8\xff\xe0 a clear front"
PERMIT = b"\xff\xd8\xff\xe0 permit"
WHY = {"why": "单位正在给您交。", "how": "离开单位后再来。"}
PROMISE = {
    "material": "permit",
    "title": "居住证",
    "text": "居住证先欠着，12月4日前补上。没补就作废。",
    "text_sha256": "1" * 64,
    "at": "2026-11-21T08:00:00Z",
}
TWO_WEEKS = {
    "answer": {"days": 1, "kind": "working"},
    "promised": {"days": 10, "kind": "working"},
    "statutory": {"days": 20, "kind": "working"},
}


@dataclass
class Office:
    here: World

    async def hand_in(self, reference: str = "", **changes: Any) -> str:
        return await self.here.hand_in(reference or f"ref-{secrets.token_hex(6)}", **changes)

    async def reviewed(self, reference: str = "", **changes: Any) -> str:
        """Hand in and start the review."""
        number = await self.hand_in(reference, **changes)
        await self.act(number, "start_review")
        return number

    async def act(
        self, number: str, action: str, items: Any = None, by: str = "李审核", **fields: str
    ) -> Any:
        def work(unit: Unit) -> Row[Any]:
            row = applications.by_number(unit, number, lock=True)
            return moves.make(unit, row, action, f"reviewer:{by}", fields, {"items": items})

        return await self.here.parts.change(work)

    async def refused(self, number: str, action: str, items: Any = None, **fields: str) -> Problem:
        with pytest.raises(Problem) as caught:
            await self.act(number, action, items, **fields)
        return caught.value

    async def ask(self, number: str, *slots: str, late_reason: str = "") -> Any:
        items = [{"slot": slot, "reason": "看不清，请重拍。", "example": "id_card_front"} for slot in slots]
        return await self.act(number, "ask_correction", items, late_reason=late_reason)

    async def told(self, number: str) -> list[dict[str, Any]]:
        return await self.here.parts.read(lambda unit: events.after(unit, number, 0))

    async def last(self, number: str) -> dict[str, Any]:
        return (await self.told(number))[-1]

    async def state(self, number: str) -> str:
        row = await self.here.parts.read(lambda unit: applications.by_number(unit, number))
        return str(row.state)

    async def body(self, number: str) -> dict[str, Any]:
        def work(unit: Unit) -> dict[str, Any]:
            return applications.body_of(unit, applications.by_number(unit, number))

        return await self.here.parts.read(work)

    async def alerts(self, number: str) -> list[str]:
        found = await self.here.parts.read(lambda unit: alerts.open_ones(unit, number))
        return [alert["kind"] for alert in found]

    async def count(self, number: str) -> int:
        return await self.here.parts.read(
            lambda unit: standing.count(unit, applications.by_number(unit, number))
        )

    async def due(self) -> int:
        return await self.here.parts.change(moves.make_due)

    async def supplement(
        self, number: str, kind: str, body: dict[str, Any], key: str = "key-00000001"
    ) -> tuple[int, Any]:
        path = f"/v1/pre-applications/{number}/{kind}"
        return await self.here.call("POST", path, body, Idempotency_Key=key)

    async def submit(self, number: str, kind: str) -> tuple[int, Any]:
        return await self.here.call("POST", f"/v1/pre-applications/{number}/{kind}/submit")

    async def put(self, number: str, material: str, page: str, data: bytes) -> int:
        path = f"/v1/pre-applications/{number}/materials/{material}/{page}"
        sent = {"Content_Type": "image/jpeg", "X_Content_SHA256": sha(data)}
        return (await self.here.call("PUT", path, data, **sent))[0]


def front(data: bytes = FRONT) -> dict[str, Any]:
    page = {"page": "front", "sha256": sha(data), "flags": []}
    return {"id": "id_card", "title": "身份证", "original": True, "pages": [page]}


def permit() -> dict[str, Any]:
    page = {"page": "page", "sha256": sha(PERMIT), "flags": []}
    return {"id": "permit", "title": "居住证", "original": True, "pages": [page]}


def supplement(*materials: dict[str, Any], **answers: str) -> dict[str, Any]:
    given = [answer(key, key, "text", value, sensitive=False) for key, value in answers.items()]
    return {"answers": given, "materials": list(materials)}
