"""Drawn test pictures: papers with made-up data, photographed well and badly.

Nothing here shows a person or a real document. Chinese characters are drawn as seeded strokes, so the
pictures look the same on every machine, whatever fonts it has.
"""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

NUMBER = "999901198803050247"
TABLE = (96, 74, 58)
PHOTO = (4000, 3000)  # 12 megapixels, what a usual phone takes
_PX = 20  # a millimetre of a card


@cache
def card_front(number: str = NUMBER) -> Image.Image:
    """Return a flat drawing of an identity card's front, 1712x1080: lines, portrait, number."""
    card, pen, dice = _card((226, 236, 238), seed=1)
    for row, length in enumerate((3, 6, 9, 11, 11, 5)):
        _words(pen, dice, (110, 110 + row * 120), length, 56)
    pen.rounded_rectangle((1080, 150, 1580, 770), 10, fill=(240, 242, 244))
    pen.ellipse((1170, 250, 1490, 660), fill=(222, 186, 160))
    pen.pieslice((1160, 200, 1500, 560), 180, 360, fill=(34, 28, 28))
    pen.ellipse((1260, 430, 1300, 455), fill=(20, 20, 20))
    pen.ellipse((1370, 430, 1410, 455), fill=(20, 20, 20))
    pen.rectangle((1120, 690, 1540, 770), fill=(44, 58, 96))
    _digits(pen, (560, 900), number, 84)
    return card


@cache
def card_back() -> Image.Image:
    """Return a flat drawing of an identity card's back: an emblem and a few lines."""
    card, pen, dice = _card((232, 232, 222), seed=2)
    pen.ellipse((110, 90, 430, 410), fill=(186, 40, 36))
    pen.regular_polygon((270, 250, 100), 5, fill=(240, 206, 80))
    _words(pen, dice, (560, 130), 6, 100)
    _words(pen, dice, (560, 300), 7, 110)
    _words(pen, dice, (420, 760), 8, 52)
    _digits(pen, (900, 750), "2020.01.01-2040.01.01", 56)
    _words(pen, dice, (420, 890), 4, 52)
    return card


@cache
def page(seed: int = 3) -> Image.Image:
    """Return a scanned A4 page: white paper, a heading, lines of text, a table, a stamp."""
    sheet = Image.new("RGB", (1654, 2339), (255, 255, 255))
    pen, dice = ImageDraw.Draw(sheet), Random(seed)
    _words(pen, dice, (500, 150), 9, 70)
    for row in range(16):
        _words(pen, dice, (150, 320 + row * 64), 34, 34)
    for row in range(7):
        pen.rectangle((150, 1420 + row * 100, 1500, 1520 + row * 100), outline=(30, 30, 30), width=3)
        _words(pen, dice, (180, 1450 + row * 100), 6, 36)
    pen.line((560, 1420, 560, 2120), fill=(30, 30, 30), width=3)
    pen.ellipse((1100, 1800, 1450, 2150), outline=(206, 40, 40), width=12)
    return sheet


def photographed(
    paper: Image.Image,
    *,
    size: tuple[int, int] = PHOTO,
    fill: float = 0.78,
    angle: float = 2.0,
    shift: tuple[float, float] = (0.0, 0.0),
    table: tuple[int, int, int] = TABLE,
    light: float = 1.0,
    blur: float = 0.0,
) -> Image.Image:
    """Return `paper` lying on a table, as a phone would take it: turned a little, shaded, grainy.

    fill:  share of the picture's width or height the paper takes; shift: in shares of the picture.
    blur:  of the lens, in pixels of a 4000 pixel wide picture.
    """
    width, height = size
    grow = min(fill * width / paper.width, fill * height / paper.height)
    laid = paper.resize((round(paper.width * grow), round(paper.height * grow)), Image.Resampling.LANCZOS)
    mask = Image.new("L", laid.size, 255).rotate(angle, Image.Resampling.BICUBIC, expand=True)
    laid = laid.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    photo = Image.new("RGB", size, table)
    at = (
        round((0.5 + shift[0]) * width - laid.width / 2),
        round((0.5 + shift[1]) * height - laid.height / 2),
    )
    photo.paste(laid, at, mask)
    photo = ImageChops.multiply(photo, _shade(size))
    if blur:
        photo = photo.filter(ImageFilter.GaussianBlur(blur * width / 4000))
    if light != 1.0:
        photo = photo.point([min(255, round(value * light)) for value in range(256)] * 3)
    return _grain(photo)


