"""What he may do about a case from anywhere: by a button under its news, or by its word."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dialogs.engine.browsing import hear_wish
from dialogs.engine.cases import again, asked, owing, requests
from dialogs.engine.cases.buttons import ASIDE, CASE, choice
from dialogs.engine.talk import Floor, Said, Talk, meant
from dialogs.engine.villagers import in_hand, of_whom
from dialogs.messages import Outbound
from dialogs.turn import Say


def _can_supply(talk: Talk, reference: str) -> bool:
    return bool(asked.wanted_items(talk, talk.session.cases[reference]))


def _supply(talk: Talk, reference: str) -> None:
    requests.begin(talk, reference)


def _can_owe(talk: Talk, reference: str) -> bool:
    return bool(owing.paper_of(talk, reference))


def _can_apply_again(talk: Talk, reference: str) -> bool:
    return again.can(talk, talk.session.cases[reference])


CALLS: Mapping[str, tuple[Callable[[Talk, str], bool], Callable[[Talk, str], None]]] = {
    "supply": (_can_supply, _supply),
    "owe": (_can_owe, owing.start),
    "again": (_can_apply_again, again.apply),
}


def tapped(talk: Talk, prompt: str, act: str) -> bool:
    """Take a tap on a case's button, however old; False when it is no such button."""
    if not prompt.startswith(CASE):
        return False
    reference = prompt.removeprefix(CASE)
    if reference in in_hand(talk) and act in CALLS and CALLS[act][0](talk, reference):
        CALLS[act][1](talk, reference)
    else:
        talk.say("engine.stale")
        talk.again()
    return True


def word(act: str) -> Callable[[Talk, str], None]:
    """Return the command that does `act` for the newest case for which it can be done."""

    def command(talk: Talk, _: str) -> None:
        can, do = CALLS[act]
        found = [own for own in talk.session.cases if own in in_hand(talk) and can(talk, own)]
        if found:
            do(talk, found[-1])
        else:
            talk.say(f"progress.nothing_to_{act}")
            talk.again()

    return command


# When nothing else is asked, what was offered has the floor


def _ask_offer(talk: Talk) -> None:
    aside = talk.session.aside or {}
    case = talk.session.cases[aside["reference"]]
    text = of_whom(talk, case, talk.words(f"progress.ask_{aside['act']}"))
    talk.do(Say(Outbound(text, (choice(talk, aside["reference"], aside["act"]),))))


def _hear_offer(talk: Talk, said: Said) -> None:
    aside = talk.session.aside or {}
    reference, act = aside["reference"], aside["act"]
    label = talk.words(f"progress.do_{act}")
    talk.change(aside=None)
    if not said.option and meant(said, [(act, label)]) == act and CALLS[act][0](talk, reference):
        CALLS[act][1](talk, reference)
    else:
        hear_wish(talk, said)


FLOORS: Mapping[str, Floor] = {ASIDE: Floor(_ask_offer, _hear_offer)}
