"""Where a talk can be gone on with is said once, by the links beside its code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from dialogs.messages import Outbound
from dialogs.turn import HandoverOffered
from handlers.channels.base import Capabilities
from handlers.channels.rendering import pages
from handlers.sending.links import Links
from tests.dialogs.talking import play

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
