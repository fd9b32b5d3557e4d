"""A document for the screen: one page that needs nothing else, and prints like the PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from intake.documents.content import Content

CONTENT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

_STYLE = """
body{margin:0;background:#f3f3f0;color:#1a1a1a;font:18px/1.7 "Noto Serif SC","Songti SC",SimSun,serif}
main{position:relative;overflow:hidden;box-sizing:border-box;max-width:800px;margin:0 auto;padding:48px 32px;
background:#fff}
h1{margin:0 0 8px;text-align:center;font-size:30px}
h2{margin:24px 0 8px;font-size:19px}
.number{text-align:right;font-size:16px}
table{width:100%;border-collapse:collapse;margin:12px 0}
th,td{padding:6px 10px;border:1px solid #777;text-align:left;vertical-align:top;font-weight:400;
overflow-wrap:anywhere}
th{width:32%;background:#f6f6f6}
.end{margin-top:32px;text-align:right}
footer{margin-top:40px;border-top:1px solid #999;padding-top:8px;font-size:14px;color:#444;
overflow-wrap:anywhere}
.sample{position:absolute;top:35%;left:0;right:0;text-align:center;font-size:160px;color:#b00;opacity:.13;
transform:rotate(-30deg);pointer-events:none}
@media print{body,main{background:none}}
"""


def render(content: Content) -> bytes:
    """The document as an HTML page, UTF-8. The same content gives the same bytes."""
    parts = "\n".join(_PARTS[kind](value) for kind, value in content.parts)
    sample = '<div class="sample" aria-hidden="true">样本</div>' if content.sample else ""
    page = f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(content.title)} {escape(content.number)}</title><style>{_STYLE}</style></head>
<body><main>{sample}
<h1>{escape(content.title)}</h1>
<p class="number">编号：{escape(content.number)}</p>
{parts}
<p class="end">{escape(content.office)}<br>{escape(content.date)}</p>
<footer>{"<br>".join(escape(line) for line in footer(content))}</footer>
</main></body></html>
"""
    return page.encode()


def footer(content: Content) -> list[str]:
    """What stands below every form of a document."""
    said = "本件由受理系统生成，不含印章。"
    if content.sample:
        said = "样本：仅供演示，没有法律效力。" + said
    return [said, f"校验码（SHA-256）：{content.sha256}"]


def _rows(rows: list[list[str]]) -> str:
    lines = (f"<tr><th>{escape(label)}</th><td>{escape(value)}</td></tr>" for label, value in rows)
    return f"<table>{''.join(lines)}</table>"


def _list(lines: list[str]) -> str:
    return f"<ol>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ol>"


_PARTS: Mapping[str, Callable[[Any], str]] = {
    "text": lambda text: f"<p>{escape(text)}</p>",
    "heading": lambda text: f"<h2>{escape(text)}</h2>",
    "rows": _rows,
    "list": _list,
}
