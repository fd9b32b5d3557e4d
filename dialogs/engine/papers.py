"""Photos of papers: which page is wanted, what came, whether it will do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from dialogs import photos
from dialogs.engine import consenting, deferring, detours, looking_up, on_behalf
from dialogs.engine.cases import asked as asked_for
from dialogs.engine.flow import asked, forget_photos, keep
from dialogs.engine.notice import page_title as title
from dialogs.engine.notice import pages
from dialogs.engine.talk import PERSON, Said, Talk, meant
from dialogs.messages import Card, Media, MediaKind
from dialogs.script import Material
from dialogs.script.road import Station
from dialogs.turn import FetchMedia, ForgetFile, MeasurePhoto, MediaFetched, OpenTicket, PhotoMeasured, Say

__all__ = ["ask", "fetched", "hear", "measured", "page_of", "receive", "slots", "title", "verdict_on"]


def wanted(talk: Talk) -> list[Station]:
    """Return the pages that may be sent now: the one being replaced, or those missing and not looked at."""
    if on_behalf.is_asking(talk):
        return [on_behalf.STATION]
    station = asked(talk)
    if station is None or station.kind != "photo":
        return []
    if talk.session.aside:
        return [] if station.key in talk.session.judging.values() else [station]
    session = talk.session
    taken = set(session.judging.values())
    return [page for page in pages(talk) if page.key not in session.answers and page.key not in taken]


def ask(talk: Talk) -> None:
    """Ask for the next page, with how to photograph it; while all are being looked at, there is none."""
    pending = wanted(talk)
    if not pending:  # the verdict will speak
        if not any(isinstance(effect, Say) for effect in talk.effects):
            talk.say("engine.photo_looking")
        return
    station = pending[0]
    material = station.step
    assert isinstance(material, Material)
    if _held_before(talk, station):
        talk.ask(talk.words("engine.photo_still", title=title(talk, station)), _same_or_new(talk))
        return
    text = talk.words("engine.photo_send", title=title(talk, station))
    how = talk.pick(material.guidance) if material.guidance else talk.words("engine.photo_how")
    talk.ask(f"{text}\n{how}", _may_owe(talk, station), _card(talk, station))


def _may_owe(talk: Talk, station: Station) -> list[tuple[str, str]]:
    """Return the button for a paper that a department answers for, or that may come later."""
    if looking_up.can(talk, station):
        return [("look_up", talk.words("engine.photo_look_up"))]
    return [("owe", talk.words("engine.photo_owe"))] if deferring.can(talk, station) else []


def _card(talk: Talk, station: Station) -> Card:
    name = title(talk, station)
    side = station.page if station.page in ("front", "back") else "page"
    return Card("photo", name, {"slot": station.key, "side": side, "title": name})


def _held_before(talk: Talk, station: Station) -> bool:
    """Say whether a photo of this page was taken before its paper left the road."""
    before = talk.session.dormant.get(station.key)
    return before is not None and not consenting.stands_in(before) and not talk.session.aside


def _same_or_new(talk: Talk) -> list[tuple[str, str]]:
    return [("same", talk.words("engine.photo_same")), ("new", talk.words("engine.photo_new"))]


def slots(talk: Talk) -> list[str]:
    """Return where the next photos go: to a case for which more is wanted, else to the road."""
    reference = asked_for.on_floor(talk)
    if reference:
        return [asked_for.key(reference, slot) for slot in _photo_slots(talk, reference)]
    return [page.key for page in wanted(talk)]


def _photo_slots(talk: Talk, reference: str) -> list[str]:
    """Return the pages that may be sent for a case now: those before the next question."""
    known = asked_for.stations(talk, talk.session.cases[reference])
    kinds = [
        (slot, known[slot].kind if slot in known else "photo") for slot in asked_for.left(talk, reference)
    ]
    return [slot for slot, _ in takewhile(lambda each: each[1] == "photo", kinds)]


def hear(talk: Talk, said: Said) -> None:
    """Words where a photo is wanted: say that nothing is lost, and how to go on."""
    pending = wanted(talk)
    held = bool(pending) and _held_before(talk, pending[0])
    offered = _same_or_new(talk) if held else _may_owe(talk, pending[0]) if pending else []
    word = meant(said, offered)
    if offered and not held and offered[0][0] == "look_up" and (word or deferring.is_meant(said.text)):
        looking_up.offer(talk, pending[0])
    elif offered and not held and (word == "owe" or deferring.is_meant(said.text)):
        deferring.offer(talk, pending[0])
    elif offered and word == "same":
        keep(talk, pending[0].key, talk.session.dormant[pending[0].key])
        talk.next()
    elif offered and word == "new":
        _drop(talk, pending[0].key)
        talk.next()
    elif not detours.heard(talk, said.text):
        # With the card, for where it is a link to our own page: whoever lost his gets a new one.
        card = _card(talk, pending[0]) if pending and not held else None
        talk.reject(talk.words("engine.photo_not_words"), offered, card)


def _drop(talk: Talk, key: str) -> None:
    """Delete the photo that was kept for a page."""
    dormant = dict(talk.session.dormant)
    talk.do(ForgetFile(dormant.pop(key)["file"]))
    talk.change(dormant=dormant)


def receive(talk: Talk, media: Sequence[Media]) -> None:
    """Put each photo to the next page wanted, in the order they came; what is not wanted is forgotten."""
    for kind in dict.fromkeys(each.kind for each in media if each.kind != "photo"):
        _no_photo(talk, kind)
    for each in media:
        places = slots(talk) if each.kind == "photo" else []
        if places:
            talk.change(judging={**talk.session.judging, each.file: places[0]})
            talk.do(_look_at(talk, each))
        elif each.file and not each.ref:  # what lies with the platform is simply not fetched
            talk.do(ForgetFile(each.file))
        if each.kind == "photo" and not places:
            _not_wanted(talk)


def _look_at(talk: Talk, photo: Media) -> FetchMedia | MeasurePhoto:
    """Return the order to look at a photo; what lies on the platform's servers is fetched first."""
    if photo.ref:
        return FetchMedia(photo.file, photo.ref, talk.session.channel)
    return MeasurePhoto(photo.file)


