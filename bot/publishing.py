"""Tells the intake service what the scripts ask, so that the window works by the list the public reads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from dialogs.script import Script
from dialogs.script.filings import Filing, every
from dialogs.world import Library
from handlers.intake import IntakeClient, RefusedByIntake, TryLater, retry_after

_log = structlog.get_logger("publishing")


async def publish_definitions(intake: IntakeClient, library: Library) -> None:
    """Publish the live version of every script; an intake service that is down is asked again later.

    Of a package each child is a service of its own there, with what concerns it.
    """
    for key in library.live.values():
        for filing in every(library.scripts[key]):
            await _publish(
                intake, filing.service, library.scripts[key], definition(library.scripts[key], filing)
            )


def definition(script: Script, filing: Filing) -> Mapping[str, Any]:
    """Return what the intake service is told of one service: the script, without what goes elsewhere."""
    whole = script.model_dump(mode="json", by_alias=True, exclude={"scenarios", "version"})
    if not filing.child:
        return whole
    item = filing.item.model_dump(mode="json", by_alias=True)
    own = {part: [each for each in whole[part] if filing.takes(each["id"])] for part in ("form", "materials")}
    return {**whole, **own, "id": filing.service, "title": filing.title, "item": item, "children": []}


async def _publish(intake: IntakeClient, service: str, script: Script, definition: Mapping[str, Any]) -> None:
    attempt = 0
    while True:
        attempt += 1
        try:
            await intake.publish_definition(service, script.version, definition)
            return
        except TryLater:
            wait = retry_after(attempt)
        except RefusedByIntake:
            wait = None
        if wait is None:
            _log.error("definition not taken", script=service, version=script.version)
            return
        await asyncio.sleep(wait.total_seconds())
