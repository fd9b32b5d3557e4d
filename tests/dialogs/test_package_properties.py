"""Any order of events around a package: the rules of test_engine_properties, for cases that share photos."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from dialogs.script.road import Station
from dialogs.turn import ApplicationReceived, ApplicationRefused, Event, Submit
from tests.dialogs.packages import script
from tests.dialogs.talking import Chat
from tests.dialogs.test_engine_properties import EXAMPLES, ROADS, Conversation

ACCOUNTS = {"water_account": "S-20031", "power_account": "D-77120"}


class Package(Conversation):
    """One applicant, who hands in two subsidies at once, or one of them."""

    wish = "水电补助"

    def begins(self) -> Chat:
        return Chat(script())

    @initialize(more=st.booleans())
    def both_are_handed_in(self, more: bool) -> None:
        """What is worth looking at comes after that; half of them begin a second errand."""
        while not self.chat.ordered(Submit):
            self.go_on()
        if more:
            self.go_on(1)

    @rule(place=st.integers(0, 1), what=st.sampled_from(["taken", "there already", "not taken"]))
    def an_office_answers(self, place: int, what: str) -> None:
        """As the others may, but oftener: here they answer about cases that belong together."""
        reference = self._case(place)
        events: Mapping[str, Event] = {
            "taken": ApplicationReceived(reference, self._number(reference), "2026-11-23"),
            "there already": ApplicationRefused(reference, "duplicate", "CS-1101-0001"),
            "not taken": ApplicationRefused(reference, "422"),
        }
        self.happen(events[what])

    @rule(place=st.integers(0, 1), road=st.sampled_from(ROADS), steps=st.integers(1, 9))
    def an_office_works_on(self, place: int, road: tuple[str, ...], steps: int) -> None:
        for _ in range(steps):
            self._report(self._case(place), road, self.chat.session.cases[self._case(place)]["seq"] + 1)

    def _right(self, station: Station, pick: int) -> str:
        asked_again = station.key in self.chat.session.dormant and not self.chat.session.aside
        if station.key == "wants" and not pick and not asked_again:
            return "1、2"
        return (
            ACCOUNTS.get(station.key, "")
            if not asked_again and station.key in ACCOUNTS
            else super()._right(station, pick)
        )


TestPackage = Package.TestCase
TestPackage.settings = settings(
    max_examples=max(10, EXAMPLES // 2),
    stateful_step_count=30,
    deadline=None,
    derandomize=EXAMPLES == 25,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
