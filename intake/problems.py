"""The one way to say no: an RFC 9457 problem with words a person may read."""

from __future__ import annotations

from typing import Any


class Problem(Exception):
    """A request that cannot be carried out. The web layer turns it into `application/problem+json`."""

    def __init__(self, status: int, kind: str, detail: str, message_zh: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.message_zh = message_zh
        self.more = more

    def document(self) -> dict[str, Any]:
        return {
            "type": f"urn:zerotrip:intake:{self.kind}",
            "title": self.kind.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            "message_zh": self.message_zh,
            **self.more,
        }


def unknown(what: str) -> Problem:
    return Problem(404, "unknown", f"There is no such {what}.", "没有找到。请核对号码。")


def invalid(detail: str, field: str, message_zh: str = "内容有误，请核对后再试。") -> Problem:
    return Problem(422, "invalid", detail, message_zh, field=field)


def unreadable(detail: str) -> Problem:
    return Problem(400, "unreadable", detail, "内容无法读取，请重新发送。")


def not_now(action: str, state: str) -> Problem:
    return Problem(
        423,
        "not-now",
        f"{action} is not possible in state {state}.",
        "现在这个状态下不能这样做。",
        state=state,
    )


def key_reused() -> Problem:
    words = "这个编号已经用过，内容不一样。"
    return Problem(
        422, "key-reused", "This key came before with another body.", words, field="Idempotency-Key"
    )


def changed() -> Problem:
    return Problem(409, "changed", "It changed meanwhile.", "这件事刚被别人处理过，请刷新后再看。")
