"""The process behind `sandbox.py`: `python -m handlers.photos.worker`, frames on stdin and stdout.

It loads the decoders once and forks for every photo, so that each photo is decoded in a process that
has never seen another and is gone afterwards, at the price of about 2 ms.

    frame in   order 1 | length 4 | data              order: PHOTO, PAGE (of a PDF) or PROBE (the walls)
    frame out  length 4 | JSON | length 4 | kept JPEG or drawn PNG (empty when there is a fault or a probe)

The forked process gets its own pipe and nothing else: whatever it writes, the frames stay whole.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import BinaryIO

from dialogs.codec import dumps, loads
from handlers.photos import confine
from handlers.photos.decode import MAX_PHOTO_BYTES, Unusable, look_at
from handlers.photos.orders import PAGE, PHOTO, PROBE
from handlers.photos.pages import first_page

MAX_ANSWER = 16 * 1024 * 1024  # a kept copy of at most 3200x3200 pixels stays far below


def main() -> None:
    """Serve frames until stdin ends."""
    confine.enter_worker()
    frames, answers = sys.stdin.buffer, sys.stdout.buffer
    _warm_up()
    gc.collect()
    gc.freeze()  # forked processes share these pages as long as the collector leaves them alone
    while (order := _read(frames)) is not None:
        kind, data = order
        answers.write(_forked(partial(ORDERS[kind], data)))
        answers.flush()


def frame(head: dict[str, object], body: bytes = b"") -> bytes:
    """Return an answer's two frames."""
    text = dumps(head)
    return len(text).to_bytes(4) + text + len(body).to_bytes(4) + body


def _answer(upload: bytes) -> bytes:
    confine.enter_decoder()
    try:
        looked = look_at(upload)
    except Unusable as fault:
        return frame({"fault": str(fault)})
    return frame({"measure": looked.measure.json()}, looked.kept)


def _drawn(pdf: bytes) -> bytes:
    confine.enter_decoder()
    try:
        return frame({}, first_page(pdf))
    except Unusable as fault:
        return frame({"fault": str(fault)})


def _probed(_: bytes) -> bytes:
    return frame({"walls": confine.probe()})


ORDERS: Mapping[bytes, Callable[[bytes], bytes]] = {PHOTO: _answer, PAGE: _drawn, PROBE: _probed}


def _forked(work: Callable[[], bytes]) -> bytes:
    """Run `work` in a process of its own and return what it wrote; a fault when it died of the photo."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(ours)
            os.dup2(theirs, 1)
            os.dup2(theirs, 0)
            os.closerange(2, 64)
            _write(1, work())
            code = 0
        finally:
            os._exit(code)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        answer = pipe.read(MAX_ANSWER)
    _, status = os.waitpid(child, 0)
    return answer if status == 0 and _whole(answer) else frame({"fault": "unreadable"})


def _whole(answer: bytes) -> bool:
    """Say whether the answer is two frames, no more and no less. A decoder may have been taken over."""
    head = int.from_bytes(answer[:4])
    body = int.from_bytes(answer[4 + head : 8 + head])
    if len(answer) != 8 + head + body:
        return False
    try:
        return isinstance(loads(answer[4 : 4 + head]), dict)
    except ValueError:
        return False


def _read(frames: BinaryIO) -> tuple[bytes, bytes] | None:
    head = frames.read(5)
    if len(head) < 5:
        return None
    length = int.from_bytes(head[1:])
    return head[:1], frames.read(min(length, MAX_PHOTO_BYTES + 1))


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _warm_up() -> None:
    """Load what decoders load late: inside the walls no file can be opened."""
    from io import BytesIO

    from PIL import Image

    for kind in ("JPEG", "PNG", "WEBP"):
        out = BytesIO()
        Image.linear_gradient("L").convert("RGB").save(out, kind)
        look_at(out.getvalue())
    out = BytesIO()
    Image.new("L", (8, 8)).save(out, "PDF")
    first_page(out.getvalue())


if __name__ == "__main__":
    main()
