"""Killed between "the platform took it" and "we noted it": the policy of docs/channels.md, kind by kind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.faults.platforms.office import PHONE, Office
from tests.handlers.sending.town import Voice
from tests.platforms.wechat.account import SUBSCRIPTION
from tests.platforms.wechat.person import WeChatPerson

pytestmark = pytest.mark.kill

AGAIN = "怕您没收到，再发一遍："
TALK, NEWS = "答：在吗", "办好了"
THREE_MINUTES = 186
WINDOW_OVER = 49 * 3600
LONG = "。".join(f"第{n}条" + "说明" * 40 for n in range(20)) + "。"  # three messages of WeChat

# Every platform, and every database: what they have to do with each other is in no platform's module.
PLACES = [("sqlite", "wechat"), ("sqlite", "telegram"), ("sqlite", "dingtalk"), ("postgresql", "wechat")]
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Opened = Callable[..., Awaitable[Office]]


@pytest.fixture
async def office(tmp_path: Path, database_url: str) -> AsyncIterator[Opened]:
    """What opens an office on a platform, on either database."""
    made: list[Office] = []

    async def open_office(platform: str = "wechat", **settings: str) -> Office:
        made.append(Office(tmp_path, database_url, platform, settings, Voice().decide))
        await made[-1].open()
        return made[-1]

    yield open_office
    for each in made:
        await each.close()


async def decide(there: Office, kind: str) -> None:
    await (there.talk("在吗") if kind == TALK else there.news(NEWS))


@pytest.mark.parametrize(("database_url", "platform"), PLACES, indirect=["database_url"])
@pytest.mark.parametrize("kind", [TALK, NEWS], ids=["talk", "news"])
async def test_words_that_were_taken_come_once_more_and_marked(
    kind: str, platform: str, office: Opened
) -> None:
    there = await office(platform)
    await decide(there, kind)

    await there.dies("words.taken")
    assert there.heard() == [kind]
    await there.pass_time(THREE_MINUTES)

    assert there.heard() == [kind, f"{AGAIN}\n\n{kind}"]
    assert await there.states() == {"done"}


@pytest.mark.parametrize(("database_url", "platform"), PLACES, indirect=["database_url"])
async def test_talk_that_was_taken_and_answered_is_not_said_again(platform: str, office: Opened) -> None:
    there = await office(platform)
    await there.talk("在吗")

    await there.dies("words.taken")
    there.clock.step(seconds=31)
    await there.hu.say("好的")
    await there.pass_time(THREE_MINUTES)

    assert there.heard() == [TALK, "答：好的"]
    assert await there.states() == {"done"}


@pytest.mark.parametrize(("database_url", "platform"), PLACES, indirect=["database_url"])
async def test_news_never_counts_as_seen(platform: str, office: Opened) -> None:
    there = await office(platform)
    await there.news(NEWS)

    await there.dies("words.taken")
    there.clock.step(seconds=31)
    await there.hu.say("好的")
    await there.pass_time(THREE_MINUTES)

    assert "".join(there.heard()).count(NEWS) == 2
    assert there.heard()[1].startswith(AGAIN)
    assert await there.states() == {"done"}


@pytest.mark.parametrize(("database_url", "platform"), PLACES, indirect=["database_url"])
@pytest.mark.parametrize("kind", [TALK, NEWS], ids=["talk", "news"])
async def test_words_that_never_left_are_said(kind: str, platform: str, office: Opened) -> None:
    there = await office(platform)
    await decide(there, kind)

    await there.dies("words.before_call")
    await there.pass_time(THREE_MINUTES)

    assert there.heard() == [f"{AGAIN}\n\n{kind}"]


@SQLITE
async def test_of_a_long_message_only_the_part_in_doubt_is_repeated(office: Opened) -> None:
    there = await office()
    await there.talk(LONG)

    await there.dies("words.taken", 2)
    await there.pass_time(THREE_MINUTES)

    first, second, again, *rest = there.heard()
    assert again.removeprefix(AGAIN).strip().startswith(second[:200])
    assert "".join([first, again.removeprefix(AGAIN), *rest]).replace("\n", "") == "答：" + LONG


@asynccontextmanager
async def news_by(rung: str, office: Opened) -> AsyncIterator[Office]:
    """Yield an office in which news can only leave as a notice of one kind."""
    none = {f"ZEROTRIP_WECHAT_{each.upper()}": "" for each in ("subscription", "template") if each != rung}
    there = await office("wechat", **none)
    if rung == "subscription":
        assert isinstance(there.hu, WeChatPerson)
        await there.hu.agree(SUBSCRIPTION)
    there.clock.step(seconds=WINDOW_OVER)
    await there.news(NEWS)
    yield there


def notices(there: Office) -> list[str]:
    roads = [shown.road for shown in there.hu.shown] + [shown.road for shown in there.sms.truth.of(PHONE)]
    return [road for road in roads if road in ("subscription", "template", "sms")]


async def she_writes(there: Office) -> None:
    """She writes, and what was kept for that is the first thing she hears."""
    before = len(there.hu.shown)
    await there.hu.say("怎么样了")
    await there.let_go()
    there.clock.step(seconds=5)  # on a busy machine WeChat hung up, and its words rest as long as it waits
    await there.work()

    said = "".join(shown.text for shown in there.hu.shown[before:])
    assert said.count(NEWS) == 1
    assert said.index(NEWS) < said.index("答：怎么样了")


@pytest.mark.parametrize("rung", ["subscription", "template", "sms"])
async def test_a_notice_that_was_taken_comes_once_and_the_news_is_said_when_she_writes(
    rung: str, office: Opened
) -> None:
    async with news_by(rung, office) as there:
        await there.dies("notice.taken")
        assert notices(there) == [rung]
        await there.pass_time(THREE_MINUTES)

        assert notices(there) == [rung]
        assert await there.states() == {"held"}
        await she_writes(there)


@SQLITE
@pytest.mark.parametrize(
    ("rung", "comes"), [("subscription", []), ("template", ["template"]), ("sms", ["sms"])]
)
async def test_a_notice_that_never_left_comes_where_a_repeat_is_recognised(
    rung: str, comes: list[str], office: Opened
) -> None:
    async with news_by(rung, office) as there:
        await there.dies("notice.before_call")
        await there.pass_time(THREE_MINUTES)

        assert notices(there) == comes
        await she_writes(there)


@SQLITE
async def test_a_template_in_doubt_for_ten_minutes_is_not_sent_again(office: Opened) -> None:
    async with news_by("template", office) as there:
        await there.dies("notice.taken")
        there.clock.step(minutes=11)
        await there.work()

        assert notices(there) == ["template"]
        assert there.fake.hits["message/template/send"] == 1
        assert await there.states() == {"held"}


@SQLITE
async def test_a_text_message_is_sent_again_under_its_id(office: Opened) -> None:
    async with news_by("sms", office) as there:
        await there.dies("notice.taken")
        await there.pass_time(THREE_MINUTES)

        assert [call.name for call in there.sms.calls] == ["send", "repeat"]
