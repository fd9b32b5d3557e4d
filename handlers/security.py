"""Who may call what, from where, how often; and what every answer carries.

Every route says who may call it, with `@allow(policy)` on its handler. A route without a policy is
answered with 500 and stops the start (`undeclared`), so that forgetting one cannot open a door.
A policy is a name and a guard: an async function that raises Problem, or returns to let pass.
"""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, TypeVar

import structlog
from aiohttp import web

from handlers import metrics
from handlers.errors import Handler, Problem, route

Guard = Callable[[web.Request], Awaitable[None]]
Network = IPv4Network | IPv6Network
Route = TypeVar("Route", bound=Callable[..., Any])

POLICIES = ("public", "applicant", "uploader", "reader", "platform", "intake", "operator")
_MARK = "__allow__"
FORGERIES_A_SECOND = 5.0
FORGERIES_AT_ONCE = 200.0

ADDRESS = web.RequestKey("address", str)

_log = structlog.get_logger("security")


def allow(policy: str) -> Callable[[Route], Route]:
    """Say who may call a route. It goes on the handler, and is checked before the handler runs.

    Args:
        policy: "public" (anybody), "applicant" (holds his conversation's token), "uploader" (holds a
            link for one photo), "reader" (holds a link to one document), "platform" (the handler reads
            the platform's own signature; many people come from one address), "intake" (signed by the
            intake service), "operator" (this machine, or the operator's token).
    """
    if policy not in POLICIES:
        raise ValueError(f"no policy {policy!r}: one of {', '.join(POLICIES)}")

    def mark(handler: Route) -> Route:
        setattr(handler, _MARK, policy)
        return handler

    return mark


def policy_of(handler: Any) -> str | None:
    """Return the policy a handler declares, or None."""
    return getattr(handler, _MARK, None)


def undeclared(app: web.Application) -> list[str]:
    """Return the routes that do not say who may call them, as "GET /path". Must be empty at start."""
    return sorted(
        f"{each.method} {each.resource.canonical if each.resource else '?'}"
        for each in app.router.routes()
        if policy_of(each.handler) is None
    )


async def everybody(_: web.Request) -> None:
    """Let pass."""


def make_gate(
    guards: Mapping[str, Guard],
    *,
    proxies: Iterable[Network] = (),
    buckets: Buckets | None = None,
) -> Any:
    """Return the middleware that finds the caller's address, slows floods and asks the route's guard.

    Args:
        guards: by policy. "public" needs none; a policy without a guard is refused.
        proxies: whose X-Forwarded-For is believed.
        buckets: how often one address may call; None: as often as it likes.
    """
    known = {"public": everybody, "platform": everybody, **guards}
    believed = tuple(proxies)
    forgers = Buckets(FORGERIES_A_SECOND, FORGERIES_AT_ONCE)

    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        address = caller(request, believed)
        request[ADDRESS] = address
        if policy_of(request.match_info.handler) == "platform":
            return await _from_platform(request, handler, address, forgers)
        if buckets is not None and (wait := buckets.take(address)) > 0:
            raise _turn_away("too many", 429, "too many requests", {"Retry-After": str(int(wait) + 1)})
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            # Decompression is off: a few kB can unfold to gigabytes.
            raise _turn_away("encoding", 415, "send the body uncompressed")
        await _guard(request, known)
        return await handler(request)

    return gate


async def _from_platform(
    request: web.Request, handler: Handler, address: str, forgers: Buckets
) -> web.StreamResponse:
    """Hear a platform, which speaks for many people; whoever only pretends to be one is soon not heard."""
    if forgers.spent(address):
        raise _turn_away("too many", 429, "too many refused calls", {"Retry-After": "5"})
    try:
        return await handler(request)
    except Problem as problem:
        if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            forgers.take(address)
        raise


async def _guard(request: web.Request, guards: Mapping[str, Guard]) -> None:
    if request.match_info.http_exception is not None:
        return  # no such route: aiohttp's own handler answers 404 or 405
    policy = policy_of(request.match_info.handler)
    guard = guards.get(policy) if policy else None
    if guard is None:
        _log.error("route without a guard", route=route(request), method=request.method)
        raise Problem(500, "internal error")
    await guard(request)


