"""What leaves for WeChat, judged by what is on the phone of whoever it was for."""

from __future__ import annotations

import asyncio
import logging
import os
import traceback
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientTimeout, web

from dialogs.messages import Choice
from handlers.channels.base import (
    Attachment,
    Gone,
    Kit,
    MaybeSent,
    MediaGone,
    Part,
    Refused,
    SendError,
    TryLater,
    WaitForApplicant,
)
from handlers.channels.wechat import WeChat
from handlers.channels.wechat.errors import CONSEQUENCES
from handlers.channels.wechat.reading import Consent, Report
from storage.database import Database
from storage.flow import notices
from storage.people import subscriptions
from storage.sealing.files import TooBig
from storage.sealing.keyring import KeyRing
from tests import forked
from tests.handlers.channels.wechat_world import NEWS, YES_NO, Desk, account_of, desk
from tests.platforms.wechat import errcode
from tests.platforms.wechat.account import SUBSCRIPTION
from tests.troubles import Trouble, Work, half_answer, lose_answer, refuse_line, silent, status, text

PICTURE = b"\x89PNG\r\n\x1a\n picture"
PAGE = Part("", file=Attachment("受理回执_SL-1.png", "image/png", PICTURE))
SEND, UPLOAD, TEMPLATE, BIZSEND, MEDIA = (
    "message/custom/send",
    "media/upload",
    "message/template/send",
    "message/subscribe/bizsend",
    "media/get",
)


@pytest.fixture
async def at(lite: str) -> AsyncIterator[Desk]:
    async with desk(lite) as made:
        yield made


@pytest.fixture
async def with_menus(lite: str) -> AsyncIterator[Desk]:
    async with desk(lite, menus=True) as made:
        yield made


async def agree(at: Desk) -> None:
    at.hu.follower.agreed[SUBSCRIPTION] = None
    await at.database.run(lambda c: subscriptions.keep(c, at.to, [(SUBSCRIPTION, True)], at.clock()))


async def agreed(at: Desk) -> bool:
    return await at.database.read(lambda c: subscriptions.accepted(c, at.to, SUBSCRIPTION))


# Messages


async def test_words_are_on_the_phone_as_they_were_written(at: Desk) -> None:
    await at.say("您好，胡女士：\n请问您的户口在常山吗？\\u4f60 <a>&amp; 😀")

    assert at.hu.heard() == ["您好，胡女士：\n请问您的户口在常山吗？\\u4f60 <a>&amp; 😀"]


async def test_options_are_menu_links_where_the_account_may(with_menus: Desk) -> None:
    await with_menus.say("户口在常山吗？", *YES_NO)

    [shown] = with_menus.hu.shown
    assert [(button.label, button.data) for button in shown.buttons] == [("是", "3:yes"), ("不是", "3:no")]


async def test_an_account_that_turns_out_to_have_no_menus_numbers_its_options(with_menus: Desk) -> None:
    with_menus.fake.account.menus = False
    await with_menus.say("户口在常山吗？", *YES_NO)
    await with_menus.say("有单位吗？", *YES_NO)

    assert with_menus.hu.heard() == [
        "户口在常山吗？\n1. 是\n2. 不是\n回号码就行。",
        "有单位吗？\n1. 是\n2. 不是\n回号码就行。",
    ]
    assert with_menus.calls(SEND) == [40200, 0, 0]  # it is not tried again


async def test_a_menu_that_wechat_finds_too_long_goes_as_text_and_menus_go_on(with_menus: Desk) -> None:
    with_menus.fake.troubles.order(SEND, errcode(45002))
    await with_menus.say("户口在常山吗？", *YES_NO)
    await with_menus.say("有单位吗？", *YES_NO)

    assert [len(shown.buttons) for shown in with_menus.hu.shown] == [0, 2]
    assert with_menus.hu.heard()[0] == "户口在常山吗？\n1. 是\n2. 不是\n回号码就行。"


async def test_a_text_that_wechat_finds_too_long_goes_in_pieces_and_in_order(at: Desk) -> None:
    words = "".join(f"第{n}条：请带上身份证。" for n in range(120))
    await at.say(words)

    heard = at.hu.heard()
    assert "".join(heard) == words
    assert len(heard) == 2
    assert all(each.endswith("。") for each in heard)


