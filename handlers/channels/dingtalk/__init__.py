"""DingTalk: one-to-one talk with the robot of an enterprise's own app, for people inside that enterprise.

    callback -> envelope (whose call is it) -> reading (what does it say) -> Letter
    Part -> sending (how it looks) -> calls (sessionWebhook while it is open, else oToMessages/batchSend)

Our sources are copies of the manual and the code of others; docs/dingtalk.md says what
has not been seen on the real platform.
"""

from handlers.channels.dingtalk.app import App
from handlers.channels.dingtalk.channel import DingTalk

__all__ = ["App", "DingTalk"]
