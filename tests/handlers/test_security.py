"""Who may call what, from where, how often; and what every answer carries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request
from multidict import CIMultiDict

from handlers.errors import Problem, problems, read_json
from handlers.security import (
    API_CSP,
    Buckets,
    allow,
    bearer,
    caller,
    headers_for,
    make_gate,
    operator_guard,
    page_csp,
    same,
    undeclared,
)
from storage.errors import Busy, StorageError, Unavailable, UnknownConversation

ORIGIN = "https://bot.example.gov.cn"


@allow("public")
async def anyone(request: web.Request) -> web.Response:
    return web.json_response({"hello": True})


@allow("public")
async def page(request: web.Request) -> web.Response:
    return web.Response(text="<p>", content_type="text/html")


@allow("public")
async def echo(request: web.Request) -> web.Response:
    return web.json_response(await read_json(request))


@allow("operator")
async def figures(request: web.Request) -> web.Response:
    return web.Response(text="ok")


@allow("applicant")
async def unguarded(request: web.Request) -> web.Response:
    raise AssertionError("nobody guards this policy")


async def forgotten(request: web.Request) -> web.Response:
    raise AssertionError("this route says nothing")


@allow("public")
async def broken(request: web.Request) -> web.Response:
    raise RuntimeError("胡女士 999901198803050247")


@allow("public")
async def busy(request: web.Request) -> web.Response:
    raise Problem(503, "full", message="现在人多。", headers={"Retry-After": "3"}, field="x")


@allow("public")
async def stored(request: web.Request) -> web.Response:
    faults: dict[str, StorageError] = {
        "busy": Busy("b"),
        "down": Unavailable("secret dsn"),
        "gone": UnknownConversation("c"),
    }
    raise faults[request.match_info["how"]]


def make(**options: Any) -> web.Application:
    gate = make_gate({"operator": operator_guard("a-token")}, **options)
    app = web.Application(middlewares=[problems, gate])
    app.on_response_prepare.append(headers_for(ORIGIN))
    for path, handler in {
        "/anyone": anyone,
        "/page": page,
        "/figures": figures,
        "/unguarded": unguarded,
        "/broken": broken,
        "/busy": busy,
        "/stored/{how}": stored,
    }.items():
        app.router.add_get(path, handler)
    app.router.add_post("/echo", echo)
    return app


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    app = make()
    app.router.add_get("/forgotten/{id}", forgotten)
    async with TestClient(TestServer(app)) as client:
        yield client


def test_a_route_that_says_nothing_is_found_before_the_start() -> None:
    app = make()
    app.router.add_get("/forgotten/{id}", forgotten)

    assert undeclared(app) == ["GET /forgotten/{id}", "HEAD /forgotten/{id}"]
    assert undeclared(make()) == []


def test_a_policy_must_exist() -> None:
    with pytest.raises(ValueError, match="no policy"):
        allow("everyone")


@pytest.mark.parametrize("path", ["/forgotten/1", "/unguarded"])
async def test_doors_without_a_guard_stay_shut(client: TestClient[Any, Any], path: str) -> None:
    assert (await client.get(path)).status == 500


async def test_the_operator_comes_from_this_machine_or_with_his_token(client: TestClient[Any, Any]) -> None:
    here = await client.get("/figures")
    through_a_proxy = await client.get("/figures", headers={"X-Forwarded-For": "203.0.113.5"})
    token = {"X-Forwarded-For": "203.0.113.5", "Authorization": "Bearer a-token"}
    with_token = await client.get("/figures", headers=token)

    assert [each.status for each in (here, through_a_proxy, with_token)] == [200, 404, 200]


async def test_our_mistakes_tell_nothing_but_an_id(client: TestClient[Any, Any]) -> None:
    answer = await client.get("/broken")
    body = await answer.json()

    assert answer.status == 500
    assert answer.content_type == "application/problem+json"
    assert body["request"] == answer.headers["X-Request-Id"]
    assert body["message"] == "我们这边出了点问题，请过一会儿再试。"
    assert "999901198803050247" not in await answer.text()
    assert "Runtime" not in await answer.text()


async def test_a_problem_is_said_in_both_languages_of_machines_and_people(
    client: TestClient[Any, Any],
) -> None:
    answer = await client.get("/busy")

    assert answer.headers["Retry-After"] == "3"
    assert await answer.json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "full",
        "message": "现在人多。",
        "field": "x",
    }


@pytest.mark.parametrize(("how", "status"), [("busy", 503), ("down", 503), ("gone", 404)])
async def test_storage_says_whether_to_come_again(
    client: TestClient[Any, Any], how: str, status: int
) -> None:
    answer = await client.get(f"/stored/{how}")

    assert answer.status == status
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert "secret" not in await answer.text()


@pytest.mark.parametrize(
    ("label", "method", "path", "options", "status"),
    [
        ("no such page", "GET", "/nowhere", {}, 404),
        ("no such method", "DELETE", "/anyone", {}, 405),
        ("no JSON type", "POST", "/echo", {"data": b"{}"}, 415),
        ("compressed", "POST", "/echo", {"json": {}, "headers": {"Content-Encoding": "gzip"}}, 415),
        (
            "broken JSON",
            "POST",
            "/echo",
            {"data": b"{", "headers": {"Content-Type": "application/json"}},
            400,
        ),
        (
            "not UTF-8",
            "POST",
            "/echo",
            {"data": b'{"a":"\xff"}', "headers": {"Content-Type": "application/json"}},
            400,
        ),
        ("no object", "POST", "/echo", {"json": [1]}, 400),
        (
            "too deep",
            "POST",
            "/echo",
            {"data": b'{"a":' * 40 + b"1" + b"}" * 40, "headers": {"Content-Type": "application/json"}},
            400,
        ),
        (
            "bottomless",
            "POST",
            "/echo",
            {"data": b"[" * 100_000, "headers": {"Content-Type": "application/json"}},
            400,
        ),
        ("too wide", "POST", "/echo", {"json": {str(n): n for n in range(201)}}, 400),
        ("too long", "POST", "/echo", {"json": {"a": "x" * 300_000}}, 413),
    ],
)
async def test_bad_requests_get_a_plain_4xx(
    label: str, method: str, path: str, options: Any, status: int, client: TestClient[Any, Any]
) -> None:
    answer = await client.request(method, path, **options)

    assert answer.status == status
    assert (await answer.json())["status"] == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_body_sent_without_its_length_is_cut_too(client: TestClient[Any, Any]) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 10_000

    answer = await client.post("/echo", data=endless(), headers={"Content-Type": "application/json"})

    assert answer.status == 413


async def test_half_a_character_does_not_get_in(client: TestClient[Any, Any]) -> None:
    body = b'{"a": "cut \\ud83d", "b": "\\ud83d\\ude00"}'

    answer = await client.post("/echo", data=body, headers={"Content-Type": "application/json"})

    assert await answer.json() == {"a": "cut �", "b": "😀"}


async def test_every_answer_is_protected(client: TestClient[Any, Any]) -> None:
    for path in ("/anyone", "/page", "/nowhere", "/broken"):
        headers = (await client.get(path)).headers
        policy = page_csp(ORIGIN) if path == "/page" else API_CSP

        assert headers["Content-Security-Policy"] == policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert "aiohttp" not in headers.get("Server", "")


def test_the_policy_of_pages_allows_nothing_inline_and_nothing_foreign() -> None:
    policy = page_csp(ORIGIN)

    assert "unsafe" not in policy
    assert "*" not in policy
    assert "wss://bot.example.gov.cn" in policy


async def test_a_flood_from_one_address_is_slowed_and_told_how_long() -> None:
    async with TestClient(TestServer(make(buckets=Buckets(rate=0.5, burst=2)))) as client:
        answers = [await client.get("/anyone") for _ in range(3)]

    assert [each.status for each in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] in ("2", "3")


def test_a_bucket_refills() -> None:
    now = 0.0
    buckets = Buckets(rate=2, burst=2, clock=lambda: now)
    assert [buckets.take("a") for _ in range(3)] == [0, 0, 0.5]
    assert buckets.take("b") == 0

    now = 0.5
    assert buckets.take("a") == 0


def test_buckets_do_not_grow_without_end() -> None:
    buckets = Buckets(rate=1, burst=1, size=100)
    for number in range(10_000):
        buckets.take(str(number))

    assert len(buckets._held) == 100


def test_one_household_is_one_address() -> None:
    buckets = Buckets(rate=1, burst=1, clock=lambda: 0)
    assert buckets.take("2001:db8:1:2::1") == 0
    assert buckets.take("2001:db8:1:2:ffff::9") > 0
    assert buckets.take("2001:db8:1:3::1") == 0


PROXIES = (ip_network("10.0.0.0/24"),)


@pytest.mark.parametrize(
    ("label", "here", "forwarded", "address"),
    [
        ("no proxy", "203.0.113.5", ["198.51.100.7"], "203.0.113.5"),
        ("one proxy", "10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("claimed hops before the real one", "10.0.0.1", ["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
        ("two proxies", "10.0.0.1", ["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("two headers", "10.0.0.1", ["1.1.1.1", "198.51.100.7"], "198.51.100.7"),
        ("nonsense", "10.0.0.1", ["198.51.100.7, <script>"], "10.0.0.1"),
        ("empty", "10.0.0.1", [""], "10.0.0.1"),
        ("all ours", "10.0.0.1", ["10.0.0.9"], "10.0.0.9"),
    ],
)
def test_forwarded_addresses_are_believed_only_from_our_proxies(
    label: str, here: str, forwarded: list[str], address: str
) -> None:
    headers = CIMultiDict([("X-Forwarded-For", line) for line in forwarded])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=here)

    assert caller(request, PROXIES) == address


@pytest.mark.parametrize("value", ["", "Bearer", "Basic abc", "Bearer  "])
def test_what_is_no_bearer_token(value: str) -> None:
    assert bearer(make_mocked_request("GET", "/", headers={"Authorization": value})) == ""


def test_secrets_are_compared_whatever_is_sent() -> None:
    assert same("abc", "abc")
    assert not same("签\udcff", "abc")
