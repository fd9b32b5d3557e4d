"""A WeChat official account that refuses what WeChat refuses.

crypto     signatures and encryption, from the manual       letters  the XML of its calls and our answers
rules      windows, quotas, templates, menus, one follower  loans    access tokens and the page's ticket
interface  what api.weixin.qq.com offers                    person   somebody who follows the account
fake       the account: it calls the bot and shows the rest on phones
"""

from __future__ import annotations

from tests.platforms.wechat.crypto import Forged, Seal
from tests.platforms.wechat.fake import Exchange, FakeWeChat
from tests.platforms.wechat.interface import errcode
from tests.platforms.wechat.person import WeChatPerson

__all__ = ["Exchange", "FakeWeChat", "Forged", "Seal", "WeChatPerson", "errcode"]
