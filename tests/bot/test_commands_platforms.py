"""`serve --platforms`: fake accounts only, in a checkout only, and a plain sentence otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.commands import platforms
from bot.settings import Settings, load


def settings(folder: Path, **given: object) -> Settings:
    return load(data_dir=folder, **given)


async def test_real_accounts_are_not_mixed_with_fake_ones(tmp_path: Path) -> None:
    real = settings(
        tmp_path,
        telegram_token="7000000001:AAreal",
        telegram_secret="s" * 32,
        sms_url="https://sms.example.gov.cn",
        sms_secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )
    with pytest.raises(RuntimeError, match=r"Unset ZEROTRIP_TELEGRAM_TOKEN, ZEROTRIP_SMS_URL\."):
        await platforms.serve(real, demo=True, say=print)


async def test_the_platforms_have_to_know_where_the_bot_is(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ZEROTRIP_PORT"):
        await platforms.serve(settings(tmp_path, port=0), demo=True, say=print)


async def test_without_the_source_it_says_where_the_fakes_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platforms, "FAKES", "nowhere.platforms")
    with pytest.raises(RuntimeError, match="make run PLATFORMS=yes"):
        await platforms.serve(settings(tmp_path), demo=True, say=print)
