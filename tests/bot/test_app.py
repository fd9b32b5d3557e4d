"""The house as it is assembled: every door says who may come in."""

from __future__ import annotations

from pathlib import Path

from bot.app import make_app
from bot.parts import assemble
from bot.settings import load
from handlers.security import policy_of, undeclared


async def test_every_route_says_who_may_call_it(tmp_path: Path) -> None:
    settings = load(
        data_dir=tmp_path,
        intake_url="http://127.0.0.1:1",
        intake_token="a token for a test only",
        intake_webhook_secret="whsec_dGVzdCBzZWNyZXQgb2YgYXQgbGVhc3QgMjQgYnl0ZXM=",
    )
    async with assemble(settings) as parts:
        app = make_app(parts)

    assert undeclared(app) == []
    policies = {
        route.resource.canonical: policy_of(route.handler) for route in app.router.routes() if route.resource
    }
    assert policies["/chat/api/messages"] == "applicant"
    assert policies["/intake/events"] == "intake"
    assert policies["/metrics"] == "operator"
