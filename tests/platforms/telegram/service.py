"""A Telegram that enforces its rules: the Bot API over HTTP, the queue of updates, and people's phones.

    fake = FakeTelegram(clock)
    async with serving(fake):
        fake.webhook = f"{bot}/channels/telegram"     # or the bot calls setWebhook itself
        her = fake.person("hu")
        await her.open("flexible_enrolment")           # t.me/bot?start=flexible_enrolment
        await her.say("你好")                          # returns once the bot was asked to take it
        await her.album(front, back)

Switches: `fake.limited` (429 above one message a second in a chat and thirty in all), `fake.unheard` (so
many of the bot's answers to the webhook are lost, so that the update comes again), `fake.troubles` by
method name. `fake.updates.waiting` is the queue, `fake.spinning` the taps nobody has answered,
`fake.looked_at` the links in messages that Telegram's servers would have opened for a preview.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from aiohttp import ClientError, ClientTimeout, web

from tests.platforms.base import Fake, Shown
from tests.platforms.telegram import limits
from tests.platforms.telegram.chats import Chat, Rows, Sent, file, shown
from tests.platforms.telegram.limits import Refusal
from tests.platforms.telegram.methods import METHODS
from tests.platforms.telegram.phone import Caller
from tests.platforms.telegram.updates import Update, Updates

TOKEN = "7000000001:AAfakefakefakefakefakefakefakefakefake"
SECRET = "telegram-calls-carry-this-secret-0001"
USERNAME = "zerotrip_fake_bot"
A_DAY = timedelta(hours=24)
LINK_LIVES = timedelta(hours=1)  # "guaranteed to be valid for at least 1 hour"


class FakeTelegram(Fake):
    """The service. `token` and `secret` are what a bot must use and will be called with."""

    name = "telegram"
    patience = 60.0

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(clock)
        self.token, self.secret = TOKEN, SECRET
        self.limited = False
        self.unheard = 0
        self.allowed: tuple[str, ...] = ()
        self.updates = Updates(self.clock, self._deliver, lambda: bool(self.webhook))
        self.rates = limits.Rates(self.clock)
        self.files: dict[str, bytes] = {}
        self.links: dict[str, tuple[str, datetime]] = {}
        self.spinning: dict[str, datetime] = {}
        self.looked_at: list[str] = []
        self.commands: dict[str, dict[str, str]] = {}
        self._people: dict[str, Caller] = {}
        self._connections = asyncio.Semaphore(40)
        self._message = 100

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)

    def settings(self) -> dict[str, str]:
        return {
            "ZEROTRIP_TELEGRAM_TOKEN": self.token,
            "ZEROTRIP_TELEGRAM_SECRET": self.secret,
            "ZEROTRIP_TELEGRAM_API_URL": self.url,
            "ZEROTRIP_TELEGRAM_FILE_URL": self.url,
        }

    def person(self, user: str) -> Caller:
        if user not in self._people:
            self._people[user] = Caller(self, Chat(10_000_001 + len(self._people), user))
        return self._people[user]

    async def close(self) -> None:
        await self.updates.close()

    # The phone's side: events for the bot

    def next_message(self) -> int:
        self._message += 1
        return self._message

    async def tell(self, kind: str, body: Mapping[str, Any], queue: str, lives: timedelta = A_DAY) -> None:
        """Queue an update; return once the bot was asked to take it, or when it is not called at all."""
        if self.allowed and kind not in self.allowed:
            return
        update = self.updates.put(queue, {kind: dict(body)}, lives)
        if self.webhook:
            await update.met.wait()

    async def _deliver(self, update: Update) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        body = {"update_id": update.id, **update.body}
        async with self._connections:
            status, reply = await self._post(body, headers)
        self.note("update", body, status)
        if not 200 <= status < 300:
            return False
        if self.unheard:
            self.unheard -= 1
            return False
        if isinstance(reply, dict) and reply.get("method"):
            with suppress(Refusal):  # a reply that asks for a call learns nothing of its end
                self.perform(str(reply["method"]), reply)
        return True

    async def _post(self, body: Any, headers: Mapping[str, str]) -> tuple[int, Any]:
        try:
            async with self.session.post(
                self.webhook, json=body, headers=headers, timeout=ClientTimeout(self.patience)
            ) as answer:
                is_json = answer.content_type == "application/json"
                return answer.status, (await answer.json() if is_json else await answer.read())
        except (ClientError, OSError, TimeoutError, ValueError):
            return 0, None

    # The bot's side: the Bot API

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"].lower()
        name = next((each for each in METHODS if each.lower() == method), "")

        async def work() -> web.StreamResponse:
            given = await limits.arguments(request)
            try:
                if request.match_info["token"] != self.token:
                    raise Refusal(401, "Unauthorized")
                result = self.perform(name, given)
            except Refusal as no:
                self.note(name or method, given, no.code)
                return web.json_response(no.body(), status=no.code)
            self.note(name, given)
            return web.json_response({"ok": True, "result": result})

        return await self.troubles.door(name or method, request, work)

    def perform(self, method: str, given: Mapping[str, Any]) -> Any:
        """Do what a method does; return its result.

        Raises:
            Refusal: it may not be done.
        """
        if method not in METHODS:
            raise Refusal(404, "Not Found")
        done = METHODS[method](self, given)
        self.looked_at += limits.previewed(given)
        return done

    def chat(self, given: Mapping[str, Any]) -> Chat:
        """Return the chat a call is for; the bot may write there."""
        wanted = limits.number(given, "chat_id")
        for person in self._people.values():
            if person.chat.id == wanted and person.chat.opened:
                if person.chat.blocked:
                    raise Refusal(403, "bot was blocked by the user")
                return person.chat
        raise Refusal(400, "chat not found")

    def put(self, chat: Chat, sent: Sent, road: str) -> dict[str, Any]:
        """Put the bot's message into a chat and on the phone; return it as the API does."""
        if self.limited:
            self.rates.count(chat.id)
        id_ = self.next_message()
        chat.messages[id_] = sent
        self._show(chat, id_, road)
        return self.message(chat, id_)

    def _show(self, chat: Chat, id_: int, road: str, replaces: str = "") -> None:
        sent = chat.messages[id_]
        flat = tuple(button for row in sent.rows for button in row)
        kind = str(sent.body.get("document", {}).get("mime_type", ""))
        self.truth.show(
            Shown(
                chat.user,
                self.clock(),
                road,
                sent.text,
                flat,
                str(id_),
                replaces=replaces,
                file=sent.file,
                kind=kind,
            )
        )

    def edit(self, chat: Chat, given: Mapping[str, Any], text: str | None, rows: Rows) -> dict[str, Any]:
        """Change a message of the bot's; what is the same already is refused."""
        id_ = limits.number(given, "message_id")
        sent = chat.messages.get(id_)
        if sent is None:
            raise Refusal(400, "message to edit not found")
        if not sent.own:
            raise Refusal(400, "message can't be edited")
        now = Sent(sent.text if text is None else text, rows, body=sent.body)
        if now == sent:
            raise Refusal(400, limits.SAME)
        chat.messages[id_] = now
        self._show(chat, id_, "edit", replaces=str(id_))
        return self.message(chat, id_)

    def message(self, chat: Chat, id_: int) -> dict[str, Any]:
        """Return a message as the API shows it."""
        sent = chat.messages[id_]
        who = self.me() if sent.own else chat.who()
        told: dict[str, Any] = {"message_id": id_, "from": who, "chat": chat.where(), "date": self.unix()}
        told |= {"text": sent.text} if sent.text and not sent.body else {}
        told |= sent.body
        if sent.rows:
            told["reply_markup"] = {"inline_keyboard": [[shown(b) for b in row] for row in sent.rows]}
        return told

    def me(self) -> dict[str, Any]:
        id_ = int(self.token.partition(":")[0])
        return {"id": id_, "is_bot": True, "first_name": "零跑腿", "username": USERNAME}

    def unix(self) -> int:
        return int(self.clock().timestamp())

    def set_webhook(self, given: Mapping[str, Any]) -> bool:
        self.webhook, self.secret, most, self.allowed = limits.webhook(given)
        self._connections = asyncio.Semaphore(most)
        return True

    def keep_file(self, data: bytes) -> str:
        """Keep a file somebody sent; return its id."""
        id_ = f"AgAC{len(self.files) + 1:08d}"
        self.files[id_] = data
        return id_

    def file_link(self, given: Mapping[str, Any]) -> dict[str, Any]:
        id_ = str(given.get("file_id") or "")
        if not id_:
            raise Refusal(400, "file_id not specified")
        if id_ not in self.files:
            raise Refusal(400, "wrong file_id or the file is temporarily unavailable")
        if len(self.files[id_]) > limits.DOWNLOAD:
            raise Refusal(400, "file is too big")
        path = f"photos/file_{len(self.links) + 1}.jpg"
        self.links[path] = id_, self.clock() + LINK_LIVES
        return {**file(id_, self.files[id_]), "file_path": path}

    async def _download(self, request: web.Request) -> web.StreamResponse:
        async def work() -> web.StreamResponse:
            id_, until = self.links.get(request.match_info["path"], ("", self.clock()))
            known = request.match_info["token"] == self.token and id_ in self.files
            if not known or until <= self.clock():
                return web.json_response(Refusal(404, "Not Found").body(), status=404)
            return web.Response(body=self.files[id_], content_type="application/octet-stream")

        return await self.troubles.door("file", request, work)

    def answer_tap(self, given: Mapping[str, Any]) -> bool:
        id_, said = str(given.get("callback_query_id") or ""), str(given.get("text") or "")
        at = self.spinning.pop(id_, None)
        if at is None or self.clock() - at > limits.TAP_LIVES:
            raise Refusal(400, "query is too old and response timeout expired or query ID is invalid")
        if len(said) > limits.TOAST:
            raise Refusal(400, "MESSAGE_TOO_LONG")
        if said:
            user = next(p.user for p in self._people.values() if id_.startswith(f"{p.chat.id}-"))
            self.truth.show(Shown(user, self.clock(), "toast", said, key=id_))
        return True
