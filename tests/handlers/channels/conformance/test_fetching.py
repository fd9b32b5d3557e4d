"""Photos on a platform's servers: whole, bounded, and asked for again when they cannot be had."""

from __future__ import annotations

import os
import traceback
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import pytest
from sqlalchemy import func, select

from dialogs.turn import MediaFetched
from handlers.channels.base import MediaGone, SendError, TryLater
from storage.schema import files
from storage.sealing.files import TooBig
from tests.handlers.channels.conformance.calls import trap
from tests.handlers.channels.conformance.case import Fault
from tests.handlers.channels.conformance.cases import each_of
from tests.handlers.channels.conformance.desk import LARGEST_PHOTO, Desk
from tests.troubles import status

each_fault = each_of(lambda case: case.fetching)


async def test_a_photo_of_the_largest_size_arrives_as_it_was_sent(desk: Desk) -> None:
    data = os.urandom(LARGEST_PHOTO)

    await desk.hu.photo(data)
    await desk.later(seconds=5)

    (fetched,) = [each for each in desk.events if isinstance(each, MediaFetched)]
    assert await desk.uploads.read(await desk.conversation(), fetched.file) == data
    assert "照片收到。" in desk.told()[-1]


async def test_a_larger_one_is_not_kept_and_she_is_told(desk: Desk) -> None:
    await desk.hu.photo(os.urandom(LARGEST_PHOTO + 1))
    await desk.later(seconds=5)

    assert "照片没收到：too_big" in desk.told()[-1]
    assert await held(desk) == 0


async def test_fetching_ends_where_the_limit_is(counter: Desk) -> None:
    await counter.hu.photo(os.urandom(LARGEST_PHOTO))

    for limit in (1000, LARGEST_PHOTO - 1):
        with pytest.raises(TooBig):
            await fetched(counter, limit)
    assert len(await fetched(counter, LARGEST_PHOTO)) == LARGEST_PHOTO


async def test_what_the_platform_has_forgotten_is_asked_for_again(desk: Desk) -> None:
    await desk.hu.photo(b"photo")
    desk.case.lose(desk.fake)
    await desk.later(seconds=5)

    assert "照片没收到：lost" in desk.told()[-1]


async def test_a_call_with_a_photo_that_comes_again_is_one_photo(desk: Desk) -> None:
    await desk.hu.photo(b"photo")
    await desk.calls.again(desk.calls.calls[-1])
    await desk.later(seconds=5)
    await desk.calls.again(desk.calls.calls[-1])
    await desk.later(seconds=5)

    assert await held(desk) == 1
    assert "".join(desk.told()).count("照片收到。") == 1


async def test_a_platform_that_points_elsewhere_is_not_followed(counter: Desk) -> None:
    """Our token would go along, and what lies there is none of its."""
    await counter.hu.photo(b"photo")
    async with trap() as (elsewhere, callers):
        for call in sorted({fault.call for fault in counter.case.fetching.values() if fault.call}):
            counter.fake.troubles.order(call, status(302, Location=elsewhere))
            with pytest.raises(SendError):
                await fetched(counter, 1000)

    assert callers == []


@each_fault
async def test_each_failure_says_what_can_be_done_and_nothing_else(counter: Desk, fault: Fault) -> None:
    await counter.hu.photo(b"photo")
    fault.order(counter)

    with pytest.raises(SendError) as caught:
        await fetched(counter, 1000)

    assert fault.means is not None
    assert isinstance(caught.value, fault.means)
    assert (getattr(caught.value, "after", None) or 0) >= fault.after
    told = "".join(traceback.format_exception(caught.value))
    assert [each for each in (*counter.hidden(), counter.ref) if each in told] == []


@each_fault
async def test_a_failure_is_tried_again_or_told(desk: Desk, fault: Fault) -> None:
    await desk.hu.photo(b"photo")
    fault.order(desk)
    for hours in (0, 0.05, 1):
        await desk.later(hours=hours, seconds=5)

    kept = {TryLater: ("照片收到。", 1), MediaGone: ("照片没收到：lost", 0)}
    assert fault.means in kept
    words, files = kept[cast(Any, fault.means)]
    assert words in desk.told()[-1]
    assert await held(desk) == files


async def fetched(desk: Desk, limit: int) -> bytes:
    """Return the photo that was sent last, as the channel fetches it."""
    stream: AsyncIterator[bytes] = desk.channel.fetch(desk.ref, limit)
    async with aclosing(cast(Any, stream)):
        return b"".join([piece async for piece in stream])


async def held(desk: Desk) -> int:
    """Return how many uploads are kept."""
    return await desk.database.read(lambda c: c.execute(select(func.count()).select_from(files)).scalar_one())
