"""胡女士's story on any phone: the product as processes, the platforms beside it, a reviewer in the office.

    async with everything(folder) as world:           # bot, intake, WeChat, Telegram, DingTalk, SMS
        her = Hu(world, world.wechat.person("hu"), nth=1)
        await her.open()
        await her.enrol()                             # every question up to the photos
        await her.photograph()                        # both sides of her identity card
        await her.hand_in()
        await world.office.see_through(her.number)    # the office looks, accepts, grants, delivers
        await her.rate()

Everybody has a name and a number of his own, so that one person's data is seen on another's phone.
"""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import ClientSession, CookieJar, FormData
from PIL import Image

from tests import pictures
from tests.patience import PATIENCE
from tests.platforms import Fake, Person, Shown, serving
from tests.platforms.dingtalk import FakeDingTalk
from tests.platforms.sms import FakeSms
from tests.platforms.telegram import Caller, FakeTelegram
from tests.platforms.wechat import FakeWeChat
from tests.product import INTAKE_TOKEN, Product, Reviewer, running

SMALL = (2000, 1500)  # enough to read; less work than a real phone's 12 megapixels
SURNAMES = "胡李王张刘陈杨赵黄周吴徐孙马朱"
NUMBER = re.compile(r"号码([A-Z0-9]+(?:-[A-Z0-9]+)*)")
GAP = "\n\n"  # between messages that share one
AGAIN = "怕您没收到，再发一遍："


@dataclass
class World:
    """All that runs in a story."""

    product: Product
    office: Office
    session: ClientSession
    wechat: FakeWeChat
    telegram: FakeTelegram
    dingtalk: FakeDingTalk
    sms: FakeSms
    people: list[Hu] = field(default_factory=list)

    @property
    def fakes(self) -> tuple[Fake, ...]:
        return self.wechat, self.telegram, self.dingtalk, self.sms

    async def receipt(self, number: str) -> bytes:
        """Return the receipt as the intake service hands it out to the bot."""
        there = f"{self.product.review_url}/v1/pre-applications/{number}/documents"
        headers = {"Authorization": f"Bearer {INTAKE_TOKEN}"}
        async with self.session.get(there, headers=headers) as answer:
            [receipt] = [each for each in await answer.json() if each["kind"] == "receipt"]
        async with self.session.get(f"{there}/{receipt['id']}.pdf", headers=headers) as answer:
            assert answer.status == 200
            return await answer.read()

    def secrets(self) -> set[str]:
        """Return what may be on no phone and in no log: what the platforms know us by."""
        given = {name: value for fake in self.fakes for name, value in fake.settings().items()}
        wanted = re.compile(r"SECRET|TOKEN|AES_KEY")
        return {value for name, value in given.items() if wanted.search(name) and value}


class Office:
    """Whoever looks at applications, through the intake service's own interface."""

    def __init__(self, reviewer: Reviewer) -> None:
        self._reviewer = reviewer

    async def see_through(self, number: str, until: str = "delivered") -> None:
        """Take every step that leads on, until the application is where it should be."""
        while (seen := await self._reviewer.read(number))["state"] != until:
            action = next(each for each in seen["actions"] if each["tone"] == "primary")
            fields = {need["name"]: "从12月起算。" for need in action["needs"]}
            await self._reviewer.move(number, action["action"], **fields)

    async def ask_for(self, number: str, slot: str, title: str) -> None:
        """Have something put right."""
        item = {"slot": slot, "title": title, "reason": "和身份证上的不一样。", "example": ""}
        await self._reviewer.ask_correction(number, [item])

    async def papers(self, number: str) -> list[str]:
        return [each["id"] for each in (await self._reviewer.read(number))["materials"]]

    async def how_many(self) -> int:
        return len(await self._reviewer.find())


@dataclass
class Hu:
    """Somebody who enrols, on whatever phone she holds just now. `nth`: which of all of them she is."""

    world: World
    phone: Person
    nth: int = 0
    number: str = ""
    phones: list[Person] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world.people.append(self)
        self.phones.append(self.phone)

    @property
    def name(self) -> str:
        return f"{SURNAMES[self.nth]}某某"

    @property
    def id_number(self) -> str:
        return identity_number(self.nth)

    def take(self, phone: Person) -> None:
        """Go on with another phone."""
        self.phone = phone
        self.phones.append(phone)

    async def open(self, scene: str = "") -> None:
        await self.phone.open(scene)

    async def say(self, text: str, answer: str) -> Shown:
        await self.phone.say(text)
        return await self.phone.until(answer)

    async def choose(self, label: str, answer: str) -> Shown:
        await self.phone.choose(label)
        return await self.phone.until(answer)

    async def situation(self) -> None:
        """Answer what decides which papers it takes, and agree."""
        await self.say("想在常山交社保", "您的户口在常山吗")
        await self.choose("在", "有单位给您交社保吗")
        await self.choose("没有单位，自己干", "您想交哪一种")
        await self.choose("养老", "以后怎么交钱")
        await self.choose("自己在手机上交", "同意吗")
        await self.choose("同意", "您叫什么名字")

    async def form(self) -> None:
        """Say who she is and what she wants, up to the first photo."""
        await self.say(self.name, "身份证号码")
        await self.say(self.id_number, "哪一档")
        await self.choose("最低档（60%）", "请拍身份证正面")

    async def enrol(self) -> None:
        """Answer everything up to the photos."""
        await self.situation()
        await self.form()

    async def photograph(self) -> None:
        """Send both sides of her card, by whatever way this phone has."""
        await self.send(front(self.nth))
        await self.phone.until("请拍身份证反面")
        await self.send(back())
        await self.phone.until("都对吗")

    async def send(self, photo: bytes) -> None:
        """Send a photo in the chat; where none may pass through it, by the link that came."""
        links = [button.url for shown in self.phone.shown for button in shown.buttons if button.url]
        if isinstance(self.phone, Caller) and links:
            await upload(self.world.session, links[-1], photo)  # something may have been said since
        else:
            await self.phone.photo(photo)

    async def hand_in(self) -> None:
        """Say that all is right; remember the number."""
        said = await self.choose("都对，交上去", "交上去了")
        found = NUMBER.search(said.text)
        assert found, said.text
        self.number = found[1]

    async def knows(self, words: str) -> None:
        """Wait until `words` stand on the phone, in whichever message: what waits leaves merged."""
        await self.phone.truth.until(lambda: words in "\n".join(self.phone.heard()) or None, repr(words))

    async def rate(self) -> None:
        await self.phone.until("这次服务您满意吗")
        await self.choose("非常满意", "谢谢您")

    def heard(self) -> str:
        """All that was said to her, on all her phones."""
        return "\n".join(text for phone in self.phones for text in phone.heard())


