"""The intake service, both ways: pre-applications go there, signed progress comes back.

The contract is intake/openapi.yaml.
"""

from handlers.intake.client import IntakeClient, Page, Receipt
from handlers.intake.errors import Duplicate, IntakeError, RefusedByIntake, TryLater
from handlers.intake.events import Report, verify
from handlers.intake.patience import retry_after
from handlers.intake.routes import TAKE_PROGRESS, add_routes, intake_guard
from handlers.signed import CallbackError, Forged, Late, Malformed, signing_key

__all__ = [
    "TAKE_PROGRESS",
    "CallbackError",
    "Duplicate",
    "Forged",
    "IntakeClient",
    "IntakeError",
    "Late",
    "Malformed",
    "Page",
    "Receipt",
    "RefusedByIntake",
    "Report",
    "TryLater",
    "add_routes",
    "intake_guard",
    "retry_after",
    "signing_key",
    "verify",
]
