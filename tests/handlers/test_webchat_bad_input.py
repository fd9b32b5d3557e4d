"""Whatever is sent to the web chat gets plain words or a plain 4xx. Nothing is lost, doubled or logged.

The real application over real HTTP, on SQLite, with the real photo processes; the intake service is a fake.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import structlog
from aiohttp import web
from aiohttp.test_utils import TestServer
from PIL import Image
from sqlalchemy import func, select
from standardwebhooks import Webhook

from bot import logs
from bot.app import make_app
from bot.parts import Parts, assemble
from bot.settings import load
from dialogs.wording import say
from handlers import connections
from storage.schema import files, inbox, messages
from tests import pictures
from tests.intake_fake import FakeIntake
from tests.product import Applicant, until
from tests.test_story import enrol

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PRIVATE = ("999901198803050247", "99990119880305024", "13800000000", "胡某某", "6222020000000000")
SMALL = (1600, 1200)  # enough to judge, and quick


@dataclass
class House:
    """The running application and what stands around it."""

    url: str
    parts: Parts
    intake: FakeIntake
    session: aiohttp.ClientSession
    log: io.StringIO

    async def somebody(self) -> Applicant:
        return await Applicant(self.session, self.url).open()

    async def count(self, what: Any) -> int:
        query = select(func.count()).select_from(what)
        return int(await self.parts.database.read(lambda c: c.execute(query).scalar_one()))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    log = io.StringIO()
    handlers, level = logging.root.handlers[:], logging.root.level
    logs.configure("debug", "json", log)
    fake = FakeIntake("letmein-letmein-letmein")
    async with TestServer(fake.app()) as there:
        settings = load(
            data_dir=tmp_path_factory.mktemp("house"),
            intake_url=str(there.make_url("")).rstrip("/"),
            intake_token=fake.token,
            intake_webhook_secret=SECRET,
            requests_per_second=0,
            photo_workers=1,
        )
        async with assemble(settings) as parts, aiohttp.ClientSession() as session:
            runner = web.AppRunner(make_app(parts), handle_signals=False, **connections.RUNNER_OPTIONS)
            await runner.setup()
            site = connections.Site(runner, "127.0.0.1", 0)
            await site.start()
            working = asyncio.create_task(parts.worker.run())
            try:
                yield House(f"http://127.0.0.1:{site.port}", parts, fake, session, log)
            finally:
                working.cancel()
                with suppress(asyncio.CancelledError):
                    await working
                await runner.cleanup()
    structlog.reset_defaults()
    logging.basicConfig(handlers=handlers, level=level, force=True)


@pytest.fixture(autouse=True)
def nothing_personal_is_logged(house: House) -> Iterator[None]:
    yield
    said = house.log.getvalue()
    assert [each for each in PRIVATE if each in said] == []
    assert "Traceback" not in said


async def post(house: House, her: Applicant, body: bytes, kind: str = "application/json") -> tuple[int, Any]:
    headers = {**her.headers, "Content-Type": kind}
    async with house.session.post(
        f"{house.url}/chat/api/messages", data=io.BytesIO(body), headers=headers
    ) as answer:
        return answer.status, await answer.json()


async def say_raw(house: House, her: Applicant, **body: Any) -> tuple[int, Any]:
    return await post(house, her, json.dumps({"id": her.next_id(), **body}).encode())


async def upload(
    house: House, her: Applicant, data: bytes, key: str = "", name: str = "photo.jpg"
) -> tuple[int, Any]:
    form = aiohttp.FormData()
    form.add_field("id", key or her.next_id())
    form.add_field("file", io.BytesIO(data), filename=name, content_type="image/jpeg")
    async with house.session.post(f"{house.url}/chat/api/photos", data=form, headers=her.headers) as answer:
        return answer.status, await answer.json()


def front() -> bytes:
    return pictures.jpeg(pictures.photographed(pictures.card_front(), size=SMALL))


def back() -> bytes:
    return pictures.jpeg(pictures.photographed(pictures.card_back(), size=SMALL))


def is_plain(problem: Any) -> bool:
    """Say whether a problem document has words for a person, and nothing of our inside."""
    return any("一" <= each <= "鿿" for each in problem["message"]) and "Error" not in json.dumps(problem)


# Text


@pytest.mark.parametrize(
    "text",
    [
        "🙂🙂🙂",
        "\u202eغداً\u202c",
        "\u200b\u200d\ufeff",
        "\x00",
        "a\x00b",
        "\ud83d",
        "'; DROP TABLE inbox; --",
        "<b>在</b>",
    ],
    ids=["emoji", "right to left", "zero width", "nul", "nul inside", "half an emoji", "sql", "html"],
)
async def test_odd_text_is_answered_and_the_question_stays(house: House, text: str) -> None:
    her = await house.somebody()
    await her.say("想在常山交社保", "您的户口在常山吗")

    status, _ = await say_raw(house, her, text=text)

    assert status == 202
    await her.tap("在", "有单位给您交社保吗")


async def test_a_megabyte_of_text_is_refused_in_plain_words(house: House) -> None:
    her = await house.somebody()
    await her.say("想在常山交社保", "您的户口在常山吗")

    status, problem = await say_raw(house, her, text="社" * 350_000)

    assert (status, problem["message"]) == (413, "这段话太长了，请分几次发。")
    status, problem = await say_raw(house, her, text="社" * 3_000)
    assert (status, problem["message"]) == (413, "这段话太长了，请分几次发。")
    await her.tap("在", "有单位给您交社保吗")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"hello"',
        b"\xff\xfe",
        b'{"id": "a"}',
        b'{"id": "a", "text": ""}',
        b'{"id": "a", "text": 7}',
        b'{"id": "a", "text": ["x"]}',
        b'{"id": "a", "choice": {"x": 1}}',
        b'{"id": "", "text": "x"}',
        b'{"id": 7, "text": "x"}',
        b'{"text": "x"}',
        b'{"id": "' + b"a" * 65 + b'", "text": "x"}',
        b'{"id": "a", "text": "x", "more": ' + b"[" * 60 + b"]" * 60 + b"}",
    ],
)
async def test_what_is_no_message_is_a_plain_400(house: House, body: bytes) -> None:
    her = await house.somebody()

    status, problem = await post(house, her, body)

    assert status == 400
    assert is_plain(problem)
    await her.say("想在常山交社保", "您的户口在常山吗")


async def test_another_kind_of_body_is_a_plain_415(house: House) -> None:
    status, problem = await post(house, await house.somebody(), b"<x/>", "text/xml")

    assert status == 415
    assert is_plain(problem)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("99990119880305024", "您打了17位"),
        ("999901198803050248", "好像"),
        ("999901198802310240", "没有这一天"),
        ("胡某某", "身份证"),
    ],
)
async def test_a_wrong_identity_number_is_asked_again_with_its_own_reason(
    house: House, number: str, words: str
) -> None:
    her = await house.somebody()
    await her.say("想在常山交社保", "您的户口在常山吗")
    for label, answer in (("在", "有单位"), ("没有单位，自己干", "哪一种"), ("养老", "怎么交钱")):
        await her.tap(label, answer)
    await her.tap("自己在手机上交", "同意吗")
    await her.tap("同意", "您叫什么名字")
    await her.say("胡某某", "身份证号码")

    await her.say(number, words)

    await her.say(" ９９９９０１１９８８０３０５０２４７ ", "哪一档")


# Photos


def animated() -> bytes:
    frames = [Image.new("RGB", (900, 700), (shade, 80, 80)) for shade in (10, 200)]
    return pictures.encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


def documents() -> list[tuple[str, bytes, str]]:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    return [
        ("a PDF", b"%PDF-1.7\n1 0 obj <</Type/Catalog>> endobj", "not_a_photo"),
        ("an SVG", svg, "not_a_photo"),
        ("text renamed .jpg", "这不是照片".encode(), "not_a_photo"),
        ("nothing", b"", "not_a_photo"),
        ("an animation", animated(), "not_a_photo"),
        ("a decompression bomb", pictures.png_bomb(), "too_many_pixels"),
        ("a JPEG that claims too much", pictures.jpeg_claiming(60_000, 60_000), "too_many_pixels"),
        ("a truncated JPEG", front()[:40_000], "truncated"),
    ]


async def test_files_that_are_no_photos_are_refused_one_by_one_and_the_errand_goes_on(house: House) -> None:
    her = await house.somebody()
    await enrol(her)

    for name, data, reason in documents():
        status, _ = await upload(house, her, data)
        assert status == 202, name
        await her.hear(say(f"photos.{reason}", "zh-CN"))

    assert "找工作人员" in [each["label"] for each in her.seen[-1]["choices"]]
    assert (await upload(house, her, front()))[0] == 202
    await her.hear("请拍身份证反面")


async def test_thirty_megabytes_are_refused_before_they_are_kept(house: House) -> None:
    her = await house.somebody()
    await enrol(her)
    before = await house.count(files)

    with suppress(aiohttp.ClientConnectionError):  # it may hang up while we still send
        status, problem = await upload(house, her, b"\xff\xd8\xff" + bytes(30_000_000))
        assert status == 413
        assert is_plain(problem)

    assert await house.count(files) == before
    await her.send_photo(front(), "请拍身份证反面")


async def test_the_same_photo_for_the_other_side_is_noticed(house: House) -> None:
    her = await house.somebody()
    await enrol(her)
    await her.send_photo(front(), "请拍身份证反面")

    await her.send_photo(front(), say("photos.same_photo", "zh-CN"))


async def test_an_upload_sent_again_is_one_photo_and_leaves_no_second_file(house: House) -> None:
    her = await house.somebody()
    await enrol(her)
    await her.send_photo(front(), "请拍身份证反面")
    before = await house.count(files)
    key = her.next_id()

    once = await upload(house, her, back(), key)
    again = await upload(house, her, back(), key)
    await her.hear("都对吗")

    assert once == again
    assert await house.count(files) == before + 2  # the upload and its clean copy
    assert sum(1 for message in her.seen if message["echo"] == key) == 1


@pytest.mark.parametrize(
    "fields",
    [[("file", b"x")], [("id", b"")], [("id", b"a")], [("id", b"a" * 70), ("file", b"x")], [("x", b"y")], []],
)
async def test_a_form_that_is_none_is_a_plain_400(house: House, fields: list[tuple[str, bytes]]) -> None:
    her = await house.somebody()
    writer = aiohttp.MultipartWriter("form-data")
    for name, value in fields:
        writer.append(value).set_content_disposition("form-data", name=name)

    async with house.session.post(f"{house.url}/chat/api/photos", data=writer, headers=her.headers) as answer:
        assert answer.status == 400
        assert is_plain(await answer.json())


async def test_an_upload_that_breaks_off_keeps_nothing(house: House) -> None:
    her = await house.somebody()
    before = await house.count(files)
    body = b'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\na1\r\n--x\r\n'
    body += b'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + front()[:90_000]
    host, _, port = house.url.removeprefix("http://").partition(":")

    _, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /chat/api/photos HTTP/1.1\r\nHost: {host}\r\nAuthorization: {her.headers['Authorization']}\r\n"
    )
    head += f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {len(body) * 2}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()

    await her.say("想在常山交社保", "您的户口在常山吗")
    assert await house.count(files) == before
    assert not [message for message in her.seen if message["image"]]


# Twice, at once, by somebody else


async def test_the_same_message_twice_is_one_message(house: House) -> None:
    her = await house.somebody()
    await her.say("想在常山交社保", "您的户口在常山吗")
    body = json.dumps({"id": "twice", "text": "在"}).encode()

    answers = [await post(house, her, body) for _ in range(3)]
    await her.hear("有单位给您交社保吗")

    assert len({json.dumps(answer) for answer in answers}) == 1
    assert answers[0][0] == 202
    texts = [message["text"] for message in her.seen]
    assert texts.count("在") == 1
    assert sum("有单位给您交社保吗" in text for text in texts) == 1


@pytest.mark.parametrize("key", ["opened", "1", "../../etc/passwd", "a b", "x" * 64])
async def test_any_key_is_a_message_of_its_own(house: House, key: str) -> None:
    her = await house.somebody()

    status, _ = await post(house, her, json.dumps({"id": key, "text": "想在常山交社保"}).encode())

    assert status == 202
    await her.hear("您的户口在常山吗")


async def test_ten_messages_at_once_are_all_heard_and_none_twice(house: House) -> None:
    her = await house.somebody()
    before = await house.count(inbox)
    texts = [f"第{number}句" for number in range(10)]

    answers = await asyncio.gather(*(say_raw(house, her, text=text) for text in texts))

    assert {status for status, _ in answers} == {202}
    await her.say("想在常山交社保", "您的户口在常山吗")
    assert sorted(m["text"] for m in her.seen if m["from"] == "applicant" and m["text"] in texts) == texts
    assert await house.count(inbox) == before + 11
    seqs = [message["seq"] for message in her.seen]
    assert seqs == sorted(set(seqs))


@pytest.mark.parametrize("token", ["", "nonsense", "a.b", "01ARZ3NDEKTSV4RRFFQ69G5FAV.00", "\u4e2d"])
async def test_without_a_right_token_nothing_is_read_or_written(house: House, token: str) -> None:
    before = await house.count(messages)
    headers = {"Authorization": f"Bearer {token}"}

    for call in (
        house.session.get(f"{house.url}/chat/api/messages?after=0", headers=headers),
        house.session.post(f"{house.url}/chat/api/messages", json={"id": "a", "text": "x"}, headers=headers),
        house.session.post(f"{house.url}/chat/api/photos", data={"id": "a", "file": "x"}, headers=headers),
    ):
        async with call as answer:
            assert answer.status == 401
            assert is_plain(await answer.json())

    assert await house.count(messages) == before


async def test_the_token_of_another_conversation_opens_that_one_only(house: House) -> None:
    her, him = await house.somebody(), await house.somebody()
    await enrol(her)
    await her.send_photo(front(), "请拍身份证反面")
    image = next(message["image"] for message in her.seen if message["image"])

    async with house.session.get(house.url + image, headers=her.headers) as answer:
        assert answer.status == 200
        assert answer.content_type == "image/jpeg"
    async with house.session.get(house.url + image, headers=him.headers) as answer:
        assert answer.status == 404
    mixed = {"Authorization": f"Bearer {him.conversation}.{her.headers['Authorization'].partition('.')[2]}"}
    async with house.session.get(f"{house.url}/chat/api/messages?after=0", headers=mixed) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=１", "after=1&wait=-5", "after=1e3", "wait=0x1"]
)
async def test_a_place_that_is_no_number_is_a_plain_400(house: House, query: str) -> None:
    her = await house.somebody()

    async with house.session.get(f"{house.url}/chat/api/messages?{query}", headers=her.headers) as answer:
        assert answer.status == 400
        assert is_plain(await answer.json())


@pytest.mark.parametrize(
    "frame", ["", "{}", "[]", "7", '{"token": 7}', '{"token": "a.b", "after": "x"}', "\x00", "x" * 9000]
)
async def test_a_socket_without_a_token_is_closed(house: House, frame: str) -> None:
    async with house.session.ws_connect(f"{house.url}/chat/api/socket") as channel:
        await channel.send_str(frame)
        got = await channel.receive(10)

    assert got.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    assert channel.close_code in (4401, 1009)


# Callbacks


async def call_back(
    house: House,
    number: str,
    reference: str,
    seq: int,
    kind: str,
    *,
    secret: str = SECRET,
    late: bool = False,
    **data: Any,
) -> int:
    at = datetime.now(UTC) - (timedelta(minutes=10) if late else timedelta())
    body = json.dumps(
        {
            "event_id": f"evt-{number}-{seq}",
            "seq": seq,
            "number": number,
            "reference": reference,
            "type": kind,
            "occurred_at": "2026-11-23T08:59:00+08:00",
            "data": data,
            "document_url": None,
        }
    )
    headers = {
        "Content-Type": "application/json",
        "webhook-id": f"evt-{number}-{seq}",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(f"evt-{number}-{seq}", at, body),
    }
    async with house.session.post(f"{house.url}/intake/events", data=body, headers=headers) as answer:
        return answer.status


async def test_forged_late_repeated_and_reordered_callbacks(house: House) -> None:
    her = await house.somebody()
    await enrol(her)
    await her.send_photo(front(), "请拍身份证反面")
    await her.send_photo(back(), "都对吗")
    await her.tap("都对，交上去", "交上去了。号码")
    reference, case = list(house.intake.cases.items())[-1]
    number = case.number
    known = [
        {"seq": 1, "type": "preregistered", "data": {"answer_by": "2026-11-23"}},
        {"seq": 2, "type": "pre_review_started", "data": {}},
        {"seq": 3, "type": "accepted", "data": {"promised_by": "2026-11-25"}},
    ]
    house.intake.events[number] = [
        {
            **each,
            "event_id": f"evt-{number}-{each['seq']}",
            "number": number,
            "reference": reference,
            "occurred_at": "2026-11-23T08:59:00+08:00",
        }
        for each in known
    ]

    forged = "whsec_" + "A" * 32
    assert await call_back(house, number, reference, 2, "pre_review_started", secret=forged) == 401
    assert await call_back(house, number, reference, 2, "pre_review_started", late=True) == 401
    assert await call_back(house, number, "ZT-NOBO-DYSR-EFER", 1, "preregistered") == 204

    assert await call_back(house, number, reference, 3, "accepted", promised_by="2026-11-25") == 204
    await her.hear("受理了")  # too early: what was missing is fetched first
    for seq, kind in (
        (1, "preregistered"),
        (2, "pre_review_started"),
        (3, "accepted"),
        (2, "pre_review_started"),
    ):
        assert await call_back(house, number, reference, seq, kind, promised_by="2026-11-25") == 204

    await her.say("进度", "受理了")
    told = [message["text"] for message in her.seen if message["from"] == "bot"]
    assert sum("正在看您的材料" in text for text in told) == 1
    assert sum(text.startswith(f"{number}受理了") for text in told) == 1
    assert list(house.intake.cases) == [reference]


async def test_every_door_answers_in_plain_words(house: House) -> None:
    for method, path in (("GET", "/nowhere"), ("DELETE", "/chat/api/messages"), ("POST", "/intake/events")):
        async with house.session.request(method, house.url + path) as answer:
            assert 400 <= answer.status < 500
            assert is_plain(await answer.json())


async def test_the_log_was_really_listening(house: House) -> None:
    forged = "whsec_" + "A" * 32
    status = await call_back(house, "1", "ZT-NOBO-DYSR-EFER", 1, "preregistered", secret=forged)

    assert status == 401
    await until(lambda: asyncio.sleep(0, "callback refused" in house.log.getvalue()), "a line in the log")
