"""The review API of the intake service with two applications behind it."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from PIL import Image, ImageDraw

STATIC = Path(__file__).resolve().parents[2] / "intake/static/review"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
NUMBER = "CS-1121-0038"
PROMISE = "居住证可以先欠着。您答应12月2日(周三)前补上。到时没补，这次就作废，要重新来。同意吗？"

Json = dict[str, Any]

REFUSE: Json = {
    "action": "refuse",
    "label": "不予受理",
    "tone": "danger",
    "needs": [
        {
            "name": "why",
            "label": "为什么不能办",
            "multiline": True,
            "required": True,
            "help": "",
        },
        {"name": "how", "label": "怎么才能办", "multiline": True, "required": True, "help": ""},
        {
            "name": "rights",
            "label": "申请人的权利",
            "multiline": True,
            "required": False,
            "help": "",
        },
    ],
}
ACCEPT: Json = {"action": "accept", "label": "受理", "tone": "primary", "needs": []}

CORRECT: Json = {"action": "ask_correction", "label": "要求补正", "tone": "plain", "needs": [], "items": True}
PAUSE: Json = {
    "action": "suspend",
    "label": "进入特别程序",
    "tone": "plain",
    "needs": [
        {
            "name": "kind",
            "label": "特别程序的类型",
            "multiline": False,
            "required": True,
            "help": "",
            "choices": [{"value": "1", "label": "延长审批"}, {"value": "2", "label": "其他"}],
            "closed": True,
        }
    ],
}


def card() -> bytes:
    """A drawn card as a JPEG; nobody's."""
    picture = Image.new("RGB", (960, 640), "#cbb79a")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((60, 70, 900, 570), 30, fill="#e9eef2")
    draw.rectangle((640, 150, 840, 420), fill="#9fb0bd")
    for row in range(4):
        draw.rectangle((120, 160 + 80 * row, 520 - 60 * row, 180 + 80 * row), fill="#8796a0")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


def look_up(title: str, material: str, department: str, state: str) -> Json:
    """A look-up that nobody has answered yet."""
    nobody = {"result": "", "officer": "", "at": None}
    return {"title": title, "material": material, "department": department, "state": state, **nobody}


def application() -> Json:
    folder = f"/review/api/applications/{NUMBER}/materials/id_card"
    pages = [
        {
            "page": page,
            "label": label,
            "flags": flags,
            "url": f"{folder}/{page}",
        }
        for page, label, flags in (("front", "正面", []), ("back", "反面", ["look-by-hand"]))
    ]
    return {
        "number": NUMBER,
        "title": "灵活就业人员参保登记",
        "state": "pre_review",
        "state_label": "预审中",
        "version": 2,
        "submitted_at": "2026-11-21T04:05:00+00:00",
        "due_on": "2026-11-24",
        "provisional": False,
        "clock": "yellow",
        "rating": None,
        "applicant": {"name": "胡**", "id_number": "999901********0247"},
        "agent": {"name": "叶某某", "village": "球川村"},
        "guardian": {"name": "李**", "id_number": "999901********0014", "relation": "父亲"},
        "lookups": [
            {
                "title": "结婚证",
                "material": "marriage_certificate",
                "state": "answered",
                "result": "confirmed",
                "officer": "王数据",
                "department": "民政",
                "at": "2026-11-21T04:09:00+00:00",
            },
            look_up("低保证", "benefit_certificate", "民政", "escalated"),
            look_up("不动产权证书", "title_deed", "自然资源和规划", "waiting"),
        ],
        "owed": [
            {"material": "residence_permit", "title": "居住证", "text": PROMISE, "supplied_at": None},
            {"material": "household", "title": "户口簿", "text": "", "supplied_at": None},
        ],
        "answers": [
            {"key": "hukou", "label": "户口在常山", "shown": "在", "sensitive": False},
            {"key": "id_number", "label": "身份证号码", "shown": "999901********0247", "sensitive": True},
            {"key": "level", "label": "缴费档次", "shown": "最低档 60%，每月 902.00 元", "sensitive": False},
        ],
        "materials": [{"id": "id_card", "title": "身份证", "pages": pages}],
        "events": [
            {
                "seq": 1,
                "type": "preregistered",
                "label": "已收到预申请",
                "at": "2026-11-21T04:05:00+00:00",
                "by": "applicant",
                "data": {"answer_by": "2026-11-24"},
            },
            {
                "seq": 2,
                "type": "pre_review_started",
                "label": "开始预审",
                "at": "2026-11-21T06:30:00+00:00",
                "by": "reviewer:小王",
                "data": {},
            },
        ],
        "alerts": [{"id": "a1", "number": NUMBER, "label": "退回已到三次", "text": "请给申请人打电话。"}],
        "slots": [
            {"slot": "id_card.front", "title": "身份证正面", "late": False},
            {"slot": "level", "title": "缴费档次", "late": True},
        ],
        "examples": [{"id": "", "label": "不用图"}, {"id": "blurred", "label": "模糊和清楚的对比"}],
        "actions": [ACCEPT, REFUSE, CORRECT, PAUSE],
    }


def bad_mark() -> Json:
    """A follow-up nobody has begun, of somebody who did not give his name."""
    need = {
        "name": "words",
        "label": "怎么联系的，对方怎么说",
        "multiline": True,
        "required": True,
        "help": "",
    }
    return {
        "id": "F-1121-0001",
        "title": "灵活就业人员参保登记",
        "state": "contact",
        "state_label": "等联系",
        "code": 5,
        "due_on": "2026-11-23",
        "clock": "red",
        "version": 1,
        "applicant": None,
        "marks": [{"round": 1, "code": 5, "words": "等太久", "at": "2026-11-21T08:00:00+00:00"}],
        "steps": [],
        "actions": [{"action": "contacted", "label": "联系过了", "tone": "primary", "needs": [need]}],
    }


