"""Quotas, notices, files, QR codes and menus of the fake account, and what it refuses of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.platforms import Clock
from tests.platforms.wechat import FakeWeChat, WeChatPerson
from tests.platforms.wechat.account import FORM, SUBSCRIPTION, TEMPLATE
from tests.platforms.wechat.client import GOOD, Client, code

# Quotas


async def test_a_daily_quota_ends_with_the_day_in_china(
    client: Client, her: WeChatPerson, wechat: FakeWeChat, clock: Clock
) -> None:
    wechat.account.a_day["message/template/send"] = 1
    codes = [code(await client.notify(her)) for _ in range(2)]
    clock.step(hours=12)  # midnight in Shanghai
    await client.token()

    assert codes == [0, 45009]
    assert code(await client.notify(her)) == 0


async def test_a_daily_quota_can_be_cleared(client: Client, her: WeChatPerson, wechat: FakeWeChat) -> None:
    wechat.account.a_day["message/template/send"] = 1
    await client.notify(her)
    cleared = code(await client.post("clear_quota", {"appid": wechat.account.app_id}))

    assert cleared == 0
    assert code(await client.notify(her)) == 0


# Notices


async def test_a_template_message_needs_no_window_and_its_end_is_reported(
    client: Client, her: WeChatPerson, wechat: FakeWeChat, clock: Clock
) -> None:
    clock.step(hours=1)
    answer = await client.notify(her)
    await wechat.truth.until(lambda: wechat.exchanges[1:] or None, "the report")

    assert code(answer) == 0
    assert [(shown.road, shown.fields) for shown in her.shown] == [("template", GOOD)]
    assert ":TEMPLATESENDJOBFINISH:" in wechat.exchanges[-1].key


async def test_a_repeated_client_msg_id_is_one_message_for_ten_minutes(
    client: Client, her: WeChatPerson, clock: Clock
) -> None:
    first = await client.notify(her, client_msg_id="abc")
    clock.step(minutes=9, seconds=59)
    second = await client.notify(her, client_msg_id="abc")
    seen = len(her.shown)
    clock.step(seconds=1)
    await client.notify(her, client_msg_id="abc")

    assert first["msgid"] == second["msgid"]
    assert (seen, len(her.shown)) == (1, 2)


async def test_a_repeated_client_msg_id_may_be_refused(
    client: Client, her: WeChatPerson, wechat: FakeWeChat
) -> None:
    wechat.account.repeat_code = 45065
    codes = [code(await client.notify(her, client_msg_id="abc")) for _ in range(2)]

    assert codes == [0, 45065]
    assert len(her.shown) == 1


async def test_a_notice_that_did_not_arrive_is_reported_and_not_shown(
    client: Client, her: WeChatPerson, wechat: FakeWeChat
) -> None:
    wechat.account.notice_status = "failed:user block"
    assert code(await client.notify(her)) == 0
    await wechat.truth.until(lambda: wechat.exchanges[1:] or None, "the report")

    assert her.heard() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("thing1", "常" * 21),
        ("thing1", ""),
        ("thing1", "一行\n两行"),
        ("character_string2", "编号"),
        ("character_string2", "A" * 33),
    ],
)
async def test_a_value_that_is_not_of_its_fields_type(
    field: str, value: str, client: Client, her: WeChatPerson
) -> None:
    answer = await client.notify(her, {**GOOD, field: value})

    assert code(answer) == 47003
    assert field in answer["errmsg"]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("phrase", "审批通过", "审批已经通过"),
        ("time", "2026年11月27日 15:01", "11月27日(周五)"),
        ("date", "2026-11-27", "明天"),
        ("number", "12.5", "十二"),
        ("letter", "OK", "好"),
        ("name", "胡女士", "胡" * 11),
        ("phone_number", "+86-570-12345", "电话"),
        ("const", "已受理", "受" * 21),
    ],
)
async def test_every_type_of_field(
    kind: str, good: str, bad: str, client: Client, her: WeChatPerson, wechat: FakeWeChat
) -> None:
    wechat.account.templates = {TEMPLATE: (f"{kind}1",)}

    assert code(await client.notify(her, {f"{kind}1": good})) == 0
    assert code(await client.notify(her, {f"{kind}1": bad})) == 47003


@pytest.mark.parametrize("fields", [{}, {"thing1": "x"}, {**GOOD, "remark": "old style"}])
async def test_fields_that_are_missing_or_unknown(
    fields: Mapping[str, str], client: Client, her: WeChatPerson
) -> None:
    assert code(await client.notify(her, fields)) == 47003


async def test_an_unknown_template(client: Client, her: WeChatPerson) -> None:
    assert code(await client.notify(her, template_id="TPL-of-another-account")) == 40037


@pytest.mark.parametrize(("times", "expected"), [(None, [0, 0]), (1, [0, 43101]), (0, [43101, 43101])])
async def test_a_subscription_notice_needs_consent(
    times: int | None, expected: list[int], client: Client, her: WeChatPerson
) -> None:
    if times != 0:
        await her.agree(SUBSCRIPTION, times=times)
    data = {name: {"value": GOOD[name]} for name in FORM}
    order = {"touser": her.user, "template_id": SUBSCRIPTION, "data": data}

    assert [code(await client.post("message/subscribe/bizsend", order)) for _ in range(2)] == expected
    assert [shown.road for shown in her.shown] == ["subscription"] * expected.count(0)


# Files, codes, menus, typing


async def test_a_photo_is_there_for_three_days(client: Client, her: WeChatPerson, clock: Clock) -> None:
    await her.photo(b"\xff\xd8 a photo")
    ref = next(iter(client.fake.account.media))
    clock.step(hours=71)
    await client.token()
    good = await client.get("media/get", media_id=ref)
    clock.step(hours=1)
    kind, raw = await client.get("media/get", media_id=ref)

    assert good == ("image/jpeg", b"\xff\xd8 a photo")
    assert (kind, json.loads(raw)["errcode"]) == ("text/plain", 40007)


async def test_a_code_opens_the_account_until_its_time_is_over(
    client: Client, wechat: FakeWeChat, clock: Clock
) -> None:
    scene = {"scene": {"scene_str": "go1"}}
    order = {"action_name": "QR_STR_SCENE", "expire_seconds": 60, "action_info": scene}
    url = (await client.post("qrcode/create", order))["url"]
    await wechat.person("hu").scan(url)
    clock.step(seconds=60)

    assert wechat.person("hu").follower.follows
    assert wechat.exchanges[-1].key.endswith(":subscribe:qrscene_go1")
    with pytest.raises(AssertionError):
        await wechat.person("fang").scan(url)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"action_name": "QR_STR_SCENE", "expire_seconds": 2_592_001}, 40052),
        ({"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "x" * 65}}}, 40053),
        ({"action_name": "QR_NO_SCENE"}, 40053),
        ({"action_name": "QR_LIMIT_STR_SCENE"}, 0),
    ],
)
async def test_orders_of_codes(order: Mapping[str, Any], expected: int, client: Client) -> None:
    whole = {"action_info": {"scene": {"scene_str": "x"}}, **order}

    assert code(await client.post("qrcode/create", whole)) == expected


CLICK = {"type": "click", "name": "进度", "key": "进度"}


@pytest.mark.parametrize(
    ("buttons", "expected"),
    [
        ([CLICK], 0),
        ([{"name": "办事", "sub_button": [CLICK] * 5}], 0),
        ([], 40016),
        ([CLICK] * 4, 40016),
        ([{**CLICK, "name": "办事进度查询"}], 40018),
        ([{"name": "办事", "sub_button": [CLICK] * 6}], 40023),
        ([{"name": "办事", "sub_button": [{**CLICK, "name": "长" * 21}]}], 40025),
        ([{**CLICK, "type": "pay"}], 40017),
        ([{**CLICK, "key": "x" * 129}], 40019),
        ([{"type": "view", "name": "网页", "url": "subscribe/"}], 40020),
    ],
)
async def test_menus(buttons: list[Any], expected: int, client: Client, her: WeChatPerson) -> None:
    assert code(await client.post("menu/create", {"button": buttons})) == expected


async def test_a_menu_is_pressed(client: Client, her: WeChatPerson, wechat: FakeWeChat) -> None:
    await client.post(
        "menu/create", {"button": [CLICK, {"type": "view", "name": "网页", "url": "http://a/"}]}
    )
    await her.press("进度")
    await her.press("网页")

    assert [each.key.split(":", 2)[2] for each in wechat.exchanges[1:]] == ["CLICK:进度", "VIEW:http://a/"]


async def test_typing_is_shown_to_who_spoke_lately(client: Client, her: WeChatPerson, clock: Clock) -> None:
    order = {"touser": her.user, "command": "Typing"}
    await her.say("你好")
    codes = [code(await client.post("message/custom/typing", order)) for _ in range(2)]
    clock.step(seconds=31)
    codes.append(code(await client.post("message/custom/typing", order)))

    assert codes == [0, 45081, 45080]
