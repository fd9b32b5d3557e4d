"""Telegram's updates as recorded, and what each must become."""

from __future__ import annotations

from typing import Any

import pytest

from dialogs.messages import Address, Inbound, Media
from dialogs.turn import MessageReceived, Opened
from handlers.channels.refusal import Refusal
from handlers.channels.telegram.reading import BODY_LIMIT, Heard, guess, read
from tests.handlers.channels.telegram_updates import (
    HEADERS,
    HER,
    NOW,
    SECRET,
    blocks,
    body,
    chat,
    file,
    message,
    person,
    photo,
    says,
    taps,
    update,
)

ADDRESS = Address("telegram", "8000000001", str(HER))


def heard(value: Any, *, photos: bool = True, headers: Any = HEADERS) -> Heard:
    raw = value if isinstance(value, bytes) else body(value)
    return read(headers, raw, NOW, secret=SECRET, account="8000000001", photos=photos)


def sent(**content: Any) -> Any:
    return update(message=message(**content))


def inbound(**fields: Any) -> MessageReceived:
    return MessageReceived(Inbound("500", NOW, channel="telegram", **fields))


PLACE = {"longitude": 118.5, "latitude": 28.9}
SOUND = {"file_id": "v", "file_unique_id": "u", "duration": 3}
CLIP = {**SOUND, "width": 10, "height": 10}
STICKER = {**photo()[0], "type": "regular", "is_animated": False, "is_video": False}
DICE = {"emoji": "🎲", "value": 3}


@pytest.mark.parametrize(
    ("what", "event", "shown"),
    [
        pytest.param(says("想在老家交社保"), inbound(text="想在老家交社保"), "想在老家交社保", id="words"),
        pytest.param(says("/help"), inbound(text="帮助"), "/help", id="command"),
        pytest.param(says("/edit@z_bot 姓名"), inbound(text="修改 姓名"), "/edit@z_bot 姓名", id="more"),
        pytest.param(says("/whatever"), inbound(text="whatever"), "/whatever", id="unknown command"),
        pytest.param(says("半个\ud83d字"), inbound(text="半个\ufffd字"), "半个\ufffd字", id="half an emoji"),
        pytest.param(
            sent(photo=photo()), inbound(media=(Media("", "photo", "big"),)), "", id="photo, the largest size"
        ),
        pytest.param(
            sent(photo=photo(), caption="身份证正面"),
            inbound(media=(Media("", "photo", "big"),)),
            "身份证正面",
            id="a caption names the photo",
        ),
        pytest.param(
            sent(photo=photo(), caption="人工"),
            inbound(text="人工", media=(Media("", "photo", "big"),)),
            "人工",
            id="a caption that calls for a person",
        ),
        pytest.param(
            sent(document=file("image/jpeg")), inbound(media=(Media("", "photo", "doc"),)), "", id="as a file"
        ),
        pytest.param(
            sent(document=file("application/pdf")), inbound(media=(Media("", "file"),)), "[文件]", id="file"
        ),
        pytest.param(sent(voice=SOUND), inbound(media=(Media("", "voice"),)), "[语音]", id="voice"),
        pytest.param(sent(video=CLIP), inbound(media=(Media("", "video"),)), "[视频]", id="video"),
        pytest.param(
            sent(animation=CLIP, document=file("image/gif")),
            inbound(media=(Media("", "video"),)),
            "[视频]",
            id="animation",
        ),
        pytest.param(sent(location=PLACE), inbound(media=(Media("", "place"),)), "[位置]", id="place"),
        pytest.param(sent(sticker=STICKER), inbound(media=(Media("", "sticker"),)), "[表情]", id="sticker"),
        pytest.param(
            sent(contact={"phone_number": "13800000000", "first_name": "胡"}),
            inbound(text="13800000000"),
            "13800000000",
            id="contact: its number is the answer",
        ),
        pytest.param(sent(dice=DICE), inbound(media=(Media("", "other"),)), "[其他消息]", id="dice"),
        pytest.param(
            sent(something_new={"a": 1}), inbound(media=(Media("", "other"),)), "[其他消息]", id="to come"
        ),
        pytest.param(taps("3:local"), inbound(choice="3:local"), "在", id="tap"),
    ],
)  # fmt: skip
def test_what_people_send(what: Any, event: MessageReceived, shown: str) -> None:
    letter = heard(what).letter

    assert letter is not None
    assert (letter.address, letter.key, letter.at) == (ADDRESS, "500", NOW)
    assert guess(what if isinstance(what, bytes) else body(what)) == ADDRESS.user
    assert letter.event == event
    assert letter.shown is not None
    assert letter.shown["text"] == shown


@pytest.mark.parametrize(
    ("text", "code", "event"),
    [
        ("/start", "zh-hans", Opened(channel="telegram")),
        ("/start flexible_enrolment", "zh-hans", Opened(channel="telegram", scene="flexible_enrolment")),
        (
            "/start@zerotrip_bot go12345678",
            "en-GB",
            Opened(lang="en", channel="telegram", scene="go12345678"),
        ),
        ("/start <script>", "de", Opened(channel="telegram")),
    ],
)
def test_start_opens_with_the_scene_of_the_link(text: str, code: str, event: Opened) -> None:
    letter = heard(sent(text=text, **{"from": person(language_code=code)})).letter

    assert letter is not None
    assert (letter.event, letter.shown) == (event, None)


