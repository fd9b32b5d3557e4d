"""The shared test server outlives every one of those who use it but the last."""

from __future__ import annotations

import pytest

from tests.postgres import NoPostgres, cluster


def test_it_serves_as_long_as_anybody_in_this_process_takes_part() -> None:
    try:
        with cluster() as first:
            with cluster():
                pass
            first.sql("SELECT 1")
    except NoPostgres as missing:
        pytest.skip(str(missing))
