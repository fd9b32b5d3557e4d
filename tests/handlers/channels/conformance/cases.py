"""The channels that pass the suite, by name: those of the product, and the example."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tests.handlers.channels.conformance.case import Case, Fault
from tests.handlers.channels.conformance.dingtalk import DINGTALK
from tests.handlers.channels.conformance.halls import KIOSK
from tests.handlers.channels.conformance.telegram import TELEGRAM
from tests.handlers.channels.conformance.wechat import WECHAT

CASES: Mapping[str, Case] = {case.name: case for case in (WECHAT, TELEGRAM, DINGTALK, KIOSK)}

# Telegram's library warns of an attribute that its own rate limiter reads.
QUIET = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


def each_of(faults: Callable[[Case], Mapping[str, Fault]]) -> pytest.MarkDecorator:
    """Return what has a test run for every such fault of every channel."""
    found = [
        pytest.param(case, fault, id=f"{name}-{label}", marks=QUIET)
        for name, case in CASES.items()
        for label, fault in faults(case).items()
    ]
    return pytest.mark.parametrize(("case", "fault"), found, indirect=["case"])
