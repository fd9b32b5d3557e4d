"""Finding what somebody wants: in his own words, by a situation of life, or by up to three questions.

Few services are listed at once. Where there are more, the list is of situations of life (dialogs.lives), so
that the greeting stays short whatever is added. Who looks around is told how it is done before anything is
asked of him (the guide); who says what he wants begins at once. What we do not do goes to a person: nothing
is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dialogs.answers import plain
from dialogs.answers.cleaning import fold
from dialogs.engine.arriving import begin
from dialogs.engine.detours import is_enough
from dialogs.engine.notice import guide
from dialogs.engine.stations import read_yes_no
from dialogs.engine.talk import PERSON, Floor, Said, Talk, meant
from dialogs.finder import is_idle
from dialogs.lives import OTHER, UNSURE, fitting, lives, next_question
from dialogs.script import Script
from dialogs.turn import OpenTicket

MOST_LISTED = 4  # services that a greeting may list by name
_A_WISH = 4  # characters: 修水管 is looked for again, 我家要修水管 is a wish a person should see

# He asks about it, before he wants it: 办居住证要什么材料, 交社保要多少钱
_ASKS = re.compile(
    r"[什啥]么?材料|什么证件|(?:带|准备|提供|交)(?:些|点)?(?:什么|哪些|啥)|哪些(?:材料|证件|东西)|多久|多长时间|几天|"
    r"多少钱|收费|要钱|要不要钱|什么条件|流程|指南|\b(?:how long|how much|what papers|guide)\b"
)


def hear_wish(talk: Talk, said: Said) -> None:
    """Take what he wants: a tap, the number or the words of what is shown, or a wish of his own."""
    shown = _shown(talk)
    if said.option and said.option not in dict(shown):
        talk.say("engine.stale")
        talk.again()
    elif picked := said.option or _typed(said.text, shown):
        _picked(talk, picked)
    else:
        _search(talk, said.text)


def _picked(talk: Talk, option: str) -> None:
    aside = talk.session.aside or {}
    if option == "which":
        _narrow(talk, {})
    elif option == "others":
        _show(talk, {"is": "choose"})
    elif option.startswith("life."):
        _show(talk, {"is": "choose", "life": option.removeprefix("life."), "guide": True})
    elif aside.get("guide"):
        _show(talk, {"is": "guide", "service": option})
    else:
        begin(talk, option)


def _typed(text: str, shown: Sequence[tuple[str, str]]) -> str:
    """Return the option whose number or whole label was typed, "" when it is something else."""
    number = plain(text).rstrip(".、 ")
    if number.isascii() and number.isdigit() and len(number) < 3 and 0 < int(number) <= len(shown):
        return shown[int(number) - 1][0]
    return next((option for option, label in shown if fold(label) == fold(text)), "")


def _show(talk: Talk, aside: Mapping[str, object]) -> None:
    talk.change(aside=aside)
    talk.next()


# What is shown


def _live(talk: Talk) -> list[Script]:
    library = talk.world.library
    return [library.scripts[key] for key in library.live.values()]


def _shown(talk: Talk) -> list[tuple[str, str]]:
    """Return what can be picked now, a person left out."""
    aside, library = talk.session.aside or {}, talk.world.library
    if aside.get("offers"):
        return _titles(talk, aside["offers"])
    if aside.get("life"):
        back = ("others", talk.words("engine.option_others"))
        return [*_titles(talk, library.shelves.get(aside["life"], ())), back]
    if len(library.live) <= MOST_LISTED:
        return _titles(talk, list(library.live))
    which = ("which", talk.words("engine.option_which"))
    return [*((f"life.{life}", _life(talk, life)) for life in library.shelves), which]


def _titles(talk: Talk, services: Sequence[str]) -> list[tuple[str, str]]:
    library = talk.world.library
    return [
        (each, talk.pick(library.scripts[library.live[each]].title))
        for each in services
        if each in library.live
    ]


def _life(talk: Talk, life: str) -> str:
    return talk.words("engine.life_other") if life == OTHER else talk.pick(lives().situations[life])


def _offered(talk: Talk) -> list[tuple[str, str]]:
    return [*_shown(talk), (PERSON, talk.words("engine.option_person"))]


def _ask_choose(talk: Talk) -> None:
    aside = talk.session.aside or {}
    if aside.get("offers") or aside.get("life"):
        key = "engine.which_service"
    else:
        is_first = talk.session.prompt == 1 and talk.question == "next"
        key = "engine.hello" if is_first else "engine.anything_else" if talk.session.cases else "engine.wish"
    talk.ask(talk.words(key, place=talk.pick(lives().place)), _offered(talk))


# In his own words


def _search(talk: Talk, text: str) -> None:
    """Begin, or tell about, what is surely meant; else offer what is near, or a person. Never a guess."""
    asks = bool((talk.session.aside or {}).get("guide") or _ASKS.search(text.casefold()))
    found = talk.world.library.finder.find(text)
    if found.sure and asks:
        _show(talk, {"is": "guide", "service": found.sure.id})
    elif found.sure:
        begin(talk, found.sure.id)
    elif found.offers:
        _show(talk, {"is": "choose", "offers": [script.id for script in found.offers], "guide": asks})
    elif is_enough(text):
        talk.say("engine.stopped")
        _show(talk, {"is": "choose"})
    elif is_idle(text):  # 你好, 在吗: he has not said yet what he wants
        _show(talk, {"is": "choose"})
    else:
        _unknown(talk, is_wish=len(fold(text)) >= _A_WISH)


def _unknown(talk: Talk, *, is_wish: bool) -> None:
    """We have nothing like it: a person sees to it, and he is told how to reach one today."""
    talk.change(aside={"is": "choose"})
    if is_wish:
        talk.do(OpenTicket(reason="unknown_wish"))
    key = "engine.unknown_wish" if is_wish else "engine.unclear_wish"
    talk.reject(talk.words(key, phone=talk.phone), _offered(talk))


# By questions


def _narrow(talk: Talk, answers: Mapping[str, str]) -> None:
    """Ask on while it helps; then show what is left."""
    live = _live(talk)
    left = fitting(live, answers)
    if next_question(live, answers):
        _show(talk, {"is": "which", "answers": dict(answers)})
    elif not left:
        _unknown(talk, is_wish=True)
    elif len(left) == 1:
        _show(talk, {"is": "guide", "service": left[0].id})
    else:
        _show(talk, {"is": "choose", "offers": [script.id for script in left], "guide": True})


def _answers(talk: Talk) -> Mapping[str, str]:
    answers: Mapping[str, str] = (talk.session.aside or {}).get("answers", {})
    return answers


def _ways(talk: Talk) -> list[tuple[str, str]]:
    question = next_question(_live(talk), _answers(talk))
    options = question.options if question else {}
    named = [(option, talk.pick(words)) for option, words in options.items()]
    return [*named, (UNSURE, talk.words("engine.option_unsure"))]


def _ask_which(talk: Talk) -> None:
    question = next_question(_live(talk), _answers(talk))
    words = talk.pick(question.ask) if question else talk.words("engine.which_service")
    talk.ask(words, [*_ways(talk), (PERSON, talk.words("engine.option_person"))])


def _hear_which(talk: Talk, said: Said) -> None:
    question = next_question(_live(talk), _answers(talk))
    word = meant(said, _ways(talk))
    if question and word in dict(_ways(talk)):
        _narrow(talk, {**_answers(talk), question.id: word})
    else:
        talk.change(aside={"is": "choose"})
        hear_wish(talk, said)


# The guide, before anything is asked


def _doing(talk: Talk) -> list[tuple[str, str]]:
    script = _told(talk)
    key = "engine.guide_begin" if script.form or script.materials else "engine.guide_how"
    return [("begin", talk.words(key)), ("others", talk.words("engine.option_others"))]


def _told(talk: Talk) -> Script:
    library = talk.world.library
    return library.scripts[library.live[(talk.session.aside or {})["service"]]]


def _is_gone(talk: Talk) -> bool:
    """Say whether the service was taken off since it was told about; then all the others are shown."""
    if (talk.session.aside or {})["service"] in talk.world.library.live:
        return False
    talk.change(aside={"is": "choose"})
    return True


def _ask_guide(talk: Talk) -> None:
    if _is_gone(talk):
        return
    talk.ask(guide(talk, _told(talk)), [*_doing(talk), (PERSON, talk.words("engine.option_person"))])


def _hear_guide(talk: Talk, said: Said) -> None:
    if _is_gone(talk):
        hear_wish(talk, said)
        return
    service = _told(talk).id
    word = meant(said, _doing(talk)) or read_yes_no(said)
    if word in ("begin", "yes"):
        begin(talk, service)
    elif word in ("others", "no"):
        _show(talk, {"is": "choose"})
    else:
        talk.change(aside={"is": "choose"})
        hear_wish(talk, said)


def tell_guide(talk: Talk, _: str) -> None:
    """The command 办事指南: of what he is at, else of what he picks next."""
    if talk.session.script:
        talk.tell(guide(talk, talk.script))
        talk.again()
    else:
        _show(talk, {"is": "choose", "guide": True})


FLOORS: Mapping[str, Floor] = {
    "choose": Floor(_ask_choose, hear_wish),
    "which": Floor(_ask_which, _hear_which),
    "guide": Floor(_ask_guide, _hear_guide),
}
