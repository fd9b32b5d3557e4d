"""An intake service that can be slow, wrong, silent or gone, and that remembers the truth.

It speaks the contract of intake/openapi.yaml as far as a client needs it, over real HTTP. Trouble is
ordered ahead, call by call: `fake.troubles.order("create", lose_answer(), status(503))` spoils the next two.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.troubles import Troubles


@dataclass
class Case:
    """One pre-application as the fake holds it."""

    number: str
    body: bytes
    state: str = "draft"
    pages: dict[tuple[str, str], bytes] = field(default_factory=dict)
    supplements: dict[str, bytes] = field(default_factory=dict)  # by key, as they came
    handed_in_later: list[str] = field(default_factory=list)  # keys, in the order they were submitted
    ratings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def said(self) -> dict[str, Any]:
        return json.loads(self.body)  # type: ignore[no-any-return]

    @property
    def missing(self) -> list[dict[str, str]]:
        bodies = [self.said, *(json.loads(each) for each in self.supplements.values())]
        named = [(m["id"], p["page"]) for b in bodies for m in b.get("materials", ()) for p in m["pages"]]
        return [{"material": m, "page": p} for m, p in named if (m, p) not in self.pages]

    def shown(self) -> dict[str, Any]:
        answer_by = None if self.state == "draft" else "2026-11-23"
        reference = self.said["reference"]
        return {
            "number": self.number,
            "reference": reference,
            "state": self.state,
            "answer_by": answer_by,
            "missing": self.missing,
        }


class FakeIntake:
    """`cases` by reference and `calls` in order are the truth that tests compare with."""

    def __init__(self, token: str = "letmein") -> None:
        self.token = token
        self.cases: dict[str, Case] = {}
        self.calls: list[str] = []
        self.events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.definitions: dict[tuple[str, str], Any] = {}
        self.at_once = self.most_at_once = 0
        self.troubles = Troubles()

    def app(self) -> web.Application:
        """Return the application to be served."""
        app = web.Application(client_max_size=13 * 1024 * 1024)
        at = "/v1/pre-applications/{number}"
        for method, path, call, handler in (
            ("GET", "/v1/services", "ping", self._services),
            ("PUT", "/v1/services/{id}/definitions/{version}", "publish", self._publish),
            ("POST", "/v1/pre-applications", "create", self._create),
            ("GET", "/v1/pre-applications", "look_up", self._look_up),
            ("PUT", at + "/materials/{material}/{page}", "upload", self._upload),
            ("POST", at + "/submit", "submit", self._submit),
            ("POST", at + "/{kind:corrections|deferrals}", "open_supply", self._open_supply),
            ("POST", at + "/{kind:corrections|deferrals}/submit", "submit_supply", self._submit_supply),
            ("POST", at + "/withdraw", "withdraw", self._withdraw),
            ("POST", at + "/ratings", "rate", self._rate),
            ("GET", at + "/events", "events", self._events),
            ("POST", "/v1/erasure", "erase", self._erase),
        ):
            app.router.add_route(method, path, self._door(call, handler))
        return app

    def _door(self, call: str, handler: Callable[[web.Request], Awaitable[web.Response]]) -> Any:
        async def door(request: web.Request) -> web.StreamResponse:
            self.calls.append(call)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                if request.headers.get("Authorization") != f"Bearer {self.token}":
                    return _problem(401)
                return await self.troubles.door(call, request, lambda: handler(request))
            finally:
                self.at_once -= 1

        return door

    def _case(self, request: web.Request) -> Case | None:
        number = request.match_info["number"]
        return next((case for case in self.cases.values() if case.number == number), None)

    async def _services(self, request: web.Request) -> web.Response:
        return web.json_response({"services": []})

    async def _publish(self, request: web.Request) -> web.Response:
        key = request.match_info["id"], request.match_info["version"]
        body = await request.json()
        if self.definitions.setdefault(key, body) != body:
            return _problem(409, message_zh="同一个版本，内容不一样。")
        return web.Response(status=204)

    async def _create(self, request: web.Request) -> web.Response:
        key, body = request.headers["Idempotency-Key"], await request.read()
        known = self.cases.get(key)
        if known and known.body != body:
            return _problem(422, type="changed", message_zh="同一个编号，内容不一样。")
        case = known or Case(number=f"CS-1121-{len(self.cases) + 1:04d}", body=body)
        self.cases[key] = case
        return web.json_response({"number": case.number, "reference": key, "state": "draft"}, status=201)

    async def _look_up(self, request: web.Request) -> web.Response:
        case = self.cases.get(request.query["reference"])
        return web.json_response(case.shown()) if case else _problem(404)

    async def _upload(self, request: web.Request) -> web.Response:
        case, data = self._case(request), await request.read()
        if case is None:
            return _problem(404)
        if hashlib.sha256(data).hexdigest() != request.headers["X-Content-SHA256"]:
            return _problem(422, type="hash")
        case.pages[request.match_info["material"], request.match_info["page"]] = data
        return web.Response(status=204)

    async def _submit(self, request: web.Request) -> web.Response:
        case = self._case(request)
        if case is None:
            return _problem(404)
        if case.missing:
            return _problem(422, missing=case.missing)
        case.state = "submitted"
        return web.json_response(case.shown())

    async def _open_supply(self, request: web.Request) -> web.Response:
        case, key, body = self._case(request), request.headers["Idempotency-Key"], await request.read()
        if case is None:
            return _problem(404)
        if case.state in ("approved", "deemed_withdrawn"):
            return _problem(423, message_zh="现在不用补了。")
        if key not in case.supplements:
            for named in json.loads(body)["materials"]:
                for page in named["pages"]:
                    case.pages.pop((named["id"], page["page"]), None)
        if case.supplements.setdefault(key, body) != body:
            return _problem(422, type="key-reused")
        return web.json_response({"missing": case.missing})

    async def _submit_supply(self, request: web.Request) -> web.Response:
        case = self._case(request)
        if case is None:
            return _problem(404)
        if case.missing:
            return _problem(422, type="missing-pages", missing=case.missing)
        case.handed_in_later += [key for key in case.supplements if key not in case.handed_in_later]
        answer = {"number": case.number, "state": case.state, "answer_by": "2026-12-07", "provisional": False}
        return web.json_response(answer)

    async def _withdraw(self, request: web.Request) -> web.Response:
        case = self._case(request)
        if case is None:
            return _problem(404)
        if case.state in ("approved", "denied"):
            return _problem(423, message_zh="已经办结，不能撤回了。")
        case.state = "withdrawn"
        return web.json_response(case.shown())

    async def _rate(self, request: web.Request) -> web.Response:
        case = self._case(request)
        if case is None:
            return _problem(404)
        case.ratings.append(await request.json())
        return web.json_response({"number": case.number, "code": case.ratings[-1]["code"]})

    async def _erase(self, request: web.Request) -> web.Response:
        wanted = set((await request.json())["references"])
        running = [self.cases[each] for each in sorted(wanted & self.cases.keys())]
        kept = [{"number": case.number, "under_way": case.state == "accepted"} for case in running]
        receipt = {"id": "XH-1", "at": "2026-11-23T00:00:00+00:00", "sha256": "0" * 64}
        return web.json_response({"erased": [], "kept": kept, "receipt": receipt})

    async def _events(self, request: web.Request) -> web.Response:
        after = int(request.query["after_seq"])
        kept = self.events[request.match_info["number"]]
        return web.json_response({"events": [each for each in kept if each["seq"] > after]})


def _problem(code: int, **more: Any) -> web.Response:
    return web.json_response({"status": code, **more}, status=code, content_type="application/problem+json")
