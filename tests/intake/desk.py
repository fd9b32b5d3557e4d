"""A reviewer at his browser, over a real socket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

from intake.office import reviewers
from tests.intake.world import PASSWORD, World


@dataclass
class Desk:
    here: World
    browser: aiohttp.ClientSession
    csrf: str = ""

    @classmethod
    async def sign_in(cls, here: World, name: str = "李审核") -> Desk:
        """Make a reviewer with a one-time code, as the first run does."""
        code = await here.parts.change(reviewers.invite)
        desk = cls(here, here.browser)
        status, me = await desk.send("first-run", {"code": code, "name": name, "password": PASSWORD})
        assert status == 200, me
        desk.csrf = me["csrf"]
        return desk

    async def send(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        sent = {"Origin": self.here.url, "X-CSRF-Token": self.csrf} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        url = f"{self.here.url}/review/api/{path}"
        async with self.browser.post(url, json=body, headers=sent) as answer:
            return answer.status, await answer.json(content_type=None)

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.browser.get(f"{self.here.url}/review/api/{path}") as answer:
            if answer.content_type == "image/jpeg":
                return answer.status, await answer.read()
            return answer.status, await answer.json(content_type=None)

    async def open(self, number: str) -> Any:
        status, found = await self.get(f"applications/{number}")
        assert status == 200, found
        return found

    async def act(self, number: str, action: str, **fields: str) -> Any:
        status, found = await self.try_to(number, action, **fields)
        assert status == 200, found
        return found

    async def try_to(self, number: str, action: str, **fields: str) -> tuple[int, Any]:
        version = (await self.open(number))["version"]
        body = {"action": action, "version": version, "fields": fields}
        return await self.send(f"applications/{number}/actions", body)
