"""A storm of mutated calls: `python -m tests.handlers.channels.fuzz_wechat 1000000 [seed]`.

Calls are broken at random in their query, their envelope and, signed anew, in what is sealed inside.
Whatever comes of each is counted; anything raised that is no refusal ends the storm.
"""

from __future__ import annotations

import sys
from collections import Counter
from random import Random

from handlers.channels.refusal import Refusal
from handlers.channels.wechat.reading import read
from tests.handlers.channels.wechat_calls import NOW, Caller, Sent, account, event, key, message, photo, text

WECHAT = Caller()
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


def storm(times: int, random: Random) -> Counter[str]:
    """Return what came of `times` broken calls: "taken", or why each was refused."""
    told: Counter[str] = Counter()
    for _ in range(times):
        query, body = broken(random)
        try:
            read(random.choice(ACCOUNTS), query, body, NOW)
            told["taken"] += 1
        except Refusal as refusal:
            told[refusal.reason] += 1
    return told


def broken(random: Random) -> Sent:
    """Return one call, broken somewhere."""
    xml = random.choice(CALLS)
    for _ in range(random.choice([0, 1, 1, 2, 5])):
        xml = _in_xml(xml, random)
    kind = random.randrange(4)
    if kind == 0:
        return WECHAT.plain(_in_bytes(xml.encode(), random))
    if kind == 1:
        raw = WECHAT.encrypt(xml.encode())
        return WECHAT.envelope(_in_text(raw, random) if random.random() < 0.5 else raw)
    query, body = WECHAT.sealed(xml)
    if kind == 2:
        return _in_query(query, random), body
    return query, _in_bytes(body, random)


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


if __name__ == "__main__":
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    sys.stdout.write(f"{dict(storm(int(sys.argv[1]), Random(seed)))}\n")  # to be told again
