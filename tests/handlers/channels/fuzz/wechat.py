"""Broken calls of WeChat's."""

from __future__ import annotations

import re
from random import Random

from handlers.channels.refusal import Refusal
from handlers.channels.wechat.reading import read
from tests.handlers.channels.dingtalk_calls import Made
from tests.handlers.channels.fuzz.values import VALUES, storable
from tests.handlers.channels.wechat_calls import NOW, Caller, Sent, account, event, key, message, photo, text

WECHAT = Caller()
STRANGER = Caller(app_id="wxffffffffffffffff")
_VALUE = re.compile(r"<\w+>((?:<!\[CDATA\[.*?\]\]>|[^<])*)</\w+>", re.DOTALL)
_NO_XML = re.compile("[\x00-\x08\ud800-\udfff]|\\]\\]>")
PARTS = [
    "<xml>", "</xml>", "<Content>", "]]>", "<![CDATA[", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "&a;", "&#0;",
    "&lt;", "<List>", "</List>", "<MsgType>event</MsgType>", "<Event>CLICK</Event>", "<MsgId/>", "\x00",
    "<CreateTime>1e9</CreateTime>", "<?xml version='1.0' encoding='gbk'?>", "<a b='1'/>", "-1", "٣", "👍",
]  # fmt: skip
CALLS = [
    text("想在老家交社保"),
    photo(),
    message("location", "<Location_X>28.9</Location_X>"),
    message("text", "<Content>1</Content><bizmsgmenuid>1:a</bizmsgmenuid>"),
    event("subscribe", key("qrscene_go12345678")),
    event("CLICK", key("进度")),
    event("unsubscribe"),
    event("TEMPLATESENDJOBFINISH", "<MsgID>1</MsgID><Status>success</Status>"),
    event(
        "subscribe_msg_popup_event",
        "<SubscribeMsgPopupEvent><List><TemplateId>T</TemplateId></List></SubscribeMsgPopupEvent>",
    ),
]
ACCOUNTS = [account(), account(mode="compatible"), account(mode="plain")]


def broken(random: Random) -> Made:
    """Return one call, broken somewhere."""
    query, body = _broken(random)
    return Made(query, {}, body)


def outcome(made: Made, random: Random) -> str:
    """Return what came of a call to an account of any mode: "taken", or why it was refused."""
    try:
        call = read(random.choice(ACCOUNTS), made.query, made.body, NOW)
    except Refusal as refusal:
        return refusal.reason
    if call.letter is None:
        return "taken, nothing said"
    storable(call.letter)
    return "taken"


def _broken(random: Random) -> Sent:
    xml = random.choice(CALLS).replace(">9001<", f">{random.randrange(10**6)}<")
    change = _in_xml if random.random() < 0.3 else _in_value
    for _ in range(random.choice([0, 1, 1, 2, 5])):
        xml = change(xml, random)
    kind = random.randrange(8)
    if kind > 4:
        return (STRANGER if random.random() < 0.2 else WECHAT).sealed(xml)
    if kind in (0, 4):
        return WECHAT.plain(_in_bytes(xml.encode(), random))
    if kind == 1:
        raw = WECHAT.encrypt(xml.encode())
        return WECHAT.envelope(_in_text(raw, random) if random.random() < 0.5 else raw)
    query, body = WECHAT.sealed(xml)
    if kind == 2:
        return _in_query(query, random), body
    return query, _in_bytes(body, random)


def _in_value(xml: str, random: Random) -> str:
    """Return well formed XML with another value in one of its fields."""
    found = random.choice(list(_VALUE.finditer(xml)))
    value = random.choice(VALUES)
    return xml[: found.start(1)] + f"<![CDATA[{_NO_XML.sub('', str(value))}]]>" + xml[found.end(1) :]


def _in_xml(xml: str, random: Random) -> str:
    at, to = sorted((random.randrange(len(xml) + 1), random.randrange(len(xml) + 1)))
    how = random.randrange(4)
    if how == 0:
        return xml[:at] + random.choice(PARTS) + xml[at:]
    if how == 1:
        return xml[:at] + xml[to:]
    if how == 2:
        return xml[:to] + xml[at:]
    return xml[:at] + random.choice(PARTS) + xml[to:]


def _in_text(words: str, random: Random) -> str:
    at = random.randrange(len(words) + 1)
    return (
        words[:at] + random.choice(["", "=", "é", "*", "A" * 16, "\n"]) + words[at + random.randrange(40) :]
    )


def _in_bytes(body: bytes, random: Random) -> bytes:
    changed = bytearray(body)
    for _ in range(random.choice([0, 1, 1, 3, 20])):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed[: random.randrange(len(changed) + 1)] if random.random() < 0.2 else changed)


def _in_query(query: dict[str, str], random: Random) -> dict[str, str]:
    name = random.choice(list(query))
    if random.random() < 0.3:
        return {each: value for each, value in query.items() if each != name}
    return query | {
        name: random.choice(["", "0", "-1", "é", "\ud800", "raw", "AES", query[name] + "0", "9" * 50])
    }
