"""Writes guides into a folder: index.html, and a folder for each service with its pages and its PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from bot.guides import html, pdf
from dialogs.guides import Book, make
from dialogs.script import Script


def write(
    scripts: Sequence[Script], folder: Path, today: date, lang: str, step: Callable[[int, str], None]
) -> list[Book]:
    """Write the guides of all scripts. `step` hears how many services are done, and which is next.

    Raises:
        OSError: the folder cannot be written.
    """
    books = []
    for done, script in enumerate(scripts):
        step(done, script.title["zh-CN"])
        book = make(script, today, lang)
        _write(book, folder / book.id)
        books.append(book)
    _text(folder / "index.html", html.index(books, lang))
    step(len(books), "")
    return books


def _write(book: Book, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _forget(folder.glob("[0-9]*.html"))  # of an earlier version, which had more situations
    for sheet in book.sheets:
        _text(folder / html.sheet_name(sheet), html.sheet(book, sheet))
    _text(folder / "index.html", html.service(book))
    (folder / f"{book.id}.pdf").write_bytes(pdf.render(book))


def _forget(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink()


def _text(file: Path, words: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(words, encoding="utf-8")
