"""What a deployment tells us of its WeChat official account. Nothing here is asked of WeChat.

A form of WeChat's (a template message, a subscription notice) has named fields; the setting says which
of our words goes into which: `ID:title=thing1,number=character_string2,state=phrase3,day=time4`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from handlers.channels.base import Allowance, Capabilities, Rung

Mode = Literal["encrypted", "compatible", "plain"]

WORDS = ("title", "number", "state", "day")  # of dialogs.messages.News
TEXT_LIMIT = 2048  # bytes; measured, WeChat's manual does not say: longer ones come back with 45002
MENU_LIMIT = 10  # links of one menu message; longer ones are cut by old apps
WINDOW = timedelta(hours=48)  # after an applicant's message
TAP_WINDOW = timedelta(minutes=1)  # after a tap on a menu, a scan, a follow
AES_KEY_LENGTH = 43

_FORM = re.compile(r"([\w-]{10,64}):(.+)")
_PROOF = re.compile(r"(?:MP_verify_)?([A-Za-z0-9]{8,64})(?:\.txt)?")
_FIELD = re.compile(r"[a-z_]+\d{1,2}")


@dataclass(frozen=True, slots=True)
class Form:
    """A template of the account: its id, and by the names of its fields which of WORDS goes there."""

    id: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Account:
    """An official account. What is secret never shows in a log or a traceback.

    mode: how WeChat's calls come. In compatible mode a call carries the message twice, in the clear and
        encrypted; the encrypted one alone is read.
    messages, messages_after_tap: how many customer-service messages WeChat grants.
    papers: show the office's documents as pictures, which then pass through WeChat.
    proof: the code in the file that proves to WeChat whose domain the pages are on; "": no such file.

    Raises:
        ValueError: something it cannot work without is missing or unusable.
    """

    app_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    mode: Mode = "encrypted"
    api_url: str = "https://api.weixin.qq.com"
    template: Form | None = None
    subscription: Form | None = None
    menus: bool = False
    messages: int = 5
    messages_after_tap: int = 3
    papers: bool = True
    proof: str = ""

    def __post_init__(self) -> None:
        # An empty token is worse than none: everybody can sign with it.
        for name in ("app_id", "secret", "token"):
            if not getattr(self, name):
                raise ValueError(f"the WeChat account's {name} is empty")
        key_bytes(self.aes_key)


def key_bytes(aes_key: str) -> bytes:
    """Return the 32 bytes of an EncodingAESKey.

    Raises:
        ValueError: it is none; the sentence goes on after the setting's name.
    """
    try:
        key = base64.b64decode(aes_key + "=", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(aes_key) != AES_KEY_LENGTH or len(key) != 32:
        raise ValueError("is no EncodingAESKey. Copy its 43 letters and digits from the platform's page")
    return key


def proof_of(text: str) -> str:
    """Return the code of WeChat's file MP_verify_CODE.txt, which has the code in its name and as its text.

    text: the file's name, or the code; "": there is none.
    Raises:
        ValueError: it is neither; the sentence goes on after the setting's name.
    """
    if not text:
        return ""
    found = _PROOF.fullmatch(text.strip())
    if not found:
        raise ValueError("is no MP_verify file. Write the name of the file that WeChat lets you download")
    return found[1]


def form_of(text: str) -> Form | None:
    """Return the form that a setting describes, None when it is empty.

    Raises:
        ValueError: it cannot be understood; the sentence goes on after the setting's name.
    """
    if not text:
        return None
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise ValueError(
            'is no template. Write its id and fields: "ID:title=thing1,number=character_string2"'
        )
    return Form(found[1], dict(_pair(each) for each in found[2].split(",")))


def _pair(text: str) -> tuple[str, str]:
    word, _, name = (part.strip() for part in text.partition("="))
    if word not in WORDS:
        raise ValueError(f"names {word[:20]!r}, which is none of our words: {', '.join(WORDS)}")
    if not _FIELD.fullmatch(name):
        raise ValueError(f"gives {word!r} no field of the template, such as thing1 or time4")
    return name, word


def may_be_plain(origin: str) -> bool:
    """Say whether calls in the clear may come to `origin`: only to this very machine."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    try:
        here = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        here = False
    return here and parts.scheme == "http"


def capabilities(account: Account, slot: timedelta, agree: str = "") -> Capabilities:
    """Return what this account can show and how much it may send.

    Args:
        slot: how long the webhook waits for words to put into its answer.
        agree: where subscription notices are agreed to.
    """
    rungs: list[Rung] = ["subscription"] if account.subscription else []
    rungs += ["template"] if account.template else []
    return Capabilities(
        text_limit=TEXT_LIMIT,
        text_unit="bytes",
        buttons="menu" if account.menus else "none",
        max_buttons=MENU_LIMIT if account.menus else 0,
        allowances={
            "message": Allowance(account.messages, WINDOW),
            "tap": Allowance(account.messages_after_tap, TAP_WINDOW),
        },
        reply_slot=slot,
        rungs=(*rungs, "sms"),
        papers="picture" if account.papers else "link",
        agree=agree if account.subscription else "",
    )
