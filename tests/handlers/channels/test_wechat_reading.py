"""What WeChat sends, beside what it means. Everything else is refused with a status, never an exception."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy import parse_message

from dialogs.messages import Address, Inbound, Media
from dialogs.turn import MessageReceived, Opened
from handlers.channels.base import Letter
from handlers.channels.refusal import Refusal
from handlers.channels.wechat.elements import elements as read_elements
from handlers.channels.wechat.envelope import BODY_LIMIT, seal, verify
from handlers.channels.wechat.passive import clean, reply_xml
from handlers.channels.wechat.reading import Call, Consent, Report, read
from tests.handlers.channels.wechat_calls import (
    AES_KEY,
    APP_ID,
    HU,
    NOW,
    OURS,
    SECRET,
    TOKEN,
    Caller,
    Sent,
    account,
    elements,
    event,
    key,
    message,
    photo,
    text,
)

WECHAT = Caller()
HERE = Address("wechat", APP_ID, HU)


def heard(xml: str) -> Call:
    return read(account(), *WECHAT.sealed(xml), NOW)


def refusal(sent: Sent, now: datetime = NOW, **changed: Any) -> tuple[int, str]:
    with pytest.raises(Refusal) as refused:
        read(account(**changed), *sent, now)
    return refused.value.status, refused.value.reason


def said(shown: str, means: str = "message", name: str = "9001", **inbound: Any) -> Letter:
    received = MessageReceived(Inbound(name, NOW, channel="wechat", **inbound))
    return Letter(HERE, name, NOW, received, means=means, shown={"text": shown})  # type: ignore[arg-type]


def event_key(name: str, of: str = "") -> str:
    return f"{HU}:{int(NOW.timestamp())}:{name}:{of}"


def opened(name: str, scene: str = "", of: str = "") -> Letter:
    return Letter(
        HERE, event_key(name, of), NOW, Opened(channel="wechat", scene=scene), means="tap", gone=False
    )


VOICE = "<MediaId><![CDATA[m]]></MediaId><Format>amr</Format><Recognition><![CDATA[交社保]]></Recognition>"
PLACE = "<Location_X>28.9</Location_X><Location_Y>118.5</Location_Y><Scale>20</Scale><Label>常山</Label>"
LINK = "<Title><![CDATA[题]]></Title><Description>d</Description><Url>http://x.example</Url>"
MENU = "<Content><![CDATA[不在]]></Content><bizmsgmenuid><![CDATA[12:elsewhere]]></bizmsgmenuid>"

LETTERS = {
    "words": (text("想在老家交社保"), said("想在老家交社保", text="想在老家交社保")),
    "words that look like XML": (text("<b>&amp;"), said("<b>&amp;", text="<b>&amp;")),
    "an emoji": (text("好👍🏽"), said("好👍🏽", text="好👍🏽")),
    "a photo, by its id": (photo("mid"), said("", media=(Media("", "photo", "mid"),))),
    "a voice, unread": (message("voice", VOICE), said("[语音]", media=(Media("", "voice"),))),
    "a video": (message("video", "<MediaId>v</MediaId>"), said("[视频]", media=(Media("", "video"),))),
    "a short video": (message("shortvideo"), said("[视频]", media=(Media("", "video"),))),
    "a place": (message("location", PLACE), said("[位置]", media=(Media("", "place"),))),
    "a link": (message("link", LINK), said("[链接]", media=(Media("", "other"),))),
    "a file": (message("file"), said("[文件]", media=(Media("", "file"),))),
    "a kind of next year": (message("hologram"), said("[其他消息]", media=(Media("", "other"),))),
    "what WeChat keeps to itself": (
        text("【收到不支持的消息类型，暂无法显示】"),
        said("[其他消息]", media=(Media("", "other"),)),
    ),
    "no words at all": (text(""), said("[其他消息]", media=(Media("", "other"),))),
    "an option of a menu message": (message("text", MENU), said("不在", "tap", choice="12:elsewhere")),
    "he follows": (event("subscribe", key("")), opened("subscribe")),
    "he follows by a poster": (
        event("subscribe", key("qrscene_flexible_enrolment") + "<Ticket>t</Ticket>"),
        opened("subscribe_scan", "flexible_enrolment", "flexible_enrolment"),
    ),
    "he scans a poster": (event("SCAN", key("go12345678")), opened("SCAN", "go12345678", "go12345678")),
    "our menu, a word": (
        event("CLICK", key("进度")),
        said("进度", "tap", event_key("CLICK", "进度"), text="进度"),
    ),
    "our menu, a service": (
        event("CLICK", key("scene:flexible_enrolment")),
        opened("CLICK", "flexible_enrolment", "scene:flexible_enrolment"),
    ),
    "our menu, a choice": (
        event("CLICK", key("choice:3:yes")),
        said("3:yes", "tap", event_key("CLICK", "choice:3:yes"), choice="3:yes"),
    ),
    "he leaves": (
        event("unsubscribe", key("")),
        Letter(HERE, event_key("unsubscribe"), NOW, None, gone=True),
    ),
}


@pytest.mark.parametrize(("xml", "letter"), LETTERS.values(), ids=LETTERS)
def test_a_message_becomes_a_letter(xml: str, letter: Letter) -> None:
    assert heard(xml).items == (letter,)


def listed(name: str, *each: str) -> str:
    return f"<{name}>{''.join(f'<List>{one}</List>' for one in each)}</{name}>"


def consent(template: str, word: str) -> str:
    return f"<TemplateId>{template}</TemplateId><SubscribeStatusString>{word}</SubscribeStatusString>"


REPORTS = {
    "a template arrived": (
        event("TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status><![CDATA[success]]></Status>"),
        (Report("200163836", delivered=True),),
    ),
    "a template did not": (
        event("TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>failed:user block</Status>"),
        (Report("200163836", delivered=False),),
    ),
    "a notice arrived": (
        event(
            "subscribe_msg_sent_event",
            listed("SubscribeMsgSentEvent", "<MsgID>17</MsgID><ErrorCode>0</ErrorCode>"),
        ),
        (Report("17", delivered=True),),
    ),
    "he agrees to one and not to the other": (
        event(
            "subscribe_msg_popup_event",
            listed("SubscribeMsgPopupEvent", consent("T1", "accept"), consent("T2", "reject")),
        ),
        (Consent(HERE, "T1", True, NOW), Consent(HERE, "T2", False, NOW)),
    ),
    "he agrees, and wants it read out": (
        event(
            "subscribe_msg_popup_event", listed("SubscribeMsgPopupEvent", consent("T1", "acceptWithAudio"))
        ),
        (Consent(HERE, "T1", True, NOW),),
    ),
    "he takes it back": (
        event("subscribe_msg_change_event", listed("SubscribeMsgChangeEvent", consent("T1", "reject"))),
        (Consent(HERE, "T1", False, NOW),),
    ),
    "he looks at a page of ours": (event("VIEW", key("https://bot.example.gov.cn/")), ()),
    "where he is": (event("LOCATION", "<Latitude>28.9</Latitude>"), ()),
    "an event of next year": (event("moon_landing"), ()),
}


@pytest.mark.parametrize(("xml", "items"), REPORTS.values(), ids=REPORTS)
def test_other_events_are_what_they_are(xml: str, items: tuple[object, ...]) -> None:
    assert heard(xml).items == items


SAID = [xml for xml, _ in (*LETTERS.values(), *REPORTS.values()) if "qrscene_" not in xml]


@pytest.mark.parametrize("xml", SAID)
def test_our_reading_and_the_librarys_agree(xml: str) -> None:
    assert read_elements(xml) == parse_message(xml)._data


@given(st.text("a1好👍<>&]'\" \t\n\u3000\u00a0", max_size=20))
def test_our_reading_and_the_librarys_agree_on_every_text(words: str) -> None:
    for content in (escape(words), f"<![CDATA[{words.replace(']]>', '')}]]>", f"a<!-- {escape('b')} -->c"):
        xml = message("text", f"<Content>{content}</Content><a>x<b/><b>y</b> z</a>")
        ours, theirs = dict(read_elements(xml)), parse_message(xml)._data

        assert ours | {"a": None} == theirs | {"a": None}
        assert ours["a"] == {"b": [None, "y"]}


def test_an_answer_goes_to_who_wrote_from_whom_he_wrote_to() -> None:
    call = heard(text("你好"))

    assert (call.user, call.ours, call.sealed) == (HU, OURS, True)


# Modes


def test_compatible_mode_believes_the_sealed_half_alone() -> None:
    forged = "<MsgType>text</MsgType><Content>撤回</Content><FromUserName>o_somebody_else</FromUserName>"

    call = read(account(mode="compatible"), *WECHAT.sealed(text("你好"), beside=forged), NOW)

    assert call.items == (said("你好", text="你好"),)


def test_plain_mode_reads_what_comes_in_the_clear_and_what_is_sealed() -> None:
    for sent in (WECHAT.plain(text("你好")), WECHAT.sealed(text("你好"))):
        assert read(account(mode="plain"), *sent, NOW).items == (said("你好", text="你好"),)


@pytest.mark.parametrize("mode", ["encrypted", "compatible"])
def test_nothing_in_the_clear_is_read_in_production(mode: str) -> None:
    assert refusal(WECHAT.plain(text("你好")), mode=mode) == (403, "forged")


# What is refused


def test_a_signature_is_good_for_five_minutes() -> None:
    sent = WECHAT.sealed(text("你好"))

    for minutes in (-5, 5):
        assert read(account(), *sent, NOW + timedelta(minutes=minutes)).letter
        late = NOW + timedelta(minutes=minutes, seconds=minutes / 5)
        assert refusal(sent, late) == (403, "stale")


@pytest.mark.parametrize("name", ["signature", "timestamp", "nonce", "msg_signature"])
@pytest.mark.parametrize("value", ["", "0", "x" * 40, "é" * 20, "\ud800", "9" * 400])
def test_every_part_of_the_signature_counts(name: str, value: str) -> None:
    query, body = WECHAT.sealed(text("你好"))

    assert refusal((query | {name: value}, body)) == (403, "forged")


def test_no_part_of_the_signature_may_be_left_out() -> None:
    query, body = WECHAT.sealed(text("你好"))

    for name in query:
        assert refusal(({k: v for k, v in query.items() if k != name}, body)) == (403, "forged")


FORGED = {
    "another token": Caller(token="fivecalmcranes"),
    "no token": Caller(token=""),
}


@pytest.mark.parametrize("caller", FORGED.values(), ids=FORGED)
def test_whoever_does_not_know_the_token_is_not_heard(caller: Caller) -> None:
    assert refusal(caller.sealed(text("你好"))) == (403, "forged")


def test_a_message_that_was_changed_on_its_way_is_not_read() -> None:
    query, _ = WECHAT.sealed(text("你好"))
    _, other = WECHAT.sealed(text("撤回"))

    assert refusal((query, other)) == (403, "forged")


def test_a_message_for_another_account_is_not_ours() -> None:
    assert refusal(Caller(app_id="wxffffffffffffffff").sealed(text("你好"))) == (403, "not_ours")


BOMB = '<!DOCTYPE xml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xml><Content>&b;</Content></xml>'
FILE = '<!DOCTYPE xml [<!ENTITY a SYSTEM "file:///etc/hostname">]><xml><Content>&a;</Content></xml>'
DEEP = "<xml>" + "<a>" * 5000 + "</a>" * 5000 + "</xml>"
MALFORMED = {
    "nothing": "",
    "no XML": "hello",
    "no end": "<xml><MsgType>text",
    "another root": "<root/>",
    "an empty root": "<xml></xml>",
    "words in the root": "<xml>text</xml>",
    "no kind and nobody": "<xml><a>1</a></xml>",
    "a bomb": BOMB,
    "a file of ours": FILE,
    "very deep": DEEP,
    "nobody wrote it": text("你好").replace(HU, ""),
    "somebody with a strange name": text("你好").replace(HU, "o/../x"),
    "somebody with a long name": text("你好").replace(HU, "o" * 65),
    "to nobody": text("你好").replace(OURS, ""),
    "no time": text("你好").replace(str(int(NOW.timestamp())), ""),
    "no such time": text("你好").replace(str(int(NOW.timestamp())), "-5"),
    "too far a time": text("你好").replace(str(int(NOW.timestamp())), "9" * 12),
    "no id": text("你好", key=""),
    "two ids": text("你好").replace("<MsgId>", "<MsgId>1</MsgId><MsgId>"),
    "two texts": text("你好").replace("<Content>", "<Content>1</Content><Content>"),
    "a text with parts": message("text", "<Content><b>1</b></Content>"),
    "a text with attributes": message("text", "<Content a='1'>x</Content>"),
    "a photo without an id": message("image", "<PicUrl>http://x.example</PicUrl>"),
    "a tap on nothing": event("CLICK"),
    "an event with parts": event("CLICK", "<EventKey><a>1</a></EventKey>"),
    "a report of nothing": event("TEMPLATESENDJOBFINISH"),
    "consents that are none": event(
        "subscribe_msg_popup_event", "<SubscribeMsgPopupEvent>1</SubscribeMsgPopupEvent>"
    ),
    "very many consents": event(
        "subscribe_msg_popup_event", listed("SubscribeMsgPopupEvent", *["<a>1</a>"] * 21)
    ),
    "foreign characters": "<?xml version='1.0' encoding='utf-16'?><xml><a>",
}


@pytest.mark.parametrize("xml", MALFORMED.values(), ids=MALFORMED)
def test_malformed_messages_are_refused(xml: str) -> None:
    assert refusal(WECHAT.sealed(xml)) == (400, "malformed")
    assert refusal(WECHAT.plain(xml), mode="plain") == (400, "malformed")


ENVELOPES = {
    "no base64": "*" * 64,
    "half a block": WECHAT.encrypt_raw(b"0" * 16)[:-8],
    "nothing": "",
    "one block": WECHAT.encrypt_raw(b"\x00" * 16),
    "no length": WECHAT.encrypt_raw(b"\x01" * 32),
    "no text": WECHAT.encrypt_raw(b"0" * 16 + b"\xff\xff\xff\xff" + b"\xff" * 11 + b"\x01"),
    "another key": Caller(aes_key="a" * 43).encrypt(text("你好").encode()),
}


@pytest.mark.parametrize("sealed", ENVELOPES.values(), ids=ENVELOPES)
def test_malformed_ciphertext_with_a_right_signature_is_refused(sealed: str) -> None:
    status, reason = refusal(WECHAT.envelope(sealed))

    assert (status, reason) in {(400, "malformed"), (403, "not_ours")}


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"<xml>", DEEP.encode(), BOMB.encode(), b"<xml><Encrypt/></xml>"]
)
def test_a_malformed_envelope_is_refused(body: bytes) -> None:
    query, _ = WECHAT.sealed(text("你好"))

    assert refusal((query, body)) == (400, "malformed")


def test_a_body_has_at_most_64_kilobytes() -> None:
    query, body = WECHAT.sealed(text("你好"))

    assert refusal((query, body + b" " * BODY_LIMIT)) == (413, "too_big")


# Starting, and answering


@pytest.mark.parametrize("name", ["app_id", "secret", "token", "aes_key"])
def test_an_account_is_not_begun_without(name: str) -> None:
    with pytest.raises(ValueError, match=r"empty|EncodingAESKey"):
        account(**{name: ""})


def test_an_account_never_shows_its_secrets() -> None:
    shown = repr(account())

    assert APP_ID in shown
    assert not any(secret in shown for secret in (TOKEN, SECRET, AES_KEY))


def test_a_refusal_says_nothing_of_what_was_sent() -> None:
    with pytest.raises(Refusal) as refused:
        read(account(), *WECHAT.sealed("<xml><Content>330822197001011234</Content>"), NOW)

    assert str(refused.value) == "malformed"


def test_the_address_is_proven_with_a_fresh_signature() -> None:
    verify(account(), WECHAT.query(), NOW)

    with pytest.raises(Refusal, match="stale"):
        verify(account(), WECHAT.query(NOW - timedelta(minutes=6)), NOW)


@pytest.mark.parametrize(
    "words", ["1. 在\n2. 不在\n回号码就行", "]]><Content>撤回</Content>", "a]]>]]>b", "<&>👍"]
)
def test_an_answer_says_exactly_these_words(words: str) -> None:
    xml = reply_xml(words, user=HU, ours=OURS, now=NOW)

    assert elements(xml) == {
        "ToUserName": HU,
        "FromUserName": OURS,
        "CreateTime": str(int(NOW.timestamp())),
        "MsgType": "text",
        "Content": words,
    }
    assert WECHAT.opened(seal(account(), xml, NOW, "n0nce"))["Content"] == words


def test_what_xml_cannot_hold_is_left_out_of_an_answer() -> None:
    assert clean("a\x00\x0bb\ud800\ufffe\tc\n") == "ab\tc\n"


def test_times_are_aware_and_utc() -> None:
    (letter,) = heard(text("你好", at=datetime(2026, 11, 21, 0, 59, 30, tzinfo=UTC))).items

    assert isinstance(letter, Letter)
    assert letter.at == datetime(2026, 11, 21, 0, 59, 30, tzinfo=UTC)
    assert letter.at.tzinfo is UTC
