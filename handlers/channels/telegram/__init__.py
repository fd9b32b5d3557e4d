"""Telegram. What comes is read by `reading` and taken in by `webhook`; what leaves goes by `calls`.

account    what the deployment says of its bot    contents  what a message holds
reading    one update in our words                keyboard  buttons, and what they cannot show
editing    what a changed message means
webhook    the route that ties these together     setup     telling Telegram where we are
calls      the Bot API's client and its errors    transport how it reaches Telegram
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web
from telegram import InputFile
from telegram.constants import ChatAction

from dialogs.messages import Address, News
from handlers.channels.base import Attachment, Kit, Part, Refused, Rung, SendError, WaitForApplicant
from handlers.channels.telegram import calls
from handlers.channels.telegram.account import CAPTION_LIMIT, NO_PREVIEW, Account, capabilities
from handlers.channels.telegram.keyboard import keyboard, words
from handlers.channels.telegram.webhook import PATH, Webhook

__all__ = ["Account", "Telegram"]

_SCENE = re.compile(r"[\w-]{1,64}", re.ASCII)


class Telegram:
    """The channel of one bot."""

    name = "telegram"

    def __init__(self, account: Account, kit: Kit) -> None:
        self._account = account
        self._kit = kit
        self._bot = calls.open_bot(account, kit.session)
        self._pause = calls.Pause(kit.clock)
        self._webhook = Webhook(account, kit, self._bot, self._pause)
        self._username = ""
        self.account = account.id
        self.can = capabilities(account)

    def add_routes(self, app: web.Application) -> None:
        """Put the webhook on the application."""
        app.router.add_post(PATH, self._webhook.take)

    async def send(self, to: Address, part: Part, *, key: str) -> str:
        """Send one message; return its number in the chat. Telegram recognises no repeats.

        Raises:
            TryLater, MaybeSent, Gone, Refused: see handlers.channels.base.
        """
        if part.file is not None and len(words(part)) <= CAPTION_LIMIT:
            with suppress(Refused):  # the words tell of it all the same, with a link
                return await self._send_file(to, part, part.file)
        with self._pause.kept(), calls.called():
            message = await self._bot.send_message(
                int(to.user), words(part), reply_markup=keyboard(part), link_preview_options=NO_PREVIEW
            )
        return str(message.message_id)

    async def _send_file(self, to: Address, part: Part, file: Attachment) -> str:
        with self._pause.kept(), calls.called():
            message = await self._bot.send_document(
                int(to.user),
                InputFile(file.data, filename=file.name),
                caption=words(part),
                reply_markup=keyboard(part),
                disable_content_type_detection=True,
            )
        return str(message.message_id)

    async def notify(self, to: Address, news: News, rung: Rung, *, key: str) -> str:
        """Telegram has no window that closes, and so no notices beside it."""
        raise WaitForApplicant("Telegram has no notices")

    def fetch(self, ref: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the photo `ref`. See calls.fetch."""
        return calls.fetch(self._bot, self._kit.session, self._account, self._pause, ref, limit)

    async def typing(self, to: Address) -> None:
        """Show that we are writing, for some five seconds."""
        with suppress(SendError), self._pause.kept(), calls.called():
            await self._bot.send_chat_action(int(to.user), ChatAction.TYPING)

    async def deep_link(self, scene: str) -> str:
        """Return the address that opens the bot with `scene`; "" when Telegram does not tell its name."""
        if not _SCENE.fullmatch(scene):
            return ""
        try:
            username = await self._name()
        except SendError:
            return ""
        return f"https://t.me/{username}?start={scene}" if username else ""

    async def _name(self) -> str:
        """Return the bot's user name, asked for once."""
        if not self._username:
            with calls.called():
                self._username = (await self._bot.get_me()).username or ""
        return self._username

    async def close(self) -> None:
        """Let go of connections."""
        await self._webhook.close()
