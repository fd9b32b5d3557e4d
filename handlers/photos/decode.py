"""From an upload's bytes to a kept copy and its measure. Runs only inside the sandbox (`worker.py`).

One decode serves both: JPEG is decoded at about 2000 pixels by its own arithmetic (`draft`), in the
colours it is stored in, so that nothing is converted there and back.
"""

from __future__ import annotations

import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pi_heif
from PIL import Image, ImageFile, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin

from dialogs.photos import Measure
from handlers.photos import measure as numbers

MAX_PHOTO_BYTES = 10 * 1024 * 1024
KEPT_AT = 1600  # pixels: the longer side of a kept copy is at least this where the upload has it
QUALITY = 85
PIXEL_CAPS = {"JPEG": 120_000_000, "progressive": 40_000_000, "other": 25_000_000}  # memory of a decode
TURNS = {  # EXIF 2.32, 4.6.4: what to do with the pixels for each orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = {TURNS[orientation] for orientation in (5, 6, 7, 8)}  # these swap width and height
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1")

Image.MAX_IMAGE_PIXELS = PIXEL_CAPS["JPEG"]
ImageFile.LOAD_TRUNCATED_IMAGES = False
warnings.simplefilter("error", Image.DecompressionBombWarning)
pi_heif.options.DECODE_THREADS = 1
pi_heif.register_heif_opener(thumbnails=False)
# Loaded now, because the sandbox may not open files later.
PLUGINS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin)


@dataclass(frozen=True, slots=True)
class Looked:
    """A photo that could be decoded: the copy to keep, upright and without metadata, and its measure."""

    kept: bytes
    measure: Measure


class Unusable(Exception):
    """There is no photo to look at. The text is a fault of `dialogs.photos.FAULTS`."""


def look_at(data: bytes) -> Looked:
    """Return the clean copy and the measure of an upload.

    Raises:
        Unusable: with the fault to tell the applicant.
    """
    if len(data) > MAX_PHOTO_BYTES:
        raise Unusable("too_big")
    kind = kind_of(data)
    if not kind:
        raise Unusable("not_a_photo")
    try:
        return _look_at(data, kind)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError, MemoryError) as error:
        raise Unusable("too_many_pixels") from error
    except Unusable:
        raise
    except Exception as error:  # decoders raise whatever a forged file makes them stumble over
        raise Unusable("truncated" if _is_cut(data, kind, error) else "unreadable") from error


def kind_of(data: bytes) -> str:
    """Return the Pillow format the first bytes speak of: JPEG, PNG, WEBP or HEIF; "" for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS:
        return "HEIF"
    return ""


def _look_at(data: bytes, kind: str) -> Looked:
    picture = Image.open(io.BytesIO(data), formats=[kind])
    _check_header(picture, kind)
    turn = TURNS.get(picture.getexif().get(0x0112, 1))
    width, height = picture.size[::-1] if turn in SIDEWAYS else picture.size
    if kind == "JPEG":
        shrink = _shrink(max(width, height))
        picture.draft("YCbCr", (picture.width // shrink, picture.height // shrink))
    picture.load()
    small = _small(picture)
    # Pillow lets go of the interpreter while it computes: the copy is written while we measure.
    with ThreadPoolExecutor(1) as helper:
        kept = helper.submit(lambda: _encoded(numbers.turned(small, turn)))
        measure = _measured(small, turn, width, height)
        return Looked(kept.result(), measure)


def _check_header(picture: Image.Image, kind: str) -> None:
    """Refuse by what the header says, before a pixel is decoded."""
    pixels = picture.width * picture.height
    cap = "other" if kind != "JPEG" else "progressive" if "progressive" in picture.info else "JPEG"
    if pixels > PIXEL_CAPS[cap]:
        raise Unusable("too_many_pixels")
    # A phone's JPEG or HEIC may carry a depth map or a preview as further frames: still one photo.
    if kind in ("PNG", "WEBP") and getattr(picture, "is_animated", False):
        raise Unusable("animated")
    if min(picture.size) < 16:
        raise Unusable("not_a_photo")


def _shrink(longer: int) -> int:
    """Return by how much a JPEG may be decoded smaller, 1, 2, 4 or 8, and still be large enough to keep."""
    return max(step for step in (1, 2, 4, 8) if step == 1 or longer // step >= KEPT_AT)


def _small(picture: Image.Image) -> Image.Image:
    """Return the decoded picture in YCbCr, without transparency, its longer side below twice KEPT_AT."""
    if picture.mode not in ("YCbCr", "RGB", "RGBA"):
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    step = max(picture.size) // KEPT_AT
    if step > 1:
        picture = picture.reduce(step)
    if picture.mode == "RGBA":
        flat = Image.new("RGBA", picture.size, "white")
        flat.alpha_composite(picture)
        picture = flat.convert("RGB")
    return picture if picture.mode == "YCbCr" else picture.convert("YCbCr")


def _encoded(upright: Image.Image) -> bytes:
    out = io.BytesIO()
    # Nothing of the upload's metadata is handed over: no place, no camera, no preview, no colour profile.
    upright.save(out, "JPEG", quality=QUALITY, exif=b"", icc_profile=None, comment=b"")
    return out.getvalue()


def _measured(small: Image.Image, turn: Image.Transpose | None, width: int, height: int) -> Measure:
    """Return the measure; what is turned is only the reductions, a hundredth of the work."""
    grey = small.getchannel(0)
    fine = numbers.turned(grey.reduce(max(1, round(max(grey.size) / numbers.EDGES_AT))), turn)
    light = fine.histogram()
    contrast = numbers.level(light, 0.99) - numbers.level(light, 0.01)
    grid = numbers.Grid(small, turn)
    shape = numbers.shape(grid)
    return Measure(
        width=width,
        height=height,
        sharpness=numbers.sharpness(fine, contrast),
        white=numbers.level(light, 0.985),
        contrast=contrast,
        glare=numbers.glare(grid, light),
        card=round(shape.longer * max(width, height)),
        cut=",".join(shape.cut),
        tall=shape.tall,
        look=numbers.look(fine),
    )


def _is_cut(data: bytes, kind: str, error: Exception) -> bool:
    """Say whether the file ends too early: the network's fault, so sending it again is the remedy."""
    if "truncated" in str(error).lower():
        return True
    ending = {"JPEG": b"\xff\xd9", "PNG": b"IEND"}.get(kind)
    if kind == "WEBP":
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    return ending is not None and ending not in data[-64:]
