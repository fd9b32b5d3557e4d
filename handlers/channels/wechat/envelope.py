"""The envelope of WeChat's calls: who signed it, when, and what is sealed inside.

Every call carries `signature`, over our token, a time and a nonce. In encrypted and in compatible mode
the message is AES-256-CBC ciphertext, and `msg_signature` covers that too. Nothing is believed before
its signature is found right, and nothing a stranger can send raises anything but Refusal.

wechatpy has the cipher and the signer; it does not compare in constant time, knows no
age of a signature, and raises what comes (IndexError, struct.error, ...) for malformed ciphertext.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException
from wechatpy.utils import WeChatSigner

from handlers.channels.refusal import Reason, Refusal
from handlers.channels.wechat.account import Account, key_bytes
from handlers.channels.wechat.elements import elements
from handlers.security import same

FRESH_WITHIN = timedelta(minutes=5)  # WeChat's three tries take 15 s; the rest is for clocks that are off
BODY_LIMIT = 64 * 1024  # bytes; a text is at most 2 KiB, and deep XML costs time by its length
NONCE_LIMIT = 128  # characters


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope that was found right. sealed: it came encrypted, so must the answer be."""

    xml: str
    sealed: bool


class Misfit(Refusal):
    """A call that is signed with our token and cannot be taken all the same: something is set up wrongly.

    remedy: what the operator looks at. It quotes nothing.
    """

    def __init__(self, reason: Reason, remedy: str) -> None:
        super().__init__(reason)
        self.remedy = remedy


CLOCK = "it was signed more than five minutes ago, or ahead: look at this machine's clock"
OPEN_MODE = "it came in the clear: choose 安全模式 on the platform's page"
KEYS = "it cannot be opened: compare WECHAT_AES_KEY and WECHAT_APP_ID with the platform's page"


def verify(account: Account, query: Mapping[str, str], now: datetime) -> None:
    """Pass a call whose signature is right and fresh.

    Raises:
        Refusal: forged, stale.
    """
    stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if not (_is_number(stamp) and len(nonce) <= NONCE_LIMIT and nonce.isascii()):
        raise Refusal("forged")
    if not same(query.get("signature", ""), sign(account.token, stamp, nonce)):
        raise Refusal("forged")
    if abs(int(stamp) - now.timestamp()) > FRESH_WITHIN.total_seconds():
        raise Misfit("stale", CLOCK)


def unseal(account: Account, query: Mapping[str, str], body: bytes, now: datetime) -> Envelope:
    """Return what is in the envelope.

    Raises:
        Refusal: forged, stale, malformed, too_big, not_ours (sealed for another account).
    """
    verify(account, query, now)
    if len(body) > BODY_LIMIT:
        raise Refusal("too_big")
    if query.get("encrypt_type", "raw") == "raw":
        if account.mode != "plain":
            # In the clear anybody who saw one signature could write anything.
            raise Misfit("forged", OPEN_MODE)
        return Envelope(_text(body), sealed=False)
    sealed = elements(_text(body)).get("Encrypt")
    if not isinstance(sealed, str) or not sealed.isascii():
        raise Refusal("malformed")
    if not same(
        query.get("msg_signature", ""), sign(account.token, query["timestamp"], query["nonce"], sealed)
    ):
        raise Refusal("forged")
    return Envelope(_decrypt(account, sealed), sealed=True)


def seal(account: Account, xml: str, now: datetime, nonce: str) -> str:
    """Return `xml` encrypted and signed, as an answer to an encrypted call has to be."""
    crypto = WeChatCrypto(account.token, account.aes_key, account.app_id)
    sealed: str = crypto.encrypt_message(xml, nonce, str(int(now.timestamp())))
    return sealed


def sign(*parts: str) -> str:
    """Return the signature over `parts`: SHA-1 over their sorted concatenation, in hexadecimal."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    signature: str = signer.signature
    return signature


@lru_cache(maxsize=4)
def _crypto(aes_key: str) -> PrpCrypto:
    """Return the cipher of an account: setting one up takes as long as opening a call with it."""
    return PrpCrypto(key_bytes(aes_key))


def _decrypt(account: Account, sealed: str) -> str:
    try:
        opened: str = _crypto(account.aes_key).decrypt(sealed, account.app_id)
    except InvalidAppIdException as fault:
        raise Misfit("not_ours", KEYS) from fault
    except Exception as fault:  # whatever wechatpy stumbles over in ciphertext of a wrong shape
        raise Misfit("malformed", KEYS) from fault
    return opened


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as fault:
        raise Refusal("malformed") from fault


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
