"""A document's first page as a picture: drawn behind the same walls as photos, whatever the file holds."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from handlers.photos import Photos
from handlers.photos.decode import Unusable
from handlers.photos.pages import LONGER, first_page


def pdf(*sizes: tuple[int, int]) -> bytes:
    """Return a PDF with a page for each size: the first has a black upper half."""
    pages = [Image.new("L", size, 255) for size in sizes]
    width, height = sizes[0]
    pages[0].paste(0, (0, 0, width, height // 2))
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    return out.getvalue()


async def test_the_first_page_is_drawn_behind_the_walls_and_photos_are_judged_beside_it() -> None:
    async with Photos(1) as photos:
        drawn = Image.open(io.BytesIO(await photos.draw(pdf((210, 297), (100, 100)))))
        nothing = [await photos.draw(each) for each in (b"", b"GIF89a", b"%PDF-1.7\n" + b"\xff" * 2000)]
        again = await photos.draw(pdf((20, 20)))

    assert drawn.format == "PNG"
    assert abs(drawn.height - LONGER) <= 1
    assert drawn.getpixel((50, 50)) == (0, 0, 0)
    assert drawn.getpixel((50, drawn.height - 50)) == (255, 255, 255)
    assert nothing == [b"", b"", b""]
    assert again


def test_a_page_of_any_size_makes_a_picture_of_one_size() -> None:
    poster = pdf((14400, 30)).replace(b"14400", b"99999")

    assert max(Image.open(io.BytesIO(first_page(poster))).size) <= LONGER + 1


@pytest.mark.parametrize("data", [b"", b"%PDF-", b"\x89PNG"])
def test_what_is_no_document_is_not_drawn(data: bytes) -> None:
    with pytest.raises(Unusable, match="unreadable"):
        first_page(data)
