"""The XML of WeChat: calls as it writes them, answers as strictly as it reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from tests.platforms.wechat.crypto import Forged, Seal

TEXT_LIMIT = 2048  # bytes of UTF-8; measured, the manual names no limit
ACKNOWLEDGED = ("", "success")
REPLY = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}
SEALED = {"Encrypt", "MsgSignature", "TimeStamp", "Nonce"}


class Malformed(Exception):
    """An answer that WeChat does not understand; the follower reads that the account is out of order."""


def write(fields: Mapping[str, Any]) -> str:
    """Return <xml> with these fields; text in CDATA, whole numbers bare, as WeChat does it."""
    return f"<xml>{_inner(fields)}</xml>"


def _inner(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(_element(name, each) for name, each in value.items())
    if isinstance(value, int):
        return str(value)
    return f"<![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]>"


def _element(name: str, value: Any) -> str:
    many = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    return "".join(f"<{name}>{_inner(each)}</{name}>" for each in many)


def read_reply(answer: bytes, seal: Seal, *, sealed: bool, may_be_open: bool, to: str, sender: str) -> str:
    """Return the text of a passive reply, "" when the bot only acknowledged the call.

    Args:
        sealed: the call was.  may_be_open: a sealed call may be answered in the clear (compatible mode).
        to, sender: the follower's OpenID and the account's own id.
    Raises:
        Malformed: anything WeChat would not show.
    """
    try:
        text = answer.decode()
    except UnicodeDecodeError:
        raise Malformed("not UTF-8") from None
    if text.strip() in ACKNOWLEDGED:
        return ""
    fields = _fields(text)
    if sealed and set(fields) == SEALED:
        fields = _fields(_unseal(fields, seal))
    elif sealed and not may_be_open:
        raise Malformed("in the clear, where the call was sealed")
    return _text(fields, to, sender)


def read_sealed(answer: str) -> dict[str, str]:
    """Return the fields of a sealed answer.

    Raises:
        Malformed: it is none.
    """
    fields = _fields(answer)
    if set(fields) != SEALED:
        raise Malformed(f"fields {sorted(fields)}")
    return fields


def _unseal(fields: Mapping[str, str], seal: Seal) -> str:
    try:
        seal.check(fields["MsgSignature"], fields["TimeStamp"], fields["Nonce"], fields["Encrypt"])
        return seal.open(fields["Encrypt"])
    except Forged as fault:
        raise Malformed(str(fault)) from None


def _text(fields: Mapping[str, str], to: str, sender: str) -> str:
    if set(fields) != REPLY:
        raise Malformed(f"fields {sorted(fields)}")
    if (fields["ToUserName"], fields["FromUserName"]) != (to, sender):
        raise Malformed("to or from somebody else")
    if (
        fields["MsgType"] != "text"
        or not fields["CreateTime"].isascii()
        or not fields["CreateTime"].isdigit()
    ):
        raise Malformed(f"{fields['MsgType']} at {fields['CreateTime']}")
    if not fields["Content"] or len(fields["Content"].encode()) > TEXT_LIMIT:
        raise Malformed(f"{len(fields['Content'].encode())} bytes of text")
    return fields["Content"]


def _fields(text: str) -> dict[str, str]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Malformed("with a DTD")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as fault:
        raise Malformed(f"no XML: {fault}") from None
    if root.tag != "xml" or any(len(each) for each in root):
        raise Malformed("not flat")
    fields = {each.tag: each.text or "" for each in root}
    if len(fields) != len(root):
        raise Malformed("a field twice")
    return fields
