"""What every request passes: who may call, how large and slow a body may be, and what an error looks like.

A handler without `@allow(...)` is refused at start, so that no door is open by accident.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from intake import contract
from intake.office import reviewers
from intake.office.reviewers import Session
from intake.parts import PARTS, Parts
from intake.problems import Problem, invalid, unreadable

Who = Literal["public", "bot", "browser", "reviewer", "officer"]  # a supervisor passes where a reviewer does
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

SESSION: web.RequestKey[Session] = web.RequestKey("session", Session)
OFFICER = "data_officer"
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BODY_SECONDS = 15.0
PHOTO_SECONDS = 60.0  # a photo over a weak line; the bot sits close by, but a county's own client may not
MOST_JSON = 256 * 1024
MOST_DEFINITION = 1024 * 1024

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Server": "intake",  # instead of the library's name and version
}
NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

log = structlog.get_logger("intake.web")


def allow(who: Who) -> Callable[[Handler], Handler]:
    """Say who may call a handler.

    public: anyone. bot: the bearer of INTAKE_TOKEN. browser: a page of ours, not signed in yet. reviewer:
    one who is, or a supervisor. officer: a data officer, who may see look-ups and no case.
    """

    def mark(handler: Handler) -> Handler:
        handler.__allow__ = who  # type: ignore[attr-defined]  # read back by allowed()
        return handler

    return mark


def allowed(handler: object) -> Who | None:
    return getattr(handler, "__allow__", None)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer problems as problems, refuse who may not call, and add the headers every answer carries."""
    try:
        response = await _admit(request, handler)
    except Problem as problem:
        response = answer_problem(problem)
    except web.HTTPException as error:
        response = _from_http(error)
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("request.failed", route=_route(request), method=request.method)
        response = answer_problem(
            Problem(500, "fault", "Something went wrong here.", "系统出了点问题，请稍后再试。")
        )
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Content-Security-Policy", NO_CONTENT_POLICY)
    request.app[PARTS].metrics.requests.labels(_route(request), response.status).inc()
    return response


async def _admit(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.match_info.http_exception is not None:
        return await handler(request)  # 404 and 405 have no policy to ask
    if "Content-Encoding" in request.headers:
        raise Problem(415, "wrong-type", "Compressed bodies are not taken.", "不支持压缩的内容。")
    await POLICIES[allowed(request.match_info.handler) or "nobody"](request)
    return await handler(request)


async def _public(request: web.Request) -> None:
    return


async def _bot(request: web.Request) -> None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    known = request.app[PARTS].settings.token.encode()
    if kind.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), known):
        raise Problem(401, "unauthorized", "A bearer token is needed.", "没有权限。")


async def _browser(request: web.Request) -> None:
    if request.method in UNSAFE and not _same_origin(request):
        raise Problem(403, "origin", "The request does not come from our own page.", "请从本页面操作。")


async def _signed_in(request: web.Request) -> None:
    await _browser(request)
    session = await find_session(request)
    if session is None:
        raise Problem(401, "signed-out", "Sign in first.", "请先登录。")
    sent = request.headers.get("X-CSRF-Token", "")
    if request.method in UNSAFE and not hmac.compare_digest(sent.encode(), session.csrf.encode()):
        raise Problem(403, "csrf", "The X-CSRF-Token header is missing or wrong.", "页面已过期，请刷新。")
    request[SESSION] = session


async def _reviewer(request: web.Request) -> None:
    await _signed_in(request)
    if request[SESSION].role == OFFICER:
        raise _other_role()


async def _officer(request: web.Request) -> None:
    await _signed_in(request)
    if request[SESSION].role != OFFICER:
        raise _other_role()


def _other_role() -> Problem:
    return Problem(403, "role", "This is for another role.", "您的角色不能看这里。")


async def _nobody(request: web.Request) -> None:
    raise Problem(403, "forbidden", "Nobody may call this.", "没有权限。")


POLICIES: dict[str, Callable[[web.Request], Awaitable[None]]] = {
    "public": _public,
    "bot": _bot,
    "browser": _browser,
    "reviewer": _reviewer,
    "officer": _officer,
    "nobody": _nobody,
}


def cookie_name(parts: Parts) -> str:
    return "__Host-review" if parts.settings.secure else "review"


async def find_session(request: web.Request) -> Session | None:
    parts = request.app[PARTS]
    token = request.cookies.get(cookie_name(parts), "")
    if not token:
        return None
    found = await parts.read(lambda unit: reviewers.find_session(unit, token))
    if found is None:
        return None
    session, stale = found
    if stale:
        await parts.quietly(lambda unit: reviewers.touch_session(unit, token))
    return session


def _same_origin(request: web.Request) -> bool:
    """A browser always tells the origin of an unsafe request; it must be the address it has for us."""
    origin = request.headers.get("Origin", "")
    public = urlsplit(request.app[PARTS].settings.public_url)
    if origin == f"{public.scheme}://{public.netloc}":
        return True
    return not request.app[PARTS].settings.secure and origin == f"http://{request.host}"


async def read_bytes(request: web.Request, most: int, seconds: float = BODY_SECONDS) -> bytes:
    """The body, within `most` bytes and `seconds`. Raises: Problem 413, 408."""
    if (request.content_length or 0) > most:
        raise _too_large(most)
    data = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.content.iter_chunked(64 * 1024):
                data += chunk
                if len(data) > most:
                    raise _too_large(most)
    except TimeoutError as error:
        raise Problem(408, "slow", "The body came too slowly.", "网络太慢，请再试一次。") from error
    return bytes(data)


async def read_raw_json(request: web.Request, most: int = MOST_JSON) -> bytes:
    """The bytes of a JSON body, unparsed. Raises: Problem 415."""
    if request.content_type != "application/json":
        raise Problem(415, "wrong-type", "The body must be application/json.", "内容类型不对。")
    return await read_bytes(request, most)


async def read_object(request: web.Request) -> dict[str, Any]:
    """A JSON object. Raises: Problem 400, 415, 422."""
    value = contract.parse(await read_raw_json(request))
    if not isinstance(value, dict):
        raise invalid("The body must be a JSON object.", "/")
    return value


def one(request: web.Request, name: str) -> str:
    """A query parameter, or an empty text. Raises: Problem 400 when it is there twice."""
    values = request.query.getall(name, [])
    if len(values) > 1:
        raise unreadable(f"The parameter {name} is there twice.")
    return values[0] if values else ""


def answer(value: Any, status: int = 200) -> web.Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return web.Response(text=text, status=status, content_type="application/json")


def answer_problem(problem: Problem) -> web.Response:
    response = answer(problem.document(), problem.status)
    response.content_type = "application/problem+json"
    if problem.status == 401 and problem.kind == "unauthorized":
        response.headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in problem.more:
        response.headers["Retry-After"] = str(problem.more["retry_after"])
    return response


def _from_http(error: web.HTTPException) -> web.Response:
    if error.status < 400:
        return web.Response(status=error.status, headers=error.headers)
    words = {404: ("unknown", "没有找到。"), 405: ("method", "这里不能这样操作。")}
    kind, message = words.get(error.status, ("refused", "请求有误。"))
    response = answer_problem(Problem(error.status, kind, error.reason, message))
    if "Allow" in error.headers:
        response.headers["Allow"] = error.headers["Allow"]
    return response


def _too_large(most: int) -> Problem:
    return Problem(413, "too-large", f"The body may have {most} bytes.", "内容太大了。")


def _route(request: web.Request) -> str:
    """The route's pattern, never the path: that may name a person's application."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"
