"""What a notice says: our words in the shapes that WeChat's fields take."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dialogs.messages import News
from handlers.channels.wechat.account import Form
from handlers.channels.wechat.forms import filled, fit

NOW = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)  # half past midnight in Shanghai, the next day

FITS = [
    ("thing1", "灵活就业人员参保登记", "灵活就业人员参保登记"),
    ("thing1", "城乡居民基本养老保险待遇领取资格认证申请", "城乡居民基本养老保险待遇领取资格认证申请"),
    ("thing1", "城乡居民基本养老保险待遇领取资格认证的申请", "城乡居民基本养老保险待遇领取资格认证的…"),
    ("thing1", "第一行\n第二行", "第一行 第二行"),
    ("thing1", "  ", "无"),
    ("character_string2", "ZT-2026-000123", "ZT-2026-000123"),
    ("character_string2", "编号 ZT1", "ZT1"),
    ("character_string2", "还没有", "-"),
    ("character_string2", "A" * 40, "A" * 32),
    ("phrase3", "已受理", "已受理"),
    ("phrase3", "需要您补正材料", "需要您补正"),
    ("phrase3", "Accepted", "有进展"),
    ("number5", "", "0"),
    ("time4", "昨天", "2026年11月22日 00:30"),
    ("date4", "昨天", "2026年11月22日"),
]


@pytest.mark.parametrize(("name", "text", "said"), FITS, ids=[f"{n}-{t[:8]!r}" for n, t, _ in FITS])
def test_a_field_says_what_its_kind_takes(name: str, text: str, said: str) -> None:
    assert fit(name, text, NOW) == said


def test_a_notice_says_each_word_where_the_setting_puts_it() -> None:
    form = Form("TPL-progress-0001", {"thing1": "title", "character_string2": "number", "phrase3": "state"})
    news = News("养老保险", "ZT2026000123", "已受理", "11月21日")

    assert filled(form, news, NOW) == {
        "thing1": {"value": "养老保险"},
        "character_string2": {"value": "ZT2026000123"},
        "phrase3": {"value": "已受理"},
    }
