"""Photos as they come: good ones are kept clean, bad ones get the right reason, evil ones hurt nobody."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dialogs.photos import FAULTS, apart, judge
from handlers.photos import Fault, Measured, Photos
from handlers.photos.decode import Looked, Unusable, look_at
from tests import pictures

HERE = Path(__file__).parent
SMALL = (2000, 1500)


@cache
def front() -> bytes:
    return pictures.jpeg(pictures.photographed(pictures.card_front(), size=SMALL))


def verdict(photo: Image.Image, *others: str) -> tuple[str, ...]:
    return judge(look_at(pictures.jpeg(photo)).measure, others=others).reasons


def taken(**how: object) -> Image.Image:
    return pictures.photographed(pictures.card_front(), **{"size": SMALL, **how})  # type: ignore[arg-type]


# --- what is said of a photo -------------------------------------------------------------------


@pytest.mark.parametrize(
    "photo",
    [
        pytest.param(lambda: taken(), id="front"),
        pytest.param(lambda: pictures.photographed(pictures.card_back(), size=SMALL), id="back"),
        pytest.param(lambda: taken(angle=-11), id="turned"),
        pytest.param(lambda: taken(light=0.5), id="dim"),
        pytest.param(lambda: taken(blur=2), id="nearly in focus"),
        pytest.param(lambda: taken(fill=0.4), id="rather far"),
        pytest.param(lambda: taken(fill=1.4, angle=0), id="fills the picture"),
        pytest.param(lambda: taken(table=(232, 232, 230)), id="on a white table"),
        pytest.param(lambda: taken(size=(1200, 900)), id="small phone"),
        pytest.param(lambda: pictures.card_front().resize((856, 540)), id="cropped to the card"),
        pytest.param(lambda: pictures.page(), id="scan"),
        pytest.param(lambda: pictures.photographed(pictures.page(), size=(1500, 2000), fill=0.92), id="page"),
    ],
)
def test_a_photo_one_can_read_is_taken(photo: object) -> None:
    assert verdict(photo()) == ()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("photo", "reason"),
    [
        pytest.param(lambda: taken(blur=8), "blurred", id="out of focus"),
        pytest.param(lambda: taken(blur=20), "blurred", id="far out of focus"),
        pytest.param(
            lambda: pictures.photographed(pictures.page(), size=(1500, 2000), fill=0.92, blur=9),
            "blurred",
            id="page out of focus",
        ),
        pytest.param(lambda: pictures.shaken(taken(), 18), "blurred", id="shaken"),
        pytest.param(lambda: taken(light=0.25), "too_dark", id="at night"),
        pytest.param(lambda: pictures.with_glare(taken()), "glare", id="lamp"),
        pytest.param(lambda: pictures.with_glare(taken(), reach=0.03), "glare", id="small lamp"),
        pytest.param(lambda: pictures.cut_off(taken(), 0.25), "cut_off", id="right side missing"),
        pytest.param(lambda: pictures.cut_off(taken(), 0.5), "cut_off", id="half a card"),
        pytest.param(lambda: taken(shift=(0, 0.4)), "cut_off", id="runs out below"),
        pytest.param(lambda: taken(fill=0.2), "too_far", id="across the table"),
        pytest.param(lambda: taken().resize((640, 480)), "too_small", id="thumbnail"),
        pytest.param(lambda: Image.new("RGB", SMALL, (120, 90, 80)), "blank", id="finger on the lens"),
    ],
)
def test_a_photo_one_cannot_use_is_told_why(photo: object, reason: str) -> None:
    assert verdict(photo())[0] == reason  # type: ignore[operator]


def test_the_same_photo_is_recognised_also_smaller_and_recompressed() -> None:
    first = look_at(front()).measure.look
    again = Image.open(io.BytesIO(front())).resize((1440, 1080))

    assert verdict(again, first) == ("same_photo",)


def test_front_and_back_in_the_same_place_are_two_photos() -> None:
    back = pictures.photographed(pictures.card_back(), size=SMALL)

    assert apart(look_at(front()).measure.look, look_at(pictures.jpeg(back)).measure.look) > 30


def test_a_hand_that_holds_the_card_is_not_a_card_cut_off() -> None:
    photo = taken(fill=0.6)
    photo.paste((208, 150, 120), (850, 1150, 1250, 1500))

    assert verdict(photo) == ()


# --- what is kept ------------------------------------------------------------------------------


def test_the_kept_copy_is_upright_and_says_nothing_of_place_or_phone() -> None:
    held = pictures.jpeg(Image.open(io.BytesIO(front())).rotate(90, expand=True), orientation=6, gps=True)
    looked = look_at(held)
    kept = Image.open(io.BytesIO(looked.kept))

    assert (looked.measure.width, looked.measure.height) == kept.size == SMALL
    assert not looked.measure.tall
    assert dict(kept.getexif()) == {}
    assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"Fictitious" not in looked.kept
    assert apart(looked.measure.look, look_at(front()).measure.look) <= 8


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_to_hold_a_phone_ends_upright(orientation: int) -> None:
    turned = pictures.held(taken(size=(1000, 750)), orientation)
    looked = look_at(pictures.jpeg(turned, orientation=orientation))

    assert (looked.measure.width, looked.measure.height) == (1000, 750)
    assert apart(looked.measure.look, look_at(pictures.jpeg(taken(size=(1000, 750)))).measure.look) <= 12


def test_a_large_photo_is_kept_at_a_size_that_can_be_read_and_sent() -> None:
    looked = look_at(pictures.jpeg(Image.linear_gradient("L").resize((4000, 3000)).convert("RGB")))

    assert Image.open(io.BytesIO(looked.kept)).size == (2000, 1500)
    assert (looked.measure.width, looked.measure.height) == (4000, 3000)


@cache
def _variants() -> dict[str, bytes]:
    photo = taken(size=(1200, 900))
    again = [photo.rotate(180)]
    return {
        "png": pictures.encoded(photo, "PNG"),
        "webp": pictures.encoded(photo, "WEBP"),
        "heic": (HERE / "drawn_card.heic").read_bytes(),
        "grey": pictures.encoded(photo.convert("L"), "JPEG"),
        "cmyk": pictures.encoded(photo.convert("CMYK"), "JPEG"),
        "palette": pictures.encoded(photo.convert("P"), "PNG"),
        "large palette": pictures.encoded(photo.resize((3600, 2700)).convert("P"), "PNG"),
        "transparent": pictures.encoded(photo.convert("RGBA"), "PNG"),
        "progressive": pictures.encoded(photo, "JPEG", progressive=True),
        "with depth map": pictures.encoded(photo, "MPO", save_all=True, append_images=again),
        "jpeg with a page of script behind it": front() + b"<script>alert(1)</script>",
    }


def test_every_kind_of_photo_a_phone_makes_is_taken() -> None:
    looked = {kind: look_at(data) for kind, data in _variants().items()}

    assert {kind: judge(each.measure).reasons for kind, each in looked.items()} == dict.fromkeys(looked, ())
    assert not any(b"script" in each.kept for each in looked.values())


# --- what is not a photo -----------------------------------------------------------------------


@cache
def _faulty() -> dict[str, tuple[bytes, str]]:
    photo = taken(size=(400, 300))
    frames = {"save_all": True, "append_images": [photo.rotate(180)]}
    png, webp = pictures.encoded(photo, "PNG"), pictures.encoded(photo, "WEBP")
    return {
        "pdf": (b"%PDF-1.7\n1 0 obj\n", "not_a_photo"),
        "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_photo"),
        "text renamed": ("我的身份证".encode(), "not_a_photo"),
        "gif": (pictures.encoded(photo, "GIF"), "not_a_photo"),
        "tiff": (pictures.encoded(photo, "TIFF"), "not_a_photo"),
        "one pixel": (pictures.encoded(Image.new("RGB", (1, 1)), "PNG"), "not_a_photo"),
        "eps behind a magic": (b"\xff\xd8\xff%!PS-Adobe\n" + b" " * 99, "truncated"),
        "half a jpeg": (front()[: len(front()) // 2], "truncated"),
        "head of a jpeg": (front()[:300], "truncated"),
        "half a png": (png[: len(png) // 2], "truncated"),
        "half a webp": (webp[: len(webp) // 2], "truncated"),
        "animated webp": (pictures.encoded(photo, "WEBP", **frames), "animated"),
        "animated png": (pictures.encoded(photo, "PNG", **frames), "animated"),
        "png bomb": (pictures.png_bomb(), "too_many_pixels"),
        "png of 36 megapixels": (pictures.png_bomb(6000, 6000), "too_many_pixels"),
        "jpeg that claims 3600 megapixels": (pictures.jpeg_claiming(60000, 60000), "too_many_pixels"),
        "broken png": (png[:60] + bytes(20) + png[80:], "unreadable"),
        "30 MB": (front() + bytes(30_000_000), "too_big"),
    }


async def test_what_is_no_photo_gets_its_own_reason(photos: Photos) -> None:
    said = {kind: await photos.measure(data) for kind, (data, _) in _faulty().items()}

    assert said == {kind: Fault(reason) for kind, (_, reason) in _faulty().items()}


@given(
    st.binary(max_size=200),
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b""]),
)
def test_no_bytes_at_all_raise_anything_but_a_reason(tail: bytes, magic: bytes) -> None:
    with pytest.raises(Unusable) as caught:
        look_at(magic + tail)

    assert str(caught.value) in FAULTS


# --- the sandbox -------------------------------------------------------------------------------


@pytest.fixture
async def photos() -> AsyncIterator[Photos]:
    async with Photos(1) as pool:
        yield pool


async def test_the_sandbox_says_what_the_decoder_says(photos: Photos) -> None:
    looked = look_at(front())
    answer = await photos.measure(front())

    assert isinstance(looked, Looked)
    assert answer == Measured(looked.kept, hashlib.sha256(looked.kept).hexdigest(), looked.measure)


async def test_every_decoder_works_inside_the_walls(photos: Photos) -> None:
    faults = {kind: await photos.measure(data) for kind, data in _variants().items()}

    assert {kind: each for kind, each in faults.items() if isinstance(each, Fault)} == {}


async def test_a_decoder_cannot_break_out(photos: Photos) -> None:
    walls = await photos.walls()

    assert walls == dict.fromkeys(("memory", "files", "network", "processes", "signals"), True)
    assert isinstance(await photos.measure(front()), Measured)


async def test_an_empty_upload_is_no_photo(photos: Photos) -> None:
    assert await photos.measure(b"") == Fault("not_a_photo")


async def test_a_killed_worker_is_replaced_and_the_photo_looked_at_again(photos: Photos) -> None:
    assert isinstance(await photos.measure(front()), Measured)
    [worker] = photos._all
    assert worker._process is not None
    worker._process.kill()

    assert isinstance(await photos.measure(front()), Measured)


async def test_a_photo_that_takes_too_long_is_given_up_and_the_next_one_is_not() -> None:
    async with Photos(1) as pool:
        assert isinstance(await pool.measure(front()), Measured)
        pool._deadline = 0.001
        assert await pool.measure(front()) == Fault("unreadable")
        pool._deadline = 15
        assert isinstance(await pool.measure(front()), Measured)


async def test_a_cancelled_photo_leaves_nothing_in_the_next_ones_answer() -> None:
    other = pictures.jpeg(pictures.card_back())
    async with Photos(1) as pool:
        wanted = await pool.measure(other)
        task = asyncio.create_task(pool.measure(front()))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await pool.measure(other) == wanted


async def test_many_photos_wait_their_turn_while_the_loop_stays_free() -> None:
    small = pictures.jpeg(taken(size=(1000, 750)))
    async with Photos(2) as pool:
        await pool.measure(small)
        work = asyncio.gather(*(pool.measure(small) for _ in range(20)))
        turns = 0  # of the loop: were it held up by each photo, it would come round once for each
        while not work.done():
            await asyncio.sleep(0.001)
            turns += 1

        assert all(isinstance(each, Measured) for each in await work)
        assert turns > 3 * 20
