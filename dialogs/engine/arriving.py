"""How somebody comes in: by a link, a code or a word, from one channel or another, or far too fast."""

from __future__ import annotations

from dialogs.engine import on_behalf, slips
from dialogs.engine.flow import put_away
from dialogs.engine.talk import Talk
from dialogs.places import PAGE, another, place
from dialogs.turn import Flooded, Join, Opened


def greeted(talk: Talk) -> bool:
    """Say whether we have asked him anything yet. Where nothing is opened, a word is the first we hear."""
    return talk.session.prompt > 0


def opened(talk: Talk, event: Opened) -> None:
    """Say hello, or go on: some apps report every visit as an opening, and links are opened twice."""
    talk.change(id=talk.session.id or event.conversation)
    if not greeted(talk):
        talk.change(lang=event.lang)
    from_channel(talk, event.channel)
    if talk.with_clerk:
        return
    code = slips.linked(event.scene)
    if code:
        join(talk, code)
    elif event.scene in talk.world.library.live:
        _by_service(talk, event.scene)
    elif greeted(talk):
        talk.say("engine.back_again")
        talk.again()
    else:
        talk.next()


def join(talk: Talk, code: str, *, sure: bool = False) -> None:
    """Go on here with the conversation the code stands for (dialogs.engine.handover)."""
    talk.do(Join(code, sure))
    talk.say("handover.checking")


def _by_service(talk: Talk, service: str) -> None:
    """He came by the poster of a service: begin it. What he was filling in is kept for another day."""
    session = talk.session
    if session.script and talk.script.id == service:
        talk.say("engine.back_again")
        talk.again()
        return
    if on_behalf.given(session.answers):
        talk.say("on_behalf.finish_first")
        talk.again()
        return
    if session.answers or session.dormant:
        talk.say("engine.laid_aside", title=talk.pick(talk.script.title))
        put_away(talk)
    begin(talk, service)


def begin(talk: Talk, service: str) -> None:
    """Say what it is about, and step on its road; an agent is asked for whom first."""
    introduce(talk, service)
    on_behalf.begin(talk, service)


def introduce(talk: Talk, service: str) -> None:
    """Say what a service is about."""
    script = talk.world.library.scripts[talk.world.library.live[service]]
    talk.say("engine.begin", title=talk.pick(script.title), about=talk.pick(script.about))


def from_channel(talk: Talk, channel: str) -> None:
    """He speaks from here now: say so where he spoke before, so that nobody waits there."""
    before = talk.session.channel
    if not channel or channel == before:
        return
    talk.change(channel=channel)
    if before:
        talk.tell_on(before, "engine.moved_to", place=place(channel, talk.lang))


def from_another_phone(talk: Talk, channel: str) -> None:
    """He has come by a code. In the same app it was another account's: whoever has the first is told, too."""
    if channel == talk.session.channel and channel != PAGE:  # all who have a page open see the same one
        talk.tell_on(channel, "engine.moved_to", place=another(channel, talk.lang))
    from_channel(talk, channel)


def flooded(talk: Talk, _: Flooded) -> None:
    """Say that not everything was read; the present question stands."""
    if not talk.with_clerk:
        talk.say("engine.flooded")
