"""What a run tells of itself while it goes on: metrics in Prometheus' form, and a log of structured events."""

from __future__ import annotations

from fsmtrader.research.telemetry.eventlog import EventLog
from fsmtrader.research.telemetry.exposition import exposition
from fsmtrader.research.telemetry.publishing import Publish, Publisher
from fsmtrader.research.telemetry.tally import Tally

__all__ = ["EventLog", "exposition", "Publish", "Publisher", "Tally"]
