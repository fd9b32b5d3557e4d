"""DingTalk as a Channel: its webhook, and the two ways to answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from aiohttp import web

from dialogs.codec import dumps
from dialogs.messages import Address, News
from dialogs.wording import say
from handlers.channels.base import Kit, Part, Rung, WaitForApplicant
from handlers.channels.dingtalk.app import CAN, NAME, App
from handlers.channels.dingtalk.calls import Calls, HookClosed
from handlers.channels.dingtalk.reading import OUTSIDER, Group, read
from handlers.channels.dingtalk.sending import for_batch, for_hook
from handlers.channels.refusal import Refusal, refused
from handlers.errors import Problem, read_body
from handlers.keys import MAILROOM
from handlers.security import allow
from storage.people import addresses
from storage.people.addresses import Hook

WEBHOOK = "/channels/dingtalk"
BODY_LIMIT = 256 * 1024  # bytes
BODY_WITHIN = 5.0  # seconds
NOTHING = {"msgtype": "empty"}  # the robot has nothing to say in the answer itself


class DingTalk:
    """One robot of one app."""

    name = NAME
    can = CAN

    def __init__(self, app: App, kit: Kit) -> None:
        self.account = app.app_key
        self._app = app
        self._kit = kit
        self._calls = Calls(app, kit)

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post(WEBHOOK, self.take)

    @allow("platform")
    async def take(self, request: web.Request) -> web.Response:
        """Take one message. DingTalk waits 1.5 s; the answer comes when it is on disk, and says nothing."""
        body = await _body(request)
        try:
            letter = read(self._app, request.query, request.headers, body, self._kit.clock())
        except Refusal as refusal:
            raise refused(NAME, refusal) from refusal
        if isinstance(letter, Group):
            return _json({"msgtype": "text", "text": {"content": say("dingtalk.group", "zh-CN")}})
        await request.app[MAILROOM].give_way(letter.address)
        await request.app[MAILROOM].take(letter)
        return _json(NOTHING)

    async def send(self, to: Address, part: Part, *, key: str) -> str:
        """Send by the sessionWebhook while it is open, which costs no quota; later by the app's own right.

        DingTalk recognises no repeats: `key` is not used.
        """
        hook = await self._hook(to)
        if hook is not None:
            try:
                await self._calls.answer(hook.url, for_hook(part))
            except HookClosed:
                pass
            else:
                return ""
        if to.user.startswith(OUTSIDER):
            raise WaitForApplicant("dingtalk: only an answer reaches people outside the enterprise")
        return await self._calls.send(to.user, *for_batch(part))

    async def notify(self, to: Address, news: News, rung: Rung, *, key: str) -> str:
        raise WaitForApplicant("dingtalk has no window, and so no notices outside of it")

    def fetch(self, ref: str, limit: int) -> AsyncIterator[bytes]:
        return self._calls.file(ref, limit)

    async def typing(self, to: Address) -> None:
        """DingTalk's robots cannot show that they are at work."""

    async def deep_link(self, scene: str) -> str:
        return ""  # its links open the robot, but carry nothing

    async def close(self) -> None:
        """Nothing is held."""

    async def _hook(self, to: Address) -> Hook | None:
        kit, now = self._kit, self._kit.clock()
        return await kit.database.read(lambda c: addresses.hook(c, kit.vault, to, now))


async def _body(request: web.Request) -> bytes:
    try:
        return await read_body(request, BODY_LIMIT, BODY_WITHIN)
    except Problem as fault:
        if fault.status == 413:
            refused(NAME, Refusal("too_big", fault.detail))
        raise


def _json(value: Mapping[str, object]) -> web.Response:
    return web.Response(body=dumps(value), content_type="application/json")