def _turn_away(reason: str, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Problem:
    metrics.turned_away.labels(reason).inc()
    return Problem(status, detail, headers={"Connection": "close", **(headers or {})})


def caller(request: web.Request, proxies: tuple[Network, ...]) -> str:
    """Return the caller's address: the last hop of X-Forwarded-For that is not one of our own proxies.

    The header is believed only as far as the hops that wrote it are; anybody can send one.
    """
    here = request.remote or ""
    if not proxies or not _within(here, proxies):
        return here
    hops = [hop.strip() for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")]
    for hop in reversed(hops):
        if _address(hop) is None:
            break  # nonsense: everything before it is a claim of whoever wrote it
        here = hop
        if not _within(hop, proxies):
            break
    return here


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _within(text: str, networks: tuple[Network, ...]) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in networks)


class Buckets:
    """Token buckets by key, in memory, for the `size` busiest keys.

    Each process counts for itself: this stops floods, it is not bookkeeping. One IPv6 household
    owns a /64, so that counts as one address.
    """

    def __init__(
        self, rate: float, burst: float, *, size: int = 20_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`rate` per second are refilled, up to `burst`."""
        self._rate, self._burst, self._size, self._clock = rate, burst, size, clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, cost: float = 1) -> float:
        """Take `cost` tokens. Return 0, or the seconds until there are enough (and take none)."""
        key, now = _household(key), self._clock()
        tokens, since = self._held.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - since) * self._rate)
        enough = tokens >= cost
        self._held[key] = (tokens - cost if enough else tokens, now)
        if len(self._held) > self._size:
            self._held.popitem(last=False)
        return 0 if enough else (cost - tokens) / self._rate

    def spent(self, key: str) -> bool:
        """Say whether there is less than one token, without taking any."""
        tokens, since = self._held.get(_household(key), (self._burst, 0.0))
        return tokens + (self._clock() - since) * self._rate < 1


def _household(key: str) -> str:
    if ":" not in key:
        return key
    address = _address(key)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> 64 << 64, 64)))
    return key if address is None else str(address)


def operator_guard(token: str) -> Guard:
    """Return the guard of "operator": called on this machine itself, or with the operator's token.

    A request that came through a proxy is not from this machine, whatever the proxy's address is.
    """

    async def guard(request: web.Request) -> None:
        forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"))
        address = _address(request.remote or "")
        if address is not None and address.is_loopback and not forwarded:
            return
        given = bearer(request)
        if not token or not given or not same(given, token):
            # 404, not 401: strangers need not learn that there is something here.
            raise Problem(404, "Not Found")

    return guard


def bearer(request: web.Request) -> str:
    """Return the bearer token of the request, or ""."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def same(given: str, secret: str) -> bool:
    """Compare in a time that does not tell how much was right. Any text may come in a header."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), secret.encode())


def same_origin(request: web.Request, origin: str) -> bool:
    """Say whether the request comes from our own page. No Origin header: not from a foreign page."""
    return request.headers.get("Origin", origin) == origin


API_CSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def page_csp(origin: str) -> str:
    """Return the policy of our pages: all from here, nothing inline, nothing from elsewhere.

    The socket is named beside 'self' because browsers before 2022 do not count ws: as the same origin.
    """
    socket = origin.replace("http", "ws", 1)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; manifest-src 'self'; "
        f"img-src 'self' blob: data:; connect-src 'self' {socket}; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )


def headers_for(origin: str) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Return the signal (app.on_response_prepare) that puts the protective headers on every answer.

    What a handler has set itself stays. HTML gets the policy of pages, everything else the strictest.
    """
    fixed = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
    }
    if origin.startswith("https:"):
        fixed["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    always = list(fixed.items())
    for_pages = [*always, ("Content-Security-Policy", page_csp(origin))]
    for_others = [*always, ("Content-Security-Policy", API_CSP)]

    async def protect(_: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        html = headers.get("Content-Type", "").startswith("text/html")
        given = for_pages if html else for_others
        # A browser puts the headers of a 304 on the page it has kept; one of ours would lock that page.
        for name, value in always if response.status == HTTPStatus.NOT_MODIFIED else given:
            headers.setdefault(name, value)
        headers.popall("Server", None)  # which software, in which version, is nobody's business

    return protect
