"""The pre-application: what is read back, and what is handed in.

A package is read back and confirmed once, and handed in as one application for each child, each with a
reference of its own: from then on nothing that happens to one holds up another.
"""

from __future__ import annotations

import hashlib
from typing import Any

from dialogs.answers import show
from dialogs.engine import guardian, on_behalf
from dialogs.engine.consenting import stands_in
from dialogs.engine.deferring import is_promise, promises
from dialogs.engine.flow import forget_photos, leave, photos_in
from dialogs.engine.looking_up import is_lookup, named
from dialogs.engine.notice import page_title, pages, ready, titles
from dialogs.engine.talk import Talk
from dialogs.engine.villagers import label
from dialogs.messages import Card
from dialogs.photos import LOOK_BY_HAND
from dialogs.script import Limit, Script
from dialogs.script.filings import Filing
from dialogs.script.road import CONSENT, Station
from dialogs.turn import Submit, TrackCase

TAIL = 4  # characters of the identity number by which he can ask for his case elsewhere
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing to confuse on the phone


def read_back(talk: Talk) -> tuple[str, Card]:
    """Return everything he said, in words and as a card, with the numbers masked."""
    rows = [{"key": row["key"], "label": row["label"], "value": row["shown"]} for row in _answers(talk)]
    rows += [
        {"key": station.key, "label": page_title(talk, station), "value": _photo_words(talk, station)}
        for station in pages(talk)
    ]
    rows += guardian.rows(talk) + on_behalf.rows(talk)
    listed = "\n".join(talk.words("engine.row", label=row["label"], value=row["value"]) for row in rows)
    text = talk.words("engine.read_back", rows=listed)
    if len(package := ready(talk)) > 1:
        told = talk.words("engine.read_back_package", count=len(package), titles=titles(talk, package))
        text = f"{told}\n{text}"
    return text, Card("read_back", talk.words("engine.read_back_title"), {"rows": rows})


def _photo_words(talk: Talk, station: Station) -> str:
    page = talk.session.answers[station.key]
    if is_lookup(page):
        return talk.words("engine.photo_look_up_short")
    if is_promise(page):
        return talk.words("engine.photo_owed_short")
    flags = page["flags"]
    return talk.words(
        "engine.photo_by_hand_short" if LOOK_BY_HAND in flags else "engine.photo_received_short"
    )


def _answers(talk: Talk, *, masked: bool = True) -> list[dict[str, Any]]:
    """Return the answers on the road, in order, as the intake contract wants them."""
    rows = []
    for place in talk.road.passed(talk.session.answers, talk.today):
        station = talk.road.stations[place]
        if station.kind != "question":
            continue
        value = talk.session.answers[station.key]
        rows.append(answer_row(talk, talk.script, station, value, masked=masked))
    return rows


def answer_row(talk: Talk, script: Script, station: Station, value: Any, *, masked: bool) -> dict[str, Any]:
    """Return an answer as the intake contract wants it."""
    question: Any = station.step
    shown = show(question, value, script=script, today=talk.today, lang=talk.lang, masked=masked)
    return {
        "key": station.key,
        "label": talk.pick(question.label),
        "kind": question.kind,
        "value": value,
        "shown": shown,
        "sensitive": question.sensitive,
    }


def submit(talk: Talk) -> None:
    """Hand it in. The road is free again at once; the answers stay with each case until it has a number."""
    reference, package = _reference(talk), ready(talk)
    made = {_of(reference, each): each for each in package}
    orders = {own: _order(talk, own, each, reference, len(package)) for own, each in made.items()}
    cases = {own: _case(talk, each, reference if len(package) > 1 else "") for own, each in made.items()}
    for own, each in made.items():
        talk.do(orders[own], TrackCase(own, "", each.service, "sending", 0))
    held = {file for case in cases.values() for file in case["files"]}
    rest = forget_photos(talk.session.answers)
    talk.do(*(each for each in rest if each.file not in held))
    talk.change(cases={**talk.session.cases, **cases})
    if len(package) > 1:
        talk.say("engine.sending_package", count=len(package))
    else:
        talk.say("engine.sending")
    leave(talk, handed_in=True)


def _order(talk: Talk, reference: str, filing: Filing, package: str, of: int) -> Submit:
    papers = _papers(talk, filing)
    body = _body(talk, filing, papers)
    if of > 1:
        body["package"] = {"reference": package, "title": talk.pick(talk.script.title), "of": of}
    if owed := [each for name, each in promises(talk).items() if filing.takes(name)]:
        body["deferred"] = owed
    if asked := [each for each in named(talk) if filing.takes(each)]:
        body["lookups"] = asked
    return Submit(reference, body, tuple(papers))


