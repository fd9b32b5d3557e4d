"""A village agent signs in with the code an operator gave him, and out again.

代办 CODE, or a link   SignInAgent -> AgentSignedIn, or AgentRefused
退出代办               SignOutAgent; nothing else of the conversation changes
removed                AgentDismissed, whatever he is doing: nothing of a villager is left in his chat
"""

from __future__ import annotations

import re

from dialogs.answers import plain
from dialogs.engine import arriving, on_behalf
from dialogs.engine.talk import Talk
from dialogs.engine.villagers import in_hand, shown
from dialogs.turn import AgentDismissed, AgentRefused, AgentSignedIn, SignInAgent, SignOutAgent

_TYPED = re.compile(r"(?:代办|agent)[ :：]*(\d{5})[ -]?(\d{5})")


def typed(text: str) -> str:
    """Return the sign-in code in what he wrote or came by, "" when it is something else."""
    found = _TYPED.fullmatch(plain(text))
    return "".join(found.groups()) if found else ""


def sign_in(talk: Talk, code: str) -> None:
    """Have the code looked at."""
    talk.do(SignInAgent(code))
    talk.say("agents.looking")


def sign_out(talk: Talk, _: str) -> None:
    """He is done as an agent; what he was filling in for himself stands."""
    if on_behalf.given(talk.session.answers):
        talk.say("on_behalf.finish_first")
    elif talk.session.agent:
        talk.change(agent={})
        talk.do(SignOutAgent())
        talk.say("agents.signed_out")
        _step_back(talk)
    else:
        talk.say("agents.not_signed_in")
    talk.again()


def signed_in(talk: Talk, event: AgentSignedIn) -> None:
    """Say as whom he is signed in, and how he gets out."""
    talk.change(agent={"id": event.id, "name": event.name, "village": event.village})
    talk.say("agents.signed_in", name=event.name, village=event.village)
    if count := sum(bool(case.get("agent")) and not case["ended"] for case in in_hand(talk).values()):
        talk.say("on_behalf.under_way", count=count)
    _step_back(talk)
    _go_on(talk)


def refused(talk: Talk, event: AgentRefused) -> None:
    """Say why the code was not taken, and who gives a new one."""
    talk.say(f"agents.refused_{event.reason}")
    _go_on(talk)


def dismissed(talk: Talk, event: AgentDismissed) -> None:
    """He was removed: say so, once. Somebody else who signed in here meanwhile stays."""
    if talk.session.agent.get("id") == event.id:
        talk.change(agent={})
        talk.say("agents.dismissed", phone=talk.phone)
        _step_back(talk)


def _step_back(talk: Talk) -> None:
    """Let nothing of a villager be asked here that this agent has not begun himself."""
    on_behalf.let_go(talk, talk.session.agent.get("id", ""))
    asked_about = (talk.session.aside or {}).get("reference", "")
    if asked_about in talk.session.cases and asked_about not in shown(talk):
        talk.change(aside=None)
        talk.next()
    if talk.with_clerk:  # a person who has the conversation is not interrupted
        talk.question = ""


def _go_on(talk: Talk) -> None:
    """Put the question that stands here; a person who has the conversation is not interrupted."""
    if talk.with_clerk:
        return
    if arriving.greeted(talk):
        talk.again()
    else:
        talk.next()
