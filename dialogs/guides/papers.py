"""A paper in the guide: how many photos, and what to do without it."""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.script import Material
from dialogs.wording import pick, say


def paper_line(paper: Material, lang: str) -> str:
    """Return the paper with what may stand for it and, where it is not plain, how to photograph it."""
    notes = [say(f"guides.{name}", lang) for name in _notes(paper)]
    if paper.copies:
        notes.append(say("guides.copies", lang, count=paper.copies))
    photos = say("guides.photos", lang, title=pick(paper.title, lang), count=len(paper.pages))
    comma, stop = ("，", "。") if lang == "zh-CN" else ("; ", ". ")
    line = comma.join([photos, *notes])
    return f"{line}{stop}{pick(paper.guidance, lang)}" if paper.guidance else line


def _notes(paper: Material) -> Iterator[str]:
    if paper.source != "applicant":
        yield paper.source
    if paper.deferrable:
        yield "deferrable"
    if paper.lookup:
        yield "lookup"