def _not_wanted(talk: Talk) -> None:
    if talk.session.judging:
        talk.say("engine.photo_enough")
    else:
        talk.say("engine.photo_not_now")
        talk.again()


def _no_photo(talk: Talk, kind: MediaKind) -> None:
    """Say in one sentence what to send instead, and put the present question again."""
    if kind == "elsewhere" and not slots(talk):
        talk.say("engine.photo_not_now")
    else:
        talk.say(f"engine.media_{kind}")
    talk.again()


def fetched(talk: Talk, event: MediaFetched) -> None:
    """The photo is ours now: look at it, if it is still wanted."""
    if event.file in talk.session.judging:
        talk.do(MeasurePhoto(event.file))
    elif not _held(talk, event.file):
        talk.do(ForgetFile(event.file))


def measured(talk: Talk, event: PhotoMeasured) -> None:
    """Take the photo or say the one thing to do better."""
    session = talk.session
    slot = session.judging.get(event.file)
    if slot is None:
        if not _held(talk, event.file):  # the applicant restarted meanwhile
            talk.do(ForgetFile(event.file))
        return
    talk.change(judging={file: each for file, each in session.judging.items() if file != event.file})
    station = on_behalf.STATION if slot == on_behalf.PAGE else talk.road.stations[talk.road.index[slot]]
    verdict = _judge(talk, station, event)
    if verdict.ok:
        talk.say("engine.photo_good", title=title(talk, station))
        _take(talk, station, event, verdict.flags)
    else:
        _refuse(talk, station, event, verdict)


def _held(talk: Talk, file: str) -> bool:
    """Say whether a photo was taken before, and its verdict has come a second time."""
    session = talk.session
    kept = [session.answers, session.dormant]
    kept += [each["answers"] for each in (*session.put_away.values(), *session.cases.values())]
    kept += [each["ask"]["given"] for each in session.cases.values() if each.get("ask")]
    return any(file == order.file for answers in kept for order in forget_photos(answers))


def verdict_on(event: PhotoMeasured, station: Station | None, others: Sequence[str]) -> photos.Verdict:
    """Judge a photo by what its paper wants, beside what the other photos look like."""
    if event.fault:
        return photos.Verdict((event.fault,))
    material = station.step if station else None
    checks = material.checks if isinstance(material, Material) else ["document"]
    return photos.judge(photos.measured(event.measure), checks, others)


def _judge(talk: Talk, station: Station, event: PhotoMeasured) -> photos.Verdict:
    # Not by the pages he needs: while he changes what decides them, they are not known.
    taken = [each for key, each in talk.session.answers.items() if key != station.key]
    others = [each["look"] for each in taken if isinstance(each, dict) and "look" in each]
    return verdict_on(event, station, others)


def _take(talk: Talk, station: Station, event: PhotoMeasured, flags: Sequence[str]) -> None:
    if station.key == on_behalf.PAGE:
        on_behalf.keep_photo(talk, page_of(event, flags))
        return
    before = talk.session.answers.get(station.key) or talk.session.dormant.get(station.key)
    deferring.take_back(talk, station)
    if before and not consenting.stands_in(before):
        talk.do(ForgetFile(before["file"]))
    talk.change(tries={slot: n for slot, n in talk.session.tries.items() if slot != station.key})
    keep(talk, station.key, page_of(event, flags))
    if wanted(talk) or not talk.session.judging:
        talk.next()


def page_of(event: PhotoMeasured, flags: Sequence[str]) -> dict[str, Any]:
    """Return how a photo is kept among the answers."""
    return {
        "file": event.file,
        "kept": event.kept,
        "sha256": event.sha256,
        "look": event.measure.get("look", ""),
        "flags": list(flags),
    }


def _refuse(talk: Talk, station: Station, event: PhotoMeasured, verdict: photos.Verdict) -> None:
    """Say what to do better; the last try is kept for a person to look at, if there is a picture at all."""
    tries = talk.session.tries.get(station.key, 0) + 1
    talk.change(tries={**talk.session.tries, station.key: tries})
    if tries >= photos.TRIES and event.kept:
        talk.say("engine.photo_by_hand", title=title(talk, station))
        talk.do(OpenTicket(reason="photo", note=station.key))
        _take(talk, station, event, (photos.LOOK_BY_HAND, *verdict.reasons))
        return
    talk.do(ForgetFile(event.file))
    why = talk.words(f"photos.{verdict.reasons[0]}")
    again = verdict.reasons[0] != photos.NO_ROOM  # not today: nothing he could send would be taken
    text = talk.words("engine.photo_again", title=title(talk, station), why=why) if again else why
    if station in wanted(talk):
        person = [(PERSON, talk.words("engine.option_person"))] if tries >= photos.TRIES else []
        talk.ask(text, person, _card(talk, station))
    else:  # he is doing something else by now: what is asked there stays the question
        talk.tell(text)
        talk.again()
