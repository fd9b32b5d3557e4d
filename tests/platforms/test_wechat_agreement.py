"""Our WeChat channel and the fake agree on every rule: what one sends, the other takes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dialogs.messages import Choice, Media, Outbound
from dialogs.turn import MessageReceived, Opened
from handlers.channels.refusal import Refusal
from handlers.channels.rendering import render
from handlers.channels.wechat import account as ours
from handlers.channels.wechat import forms, menu, subscribe, wire
from handlers.channels.wechat.envelope import seal
from handlers.channels.wechat.errors import CONSEQUENCES
from handlers.channels.wechat.passive import clean, fit, reply_xml
from handlers.channels.wechat.reading import Call, Consent, Report, read
from tests.platforms import Clock, Kind
from tests.platforms.peers import ask
from tests.platforms.wechat import FakeWeChat, rules
from tests.platforms.wechat.account import SUBSCRIPTION, Account, Mode
from tests.platforms.wechat.fake import key_of, report
from tests.platforms.wechat.interface import Notice, read_body
from tests.platforms.wechat.letters import TEXT_LIMIT, Malformed, read_reply
from tests.platforms.wechat.rules import FIELDS, check_menu

NOW = datetime(2026, 11, 16, 4, tzinfo=UTC)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=3000)


class Reader(FakeWeChat):
    """A fake whose calls are not made but read by our channel, there and then."""

    def __init__(self, mode: Mode = "encrypted") -> None:
        super().__init__(Clock(NOW), Account(mode=mode))
        self.url = "http://fake"
        self.fields: list[Any] = []
        self.read: list[Call] = []

    @property
    def ours(self) -> ours.Account:
        return account_of(self.account)

    async def call(self, fields: Any, *, shows: bool = True) -> None:
        draft = self.draft(fields)
        self.fields.append(fields)
        self.read.append(read(self.ours, draft.query, draft.body, self.clock()))


def account_of(theirs: Account) -> ours.Account:
    return ours.Account(
        theirs.app_id, theirs.secret, theirs.token, theirs.aes_key, mode=theirs.mode, menus=theirs.menus
    )


# What comes


@pytest.mark.parametrize("mode", ["encrypted", "compatible", "plain"])
async def test_words_are_read_in_every_mode(mode: Mode) -> None:
    fake = Reader(mode)
    her = fake.person("hu")
    await her.open("flexible_enrolment")
    await her.say("想在老家交社保 ]]> <&> 😀")

    opened, said = (call.letter for call in fake.read)
    assert opened is not None
    assert said is not None
    assert isinstance(opened.event, Opened)
    assert opened.event.scene == "flexible_enrolment"
    assert isinstance(said.event, MessageReceived)
    assert said.event.message.text == "想在老家交社保 ]]> <&> 😀"
    assert said.address.user == her.user
    assert [call.sealed for call in fake.read] == [mode != "plain"] * 2


@pytest.mark.parametrize(
    ("sent", "read_as"),
    [
        ("voice", "voice"),
        ("video", "video"),
        ("place", "place"),
        ("sticker", "other"),
        ("file", "file"),
        ("strange", "other"),
    ],
)
async def test_kinds_of_things(sent: Kind, read_as: str) -> None:
    fake = Reader()
    fake.person("hu").follower.follows = True
    await fake.person("hu").send(sent)

    letter = fake.read[0].letter
    assert letter is not None
    assert isinstance(letter.event, MessageReceived)
    assert [media.kind for media in letter.event.message.media] == [read_as]


async def test_a_photo_is_named_by_its_media_id() -> None:
    fake = Reader()
    fake.person("hu").follower.follows = True
    await fake.person("hu").photo(b"jpeg")

    letter = fake.read[0].letter
    assert letter is not None
    assert isinstance(letter.event, MessageReceived)
    assert letter.event.message.media == (Media("", "photo", next(iter(fake.account.media))),)


async def test_both_tell_messages_apart_and_count_them_alike() -> None:
    """What we take for a tap or a message is what the fake's windows open for."""
    fake = Reader()
    her = fake.person("hu")
    await her.open()
    await her.open("go12345678")
    await her.say("你好")
    await her.photo(b"jpeg")
    await her.message("text", means="tap", Content="有", bizmsgmenuid="1:yes")
    fake.account.menu = {"button": [{"type": "click", "name": "进度", "key": "进度"}]}
    await her.press("进度")
    await her.send("place")

    letters = [call.letter for call in fake.read if call.letter]
    assert [letter.means for letter in letters] == [
        "tap",
        "tap",
        "message",
        "message",
        "tap",
        "tap",
        "message",
    ]
    assert [letter.key for letter in letters] == [key_of(fields) for fields in fake.fields]
    assert {letter.at for letter in letters} == {NOW}


