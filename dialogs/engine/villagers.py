"""What a village agent has handed in for others: whose each case is, who sees it, and who hears of it.

Such a case has `agent` ({id, name, village}, who handed it in), `villager` (who applies: the name masked, and
the tail of his number, by which two of one name are told apart) and `phone` (the villager's own).

Its news goes to both. The villager has it by text message (TextTo), wherever the agent is. The agent has it
in his chat, saying for whom, and only while he is signed in there: after that the case goes on, and nothing
of it is shown or can be done from that chat. Where no text message gets through, the agent is asked, once
for an errand, to pass news on. Once the villager goes on himself (engine/takeover), his own chat tells him.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.engine.talk import Talk
from dialogs.messages import Outbound
from dialogs.turn import Event, OpenTicket, Say, TextLost, TextTo

Case = Mapping[str, Any]
ALSO_TEXTED = ("accepted",)  # besides what is vital: it says by when. A text message costs money and nerves


def is_shown(talk: Talk, case: Case) -> bool:
    """Say whether a case may be seen here: his own, or a villager's whose agent is signed in."""
    agent = case.get("agent")
    return not agent or agent["id"] == talk.session.agent.get("id")


def shown(talk: Talk) -> dict[str, Case]:
    """Return the cases that may be seen here by reference: his own first, then person by person."""
    found = {own: case for own, case in talk.session.cases.items() if is_shown(talk, case)}
    people = list(dict.fromkeys(whose(case) for case in found.values()))
    people.sort(key=bool)  # stable: his own, then each in the order in which they came
    return {own: case for each in people for own, case in found.items() if whose(case) == each}


def whose(case: Case) -> str:
    """Return for whom an agent handed it in: 李**，尾号0014; "" for his own."""
    return str(case.get("villager", ""))


def follows(case: Case) -> bool:
    """Say whether the villager has taken it over: it is told of here, and he acts (engine/takeover)."""
    return bool(case.get("taken"))


def in_hand(talk: Talk) -> dict[str, Case]:
    """Return those of the cases shown here about which something may be done here."""
    return {own: case for own, case in shown(talk).items() if not follows(case)}


def of_whom(talk: Talk, case: Case, text: str) -> str:
    """Return `text` with whose case it is about, where that is a villager's."""
    return talk.words("on_behalf.about", name=whose(case), text=text) if whose(case) else text


def label(talk: Talk, name: str, number: str) -> str:
    """Return a villager as an agent's chat may show him."""
    return talk.words("on_behalf.whose", name=name[:1] + "*" * (len(name) - 1), tail=number[-4:])


# Around a turn


def begin(talk: Talk, event: Event) -> None:
    """See whose case an event is about, before anything is said of it."""
    case = talk.session.cases.get(_reference(event))
    if case is not None:
        talk.whose, talk.mute = whose(case), not is_shown(talk, case)


def end(talk: Talk, event: Event) -> None:
    """Let the villager hear what is news for him; and the agent nothing, when he is not signed in."""
    reference = _reference(event)
    case = talk.session.cases.get(reference)
    if case is not None and case.get("agent") and not follows(case):
        _text(talk, reference, case)
    if talk.mute:
        talk.effects = [each for each in talk.effects if not isinstance(each, Say)]
        talk.question = ""
    talk.whose, talk.mute = "", False


def _reference(event: Event) -> str:
    """Return the case an event is about, "" when it is about none; a timer's key begins with it."""
    about = getattr(event, "reference", "") or getattr(event, "key", "")
    return str(about).partition(" ")[0]


def _text(talk: Talk, reference: str, case: Case) -> None:
    """Order the newest of what was just said as a text message; without a phone, have it passed on."""
    said = [
        each.message for each in talk.effects if isinstance(each, Say) and _is_for_both(case, each.message)
    ]
    if not said:
        return
    if case["phone"]:
        talk.do(TextTo(reference, case["phone"], _words(talk, case, said[-1])))
    else:
        _pass_on(talk, reference, "on_behalf.no_phone_pass_on")


def _is_for_both(case: Case, message: Outbound) -> bool:
    return message.news is not None and (message.news.vital or case["state"] in ALSO_TEXTED)


def _words(talk: Talk, case: Case, message: Outbound) -> str:
    """Return the text message: what, which number, how it stands. No name of his, no number of his."""
    news, agent = message.news, case["agent"]
    assert news is not None
    return talk.words(
        "on_behalf.text",
        **{name: agent[name] for name in ("village", "name")},
        **{name: getattr(news, name) for name in ("title", "number", "state", "day")},
    )


def lost(talk: Talk, event: TextLost) -> None:
    """No text message gets through to a villager: from now on it is the agent who tells him."""
    if event.reference in talk.session.cases and not follows(talk.session.cases[event.reference]):
        _pass_on(talk, event.reference, "on_behalf.pass_on")


def _pass_on(talk: Talk, reference: str, key: str) -> None:
    """Ask the agent once for an errand; where he is signed out, a person has to see to it."""
    cases = talk.session.cases
    if any(cases[each].get("passes_on") for each in mates(cases, reference)):
        return
    talk.change(cases={**cases, reference: {**cases[reference], "passes_on": True}})
    if talk.mute:
        talk.do(OpenTicket(reason="villager_unreached", note=cases[reference]["number"] or reference))
    else:
        talk.say(key)


def mates(cases: Mapping[str, Case], reference: str) -> list[str]:
    """Return the cases of the same errand."""
    package = cases.get(reference, {}).get("package")
    return [each for each, case in cases.items() if package and case.get("package") == package] or [reference]
