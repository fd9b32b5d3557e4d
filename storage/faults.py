"""Named crash points: `FAULT=point:n` kills this process with SIGKILL at the n-th hit of `point`.

What cannot be hit from outside cannot be proved. The kill tests start the real product with this
variable set and then compare what was acknowledged with what is there after the restart.
Without the variable a hit costs one look into an empty dictionary.
"""

from __future__ import annotations

import os
import signal

POINTS = {
    "turn.decided": "the turns are decided, nothing is written",
    "turn.before_commit": "everything is written, the commit has not begun",
    "turn.after_commit": "committed, nobody has been told",
    "outbox.claimed": "a worker holds deliveries and has begun none",
    "outbox.before_settle": "delivered, not yet marked as done",
    "outbox.after_settle": "marked as done, the worker does not know it",
    "file.part_written": "an upload lies in its part file",
    "file.renamed": "an upload has its name, its row is not written",
    "file.row_written": "the row of an upload is written, its message is not taken",
    "delivery.begun": "a delivery is about to be carried out",
    "delivery.before_answer": "a delivery has brought something back, the event is not taken",
    "words.before_call": "words are about to leave for a platform",
    "words.taken": "a platform has taken words, we have not noted it",
    "notice.before_call": "a notice is about to leave for a platform",
    "notice.taken": "a platform has taken a notice, we have not noted it",
    "photo.measured": "a photo has been judged, the event is not taken",
    "submission.before_send": "a pre-application is about to leave for the intake service",
    "submission.after_send": "the intake service has it, we have not noted it",
    "submission.between_pages": "some pages of it are handed over",
    "reply.before_answer": "a webhook's own answer is about to carry words back",
    "reply.after_answer": "the platform has that answer, we have not noted it",
    "handover.joined": "two conversations have become one, the order to do so is not answered",
    "progress.before_answer": "a callback is committed, the intake service has no answer",
}


def _armed(text: str) -> dict[str, int]:
    """Return the hits left before each armed point kills.

    Raises:
        ValueError: `text` is not "point:n" of a known point.
    """
    if not text:
        return {}
    point, _, count = text.partition(":")
    if point not in POINTS or not count.isdigit() or int(count) < 1:
        raise ValueError(f"FAULT={text!r} is not point:n. Points: {', '.join(POINTS)}")
    return {point: int(count)}


_left = _armed(os.environ.get("FAULT", ""))


def hit(point: str) -> None:
    """Die here if this is the armed point's turn."""
    if point not in _left:
        return
    _left[point] -= 1
    if _left[point] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
