"""What the office has put in writing: kept, told, and given again when asked for.

A case lists its documents under the file each is kept as: {kind, title, number, url, held}. The file's id
is made from the event's place, so that news told twice brings one file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from dialogs.engine.cases.book import change
from dialogs.engine.talk import Talk
from dialogs.engine.villagers import shown, whose
from dialogs.messages import Card
from dialogs.turn import DocumentHeld, FetchDocument, ProgressReported

Documents = Mapping[str, Mapping[str, Any]]

# Fetched when he asks for it: it says what he has just read back, and most people never want it on paper.
ON_REQUEST = frozenset({"application_form"})
KNOWN = frozenset(
    ("application_form", "receipt", "correction", "deferral", "refusal", "revocation", "withdrawal")
)
MOST_TOLD = 10  # of all his cases, the newest


def of_case(case: Mapping[str, Any]) -> Documents:
    found: Documents = case.get("documents", {})  # cases of before there were documents have no list
    return found


def announced(talk: Talk, event: ProgressReported) -> None:
    """Note the document that came with an event, and have it fetched."""
    url = str(event.document.get("url") or "")
    if not url:
        return
    seed = f"{event.reference}/{event.seq}".encode()
    file = hashlib.sha256(seed).hexdigest()[:32]
    entry = {name: str(event.document.get(name) or "") for name in ("kind", "title", "number")}
    _put(talk, event.reference, file, {**entry, "url": url, "held": False})
    if entry["kind"] not in ON_REQUEST:
        talk.do(FetchDocument(event.reference, file, url))


def held(talk: Talk, event: DocumentHeld) -> None:
    """It is kept here: tell him, once. Lost: take it off the list; the news itself has told what it said."""
    case = talk.session.cases.get(event.reference)
    entry = of_case(case).get(event.file) if case else None
    if case is None or entry is None or entry["held"]:
        return
    if event.lost:
        rest = {file: each for file, each in of_case(case).items() if file != event.file}
        change(talk, event.reference, documents=rest)
        return
    change(talk, event.reference, files=[*case["files"], event.file])
    _put(talk, event.reference, event.file, {**entry, "held": True})
    _tell(talk, event.file, entry, asked=entry["kind"] in ON_REQUEST)


def tell_all(talk: Talk) -> bool:
    """Give all he has once more; what is not here yet is fetched. False when there is none."""
    found = [
        (reference, file, entry)
        for reference, case in shown(talk).items()
        for file, entry in of_case(case).items()
    ]
    for reference, file, entry in found[-MOST_TOLD:]:
        if entry["held"]:
            _tell(talk, file, entry, whose(talk.session.cases[reference]), asked=True)
        else:
            talk.do(FetchDocument(reference, file, entry["url"]))
            talk.say("documents.coming", title=_title(talk, entry))
    return bool(found)


def _tell(talk: Talk, file: str, entry: Mapping[str, Any], name: str = "", *, asked: bool = False) -> None:
    """Give one. name: the villager whose it is, where nothing else has said so. asked: he wants to see it."""
    title, number = _title(talk, entry), entry["number"]
    text = talk.words("documents.here", title=title, number=number)
    if name:
        text = talk.words("on_behalf.about", name=name, text=text)
    body = {"file": file, "title": title, "number": number, "asked": asked}
    talk.tell(text, Card("document", title, body))


def _title(talk: Talk, entry: Mapping[str, Any]) -> str:
    kind = entry["kind"]
    return talk.words(f"documents.{kind}") if kind in KNOWN else entry["title"]


def _put(talk: Talk, reference: str, file: str, entry: Mapping[str, Any]) -> None:
    listed = of_case(talk.session.cases[reference])
    change(talk, reference, documents={**listed, file: dict(entry)})