async def test_half_a_text_is_in_doubt_not_forgotten(at: Desk) -> None:
    at.fake.troubles.order(SEND, errcode(45002), errcode(0), errcode(-1))

    with pytest.raises(MaybeSent):
        await at.say("很长的话。" * 50)


# Pictures


async def test_a_picture_is_handed_in_and_on_her_phone_as_it_was(at: Desk) -> None:
    await at.wechat.send(at.to, PAGE, key="k1")

    [shown] = at.hu.shown
    assert (shown.text, shown.file, shown.kind) == ("", PICTURE, "image/png")
    assert at.hu.follower.message_used == 1
    assert at.fake.hits[UPLOAD] == 1


@pytest.mark.parametrize(
    ("trouble", "times", "means"),
    [
        (errcode(42001), 1, None),  # the form is whole also when it goes a second time
        (errcode(40006), 1, Refused),
        (errcode(45001), 1, Refused),
        (errcode(-1), 1, TryLater),
        (lose_answer(), 1, TryLater),  # handed in twice is held twice, and shown once
        (text('{"type": "image"}'), 1, Refused),
    ],
)
async def test_what_goes_wrong_while_a_picture_is_handed_in_has_its_meaning(
    at: Desk, trouble: Trouble, times: int, means: type[SendError] | None
) -> None:
    at.fake.troubles.order(UPLOAD, *[trouble] * times)

    if means is None:
        await at.wechat.send(at.to, PAGE, key="k1")
    else:
        with pytest.raises(means):
            await at.wechat.send(at.to, PAGE, key="k1")

    assert [shown.file for shown in at.hu.shown] == ([PICTURE] if means is None else [])


@pytest.mark.parametrize(
    ("data", "code"), [(b"%PDF-1.6", 40005), (b"\x89PNG\r\n\x1a\n" + bytes(2 * 1024 * 1024), 40006)]
)
async def test_wechat_takes_small_pictures_only(at: Desk, data: bytes, code: int) -> None:
    with pytest.raises(Refused):
        await at.wechat.send(at.to, Part("", file=Attachment("a.png", "image/png", data)), key="k1")

    assert at.calls(UPLOAD) == [code]


# The token


async def test_fifty_cold_sends_over_two_databases_fetch_one_token(at: Desk) -> None:
    other = await Database.open(str(at.database_url))
    both = [at.wechat, WeChat(account_of(at.fake), Kit(at.kit.session, other, at.kit.vault, at.clock, ""))]
    at.fake.account.followers[at.hu.user].message_used = -100  # the quota is another test's matter

    await asyncio.gather(*(both[n % 2].send(at.to, Part(f"第{n}条"), key=f"k{n}") for n in range(50)))
    await other.close()

    assert at.calls("stable_token") == [0]
    assert sorted(at.hu.heard()) == sorted(f"第{n}条" for n in range(50))


async def test_a_token_that_ended_before_its_time_is_replaced_once_for_all(at: Desk) -> None:
    await at.say("一")
    at.fake.account.loans.revoke()
    await asyncio.gather(*(at.say(each) for each in "二三四"))

    assert sorted(at.hu.heard()) == sorted("一二三四")
    assert at.calls("stable_token") == [0, 0]


async def test_a_token_that_stable_token_still_gives_out_is_forced_anew(at: Desk) -> None:
    at.fake.troubles.order(SEND, errcode(40001))
    await at.say("您好")

    assert at.hu.heard() == ["您好"]
    forced = [call.body["force_refresh"] for call in at.fake.calls if call.name == "stable_token"]
    assert forced == [False, False, True]


