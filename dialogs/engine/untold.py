"""A number or a yes means a question, but none that was kept from him because his app took no more.

He reads that question together with what we say now, and answers then. What speaks for itself (a word, an
option's own name) is heard as ever.
"""

from __future__ import annotations

from dialogs.answers import is_place, plain, yes_or_no
from dialogs.engine.cases import marking
from dialogs.engine.cases.buttons import CASE
from dialogs.engine.cases.rating import RATE
from dialogs.engine.talk import Talk
from dialogs.messages import Inbound


def answers(talk: Talk, message: Inbound) -> bool:
    """Say whether `message` would be taken for the answer to a question that he had not been told."""
    if not message.untold:
        return False
    bare = is_place(message.text) or yes_or_no(plain(message.text)) is not None
    return bare and not _questions(talk).isdisjoint(message.untold)


def _questions(talk: Talk) -> set[str]:
    """Return the prompts of the questions that a number would answer now."""
    reference = (talk.session.aside or {}).get("reference", "")
    return {
        str(talk.session.prompt),
        f"{RATE}{reference}",
        f"{CASE}{reference}",
        f"{RATE}{marking.beside(talk)}",
    }
