"""The pre-application: what is read back, and what is handed in."""

from __future__ import annotations

import hashlib
from typing import Any

from dialogs.answers import show
from dialogs.engine.flow import leave, photos_in
from dialogs.engine.notice import page_title, pages
from dialogs.engine.talk import Talk
from dialogs.messages import Card
from dialogs.photos import LOOK_BY_HAND
from dialogs.script import Limit
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
    listed = "\n".join(talk.words("engine.row", label=row["label"], value=row["value"]) for row in rows)
    text = talk.words("engine.read_back", rows=listed)
    return text, Card("read_back", talk.words("engine.read_back_title"), {"rows": rows})


def _photo_words(talk: Talk, station: Station) -> str:
    flags = talk.session.answers[station.key]["flags"]
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
        question: Any = station.step
        value = talk.session.answers[station.key]
        shown = show(question, value, script=talk.script, today=talk.today, lang=talk.lang, masked=masked)
        rows.append(
            {
                "key": station.key,
                "label": talk.pick(question.label),
                "kind": question.kind,
                "value": value,
                "shown": shown,
                "sensitive": question.sensitive,
            }
        )
    return rows


def submit(talk: Talk) -> None:
    """Hand it in. The road is free again at once; the answers stay with the case until it has a number."""
    session, script = talk.session, talk.script
    reference = _reference(talk)
    papers = [
        {
            "material": station.key.partition(".")[0],
            "page": station.page,
            "file": session.answers[station.key]["kept"],
            "sha256": session.answers[station.key]["sha256"],
            "flags": session.answers[station.key]["flags"],
        }
        for station in pages(talk)
    ]
    talk.do(
        Submit(reference, _body(talk, papers), tuple(papers)),
        TrackCase(reference, "", script.id, "sending", 0),
    )
    case = {
        "service": script.id,
        "script": script.key,
        "number": "",
        "state": "sending",
        "seq": 0,
        "at": {},
        "due": "",
        "rating": "",
        "answers": dict(session.answers),
        "files": photos_in(session.answers),
        "phone": _reached_at(talk),
        "tail": _applicant(talk)["id_number"][-TAIL:],
        "keep_days": script.keep_days,
        "ended": "",
    }
    talk.change(cases={**session.cases, reference: case})
    talk.say("engine.sending")
    leave(talk, handed_in=True)


def _body(talk: Talk, papers: list[dict[str, Any]]) -> dict[str, Any]:
    script, answers = talk.script, talk.session.answers
    return {
        "service": {
            "id": script.id,
            "version": script.version,
            "name_code": script.item.name_code,
            "title": talk.pick(script.title),
        },
        "office": script.item.office,
        "lang": talk.lang,
        "applicant": _applicant(talk),
        "answers": _answers(talk, masked=False),
        "materials": _materials(talk, papers),
        "consent": {name: answers[CONSENT][name] for name in ("text_sha256", "at")},
        "limits": {
            "answer": _limit(script.item.limits.answer),
            "promised": _limit(script.item.limits.promised),
            "statutory": _limit(script.item.limits.statutory),
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
    for material in talk.script.materials:
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


def _reference(talk: Talk) -> str:
    """Return the application's own name for life: derived, so that a turn run twice names it the same."""
    session = talk.session
    seed = hashlib.sha256(f"{session.id}/{len(session.cases)}/{session.prompt}".encode()).digest()
    number = int.from_bytes(seed[:8], "big") >> 4  # 60 bits
    letters = "".join(_LETTERS[(number >> shift) & 31] for shift in range(55, -1, -5))
    return f"ZT-{letters[:4]}-{letters[4:8]}-{letters[8:]}"
