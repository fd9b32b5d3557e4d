"""What a deployment tells us of its DingTalk app, and which hosts we let DingTalk send us to."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from handlers.channels.base import Capabilities

NAME = "dingtalk"
AES_KEY_LENGTH = 43
# A message's parameters may have 15,000 bytes as JSON (manual, "groupMessages/send"); escapes, buttons and
# their addresses need the rest.
TEXT_LIMIT = 6000
BUTTON_LIMIT = 5  # sampleActionCard5 is the largest card that batchSend has

# Where nobody can be reached any more (people from outside, their last message long ago), a text message can.
CAN = Capabilities(TEXT_LIMIT, "bytes", buttons="inline", max_buttons=BUTTON_LIMIT, rungs=("sms",))

HOME = "dingtalk.com"
# Pictures lie in the object store that DingTalk uses.
FILE_HOMES = (HOME, "aliyuncs.com")


@dataclass(frozen=True, slots=True)
class App:
    """An enterprise's own app with a robot. What is secret never shows in a log or a traceback.

    Raises:
        ValueError: something it cannot work without is missing or unusable.
    """

    app_key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    robot_code: str = ""
    api_url: str = "https://api.dingtalk.com"

    def __post_init__(self) -> None:
        # An empty secret is worse than none: everybody can sign with it.
        for name in ("app_key", "secret", "token"):
            if not getattr(self, name):
                raise ValueError(f"the DingTalk app's {name} is empty")
        key_bytes(self.aes_key)

    @property
    def robot(self) -> str:
        """The robot's code; an app with one robot names it by its own key."""
        return self.robot_code or self.app_key


def key_bytes(aes_key: str) -> bytes:
    """Return the 32 bytes of the body encryption's key.

    Raises:
        ValueError: it is none; the sentence goes on after the setting's name.
    """
    try:
        key = base64.b64decode(aes_key + "=", validate=True) if len(aes_key) == AES_KEY_LENGTH else b""
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise ValueError(f"is not {AES_KEY_LENGTH} letters and digits. Copy it from the app's settings")
    return key


def may_answer_at(app: App, url: str) -> bool:
    """Say whether `url` may be called to answer: DingTalk's own, or the interface that is configured.

    The address comes in a call's body. Calling whatever stands there would let a forger aim us at our own
    network.
    """
    return _is_ours(app, url) or _is_at(url, (HOME,))


def may_fetch_from(app: App, url: str) -> bool:
    """Say whether a file may be fetched from `url`."""
    return _is_ours(app, url) or _is_at(url, FILE_HOMES)


def _is_ours(app: App, url: str) -> bool:
    """Say whether `url` is on the very server that is configured; in a test that is a fake."""
    parts, home = _split(url), urlsplit(app.api_url)
    return parts is not None and (parts.scheme, parts.netloc) == (home.scheme, home.netloc)


def _is_at(url: str, homes: tuple[str, ...]) -> bool:
    parts = _split(url)
    if parts is None or parts.scheme != "https" or parts.username is not None:
        return False
    host = parts.hostname or ""
    return parts.port in (None, 443) and any(host == home or host.endswith(f".{home}") for home in homes)


def _split(url: str) -> SplitResult | None:
    if not url.isascii() or "\\" in url or any(each <= " " for each in url):
        return None  # parsers disagree about these; no honest address has them
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is no number
    except ValueError:
        return None
    return parts
