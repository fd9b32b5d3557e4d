"""The address WeChat calls. What it sends is safe before it gets an answer, or it gets none and comes again.

WeChat hangs up after 5 s and calls again with the same message, three times in all. It shows the
applicant an error when the last call fails or is answered with anything but "success" or a reply.
"""

from __future__ import annotations

import asyncio
import secrets
import select
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256

import structlog
from aiohttp import web

from dialogs.messages import Address
from handlers import metrics
from handlers.channels.base import Capabilities, Kit, Letter
from handlers.channels.refusal import Refusal, refused
from handlers.channels.wechat.account import Account
from handlers.channels.wechat.envelope import BODY_LIMIT, Misfit, seal, verify
from handlers.channels.wechat.passive import Answer, Answers, reply_xml
from handlers.channels.wechat.reading import CHANNEL, Call, Consent, Report, read
from handlers.errors import Problem, read_body
from handlers.keys import MAILROOM
from handlers.security import allow
from storage.errors import StorageError
from storage.faults import hit

PATH = "/channels/wechat"
HANGS_UP_AFTER = 4.9  # seconds; 5, but for the way back
_HUNG_UP = getattr(select, "POLLRDHUP", 0)  # Linux; elsewhere only a line that broke shows
MARGIN = 0.1  # seconds, before the worker may take the words
BODY_WITHIN = 3.0
ECHO_LIMIT = 256  # characters
REMEMBERED = 10_000  # calls in the clear; development does not have more in five minutes

_log = structlog.get_logger("wechat")


class Webhook:
    """Answers WeChat's calls."""

    def __init__(
        self,
        account: Account,
        kit: Kit,
        can: Capabilities,
        *,
        on_report: Callable[[Report], Awaitable[None]],
        on_consent: Callable[[Consent], Awaitable[None]],
    ) -> None:
        self._account = account
        self._kit = kit
        self._answers = Answers(kit, can)
        self._slot = can.reply_slot.total_seconds()
        self._on_report = on_report
        self._on_consent = on_consent
        self._seen = Seen()
        self._told: dict[str, int] = {}  # remedies, and in which minute

    def add_routes(self, app: web.Application) -> None:
        """Put the webhook on the application."""
        app.router.add_get(PATH, self.verify, allow_head=False)
        app.router.add_post(PATH, self.take)

    @allow("platform")
    async def verify(self, request: web.Request) -> web.Response:
        """Prove to WeChat that this address is the account's."""
        echo = request.query.get("echostr", "")
        try:
            verify(self._account, request.query, self._kit.clock())
            if not echo or len(echo) > ECHO_LIMIT:
                raise Refusal("malformed")
        except Refusal as refusal:
            raise self._refused(refusal) from None
        return web.Response(text=echo)

    @allow("platform")
    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take one message or event, and answer it."""
        began = asyncio.get_running_loop().time()
        call = await self._read(request)
        try:
            async with asyncio.timeout_at(began + HANGS_UP_AFTER):
                answer = await self._taken(request, call, began + self._slot - MARGIN)
        except TimeoutError as fault:
            # No 200: what is not known to be safe has to come again.
            raise Problem(503, "storage does not answer in time") from fault
        if answer is None:
            return web.Response(text="success")
        return await self._give(request, call, answer, began)

    async def _read(self, request: web.Request) -> Call:
        try:
            body = await read_body(request, BODY_LIMIT, BODY_WITHIN)
        except Problem as problem:
            metrics.letters_refused.labels(CHANNEL, "too_big" if problem.status == 413 else "malformed").inc()
            raise
        await self._give_way(request)
        try:
            call = read(self._account, request.query, body, self._kit.clock())
            if not call.sealed:  # a sealed one is signed as a whole
                self._seen.check(request.query, body)
        except Refusal as refusal:
            raise self._refused(refusal) from None
        return call

    async def _give_way(self, request: web.Request) -> None:
        """Before a call is opened, let others go first if it seems to come out of a flood.

        `openid` is not signed. Who puts a wrong one into a call keeps nobody waiting but that call.
        """
        if user := request.query.get("openid"):
            await request.app[MAILROOM].give_way(Address(CHANNEL, self._account.app_id, user))

    def _refused(self, refusal: Refusal) -> Problem:
        """Count a refusal; tell the operator, once a minute, of one that his settings are the reason of."""
        minute = int(self._kit.clock().timestamp()) // 60
        if isinstance(refusal, Misfit) and self._told.get(refusal.remedy) != minute:
            self._told[refusal.remedy] = minute
            _log.error(f"a call that WeChat signed is refused: {refusal.remedy}", reason=refusal.reason)
        return refused(CHANNEL, refusal)

    async def _taken(self, request: web.Request, call: Call, ends: float) -> Answer | None:
        """Make safe what the call says; return the answer, None when there is none to give.

        ends: until when, in the loop's time, there may be waited for words.
        """
        answer, clock = None, asyncio.get_running_loop().time
        for item in call.items:
            match item:
                case Report():
                    await self._on_report(item)
                case Consent():
                    await self._on_consent(item)
                case Letter():
                    carrier = self._answers.carrier(item)
                    taken = await request.app[MAILROOM].take(item, carrier)
                    if taken is not None:
                        patience = max(0.0, ends - clock())
                        answer = await self._answers.find(item, carrier, taken, patience)
        return answer

    async def _give(
        self, request: web.Request, call: Call, answer: Answer, began: float
    ) -> web.StreamResponse:
        """Write the answer, then note what came of it."""
        response = self._response(call, answer.text)
        hit("reply.before_answer")
        reached = _is_there(request)
        try:
            await response.prepare(request)
            await response.write_eof()
        except ConnectionError:
            reached = False
        hit("reply.after_answer")
        in_time = asyncio.get_running_loop().time() - began < HANGS_UP_AFTER
        await self._note(answer, reached=reached and in_time)
        return response

    async def _note(self, answer: Answer, *, reached: bool) -> None:
        if not (answer.said or answer.left):
            return
        if answer.text:
            metrics.sends.labels(CHANNEL, "sent" if reached else "later").inc()
        try:
            await self._answers.end(answer, reached=reached)
        except StorageError as fault:  # the answer is out; its words' lease ends by itself
            _log.warning("an answer was given and could not be noted", error=type(fault).__name__)

    def _response(self, call: Call, text: str) -> web.Response:
        if not text:
            return web.Response(text="success")
        now = self._kit.clock()
        xml = reply_xml(text, user=call.user, ours=call.ours, now=now)
        if call.sealed:
            xml = seal(self._account, xml, now, secrets.token_hex(8))
        return web.Response(text=xml, content_type="application/xml")


class Seen:
    """Signatures of calls in the clear. Such a signature does not cover the message: one is good for one."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._bodies: OrderedDict[tuple[str, ...], bytes] = OrderedDict()

    def check(self, query: Mapping[str, str], body: bytes) -> None:
        """Pass a call whose signature came with no other message before.

        Raises:
            Refusal: replayed.
        """
        key = tuple(query.get(name, "") for name in ("timestamp", "nonce", "signature"))
        digest = sha256(body).digest()
        if self._bodies.setdefault(key, digest) != digest:
            raise Refusal("replayed")
        if len(self._bodies) > self._size:
            self._bodies.popitem(last=False)


def _is_there(request: web.Request) -> bool:
    """Say whether WeChat is still on the line. The kernel knows before the loop has come round to look."""
    transport = request.transport
    if transport is None or transport.is_closing():
        return False
    line = transport.get_extra_info("socket")
    if line is None:
        return True
    look = select.poll()
    look.register(line.fileno(), _HUNG_UP)
    return not look.poll(0)
