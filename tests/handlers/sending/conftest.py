"""Sending is tried on both databases, as storage is."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storage.sealing.vault import Vault
from tests.handlers.sending.town import Town
from tests.storage.conftest import url, vault

__all__ = ["url", "vault"]


@pytest.fixture
async def town(url: str, vault: Vault) -> AsyncIterator[Town]:
    """People, two platforms that keep their rules, and a worker that says what the outbox holds."""
    made = Town(url, vault)
    await made.open()
    yield made
    await made.close()
    assert made.wechat.refused == 0, "more was sent than the platform grants"
