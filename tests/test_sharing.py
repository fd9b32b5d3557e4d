"""Two workers do not start the same product twice."""

from __future__ import annotations

import pytest

from tests.sharing import together

PLAYED = "tests/journeys/test_played.py"


@pytest.mark.parametrize(
    ("nodeid", "whole"),
    [
        (f"{PLAYED}::test_the_story_holds_on_the_real_product[twice-web]", PLAYED),
        ("tests/web/test_chat.py::test_a_keyboard_is_enough", "tests/web"),
        ("tests/test_story.py::test_from_the_first_word_to_the_mark", ""),
    ],
)
def test_what_stands_on_the_same_product_stays_together(nodeid: str, whole: str) -> None:
    assert together(nodeid) == (whole or nodeid)
