"""Two people at the real pages: an applicant with her phone, a reviewer at his desk.

Both see every page they come to checked by axe, and photographed where LOOKS names a folder, at 320 px,
at 375 px and in large type: `LOOKS=/tmp/looks pytest tests/web/test_story.py`.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.patience import PATIENCE
from tests.product import PASSWORD, until
from tests.web.axe import serious_faults

HEARD = """
([after, part]) => Array.from(document.querySelectorAll('.turn[data-seq]:not([data-from=applicant])'))
    .map((turn) => [Number(turn.dataset.seq), turn.textContent])
    .filter(([seq, text]) => seq > after && text.includes(part))
    .map(([seq]) => seq)[0] || 0
"""


@asynccontextmanager
async def at(
    browser: Browser, address: str, *, phone: bool = True, locale: str = "zh-CN"
) -> AsyncIterator[Page]:
    """Open a page of the product. A broken content policy, an uncaught error, a call to others: faults."""
    faults: list[str] = []
    context = await browser.new_context(
        viewport={"width": 375, "height": 667} if phone else {"width": 1280, "height": 860},
        has_touch=phone,
        locale=locale,
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security" in line.text else None)
    page.on("request", lambda call: None if _is_ours(call.url) else faults.append(f"asked {call.url}"))
    await page.goto(address)
    try:
        yield page
    except BaseException:
        print("last seen:", *(await page.locator(".turn").all_inner_texts())[-6:], sep="\n")
        raise
    finally:
        await context.close()
    assert faults == []


def _is_ours(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "blob:http://127.0.0.1:"))


async def look(page: Page, name: str, widths: tuple[int, ...] = (320, 375), *, whole: bool = False) -> None:
    """Check what is on the screen; keep pictures of it, or of the whole page, where somebody wants them."""
    assert await serious_faults(page) == [], name
    folder = os.environ.get("LOOKS")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    assert before is not None
    for width in widths:
        await page.set_viewport_size({"width": width, "height": before["height"]})
        await page.wait_for_timeout(250)
        await page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=whole)
    await page.set_viewport_size(before)


class Phone:
    """胡女士 at the chat page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._heard = 0  # number of the newest message she has taken in

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    async def hear(self, part: str) -> None:
        """Wait until something she has not heard before has `part` in it."""

        async def heard() -> int:
            return int(await self.page.evaluate(HEARD, [self._heard, part]))

        try:
            self._heard = await until(heard, repr(part), PATIENCE)
        except AssertionError as error:
            said = await self.page.locator(".turn").all_inner_texts()
            raise AssertionError(f"{error}\nlast seen:\n" + "\n".join(said[-6:])) from None

    async def write(self, text: str) -> None:
        await self.page.get_by_role("textbox").fill(text)
        await self.page.keyboard.press("Enter")

    async def say(self, text: str, answer: str) -> None:
        """Type something and wait for the answer."""
        await self.write(text)
        await self.hear(answer)

    async def tap(self, label: str, answer: str) -> None:
        """Tap the button of the question on the screen that says `label`."""
        own_words = self.page.get_by_text(label, exact=True)
        await self.page.locator(".choice").filter(has=own_words).last.click()
        await self.hear(answer)

    async def photograph(self, photo: bytes, answer: str) -> None:
        """Take the photo that is wanted, and wait for what is said to it."""
        await self.take(photo)
        await self.hear(answer)

    async def take(self, photo: bytes) -> None:
        """Tap the camera on the card that wants a photo, and take one."""
        async with self.page.expect_file_chooser() as chosen:
            await self.page.get_by_role("button", name="拍照").last.click()
        chooser = await chosen.value
        await chooser.set_files({"name": "IMG_0001.jpg", "mimeType": "image/jpeg", "buffer": photo})

    async def change(self, label: str, answer: str) -> None:
        """Tap 改 beside a row of what is read back."""
        await self.page.get_by_role("button", name=f"改 {label}", exact=True).last.click()
        await self.hear(answer)

    async def said(self) -> str:
        """Everything on the page, hers and theirs."""
        return await self.page.locator(".log").inner_text()

    async def look(self, name: str) -> None:
        await look(self.page, name)
        if os.environ.get("LOOKS"):
            await self._look_at_large_type(name)

    async def _look_at_large_type(self, name: str) -> None:
        toggle = self.page.locator(".bar-button").first
        await toggle.click()
        await look(self.page, f"{name}-large", (375,))
        await toggle.click()


class Desk:
    """小王 at the review page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def begin(self) -> None:
        """Become the first reviewer; the one-time code is in the address."""
        await self.page.get_by_label("名字").fill("小王")
        await self.page.get_by_label("密码").fill(PASSWORD)
        await look(self.page, "review-door", (375, 1280))
        await self.page.get_by_role("button", name="设好并登录").click()

    async def open(self, title: str) -> str:
        """Open the newest application called `title`; return its number."""
        await self.page.get_by_role("link", name=title).first.click()
        number = await self.page.locator(".head .number").inner_text()
        await expect(self.page.get_by_role("img", name="放大看").first).to_be_visible()
        return number

    async def look_closely(self) -> None:
        """Enlarge the first photo until the small print can be read."""
        await self.page.get_by_role("img", name="放大看").first.click()
        await self.page.get_by_role("button", name="放大", exact=True).click()
        await look(self.page, "review-photo", (375, 1280))
        await self.page.get_by_role("button", name="关上", exact=True).click()

    async def uncover(self, label: str, value: str) -> None:
        """See a covered answer in full: asked why, and shown."""
        await self.page.get_by_role("button", name=f"看全 {label}").click()
        await look(self.page, "review-why", (375, 1280))
        await self.page.get_by_role("dialog").get_by_role("button", name="看全", exact=True).click()
        await expect(self.page.get_by_text(value, exact=True)).to_be_visible()

    async def move(self, action: str, then: str, **fields: str) -> None:
        """Take one action, its fields by their labels, and wait until the application is `then`."""
        await self.page.get_by_role("button", name=action, exact=True).click()
        await self.move_on(action, then, **fields)

    async def refuse_without_saying_why(self, action: str) -> None:
        """Try to deny without a reason: the page stays where it is and points to the empty field."""
        await self.page.get_by_role("button", name=action, exact=True).click()
        await self.page.get_by_role("button", name=f"确定{action}").click()
        await expect(self.page.get_by_label("为什么不能办")).to_be_focused()

    async def move_on(self, action: str, then: str, **fields: str) -> None:
        """Fill in what the open action asks for, and send it."""
        for label, words in fields.items():
            await self.page.get_by_label(label).fill(words)
        await self.page.get_by_role("button", name=f"确定{action}").click()
        await expect(self.page.locator(".head .state")).to_have_text(then)
