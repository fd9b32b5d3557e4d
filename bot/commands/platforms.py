"""`zerotrip serve --platforms`: fake platforms beside the bot, to chat through each without an account.

The fakes are those of the tests. They are not part of what is installed, so this works in a checkout
only; they are looked for when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from bot import serving
from bot.channels import SWITCHES, is_set
from bot.settings import PREFIX, Settings, load, variable

FAKES = "tests.platforms.demo"
REAL = (*SWITCHES.values(), "dingtalk_clerks_url", "sms_url")


async def serve(settings: Settings, *, demo: bool, say: Callable[[str], None]) -> None:
    """Serve as `zerotrip serve` does, with all channels on and every platform a fake on this machine.

    Raises:
        RuntimeError: there are no fakes here, or the settings are for real platforms.
    """
    _refuse_real(settings)
    fakes = _fakes()
    async with fakes.phones(f"http://127.0.0.1:{settings.port}") as phones:
        given = {name.removeprefix(PREFIX).lower(): value for name, value in phones.settings().items()}
        for name, url in phones.pages().items():
            say(f"Phone with {name}: {url}")
        await serving.serve(load(**given), demo=demo, say=say)


def _refuse_real(settings: Settings) -> None:
    if on := [variable(name) for name in REAL if is_set(settings, name)]:
        raise RuntimeError(f"--platforms is for fake accounts, but real ones are set. Unset {', '.join(on)}.")
    if not settings.port:
        raise RuntimeError("The fake platforms have to know where the bot is: set ZEROTRIP_PORT.")


def _fakes() -> Any:
    try:
        return import_module(FAKES)
    except ModuleNotFoundError as fault:
        raise RuntimeError(
            f"The fake platforms come with the source only ({fault.name} is not here). In a checkout with "
            "its development requirements, run: make run PLATFORMS=yes"
        ) from fault
