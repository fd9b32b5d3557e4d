"""News of a case that its villager has taken over (engine/takeover), as his agent hears it."""

from __future__ import annotations

from dialogs.engine.cases.book import about, news_of, spoken_day
from dialogs.engine.cases.card import card
from dialogs.engine.talk import Talk
from dialogs.turn import ProgressReported

# What is between the villager and the office: his mark, his papers as they come, his promises.
HIS_ALONE = frozenset(
    (
        *("rating_requested", "rated", "followup_opened", "followup_closed"),
        *("deferral_supplied", "promise_cleared", "lookup_answered", "lookup_escalated"),
    )
)


def wanted(talk: Talk, event: ProgressReported) -> None:
    """Tell that the office wants something of him, so that the agent can lend a hand."""
    case = talk.session.cases[event.reference]
    titles = [str(each.get("title") or each.get("slot", "")) for each in event.data.get("items", ())]
    provisional = bool(event.data.get("provisional"))
    text = talk.words(
        "progress.wanted_of_him",
        number=case["number"],
        titles=talk.words("engine.list_comma").join(titles),
        day=spoken_day(talk, str(event.data.get("by", "")), provisional=provisional),
    )
    news = news_of(talk, event.reference, vital=False)
    talk.tell(about(talk, case, text), card(talk, event.reference), news)
