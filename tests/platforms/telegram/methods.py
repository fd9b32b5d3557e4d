"""The methods of the Bot API that bots like ours call, and how they answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.platforms.telegram import limits
from tests.platforms.telegram.chats import Sent, file, sizes
from tests.platforms.telegram.limits import Refusal

if TYPE_CHECKING:
    from tests.platforms.telegram.service import FakeTelegram

PDF = "application/pdf"


def _send_message(fake: FakeTelegram, given: Mapping[str, Any]) -> Any:
    chat, text = fake.chat(given), limits.words(given, "text", limits.TEXT)
    return fake.put(chat, Sent(text, limits.keyboard(given)), "message")


def _send_photo(fake: FakeTelegram, given: Mapping[str, Any]) -> Any:
    chat, caption = fake.chat(given), limits.words(given, "caption", limits.CAPTION)
    photo = given.get("photo")
    if not photo:
        raise Refusal(400, "there is no photo in the request")
    if isinstance(photo, bytes) and len(photo) > limits.PHOTO_UPLOAD:
        raise Refusal(400, "file is too big")
    data = photo if isinstance(photo, bytes) else fake.files.get(str(photo))
    if data is None:
        raise Refusal(400, "wrong file identifier/HTTP URL specified")
    body = {"photo": [sizes(fake.keep_file(data), data)], "caption": caption}
    return fake.put(chat, Sent(caption, limits.keyboard(given), body=body), "photo")


def _send_document(fake: FakeTelegram, given: Mapping[str, Any]) -> Any:
    chat, caption = fake.chat(given), limits.words(given, "caption", limits.CAPTION)
    data = given.get("document")
    if not isinstance(data, bytes) or not data:
        raise Refusal(400, "there is no document in the request")
    if len(data) > limits.DOCUMENT_UPLOAD:
        raise Refusal(413, "Request Entity Too Large")
    told = {**file(fake.keep_file(data), data), "file_name": given["document name"], "mime_type": PDF}
    body = {"document": told, "caption": caption}
    return fake.put(chat, Sent(caption, limits.keyboard(given), body=body, file=data), "document")


def _edit_text(fake: FakeTelegram, given: Mapping[str, Any]) -> Any:
    text = limits.words(given, "text", limits.TEXT)
    return fake.edit(fake.chat(given), given, text, limits.keyboard(given))


def _edit_markup(fake: FakeTelegram, given: Mapping[str, Any]) -> Any:
    return fake.edit(fake.chat(given), given, None, limits.keyboard(given))


def _chat_action(fake: FakeTelegram, given: Mapping[str, Any]) -> Any:
    fake.chat(given)
    if given.get("action") not in limits.ACTIONS:
        raise Refusal(400, "wrong parameter action in request")
    return True


def _webhook_info(fake: FakeTelegram, given: Mapping[str, Any]) -> Any:
    waiting = len(fake.updates.waiting)
    return {"url": fake.webhook, "has_custom_certificate": False, "pending_update_count": waiting}


def _no_webhook(fake: FakeTelegram, given: Mapping[str, Any]) -> Any:
    fake.webhook = ""
    return True


def _get_updates(fake: FakeTelegram, given: Mapping[str, Any]) -> Any:
    if fake.webhook:
        raise Refusal(
            409,
            "can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
        )
    return []


def _set_commands(fake: FakeTelegram, given: Mapping[str, Any]) -> Any:
    fake.commands[str(given.get("language_code") or "")] = limits.commands(given)
    return True


METHODS: Mapping[str, Callable[[FakeTelegram, Mapping[str, Any]], Any]] = {
    "getMe": lambda fake, _: fake.me() | {"can_join_groups": False, "supports_inline_queries": False},
    "setWebhook": lambda fake, given: fake.set_webhook(given),
    "deleteWebhook": _no_webhook,
    "getWebhookInfo": _webhook_info,
    "getUpdates": _get_updates,
    "setMyCommands": _set_commands,
    "sendMessage": _send_message,
    "sendPhoto": _send_photo,
    "sendDocument": _send_document,
    "editMessageText": _edit_text,
    "editMessageReplyMarkup": _edit_markup,
    "answerCallbackQuery": lambda fake, given: fake.answer_tap(given),
    "sendChatAction": _chat_action,
    "getFile": lambda fake, given: fake.file_link(given),
}
