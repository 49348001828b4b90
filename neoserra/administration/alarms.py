"""What is wrong with the sending of messages just now, in sentences that say what to do, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterator

from neoserra import clock
from neoserra.delivery.figures import Lately, Sums
from neoserra.delivery.queue_states import Engine, QueueState
from neoserra.delivery.queues import CODES, LINKS, NOTICES
from neoserra.translation import gettext as _
from neoserra.translation import local_time

TOO_LONG_SECONDS = {CODES: 15, LINKS: 60, NOTICES: 600}  # what is due and has not been taken
FAILED_PERCENT = 10
FEWEST_TRIES = 5
FEWEST_CODES = 10


def now(engine: Engine, lately: Lately, least_used_percent: int) -> list[str]:
    """What concerns codes comes first: somebody waits for each of them."""
    codes, *others = engine.queues
    return [
        *_of_queue(codes),
        *([] if engine.dispatchers else [no_dispatcher()]),
        *_of_breakers(engine.open_until),
        *_of_providers(lately),
        *_of_codes(lately.codes, least_used_percent),
        *(alarm for queue in others for alarm in _of_queue(queue)),
    ]


def no_worker(queue: str) -> str:
    return _(
        "No worker listens to %(queue)s. Start one on any machine of this database: python -m workers %(queue)s",
        queue=queue,
    )


def no_dispatcher() -> str:
    return _(
        "No dispatcher runs: what waits for its next try, or was never queued, is not sent. Start one on any machine of"
        " this database: python -m workers dispatcher"
    )


def percent(number: float) -> str:
    return f"{number:.0f}\N{NO-BREAK SPACE}%"


def age(seconds: float) -> str:
    """So many seconds, minutes or hours: symbols that every language shares (the script writes the same)."""
    if seconds < 120:
        return f"{int(seconds)}\N{NO-BREAK SPACE}s"
    if seconds < 3600:
        return f"{int(seconds / 60)}\N{NO-BREAK SPACE}min"
    return f"{int(seconds / 3600)}\N{NO-BREAK SPACE}h"


def _of_queue(queue: QueueState) -> Iterator[str]:
    if not queue.workers:
        yield no_worker(queue.name)
    if queue.paused:
        yield _(
            "%(queue)s is paused since %(since)s by %(name)s: %(reason)s. Resume it below once that is over.",
            queue=queue.name,
            since=local_time(queue.paused.since),
            name=queue.paused.by,
            reason=queue.paused.reason.rstrip("."),
        )
    elif queue.oldest_seconds >= TOO_LONG_SECONDS[queue.name]:
        yield _waits(queue)


def _waits(queue: QueueState) -> str:
    told = {CODES: _("The oldest code waits %(age)s."), LINKS: _("The oldest link waits %(age)s.")}
    sentence = told.get(queue.name, _("The oldest notice waits %(age)s.")) % {"age": age(queue.oldest_seconds)}
    if queue.workers:
        advice = _("Its workers do not keep up: look at Workers, and start more of them.")
    else:
        advice = _("It goes out as soon as a worker listens.")
    return f"{sentence} {advice}"


def _of_breakers(open_until: dict[str, float]) -> Iterator[str]:
    """Not of one whose pause is over: the next message tries it, and there is no button any more."""
    for provider in (name for name, until in open_until.items() if until > clock.timestamp()):
        yield _(
            "%(provider)s fails and is not asked for the moment. Look at its last tries under Providers; when it works"
            " again, press Try now there.",
            provider=provider,
        )


def _of_providers(lately: Lately) -> Iterator[str]:
    for (_channel, provider), sums in sorted(lately.quarter.items()):
        if provider and sums.tried >= FEWEST_TRIES and sums.failed_share() * 100 >= FAILED_PERCENT:
            yield _(
                "%(provider)s: %(share)s failed in 15 minutes. Its last try on Status and Failed by reason say what to"
                " repair.",
                provider=provider,
                share=percent(sums.failed_share() * 100),
            )


def _of_codes(codes: Sums, least_percent: int) -> Iterator[str]:
    if codes.codes_sent >= FEWEST_CODES and codes.codes_used * 100 < least_percent * codes.codes_sent:
        yield _(
            "%(used)s of %(sent)s codes used: texts may not arrive. Send yourself a test message, and compare the"
            " countries and providers.",
            used=codes.codes_used,
            sent=codes.codes_sent,
        )
