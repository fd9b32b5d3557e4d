"""The page on which followers agree to notices: WeChat lets nobody ask for that in the chat.

It opens in WeChat's own browser and shows WeChat's own button (wx-open-subscribe), which works only on a
page that is signed for it. What he answers, WeChat tells our webhook; that word counts, not the page's.
Source: https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/Wechat_Open_Tag.html
"""

from __future__ import annotations

import hashlib
import secrets
from urllib.parse import urlsplit

from aiohttp import web

from handlers import pages
from handlers.channels.base import SendError
from handlers.channels.wechat.account import Account
from handlers.channels.wechat.tokens import Tokens
from handlers.errors import Problem
from handlers.keys import CLOCK, ORIGIN
from handlers.security import allow

PATH = "/subscribe/"
URL_LIMIT = 1024  # characters of a page's address

# WeChat's script comes from its own host and draws the button with styles of its own, in a frame on Android.
CSP = (
    "default-src 'none'; script-src 'self' https://res.wx.qq.com; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' https://*.qq.com; connect-src 'self' https://*.qq.com; "
    "frame-src https://*.qq.com weixin:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


class SubscribePage:
    """The page of one account."""

    def __init__(self, account: Account, tokens: Tokens) -> None:
        self._account = account
        self._tokens = tokens

    def add_routes(self, app: web.Application) -> None:
        """Put the page and what it asks for on the application."""
        app.router.add_get(f"{PATH}api/signature", self.signature)
        if self._account.proof:
            app.router.add_get(f"/MP_verify_{self._account.proof}.txt", self.proof, allow_head=True)
        app.router.add_get("/{page:subscribe}", pages.without_slash)
        app.router.add_get("/{page:subscribe}/{file:.*}", self.page)

    @allow("public")
    async def page(self, request: web.Request) -> web.StreamResponse:
        """Return the page or one of its files."""
        answer = await pages.page(request)
        answer.headers["Content-Security-Policy"] = CSP
        return answer

    @allow("public")
    async def proof(self, _: web.Request) -> web.Response:
        """Return what WeChat looks for at the domain's root before it lets pages of it be signed."""
        return web.Response(text=self._account.proof)

    @allow("public")
    async def signature(self, request: web.Request) -> web.Response:
        """Return what `wx.config` wants to know, for a page of ours whose address is in `url`."""
        form = self._account.subscription
        if form is None:
            raise Problem(404, "no subscription notice is set", message="这个公众号还没有开通办事通知。")
        url = _own(request.query.get("url", ""), request.app[ORIGIN])
        try:
            ticket = await self._tokens.ticket()
        except SendError as fault:
            raise Problem(503, "WeChat lends no ticket", headers={"Retry-After": "5"}) from fault
        nonce, moment = secrets.token_hex(8), int(request.app[CLOCK]().timestamp())
        return web.json_response(
            {
                "app_id": self._account.app_id,
                "nonce": nonce,
                "timestamp": moment,
                "signature": sign(ticket, nonce, moment, url),
                "template": form.id,
            }
        )


def sign(ticket: str, nonce: str, moment: int, url: str) -> str:
    """Return the signature of a page at `url`, which has no #fragment."""
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={moment}&url={url}"
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324  # WeChat's choice; the ticket is the secret


def _own(url: str, origin: str) -> str:
    """Return `url` without its fragment. Only our own page is signed: a foreign one could speak for us.

    Raises:
        Problem: it is not our page.
    """
    url = url.partition("#")[0]
    try:
        parts, ours = urlsplit(url), urlsplit(origin)
    except ValueError:
        raise Problem(400, "url is no address") from None
    if (parts.scheme, parts.netloc, parts.path) != (ours.scheme, ours.netloc, PATH) or len(url) > URL_LIMIT:
        raise Problem(400, "url is not this page")
    return url
