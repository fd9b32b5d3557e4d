"""DingTalk's calls: each kind as what it is to us; forged, stale, tampered and broken ones refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialogs.messages import Address, Media
from dialogs.turn import MessageReceived
from handlers.channels.base import Letter
from handlers.channels.dingtalk import App
from handlers.channels.dingtalk.app import may_answer_at, may_fetch_from
from handlers.channels.dingtalk.reading import GROUP, read
from handlers.channels.refusal import Refusal
from tests.examples import examples
from tests.handlers.channels.dingtalk_calls import APP, HOOK, MS, NOW, Caller, Made, kind, message


def letter(said: Any) -> Letter:
    made = Caller().call(said)
    found = read(APP, made.query, made.headers, made.body, NOW)
    assert isinstance(found, Letter)
    return found


def said(found: Letter) -> tuple[str, tuple[Media, ...]]:
    assert isinstance(found.event, MessageReceived)
    return found.event.message.text, found.event.message.media


def refused(made: Made, now: datetime = NOW) -> str:
    with pytest.raises(Refusal) as caught:
        read(APP, made.query, made.headers, made.body, now)
    return caught.value.reason


PICTURE = {"pictureDownloadCode": "pWjA", "downloadCode": "mIof"}
RICH = {"richText": [{"text": "正面：\n"}, {**PICTURE, "type": "picture"}, {"text": "反面"},
                     {"downloadCode": "mIo2", "type": "picture"}, "junk", {"text": 3}]}  # fmt: skip


@pytest.mark.parametrize(
    ("label", "body", "text", "media"),
    [
        ("text", message(), "你好", ()),
        ("spaces around", message(text={"content": " 2 \n"}), "2", ()),
        ("mentioned", message(text={"content": " @小助手 我要办事"}, isInAtList=True), "我要办事", ()),
        ("@ without a mention", message(text={"content": "@小助手 在吗"}), "@小助手 在吗", ()),
        ("endless text", message(text={"content": "长" * 5000}), "长" * 2000, ()),
        ("no text in it", message(text=None), "", ()),
        ("picture", kind("picture", PICTURE), "", (Media("", "photo", "mIof"),)),
        (
            "picture, old code",
            kind("picture", {"pictureDownloadCode": "p1"}),
            "",
            (Media("", "photo", "p1"),),
        ),
        ("picture, no code", kind("picture", {}), "", (Media("", "other"),)),
        (
            "rich text",
            kind("richText", RICH),
            "",
            (Media("", "photo", "mIof"), Media("", "photo", "mIo2")),
        ),
        (
            "a caption that calls for a person",
            kind("richText", {"richText": [{"text": "人工"}, {**PICTURE, "type": "picture"}]}),
            "人工",
            (Media("", "photo", "mIof"),),
        ),
        ("rich text without pictures", kind("richText", {"richText": [{"text": "在"}]}), "在", ()),
        ("rich text of nothing", kind("richText", {"richText": 7}), "", ()),
        ("voice, written down", kind("audio", {"recognition": "我要交社保。"}), "我要交社保", ()),
        ("voice", kind("audio", {"downloadCode": "m"}), "", (Media("", "voice"),)),
        ("video", kind("video", {"duration": "5"}), "", (Media("", "video"),)),
        ("file", kind("file", {"fileName": "a.zip"}), "", (Media("", "file"),)),
        ("place", kind("location", {}), "", (Media("", "place"),)),
        ("DingTalk's unknown", kind("unknownMsgType", {}), "", (Media("", "other"),)),
        ("a kind of tomorrow", kind("hologram", {}), "", (Media("", "other"),)),
        ("no kind", message(msgtype=["text"]), "", (Media("", "other"),)),
    ],
)
def test_each_kind_is_read_as_what_it_is(
    label: str, body: dict[str, Any], text: str, media: tuple[Media, ...]
) -> None:
    assert said(letter(body)) == (text, media)


def test_a_letter_says_who_and_when_and_how_to_answer() -> None:
    found = letter(message())

    assert (found.address, found.key) == (Address("dingtalk", "dingtestapp", "0421297"), "msgY1Pw==")
    assert found.at == datetime.fromtimestamp((MS - 500) / 1000, UTC)
    assert found.hook == (HOOK, datetime.fromtimestamp((MS + 5_400_000) / 1000, UTC))
    assert found.shown == {"text": "你好"}


def test_the_transcript_says_what_was_sent_in_place_of_words() -> None:
    assert letter(kind("audio", {})).shown == {"text": "[语音]"}
    assert letter(kind("picture", PICTURE)).shown == {"text": ""}  # the photo itself is shown
    assert letter(kind("richText", RICH)).shown == {"text": "正面：\n反面"}


def test_people_from_outside_the_enterprise_are_known_by_their_long_id() -> None:
    assert letter(message(senderStaffId=None)).address.user == "$:LWCP_v1:$PA=="


def test_in_a_group_nothing_is_read() -> None:
    made = Caller().call(message(conversationType="2"))

    assert read(APP, made.query, made.headers, made.body, NOW) is GROUP


@pytest.mark.parametrize(
    ("label", "changed"),
    [
        ("another host", {"sessionWebhook": "https://evil.example/x"}),
        ("looks like it", {"sessionWebhook": "https://dingtalk.com.evil.example/x"}),
        ("this machine", {"sessionWebhook": "http://127.0.0.1:8080/x"}),
        ("the metadata service", {"sessionWebhook": "http://169.254.169.254/latest"}),
        ("in the clear", {"sessionWebhook": HOOK.replace("https", "http")}),
        ("over already", {"sessionWebhookExpiredTime": MS - 1}),
        ("no end", {"sessionWebhookExpiredTime": None}),
        ("no address", {"sessionWebhook": 7}),
    ],
)
def test_a_way_to_answer_that_leads_elsewhere_is_not_kept(label: str, changed: dict[str, Any]) -> None:
    assert letter(message(**changed)).hook is None


def test_only_dingtalk_and_its_store_are_called() -> None:
    fake = replace(APP, api_url="http://127.0.0.1:9999")
    store = "https://zjk-dingtalk.oss-cn-zhangjiakou.aliyuncs.com/a.jpg?sign=1"

    assert may_answer_at(fake, "http://127.0.0.1:9999/robot/sendBySession?session=1")
    assert not may_answer_at(fake, "http://127.0.0.1:9998/robot/sendBySession?session=1")
    assert may_fetch_from(APP, store)
    assert not may_answer_at(APP, store)
    for odd in (
        "https://dingtalk.com@evil.example/",
        "https://evil.example\\.dingtalk.com/",
        "https://evildingtalk.com/",
        "https://api.dingtalk.com:8443/",
        "https://api.dingtalk.com:x/",
        "https://user@api.dingtalk.com/",
        "https://api.dingtalk.com/\r\nHost: evil",
        "https://ａpi.dingtalk.com/",
        "file:///etc/passwd",
        "https://[::1",
        "",
    ):
        assert not may_fetch_from(APP, odd), odd


@pytest.mark.parametrize(
    ("label", "make", "reason"),
    [
        ("another app's secret", lambda: Caller(secret="other").call(message()), "forged"),
        ("another token", lambda: Caller(token="other").call(message()), "forged"),
        ("another nonce", lambda: Caller(extra={"nonce": "n2"}).call(message()), "forged"),
        ("no signature of the body", lambda: Caller(extra={"msg_signature": ""}).call(message()), "forged"),
        ("not ASCII", lambda: Caller(extra={"msg_signature": "签\udcff"}).call(message()), "forged"),
        ("no headers", lambda: replace(Caller().call(message()), headers={}), "forged"),
        ("another body under the same signatures", lambda: swapped(), "forged"),
        ("for another app", lambda: Caller(owner="dingother").call(message()), "not_ours"),
        ("for nobody", lambda: Caller(owner="").call(message()), "not_ours"),
        ("an hour and a second old", lambda: Caller(stamp=MS - 3_601_000).call(message()), "stale"),
        ("from the future", lambda: Caller(stamp=MS + 3_601_000).call(message()), "stale"),
        (
            "an old body under a fresh header",
            lambda: Caller(stamp=MS - 3_601_000, header_stamp=MS).call(message()),
            "stale",
        ),
        ("no number for a time", lambda: Caller(stamp="soon").call(message()), "malformed"),
        ("digits of another script", lambda: Caller(stamp="１７").call(message()), "malformed"),
        ("in the clear", lambda: holding(json.dumps(message()).encode()), "malformed"),
        ("no JSON", lambda: holding(b"{"), "malformed"),
        ("deep", lambda: holding(b"[" * 9999 + b"]" * 9999), "malformed"),
        ("not base64", lambda: holding(b'{"encrypt": "*"}'), "forged"),
        ("no JSON within", lambda: Caller().call(b"<xml/>"), "malformed"),
        ("deep within", lambda: Caller().call(b'{"a":' * 999 + b"1" + b"}" * 999), "malformed"),
        ("no sender", lambda: Caller().call(message(senderStaffId=None, senderId=None)), "malformed"),
        ("no id", lambda: Caller().call(message(msgId="")), "malformed"),
        ("an id no database takes", lambda: Caller().call(message(msgId="a\x00")), "malformed"),
        ("an endless id", lambda: Caller().call(message(msgId="x" * 201)), "malformed"),
        ("another key", lambda: Caller(aes_key="A" * 43).call(message()), "malformed"),
    ],
)  # fmt: skip
def test_what_is_not_dingtalks_word_is_refused(label: str, make: Callable[[], Made], reason: str) -> None:
    assert refused(make()) == reason


def holding(body: bytes) -> Made:
    return replace(Caller().call(message()), body=body)


def swapped() -> Made:
    """Signatures of one call on the body of another."""
    return replace(Caller().call(message()), body=Caller().call(message(msgId="other")).body)


def test_padding_to_sixteen_is_read_too() -> None:
    made = Caller(pad=128).call(message())

    assert isinstance(read(APP, made.query, made.headers, made.body, NOW), Letter)


def test_an_hour_is_counted_in_seconds_or_milliseconds() -> None:
    made = Caller(stamp=int(NOW.timestamp())).call(message())

    assert isinstance(read(APP, made.query, made.headers, made.body, NOW), Letter)
    assert refused(made, NOW + timedelta(hours=1, seconds=1)) == "stale"


@pytest.mark.parametrize("changed", [{"token": ""}, {"secret": ""}, {"app_key": ""}, {"aes_key": "short"}])
def test_an_app_with_which_everybody_could_sign_is_not_made(changed: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        replace(APP, **changed)


def test_what_is_secret_is_not_shown() -> None:
    shown = repr(App("dingtestapp", "s3cret-a", "s3cret-b", APP.aes_key))

    assert "s3cret" not in shown
    assert APP.aes_key not in shown


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
fields = st.sampled_from(["content", "richText", "downloadCode", "recognition", "text", "type"])
inner = st.lists(scalars, max_size=3) | st.dictionaries(fields, scalars, max_size=3)
values = scalars | inner | st.dictionaries(fields, st.lists(inner, max_size=3), max_size=2)


@settings(max_examples=examples(100), deadline=None)
@given(
    st.dictionaries(st.sampled_from([*sorted(message()), "content"]), values, max_size=6),
    st.sampled_from(["text", "picture", "richText", "audio", "video", "x"]),
)
@example({"createAt": 10**30, "sessionWebhookExpiredTime": -(10**30)}, "text")
@example({"text": {"content": "\ud800"}}, "text")
def test_whatever_a_signed_message_holds_is_read_or_refused(changed: dict[str, Any], msgtype: str) -> None:
    body = json.dumps(message(msgtype=msgtype) | changed).encode()
    made = Caller().call(body)

    try:
        found = read(APP, made.query, made.headers, made.body, NOW)
    except Refusal:
        return  # anything else fails the test
    if isinstance(found, Letter):
        assert found.at.tzinfo is not None
        said(found)[0].encode()  # half a character would find no place in a database


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=200), st.dictionaries(st.sampled_from(["timestamp", "sign", "nonce"]), st.text()))
def test_whatever_comes_unsigned_is_refused(body: bytes, said: dict[str, str]) -> None:
    with pytest.raises(Refusal):
        read(APP, said, said, body, NOW)
