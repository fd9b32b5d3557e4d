"""A story played on the stage by somebody with a phone, with real photos and a real office.

Everybody who plays is somebody else, so that nobody meets another's cases: identity numbers of a story stand
for numbers of his own. What is said is read as the story has it: his numbers are turned back.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Connection

from storage.people import agents
from tests import pictures
from tests.journeys.office import BY_ITSELF, MENDING, WORDS, Desk, Refused
from tests.journeys.phones import Phone
from tests.journeys.rehearsed import named, text_of
from tests.journeys.stage import Stage
from tests.journeys.stories import Step, act_of, begins, held_against, span, wanted

SMALL = (1200, 900)  # enough to be read; less work than a phone's 12 megapixels
IDENTITY = re.compile(r"999901\d{11}[\dX]")
NEARLY = re.compile(r"[\d０-９](?:[\d０-９Xx] ?){16,18}[\d０-９Xx]|[\d０-９](?:[\d０-９Xx] ?){16}[\d０-９Xx]")
ASKED = re.compile(r"请拍([^\s，。！？、]+)|您?([^\s，。！？、]+?)要再拍")
CARDS = {"身份证正面": "front", "身份证反面": "back"}
FORGOTTEN = ""  # what the bot knows of a case once its person is forgotten
NOT_TAKEN = frozenset({"blocked", "duplicate"})  # what was handed in and is no case of the office
NUMBERS = re.compile(r"CS-\d{4}-\d{4,}")
OURS = ("/papers/", "/subscribe/")  # pages of ours that a chat may lead to


@dataclass
class Play:
    """One story, one person, one phone."""

    stage: Stage
    desk: Desk
    phone: Phone
    story: Mapping[str, Any]
    heard: list[str] = field(default_factory=list)
    _said: str = ""  # since somebody acted, and not yet held against the story
    _whole: str = ""  # since somebody acted
    _before: frozenset[str] = frozenset()
    _last_photo: bytes = b""
    _pages: int = 0
    _texted: int = 0  # text messages to anybody, before this story
    _agent: str = ""  # the village agent's id
    _own: dict[str, str] = field(default_factory=dict)  # what is his: as the story has it

    async def run(self) -> None:
        self.stage.played += 1
        self._texted = len(self.stage.sms.truth.shown)
        self.desk.go_home()
        self.stage.clock.set(begins(dict(self.story)))
        self._before = frozenset(row.number for row in await self.desk.cases())
        await self.phone.open()
        await self._hears()
        for number, step in enumerate(self.story["steps"], start=1):
            if step.get("only", "stage") == "stage":
                await self._step(step, f"step {number}, {step}")

    async def _step(self, step: Step, where: str) -> None:
        acted = await self._act(step)
        self._said = "" if acted else self._whole  # what comes by itself comes in any order
        if acted:
            self._whole = ""
        new = await self._hears()
        if step.get("hear") == "nothing":
            assert not new, f"{where}: {new}"
            return
        parts = wanted(step)
        notice = self.phone.noticed()
        if notice and "notice" in step:  # what is told by a notice and need not be known is said no more
            assert step["notice"] in notice, f"{where}: {notice}"
            return
        if any(part not in self._said for part in parts):
            await self.phone.read_up()
            await self._hears()
        self._said = self._said[held_against(self._said, step, where) :]

    async def _hears(self) -> list[str]:
        await self.stage.settle()
        await self._number_cases()
        new = [self._as_written(text) for text in await self.phone.news()]
        self.heard += new
        self._said = "\n".join([self._said, *new])
        self._whole = "\n".join([self._whole, *new])
        return new

    # What is done

    async def _act(self, step: Step) -> bool:
        """Do what the step says; False when it has come by itself."""
        name = act_of(step)
        if name == "report":
            await self._was_told(str(step[name]))
            return False
        acts = {"say": self._say, "tap": self._tap, "photo": self._photo, "intake": self._intake}
        acts["agent"] = self._sign_in
        if name == "office":
            await self._office(step)
        elif name == "wait":
            await self.stage.pass_time(span(str(step[name])))
        else:
            return await acts[name](str(step[name]))
        return True

    async def _say(self, text: str) -> bool:
        await self.phone.say(self._as_his(text))
        return True

    async def _tap(self, label: str) -> bool:
        await self.phone.tap(self._real_number(label))
        return True

    async def _photo(self, kind: str) -> bool:
        if kind != "same":
            self._last_photo = self._picture(kind)
        await self.phone.photo(self._last_photo)
        return True

    async def _sign_in(self, words: str) -> bool:
        """Have an operator remove the village agent, or give him a code, with which he signs in."""
        bot = self.stage.bot
        if words == "removed":
            await bot.database.run(lambda c: agents.remove(c, bot.vault, self._agent, bot.clock()))
            return True
        village, name = words.split()
        code = await bot.database.run(lambda c: self._code(c, name, village))
        await self.phone.say(f"代办 {code[:5]} {code[5:]}")
        return True

    def _code(self, connection: Connection, name: str, village: str) -> str:
        vault, now = self.stage.bot.vault, self.stage.clock()
        if self._agent:
            return str(agents.renew(connection, vault, self._agent, now))
        self._agent, code = agents.add(connection, vault, name, village, "+8613800000001", now)
        return code

    async def _intake(self, words: str) -> bool:
        what, _, rest = words.partition(" ")
        what, _, child = what.partition("@")
        if what in BY_ITSELF:
            return False
        for number in await self._meant(child):
            if what == "mended":
                for step in MENDING:
                    await self.desk.follow_up(number, step, rest or "改好了。")
                continue
            action, fields = WORDS[what]
            why, _, how = rest.partition("/")
            told = {"why": why.strip(), "how": how.strip()} if how else {}
            await self.desk.move(number, action, {**fields, **told})
            await self.stage.settle()  # children of a package are told of in the order of the acts
        return True

    async def _office(self, step: Step) -> None:
        """Do something with details; `refused` says that the office is not let, and how that is called."""
        act, given = str(step["office"]), dict(step.get("with", {}))
        if "refused" not in step:
            return await self._office_does(act, given)
        with pytest.raises(Refused) as refusal:
            await self._office_does(act, given)
        assert refusal.value.kind == step["refused"], step
        return None

    async def _office_does(self, act: str, given: dict[str, Any]) -> None:
        child, items = str(given.pop("child", "")), given.pop("items", None)
        (number, *_) = await self._meant(child)
        if act == "answer_lookup":
            await self.desk.answer_lookup(given["result"])
        elif "words" in given:
            await self.desk.follow_up(number, act, given["words"])
        else:
            await self.desk.move(number, "accept" if act == "accept_deferred" else act, given, items)

    async def _was_told(self, kind: str) -> None:
        (number, *_) = await self._meant("")
        file = await self.desk.file(number)
        assert kind in file["events"][-3:], f"{kind} was not told, but {file['events']}"

    # Cases

    async def mine(self) -> list[Any]:
        return [row for row in await self.desk.cases() if row.number not in self._before]

    async def _meant(self, child: str) -> list[str]:
        """Return the numbers a word is about: one child, what runs of a package, or the last case."""
        mine = await self.mine()
        if child:
            return [row.number for row in mine if row.service.endswith(f"_{child}")]
        package = {row.service for row in mine[-4:]} if self.story["end"].get("children") else set()
        if package:
            over = ("approved", "denied", "delivered", "closed", "withdrawn")
            return [row.number for row in mine if row.state not in over]
        return [mine[-1].number]

    async def _number_cases(self) -> None:
        children = list(self.story["end"].get("given", {}))  # handed in side by side, numbered in this order
        for nth, row in enumerate(await self.mine()):
            day, at = row.number.split("-")[1], children.index(row.service) if children else nth
            self._own[row.number] = f"CS-{day}-{at + 1:04}"

    # Numbers of the story and of the person who plays it

    def _as_his(self, text: str) -> str:
        """Return what is typed: numbers of the story become his own, in the same shape."""
        for found in NEARLY.findall(text):
            plain = unicodedata.normalize("NFKC", found).replace(" ", "").upper()
            if IDENTITY.fullmatch(plain) and plain[17] == _check(plain[:17]):
                text = text.replace(found, self._shaped(found, self._his(plain)))
        return self._real_number(text)

    def _his(self, number: str) -> str:
        """Return his own number for one of the story: the same birthday and sex, another order."""
        order = int(number[14:17]) % 2 + 2 * self.stage.played
        first17 = f"{number[:14]}{order:03}"
        own = first17 + _check(first17)
        self._own[own] = number
        self._own[f"999901********{own[14:]}"] = f"999901********{number[14:]}"
        self._own[f"尾号{own[14:]}"] = f"尾号{number[14:]}"
        return own

    @staticmethod
    def _shaped(like: str, number: str) -> str:
        digits = iter(number)
        out = []
        for each in like:
            digit = each if each == " " else next(digits)
            out.append(chr(ord(digit) + 0xFEE0) if each in "０１２３４５６７８９" and digit != "X" else digit)
        return "".join(out).replace("X", "x" if "x" in like else "X")

    def _real_number(self, text: str) -> str:
        back = {written: real for real, written in self._own.items() if real.startswith("CS-")}
        return NUMBERS.sub(lambda found: back.get(found[0], found[0]), text)

    def _as_written(self, text: str) -> str:
        for real, written in self._own.items():
            text = text.replace(real, written)
        return text

    def texts(self) -> list[str]:
        """Return the text messages that went out, in the story's numbers."""
        sent = self.stage.sms.truth.shown[self._texted :]
        return [text_of(each.user, self._as_written(each.text)) for each in sent]

    # Photos

    def _picture(self, kind: str) -> bytes:
        asked = [name for one, other in ASKED.findall("\n".join(self.heard)) if (name := one or other)]
        side = asked[-1] if asked else ""
        if kind == "not_a_photo":
            return b"This is a text, whatever it is called.\n" * 40
        for words, card in CARDS.items():
            if words in side:
                return photo(card, kind)
        self._pages += 1
        return photo(f"page{self._pages}", kind)