async def test_a_menu_tap_carries_the_choice() -> None:
    fake = Reader()
    her = fake.person("hu")
    her.follower.follows = True
    await her.message("text", means="tap", Content="有", bizmsgmenuid="1:yes")

    letter = fake.read[0].letter
    assert letter is not None
    assert isinstance(letter.event, MessageReceived)
    assert letter.event.message.choice == "1:yes"


async def test_who_leaves_is_gone_and_who_comes_back_is_not() -> None:
    fake = Reader()
    her = fake.person("hu")
    await her.open()
    await her.leave()
    await her.open()

    assert [call.letter.gone for call in fake.read if call.letter] == [False, True, False]


async def test_consent_and_its_end_are_understood() -> None:
    fake = Reader()
    her = fake.person("hu")
    await her.agree(SUBSCRIPTION)
    await her.disagree(SUBSCRIPTION)

    consents = [item for call in fake.read for item in call.items if isinstance(item, Consent)]
    assert [(each.template, each.accepted) for each in consents] == [
        (SUBSCRIPTION, True),
        (SUBSCRIPTION, False),
    ]


@pytest.mark.parametrize("road", ["template", "subscription"])
@pytest.mark.parametrize("status", ["success", "failed:user block"])
async def test_reports_are_understood(road: str, status: str) -> None:
    fake = Reader()
    fake.account.notice_status = status
    await fake.call(report(Notice(road, fake.person("hu").user, SUBSCRIPTION, 4711), fake.account, NOW))

    assert fake.read[0].items == (Report("4711", status == "success"),)


async def test_a_view_of_a_page_is_nothing() -> None:
    fake = Reader()
    fake.account.menu = {"button": [{"type": "view", "name": "网页", "url": "http://a/"}]}
    await fake.person("hu").press("网页")

    assert fake.read[0].items == ()


@pytest.mark.parametrize(
    ("changed", "reasons"),
    [
        ({"token": "another-token"}, {"forged"}),
        (
            {"aes_key": "b" * 42 + "A"},
            {"malformed", "not_ours"},
        ),  # chance has it what another key makes of it
        ({"app_id": "wxffffffffffffffff"}, {"not_ours"}),
    ],
)
def test_calls_for_another_account_are_refused(changed: dict[str, str], reasons: set[str]) -> None:
    fake = Reader()
    mine = fake.ours
    for name, value in changed.items():
        setattr(fake.account, name, value)
    draft = fake.draft({"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": 1, "MsgType": "text"})

    with pytest.raises(Refusal) as refused:
        read(mine, draft.query, draft.body, NOW)
    assert refused.value.reason in reasons


# What we answer


@given(TEXTS.filter(lambda text: text.strip() != ""))
@example("x]]></Content><Content><![CDATA[y")
@example("\x00\x0b\ufffe办\r\n")
def test_every_answer_is_one_that_wechat_shows(text: str) -> None:
    theirs = Account()
    mine = account_of(theirs)
    shown, count = fit([Outbound(text)], [0], ours.capabilities(mine, timedelta(seconds=4.5)))
    if not (count and clean(shown).strip()):
        return  # too long for one answer: the worker says it
    xml = reply_xml(clean(shown), user="o1", ours=theirs.original, now=NOW)
    for answer, sealed in ((seal(mine, xml, NOW, "1"), True), (xml, False)):
        read_back = read_reply(
            answer.encode(), theirs.seal, sealed=sealed, may_be_open=False, to="o1", sender=theirs.original
        )
        # An XML reader gives every line end back as \n.
        assert read_back == clean(shown).replace("\r\n", "\n").replace("\r", "\n")


def test_an_answer_in_the_clear_is_none_to_a_sealed_call() -> None:
    theirs = Account()
    xml = reply_xml("好", user="o1", ours=theirs.original, now=NOW)

    with pytest.raises(Malformed):
        read_reply(xml.encode(), theirs.seal, sealed=True, may_be_open=False, to="o1", sender=theirs.original)


# What we send


