"""The service guide (办事指南) of every situation, from the script that chat, clerk and form go by.

    book = make(script, today, "zh-CN")     one sheet for each situation, in words, to be drawn on a page

What a sheet says is what the chat would say and ask in that situation: nothing is written twice.
"""

from dialogs.guides.book import Book, Section, Sheet, make

__all__ = ["Book", "Section", "Sheet", "make"]
