"""The mark he may give when it is over: once per case, never owed, nothing pre-selected."""

from __future__ import annotations

from dialogs.engine.cases.book import Case, change, title_of
from dialogs.engine.talk import Talk
from dialogs.messages import Card, Choice, Outbound
from dialogs.turn import OpenTicket, Rate, Say

RATE = "rate."  # prefix of a rating's prompt: such a tap is never stale


def rating_choices(talk: Talk, reference: str) -> tuple[Choice, ...]:
    """Return the five marks, best first: code 1 is 非常满意 (GB/T 39046 A.8), never stars."""
    return tuple(
        Choice(f"{RATE}{reference}:{code}", talk.words(f"progress.rating_{code}")) for code in range(1, 6)
    )


def offer(talk: Talk, reference: str) -> None:
    """Ask for a mark. When nothing else is being asked, a typed number means it too."""
    case = talk.session.cases[reference]
    if _nothing_is_asked(talk):
        talk.change(aside={"is": "rating", "reference": reference}, prompt=talk.session.prompt + 1, wrong=0)
    say_rating(talk, reference, case)


def _nothing_is_asked(talk: Talk) -> bool:
    aside = talk.session.aside
    return not talk.session.script and (
        aside is None or (aside["is"] == "choose" and not aside.get("offers"))
    )


def say_rating(talk: Talk, reference: str, case: Case) -> None:
    text = talk.words("progress.rate", title=title_of(talk, case))
    body = Card("rating", talk.words("progress.rating_card"), {"number": case["number"]})
    talk.do(Say(Outbound(text, rating_choices(talk, reference), body)))


def tapped(talk: Talk, prompt: str, option: str) -> bool:
    """Take a tap on a rating card, however old the card is; False when it is no rating."""
    if not prompt.startswith(RATE):
        return False
    reference = prompt.removeprefix(RATE)
    if reference in talk.session.cases and option in ("1", "2", "3", "4", "5"):
        rate(talk, reference, int(option))
    else:
        talk.say("engine.stale")
        talk.again()
    return True


def rate(talk: Talk, reference: str, code: int, words: str = "") -> None:
    """Take the mark, once per case; ask for a word when it is a bad one."""
    case = talk.session.cases[reference]
    if case["rating"] not in ("", "asked"):
        talk.say("progress.rated_before")
        return
    change(talk, reference, rating=str(code))
    talk.do(Rate(reference, case["number"], code, words))
    idle = not talk.session.script
    if code <= 3:
        talk.say("progress.rated_well")
    elif words or not idle:
        talk.do(OpenTicket(reason="bad_rating", note=case["number"]))
        talk.say("progress.rated_badly_noted")
    else:
        talk.do(OpenTicket(reason="bad_rating", note=case["number"]))
        talk.change(aside={"is": "rating_words", "reference": reference, "code": code})
        talk.next()
        return
    if idle:
        talk.change(aside=None)
