"""The fake refuses what WeChat refuses: windows, counts, tokens, fields, sizes, each with its code."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientError, web

from tests.platforms import Clock, serving
from tests.platforms.wechat import FakeWeChat, WeChatPerson, errcode
from tests.platforms.wechat.account import FORM, SUBSCRIPTION, TEMPLATE
from tests.troubles import lose_answer

NOON = datetime(2026, 11, 16, 4, tzinfo=UTC)
GOOD = {
    "thing1": "灵活就业参保",
    "character_string2": "CS-1121-0038",
    "thing3": "办好了",
    "thing4": "11月27日(周五)",
}


class Client:
    """Calls the interface with plain HTTP, as any client would."""

    def __init__(self, fake: FakeWeChat) -> None:
        self.fake = fake
        self.key = ""

    async def token(self, **changed: Any) -> dict[str, Any]:
        account = self.fake.account
        order = {"grant_type": "client_credential", "appid": account.app_id, "secret": account.secret}
        answer = await self.post("stable_token", {**order, **changed})
        self.key = answer.get("access_token", self.key)
        return answer

    async def post(self, name: str, body: Any, raw: bytes | None = None) -> dict[str, Any]:
        data = raw if raw is not None else json.dumps(body, ensure_ascii=False).encode()
        address = f"{self.fake.url}/cgi-bin/{name}?access_token={self.key}"
        async with self.fake.session.post(address, data=data) as answer:
            assert answer.status == 200
            return dict(await answer.json())

    async def get(self, name: str, **query: str) -> tuple[str, bytes]:
        address = f"{self.fake.url}/cgi-bin/{name}"
        async with self.fake.session.get(address, params={"access_token": self.key, **query}) as answer:
            return answer.content_type, await answer.read()

    async def say(self, to: WeChatPerson, text: str = "好") -> int:
        return code(
            await self.post(
                "message/custom/send", {"touser": to.user, "msgtype": "text", "text": {"content": text}}
            )
        )

    async def notify(self, to: WeChatPerson, fields: Mapping[str, str] = GOOD, **more: Any) -> dict[str, Any]:
        data = {name: {"value": value} for name, value in fields.items()}
        order = {"touser": to.user, "template_id": TEMPLATE, "data": data, **more}
        return await self.post("message/template/send", order)


def code(answer: Mapping[str, Any]) -> int:
    return int(answer.get("errcode", 0))


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
async def fake(clock: Clock) -> AsyncIterator[FakeWeChat]:
    """An account whose bot acknowledges everything."""

    async def acknowledge(request: web.Request) -> web.Response:
        return web.Response(text="success")

    app = web.Application()
    app.router.add_post("/", acknowledge)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    platform = FakeWeChat(clock)
    async with serving(platform):
        platform.webhook = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        yield platform
    await runner.cleanup()


@pytest.fixture
async def her(fake: FakeWeChat) -> WeChatPerson:
    person = fake.person("hu")
    await person.open()
    return person


@pytest.fixture
async def client(fake: FakeWeChat) -> Client:
    client = Client(fake)
    await client.token()
    return client


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


async def test_a_test_account_may_not_send_menus(client: Client, her: WeChatPerson, fake: FakeWeChat) -> None:
    fake.account.menus = False
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
    key: str, expected: int, client: Client, her: WeChatPerson, fake: FakeWeChat
) -> None:
    if key == "revoked":
        fake.account.loans.revoke()
    else:
        client.key = key

    assert await client.say(her) == expected


async def test_after_a_revocation_a_new_token_is_lent(
    client: Client, her: WeChatPerson, fake: FakeWeChat
) -> None:
    fake.account.loans.revoke()
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


async def test_tokens_are_lent_to_listed_addresses_alone(client: Client, fake: FakeWeChat) -> None:
    fake.account.listed = False

    assert code(await client.token()) == 40164


async def test_ten_thousand_tokens_a_minute(client: Client, fake: FakeWeChat, clock: Clock) -> None:
    for _ in range(9_999):
        fake.account.loans.token(clock())
    refused = code(await client.token())
    clock.step(minutes=1)

    assert refused == 45011
    assert code(await client.token()) == 0


async def test_pages_are_signed_with_the_ticket(client: Client, fake: FakeWeChat) -> None:
    kind, raw = await client.get("ticket/getticket", type="jsapi")
    ticket = json.loads(raw)["ticket"]

    assert kind == "application/json"
    assert fake.account.loans.ticket is not None
    assert ticket == fake.account.loans.ticket.value
    assert fake.page_signature("https://a/", "n", "1") != fake.page_signature("https://b/", "n", "1")


# Quotas


async def test_a_daily_quota_ends_with_the_day_in_china(
    client: Client, her: WeChatPerson, fake: FakeWeChat, clock: Clock
) -> None:
    fake.account.a_day["message/template/send"] = 1
    codes = [code(await client.notify(her)) for _ in range(2)]
    clock.step(hours=12)  # midnight in Shanghai
    await client.token()

    assert codes == [0, 45009]
    assert code(await client.notify(her)) == 0


async def test_a_daily_quota_can_be_cleared(client: Client, her: WeChatPerson, fake: FakeWeChat) -> None:
    fake.account.a_day["message/template/send"] = 1
    await client.notify(her)
    cleared = code(await client.post("clear_quota", {"appid": fake.account.app_id}))

    assert cleared == 0
    assert code(await client.notify(her)) == 0


# Notices


async def test_a_template_message_needs_no_window_and_its_end_is_reported(
    client: Client, her: WeChatPerson, fake: FakeWeChat, clock: Clock
) -> None:
    clock.step(hours=1)
    answer = await client.notify(her)
    await fake.truth.until(lambda: fake.exchanges[1:] or None, "the report")

    assert code(answer) == 0
    assert [(shown.road, shown.fields) for shown in her.shown] == [("template", GOOD)]
    assert ":TEMPLATESENDJOBFINISH:" in fake.exchanges[-1].key


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


async def test_a_notice_that_did_not_arrive_is_reported_and_not_shown(
    client: Client, her: WeChatPerson, fake: FakeWeChat
) -> None:
    fake.account.notice_status = "failed:user block"
    assert code(await client.notify(her)) == 0
    await fake.truth.until(lambda: fake.exchanges[1:] or None, "the report")

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
    kind: str, good: str, bad: str, client: Client, her: WeChatPerson, fake: FakeWeChat
) -> None:
    fake.account.templates = {TEMPLATE: (f"{kind}1",)}

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
    client: Client, fake: FakeWeChat, clock: Clock
) -> None:
    scene = {"scene": {"scene_str": "go1"}}
    order = {"action_name": "QR_STR_SCENE", "expire_seconds": 60, "action_info": scene}
    url = (await client.post("qrcode/create", order))["url"]
    await fake.person("hu").scan(url)
    clock.step(seconds=60)

    assert fake.person("hu").follower.follows
    assert fake.exchanges[-1].key.endswith(":subscribe:qrscene_go1")
    with pytest.raises(AssertionError):
        await fake.person("fang").scan(url)


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


async def test_a_menu_is_pressed(client: Client, her: WeChatPerson, fake: FakeWeChat) -> None:
    await client.post(
        "menu/create", {"button": [CLICK, {"type": "view", "name": "网页", "url": "http://a/"}]}
    )
    await her.press("进度")
    await her.press("网页")

    assert [each.key.split(":", 2)[2] for each in fake.exchanges[1:]] == ["CLICK:进度", "VIEW:http://a/"]


async def test_typing_is_shown_to_who_spoke_lately(client: Client, her: WeChatPerson, clock: Clock) -> None:
    order = {"touser": her.user, "command": "Typing"}
    await her.say("你好")
    codes = [code(await client.post("message/custom/typing", order)) for _ in range(2)]
    clock.step(seconds=31)
    codes.append(code(await client.post("message/custom/typing", order)))

    assert codes == [0, 45081, 45080]


# Trouble


async def test_an_answer_that_is_lost_was_still_a_message(
    client: Client, her: WeChatPerson, fake: FakeWeChat
) -> None:
    fake.troubles.order("message/custom/send", lose_answer(), errcode(-1))
    with pytest.raises(ClientError):
        await client.say(her, "一")
    busy = await client.say(her, "二")

    assert busy == -1
    assert her.heard() == ["一"]
    assert fake.hits["message/custom/send"] == 2


async def test_what_is_not_offered_is_noted(client: Client, fake: FakeWeChat) -> None:
    async with fake.session.get(f"{fake.url}/cgi-bin/token?grant_type=client_credential") as answer:
        status = answer.status

    assert status == 404
    assert (fake.calls[-1].name, fake.calls[-1].body) == ("unknown", "/cgi-bin/token")
