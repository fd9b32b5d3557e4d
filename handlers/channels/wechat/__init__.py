"""WeChat official account. What came is read and answered by `webhook`, what leaves goes by `sending`.

account   what the deployment says of it       webhook    the route WeChat calls
envelope  signed, fresh, decrypted             passive    the answer inside that call
reading   one call of WeChat's in our words

sending   messages, notices, photos, QR codes  forms      what goes into a notice
calls     in the account's name                tokens     lent by WeChat, shared by all processes
wire      one HTTP call                        errors     what each error code means, and for how long
menu      below the chat                       subscribe  the page on which notices are agreed to
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

from aiohttp import web

from dialogs.messages import Address, News
from handlers import metrics
from handlers.channels.base import Kit, Part, Rung
from handlers.channels.wechat import subscribe
from handlers.channels.wechat.account import Account, Form, capabilities, form_of, proof_of
from handlers.channels.wechat.reading import Consent, Report
from handlers.channels.wechat.sending import Sender
from handlers.channels.wechat.subscribe import SubscribePage
from handlers.channels.wechat.webhook import Webhook
from storage.flow import notices
from storage.people import subscriptions

__all__ = ["Account", "Form", "WeChat", "form_of", "proof_of"]

RUNGS = ("subscription", "template")  # the notices that WeChat reports on
REPLY_SLOT = timedelta(seconds=4.5)


class WeChat:
    """The channel of one official account."""

    name = "wechat"

    def __init__(self, account: Account, kit: Kit, slot: timedelta = REPLY_SLOT) -> None:
        self._account = account
        self._kit = kit
        self.account = account.app_id
        self.can = capabilities(account, slot, kit.origin + subscribe.PATH)
        self.sender = Sender(account, kit)
        self._webhook = Webhook(account, kit, self.can, on_report=self.report, on_consent=self.consent)

    def add_routes(self, app: web.Application) -> None:
        """Put the webhook and the page for consent on the application."""
        self._webhook.add_routes(app)
        SubscribePage(self._account, self.sender.tokens).add_routes(app)

    async def report(self, report: Report) -> None:
        """WeChat says how a notice of ours has ended."""
        now, ended = self._kit.clock(), "delivered" if report.delivered else "failed"
        rungs = await self._kit.database.run(
            lambda c: notices.report(c, report.id, delivered=report.delivered, now=now, rungs=RUNGS)
        )
        for rung in rungs:
            metrics.notices.labels(rung, ended).inc()

    async def consent(self, consent: Consent) -> None:
        """A follower agreed to notices of a template, or took that back."""
        said = [(consent.template, consent.accepted)]
        await self._kit.database.run(lambda c: subscriptions.keep(c, consent.address, said, consent.at))

    async def send(self, to: Address, part: Part, *, key: str) -> str:
        """Send one customer-service message."""
        return await self.sender.send(to, part)

    async def notify(self, to: Address, news: News, rung: Rung, *, key: str) -> str:
        """Send a subscription notice or a template message."""
        return await self.sender.notify(to, news, rung, key=key)

    def fetch(self, ref: str, limit: int) -> AsyncIterator[bytes]:
        """Yield a photo by its media id."""
        return self.sender.fetch(ref, limit)

    async def typing(self, to: Address) -> None:
        """Show that we are writing."""
        await self.sender.typing(to)

    async def deep_link(self, scene: str) -> str:
        """Return what a QR code has to hold to open the account with `scene`."""
        return await self.sender.deep_link(scene)

    async def close(self) -> None:
        """Nothing is held."""
