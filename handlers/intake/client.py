"""The calls we make: a pre-application with its pages, its withdrawal, its mark, its news.

Two rules keep an application from being lost or doubled:

* The reference is the idempotency key for life, and one reference always carries the same bytes.
* After any outcome we did not see (a time-out, a broken line, our own crash) the reference is looked
  up before anything is sent again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import quote

import aiohttp
import structlog

from handlers import metrics
from handlers.intake.documents import read_pdf
from handlers.intake.errors import Duplicate, IntakeError, RefusedByIntake, TryLater
from handlers.intake.events import Report, read_event
from handlers.intake.patience import Breaker
from handlers.signed import Malformed
from storage import faults

CALL_WITHIN = aiohttp.ClientTimeout(total=5)
# A page is up to 10 MB: it may take its time as long as the line is alive.
UPLOAD_WITHIN = aiohttp.ClientTimeout(total=60, sock_connect=5, sock_read=5)
PARALLEL = 8
ANSWER_LIMIT = 1024 * 1024  # bytes of an answer we are willing to read

_log = structlog.get_logger("intake")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The office has it. `answer_by` is "YYYY-MM-DD", or "" when it was not said."""

    number: str
    answer_by: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One photo to hand in. `read` gives the clean copy's bytes; their hash must be `sha256` (hex)."""

    material: str
    page: str
    sha256: str
    read: Callable[[], Awaitable[bytes]]