def test_limits_are_the_same() -> None:
    mine = account_of(Account())
    can = ours.capabilities(mine, timedelta(seconds=4.5))

    assert (can.text_limit, can.text_unit) == (TEXT_LIMIT, "bytes")
    assert {name: (each.messages, each.within) for name, each in can.allowances.items()} == {
        "message": (rules.MESSAGES, rules.MESSAGE_WINDOW),
        "tap": (rules.TAPS, rules.TAP_WINDOW),
    }


@given(st.lists(TEXTS, min_size=1, max_size=4), st.integers(0, 20), st.booleans())
def test_every_part_fits_a_message(texts: list[str], options: int, menus: bool) -> None:
    can = ours.capabilities(account_of(Account(menus=menus)), timedelta(seconds=4.5))
    choices = tuple(Choice(f"12:option{n}", "选项" * (n + 1)) for n in range(options))
    messages = [*map(Outbound, texts[:-1]), Outbound(texts[-1], choices)]

    for part in render(messages, can):
        assert part.text
        assert len(part.text.encode()) <= TEXT_LIMIT
        assert menus or not part.choices


# Nothing of ours is a phone number.
@pytest.mark.parametrize("kind", sorted(set(FIELDS) - {"phone_number"}))
@given(text=TEXTS, second=st.integers(0, 2**31))
@example(text="常" * 60, second=0)
@example(text="a" * 60, second=0)
@example(text="9" * 60, second=0)
@example(text=" \u2028\n ", second=0)
def test_every_field_of_a_notice_is_of_its_type(kind: str, text: str, second: int) -> None:
    value = forms.fit(f"{kind}1", text, datetime.fromtimestamp(second, UTC))

    assert FIELDS[kind].fullmatch(value), f"{kind}: {value!r}"


@pytest.mark.parametrize("notices", [True, False])
def test_our_menu_is_taken(notices: bool) -> None:
    check_menu(menu.read_menu(menu.default_menu(notices=notices), "https://bot.example.gov.cn"))


@pytest.mark.parametrize(
    "text",
    [
        "[{name: 一二三四五, say: 好}, {name: 一二三四五六, say: 好}]",
        "[{name: a, buttons: [{name: 一二三四五六七八九十一二三四五六七八九十一, say: 好}]}]",
        "[{name: a, say: " + "好" * 43 + "}]",
        "[{name: a, url: https://a.example/" + "x" * 1024 + "}]",
        "[]",
        "[" + "{name: a, say: 好}, " * 4 + "]",
        "[{name: a, buttons: [" + "{name: a, say: 好}, " * 6 + "]}]",
    ],
)
def test_a_menu_that_wechat_refuses_we_refuse_first(text: str) -> None:
    with pytest.raises(menu.MenuFault):
        menu.read_menu(text, "https://bot.example.gov.cn")


def test_a_page_is_signed_as_wechat_wants_it() -> None:
    fake = Reader()
    ticket = fake.account.loans.jsapi(NOW).value
    url, nonce, moment = "https://bot.example.gov.cn/subscribe/?a=1", "n0nce", 1_790_000_000
    order = {"do": "page", "ticket": ticket, "nonce": nonce, "timestamp": moment, "url": url}

    mine = subscribe.sign(ticket, nonce, moment, url)
    assert mine == fake.page_signature(url, nonce, str(moment))
    assert [mine] == ask("wechat.js", [order])


# What only a slip of ours could cause: an alarm for the operator is all that helps.
SLIPS = {
    40002: "grant_type", 40008: "msgtype", 40016: "menu", 40017: "menu", 40018: "menu", 40019: "menu",
    40020: "menu", 40023: "menu", 40025: "menu", 40052: "QR code", 40053: "QR code", 40097: "ticket's type",
    41005: "no media", 43001: "method", 43002: "method", 44004: "empty", 45072: "typing", 47001: "no JSON",
}  # fmt: skip


def test_every_refusal_has_its_consequence() -> None:
    folder = Path(rules.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    codes = {int(code) for code in re.findall(r"\b4[0-8]\d{3}\b", source)}

    assert codes - set(CONSEQUENCES) == set(SLIPS)
    assert codes >= {40001, 40003, 40007, 42001, 43004, 43101, 45002, 45009, 45015, 45047, 47003, 48002}


def test_we_write_json_as_wechat_reads_it() -> None:
    text = '好 😀 "\\u4f60" \\ \n\t\x01'
    assert read_body(wire._json({"text": text})) == {"text": text}
    assert read_body(json.dumps({"text": "好"}).encode()) == {"text": "\\u597d"}
