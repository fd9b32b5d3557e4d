"""Applicants' photos: decoded and measured in processes that can do nothing else; documents drawn there, too.

    decode.py    upload -> kept copy and numbers, one decode for both
    measure.py   the numbers
    pages.py     a document's first page as a picture, for platforms that show no PDF
    confine.py   what the decoding process may still do
    worker.py    the process; sandbox.py the pool of them; orders.py what it is asked for

What a measure means is decided in `dialogs.photos`.
"""

from handlers.photos.sandbox import MAX_PHOTO_BYTES, Fault, Measured, Photos

__all__ = ["MAX_PHOTO_BYTES", "Fault", "Measured", "Photos"]
