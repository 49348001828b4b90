"""Once a minute: what is over is deleted, and what was dismissed is brought down to what is left of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from neoserra import clock
from neoserra.delivery import history, tallies
from neoserra.identity import event_log, security_findings, trusted_browsers

EVERY = timedelta(minutes=1)


class Housekeeping:
    """Any number of dispatchers may do it; each step may be done twice."""

    def __init__(self) -> None:
        self._done_at: datetime | None = None

    def if_due(self) -> None:
        """When something is away it raises, and is due again at once."""
        if self._done_at and clock.now() - self._done_at < EVERY:
            return
        event_log.delete_old()
        history.delete_old()
        trusted_browsers.delete_ended()
        security_findings.lower_dismissed()
        tallies.fold()
        self._done_at = clock.now()