def _check(first17: str) -> str:
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(first17))
    return "10X98765432"[total % 11]


@cache
def photo(paper: str, kind: str) -> bytes:
    """Return a photo of a paper, good or as bad as `kind` says."""
    drawn: Image.Image
    if paper == "front":
        drawn = pictures.card_front()
    elif paper == "back":
        drawn = pictures.card_back()
    else:
        return pictures.jpeg(pictures.page(int(paper.removeprefix("page")) + 2).reduce(2))
    taken = partial(pictures.photographed, drawn, size=SMALL)
    made: Mapping[str, Callable[[], Image.Image]] = {
        "good": taken,
        "blurred": partial(taken, blur=12),
        "dark": partial(taken, light=0.25),
        "cut": lambda: pictures.cut_off(taken(), 0.5),
        "far": partial(taken, fill=0.2),
    }
    return pictures.jpeg(made[kind](), quality=88, gps=True)


async def play(stage: Stage, desk: Desk, phone: Phone, story: Mapping[str, Any]) -> None:
    """Play a story to its end, and hold the end against what is written."""
    played = Play(stage, desk, phone, story)
    await played.run()
    files = [await desk.file(row.number) for row in await played.mine()]
    expected = dict(story["end"])
    if "handed_in" in expected:
        expected["handed_in"] -= sum(step.get("intake") in NOT_TAKEN for step in story["steps"])
    truth = truth_of(files)
    asked = {key: value for key, value in expected.items() if key in truth and value != FORGOTTEN}
    assert {key: truth[key] for key in asked} == asked
    assert sorted(expected.get("texts", played.texts())) == sorted(played.texts())
    if within := expected.get("filed_within"):
        assert max(row.submitted_at for row in await played.mine()) - begins(dict(story)) <= span(within)
    _as_the_office_has_it(files, expected.get("office", {}))
    whole = "\n".join(played.heard)
    for words in expected.get("never_said", []):
        assert words not in whole
    _kept_to_itself(stage, files, whole)
    if files and (pages := files[-1]["pages"]):
        _shows_no_place(await desk.photo((await played.mine())[-1].number, pages[0]))


