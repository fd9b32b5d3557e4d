"""Whatever happens on the way out: no news is lost, no limit exceeded, nothing said twice unmarked."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.channels.base import MaybeSent, TryLater, WaitForApplicant
from storage.sealing.keyring import KeyRing
from storage.sealing.vault import Vault
from tests import tables
from tests.examples import examples
from tests.handlers.sending.town import HU, Town

AGAIN = "怕您没收到，再发一遍："
VAULT = Vault(KeyRing.fresh())

FAULTS: Mapping[str, Exception] = {
    "busy": TryLater("busy", 20),
    "before": MaybeSent("cut before it was taken"),
    "closed": WaitForApplicant("45015"),
}
STEPS = st.one_of(
    st.tuples(st.just("news"), st.booleans()),
    st.tuples(st.just("writes"), st.sampled_from(["message", "tap"])),
    st.tuples(st.just("time"), st.sampled_from([0.01, 0.02, 0.5, 7.0, 30.0])),  # hours
    st.tuples(st.just("fault"), st.sampled_from([*FAULTS, "after", "notice", "notice after"])),
    st.tuples(st.just("dies"), st.booleans()),
    st.tuples(st.just("doubt"), st.booleans()),
    st.tuples(st.just("report"), st.booleans()),
)


class Life:
    """One person, some days, and what his platform makes of it."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.news: list[str] = []
        self.words = 0
        self.states: Mapping[str, int] = {}

    async def step(self, what: str, given: object) -> None:
        town = self.town
        if what == "news":
            self.news.append(f"〔{len(self.news)}号进展〕")
            await town.news(self.news[-1], vital=bool(given))
        elif what == "writes":
            await self.write(str(given))
        elif what == "time":
            await town.later(hours=float(str(given)))
        elif what == "report" and any(each.rung for each in town.wechat.heard):
            await town.report(delivered=bool(given))
        elif what == "doubt":  # news that nobody knows of whether it arrived, and he writes
            self.spoil("after" if given else "before")
            await self.step("news", True)
            await self.write("message")
        elif what == "dies":
            await self.die(bool(given))
        elif what == "fault":
            self.spoil(str(given))

    async def write(self, means: str) -> None:
        self.words += 1
        await self.town.writes(f"〔{self.words}号话〕", means=means)

    def spoil(self, fault: str) -> None:
        wechat = self.town.wechat
        if fault == "after":
            wechat.after.append(MaybeSent("cut after it was taken"))
        elif fault == "notice":
            wechat.notice_faults.append(MaybeSent("cut"))
        elif fault == "notice after":
            wechat.notice_after.append(MaybeSent("cut"))
        else:
            wechat.faults.append(FAULTS[fault])

    async def die(self, taken: bool) -> None:
        """News comes in, and the worker dies with it: before the platform took it, or after."""
        self.news.append(f"〔{len(self.news)}号进展〕")
        await self.town.news(self.news[-1], vital=True, work=False)
        if taken:
            self.town.wechat.after.append(Death())
        else:
            self.town.wechat.faults.append(Death())
        try:
            await self.town.work()
        except Death:
            return
        finally:
            self.town.wechat.after.clear()
            self.town.wechat.faults.clear()

    async def end(self) -> None:
        """Nothing goes wrong any more, he writes, and time passes."""
        wechat = self.town.wechat
        for spoilt in (wechat.faults, wechat.after, wechat.notice_faults, wechat.notice_after):
            spoilt.clear()
        for _ in range(3):
            await self.write("message")
            for minutes in (1, 2, 3, 20):
                await self.town.later(minutes=minutes)


class Death(BaseException):
    """The process ends here: nobody writes anything down."""


async def live(folder: Path, steps: list[tuple[str, object]]) -> Life:
    town = Town(tables.of_bot(folder / "zerotrip.db"), VAULT)
    await town.open()
    life = Life(town)
    await life.write("message")
    for step in steps:
        await life.step(*step)
    await life.end()
    life.states = await town.states()
    await town.close()
    return life


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=25))
def test_no_news_is_lost_no_limit_exceeded_nothing_said_twice_unmarked(
    steps: list[tuple[str, object]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        life = asyncio.run(live(Path(folder), steps))

    wechat = life.town.wechat
    heard = [(each.text, each.rung) for each in wechat.heard if each.user == HU.user]
    for news in life.news:
        assert any(news in text for text, _ in heard), news
        assert sum(text.count(news) for text, rung in heard if not rung and not text.startswith(AGAIN)) <= 1
    assert wechat.refused == 0
    assert life.states.keys() <= {"done"}
