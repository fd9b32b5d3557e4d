"""Numbers for the operator, in a registry of their own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "intake_requests", "Answers by route and status", ["route", "status"], registry=self.registry
        )
        self.callbacks = Counter(
            "intake_callbacks",
            "Callbacks by outcome: taken, retried, failed",
            ["outcome"],
            registry=self.registry,
        )
        self.owed = Gauge(
            "intake_callbacks_owed",
            "Callbacks not taken yet, by state: todo, failed",
            ["state"],
            registry=self.registry,
        )

    def text(self) -> bytes:
        return generate_latest(self.registry)
