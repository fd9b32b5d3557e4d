"""WeChat's side of a call, written from its manual: it signs and seals with its own hands."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from handlers.channels.wechat import Account

APP_ID, TOKEN, SECRET = "wx0123456789abcdef", "eightcalmcranes", "a-secret-of-the-account"
AES_KEY = "0123456789" * 4 + "abc"
OURS, HU = "gh_0123456789ab", "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)

Sent = tuple[dict[str, str], bytes]


def account(**changed: Any) -> Account:
    return Account(**{"app_id": APP_ID, "secret": SECRET, "token": TOKEN, "aes_key": AES_KEY} | changed)


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # WeChat's choice


def message(kind: str, fields: str = "", *, user: str = HU, at: datetime = NOW, key: str = "9001") -> str:
    """Return a message as WeChat writes it; `fields` is the XML of the kind's own."""
    identity = f"<MsgId>{key}</MsgId>" if key else ""
    return (
        f"<xml><ToUserName><![CDATA[{OURS}]]></ToUserName><FromUserName><![CDATA[{user}]]></FromUserName>"
        f"<CreateTime>{int(at.timestamp())}</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>"
        f"{fields}{identity}</xml>"
    )


def text(words: str, **given: Any) -> str:
    return message("text", f"<Content><![CDATA[{words}]]></Content>", **given)


def photo(media: str = "media-1", **given: Any) -> str:
    fields = f"<PicUrl><![CDATA[http://mmbiz.example/1]]></PicUrl><MediaId><![CDATA[{media}]]></MediaId>"
    return message("image", fields, **given)


def event(name: str, fields: str = "", **given: Any) -> str:
    return message("event", f"<Event><![CDATA[{name}]]></Event>{fields}", key="", **given)


def key(value: str) -> str:
    return f"<EventKey><![CDATA[{value}]]></EventKey>"


@dataclass
class Caller:
    """The platform: `token` and `aes_key` are those it was told, `app_id` the account's."""

    token: str = TOKEN
    aes_key: str = AES_KEY
    app_id: str = APP_ID
    nonce: str = "1320562132"

    def plain(self, xml: str | bytes, at: datetime = NOW) -> Sent:
        """Return query and body of a call in the clear."""
        return self.query(at), xml if isinstance(xml, bytes) else xml.encode()

    def sealed(self, xml: str, at: datetime = NOW, beside: str = "") -> Sent:
        """Return query and body of an encrypted call. `beside`: the clear half of compatible mode."""
        return self.envelope(self.encrypt(xml.encode()), at, beside)

    def envelope(self, sealed: str, at: datetime = NOW, beside: str = "") -> Sent:
        signed = {"encrypt_type": "aes", "msg_signature": self.signature(at, sealed)}
        inside = f"<ToUserName><![CDATA[{OURS}]]></ToUserName>{beside}<Encrypt><![CDATA[{sealed}]]></Encrypt>"
        return self.query(at) | signed, f"<xml>{inside}</xml>".encode()

    def query(self, at: datetime = NOW) -> dict[str, str]:
        stamp = str(int(at.timestamp()))
        return {"signature": sign(self.token, stamp, self.nonce), "timestamp": stamp, "nonce": self.nonce}

    def signature(self, at: datetime, sealed: str) -> str:
        return sign(self.token, str(int(at.timestamp())), self.nonce, sealed)

    def encrypt(self, content: bytes) -> str:
        raw = b"0123456789abcdef" + struct.pack(">I", len(content)) + content + self.app_id.encode()
        return self.encrypt_raw(raw + bytes([32 - len(raw) % 32]) * (32 - len(raw) % 32))

    def encrypt_raw(self, padded: bytes) -> str:
        cipher = self._cipher().encryptor()
        return base64.b64encode(cipher.update(padded) + cipher.finalize()).decode()

    def opened(self, body: str) -> dict[str, str]:
        """Return the elements of a reply, its envelope checked."""
        outer = elements(body)
        signed = sign(self.token, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
        assert outer["MsgSignature"] == signed
        cipher = self._cipher().decryptor()
        raw = cipher.update(base64.b64decode(outer["Encrypt"])) + cipher.finalize()
        raw = raw[16 : -raw[-1]]
        (length,) = struct.unpack(">I", raw[:4])
        assert raw[4 + length :].decode() == self.app_id
        return elements(raw[4 : 4 + length].decode())

    def _cipher(self) -> Cipher[modes.CBC]:
        secret = base64.b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(secret), modes.CBC(secret[:16]))


def elements(xml: str) -> dict[str, str]:
    return {each.tag: each.text or "" for each in ElementTree.fromstring(xml)}  # our own answer