def test_where_photos_must_not_pass_they_are_neither_fetched_nor_named() -> None:
    for what in (sent(photo=photo()), sent(document=file("image/png"))):
        letter = heard(what, photos=False).letter

        assert letter is not None
        assert letter.event == inbound(media=(Media("", "elsewhere"),))
        assert letter.shown == {"text": "[照片]", "mark": 11}


def test_parts_of_an_album_know_their_album() -> None:
    part = heard(update(message=message(17, photo=photo(), media_group_id="900")))

    assert part.album == f"{HER}/900"


def test_changed_words_name_the_message_they_were_in() -> None:
    changed = heard(update(edited_message=message(11, text="胡晓满", edit_date=int(NOW.timestamp()) + 60)))

    assert changed.edits == 11
    assert changed.letter is not None
    assert changed.letter.event == inbound(text="胡晓满")


@pytest.mark.parametrize(("status", "gone"), [("kicked", True), ("left", True), ("member", False)])
def test_who_blocks_us_and_who_comes_back(status: str, gone: bool) -> None:
    letter = heard(blocks(status)).letter

    assert letter is not None
    assert (letter.address, letter.event, letter.gone) == (ADDRESS, None, gone)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        pytest.param(sent(text="你们好", chat=chat("supergroup", -100)), "group", id="group"),
        pytest.param(
            update(channel_post=message(text="x", chat=chat("channel", -5))), "unknown", id="channel"
        ),
        pytest.param(sent(text="你好", **{"from": person(is_bot=True)}), "group", id="another bot"),
        pytest.param(sent(pinned_message=message(3, text="x")), "service", id="service note"),
        pytest.param(update(edited_message=message(location=PLACE)), "unseen", id="a place that moves"),
        pytest.param(update(poll={"id": "1"}), "malformed", id="a poll in a shape we do not know"),
        pytest.param(update(), "unknown", id="nothing"),
        pytest.param(sent(text={"a": 1}, chat=[]), "malformed", id="wrong types"),
        pytest.param(update(message={"message_id": 1}), "malformed", id="half a message"),
        pytest.param(says("x", place=10**30), "malformed", id="a number that cannot be kept"),
    ],
)
def test_what_is_not_for_us_is_acknowledged(what: Any, why: str) -> None:
    found = heard(what)

    assert (found.letter, found.why) == (None, why)


def test_a_tap_in_a_group_is_answered_and_no_more() -> None:
    tapped = taps("1:local")
    tapped["callback_query"]["message"]["chat"] = chat("group", -7)
    found = heard(tapped)

    assert found.letter is None
    assert found.tap is not None
    assert found.tap.id == "q500"


def test_a_tap_under_a_message_telegram_no_longer_has() -> None:
    tapped = taps("1:local")
    tapped["callback_query"]["message"] = {"chat": chat(), "message_id": 9, "date": 0}
    found = heard(tapped)

    assert found.letter is not None
    assert found.letter.shown == {"text": "1:local"}
    assert found.tap is not None
    assert (found.tap.chat, found.tap.message) == (HER, 0)


NESTED = b'{"update_id":1,"message":' + b'{"a":' * 2000 + b"1" + b"}" * 2001


@pytest.mark.parametrize(
    ("headers", "raw", "status", "reason"),
    [
        pytest.param({}, body(says("x")), 403, "forged", id="no secret"),
        pytest.param(
            {**HEADERS, "X-Telegram-Bot-Api-Secret-Token": "秘"}, b"{}", 403, "forged", id="not ASCII"
        ),
        pytest.param({"X-Telegram-Bot-Api-Secret-Token": SECRET[:-1]}, b"{}", 403, "forged", id="nearly"),
        pytest.param(HEADERS, b"", 400, "malformed", id="empty"),
        pytest.param(HEADERS, b"[1]", 400, "malformed", id="no object"),
        pytest.param(HEADERS, b"\xff\xfe{}", 400, "malformed", id="no UTF-8"),
        pytest.param(HEADERS, b'{"update_id":true}', 400, "malformed", id="no number"),
        pytest.param(HEADERS, b'{"message":{}}', 400, "malformed", id="no update"),
        pytest.param(HEADERS, NESTED, 400, "malformed", id="deep"),
        pytest.param(HEADERS, b" " * (BODY_LIMIT + 1), 413, "too_big", id="big"),
    ],
)
def test_what_cannot_be_telegrams_is_refused(headers: Any, raw: bytes, status: int, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        heard(raw, headers=headers)

    assert (refused.value.status, refused.value.reason) == (status, reason)


def test_an_empty_secret_opens_to_nobody() -> None:
    with pytest.raises(Refusal):
        read({}, b"{}", NOW, secret="", account="1", photos=True)
