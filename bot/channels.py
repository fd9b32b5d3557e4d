"""Which channels this deployment speaks, made from its settings. A channel that is not set is off.

Each is imported only where it is on: their libraries take a second to load.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.settings import Settings
from handlers.channels.base import Channel, Kit

if TYPE_CHECKING:
    from handlers.channels.telegram import Account as TelegramAccount
    from handlers.channels.wechat import Account

# WeChat cuts a call after 5 s; half a second is for the way back.
REPLY_SLOTS: Mapping[str, timedelta] = {"wechat": timedelta(seconds=4.5)}


def open_channels(settings: Settings, kit: Kit) -> dict[str, Channel]:
    """Return the channels that are on, by name. The web chat is always on and not among them."""
    return {name: _CHANNELS[name][1](settings, kit) for name in names_on(settings)}


def names_on(settings: Settings) -> tuple[str, ...]:
    """Return the names of the channels that are on, for the line at the start."""
    return tuple(name for name, switch in SWITCHES.items() if is_set(settings, switch))


def is_set(settings: Settings, name: str) -> bool:
    """Say whether a setting that is empty by default has been given."""
    return getattr(settings, name) not in ("", SecretStr(""))


def wechat_account(settings: Settings) -> Account:
    """Return what the settings say of the WeChat account.

    Raises:
        ValueError: something is missing or unusable.
    """
    from handlers.channels.wechat import Account, form_of, proof_of

    return Account(
        app_id=settings.wechat_app_id,
        secret=settings.wechat_app_secret.get_secret_value(),
        token=settings.wechat_token.get_secret_value(),
        aes_key=settings.wechat_aes_key.get_secret_value(),
        mode=settings.wechat_mode,
        api_url=settings.wechat_api_url,
        template=form_of(settings.wechat_template),
        subscription=form_of(settings.wechat_subscription),
        menus=settings.wechat_menus,
        papers=settings.wechat_papers,
        proof=proof_of(settings.wechat_domain_proof),
        messages=settings.wechat_messages,
        messages_after_tap=settings.wechat_messages_after_tap,
    )


def _wechat(settings: Settings, kit: Kit) -> Channel:
    from handlers.channels.wechat import WeChat

    return WeChat(wechat_account(settings), kit, REPLY_SLOTS["wechat"])


def _dingtalk(settings: Settings, kit: Kit) -> Channel:
    from handlers.channels.dingtalk import App, DingTalk

    app = App(
        app_key=settings.dingtalk_app_key,
        secret=settings.dingtalk_app_secret.get_secret_value(),
        token=settings.dingtalk_token.get_secret_value(),
        aes_key=settings.dingtalk_aes_key.get_secret_value(),
        robot_code=settings.dingtalk_robot_code,
        api_url=settings.dingtalk_api_url,
    )
    return DingTalk(app, kit)


def _telegram(settings: Settings, kit: Kit) -> Channel:
    from handlers.channels.telegram import Telegram

    return Telegram(telegram_account(settings), kit)


def telegram_account(settings: Settings) -> TelegramAccount:
    """Return what the settings say of the Telegram bot."""
    from handlers.channels.telegram import Account

    return Account(
        token=settings.telegram_token.get_secret_value(),
        secret=settings.telegram_secret.get_secret_value(),
        photos=settings.telegram_photos,
        api_url=settings.telegram_api_url,
        file_url=settings.telegram_file_url,
        proxy=settings.telegram_proxy,
    )


# By the channel's name: the setting that switches it on, and how it is made.
_CHANNELS: Mapping[str, tuple[str, Callable[[Settings, Kit], Channel]]] = {
    "wechat": ("wechat_app_id", _wechat),
    "dingtalk": ("dingtalk_app_key", _dingtalk),
    "telegram": ("telegram_token", _telegram),
}
SWITCHES: Mapping[str, str] = {name: switch for name, (switch, _) in _CHANNELS.items()}
