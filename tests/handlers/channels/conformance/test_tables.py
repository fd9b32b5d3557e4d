"""The tables themselves: every channel has one, and every one has every class of failure."""

from __future__ import annotations

import pytest

from bot.channels import SWITCHES
from handlers.channels.base import Gone, MaybeSent, MediaGone, Refused, SendError, TryLater, WaitForApplicant
from tests.handlers.channels.conformance.case import Case
from tests.handlers.channels.conformance.cases import CASES
from tests.handlers.channels.fuzz.targets import TARGETS

SENDING: set[type[SendError]] = {Gone, MaybeSent, Refused, TryLater, WaitForApplicant}


def test_every_channel_of_the_product_is_in_the_suite() -> None:
    assert set(SWITCHES) <= set(CASES)


def test_every_channel_of_the_product_has_its_calls_broken() -> None:
    assert set(SWITCHES) <= set(TARGETS)


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_table_has_every_class_of_failure_or_says_why_not(case: Case) -> None:
    found = {fault.means for fault in case.sending.values()}

    assert found - {None} | set(case.never) == SENDING
    assert not found & set(case.never)
    assert {fault.means for fault in case.fetching.values()} >= {MediaGone, TryLater}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_table_tries_what_it_has_to(case: Case) -> None:
    unseen = [fault for fault in case.sending.values() if fault.means is MaybeSent]

    assert {fault.shown for fault in unseen} == {True, False}, "taken or not, when nobody saw it"
    assert len(case.forgeries) >= 2
    assert len(case.strange) >= 5
