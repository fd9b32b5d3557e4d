"""Guides as pages that need nothing else: no script, no font, no network. They print like the PDF."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from dialogs.guides import Book, Section, Sheet
from dialogs.wording import say

_STYLE = """
body{margin:0;background:#f5f5f2;color:#1a1a1a;
font:18px/1.7 "Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif}
main{box-sizing:border-box;max-width:820px;min-height:100vh;margin:0 auto;padding:24px 20px 48px;
background:#fff;overflow-wrap:anywhere}
h1{margin:8px 0;font-size:28px;line-height:1.3}
h2{margin:24px 0 4px;font-size:20px}
p{margin:6px 0}
a{color:#0b5cad;display:inline-block;padding:6px 0}
table{width:100%;border-collapse:collapse;margin:12px 0}
th,td{padding:8px 10px;border:1px solid #767676;text-align:left;vertical-align:top;font-weight:400}
th{background:#f2f2ee;font-weight:600}
ul,ol{margin:4px 0;padding-left:1.4em}
.end{margin:16px 0;padding:12px 16px;border-left:6px solid #0b5cad;background:#eef4fb;font-weight:600}
.small{color:#4a4a4a;font-size:16px}
.ways td:first-child{width:62%}
@media(max-width:520px){.ways tr:first-child{display:none}
.ways td,.ways td:first-child{display:block;width:auto}
.ways td:first-child{border-bottom:0}.ways td+td{margin-bottom:16px;border-top:0}}
@media print{@page{margin:18mm 16mm}body{font-size:11pt;line-height:1.5}h1{font-size:18pt}h2{font-size:13pt}
.small{font-size:9pt}body,main{max-width:none;min-height:0;padding:0;background:none}th,.end{background:none}
a{padding:0;color:inherit;text-decoration:none}nav,.to-print{display:none}
h1,h2,.end{break-after:avoid}tr,li,.end{break-inside:avoid}}
"""


def sheet_name(sheet: Sheet) -> str:
    """Return the file name of a sheet's page."""
    return f"{sheet.number:04}.html"


def sheet(book: Book, one: Sheet) -> str:
    """Return the page of one situation."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(label)}</th><td>{escape(value)}</td></tr>" for label, value in one.said
    )
    case = f"<table>{rows}</table>" if rows else _p(say("guides.everyone", book.lang))
    number = say("guides.number", book.lang, number=one.number)
    body = [
        f"<nav><a href='index.html'>{_words('guides.all', book)}</a></nav>",
        f"<h1>{escape(book.title)}</h1>",
        _small(number, book),
        f"<h2>{_words('guides.your_case', book)}</h2>{case}",
        f"<p class='end'>{escape(one.end)}</p>",
        *map(_section, one.sections),
    ]
    return page(f"{book.title} {number}", body, book.lang)


def service(book: Book) -> str:
    """Return the page of a service: every situation, how it ends, and the way to its sheet."""
    count = say("guides.count", book.lang, count=len(book.sheets))
    heads = (say(f"guides.{name}", book.lang) for name in ("your_case", "end"))
    body = [
        f"<nav><a href='../index.html'>{_words('guides.back', book)}</a></nav>",
        f"<h1>{escape(book.title)}</h1>",
        _p(book.about),
        _small(count, book),
        f"<p class='to-print'><a href='{book.id}.pdf'>{_words('guides.pdf', book)}</a></p>",
        f"<table class='ways'><tr>{''.join(f'<th scope=col>{escape(each)}</th>' for each in heads)}</tr>",
        *(_row(book, each) for each in book.sheets),
        "</table>",
    ]
    return page(book.title, body, book.lang)


def _row(book: Book, one: Sheet) -> str:
    said = "<br>".join(
        escape(f"{label}：{value}" if book.lang == "zh-CN" else f"{label}: {value}")
        for label, value in one.said
    )
    number = say("guides.number", book.lang, number=one.number)
    link = f"<a href='{sheet_name(one)}'>{escape(number)}</a>"
    return f"<tr><td>{said or _words('guides.everyone', book)}</td><td>{link}<br>{escape(one.end)}</td></tr>"


def index(books: Iterable[Book], lang: str) -> str:
    """Return the page that leads to every service."""
    every = list(books)
    title = say("guides.index", lang)
    days = sorted({book.day for book in every})
    lines = "".join(map(_line, every))
    return page(
        title, [f"<h1>{escape(title)}</h1>", *(_p(day, "small") for day in days), f"<ul>{lines}</ul>"], lang
    )


def _line(book: Book) -> str:
    link = f"<a href='{book.id}/index.html'>{escape(book.title)}</a>"
    count = escape(say("guides.count", book.lang, count=len(book.sheets)))
    return f"<li>{link} <span class='small'>{count}</span><br>{escape(book.about)}</li>"


def page(title: str, body: Iterable[str], lang: str) -> str:
    """Return a whole page. `body` is HTML; everything of scripts in it has been escaped."""
    inner = "\n".join(body)
    return f"""<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{_STYLE}</style></head>
<body><main>
{inner}
</main></body></html>
"""


def _section(section: Section) -> str:
    kind = "ol" if section.numbered else "ul"
    lines = "".join(f"<li>{escape(line)}</li>" for line in section.lines)
    return f"<h2>{escape(section.title)}</h2><{kind}>{lines}</{kind}>"


def _p(words: str, kind: str = "") -> str:
    return f"<p class='{kind}'>{escape(words)}</p>" if kind else f"<p>{escape(words)}</p>"


def _small(words: str, book: Book) -> str:
    """Return what a page is of; the version may begin a line, and is not cut by a narrow screen."""
    source = f"{escape(book.id)}@<wbr>{escape(book.version)}"
    return f"<p class='small'>{escape(words)} · {escape(book.day)} · {source}</p>"


def _words(key: str, book: Book) -> str:
    return escape(say(key, book.lang))
