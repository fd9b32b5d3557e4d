"""Where a talk can be gone on with is said once, by the links beside its code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dialogs.messages import Card, Outbound
from dialogs.turn import HandoverOffered
from handlers.channels.base import Capabilities
from handlers.channels.rendering import pages
from handlers.sending.links import Links
from tests.dialogs import test_packages
from tests.dialogs.talking import Chat, play
from tests.dialogs.test_engine import received

UNTIL = datetime(2026, 11, 20, 4, 45, tzinfo=UTC)
WAYS = {
    "wechat": "http://weixin.qq.com/q/kZgfwMTm72WWPkovabbI",
    "telegram": "https://t.me/bot?start=go12345678",
    "webchat": "https://chat.test/chat/?go=12345678",
}
CAN = Capabilities(text_limit=2048, text_unit="bytes")


@dataclass
class Here:
    """A channel he speaks by."""

    name: str
    can: Capabilities = CAN


def offer(here: str) -> Outbound:
    links = {name: url for name, url in WAYS.items() if name != here}
    [said] = play("flexible_enrolment").happen(HandoverOffered("12345678", UNTIL, links)).said
    return said


AGREE = "https://chat.test/subscribe/"


async def receipt_links(chat: Chat, can: Capabilities) -> list[str]:
    """Return the links that go with the receipts of the last turn."""
    here: Any = Here("wechat", can)
    return [link.url for said in chat.said for link in await Links().of("c", said, here)]


async def test_the_first_receipt_leads_to_where_notices_are_agreed_to() -> None:
    asks = replace(CAN, agree=AGREE)

    assert await receipt_links(received(), asks) == [AGREE]
    assert await receipt_links(received(), CAN) == []


async def test_of_a_packages_receipts_the_first_alone_asks() -> None:
    asks = replace(CAN, agree=AGREE)

    assert await receipt_links(test_packages.received("water"), asks) == [AGREE]
    assert await receipt_links(test_packages.received("water", "power"), asks) == []  # the second one's


@pytest.mark.parametrize(
    ("here", "there"),
    [("wechat", {"telegram", "webchat"}), ("telegram", {"webchat"}), ("dingtalk", {"telegram", "webchat"})],
)
async def test_each_way_is_told_once(here: str, there: set[str]) -> None:
    """WeChat's address is none to open: it works as a drawn code only, which the web page shows."""
    said = offer(here)
    links = await Links().of("c", said, Here(here))  # type: ignore[arg-type]  # only these two are looked at
    text = "\n".join(page.part.text for page in pages([said], CAN, links=[links]))

    assert {name: text.count(url) for name, url in WAYS.items()} == {
        name: int(name in there) for name in WAYS
    }


async def test_a_channel_that_nobody_named_has_its_link_too() -> None:
    ways = {"webchat": "https://chat.test/?go=1", "kiosk": "https://kiosk.test/1"}
    [said] = play("flexible_enrolment").happen(HandoverOffered("12345678", UNTIL, ways)).said
    links = await Links().of("c", said, Here("telegram"))  # type: ignore[arg-type]  # as above

    assert [(each.label, each.url) for each in links] == [
        ("在另一个地方里接着办", ways["kiosk"]),
        ("在网页里接着办", ways["webchat"]),
    ]


@pytest.mark.parametrize(
    ("photos", "notes"), [(False, ["发照片请点下面的链接，别直接发在聊天里。"]), (True, [])]
)
async def test_where_photos_may_not_pass_he_is_told_before_he_sends_one(
    photos: bool, notes: list[str]
) -> None:
    async def upload(conversation: str, slot: str) -> str:
        return f"https://chat.test/upload/#{slot}"

    asked = Outbound("请拍身份证正面，发给我。", card=Card("photo", "身份证正面", {"slot": "id_card.front"}))
    here = Here("telegram", replace(CAN, photos=photos))
    links = await Links(upload).of("c", asked, here)  # type: ignore[arg-type]  # as above

    assert [each.note[: len(notes[0])] for each in links] == notes
