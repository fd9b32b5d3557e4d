"""Calling the Bot API: the library's client, and what its errors mean to the outbox.

python-telegram-bot is used for its client alone (`ExtBot`); queues, order and repetition are ours,
because they span channels. Its rate limiter keeps all chats together under 30 messages a second. A 429
is not waited for here: the limiter would hold everybody for one busy chat, and a worker has a lease.
The message goes back to the outbox, to be due when Telegram says (`TryLater.after`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from time import perf_counter

import aiohttp
import structlog
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import AIORateLimiter, ExtBot

from handlers import metrics
from handlers.calling import NEVER_LEFT
from handlers.channels.base import Gone, MaybeSent, MediaGone, Refused, SendError, TryLater
from handlers.channels.telegram.account import Account
from handlers.channels.telegram.transport import Transport
from storage.sealing.files import TooBig

CONNECT_WITHIN, PIECE_WITHIN = 3.0, 10.0  # seconds
FETCH_WITHIN = 60.0  # seconds for a photo of 10 MB
PIECE = 64 * 1024
LONG_WAIT = 5.0  # seconds
TOKEN_AGAIN = 300.0  # seconds; a token that was changed is put right by an operator, not by haste

# Descriptions of a 400 that mean that nobody is there.
_NOBODY = ("chat not found", "user not found", "peer_id_invalid", "user is deactivated")

# The library writes bodies it cannot read, and a trace for every 429; what its errors mean is said by
# `meaning`.
logging.getLogger("telegram").setLevel(logging.CRITICAL)

# Until version 23 the library warns at every 429 that its waits are going to be timedeltas.
os.environ.setdefault("PTB_TIMEDELTA", "true")

_log = structlog.get_logger("channels.telegram")  # "telegram" is the library's own, which is silenced


def open_bot(account: Account, session: aiohttp.ClientSession) -> ExtBot[int]:
    """Return the client of one bot, which calls by `session`. It makes no call by itself."""
    transport = Transport(session, account.proxy)
    return ExtBot(
        account.token,
        base_url=f"{account.api_url}/bot",
        base_file_url=f"{account.file_url or account.api_url}/file/bot",
        request=transport,
        get_updates_request=transport,
        rate_limiter=AIORateLimiter(max_retries=0),
    )


class Pause:
    """A wait that Telegram asks of the bot as a whole. While it lasts nothing is sent at all.

    A busy chat has to wait for a second or three, which is its own affair; more is a penalty for all,
    and every call made during it is said to lengthen it.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._until: datetime | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Send in here.

        Raises:
            TryLater: the pause is not over; nothing was called.
        """
        now = self._clock()
        if self._until is not None and self._until > now:
            raise TryLater("Telegram asked for a pause", (self._until - now).total_seconds())
        try:
            yield
        except TryLater as fault:
            if fault.after is not None and fault.after > LONG_WAIT:
                self._until = self._clock() + timedelta(seconds=fault.after)
            raise


@contextmanager
def called() -> Iterator[None]:
    """Time one call, and raise what went wrong in the words of handlers.channels.base.

    Raises:
        SendError: one of its children.
    """
    began = perf_counter()
    try:
        yield
    except TelegramError as fault:
        raise meaning(fault) from fault
    finally:
        metrics.platform_seconds.labels("telegram").observe(perf_counter() - began)


def meaning(fault: TelegramError) -> SendError:
    """Return what an error of the library's means to the outbox."""
    match fault:
        case RetryAfter():
            return TryLater("too many messages", _seconds(fault.retry_after))
        case Forbidden():
            return Gone("he blocked the bot or left")
        case BadRequest() if any(each in str(fault).lower() for each in _NOBODY):
            return Gone("there is no such chat")
        case BadRequest() | ChatMigrated():
            return Refused(f"Telegram refuses it: {str(fault)[:200]}")
        case InvalidToken():
            _log.error("telegram set up wrongly", reason="token")  # nobody else would hear of it
            return TryLater("Telegram does not know the token: set ZEROTRIP_TELEGRAM_TOKEN", TOKEN_AGAIN)
        case TimedOut() | NetworkError() if isinstance(fault.__cause__, NEVER_LEFT):
            return TryLater(f"Telegram cannot be reached: {type(fault.__cause__).__name__}")
        case _:
            return MaybeSent(f"no clear answer: {type(fault).__name__}")


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


async def fetch(
    bot: Bot, session: aiohttp.ClientSession, account: Account, pause: Pause, ref: str, limit: int
) -> AsyncIterator[bytes]:
    """Yield the file `ref`, piece by piece.

    Raises:
        MediaGone, TryLater, Refused: see handlers.channels.base.
        TooBig: more than `limit` bytes, or more than Telegram gives to bots (20 MB).
    """
    with pause.kept():
        address = await _address(bot, account, ref, limit)
    size = 0
    async with _download(session, account, address) as answer:
        async for piece in answer.content.iter_chunked(PIECE):
            size += len(piece)
            if size > limit:
                raise TooBig(f"a file of more than {limit} bytes")
            yield piece


async def _address(bot: Bot, account: Account, ref: str, limit: int) -> str:
    """Return where the file lies for the next hour. The address holds the token."""
    try:
        with called():
            file = await bot.get_file(ref)
    except Refused as fault:
        if "too big" in str(fault):
            raise TooBig("a file that Telegram does not give to bots") from fault
        raise MediaGone("Telegram does not know the file any more") from fault
    except (Gone, MaybeSent) as fault:  # asking twice does no harm
        raise TryLater("no answer about a file") from fault
    if isinstance(file.file_size, int) and file.file_size > limit:
        raise TooBig(f"a file of {file.file_size} bytes")
    if not file.file_path or not file.file_path.startswith(f"{account.files}/"):
        raise Refused("Telegram names a file that lies elsewhere: check ZEROTRIP_TELEGRAM_FILE_URL")
    return file.file_path


@asynccontextmanager
async def _download(
    session: aiohttp.ClientSession, account: Account, address: str
) -> AsyncIterator[aiohttp.ClientResponse]:
    within = aiohttp.ClientTimeout(total=FETCH_WITHIN, connect=CONNECT_WITHIN, sock_read=PIECE_WITHIN)
    try:
        async with session.get(
            address, timeout=within, proxy=account.proxy or None, allow_redirects=False
        ) as answer:
            if answer.status == 404:  # the link is good for an hour, the file for longer: ask him again
                raise MediaGone("the file is no longer there")
            if answer.status != 200:
                raise TryLater(f"the file server answers {answer.status}")
            yield answer
    except (aiohttp.ClientError, TimeoutError) as fault:
        # `from None`: the library's error carries the address, and so the token.
        raise TryLater(f"the file did not come: {type(fault).__name__}") from None
