"""A button that belongs to a case and not to a question: it works however old it is.

Where buttons are numbers to type, a number means the newest question. So when nothing else is asked,
what was offered has the floor; anything else he says is a wish, as ever.
"""

from __future__ import annotations

from dialogs.engine.talk import Talk
from dialogs.messages import Card, Choice, News, Outbound
from dialogs.turn import Say

CASE = "case."  # prefix of such a button's prompt
ASIDE = "offer"


def offer(
    talk: Talk, reference: str, act: str, text: str, card: Card | None = None, news: News | None = None
) -> None:
    """Say something with one button under it: "supply", "owe" or "again"."""
    if nothing_is_asked(talk) and not talk.with_clerk:
        aside = {"is": ASIDE, "reference": reference, "act": act}
        talk.change(aside=aside, prompt=talk.session.prompt + 1, wrong=0)
    talk.do(Say(Outbound(talk.named(text), (choice(talk, reference, act),), card, news)))


def choice(talk: Talk, reference: str, act: str) -> Choice:
    """Return the button."""
    return Choice(f"{CASE}{reference}:{act}", talk.words(f"progress.do_{act}"))


def step_off(talk: Talk) -> None:
    """Go back to what was going on before a case wanted something; with nothing there, nothing is asked."""
    talk.change(aside=None)
    talk.question = ""
    if talk.session.script:
        talk.next()
    else:
        talk.change(prompt=talk.session.prompt + 1, wrong=0)  # its buttons are stale now


def nothing_is_asked(talk: Talk) -> bool:
    """Say whether a question of ours would interrupt nothing."""
    aside = talk.session.aside
    idle = aside is None or aside["is"] == ASIDE or (aside["is"] == "choose" and not aside.get("offers"))
    return not talk.session.script and not talk.mute and idle
