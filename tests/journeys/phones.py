"""The phones on the stage: the page in a browser, and WeChat. A story is the same on both.

What differs is the platform's own: in WeChat a short notice may stand for words that wait until she writes,
so she does what anybody would and asks 进度; an option is tapped where there is a button, else typed.
"""

from __future__ import annotations

from typing import Any, Protocol

from aiohttp import FormData

from tests.journeys.stage import Stage
from tests.platforms import Person
from tests.platforms.wechat import WeChatPerson

NOTICES = frozenset({"template", "subscription"})  # roads of what only says that there is news
FORGOTTEN = 410


class Phone(Protocol):
    """Somebody's way to us. Every act returns once it has been taken; answers come with `news`."""

    async def open(self) -> None: ...
    async def say(self, text: str) -> None: ...
    async def tap(self, label: str) -> None: ...
    async def photo(self, data: bytes) -> None: ...

    async def news(self) -> list[str]:
        """Return what was said since the last call."""
        ...

    async def read_up(self) -> None:
        """Do what makes words come that wait for her, if any do."""
        ...

    def noticed(self) -> str:
        """Return the short notices that came since the last call, in one text."""
        ...


class WebPhone:
    """The page, by the wire of docs/web-chat.md."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._api = f"{stage.url}/chat/api"
        self._headers: dict[str, str] = {}
        self._sent = 0
        self.seen: list[dict[str, Any]] = []

    async def open(self) -> None:
        async with self._stage.session.post(f"{self._api}/conversations", json={"lang": "zh-CN"}) as answer:
            assert answer.status == 201, await answer.text()
            given = await answer.json()
        self._headers = {"Authorization": f"Bearer {given['token']}"}
        self._conversation = given["conversation"]

    async def say(self, text: str) -> None:
        await self._post({"text": text})

    async def tap(self, label: str) -> None:
        options = [choice for message in reversed(self.seen) for choice in message["choices"]]
        found = next((choice["id"] for choice in options if choice["label"] == label), None)
        assert found is not None, f"there is no button {label}"
        await self._post({"choice": found, "text": label})

    async def photo(self, data: bytes) -> None:
        form = FormData()
        form.add_field("id", self._next_id())
        form.add_field("file", data, filename="photo.jpg", content_type="image/jpeg")
        async with self._stage.session.post(
            f"{self._api}/photos", data=form, headers=self._headers
        ) as answer:
            assert answer.status == 202, await answer.text()

    async def news(self) -> list[str]:
        after = self.seen[-1]["seq"] if self.seen else 0
        address = f"{self._api}/messages?after={after}&wait=0"
        async with self._stage.session.get(address, headers=self._headers) as answer:
            if answer.status == FORGOTTEN:
                return []
            assert answer.status == 200, await answer.text()
            found = (await answer.json())["messages"]
        self.seen += found
        return [each["text"] for each in found if each["from"] != "applicant"]

    async def read_up(self) -> None:
        """Nothing waits: the page shows all there is."""

    def noticed(self) -> str:
        return ""

    async def _post(self, body: dict[str, str]) -> None:
        if await self._posted(body) == FORGOTTEN:  # the page begins anew, as a stranger's
            await self.open()
            self.seen = []
            await self._posted(body)

    async def _posted(self, body: dict[str, str]) -> int:
        whole = {"id": self._next_id(), **body}
        async with self._stage.session.post(
            f"{self._api}/messages", json=whole, headers=self._headers
        ) as answer:
            assert answer.status in (202, FORGOTTEN), await answer.text()
            return answer.status

    def _next_id(self) -> str:
        self._sent += 1
        return f"{self._conversation}-{self._sent}"


class WeChatPhone:
    """A follower of the account."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.person: WeChatPerson = stage.wechat.person(f"story{stage.played}")
        self._read = 0
        self._notices: list[str] = []

    async def open(self) -> None:
        await self.person.open()

    async def say(self, text: str) -> None:
        await self.person.say(text)

    async def tap(self, label: str) -> None:
        if _has(self.person, label):
            await self.person.choose(label)
        else:
            await self.person.say(label)

    async def photo(self, data: bytes) -> None:
        await self.person.photo(data)

    async def news(self) -> list[str]:
        found = self.person.shown[self._read :]
        self._read += len(found)
        self._notices += [" ".join(each.fields.values()) for each in found if each.road in NOTICES]
        return [each.text for each in found if each.road not in NOTICES]

    async def read_up(self) -> None:
        await self.person.say("进度")
        await self._stage.settle()

    def noticed(self) -> str:
        notices, self._notices = self._notices, []
        return "\n".join(notices)


def _has(person: Person, label: str) -> bool:
    """Say whether the newest message offers `label`, as a button or with a number before it."""
    newest = person.shown[-1]
    return any(button.label == label for button in newest.buttons) or f". {label}" in newest.text


PHONES: dict[str, type[WebPhone] | type[WeChatPhone]] = {"web": WebPhone, "wechat": WeChatPhone}