def with_glare(
    photo: Image.Image, *, at: tuple[float, float] = (0.55, 0.62), reach: float = 0.1
) -> Image.Image:
    """Return the photo with a lamp's reflection at `at`, whose burnt core has the radius `reach` x width."""
    width, height = photo.size
    spot = Image.new("L", (width // 8, height // 8), 0)
    x, y, r = at[0] * width / 8, at[1] * height / 8, reach * width / 8
    ImageDraw.Draw(spot).ellipse((x - r * 1.3, y - r * 1.3, x + r * 1.3, y + r * 1.3), fill=255)
    spot = spot.filter(ImageFilter.GaussianBlur(r / 3)).resize(photo.size)
    return ImageChops.add(photo, Image.merge("RGB", (spot, spot, spot)))


def cut_off(photo: Image.Image, share: float = 0.45) -> Image.Image:
    """Return only the left part of the photo, as if the card ran out of the picture."""
    return photo.crop((0, 0, round(photo.width * (1 - share)), photo.height))


def shaken(photo: Image.Image, pixels: int) -> Image.Image:
    """Return the photo as a hand that moved sideways by `pixels` would take it."""
    moved = photo
    for step in range(1, pixels):
        moved = Image.blend(moved, ImageChops.offset(photo, step, 0), 1 / (step + 1))
    return moved


def held(photo: Image.Image, orientation: int) -> Image.Image:
    """Return the pixels as a phone stores an upright photo when its EXIF says `orientation`."""
    turn = Image.Transpose
    stored = {
        2: turn.FLIP_LEFT_RIGHT,
        3: turn.ROTATE_180,
        4: turn.FLIP_TOP_BOTTOM,
        5: turn.TRANSPOSE,
        6: turn.ROTATE_90,
        7: turn.TRANSVERSE,
        8: turn.ROTATE_270,
    }
    return photo.transpose(stored[orientation]) if orientation in stored else photo


def jpeg(photo: Image.Image, *, quality: int = 90, orientation: int = 1, gps: bool = False) -> bytes:
    """Return the photo as JPEG bytes; `orientation` is what the EXIF says of how the phone was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Fictitious Phone Works"
    if gps:
        exif[0x8825] = {1: "N", 2: (28.0, 54.0, 2.0), 3: "E", 4: (118.0, 30.0, 40.0)}
    return encoded(photo, "JPEG", quality=quality, exif=exif)


def encoded(photo: Image.Image, kind: str, **options: object) -> bytes:
    """Return the photo as bytes of any format Pillow writes."""
    out = io.BytesIO()
    photo.save(out, kind, **options)
    return out.getvalue()


def png_bomb(width: int = 30_000, height: int = 30_000) -> bytes:
    """Return a valid PNG of a few kB that claims and holds `width` x `height` black pixels (1 bit each)."""
    packer = zlib.compressobj(9)
    row = b"\x00" + bytes((width + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def jpeg_claiming(width: int, height: int) -> bytes:
    """Return a small JPEG whose header claims `width` x `height` pixels."""
    data = bytearray(encoded(Image.new("RGB", (64, 64), (9, 9, 9)), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _card(ground: tuple[int, int, int], seed: int) -> tuple[Image.Image, ImageDraw.ImageDraw, Random]:
    card = Image.new("RGB", (round(85.6 * _PX), 54 * _PX), ground)
    pen, dice = ImageDraw.Draw(card), Random(seed)
    fine = (ground[0] - 14, ground[1] - 10, ground[2] - 8)
    for x in range(-1080, 1712, 26):  # the fine lines of a security print
        pen.line((x, 0, x + 1080, 1080), fill=fine, width=2)
    pen.rectangle((0, 0, card.width - 1, card.height - 1), outline=(170, 176, 178), width=4)
    return card, pen, dice


def _words(pen: ImageDraw.ImageDraw, dice: Random, at: tuple[int, int], count: int, size: int) -> None:
    """Draw `count` made-up characters: a few strokes each, as dense as Chinese print."""
    thick = max(2, size // 11)
    for n in range(count):
        x, y = at[0] + n * round(size * 1.1), at[1]
        for _ in range(4):
            pen.line(
                (x, y + dice.random() * size, x + size * 0.9, y + dice.random() * size), (24, 24, 28), thick
            )
        for _ in range(3):
            across = x + dice.random() * size * 0.9
            pen.line((across, y, across, y + size), (24, 24, 28), thick)


def _digits(pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int) -> None:
    pen.text(at, text, fill=(20, 20, 24), font=ImageFont.load_default(size))


@cache
def _shade(size: tuple[int, int]) -> Image.Image:
    """Return a soft fall of light from the middle to the corners."""
    ring = Image.radial_gradient("L").point([255 - value // 5 for value in range(256)]).resize(size)
    return Image.merge("RGB", (ring, ring, ring))


def _grain(photo: Image.Image) -> Image.Image:
    noise = Image.effect_noise((photo.width // 2, photo.height // 2), 3).resize(photo.size)
    return ImageChops.add(photo, Image.merge("RGB", (noise, noise, noise)), 1, -128)