async def upload(session: ClientSession, link: str, photo: bytes) -> None:
    """Do what our page for a photo does when its button is tapped."""
    page = urlsplit(link)
    form = FormData()
    form.add_field("file", photo, filename="photo.jpg", content_type="image/jpeg")
    url = f"{page.scheme}://{page.netloc}/upload/api/photo"
    async with session.post(url, data=form, headers={"Authorization": f"Bearer {page.fragment}"}) as answer:
        assert answer.status == 202, await answer.text()


# What must be true of every story


def in_order(heard: str, *words: str) -> None:
    """Each of `words` was said, one after the other."""
    places: list[int] = []
    for each in words:
        places.append(heard.find(each, places[-1] if places else 0))
        assert places[-1] >= 0, f"{each!r} was not said, or not in its turn:\n{heard}"


def nothing_twice(phone: Person) -> None:
    """No message was shown twice, alone or within another. (Changed ones and pop-ups are not messages.)

    On a busy machine a call may end without our learning how: what is said again then is marked as such.
    """
    told = [each for each in phone.shown if not each.replaces and each.road != "toast"]
    said = [each for shown in told if AGAIN not in shown.text for each in parts(shown)]
    twice = {text for text in said if said.count(text) > 1}
    assert not twice, f"said more than once: {twice}"


def parts(shown: Shown) -> Sequence[str]:
    return shown.text.split(GAP)


def keeps_to_itself(world: World) -> None:
    """Nobody was shown our secrets, a whole identity number, or what is another's; no log names anybody."""
    for her in world.people:
        others = [other for other in world.people if other.nth != her.nth]
        theirs = {word for other in others for word in (other.name, other.id_number, other.number) if word}
        heard = her.heard()
        found = {word for word in theirs | world.secrets() | {her.id_number} if word in heard}
        assert not found, f"on the phone of {her.name}: {found}\n{heard}"
    texts = "\n".join(shown.text + str(shown.fields) for shown in world.sms.truth.shown)
    named = [her.name for her in world.people] + [her.id_number for her in world.people]
    printed = world.product.output
    assert not [word for word in [*named, *world.secrets()] if word in printed or word in texts]


def rises(shown: Iterable[Shown]) -> bool:
    """Say whether the messages came in the order of their times."""
    return all(one.at <= other.at for one, other in pairwise(shown))


# Who she is


@cache
def identity_number(nth: int) -> str:
    """Return the nth made-up identity number, of an area that does not exist (GB 11643-1999)."""
    first17 = f"99990119880305{24 + 10 * nth:03d}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(first17))
    return first17 + "10X98765432"[total % 11]


@cache
def front(nth: int) -> bytes:
    return jpeg(pictures.card_front(identity_number(nth)))


@cache
def back() -> bytes:
    return jpeg(pictures.card_back())


def jpeg(card: Image.Image) -> bytes:
    kept = io.BytesIO()
    pictures.photographed(card, size=SMALL).save(kept, "JPEG", quality=88)
    return kept.getvalue()


@asynccontextmanager
async def everything(folder: Path, **environment: str) -> AsyncIterator[World]:
    """Run the product with all channels, the platforms and an office."""
    wechat, telegram, dingtalk, sms = FakeWeChat(), FakeTelegram(), FakeDingTalk(), FakeSms()
    fakes: tuple[Fake, ...] = (wechat, telegram, dingtalk, sms)
    async with AsyncExitStack() as stack:
        for fake in fakes:
            fake.patience = PATIENCE  # how platforms ask again is shown elsewhere
            await stack.enter_async_context(serving(fake))
        given = {name: value for fake in fakes for name, value in fake.settings().items()}
        product = await stack.enter_async_context(running(folder, environment={**given, **environment}))
        for fake in fakes:
            fake.webhook = product.url + fake.path
        # A browser keeps cookies of 127.0.0.1; aiohttp has to be told.
        jar = CookieJar(unsafe=True)
        session = await stack.enter_async_context(ClientSession(cookie_jar=jar))
        reviewer = await Reviewer(session, product.review_url).sign_in(product.sign_in_code())
        yield World(product, Office(reviewer), session, wechat, telegram, dingtalk, sms)
