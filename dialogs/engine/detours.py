"""He has had enough, or wants something else, in the middle of an errand. Nothing he filled in is the price.

People say so where something was asked: 算了, 取消, 想办低保. It counts only where the question itself cannot
read it: to "还缴吗？" 算了 is a no. 不办了 is a command (dialogs.engine.commands) and leads here, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from dialogs.answers import plain, yes_or_no
from dialogs.engine import on_behalf
from dialogs.engine.arriving import begin
from dialogs.engine.flow import leave, put_away
from dialogs.engine.keeping import DRAFT_DAYS, begin_draft
from dialogs.engine.talk import Floor, Said, Talk, meant

_ENOUGH = frozenset(
    [
        *("算了", "取消", "不要了", "不弄了", "不填了", "先不办", "先不办了", "先不弄了", "没时间了"),
        *("改天再办", "改天再说", "以后再说", "下次再办", "never mind", "not now", "later", "forget it"),
    ]
)
_ENDINGS = "。.!！~、,，吧啊呀"
# 我想先办养老认证 is a wish, whatever else of it might be an answer: 养老 is one, too.
_A_WISH = re.compile(r"[想要先改再]办|帮我?办|\b(?:want|like) to (?:apply|do)\b")


def is_enough(text: str) -> bool:
    """Say whether he has had enough for now: 算了, 取消, 改天再说."""
    return plain(text).casefold().strip(_ENDINGS) in _ENOUGH


def heard(talk: Talk, text: str) -> bool:
    """Take what is no answer to the present question as a wish: to stop, or for another service."""
    if is_enough(text):
        stop(talk)
        return True
    return _wants_other(talk, text)


def heard_first(talk: Talk, text: str, *, anything: bool) -> bool:
    """Take what is a wish even where it could be read as an answer. `anything`: any words answer there."""
    if anything and is_enough(text):
        stop(talk)
        return True
    return bool(_A_WISH.search(text)) and _wants_other(talk, text)


def _wants_other(talk: Talk, text: str) -> bool:
    other = talk.world.library.finder.find(text).sure
    if other is None or other.id == talk.script.id:
        return False
    if on_behalf.given(talk.session.answers):  # a villager's is not laid aside
        talk.say("on_behalf.finish_first")
        talk.again()
        return True
    talk.change(aside={"is": "other", "service": other.id})
    talk.next()
    return True


def stop(talk: Talk) -> None:
    """Ask what is to become of what he has filled in; with nothing filled in there is nothing to ask."""
    if on_behalf.given(talk.session.answers):
        talk.change(aside={"is": "restart"})  # gone or going on: a villager's is not laid aside
    elif talk.session.answers or talk.session.dormant:
        talk.change(aside={"is": "stop"})
    else:
        _leave(talk)
    talk.next()


def _leave(talk: Talk) -> None:
    leave(talk)
    talk.say("engine.stopped")
    talk.change(aside={"is": "choose"})


# What is to become of it


def _ways(talk: Talk) -> list[tuple[str, str]]:
    return [(each, talk.words(f"engine.stop_{each}")) for each in ("keep", "delete", "go_on")]


def _ask_stop(talk: Talk) -> None:
    text = talk.words("engine.stop_sure", title=talk.pick(talk.script.title), days=DRAFT_DAYS)
    talk.ask(text, _ways(talk))


def _hear_stop(talk: Talk, said: Said) -> None:
    word = meant(said, _ways(talk))
    if word == "keep" or (not word and is_enough(said.text)):
        _lay_aside(talk)
        talk.change(aside={"is": "choose"})
    elif word == "delete":
        _leave(talk)
    elif word == "go_on":
        _go_on(talk)
    else:
        talk.reject(talk.words("engine.edit_unclear"), _ways(talk))
        return
    talk.next()


def _lay_aside(talk: Talk) -> None:
    talk.say("engine.laid_aside", title=talk.pick(talk.script.title))
    put_away(talk)
    begin_draft(talk)


def _go_on(talk: Talk) -> None:
    talk.change(aside=None)
    talk.say("engine.go_on")


# Something else first


def _first(talk: Talk) -> list[tuple[str, str]]:
    return [(each, talk.words(f"engine.other_{each}")) for each in ("yes", "no")]


def _wanted(talk: Talk) -> str:
    """Return the other service, "" when it was taken off since."""
    service: str = (talk.session.aside or {})["service"]
    return service if service in talk.world.library.live else ""


def _ask_other(talk: Talk) -> None:
    library, service = talk.world.library, _wanted(talk)
    if not service:
        _other_is_gone(talk)
        return
    title = talk.pick(library.scripts[library.live[service]].title)
    text = talk.words("engine.other_sure", title=title, here=talk.pick(talk.script.title))
    talk.ask(text, _first(talk))


def _hear_other(talk: Talk, said: Said) -> None:
    service, is_first = _wanted(talk), yes_or_no(said.text, meant(said, _first(talk)))
    if is_first is None and service:
        talk.reject(talk.words("engine.yes_or_no"), _first(talk))
    elif is_first and service:
        _lay_aside(talk)
        begin(talk, service)
    elif is_first is not False:
        _other_is_gone(talk)
    else:
        _go_on(talk)
        talk.next()


def _other_is_gone(talk: Talk) -> None:
    """It was taken off while he thought about it: say so, and go on with the question he was at."""
    talk.say("engine.other_gone", phone=talk.phone)
    talk.change(aside=None)
    talk.next()


FLOORS: Mapping[str, Floor] = {
    "stop": Floor(_ask_stop, _hear_stop),
    "other": Floor(_ask_other, _hear_other),
}