def problem(status: int, message: str, **more: Any) -> web.Response:
    body = {"status": status, "title": "", "detail": "", "message_zh": message, **more}
    return web.json_response(body, status=status, content_type="application/problem+json")


@dataclass
class FakeReview:
    """Serves the built page. `first_run`: there is no reviewer yet. `stale`: somebody else was faster."""

    signed_in: bool = False
    first_run: bool = False
    stale: bool = False
    acted: list[Json] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    now: Json = field(default_factory=application)
    followup: Json = field(default_factory=bad_mark)

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._headers])
        app.add_routes(
            [
                web.get("/review/", self._page),
                web.get("/review/api/me", self._me),
                web.post("/review/api/sign-in", self._sign_in),
                web.post("/review/api/first-run", self._first_run),
                web.post("/review/api/sign-out", self._sign_out),
                web.get("/review/api/applications", self._list),
                web.get("/review/api/applications/{number}", self._read),
                web.post("/review/api/applications/{number}/reveal", self._reveal),
                web.post("/review/api/applications/{number}/actions", self._act),
                web.get("/review/api/applications/{number}/materials/{material}/{page}", self._photo),
                web.get("/review/api/followups", self._followups),
                web.get("/review/api/followups/{id}", self._followup),
                web.post("/review/api/followups/{id}/actions", self._follow),
                web.static("/review", STATIC),
            ]
        )
        return app

    @web.middleware
    async def _headers(self, request: web.Request, handler: Any) -> web.StreamResponse:
        response: web.StreamResponse = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = POLICY
        return response

    async def _page(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _me(self, _: web.Request) -> web.Response:
        if not self.signed_in:
            return problem(401, "请先登录。", first_run=self.first_run)
        return web.json_response({"name": "小王", "csrf": "csrf-1"})

    async def _sign_in(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["password"] != "一条很长很长很长的通行短语":
            return problem(401, "名字或密码不对。")
        self.signed_in = True
        return await self._me(request)

    async def _first_run(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["code"] != "code-1":
            return problem(403, "这个登录码已失效，请重新生成。")
        self.signed_in = True
        return await self._me(request)

    async def _sign_out(self, _: web.Request) -> web.Response:
        self.signed_in = False
        return web.Response(status=204)

    async def _list(self, request: web.Request) -> web.Response:
        self.asked.append(request.query_string)
        kept = ("number", "title", "state", "state_label", "due_on", "clock", "submitted_at")
        mine = {**{key: self.now[key] for key in kept}, "applicant": "胡** 999901********0247"}
        late = {
            **mine,
            "number": "CS-1118-0007",
            "title": "养老待遇资格认证",
            "state": "submitted",
            "state_label": "已提交",
            "due_on": "2026-11-20",
            "clock": "red",
            "applicant": "李** 999901********3159",
        }
        states = [{"id": "submitted", "label": "已提交"}, {"id": "pre_review", "label": "预审中"}]
        found = [late, mine, {**mine, "number": "CS-1121-0041", "clock": "green", "due_on": "2026-11-26"}]
        wanted = request.query["state"]
        shown = [each for each in found if wanted in ("", each["state"])]
        return web.json_response({"applications": shown, "states": states})

    async def _read(self, request: web.Request) -> web.Response:
        if not self.signed_in:
            return problem(401, "请先登录。")
        return web.json_response({**self.now, "number": request.match_info["number"]})

    async def _reveal(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert request.headers["X-CSRF-Token"] == "csrf-1"
        assert body["reason"]
        return web.json_response({"key": body["key"], "value": "999901198803050247"})

    async def _act(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert request.headers["X-CSRF-Token"] == "csrf-1"
        if self.stale:
            return problem(409, "这件事刚被别人处理过，请刷新后再看。")
        self.acted.append(body)
        accepted = body["action"] == "accept"
        label = "已受理" if accepted else "不予受理"
        event = {"seq": 3, "type": body["action"], "label": label, "at": "2026-11-21T07:00:00+00:00"}
        self.now = {
            **self.now,
            "state_label": label,
            "version": 3,
            "actions": [],
            "events": [*self.now["events"], {**event, "by": "reviewer:小王", "data": body["fields"]}],
        }
        return web.json_response(self.now)

    async def _photo(self, _: web.Request) -> web.Response:
        headers = {"Content-Disposition": 'attachment; filename="photo.jpg"'}
        return web.Response(body=card(), content_type="image/jpeg", headers=headers)

    async def _followups(self, _: web.Request) -> web.Response:
        return web.json_response({"followups": [self.followup]})

    async def _followup(self, _: web.Request) -> web.Response:
        return web.json_response(self.followup)

    async def _follow(self, request: web.Request) -> web.Response:
        body = await request.json()
        assert request.headers["X-CSRF-Token"] == "csrf-1"
        self.acted.append(body)
        words = body["fields"]["words"]
        step = {
            "n": 1,
            "at": "2026-11-21T09:00:00+00:00",
            "by": "reviewer:小王",
            "label": "联系过了",
            "late": True,
        }
        more = {"state_label": "整改中", "version": 2, "actions": [], "steps": [{**step, "words": words}]}
        self.followup = {**self.followup, **more}
        return web.json_response(self.followup)
