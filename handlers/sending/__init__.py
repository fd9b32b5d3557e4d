"""Everything that goes out to a platform: words, notices instead of them, and what is fetched from there.

saying     one message and what waits beside it      speaking  part by part, at one place
spots      where he can be written to                share     who may leave when a platform counts
notifying  notices, rung by rung                     books     what is written down around it
fetching   photos that lie on a platform's servers   links     addresses that go with a message
papers     the office's documents, for where they can be shown   showing  such a picture, behind its words
carriers   what the outbox calls
"""

from handlers.sending.books import Books
from handlers.sending.carriers import Outgoing
from handlers.sending.fetching import Fetching
from handlers.sending.links import Links, UploadLink
from handlers.sending.notifying import Texts
from handlers.sending.papers import Papers
from handlers.sending.saying import Sending

__all__ = ["Books", "Fetching", "Links", "Outgoing", "Papers", "Sending", "Texts", "UploadLink"]
