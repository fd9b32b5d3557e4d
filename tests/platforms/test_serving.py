"""`serve --platforms`, the process a developer starts: one talk on every phone, in its page's own wire."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession

from tests.product import Product, running, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    folder = tmp_path_factory.mktemp("platforms")
    async with running(folder, fresh=True, arguments=("--platforms",)) as made:
        yield made


def page(product: Product, phone: str) -> str:
    """Return the address that was printed for a phone."""
    found = re.search(rf"Phone with {phone}: (\S+)", product.output)
    assert found, product.output[-2000:]
    return found[1]


class Hand:
    """Somebody at the page of a phone."""

    def __init__(self, session: ClientSession, address: str, user: str) -> None:
        self._session, self._api, self._user = session, f"{address}api", user
        self._read = 0

    async def do(self, deed: str, about: str = "") -> None:
        body = {"do": deed, "with": about}
        async with self._session.post(f"{self._api}/do?user={self._user}", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def reads(self, words: str) -> dict[str, Any]:
        """Wait for a message with these words, after the one waited for before."""

        async def found() -> dict[str, Any] | None:
            query = f"user={self._user}&after={self._read}&wait=1"
            async with self._session.get(f"{self._api}/shown?{query}") as answer:
                shown = (await answer.json())["shown"]
            for each in shown:
                self._read += 1
                if not each["own"] and words in each["text"]:
                    return dict(each)
            return None

        message: dict[str, Any] = await until(found, repr(words))
        return message


@pytest.mark.parametrize(
    ("phone", "deed", "about", "road"),
    [
        ("wechat", "say", "1", "passive"),
        ("telegram", "tap", "在", "message"),
        ("dingtalk", "tap", "在", "session"),
    ],
)
async def test_somebody_begins_on_a_phone(
    phone: str, deed: str, about: str, road: str, product: Product
) -> None:
    async with ClientSession() as session:
        her = Hand(session, page(product, phone), "hu")
        await her.do("open")
        await her.do("say", "想在老家交社保")
        await her.reads("户口")
        await her.do(deed, about)
        answer = await her.reads("现在有单位")

    assert answer["road"] == road


async def test_the_clerks_hear_of_who_wants_a_person(product: Product) -> None:
    async with ClientSession() as session:
        her = Hand(session, page(product, "telegram"), "li")
        await her.do("open")
        await her.do("say", "人工")
        told = await Hand(session, page(product, "clerks"), "").reads("工作人员")

    assert told["road"] == "group"
    assert "li" not in told["text"]