def truth_of(files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a story's end asks, as far as the office knows it."""
    bodies = [file["body"] for file in files if file["body"]]
    last: Mapping[str, Any] = files[-1] if files else {}
    answers = {row["key"]: row["value"] for row in bodies[-1]["answers"]} if bodies else {}
    return {
        "handed_in": len(files),
        **({"state": last["state"], "rating": last["rating"]} if bodies else {}),
        **({"answers": answers} if "id_number" not in answers else {}),
        "children": {file["service"].rpartition("_")[2]: file["state"] for file in files},
        "given": {file["service"]: [row["key"] for row in file["body"]["answers"]] for file in files}
        if len(bodies) == len(files)
        else {},
        "photos_each": [len(_pages(body)) for body in bodies],
        "agent": named(bodies[-1].get("agent", {})) if bodies else {},
        "flags": sorted({flag for body in bodies for page in _pages(body) for flag in page["flags"]}),
        "promised": [each["material"] for each in bodies[-1].get("deferred", ())] if bodies else [],
        "looked_up": list(bodies[-1].get("lookups", ())) if bodies else [],
    }


def _pages(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [page for material in body["materials"] for page in material["pages"]]


def _as_the_office_has_it(files: Sequence[Mapping[str, Any]], wanted: Mapping[str, Any]) -> None:
    """Hold the last case against what the story says the office has; events are numbered without a gap."""
    for file in files:
        assert file["seqs"] == [*range(1, len(file["seqs"]) + 1)]
        assert file["hashed"]
    assert {key: files[-1][key] for key in wanted} == dict(wanted)


def _shows_no_place(photo: bytes) -> None:
    """What the office has of a photo says nothing of the phone that took it, nor of the place."""
    with Image.open(io.BytesIO(photo)) as picture:
        assert not picture.getexif()
    assert b"Exif" not in photo


def _kept_to_itself(stage: Stage, files: Sequence[Mapping[str, Any]], heard: str) -> None:
    """No chat shows a whole identity number or leads to other pages than ours; no log names anybody."""
    log = stage.log.getvalue()
    for body in (file["body"] for file in files if file["body"]):
        number, name = body["applicant"]["id_number"], body["applicant"]["name"]
        assert not [word for word in (number, name) if word and word in log]
        assert not number or number not in heard
    strange = [link for link in re.findall(r"https?://\S+", heard) if not any(page in link for page in OURS)]
    assert not strange
