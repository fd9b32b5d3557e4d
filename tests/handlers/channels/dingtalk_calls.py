"""DingTalk's side of a call, written from its manual: what it signs, how it seals, what its messages hold."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from handlers.channels.dingtalk import App

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
MS = int(NOW.timestamp() * 1000)
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
APP = App("dingtestapp", "app-secret-of-a-test", "token-of-a-test", AES_KEY)
HOOK = "https://oapi.dingtalk.com/robot/sendBySession?session=79b48"


def message(**changed: Any) -> dict[str, Any]:
    """Return the body of a robot's callback as DingTalk's manual shows it, a text unless changed."""
    return {
        "conversationId": "cidE1g=",
        "chatbotCorpId": "ding6741",
        "chatbotUserId": "$:LWCP_v1:$robot",
        "msgId": "msgY1Pw==",
        "senderNick": "胡一",
        "isAdmin": False,
        "senderStaffId": "0421297",
        "sessionWebhookExpiredTime": MS + 5_400_000,
        "createAt": MS - 500,
        "senderCorpId": "ding6741",
        "conversationType": "1",
        "senderId": "$:LWCP_v1:$PA==",
        "sessionWebhook": HOOK,
        "robotCode": "dingtestapp",
        "msgtype": "text",
        "text": {"content": "你好"},
    } | changed


def kind(msgtype: str, content: Any, **changed: Any) -> dict[str, Any]:
    """Return a message of another kind than text."""
    return message(msgtype=msgtype, content=content, text=None, **changed)


@dataclass(frozen=True)
class Made:
    """A call as it leaves DingTalk."""

    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Caller:
    """Makes calls. What is changed here is wrong for the app."""

    secret: str = APP.secret
    token: str = APP.token
    aes_key: str = AES_KEY
    owner: str = APP.app_key
    stamp: int | str = MS
    header_stamp: int | None = None
    nonce: str = "n1"
    pad: int = 256
    extra: dict[str, str] = field(default_factory=dict)

    def call(self, said: Any) -> Made:
        raw = said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
        sealed = self.seal(raw)
        stamp, shown = str(self.stamp), str(self.header_stamp or self.stamp)
        joined = "".join(sorted([self.token, stamp, self.nonce, sealed]))
        query = {
            "msg_signature": hashlib.sha1(joined.encode()).hexdigest(),
            "timestamp": stamp,
            "nonce": self.nonce,
        }
        mac = hmac.new(self.secret.encode(), f"{shown}\n{self.secret}".encode(), hashlib.sha256).digest()
        headers = {"timestamp": shown, "sign": base64.b64encode(mac).decode()}
        return Made(query | self.extra, headers, json.dumps({"encrypt": sealed}).encode())

    def seal(self, raw: bytes) -> str:
        key = base64.b64decode(self.aes_key + "=")
        plain = os.urandom(16) + len(raw).to_bytes(4) + raw + self.owner.encode()
        padder = padding.PKCS7(self.pad).padder()
        sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
        padded = padder.update(plain) + padder.finalize()
        return base64.b64encode(sealer.update(padded) + sealer.finalize()).decode()
