"""`zerotrip scripts guides`: the printed service guide of every situation, as HTML and PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from bot.commands.scripts import Files, Today, all_scripts, day_of, fail


def guides(
    out: Annotated[
        Path, typer.Option("--out", help="The folder to write into; it is made where there is none.")
    ],
    files: Files = None,
    today: Today = None,
    lang: Annotated[str, typer.Option(help="zh-CN or en.")] = "zh-CN",
) -> None:
    """Write the service guide (办事指南) of every situation: index.html, a page for each, a PDF per service.

    What is told is what the chat tells and asks: both come from the script. Exit code 2: a file cannot be
    read, or the folder cannot be written.
    """
    from bot.guides.writing import write  # the PDF library is slow to load, and no other command wants it

    scripts = all_scripts(files)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("guides", total=len(scripts))

        def step(done: int, title: str) -> None:
            progress.update(task, description=title, completed=done)

        try:
            books = write(scripts, out, day_of(today), lang, step)
        except OSError as error:
            fail(f"{out}: {error.strerror or error}. Name a folder that can be written.")
    typer.echo(
        f"{sum(len(book.sheets) for book in books)} guides of {len(books)} services: {out / 'index.html'}"
    )
