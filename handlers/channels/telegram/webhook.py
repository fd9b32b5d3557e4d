"""The route that Telegram calls. It answers 200 once the update is safe, never before.

Telegram has one call at a time for the messages of a chat and repeats it until it is answered (its
WebhookActor.cpp: queues by chat). So messages, the parts of an album among them, come in their order,
and holding one back would only hold up the rest. Taps are a queue of their own and may overtake.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import structlog
from aiohttp import web
from sqlalchemy import Connection
from telegram import Bot

from dialogs.messages import Address
from handlers import metrics
from handlers.channels.base import Kit, Letter, SendError
from handlers.channels.receiving import Mailroom
from handlers.channels.refusal import Refusal, refused
from handlers.channels.telegram.account import NO_PREVIEW, Account
from handlers.channels.telegram.calls import Pause, called
from handlers.channels.telegram.editing import meant
from handlers.channels.telegram.keyboard import TEXT_LIMIT
from handlers.channels.telegram.reading import (
    BODY_LIMIT,
    CHANNEL,
    Heard,
    Tap,
    guess,
    read,
    verify,
)
from handlers.errors import Problem, read_body
from handlers.keys import MAILROOM
from handlers.security import allow
from storage.people import messages
from storage.people.conversations import of, session_of
from storage.people.messages import Message

PATH = "/channels/telegram"
LOOKED_BACK = 30  # messages among which an edited one may be the applicant's last
ALBUMS_KEPT = 1000
STOP_WITHIN = 2.0  # seconds for taps that are still to be answered

_log = structlog.get_logger("channels.telegram")


class Webhook:
    """Takes updates in, and answers taps once they are safe."""

    def __init__(self, account: Account, kit: Kit, bot: Bot, pause: Pause) -> None:
        self._account = account
        self._kit = kit
        self._bot = bot
        self._pause = pause
        self._albums: OrderedDict[str, None] = OrderedDict()  # taken lately
        self._answers: set[asyncio.Task[None]] = set()

    @allow("platform")
    async def take(self, request: web.Request) -> web.Response:
        """Take one update."""
        heard = await self._read(request)
        if heard.letter is not None:
            await self._hand_in(request.app[MAILROOM], heard, heard.letter)
        elif heard.why == "malformed":
            metrics.letters_refused.labels(CHANNEL, heard.why).inc()
        if heard.tap is not None:
            self._later(self._answer(heard.tap))
        return web.Response()

    async def close(self) -> None:
        """Let the answers to taps end."""
        if self._answers:
            await asyncio.wait(self._answers, timeout=STOP_WITHIN)
        for task in self._answers:
            task.cancel()

    async def _read(self, request: web.Request) -> Heard:
        account = self._account
        try:
            verify(request.headers, account.secret)  # before anything of the body is looked at
            body = await _body(request)
            await self._give_way(request.app[MAILROOM], body)
            return read(
                request.headers,
                body,
                self._kit.clock(),
                secret=account.secret,
                account=account.id,
                photos=account.photos,
            )
        except Refusal as refusal:
            raise refused(CHANNEL, refusal) from refusal

    async def _give_way(self, mailroom: Mailroom, body: bytes) -> None:
        """Before an update is read, let others go first if it seems to come out of a flood."""
        if user := guess(body):
            await mailroom.give_way(Address(CHANNEL, self._account.id, user))

    async def _hand_in(self, mailroom: Mailroom, heard: Heard, letter: Letter) -> None:
        if heard.edits:
            letter = await self._changed(letter, heard.edits)
        if heard.album and not self._account.photos:
            letter = self._once(heard.album, letter)
        await mailroom.take(letter)
        self._albums[heard.album] = None
        if len(self._albums) > ALBUMS_KEPT:
            self._albums.popitem(last=False)

    def _once(self, album: str, letter: Letter) -> Letter:
        """Where photos do not pass, one word about it is enough for a whole album."""
        return replace(letter, event=None) if album in self._albums else letter

    async def _changed(self, letter: Letter, mark: int) -> Letter:
        """Return what a change of message `mark` means where the talk stands now."""
        vault = self._kit.vault

        def look(connection: Connection) -> tuple[list[Message], bool]:
            conversation = of(connection, letter.address)
            if conversation is None:
                return [], False
            said = messages.latest(connection, vault, conversation, LOOKED_BACK)
            waits = session_of(connection, vault, conversation).wrong > 0
            return [each for each in said if each.sender == "applicant"], waits

        mine, waits = await self._kit.database.read(look)
        return meant(letter, mark, mine, waits=waits)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, tap: Tap) -> None:
        """Tell Telegram that the tap arrived, then put what was tapped in the place of the buttons.

        Both are kindnesses: what a stale tap means the dialog says, and a second tap does no harm.
        """
        try:
            with self._pause.kept(), called():
                await self._bot.answer_callback_query(tap.id)
            with self._pause.kept(), called():
                await self._take_buttons_away(tap)
        except SendError as fault:  # "not modified" after a double tap, too old, a pause, no network
            _log.debug("tap not marked", error=type(fault).__name__)

    async def _take_buttons_away(self, tap: Tap) -> None:
        if not tap.message or not tap.label:
            return
        text = f"{tap.text}\n\n👉 {tap.label}"
        if tap.text and len(text) <= TEXT_LIMIT:
            await self._bot.edit_message_text(
                text, chat_id=tap.chat, message_id=tap.message, link_preview_options=NO_PREVIEW
            )
        else:
            await self._bot.edit_message_reply_markup(chat_id=tap.chat, message_id=tap.message)


async def _body(request: web.Request) -> bytes:
    try:
        return await read_body(request, BODY_LIMIT)
    except Problem as problem:
        if problem.status == 413:
            metrics.letters_refused.labels(CHANNEL, "too_big").inc()
        raise
