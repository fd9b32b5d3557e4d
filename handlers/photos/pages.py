"""The first page of a PDF as a picture. Runs only inside the sandbox (`worker.py`), and for documents alone:
what applicants send never comes here."""

from __future__ import annotations

import io

import pypdfium2

from handlers.photos.decode import Unusable

LONGER = 1754  # pixels: A4 at 150 dots an inch, which a phone shows sharp also when it is spread


def first_page(pdf: bytes) -> bytes:
    """Return the first page as PNG.

    Raises:
        Unusable: it is no PDF, or has no page.
    """
    try:
        document = pypdfium2.PdfDocument(pdf)
        page = document[0]
        # By the longer side, so that a page of any size needs no more memory than another.
        picture = page.render(scale=LONGER / max(page.get_size()), may_draw_forms=False).to_pil()
    except (pypdfium2.PdfiumError, IndexError, ZeroDivisionError) as fault:
        raise Unusable("unreadable") from fault
    out = io.BytesIO()
    picture.convert("RGB").save(out, "PNG")
    return out.getvalue()
