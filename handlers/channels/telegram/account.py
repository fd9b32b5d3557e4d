"""What a deployment says of its Telegram bot, and what Telegram lets it do."""

from __future__ import annotations

from dataclasses import dataclass, field

from telegram import LinkPreviewOptions

from handlers.channels.base import Capabilities

# telegram.constants, quoting the Bot API. A text may have 4096 characters; what is kept back is for
# options too long for a button (keyboard.words).
TEXT_LIMIT = 3600
# The platform takes 100. More than a screenful of buttons is worse to read than a numbered list.
MAX_BUTTONS = 24
CAPTION_LIMIT = 1024  # characters of the words with a file
# Telegram's servers would open every link to draw a picture of it, also the one-time link to our page, and
# again when a text is changed.
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Account:
    """One bot.

    token:  BotFather's, "<id>:<secret>". secret: what Telegram's calls have to carry.
    photos: take photos in the chat, and show documents there. Off, both go through our own pages and never
        leave the country.
    api_url, file_url: where the Bot API and its files are, without the token. proxy: "" for none.
    """

    token: str = field(repr=False)
    secret: str = field(repr=False)
    photos: bool = False
    api_url: str = "https://api.telegram.org"
    file_url: str = ""
    proxy: str = ""

    @property
    def id(self) -> str:
        """The bot's own number."""
        return self.token.partition(":")[0]

    @property
    def files(self) -> str:
        """The address under which the bot's files lie. It holds the token: never log it."""
        return f"{self.file_url or self.api_url}/file/bot{self.token}"


def capabilities(account: Account) -> Capabilities:
    """Return what Telegram can show. It lets a bot write at any time, so there are no rungs below."""
    return Capabilities(
        TEXT_LIMIT,
        "characters",
        "inline",
        MAX_BUTTONS,
        photos=account.photos,
        papers="file" if account.photos else "link",
    )