async def test_a_token_refused_for_good_is_an_alarm_and_no_loop(
    at: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = [0]

    async def never(request: web.Request, work: Work) -> web.StreamResponse:
        refused[0] += 1
        return await errcode(40001)(request, work)

    at.fake.troubles.order(SEND, *[never] * 20)
    for _ in range(5):
        with pytest.raises(TryLater):
            await at.say("您好")
    in_the_first_minute = refused[0], len(at.calls("stable_token"))
    at.clock.step(seconds=61)
    with pytest.raises(TryLater):
        await at.say("您好")

    assert in_the_first_minute == (2, 3)  # one more try with a token that was forced, then rest
    assert refused == [4]
    assert "refuses a new access token" in capsys.readouterr().out


async def test_a_token_is_renewed_before_its_end(at: Desk) -> None:
    await at.say("一")
    at.clock.step(hours=1, minutes=57)
    await at.say("二")

    assert at.calls("stable_token") == [0, 0]
    assert at.calls(SEND) == [0, 0]


async def test_two_processes_with_fifty_cold_sends_fetch_one_token(at: Desk, tmp_path: Path) -> None:
    at.fake.account.followers[at.hu.user].message_used = -100
    ring = tmp_path / "ring"
    KeyRing.fresh().save(ring)
    theirs = at.fake.account
    words = [at.database_url, str(ring), at.fake.url, theirs.app_id, theirs.secret, at.hu.user, "25"]
    sender = "tests.handlers.channels.wechat_sender"

    both = [await forked.start(sender, *words, environment=os.environ) for _ in range(2)]

    assert [await each.wait() for each in both] == [0, 0]
    assert at.calls("stable_token") == [0]
    assert len(at.hu.heard()) == 50


# What goes wrong

CODES = [
    *[(code, TryLater) for code in (-1, 40001, 40014, 42001, 45009, 45011, 40164, 40013, 40125, 89503)],
    *[(code, WaitForApplicant) for code in (45015, 45047, 43101, 48001, 50002)],
    *[(code, Gone) for code in (43004, 43019, 48002, 40003)],
    *[(code, Refused) for code in (47003, 40037, 40200, 99999)],
]


@pytest.mark.parametrize(("code", "means"), CODES, ids=[str(code) for code, _ in CODES])
async def test_each_code_means_what_the_table_says(at: Desk, code: int, means: type[SendError]) -> None:
    at.fake.troubles.order(SEND, errcode(code), errcode(code))

    with pytest.raises(means, match=str(code)):
        await at.say("您好")


async def test_what_wechat_has_had_before_is_as_good_as_sent(at: Desk) -> None:
    at.fake.troubles.order(SEND, errcode(45065))

    assert await at.say("您好") == ""


def test_the_table_has_every_code_we_act_on() -> None:
    told = Path("docs/wechat.md").read_text(encoding="utf-8")

    assert [
        code for code in CONSEQUENCES if f"{code}" not in told and code not in (46003, 45080, 45081)
    ] == []


LINES = [
    ("refused", refuse_line(), MaybeSent),  # the request was written: who knows what became of it
    ("lost", lose_answer(), MaybeSent),
    ("half", half_answer(), MaybeSent),
    ("portal", text("<html>Welcome to the airport</html>"), MaybeSent),
    ("gateway", status(504), MaybeSent),
    ("busy", status(503), TryLater),
    ("redirect", status(302, Location="https://elsewhere.example"), TryLater),
]


@pytest.mark.parametrize(("trouble", "means"), [line[1:] for line in LINES], ids=[line[0] for line in LINES])
async def test_a_broken_line_is_told_by_whether_the_message_may_have_left(
    at: Desk, trouble: object, means: type[SendError]
) -> None:
    await at.wechat.sender.tokens.access()
    at.fake.troubles.order(SEND, trouble)  # type: ignore[arg-type]

    with pytest.raises(means):
        await at.say("您好")


async def test_silence_after_the_message_left_is_doubt(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await at.wechat.sender.tokens.access()
    monkeypatch.setattr("handlers.channels.wechat.wire.CALL_WITHIN", ClientTimeout(total=0.2))
    at.fake.troubles.order(SEND, silent(1))

    with pytest.raises(MaybeSent):
        await at.say("您好")


async def test_where_nobody_listens_nothing_was_taken(at: Desk, unused_tcp_port: int) -> None:
    nowhere = account_of(at.fake, url=f"http://127.0.0.1:{unused_tcp_port}")

    with pytest.raises(TryLater):
        await WeChat(nowhere, at.kit).send(at.to, Part("您好"), key="k1")


async def test_a_lost_answer_to_what_may_be_repeated_is_no_doubt(at: Desk) -> None:
    at.fake.troubles.order("qrcode/create", lose_answer())

    with pytest.raises(TryLater):
        await at.wechat.sender.qr_code("flexible_enrolment", 60)


async def test_a_day_used_up_is_over_at_midnight_in_shanghai(at: Desk) -> None:
    at.fake.account.a_day[SEND] = 0
    for _ in range(2):
        with pytest.raises(TryLater):
            await at.say("您好")
    with pytest.raises(TryLater) as spent:
        await at.say("您好")
    at.fake.account.a_day[SEND] = 10
    at.clock.step(hours=15)  # 09:00 + 15 h

    await at.say("又一天了")
    assert at.calls(SEND) == [45009, 0]
    assert spent.value.after == pytest.approx(15 * 3600)


async def test_a_call_without_the_right_rests_for_an_hour(at: Desk) -> None:
    at.fake.troubles.order(SEND, errcode(48001))
    for _ in range(3):
        with pytest.raises(WaitForApplicant):
            await at.say("您好")
    at.clock.step(hours=1)

    await at.say("现在可以了")
    assert at.hu.heard() == ["现在可以了"]


async def test_one_followers_frozen_account_silences_nobody_else(at: Desk) -> None:
    at.fake.troubles.order(SEND, errcode(50002))
    with pytest.raises(WaitForApplicant):
        await at.say("您好")

    await at.say("还在")
    assert at.hu.heard() == ["还在"]


@pytest.mark.parametrize("code", [89503, 48001, 43002, 99999])
async def test_no_message_is_given_up_because_wechat_lends_no_token(at: Desk, code: int) -> None:
    at.fake.troubles.order("stable_token", errcode(code))  # once: WeChat is not asked while it rests
    for _ in range(3):
        with pytest.raises(TryLater, match=str(code)) as fault:
            await at.say("您好")
        assert fault.value.after == 60
    at.clock.step(seconds=61)

    await at.say("您好")
    assert at.hu.heard() == ["您好"]


async def test_no_fault_tells_a_token_a_secret_or_a_person(
    at: Desk, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    told = []
    await at.say("您好")
    for trouble in (*(line[1] for line in LINES), errcode(47003, "data.thing1.value " + at.hu.user)):
        at.fake.troubles.order(SEND, trouble)
        at.fake.troubles.order(MEDIA, trouble)
        for act in (at.say("胡一"), _whole(at, "ref")):
            try:
                await act
            except (SendError, TooBig) as fault:
                told.append("".join(traceback.format_exception(fault)))
    written = "\n".join([*told, caplog.text, *capsys.readouterr()])

    secrets = [at.fake.account.secret, at.hu.user, "胡一", *(e.value for e in at.fake.account.loans.tokens)]
    assert len(told) >= 2 * len(LINES)
    assert [secret for secret in secrets if secret in written] == []


# Notices


async def test_a_template_says_the_news_in_its_fields_and_has_an_id(at: Desk) -> None:
    at.clock.step(days=30)  # no window is open
    number = await at.wechat.notify(at.to, NEWS, "template", key="d1")

    [shown] = at.hu.shown
    assert shown.road == "template"
    assert list(shown.fields.values()) == ["灵活就业人员参保登记", "ZT2026000123", "已受理", "11月21日"]
    assert number == shown.id


async def test_a_template_sent_twice_is_on_the_phone_once(at: Desk) -> None:
    at.fake.troubles.order(TEMPLATE, lose_answer())
    with pytest.raises(MaybeSent):
        await at.wechat.notify(at.to, NEWS, "template", key="d1")
    again = await at.wechat.notify(at.to, NEWS, "template", key="d1")

    [shown] = at.hu.shown
    assert again == shown.id


async def test_a_subscription_notice_goes_only_to_who_agreed(at: Desk) -> None:
    with pytest.raises(WaitForApplicant):
        await at.wechat.notify(at.to, NEWS, "subscription", key="d1")
    asked = at.calls(BIZSEND)
    await agree(at)
    await at.wechat.notify(at.to, NEWS, "subscription", key="d1")

    assert asked == []
    assert [shown.road for shown in at.hu.shown] == ["subscription"]


async def test_a_consent_that_wechat_denies_is_dropped(at: Desk) -> None:
    await agree(at)
    at.hu.follower.agreed[SUBSCRIPTION] = 0

    for _ in range(2):
        with pytest.raises(WaitForApplicant):
            await at.wechat.notify(at.to, NEWS, "subscription", key="d1")

    assert not await agreed(at)
    assert at.calls(BIZSEND) == [43101]


async def test_what_he_says_of_notices_is_kept(at: Desk) -> None:
    await at.wechat.consent(Consent(at.to, SUBSCRIPTION, True, at.clock()))
    first = await agreed(at)
    await at.wechat.consent(Consent(at.to, SUBSCRIPTION, False, at.clock()))

    assert (first, await agreed(at)) == (True, False)


@pytest.mark.parametrize(("delivered", "state"), [(True, "delivered"), (False, "failed")])
async def test_wechats_report_is_kept_with_the_notice(at: Desk, delivered: bool, state: str) -> None:
    stands = [notices.Stands("d" * 26, vital=True)]
    await at.database.run(lambda c: notices.begin(c, "c" * 26, stands, "template", "d1", at.clock()))
    number = await at.wechat.notify(at.to, NEWS, "template", key="d1")
    await at.database.run(lambda c: notices.sent(c, "template", "d1", number))

    await at.wechat.report(Report(number, delivered))
    await at.wechat.report(Report("not ours", delivered))

    assert [each.state for each in await at.database.read(lambda c: notices.of(c, "d" * 26))] == [state]


@pytest.mark.parametrize("code", [43101, 47003, 40037, 45009, 48001, 99999])
async def test_a_notice_that_our_fault_keeps_back_leaves_the_next_road_open(at: Desk, code: int) -> None:
    at.fake.troubles.order(TEMPLATE, errcode(code))

    with pytest.raises(WaitForApplicant):
        await at.wechat.notify(at.to, NEWS, "template", key="d1")


async def test_a_notice_that_is_not_set_is_not_open(tmp_path: Path) -> None:
    async with desk(f"sqlite:///{tmp_path / 'zerotrip.db'}", forms=False) as at:
        for rung in ("template", "subscription", "sms"):
            with pytest.raises(WaitForApplicant):
                await at.wechat.notify(at.to, NEWS, rung, key="d1")
        assert at.fake.calls == []


# Photos, and the rest


async def _whole(at: Desk, ref: str, limit: int = 1000) -> bytes:
    return b"".join([chunk async for chunk in at.wechat.fetch(ref, limit)])


async def test_a_photo_comes_whole_also_after_the_token_was_refused(at: Desk) -> None:
    ref = at.fake.account.keep(b"x" * 1000, "image/jpeg", at.clock())
    await at.say("您好")
    at.fake.account.loans.revoke()

    assert await _whole(at, ref) == b"x" * 1000


async def test_a_photo_over_the_limit_is_not_taken(at: Desk) -> None:
    ref = at.fake.account.keep(b"x" * 1001, "image/jpeg", at.clock())

    with pytest.raises(TooBig):
        await _whole(at, ref)


async def test_a_photo_older_than_three_days_is_gone(at: Desk) -> None:
    ref = at.fake.account.keep(b"x", "image/jpeg", at.clock())
    at.clock.step(days=3)

    with pytest.raises(MediaGone):
        await _whole(at, ref)


@pytest.mark.parametrize("trouble", [half_answer(), status(500), text("<html>"), errcode(-1)])
async def test_a_photo_that_breaks_off_is_fetched_again_later(at: Desk, trouble: object) -> None:
    ref = at.fake.account.keep(b"x", "image/jpeg", at.clock())
    at.fake.troubles.order(MEDIA, trouble)  # type: ignore[arg-type]

    with pytest.raises(TryLater):
        await _whole(at, ref)
    assert await _whole(at, ref) == b"x"


async def test_typing_is_shown_and_never_in_the_way(at: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    at.hu.follower.spoke_at = at.clock()
    await at.wechat.typing(at.to)
    await at.wechat.typing(at.to)  # 45081: he sees it already
    at.fake.troubles.order("message/custom/typing", status(500))
    await at.wechat.typing(at.to)

    assert at.hu.follower.typing_at == at.clock()
    assert len(at.calls("message/custom/typing")) == 2
    assert capsys.readouterr().out == ""  # nothing for an operator to look at


async def test_a_deep_link_opens_the_account_with_its_scene_for_half_an_hour(at: Desk) -> None:
    url = await at.wechat.deep_link("go12345678")

    [code] = at.fake.account.codes
    assert (code.url, code.scene) == (url, "go12345678")
    assert code.until == at.clock() + timedelta(minutes=30)


async def test_where_no_code_can_be_had_the_link_is_left_out(at: Desk) -> None:
    at.fake.troubles.order("qrcode/create", errcode(48001))

    assert await at.wechat.deep_link("go12345678") == ""


async def test_a_choice_that_is_no_choice_is_no_menu(with_menus: Desk) -> None:
    await with_menus.say("好的。")
    await with_menus.say("选一个：", Choice("1:a", "甲"))

    assert [len(shown.buttons) for shown in with_menus.hu.shown] == [0, 1]
