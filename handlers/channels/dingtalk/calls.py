"""The calls we make to DingTalk, and what each of its errors means for us.

Two interfaces with two manners: a sessionWebhook always answers 200 with an `errcode`; the newer one
answers 4xx and 5xx with a `code` in words.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import Any, NoReturn

import aiohttp
import structlog

from handlers.calling import FILE_WITHIN, Answer, post
from handlers.channels.base import Gone, Kit, MaybeSent, MediaGone, Refused, TryLater
from handlers.channels.dingtalk.app import NAME, App, may_fetch_from
from storage.errors import StorageError
from storage.flow.loans import Lent, Loan, Loans
from storage.sealing.files import TooBig

CHUNK = 64 * 1024
TOKEN_MARGIN = timedelta(minutes=5)
AFTER_LIMIT = 60.0  # seconds; limits are by the minute
AFTER_SETUP = 300.0  # seconds until a fault of the set-up is tried again

_log = structlog.get_logger(NAME)


class HookClosed(Exception):
    """The sessionWebhook is over before its time. There is another way."""


def _later(after: float | None) -> Callable[[str], Exception]:
    return lambda code: TryLater(f"dingtalk {code}", after)


def _refused(code: str) -> Exception:
    return Refused(f"dingtalk {code}")


def _setup(code: str) -> Exception:
    """Ours to put right, not the applicant's: nothing is given up for it."""
    _log.error("dingtalk set up wrongly", reason=code[:100])
    return TryLater(f"dingtalk {code}", AFTER_SETUP)


# errcode of a sessionWebhook or of a group's robot. Anything else is Refused.
ERRCODES: Mapping[int, Callable[[str], Exception]] = {
    -1: _later(None),  # busy
    88: _later(AFTER_LIMIT),  # the interface's own limit
    90018: _later(AFTER_LIMIT),
    90030: _later(AFTER_LIMIT),  # webhook over limit
    130101: _later(AFTER_LIMIT),  # send too fast
    410100: _later(AFTER_LIMIT),  # too fast, throttled
    300001: HookClosed,  # token does not exist
    300005: HookClosed,
    310000: HookClosed,  # the check of the message failed: an old session
    400013: HookClosed,  # the conversation was dissolved
    400101: HookClosed,  # access_token does not exist
    400102: _setup,  # the robot is stopped
    400106: _setup,  # there is no such robot
}

# The beginning of `code` in the newer interface. Anything else is Refused.
CODES: Mapping[str, Callable[[str], Exception]] = {
    "Forbidden.AccessDenied.QpsLimit": _later(AFTER_LIMIT),
    "Forbidden.AccessDenied": _setup,  # the app lacks a right
    "QpsLimit": _later(AFTER_LIMIT),
    "Throttling": _later(AFTER_LIMIT),
    "ServiceUnavailable": _later(None),
    "systemError": _later(None),
    "SystemError": _later(None),
    "unknownError": _later(None),
    "staffId.notExisted": lambda code: Gone(f"dingtalk {code}"),
    "robot": _setup,  # no such robot, stopped, not of this app
    "invalidParameter.robotCode": _setup,
    "resource.not.found": _setup,
}
STALE_TOKEN = "InvalidAuthentication"  # noqa: S105  # an error's name
_GATEWAY = (502, 504)  # something between us broke off: it may have been taken


