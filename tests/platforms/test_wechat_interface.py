"""The fake refuses what WeChat refuses: windows, sizes, keys, each with its code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aiohttp import ClientError

from tests.platforms import Clock
from tests.platforms.wechat import FakeWeChat, WeChatPerson, errcode
from tests.platforms.wechat.client import Client, code
from tests.troubles import lose_answer


async def many(client: Client, her: WeChatPerson, n: int) -> list[int]:
    return [await client.say(her, f"第{i}条") for i in range(n)]


async def test_five_messages_after_a_message(client: Client, her: WeChatPerson, clock: Clock) -> None:
    clock.step(minutes=2)
    await her.say("你好")

    assert await many(client, her, 7) == [0] * 5 + [45047] * 2
    assert her.heard() == [f"第{i}条" for i in range(5)]


async def test_the_next_message_opens_five_anew(client: Client, her: WeChatPerson, clock: Clock) -> None:
    clock.step(minutes=2)
    await her.say("你好")
    await many(client, her, 4)
    await her.say("在吗")

    assert await many(client, her, 6) == [0] * 5 + [45047]


async def test_the_window_closes_after_48_hours(client: Client, her: WeChatPerson, clock: Clock) -> None:
    await her.say("你好")
    clock.step(hours=48, seconds=-1)
    await client.token()
    last = await client.say(her)
    clock.step(seconds=1)

    assert (last, await client.say(her)) == (0, 45015)


async def test_three_messages_within_a_minute_of_following(
    client: Client, her: WeChatPerson, clock: Clock
) -> None:
    assert await many(client, her, 4) == [0, 0, 0, 45047]

    clock.step(minutes=1)

    assert await client.say(her) == 45015


async def test_of_two_windows_the_one_that_closes_first_is_used(
    client: Client, her: WeChatPerson, clock: Clock
) -> None:
    await her.say("你好")
    await many(client, her, 3)
    clock.step(minutes=1)

    assert await many(client, her, 6) == [0] * 5 + [45047]


async def test_a_menu_click_counts_as_a_tap(client: Client, her: WeChatPerson, clock: Clock) -> None:
    clock.step(minutes=2)
    await her.say("你好")
    menu = {"head_content": "有单位吗？", "list": [{"id": "q1:yes", "content": "有"}], "tail_content": ""}
    sent = await client.post(
        "message/custom/send", {"touser": her.user, "msgtype": "msgmenu", "msgmenu": menu}
    )
    await many(client, her, 4)
    await her.tap("有")

    assert code(sent) == 0
    assert await many(client, her, 4) == [0, 0, 0, 45047]


@pytest.mark.parametrize(
    ("state", "expected"),
    [({"follows": False}, 43004), ({"blacklisted": True}, 43019), ({"refuses": True}, 48002)],
)
async def test_who_cannot_be_reached(
    state: Mapping[str, bool], expected: int, client: Client, her: WeChatPerson
) -> None:
    for name, value in state.items():
        setattr(her.follower, name, value)

    assert await client.say(her) == expected
    assert code(await client.notify(her)) == expected
    assert her.heard() == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"touser": "o-nobody", "msgtype": "text", "text": {"content": "x"}}, 40003),
        ({"msgtype": "markdown", "markdown": {"content": "x"}}, 40008),
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text", "text": {"content": "常" * 683}}, 45002),
        ({"msgtype": "text", "text": {"content": "常" * 682}}, 0),
        ({"msgtype": "msgmenu", "msgmenu": {"head_content": "x", "list": []}}, 47003),
    ],
)
async def test_messages_of_the_wrong_shape(
    body: Mapping[str, Any], expected: int, client: Client, her: WeChatPerson
) -> None:
    assert code(await client.post("message/custom/send", {"touser": her.user, **body})) == expected


async def test_a_test_account_may_not_send_menus(
    client: Client, her: WeChatPerson, wechat: FakeWeChat
) -> None:
    wechat.account.menus = False
    menu = {"head_content": "x", "list": [{"id": "1", "content": "a"}]}

    assert (
        code(
            await client.post(
                "message/custom/send", {"touser": her.user, "msgtype": "msgmenu", "msgmenu": menu}
            )
        )
        == 40200
    )


async def test_escaped_json_shows_its_escapes(client: Client, her: WeChatPerson) -> None:
    body = {"touser": her.user, "msgtype": "text", "text": {"content": '你\n"'}}
    await client.post("message/custom/send", None, raw=json.dumps(body).encode())

    assert her.heard() == ['\\u4f60\n"']


@pytest.mark.parametrize("raw", [b"", b"[1]", b"{", b"\xff"])
async def test_what_is_no_json_object(raw: bytes, client: Client) -> None:
    assert code(await client.post("message/custom/send", None, raw=raw)) == 47001


# Keys


async def test_a_token_is_lent_again_until_five_minutes_before_its_end(client: Client, clock: Clock) -> None:
    first = client.key
    clock.step(seconds=6899)
    again = await client.token()
    clock.step(seconds=1)
    renewed = await client.token()

    assert (again["access_token"], again["expires_in"]) == (first, 301)
    assert renewed["access_token"] != first
    assert renewed["expires_in"] == 7200
    assert len(first) == 512


async def test_both_tokens_are_good_for_the_last_five_minutes(
    client: Client, her: WeChatPerson, clock: Clock
) -> None:
    first = client.key
    clock.step(seconds=6900)
    await her.say("你好")
    second = (await client.token())["access_token"]
    client.key = first
    old = await client.say(her)
    client.key = second
    new = await client.say(her)
    clock.step(seconds=300)
    client.key = first

    assert (old, new) == (0, 0)
    assert await client.say(her) == 42001


async def test_a_forced_refresh_ends_the_last_token_and_is_rationed(
    client: Client, her: WeChatPerson, clock: Clock
) -> None:
    first = client.key
    await client.token(force_refresh=True)
    too_soon = code(await client.token(force_refresh=True))
    forced = 1
    while forced < 30:
        clock.step(seconds=30)
        if code(await client.token(force_refresh=True)):
            break
        forced += 1
    client.key = first

    assert (too_soon, forced) == (45011, 20)
    assert await client.say(her) == 40001


@pytest.mark.parametrize(("key", "expected"), [("", 41001), ("of-my-own-making", 40014), ("revoked", 40001)])
async def test_keys_that_open_nothing(
    key: str, expected: int, client: Client, her: WeChatPerson, wechat: FakeWeChat
) -> None:
    if key == "revoked":
        wechat.account.loans.revoke()
    else:
        client.key = key

    assert await client.say(her) == expected


async def test_after_a_revocation_a_new_token_is_lent(
    client: Client, her: WeChatPerson, wechat: FakeWeChat
) -> None:
    wechat.account.loans.revoke()
    await client.token()

    assert await client.say(her) == 0


@pytest.mark.parametrize(
    ("changed", "expected"),
    [({"grant_type": "x"}, 40002), ({"appid": "wx-else"}, 40013), ({"secret": "guess"}, 40125)],
)
async def test_tokens_are_lent_to_the_account_alone(
    changed: Mapping[str, str], expected: int, client: Client
) -> None:
    assert code(await client.token(**changed)) == expected


async def test_a_revocation_may_go_unnoticed_until_a_refresh_is_forced(
    client: Client, her: WeChatPerson, wechat: FakeWeChat
) -> None:
    first = client.key
    wechat.account.loans.revoke(unnoticed=True)
    again = (await client.token())["access_token"]
    refused = await client.say(her)
    await client.token(force_refresh=True)

    assert (again, refused) == (first, 40001)
    assert await client.say(her) == 0


async def test_tokens_are_lent_to_listed_addresses_alone(client: Client, wechat: FakeWeChat) -> None:
    wechat.account.listed = False

    assert code(await client.token()) == 40164


async def test_ten_thousand_tokens_a_minute(client: Client, wechat: FakeWeChat, clock: Clock) -> None:
    for _ in range(9_999):
        wechat.account.loans.token(clock())
    refused = code(await client.token())
    clock.step(minutes=1)

    assert refused == 45011
    assert code(await client.token()) == 0


async def test_pages_are_signed_with_the_ticket(client: Client, wechat: FakeWeChat) -> None:
    kind, raw = await client.get("ticket/getticket", type="jsapi")
    ticket = json.loads(raw)["ticket"]

    assert kind == "application/json"
    assert wechat.account.loans.ticket is not None
    assert ticket == wechat.account.loans.ticket.value
    assert wechat.page_signature("https://a/", "n", "1") != wechat.page_signature("https://b/", "n", "1")


# Trouble


async def test_an_answer_that_is_lost_was_still_a_message(
    client: Client, her: WeChatPerson, wechat: FakeWeChat
) -> None:
    wechat.troubles.order("message/custom/send", lose_answer(), errcode(-1))
    with pytest.raises(ClientError):
        await client.say(her, "一")
    busy = await client.say(her, "二")

    assert busy == -1
    assert her.heard() == ["一"]
    assert wechat.hits["message/custom/send"] == 2


async def test_what_is_not_offered_is_noted(client: Client, wechat: FakeWeChat) -> None:
    async with wechat.session.get(f"{wechat.url}/cgi-bin/token?grant_type=client_credential") as answer:
        status = answer.status

    assert status == 404
    assert (wechat.calls[-1].name, wechat.calls[-1].body) == ("unknown", "/cgi-bin/token")
