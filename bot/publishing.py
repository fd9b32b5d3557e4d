"""Tells the intake service what the scripts ask, so that the window works by the list the public reads."""

from __future__ import annotations

import asyncio

import structlog

from dialogs.world import Library
from handlers.intake import IntakeClient, RefusedByIntake, TryLater, retry_after

_log = structlog.get_logger("publishing")


async def publish_definitions(intake: IntakeClient, library: Library) -> None:
    """Publish the live version of every script; an intake service that is down is asked again later."""
    for key in library.live.values():
        await _publish(intake, library, key)


async def _publish(intake: IntakeClient, library: Library, key: str) -> None:
    script = library.scripts[key]
    definition = script.model_dump(mode="json", by_alias=True, exclude={"scenarios", "version"})
    attempt = 0
    while True:
        attempt += 1
        try:
            await intake.publish_definition(script.id, script.version, definition)
            return
        except TryLater:
            wait = retry_after(attempt)
        except RefusedByIntake:
            wait = None
        if wait is None:
            _log.error("definition not taken", script=script.id, version=script.version)
            return
        await asyncio.sleep(wait.total_seconds())