class Calls:
    """DingTalk's interface for one app."""

    def __init__(self, app: App, kit: Kit) -> None:
        self._app = app
        self._session = kit.session
        self._loans = Loans(kit.database, kit.vault, kit.clock)

    async def answer(self, hook: str, body: Mapping[str, Any]) -> None:
        """Send a message by the way that came with his.

        Raises:
            HookClosed: it leads nowhere any more.
            TryLater, MaybeSent, Refused.
        """
        answer = await post(self._session, hook, body, platform=NAME)
        if not answer.ok:
            _broken(answer)
        check(answer)

    async def send(self, user: str, kind: str, parameters: str) -> str:
        """Send a message to one person; return DingTalk's id of it.

        Raises:
            TryLater, MaybeSent, Gone, Refused.
        """
        body = {"robotCode": self._app.robot, "userIds": [user], "msgKey": kind, "msgParam": parameters}
        sent = (await self._call("/v1.0/robot/oToMessages/batchSend", body)).body
        if sent.get("invalidStaffIdList"):
            raise Gone("dingtalk: no such person in the enterprise")
        if sent.get("flowControlledStaffIdList"):
            raise TryLater("dingtalk: too many messages to one person", AFTER_LIMIT)
        if sent.get("filteredStaffIdList"):
            raise Refused("dingtalk: filtered")
        return str(sent.get("processQueryKey") or "")

    async def file(self, code: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the file a download code stands for.

        Raises:
            MediaGone, TryLater, Refused, TooBig.
        """
        url = await self._file_url(code)
        try:
            async with self._session.get(url, timeout=FILE_WITHIN, allow_redirects=False) as answer:
                _check_file(answer.status, answer.content_length, limit)
                so_far = 0
                async for chunk in answer.content.iter_chunked(CHUNK):
                    so_far += len(chunk)
                    if so_far > limit:
                        raise TooBig(f"more than {limit} bytes")
                    yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            raise TryLater(f"dingtalk file: {type(fault).__name__}") from None

    async def _file_url(self, code: str) -> str:
        body = {"downloadCode": code, "robotCode": self._app.robot}
        try:
            answer = await self._call("/v1.0/robot/messageFiles/download", body)
        except MaybeSent as fault:
            raise TryLater(str(fault)) from fault  # asking twice harms nobody
        except Refused as fault:
            raise MediaGone("dingtalk: the download code is not taken") from fault
        url = answer.body.get("downloadUrl")
        if not isinstance(url, str) or not url:
            raise MediaGone("dingtalk: no address for the download code")
        if url.startswith("http://") and self._app.api_url.startswith("https://"):
            url = "https" + url.removeprefix("http")  # DingTalk writes some so; a photo of papers goes sealed
        if not may_fetch_from(self._app, url):
            _log.error("dingtalk file on a strange host")
            raise Refused("dingtalk: a file on a strange host")
        return url

    async def _call(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Make a call with the access token; one that is not taken is replaced once."""
        loan = await self._token()
        answer = await self._post(path, body, loan)
        if _is_stale(answer):
            loan = await self._token(refused=loan)
            answer = await self._post(path, body, loan)
        if not answer.ok:
            _refuse(answer)
        return answer

    async def _post(self, path: str, body: Mapping[str, Any], loan: Loan) -> Answer:
        headers = {"x-acs-dingtalk-access-token": loan.value}
        return await post(self._session, self._app.api_url + path, body, platform=NAME, headers=headers)

    async def _token(self, *, refused: Loan | None = None) -> Loan:
        name = f"{NAME}:token:{self._app.app_key}"
        try:
            return await self._loans.current(name, self._fetch_token, refused=refused)
        except StorageError as fault:
            raise TryLater(f"dingtalk token: {type(fault).__name__}") from fault

    async def _fetch_token(self, _: str) -> Lent:
        body = {"appKey": self._app.app_key, "appSecret": self._app.secret}
        try:
            answer = await post(
                self._session, self._app.api_url + "/v1.0/oauth2/accessToken", body, platform=NAME
            )
        except MaybeSent as fault:
            raise TryLater(str(fault)) from fault
        token, lasts = answer.body.get("accessToken"), answer.body.get("expireIn")
        if answer.status in (400, 401, 403):
            raise _setup(f"accessToken {answer.body.get('code')}")
        if not answer.ok or not isinstance(token, str) or not isinstance(lasts, int):
            raise TryLater(f"dingtalk token: HTTP {answer.status}", answer.after)
        return Lent(token, max(timedelta(seconds=lasts) - TOKEN_MARGIN, timedelta(seconds=30)))


def check(answer: Answer) -> None:
    """Raise what the `errcode` of an answer means; nothing for 0."""
    code = answer.body.get("errcode")
    if code == 0:
        return
    if not isinstance(code, int):
        raise MaybeSent("dingtalk: an answer not understood")
    meaning = ERRCODES.get(code, _refused)
    raise meaning(str(code))


def _is_stale(answer: Answer) -> bool:
    return not answer.ok and str(answer.body.get("code", "")).startswith(STALE_TOKEN)


def _refuse(answer: Answer) -> NoReturn:
    """Raise what an answer of the newer interface means."""
    code = str(answer.body.get("code", ""))
    for begin, meaning in CODES.items():
        if code.startswith(begin):
            raise meaning(code[:100])
    if code.startswith(STALE_TOKEN):  # the new token, too: somebody else renews it, or the app is gone
        raise _setup(code[:100])
    if not code or answer.status == 429 or answer.status >= 500:
        _broken(answer)
    raise Refused(f"dingtalk {code[:100]}")


def _broken(answer: Answer) -> NoReturn:
    """Raise what a status says when no code does."""
    if answer.status in _GATEWAY:
        raise MaybeSent(f"dingtalk: HTTP {answer.status}")
    if answer.status == 429 or answer.status >= 500:
        raise TryLater(f"dingtalk: HTTP {answer.status}", answer.after)
    raise Refused(f"dingtalk: HTTP {answer.status}")


def _check_file(status: int, length: int | None, limit: int) -> None:
    if status == 429 or status >= 500:
        raise TryLater(f"dingtalk file: HTTP {status}")
    if status != 200:
        raise MediaGone(f"dingtalk file: HTTP {status}")
    if length is not None and length > limit:
        raise TooBig(f"more than {limit} bytes")
