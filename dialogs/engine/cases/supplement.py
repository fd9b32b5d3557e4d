"""Asking for what an office wants still, slot by slot; giving says what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialogs.answers import Accepted, plain, read
from dialogs.engine import deferring, papers
from dialogs.engine.cases import asked, owing
from dialogs.engine.cases.book import Case, spoken_day
from dialogs.engine.cases.buttons import step_off
from dialogs.engine.cases.giving import give
from dialogs.engine.notice import page_title
from dialogs.engine.stations import options, question_of
from dialogs.engine.talk import PERSON, Floor, Said, Talk, meant
from dialogs.engine.villagers import of_whom
from dialogs.messages import Card
from dialogs.photos import LOOK_BY_HAND, NO_ROOM, TRIES
from dialogs.script import Material
from dialogs.script.road import Station
from dialogs.turn import ForgetFile, OpenTicket, PhotoMeasured, Say

LATER, OWE = "later", "owe"


# Asking


def _ask(talk: Talk) -> None:
    reference = asked.on_floor(talk)
    slots = asked.left(talk, reference)
    if not slots:
        _nothing_left(talk, reference)
        return
    case, slot = talk.session.cases[reference], slots[0]
    station = asked.stations(talk, case).get(slot)
    if station is not None and station.kind == "question":
        _ask_question(talk, case, station)
    else:
        card = photo_card(talk, reference, slot)
        talk.ask(_photo_text(talk, case, slot, station), _instead(talk, reference, slot), card)


def _nothing_left(talk: Talk, reference: str) -> None:
    """All has been given, and is being looked at; or there is nothing to give any more."""
    case = talk.session.cases.get(reference)
    waiting = any(asked.read_key(each)[0] == reference for each in talk.session.judging.values())
    if waiting and case is not None and asked.ask_of(case) is not None:
        if not any(isinstance(effect, Say) for effect in talk.effects):
            talk.say("engine.photo_looking")
        return
    step_off(talk)


def _item(talk: Talk, case: Case, slot: str) -> Mapping[str, Any]:
    items = asked.wanted_items(talk, case)
    return next((each for each in items if slot in asked.slots_of(talk, case, each)), {"title": slot})


def _photo_text(talk: Talk, case: Case, slot: str, station: Station | None) -> str:
    item = _item(talk, case, slot)
    title = page_title(talk, station) if station else item["title"]
    lines = [of_whom(talk, case, talk.words("engine.photo_send", title=title))]
    if item.get("reason"):
        lines.append(talk.words("progress.supply_why", reason=item["reason"]))
    lines.append(_how(talk, station, str(item.get("example", ""))))
    return "\n".join(lines)


def _how(talk: Talk, station: Station | None, example: str) -> str:
    """Return how to photograph it: by the picture the office chose, else as the road does."""
    if example in EXAMPLES:
        return talk.words(f"progress.example_{example}")
    material = station.step if station else None
    guided = isinstance(material, Material) and material.guidance
    return talk.pick(material.guidance) if guided else talk.words("engine.photo_how")  # type: ignore[union-attr]


EXAMPLES = ("id_card_front", "id_card_back", "blurred", "whole_page", "glare", "all_corners")


def photo_card(talk: Talk, reference: str, slot: str) -> Card:
    """Return the card for a photo wanted here; its example is the picture that the office chose."""
    case = talk.session.cases[reference]
    station = asked.stations(talk, case).get(slot)
    item = _item(talk, case, slot)
    title = page_title(talk, station) if station else str(item["title"])
    side = station.page if station and station.page in ("front", "back") else "page"
    example = item.get("example", "")
    body = {"slot": asked.key(reference, slot), "side": side, "title": title, "example": example}
    return Card("photo", title, body)


def _ask_question(talk: Talk, case: Case, station: Station) -> None:
    question, item = question_of(station), _item(talk, case, station.key)
    lines = [talk.words("progress.supply_why", reason=item["reason"])] if item.get("reason") else []
    lines.append(of_whom(talk, case, talk.pick(question.ask)))
    if question.hint:
        lines.append(talk.pick(question.hint))
    talk.ask("\n".join(lines), [*_options(talk, case, station), *_later(talk)])


def _options(talk: Talk, case: Case, station: Station) -> list[tuple[str, str]]:
    return list(options(talk, question_of(station), talk.world.library.scripts[case["script"]]))


def _later(talk: Talk) -> list[tuple[str, str]]:
    return [(LATER, talk.words("progress.supply_later"))]


def _instead(talk: Talk, reference: str, slot: str) -> list[tuple[str, str]]:
    """Return what may be said where a photo is wanted: later; or, where it may be, that it is owed."""
    owe = [(OWE, talk.words("engine.photo_owe"))] if owing.can(talk, reference, slot) else []
    return [*_later(talk), *owe]


# Hearing


def _hear(talk: Talk, said: Said) -> None:
    reference = asked.on_floor(talk)
    slots = asked.left(talk, reference)
    if not slots:
        talk.again()
        return
    case, slot = talk.session.cases[reference], slots[0]
    station = asked.stations(talk, case).get(slot)
    if station is not None and station.kind == "question":
        _hear_answer(talk, reference, station, said)
    else:
        _hear_instead(talk, reference, slot, said)


def _hear_instead(talk: Talk, reference: str, slot: str, said: Said) -> None:
    ways = _instead(talk, reference, slot)
    word = meant(said, ways)
    if word == LATER:
        _put_off(talk, reference)
    elif len(ways) > 1 and (word == OWE or deferring.is_meant(said.text)):
        owing.offer(talk, reference, slot)
    else:
        talk.reject(talk.words("engine.photo_not_words"), ways, photo_card(talk, reference, slot))


def _hear_answer(talk: Talk, reference: str, station: Station, said: Said) -> None:
    case = talk.session.cases[reference]
    shown = [*_options(talk, case, station), *_later(talk)]
    if said.option == LATER or plain(said.text) in (str(len(shown)), shown[-1][1]):
        _put_off(talk, reference)
        return
    script = talk.world.library.scripts[case["script"]]
    question = question_of(station)
    answer = read(question, said.text, said.option, script=script, today=talk.today, lang=talk.lang)
    if isinstance(answer, Accepted):
        give(talk, reference, station.key, answer.value)
        _go_on(talk, reference)
    else:
        talk.reject(talk.words(answer.reason, **answer.values), [*(answer.offers or shown[:-1]), shown[-1]])


def _put_off(talk: Talk, reference: str) -> None:
    ask = talk.session.cases[reference]["ask"]
    talk.say("progress.supply_put_off", day=spoken_day(talk, ask["by"], provisional=ask["provisional"]))
    step_off(talk)


def _go_on(talk: Talk, reference: str) -> None:
    """Ask for the next slot, if this case has the floor."""
    if asked.on_floor(talk) != reference:
        return
    case = talk.session.cases[reference]
    if asked.wanted_items(talk, case):
        talk.next()
    else:
        step_off(talk)


def measured(talk: Talk, event: PhotoMeasured) -> None:
    """Take a photo for a case, or say the one thing to do better."""
    name = talk.session.judging[event.file]
    talk.change(judging={file: each for file, each in talk.session.judging.items() if file != event.file})
    reference, slot = asked.read_key(name)
    if slot not in asked.left(talk, reference):  # it was taken back meanwhile, or is over
        talk.do(ForgetFile(event.file))
        return
    case = talk.session.cases[reference]
    station = asked.stations(talk, case).get(slot)
    title = page_title(talk, station) if station else str(_item(talk, case, slot)["title"])
    verdict = papers.verdict_on(event, station, _looks(case, slot))
    tries = talk.session.tries.get(name, 0) + 1
    by_hand = not verdict.ok and tries >= TRIES and bool(event.kept)
    if not verdict.ok and not by_hand:
        talk.change(tries={**talk.session.tries, name: tries})
        _refuse(talk, reference, event, title, verdict.reasons[0], tries)
        return
    if by_hand:
        talk.do(OpenTicket(reason="photo", note=name))
    talk.say("engine.photo_by_hand" if by_hand else "engine.photo_good", title=title)
    flags = (LOOK_BY_HAND, *verdict.reasons) if by_hand else verdict.flags
    talk.change(tries={each: n for each, n in talk.session.tries.items() if each != name})
    give(talk, reference, slot, papers.page_of(event, flags))
    _go_on(talk, reference)


def _looks(case: Case, slot: str) -> list[str]:
    """Return what the case's other photos look like: the same picture twice is one too few."""
    held = {**case["answers"], **case["ask"]["given"]}
    return [
        page["look"]
        for key, page in held.items()
        if key != slot and isinstance(page, dict) and "look" in page
    ]


def _refuse(talk: Talk, reference: str, event: PhotoMeasured, title: str, reason: str, tries: int) -> None:
    talk.do(ForgetFile(event.file))
    why = talk.words(f"photos.{reason}")
    text = why if reason == NO_ROOM else talk.words("engine.photo_again", title=title, why=why)
    slots = asked.left(talk, reference)
    if asked.on_floor(talk) != reference:
        talk.tell(text)
        talk.again()
        return
    person = [(PERSON, talk.words("engine.option_person"))] if tries >= TRIES else []
    talk.ask(text, [*_later(talk), *person], photo_card(talk, reference, slots[0]))


FLOORS: Mapping[str, Floor] = {asked.ASIDE: Floor(_ask, _hear)}
