"""Three implementations of WeChat's cryptography agree: ours, the fake's, and two npm packages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.channels.wechat import Account
from handlers.channels.wechat.envelope import seal, sign, unseal
from tests.platforms.peers import ask
from tests.platforms.wechat import Seal
from tests.platforms.wechat.account import Account as FakeAccount
from tests.platforms.wechat.letters import read_sealed, write

PEERS = ("wechat-crypto", "@wecom/crypto")
NOW = datetime(2026, 11, 16, 4, tzinfo=UTC)
STAMP, NONCE = str(int(NOW.timestamp())), "4711"

# Every filling of the last block comes up among these lengths.
TEXTS = ["", "x", "想在老家交社保", "😀 ]]> <&>", *("常" * n for n in range(1, 34)), "a" * 20_000]
XMLS = [write({"Content": text}) for text in TEXTS]

FAKE = FakeAccount()
THEIRS = {"token": FAKE.token, "key": FAKE.aes_key, "appId": FAKE.app_id}
OURS = Account(FAKE.app_id, FAKE.secret, FAKE.token, FAKE.aes_key)


def opened_by(peer: str, sealed: list[str]) -> list[Any]:
    return ask("wechat.js", [{"peer": peer, "do": "open", **THEIRS, "sealed": each} for each in sealed])


def sealed_by(peer: str) -> list[str]:
    return ask("wechat.js", [{"peer": peer, "do": "seal", **THEIRS, "text": xml} for xml in XMLS])


def query(sealed: str) -> dict[str, str]:
    """Return how a call with `sealed` in it is signed, by the fake."""
    return {
        "timestamp": STAMP,
        "nonce": NONCE,
        "signature": FAKE.seal.sign(STAMP, NONCE),
        "encrypt_type": "aes",
        "msg_signature": FAKE.seal.sign(STAMP, NONCE, sealed),
    }


@pytest.mark.parametrize("peer", PEERS)
def test_they_open_what_we_seal(peer: str) -> None:
    answers = [read_sealed(seal(OURS, xml, NOW, NONCE)) for xml in XMLS]
    found = opened_by(peer, [each["Encrypt"] for each in answers])

    assert found == [{"text": xml, "appId": FAKE.app_id} for xml in XMLS]


@pytest.mark.parametrize("peer", PEERS)
def test_we_open_what_they_seal(peer: str) -> None:
    found = [
        unseal(OURS, query(sealed), write({"Encrypt": sealed}).encode(), NOW).xml
        for sealed in sealed_by(peer)
    ]

    assert found == XMLS


@pytest.mark.parametrize("peer", PEERS)
def test_they_and_the_fake_open_each_other(peer: str) -> None:
    assert [FAKE.seal.open(sealed) for sealed in sealed_by(peer)] == XMLS
    assert opened_by(peer, [FAKE.seal.lock(xml) for xml in XMLS]) == [
        {"text": xml, "appId": FAKE.app_id} for xml in XMLS
    ]


@pytest.mark.parametrize("peer", PEERS)
def test_all_sign_alike(peer: str) -> None:
    sealed = [FAKE.seal.lock(xml) for xml in XMLS[:3]]
    tasks = [{"peer": peer, "do": "sign", **THEIRS, "parts": [STAMP, NONCE, each]} for each in sealed]

    theirs = ask("wechat.js", tasks)

    assert theirs == [sign(FAKE.token, STAMP, NONCE, each) for each in sealed]
    assert theirs == [FAKE.seal.sign(STAMP, NONCE, each) for each in sealed]


def test_we_sign_our_answers_so_that_they_can_be_told_from_others() -> None:
    answer = read_sealed(seal(OURS, XMLS[2], NOW, NONCE))

    assert answer["MsgSignature"] == FAKE.seal.sign(answer["TimeStamp"], answer["Nonce"], answer["Encrypt"])
    assert answer["MsgSignature"] != Seal("other", FAKE.aes_key, FAKE.app_id).sign(
        answer["TimeStamp"], answer["Nonce"], answer["Encrypt"]
    )
