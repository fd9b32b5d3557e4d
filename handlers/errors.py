"""Whatever goes wrong becomes a problem document (RFC 9457), and nothing of our inside leaves with it.

A handler raises `Problem`. Its `message` is said to a person, in plain words; `detail` is for the
developer of the other side. Everything else is our mistake: it is logged under the request's id,
and the caller gets that id alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from http import HTTPStatus
from random import Random
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from prometheus_client import Counter
from structlog.contextvars import bind_contextvars

from dialogs.codec import dumps, loads
from handlers import metrics
from storage.errors import Busy, StorageError, UnknownConversation

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

JSON_LIMIT = 256 * 1024  # bytes; the longest honest body, a callback with its data, is far below
DEPTH_LIMIT = 32
FIELD_LIMIT = 200  # in one object
_NESTS = (dict, list)
BODY_WITHIN = 15.0  # seconds; a phone on a weak network needs 2 for 256 KiB

_log = structlog.get_logger("errors")
_random = Random()  # noqa: S311  # ids need to differ, not to be secret; asking the system costs a switch


class Problem(Exception):
    """What the caller did cannot be done. `status` is 4xx or 503."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        message: str = "",
        type: str = "about:blank",  # noqa: A002  # the word of RFC 9457
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.message = message
        self.type = type
        self.headers = dict(headers or {})
        self.extra = extra


def problem_response(problem: Problem) -> web.Response:
    """Return the problem document. Members follow RFC 9457; `message` is ours."""
    body = {
        "type": problem.type,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "message": problem.message or PLAIN.get(problem.status, PLAIN[400]),
        **problem.extra,
    }
    return web.Response(
        status=problem.status,
        body=dumps(body),
        content_type="application/problem+json",
        headers=problem.headers,
    )


# Said to a person when the handler had nothing better to say.
PLAIN = {
    400: "这条消息我没看懂，请再发一次。",
    401: "请重新打开页面再试。",
    403: "这里您不能看。",
    404: "没有找到您要的内容。",
    408: "网络太慢，没有收完。请再发一次。",
    413: "文件太大了，请发小一点的。",
    415: "这种文件我看不了，请发照片。",
    429: "您发得太快了，请稍等一下再发。",
    500: "我们这边出了点问题，请过一会儿再试。",
    503: "现在有点忙，请过一会儿再试。",
}


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id, and turn whatever goes wrong into a problem document."""
    identity = f"{_random.getrandbits(64):016x}"  # ours, not the caller's: it is written to the log
    # Not unbound afterwards: a connection's requests share one task, and the next one has its own id.
    bind_contextvars(request=identity)
    response = await _answer(request, handler, identity)
    _counter(response.status).inc()
    if not response.prepared:
        response.headers["X-Request-Id"] = identity
    return response


@cache
def _counter(status: int) -> Counter:
    return metrics.requests.labels(str(status))


async def _answer(request: web.Request, handler: Handler, identity: str) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as problem:
        return problem_response(problem)
    except web.HTTPException as answer:
        if answer.status < 400:
            return answer
        return problem_response(_from_http(answer))
    except StorageError as fault:
        return problem_response(_from_storage(fault))
    except HttpProcessingError as fault:  # the body broke off or was not HTTP
        return problem_response(Problem(400, f"bad request body: {type(fault).__name__}"))
    except ConnectionResetError:  # nobody is left to be answered
        return web.Response(status=400)
    except Exception:
        _log.exception("request failed", method=request.method, route=route(request))
        return problem_response(Problem(500, "internal error", request=identity))


def _from_storage(fault: StorageError) -> Problem:
    """Say whether coming again helps. What the database said stays with us."""
    if isinstance(fault, UnknownConversation):
        return Problem(404, "no such conversation")
    if isinstance(fault, Busy):  # shedding load is no mistake of ours: no line in the log for each
        return Problem(503, "too much is waiting", headers={"Retry-After": "1"})
    _log.exception("storage failed")
    return Problem(503, "storage does not answer", headers={"Retry-After": "5"})


def _from_http(answer: web.HTTPException) -> Problem:
    """Keep status and the headers that belong to it (Allow, Retry-After); the text is replaced by ours."""
    kept = {name: answer.headers[name] for name in ("Allow", "Retry-After") if name in answer.headers}
    return Problem(answer.status, answer.reason, headers=kept)


def route(request: web.Request) -> str:
    """Return the route's pattern, such as /chat/api/photos/{file}: safe to log, unlike the path."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "(none)"


async def read_body(request: web.Request, limit: int = JSON_LIMIT, within: float = BODY_WITHIN) -> bytes:
    """Return the body.

    Args:
        limit: bytes. A longer body is not read to its end.
        within: seconds for all of it.
    Raises:
        Problem: 413 too long, 408 too slow.
    """
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    content = request.content
    if content.is_eof():  # it came with the headers, as short bodies do
        body = content.read_nowait()
        if len(body) > limit:
            raise too_large(limit)
        return body
    held = bytearray()
    async with in_time(within):
        async for chunk in content.iter_any():
            held += chunk
            if len(held) > limit:
                raise too_large(limit)
    return bytes(held)


async def read_json(
    request: web.Request, limit: int = JSON_LIMIT, within: float = BODY_WITHIN
) -> dict[str, Any]:
    """Return the JSON object in the body.

    Raises:
        Problem: 415 not application/json, 413 too long, 408 too slow, 400 no JSON object,
            deeper than 32 levels, or more than 200 members in one place.
    """
    if request.content_type != "application/json":
        raise Problem(415, "send application/json")
    return parse_object(await read_body(request, limit, within))


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that `body` is.

    Raises:
        Problem: 400, see read_json.
    """
    try:
        value = _whole(json.loads(body)) if b"\\ud" in body.lower() else loads(body)
    except (ValueError, RecursionError) as fault:
        raise Problem(400, "the body is not JSON") from fault
    if not isinstance(value, dict):
        raise Problem(400, "the body is not a JSON object")
    _bounded(value)
    return value


def _whole(value: Any) -> Any:
    """Return `value` with half characters (unpaired surrogates, from a cut emoji) replaced by U+FFFD.

    JSON can spell them, but no database and no other program takes them.
    """
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_whole(name): _whole(part) for name, part in value.items()}
    return [_whole(part) for part in value] if isinstance(value, list) else value


def _bounded(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    for _ in range(DEPTH_LIMIT):
        if any(len(each) > FIELD_LIMIT for each in level):
            raise Problem(400, f"more than {FIELD_LIMIT} members in one place")
        parts = [part for each in level for part in (each.values() if isinstance(each, dict) else each)]
        level = [part for part in parts if isinstance(part, _NESTS)]
        if not level:
            return
    raise Problem(400, f"nested deeper than {DEPTH_LIMIT} levels")


def too_large(limit: int) -> Problem:
    """Return the 413 that ends the connection: the rest of the body is not worth reading."""
    return Problem(
        413,
        f"at most {limit} bytes",
        message="这段话太长了，请分几次发。",  # a body read whole is words; photos have their own limit
        headers={"Connection": "close"},
        limit=limit,
    )


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as fault:
        raise Problem(408, f"not received within {seconds:g} s", headers={"Connection": "close"}) from fault


def in_time(seconds: float) -> AbstractAsyncContextManager[None]:
    """Return a context in which a body must have arrived; Problem 408 otherwise."""
    return _in_time(seconds)
