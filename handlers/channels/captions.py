"""Words that came with a photo. They name it and answer nothing, unless they call for something."""

from __future__ import annotations

from dialogs.answers import plain, tidy
from dialogs.engine.commands import recognise


def called_for(caption: str) -> str:
    """Return `caption` when it is a command ("人工"), which means the same at every point, else ""."""
    return caption if recognise(plain(tidy(caption))) else ""
