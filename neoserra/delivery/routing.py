"""Which providers carry a delivery, in which order: the preferred one first, without those known to fail just now."""

from __future__ import annotations

from collections.abc import Iterator

from neoserra import extensions
from neoserra.delivery import breakers
from neoserra.models import Channel


def names_for(channel: Channel) -> tuple[str, ...]:
    """The providers set up for a channel, the preferred one first."""
    settings = extensions.settings
    if channel == Channel.SMS:
        return settings.sms_providers
    return ("smtp",) if settings.mail_server else ("outbox",)


def names() -> list[str]:
    """Every provider that is set up, for whichever channel."""
    return sorted({name for channel in Channel for name in names_for(channel)})


def names_that_answer(channel: Channel) -> Iterator[str]:
    """Those that may be asked now; looked at one by one, because asking may be a probe."""
    return (name for name in names_for(channel) if breakers.breaker(name).lets_through())


def tell(name: str, *, failed: bool, seconds: float) -> None:
    """What came of asking a provider, and how long it took."""
    breakers.breaker(name).count(failed=failed, seconds=seconds)
