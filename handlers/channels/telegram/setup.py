"""Telling Telegram where our webhook is, and which commands the bot's menu has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
from telegram import BotCommand, Update, WebhookInfo
from telegram.constants import SUPPORTED_WEBHOOK_PORTS
from telegram.ext import ExtBot

from handlers.channels.telegram import calls
from handlers.channels.telegram.account import Account
from handlers.channels.telegram.webhook import PATH

# What we read; everything else Telegram may keep to itself.
UPDATES = (Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
CALLS_AT_ONCE = 40  # Telegram's default: a slow photo must not keep a thousand others waiting

MENU: Mapping[str, Mapping[str, str]] = {
    "": {
        "progress": "看办到哪一步了",
        "edit": "改前面的答案",
        "back": "回到上一个问题",
        "person": "找工作人员",
        "move": "换个地方接着办",
        "continue": "接着办以前开始的事",
        "withdraw": "撤回申请",
        "restart": "从头来",
        "language": "中文 / English",
        "help": "怎么用",
    },
    "en": {
        "progress": "how far it is",
        "edit": "change an answer",
        "back": "to the question before",
        "person": "ask a person",
        "move": "go on in another app",
        "continue": "go on with what I began",
        "withdraw": "take it back",
        "restart": "from the start",
        "language": "中文 / English",
        "help": "how it works",
    },
}


class Unusable(Exception):
    """Telegram would not take this address. The message says what it has to be."""


def address_of(origin: str) -> str:
    """Return the webhook's address under `origin`.

    Raises:
        Unusable: Telegram calls https alone, on four ports.
    """
    parts = urlsplit(origin)
    ports = ", ".join(str(port) for port in sorted(SUPPORTED_WEBHOOK_PORTS))
    if parts.scheme != "https" or (parts.port or 443) not in SUPPORTED_WEBHOOK_PORTS:
        raise Unusable(
            f"Telegram calls https addresses on port {ports} only. "
            f"Set ZEROTRIP_PUBLIC_URL to one; it is {origin}."
        )
    return origin + PATH


@asynccontextmanager
async def _bot(account: Account) -> AsyncIterator[ExtBot[int]]:
    async with aiohttp.ClientSession() as session:
        with calls.called():
            yield calls.open_bot(account, session)


async def register(account: Account, address: str) -> None:
    """Tell Telegram the address, the secret and the menu. Safe to run again.

    Raises:
        SendError: see handlers.channels.base.
    """
    async with _bot(account) as bot:
        await bot.set_webhook(
            address,
            secret_token=account.secret,
            allowed_updates=list(UPDATES),
            max_connections=CALLS_AT_ONCE,
        )
        for lang, commands in MENU.items():
            await bot.set_my_commands(
                [BotCommand(name, about) for name, about in commands.items()], language_code=lang or None
            )


async def look(account: Account) -> WebhookInfo:
    """Return what Telegram knows of our webhook.

    Raises:
        SendError: see handlers.channels.base.
    """
    async with _bot(account) as bot:
        return await bot.get_webhook_info()