def _papers(talk: Talk, filing: Filing) -> list[dict[str, Any]]:
    """Return the photos that are handed in here, as `Submit.pages` wants them."""
    answers = talk.session.answers
    return [
        {
            "material": _owner(station.key),
            "page": station.page,
            "file": answers[station.key]["kept"],
            "sha256": answers[station.key]["sha256"],
            "flags": answers[station.key]["flags"],
        }
        for station in _stations(talk)
        if filing.takes(_owner(station.key)) and not stands_in(answers[station.key])
    ]


def _stations(talk: Talk) -> list[Station]:
    """Return the pages of papers, the authorisation among them where an agent acts."""
    return [*pages(talk), *([on_behalf.STATION] if on_behalf.PAGE in talk.session.answers else [])]


def _owner(key: str) -> str:
    """Return the question or paper to which an answer belongs: "id_card.front" is the paper `id_card`'s."""
    return key.partition(".")[0]


def _case(talk: Talk, filing: Filing, package: str) -> dict[str, Any]:
    """Return what is remembered of it (dialogs.engine.progress)."""
    answers = {key: each for key, each in talk.session.answers.items() if filing.takes(_owner(key))}
    who, agent = _applicant(talk), on_behalf.given(answers)
    return {
        "service": filing.service,
        "script": talk.script.key,
        "child": filing.child,
        "package": package,
        "number": "",
        "state": "sending",
        "seq": 0,
        "at": {},
        "due": "",
        "rating": "",
        "answers": answers,
        "files": photos_in(answers),
        "phone": on_behalf.phone_of(answers) if agent else _reached_at(talk),
        # Whoever asks for the case by number would get all of the agent's: other villagers' too.
        "tail": "" if agent else who["id_number"][-TAIL:],
        "villager_tail": who["id_number"][-TAIL:] if agent else "",
        "villager": label(talk, who["name"], who["id_number"]) if agent else "",
        "agent": {name: agent[name] for name in ("id", "name", "village")} if agent else {},
        "keep_days": talk.script.keep_days,
        "ended": "",
    }


def _body(talk: Talk, filing: Filing, papers: list[dict[str, Any]]) -> dict[str, Any]:
    item, answers = filing.item, talk.session.answers
    return {
        "service": {
            "id": filing.service,
            "version": talk.script.version,
            "name_code": item.name_code,
            "title": talk.pick(filing.title),
        },
        "office": item.office,
        "lang": talk.lang,
        "applicant": _applicant(talk),
        **guardian.of_application(talk),
        **on_behalf.of_application(talk),
        "answers": [row for row in _answers(talk, masked=False) if filing.takes(row["key"])],
        "materials": _materials(talk, papers),
        "consent": {name: answers[CONSENT][name] for name in ("text_sha256", "at")},
        "limits": {
            "answer": _limit(item.limits.answer),
            "promised": _limit(item.limits.promised),
            "statutory": _limit(item.limits.statutory),
        },
    }


def _applicant(talk: Talk) -> dict[str, str]:
    """Return who applies: the first answer of kind person-name and of kind id-number."""
    found = {"name": "", "id_number": ""}
    kinds = {"person-name": "name", "id-number": "id_number"}
    for row in _answers(talk):
        field = kinds.get(row["kind"])
        if field and not found[field]:
            found[field] = row["value"]
    return found


def _reached_at(talk: Talk) -> str:
    """Return the mobile number he gave, E.164, "" when none was asked for."""
    numbers = (row["value"] for row in _answers(talk) if row["kind"] == "phone")
    return next((f"+86{number}" for number in numbers), "")


def _materials(talk: Talk, papers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for material in (*talk.script.materials, on_behalf.MATERIAL):
        sent = [
            {"page": each["page"], "sha256": each["sha256"], "flags": each["flags"]}
            for each in papers
            if each["material"] == material.id
        ]
        if sent:
            found.append(
                {
                    "id": material.id,
                    "title": talk.pick(material.title),
                    "original": material.original,
                    "pages": sent,
                }
            )
    return found


def _limit(limit: Limit | None) -> dict[str, Any]:
    return {"days": limit.days, "kind": limit.kind} if limit else {"days": 1, "kind": "working"}


def _of(reference: str, filing: Filing) -> str:
    """Return the reference of one application of a package; a whole service keeps the reference itself."""
    return _named(f"{reference}/{filing.child}") if filing.child else reference


def _reference(talk: Talk) -> str:
    """Return the application's own name for life: derived, so that a turn run twice names it the same."""
    session = talk.session
    return _named(f"{session.id}/{len(session.cases)}/{session.prompt}")


def _named(seed: str) -> str:
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big") >> 4  # 60 bits
    letters = "".join(_LETTERS[(number >> shift) & 31] for shift in range(55, -1, -5))
    return f"ZT-{letters[:4]}-{letters[4:8]}-{letters[8:]}"
