"""Our count of what may still be sent and the fake's never part: nothing is refused, nothing left unused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from dialogs.messages import Address
from handlers.channels.wechat.account import Account, capabilities
from storage.flow import allowances
from storage.people import addresses
from storage.schema import metadata
from tests.platforms.wechat import rules
from tests.platforms.wechat.account import Account as TheirAccount
from tests.platforms.wechat.rules import Follower, Means, Refuse

START = datetime(2026, 11, 16, 4, tzinfo=UTC)
HU = Address("wechat", "wx0123456789abcdef", "o-hu")
# So much earlier than the platform we take a window for closed, which began before ours.
MARGIN, TAP_MARGIN = timedelta(minutes=1), timedelta(seconds=3)

Deed = Literal["says", "taps", "send"] | timedelta
PAUSES = [
    timedelta(seconds=1),
    timedelta(seconds=50),
    timedelta(seconds=58),
    timedelta(minutes=2),
    timedelta(hours=20),
]
SENDS: tuple[Deed, ...] = ("send",) * 9
DEEDS = st.lists(
    st.sampled_from(["says", "taps", "send", "send", "send"]) | st.sampled_from(PAUSES), max_size=40
)


def allowed() -> dict[str, allowances.Allowance]:
    theirs = TheirAccount()
    mine = Account(theirs.app_id, theirs.secret, theirs.token, theirs.aes_key)
    can = capabilities(mine, timedelta(0))
    return {means: allowances.Allowance(each.messages, each.within) for means, each in can.allowances.items()}


class Books:
    """Both counts of one person's windows, side by side, at one moment."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.now = START
        self.theirs = Follower(HU.user, follows=True)
        self.allowed = allowed()
        addresses.add(connection, HU, "c1", START)

    def hear(self, means: Means) -> None:
        self.theirs.does(means, self.now)
        addresses.heard(self.connection, [(HU, means)], self.now)

    def windows(self) -> tuple[allowances.Window, ...]:
        place = addresses.place(self.connection, HU)
        assert place is not None
        return allowances.windows(place, self.allowed, self.now)

    def send(self) -> bool:
        """Send one message if we may; the platform has to agree. Return whether we might."""
        for window in self.windows():
            if allowances.spend(self.connection, HU, window, self.allowed[window.means]):
                self.theirs.spend(self.now)
                return True
        return False

    def is_shut(self) -> bool:
        """Say whether the platform, too, would take nothing more, or would not for much longer."""
        later = Follower(
            HU.user,
            message_at=self.theirs.message_at,
            message_used=self.theirs.message_used,
            tap_at=self.theirs.tap_at,
            tap_used=self.theirs.tap_used,
        )
        closes = later.message_at and later.message_at + rules.MESSAGE_WINDOW
        soon = MARGIN if closes and self.now < closes <= self.now + MARGIN else TAP_MARGIN
        with pytest.raises(Refuse) as refused:
            later.spend(self.now + soon)
        return refused.value.code in (45015, 45047)


def play(*deeds: Deed) -> list[bool]:
    """Let it all happen; return which messages left."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine, tables=[metadata.tables["addresses"]])
    left = []
    with engine.begin() as connection:
        books = Books(connection)
        for deed in deeds:
            match deed:
                case timedelta():
                    books.now += deed
                case "says":
                    books.hear("message")
                case "taps":
                    books.hear("tap")
                case "send":
                    left.append(books.send())
                    assert left[-1] or books.is_shut()
    engine.dispose()
    return left


@given(DEEDS)
@example(["says", "taps", *SENDS])
@example(["says", "taps", "send", "send", "send", timedelta(minutes=2), *SENDS])
@example(["taps", timedelta(seconds=50), *SENDS])
@example(["says", timedelta(hours=47, minutes=58), "taps", *SENDS])
def test_whatever_happens_the_counts_agree(deeds: list[Deed]) -> None:
    play(*deeds)


def test_a_message_and_a_tap_give_eight() -> None:
    assert play("says", "taps", *SENDS) == [True] * 8 + [False]


def test_a_tap_alone_gives_three() -> None:
    assert play("taps", *SENDS) == [True] * 3 + [False] * 6


def test_at_the_very_end_of_a_window_we_keep_still() -> None:
    early = timedelta(hours=48) - MARGIN
    second = timedelta(seconds=1)

    assert play("says", early - second, "send", second, "send") == [True, False]


def test_the_numbers_are_wechats() -> None:
    assert {name: (each.messages, each.within) for name, each in allowed().items()} == {
        "message": (rules.MESSAGES, rules.MESSAGE_WINDOW),
        "tap": (rules.TAPS, rules.TAP_WINDOW),
    }
