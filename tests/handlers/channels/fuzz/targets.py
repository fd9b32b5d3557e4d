"""Which webhooks there are to be called, and how a storm over one goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from tests.handlers.channels.dingtalk_calls import Made
from tests.handlers.channels.fuzz import dingtalk, telegram, texts, wechat


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook.

    path:    where it is called.
    outcome: reads a call as the handler does; raises nothing, and what it takes can be kept.
    """

    path: str
    broken: Callable[[Random], Made]
    outcome: Callable[[Made, Random], str]


TARGETS: Mapping[str, Target] = {
    "wechat": Target("/channels/wechat", wechat.broken, wechat.outcome),
    "telegram": Target("/channels/telegram", telegram.broken, telegram.outcome),
    "dingtalk": Target("/channels/dingtalk", dingtalk.broken, dingtalk.outcome),
    "sms": Target("/channels/sms/reports", texts.broken, texts.outcome),
}


class Broken(Exception):
    """A call that made the reader raise. Told with the seed, so that it can be made again."""


def storm(name: str, times: int, random: Random) -> Counter[str]:
    """Return how often what came of `times` broken calls.

    Raises:
        Broken: something else than a refusal was raised; the call is in its text.
    """
    target, told = TARGETS[name], Counter[str]()
    for n in range(times):
        made = target.broken(random)
        try:
            told[target.outcome(made, random)] += 1
        except Exception as fault:
            raise Broken(f"{name}, call {n}: {made!r}") from fault
    return told
