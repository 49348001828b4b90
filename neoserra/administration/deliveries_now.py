"""The top of the delivery console: how things are now, as a page and for the script that keeps it true."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, render_template, request

from neoserra import clock, measures
from neoserra.access import Level, access
from neoserra.administration import alarms, blueprint
from neoserra.delivery import figures, queue_states, routing
from neoserra.delivery.figures import Day, Lately, Sums, Way
from neoserra.delivery.queue_states import Engine, QueueState
from neoserra.identity import configuration
from neoserra.models import Channel
from neoserra.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Situation:
    """`ways` are channel and provider, with what became of the last 15 minutes and of the last 24 hours."""

    at: datetime
    queues: list[QueueState]
    alarms: list[str]
    ways: list[tuple[Way, Sums, Sums]]
    hours: list[tuple[datetime, dict[str, Sums]]]


def now() -> dict[str, Any]:
    """The variables of `administration/deliveries_now.html`."""
    engine, lately, sentences = _read()
    return {
        "situation": _situation(engine, lately, sentences, figures.day()),
        "nothing": Sums(),
        "under": under,
        "percentile": figures.percentile,
        "age": alarms.age,
        "channels": {Channel.SMS: _("Text messages"), Channel.EMAIL: _("Mails")},
    }


@blueprint.get("/deliveries/now")
@access(Level.ADMINISTRATOR_MODE)
def deliveries_now() -> str:
    """The part of the page that the script takes anew, in the page's own words, as a page of its own."""
    return render_template("administration/deliveries_now_alone.html", **now())


@blueprint.get("/deliveries/live")
@access(Level.ADMINISTRATOR_MODE)
def deliveries_live() -> Response:
    """What changes from second to second. Whoever has the same already, by its ETag, gets 304."""
    engine, lately, sentences = _read()
    told = {
        "queues": [_queue(each) for each in engine.queues],
        "channels": [_channel(each, lately.hour.get(each, Sums())) for each in Channel],
        "alarms": sentences,
    }
    response = Response(json.dumps(told | {"at": clock.now().isoformat()}), mimetype="application/json")
    response.set_etag(hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32])
    return response.make_conditional(request)  # type: ignore[return-value]  # it returns itself


def _situation(engine: Engine, lately: Lately, sentences: list[str], day: Day) -> Situation:
    set_up = {(str(channel), name) for channel in Channel for name in routing.names_for(channel)}
    ways = sorted(
        {*set_up, *lately.quarter, *day.ways}, key=lambda way: (way[0] != Channel.SMS, way not in set_up, way)
    )
    nothing = Sums()
    figures_of = [(way, lately.quarter.get(way, nothing), day.ways.get(way, nothing)) for way in ways]
    return Situation(clock.now(), engine.queues, sentences, figures_of, day.hours)


def under(seconds: float | None) -> str:
    """The bound that a percentile lies under, in words."""
    if seconds is None:
        return "\N{EN DASH}"
    if seconds == float("inf"):
        return _("over %(time)s", time=alarms.age(measures.BOUNDS[-1]))
    if seconds < 1:
        return _("under %(time)s", time=f"{round(seconds * 1000)}\N{NO-BREAK SPACE}ms")
    return _("under %(time)s", time=f"{seconds:g}\N{NO-BREAK SPACE}s" if seconds < 120 else alarms.age(seconds))


def _read() -> tuple[Engine, Lately, list[str]]:
    engine, lately = queue_states.now(), figures.lately()
    return engine, lately, alarms.now(engine, lately, configuration.current().codes_used_percent)


def _queue(queue: QueueState) -> dict[str, Any]:
    return {
        "name": queue.name,
        "waiting": queue.waiting,
        "oldest_seconds": queue.oldest_seconds,
        "in_flight": queue.in_flight,
        "failed": queue.failed,
        "paused": queue.paused is not None,
        "workers": queue.workers,
    }


def _channel(channel: Channel, sums: Sums) -> dict[str, Any]:
    """Percentiles in seconds: the bound that they lie under, None for none or more than an hour."""
    shares = {"p50": 0.5, "p95": 0.95}
    door = {f"door_{name}_seconds": _finite(figures.percentile(sums.door, share)) for name, share in shares.items()}
    receipt = {
        f"receipt_{name}_seconds": _finite(figures.percentile(sums.receipt, share)) for name, share in shares.items()
    }
    return {
        "channel": channel,
        "sent": sums.sent,
        "delivered": sums.delivered,
        "failed": sums.failed,
        **door,
        **receipt,
    }


def _finite(seconds: float | None) -> float | None:
    return None if seconds == float("inf") else seconds
