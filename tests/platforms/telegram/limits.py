"""What Telegram's Bot API refuses: limits and their sentences, as core.telegram.org/bots/api has them.

Sentences are those of tdlib/telegram-bot-api (Client.cpp). The length of a text counts code points: an
emoji is one (measured by others against the real service; only entities count UTF-16).
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from tests.platforms.base import Button

TEXT, CAPTION, TOAST = 4096, 1024, 200  # characters
CALLBACK_BYTES = 64
BUTTONS, BUTTONS_A_ROW = 100, 8
COMMANDS = 100
DOWNLOAD = 20 * 1000 * 1000  # bytes
PHOTO_UPLOAD = 10 * 1000 * 1000
DOCUMENT_UPLOAD = 50 * 1000 * 1000
TAP_LIVES = timedelta(seconds=150)
SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice",
    "upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip


class Refusal(Exception):
    """The Bot API says no."""

    def __init__(self, code: int, why: str, retry_after: int = 0) -> None:
        prefix = {400: "Bad Request: ", 403: "Forbidden: ", 409: "Conflict: "}.get(code, "")
        super().__init__(prefix + why)
        self.code = code
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        said: dict[str, Any] = {"ok": False, "error_code": self.code, "description": str(self)}
        if self.retry_after:
            said["parameters"] = {"retry_after": self.retry_after}
        return said


def too_many(seconds: int) -> dict[str, Any]:
    """Return the body of a 429: `fake.troubles.order("sendMessage", status(429, too_many(3)))`."""
    return Refusal(429, f"Too Many Requests: retry after {seconds}", seconds).body()


async def arguments(request: web.Request) -> dict[str, Any]:
    """Return what a method is called with: from the query, a form, a multipart form or JSON.

    Values that are objects may come as JSON text (in forms they must); they are objects here.
    """
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        given |= json.loads(await request.text() or "{}")
    elif request.can_read_body:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                given[f"{name} name"] = value.filename
                value = value.file.read()
            given[name] = value
    return {name: _object(value) for name, value in given.items()}


def _object(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def number(given: Mapping[str, Any], name: str) -> int:
    """Return an identifier that must be there."""
    try:
        return int(given[name])
    except (KeyError, TypeError, ValueError):
        raise Refusal(400, "chat not found" if name == "chat_id" else f"{name} is empty") from None


def words(given: Mapping[str, Any], name: str, limit: int) -> str:
    """Return a text that is neither empty nor too long."""
    said = str(given.get(name) or "")
    if name == "text" and not said.strip():
        raise Refusal(400, "message text is empty")
    if len(said) > limit:
        raise Refusal(400, "message is too long" if name == "text" else "message caption is too long")
    return said


def previewed(given: Mapping[str, Any]) -> list[str]:
    """Return the links of a text that are opened for a preview: the first, unless that is switched off."""
    if (given.get("link_preview_options") or {}).get("is_disabled") is True:
        return []
    return re.findall(r"https?://\S+", str(given.get("text") or ""))[:1]


def keyboard(given: Mapping[str, Any]) -> tuple[tuple[Button, ...], ...]:
    """Return the rows of buttons under a message; none where there is no inline keyboard."""
    markup = given.get("reply_markup") or {}
    if not isinstance(markup, Mapping):
        raise Refusal(400, "can't parse reply keyboard markup JSON object")
    rows = tuple(tuple(_button(each) for each in row) for row in markup.get("inline_keyboard", ()))
    if sum(map(len, rows)) > BUTTONS or any(len(row) > BUTTONS_A_ROW for row in rows):
        raise Refusal(400, "reply markup is too long")
    return rows


def _button(given: Any) -> Button:
    label, data, url = (str(given.get(name) or "") for name in ("text", "callback_data", "url"))
    if not label.strip():
        raise Refusal(400, 'can\'t parse inline keyboard button: Field "text" must be non-empty')
    if bool(data) == bool(url):
        raise Refusal(
            400, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if len(data.encode()) > CALLBACK_BYTES:
        raise Refusal(400, "BUTTON_DATA_INVALID")
    if url and not _is_web(url):
        raise Refusal(400, f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return Button(label, data, url)


def _is_web(url: str) -> bool:
    """Say whether a button may lead there: a name without a dot (localhost) may not."""
    parts = urlsplit(url)
    if parts.scheme == "tg":
        return True
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return parts.scheme in ("http", "https") and "." in host
    return parts.scheme in ("http", "https")


def webhook(given: Mapping[str, Any]) -> tuple[str, str, int, tuple[str, ...]]:
    """Return (url, secret, most connections, allowed updates) of setWebhook.

    The real service takes https on four ports only; this machine itself is let pass here.
    """
    url, secret = str(given.get("url") or ""), str(given.get("secret_token") or "")
    parts = urlsplit(url)
    here = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if url and parts.scheme != "https" and not here:
        raise Refusal(400, "bad webhook: An HTTPS URL must be provided for webhook")
    if url and not here and (parts.port or 443) not in (80, 88, 443, 8443):
        raise Refusal(400, "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if len(secret) > 256:
        raise Refusal(400, "secret token is too long")
    if not re.fullmatch(r"[\w-]*", secret, re.ASCII):
        raise Refusal(400, "secret token contains unallowed characters")
    connections = int(given.get("max_connections") or 40)
    if not 1 <= connections <= 100:
        raise Refusal(400, "max_connections must be between 1 and 100")
    return url, secret, connections, tuple(given.get("allowed_updates") or ())


def commands(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the bot's menu of setMyCommands: what each command does."""
    listed = given.get("commands")
    if not isinstance(listed, list) or len(listed) > COMMANDS:
        raise Refusal(400, "BOT_COMMANDS_TOO_MUCH")
    for each in listed:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", str(each.get("command")), re.ASCII):
            raise Refusal(400, "BOT_COMMAND_INVALID")
        if not 1 <= len(str(each.get("description") or "")) <= 256:
            raise Refusal(400, "BOT_COMMAND_DESCRIPTION_INVALID")
    return {each["command"]: each["description"] for each in listed}


class Rates:
    """One message a second in a chat, thirty in all; whoever is faster is told when to come again."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._sent: dict[int, deque[datetime]] = defaultdict(deque)

    def count(self, chat: int) -> None:
        """Count one message.

        Raises:
            Refusal: 429.
        """
        now = self._clock()
        for key, most in ((chat, 1), (0, 30)):
            kept = self._sent[key]
            while kept and now - kept[0] >= timedelta(seconds=1):
                kept.popleft()
            if len(kept) >= most:
                raise Refusal(429, "Too Many Requests: retry after 1", 1)
        for key in (chat, 0):
            self._sent[key].append(now)
