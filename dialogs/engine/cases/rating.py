"""The mark he may give when it is over: once per case, never owed, nothing pre-selected."""

from __future__ import annotations

from dialogs.engine.cases.book import Case, change, news_of, spoken_day, title_of
from dialogs.engine.cases.buttons import nothing_is_asked
from dialogs.engine.talk import Talk
from dialogs.engine.villagers import in_hand, of_whom, whose
from dialogs.messages import Card, Choice, News, Outbound
from dialogs.turn import OpenTicket, Rate, Say

RATE = "rate."  # prefix of a rating's prompt: such a tap is never stale
GOOD = 3  # and better; 4 and 5 want a follow-up


def rating_choices(talk: Talk, reference: str) -> tuple[Choice, ...]:
    """Return the five marks, best first: code 1 is 非常满意 (GB/T 39046 A.8), never stars."""
    return tuple(
        Choice(f"{RATE}{reference}:{code}", talk.words(f"progress.rating_{code}")) for code in range(1, 6)
    )


def offer(talk: Talk, reference: str, mended: str = "") -> None:
    """Ask for a mark. When nothing else is being asked, a typed number means it too.

    mended: what was done about the bad mark that was given before.
    """
    case = talk.session.cases[reference]
    if nothing_is_asked(talk):
        talk.change(aside={"is": "rating", "reference": reference}, prompt=talk.session.prompt + 1, wrong=0)
    say_rating(talk, reference, case, mended, news_of(talk, reference, vital=False))


def say_rating(talk: Talk, reference: str, case: Case, mended: str = "", news: News | None = None) -> None:
    """Say the question. news: what a notice of it says, unless he is talking with us."""
    again = case.get("rerate_until", "")
    key = "progress.rate_again" if again else "on_behalf.rate" if whose(case) else "progress.rate"
    text = talk.words(
        key,
        title=title_of(talk, case),
        result=mended,
        day=spoken_day(talk, again),
    )
    if talk.session.script:  # a bare number answers the errand's question
        text = f"{text}\n{talk.words('progress.rate_beside')}"
    body = Card("rating", talk.words("progress.rating_card"), {"number": case["number"]})
    text = of_whom(talk, case, text)
    talk.do(Say(Outbound(text, rating_choices(talk, reference), body, news)))


def tapped(talk: Talk, prompt: str, option: str) -> bool:
    """Take a tap on a rating card, however old the card is; False when it is no rating."""
    if not prompt.startswith(RATE):
        return False
    reference = prompt.removeprefix(RATE)
    if reference in in_hand(talk) and option in ("1", "2", "3", "4", "5"):
        rate(talk, reference, int(option))
    else:
        talk.say("engine.stale")
        talk.again()
    return True


def rate(talk: Talk, reference: str, code: int, words: str = "") -> None:
    """Take the mark, once per case and once more after a follow-up; ask for a word when it is a bad one."""
    case = talk.session.cases[reference]
    until = case.get("rerate_until", "")
    if case["rating"] == "asked" and until and talk.day > until:
        change(talk, reference, rating=case["rated"])
        talk.say("progress.rated_before")
        _let_go(talk)
        return
    if case["rating"] not in ("", "asked"):
        talk.say("progress.rated_before")
        return
    change(talk, reference, rating=str(code))
    talk.do(Rate(reference, case["number"], code, words))
    if code <= GOOD or until:
        talk.say("progress.rated_well" if code <= GOOD else "progress.rated_badly_again")
        _let_go(talk)
        return
    talk.do(OpenTicket(reason="bad_rating", note=case["number"]))
    if talk.session.script:  # he is not torn from his errand
        talk.say("progress.rated_badly_noted")
        return
    step = "rating_named" if words else "rating_words"
    talk.change(aside={"is": step, "reference": reference, "code": code, "words": words})
    talk.next()


def _let_go(talk: Talk) -> None:
    if not talk.session.script:
        talk.change(aside=None)
