"""Judging and keeping a photo, beside what decoding it costs anyhow.

    .venv/bin/python -m benchmarks.photos

The limit is one full Pillow decode of the same 12 megapixel JPEG, measured in turn with ours in the
same run, so that a busy machine slows both. The picture is as large as a phone makes it (about 3 MB).
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import median

from PIL import Image

from benchmarks.ratios import ROUNDS, Row, alternate, quantile, table
from handlers.photos import Measured, Photos
from handlers.photos.decode import look_at
from tests import pictures


def run() -> list[Row]:
    """Return the rows of the table."""
    photo = phone_photo()
    return [alone(photo), *asyncio.run(side_by_side(photo))]


def phone_photo() -> bytes:
    """Return a 12 megapixel JPEG of about 3 MB: a drawn card with the grain of a small sensor."""
    photo = pictures.photographed(pictures.card_front())
    noise = Image.effect_noise(photo.size, 40)
    grain = Image.merge("RGB", (noise, noise, noise))
    return pictures.jpeg(Image.blend(photo, grain, 0.12), quality=90, orientation=6)


def alone(photo: bytes) -> Row:
    """One photo after the other in one process: judge and keep, against decode and throw away."""
    limit, ours = alternate(lambda: seconds(decode, photo), lambda: seconds(look_at, photo), rounds=9)
    what = f"judge and keep one 12 MP photo of {len(photo) / 1e6:.1f} MB"
    return Row(what, f"{ours * 1e3:.0f} ms", f"{limit * 1e3:.0f} ms", ours / limit, 1.05, at_least=False)


async def side_by_side(photo: bytes, count: int = 16) -> list[Row]:
    """Two processes: the sandbox with its forks and pipes, against two that only decode."""
    rates: list[tuple[float, float]] = []
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        async with Photos(2) as photos:
            for _ in range(ROUNDS + 1):
                started = time.perf_counter()
                await asyncio.to_thread(lambda: list(pool.map(decode, [photo] * count)))
                decoded = time.perf_counter()
                looked = await asyncio.gather(*(photos.measure(photo) for _ in range(count)))
                rates.append((count / (time.perf_counter() - decoded), count / (decoded - started)))
                assert all(isinstance(each, Measured) for each in looked)
            waited = await waits(photos, photo, 100)
    ours, limit = (median(each) for each in zip(*rates[1:], strict=True))
    share = median(one / other for one, other in rates[1:])
    last = quantile(waited, 0.95)
    return [
        Row("photos a second, two sandboxed processes", f"{ours:.1f}/s", f"{limit:.1f}/s", share, 0.95),
        Row("p95 verdict while 100 wait, of 10 s", f"{last:.1f} s", "10 s", last / 10, 1.0, at_least=False),
    ]


async def waits(photos: Photos, photo: bytes, count: int) -> list[float]:
    """Return how many seconds each of `count` photos sent at once waits for its measure."""
    started = time.perf_counter()

    async def one() -> float:
        await photos.measure(photo)
        return time.perf_counter() - started

    return await asyncio.gather(*(one() for _ in range(count)))


def decode(photo: bytes) -> int:
    """Decode at full size and throw the pixels away: what a photo check seemed to cost at least."""
    picture = Image.open(io.BytesIO(photo))
    picture.load()
    return picture.width


def seconds(work: Callable[[bytes], object], photo: bytes) -> float:
    """Return how long `work` takes."""
    started = time.perf_counter()
    work(photo)
    return time.perf_counter() - started


if __name__ == "__main__":
    print(table("photos", run()))