class IntakeClient:
    """Calls the intake service: at most 8 calls at a time, 5 s each, none while it is down."""

    def __init__(
        self,
        url: str,
        token: str,
        session: aiohttp.ClientSession,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._there = url.rstrip("/")
        self._base = self._there + "/v1"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session = session
        self._places = asyncio.Semaphore(PARALLEL)
        self._breaker = Breaker(clock)

    async def submit(
        self, reference: str, application: Mapping[str, Any], pages: Sequence[Page], *, first: bool = False
    ) -> Receipt:
        """Hand in a pre-application with all its pages. Safe to call any number of times.

        Args:
            application: the body without the reference; the same for every call with this reference.
            first: nothing was ever sent under this reference, not even by a process that crashed. Only
                then is the look-up spared.
        Raises:
            TryLater: call again later with the same arguments.
            Duplicate: the person has an active case for this service already.
            RefusedByIntake: never as it is. Do not invent a new reference.
        """
        found = {} if first else await self._look_up(reference)
        if not found:
            found = await self._create(reference, application)
        if found.get("state", "draft") != "draft":  # handed in before; only its answer was lost
            return _receipt(found)
        number = _text(found, "number")
        for page in _missing(found, pages):
            await self._upload(number, page)
            faults.hit("submission.between_pages")
        done = await self._call("submit", "POST", f"/pre-applications/{quote(number, safe='')}/submit")
        faults.hit("submission.after_send")
        return _receipt(done)

    async def supply(
        self, number: str, kind: str, key: str, supplement: Mapping[str, Any], pages: Sequence[Page]
    ) -> str:
        """Hand in later what was asked for or promised; return by when the office answers ("": not said).

        Safe to call any number of times: under one key the service takes the same bytes once, and says
        which pages it lacks still.

        Args:
            kind: "corrections" or "deferrals". key: its idempotency key for life.
        Raises:
            TryLater, RefusedByIntake (nobody asked for it, or too late for it).
        """
        path = f"/pre-applications/{quote(number, safe='')}/{kind}"
        opened = await self._call(kind, "POST", path, json_body=supplement, headers={"Idempotency-Key": key})
        for page in _missing(opened, pages):
            await self._upload(number, page)
            faults.hit("submission.between_pages")
        done = await self._call("submit_supply", "POST", f"{path}/submit")
        faults.hit("submission.after_send")
        return str(done.get("answer_by") or "")

    async def ask_department(self, number: str, question: Mapping[str, Any]) -> str:
        """Have another department asked for a paper; return the look-up's number.

        The same question again is the same look-up.
        Raises:
            TryLater, RefusedByIntake (accepted already, or over; or it has no look-ups at all).
        """
        said = await self._call("lookups", "POST", "/lookups", json_body={**question, "number": number})
        return _text(said, "lookup")

    async def withdraw(self, number: str) -> None:
        """Take a pre-application back. Doing it again is the same.

        Raises:
            TryLater, RefusedByIntake (it is decided already: 409 or 423).
        """
        await self._call("withdraw", "POST", f"/pre-applications/{quote(number, safe='')}/withdraw")

    async def rate(self, number: str, code: int, words: str = "", *, named: bool = False) -> None:
        """Pass on the applicant's mark: 1 = very satisfied ... 5 = very dissatisfied (GB/T 39046). The same
        mark again may bring its words, or the name.

        Raises:
            TryLater, RefusedByIntake (rated already, or not open for rating).
        """
        body = {"code": code, **({"words": words} if words else {}), **({"named": True} if named else {})}
        await self._call(
            "rate", "POST", f"/pre-applications/{quote(number, safe='')}/ratings", json_body=body
        )

    async def erase(self, references: Sequence[str]) -> Mapping[str, Any]:
        """Have everything under these references forgotten, as far as the law allows. Again is the same.

        Returns {erased: [words], kept: [{what, why, number, under_way}], receipt: {id, at, sha256}}.
        Raises:
            TryLater, RefusedByIntake (it does not know how).
        """
        body = {"person": {}, "references": list(references)}
        said = await self._call("erase", "POST", "/erasure", json_body=body)
        if not isinstance(said.get("receipt"), dict) or not isinstance(said.get("kept"), list):
            raise TryLater("an erasure without a receipt")
        return said

    async def events(self, number: str, after_seq: int) -> list[Report]:
        """Return the events after `after_seq`, in order: for when a callback was missed.

        Raises:
            TryLater, RefusedByIntake.
        """
        path = f"/pre-applications/{quote(number, safe='')}/events?after_seq={after_seq:d}"
        answer = await self._call("events", "GET", path)
        try:
            found = [read_event(each) for each in answer.get("events", ())]
        except (Malformed, AttributeError, TypeError) as fault:
            raise TryLater("events not understood") from fault
        return sorted(found, key=lambda each: each.event.seq)

    async def document(self, url: str) -> bytes:
        """Return the PDF at `url`, which an event told: a path of the service, or an address within it.

        Raises:
            TryLater; RefusedByIntake: it is not there (any more), is no PDF, or not of this service.
        """
        path = url.removeprefix(self._there)
        if not path.startswith("/v1/") or ".." in path:
            raise RefusedByIntake({"type": "foreign-document"})  # the token goes to the service alone
        request = self._session.get
        async with (
            self._places,
            self._watched("document"),
            request(
                self._there + path, headers=self._headers, timeout=UPLOAD_WITHIN, allow_redirects=False
            ) as answer,
        ):
            if answer.status >= 300:
                _refuse("document", answer, await _read(answer))
            return await read_pdf(answer)

    async def publish_definition(self, service: str, version: str, definition: Mapping[str, Any]) -> None:
        """Tell the service what a script asks. The same version again is the same.

        Raises:
            TryLater, RefusedByIntake (the version exists with another content).
        """
        path = f"/services/{quote(service, safe='')}/definitions/{quote(version, safe='')}"
        await self._call("publish", "PUT", path, json_body=definition)

    async def ping(self) -> None:
        """Ask for the list of services, to see that address and token are right.

        Raises:
            TryLater, RefusedByIntake.
        """
        await self._call("ping", "GET", "/services")

    async def _look_up(self, reference: str) -> Mapping[str, Any]:
        """Return what the service has under the reference; {} when nothing ever arrived."""
        path = f"/pre-applications?reference={quote(reference, safe='')}"
        return await self._call("look_up", "GET", path, missing_is_empty=True)

    async def _create(self, reference: str, application: Mapping[str, Any]) -> Mapping[str, Any]:
        faults.hit("submission.before_send")
        return await self._call(
            "create",
            "POST",
            "/pre-applications",
            json_body={**application, "reference": reference},
            headers={"Idempotency-Key": reference},
        )

    async def _upload(self, number: str, page: Page) -> None:
        data = await page.read()
        if hashlib.sha256(data).hexdigest() != page.sha256:
            # Bit rot, or the wrong file: handing it in would attach something nobody checked.
            raise RefusedByIntake({"type": "damaged-page", "material": page.material, "page": page.page})
        parts = (quote(each, safe="") for each in (number, page.material, page.page))
        await self._call(
            "upload",
            "PUT",
            "/pre-applications/{}/materials/{}/{}".format(*parts),
            data=data,
            headers={"Content-Type": "image/jpeg", "X-Content-SHA256": page.sha256},
            within=UPLOAD_WITHIN,
        )

    async def _call(
        self,
        name: str,
        method: str,
        path: str,
        *,
        json_body: Mapping[str, Any] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        within: aiohttp.ClientTimeout | None = None,
        missing_is_empty: bool = False,
    ) -> Mapping[str, Any]:
        """Make one call and return the JSON object of its answer ({} for 204)."""
        sent = dict(self._headers, **(headers or {}))
        if json_body is not None:
            data = stable_json(json_body)
            sent["Content-Type"] = "application/json"
        # Redirects are not followed: they would carry the token and personal data elsewhere.
        request = self._session.request
        async with (
            self._places,
            self._watched(name),
            request(
                method,
                self._base + path,
                data=data,
                headers=sent,
                timeout=within or CALL_WITHIN,
                allow_redirects=False,
            ) as answer,
        ):
            body = await _read(answer)
            if missing_is_empty and answer.status == 404:
                return {}
            return body if answer.status < 300 else _refuse(name, answer, body)

    @asynccontextmanager
    async def _watched(self, name: str) -> AsyncIterator[None]:
        """Count and time a call, feed the breaker, and turn what the library raises into TryLater."""
        self._breaker.check()
        begun, outcome = time.perf_counter(), "done"
        try:
            yield
        except (aiohttp.ClientError, TimeoutError, OSError) as fault:
            outcome = "unreachable"
            self._breaker.failed()
            raise TryLater(f"{name}: {type(fault).__name__}") from fault
        except _Broken as fault:
            outcome = "unreachable"
            self._breaker.failed()
            raise TryLater(f"{name}: {fault}", fault.after) from fault
        except IntakeError as fault:
            outcome = _OUTCOMES.get(type(fault), "refused")
            self._breaker.succeeded()  # it is there, and it thinks
            raise
        else:
            self._breaker.succeeded()
        finally:
            metrics.intake_calls.labels(name, outcome).inc()
            metrics.intake_seconds.observe(time.perf_counter() - begun)


_OUTCOMES: Mapping[type[IntakeError], str] = {TryLater: "later", Duplicate: "duplicate"}


class _Broken(Exception):
    """The service, or something in front of it, is not well. Feeds the breaker."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


def stable_json(value: Mapping[str, Any]) -> bytes:
    """Return the one spelling of `value` as JSON: the service compares bytes to tell a repeat from a change.

    Not dialogs.codec: its bytes depend on which library is installed.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


async def _read(answer: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """Return the JSON object of an answer; {} when there is none."""
    held = bytearray()
    async for chunk in answer.content.iter_any():
        held += chunk
        if len(held) > ANSWER_LIMIT:
            raise _Broken("endless answer")
    try:
        value = json.loads(held) if held else {}
    except (ValueError, RecursionError) as fault:
        if answer.status < 300:
            raise _Broken("an answer that is not JSON") from fault  # a captive page, a proxy's greeting
        value = {}
    return value if isinstance(value, dict) else {}


# Ours to put right (address, token), not the applicant's: keep the application and keep trying.
_MISCONFIGURED = {301, 302, 303, 307, 308, 401, 403, 405}
_BUSY = {408, 425, 429}


def _refuse(call: str, answer: aiohttp.ClientResponse, problem: Mapping[str, Any]) -> NoReturn:
    """Raise what the caller can do about an answer that is not 2xx."""
    status = answer.status
    if status in _MISCONFIGURED or (call in ("create", "ping") and status == 404):
        _log.error("intake misconfigured", status=status)
        raise TryLater(f"misconfigured: HTTP {status}")
    if status in _BUSY:
        raise TryLater(f"HTTP {status}", _hint(answer))
    if status >= 500:
        raise _Broken(f"HTTP {status}", _hint(answer))
    if call in ("create", "submit") and status == 409:
        if problem.get("number"):
            raise Duplicate(str(problem["number"]))
        raise TryLater("the same key is being worked on", _hint(answer))
    raise RefusedByIntake({**problem, "status": status})


def _hint(answer: aiohttp.ClientResponse) -> float | None:
    """Return Retry-After in seconds; its date form is not used by the contract."""
    text = answer.headers.get("Retry-After", "")
    return min(float(text), 3600.0) if text.isascii() and text.isdigit() else None


def _receipt(answer: Mapping[str, Any]) -> Receipt:
    return Receipt(number=_text(answer, "number"), answer_by=str(answer.get("answer_by") or ""))


def _missing(found: Mapping[str, Any], pages: Sequence[Page]) -> list[Page]:
    """Return the pages the service does not hold yet; all, when it did not say."""
    said = found.get("missing")
    if not isinstance(said, list):
        return list(pages)
    wanted = {(each.get("material"), each.get("page")) for each in said if isinstance(each, dict)}
    return [page for page in pages if (page.material, page.page) in wanted]


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise TryLater(f"an answer without {name}")
    return value
