"""Applicants' photos: decoded and measured in processes that can do nothing else.

    decode.py    upload -> kept copy and numbers, one decode for both
    measure.py   the numbers
    confine.py   what the decoding process may still do
    worker.py    the process; sandbox.py the pool of them

What a measure means is decided in `dialogs.photos`.
"""

from handlers.photos.sandbox import MAX_PHOTO_BYTES, Fault, Measured, Photos

__all__ = ["MAX_PHOTO_BYTES", "Fault", "Measured", "Photos"]
