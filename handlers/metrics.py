"""What we count. Labels have few, fixed values: never a person, a conversation or a number.

A module that does the work imports its counter from here; bot.health shows them at /metrics.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_SLOW = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60)

requests = Counter("zerotrip_requests_total", "HTTP answers", ["status"], registry=REGISTRY)
turned_away = Counter(
    "zerotrip_turned_away_total", "Requests refused before a handler saw them", ["reason"], registry=REGISTRY
)
dropped_connections = Counter(
    "zerotrip_dropped_connections_total", "Connections cut", ["reason"], registry=REGISTRY
)
turns = Counter(
    "zerotrip_turns_total", "Turns by outcome: fresh, repeated, postponed", ["outcome"], registry=REGISTRY
)
turn_seconds = Histogram(
    "zerotrip_turn_seconds", "From an event read to its commit", buckets=_FAST, registry=REGISTRY
)
deliveries = Counter(
    "zerotrip_deliveries_total", "Outbox rows by kind and outcome", ["kind", "outcome"], registry=REGISTRY
)
outbox = Gauge("zerotrip_outbox_rows", "Outbox rows by state", ["state"], registry=REGISTRY)
outbox_age = Gauge(
    "zerotrip_outbox_oldest_due_seconds", "How long the oldest due row has waited", registry=REGISTRY
)
photos = Counter(
    "zerotrip_photos_total",
    "Photos by what the decoder said: measured, or why it could not be read",
    ["outcome"],
    registry=REGISTRY,
)
photo_seconds = Histogram(
    "zerotrip_photo_seconds", "From a photo taken in to its measure", buckets=_SLOW, registry=REGISTRY
)
intake_calls = Counter(
    "zerotrip_intake_calls_total", "Calls to the intake service", ["call", "outcome"], registry=REGISTRY
)
intake_seconds = Histogram(
    "zerotrip_intake_seconds", "Time of one call to the intake service", buckets=_SLOW, registry=REGISTRY
)
intake_events = Counter(
    "zerotrip_intake_events_total",
    "Callbacks by outcome: taken, late, forged, malformed",
    ["outcome"],
    registry=REGISTRY,
)
letters = Counter(
    "zerotrip_letters_total", "Events of platforms' webhooks, by channel", ["channel"], registry=REGISTRY
)
letters_refused = Counter(
    "zerotrip_letters_refused_total",
    "Webhook calls refused, by channel and reason: forged, stale, replayed, malformed, too_big, not_ours",
    ["channel", "reason"],
    registry=REGISTRY,
)
sends = Counter(
    "zerotrip_sends_total",
    "Messages to platforms by channel and outcome: sent, repeated, unseen, later, kept, gone, refused; "
    "pictures of documents: shown, not_shown",
    ["channel", "outcome"],
    registry=REGISTRY,
)
notices = Counter(
    "zerotrip_notices_total",
    "Short notices by rung and outcome: sent, delivered, failed, closed",
    ["rung", "outcome"],
    registry=REGISTRY,
)
platform_seconds = Histogram(
    "zerotrip_platform_seconds",
    "Time of one call to a platform",
    ["channel"],
    buckets=_SLOW,
    registry=REGISTRY,
)
