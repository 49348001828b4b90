"""What `/metrics` tells, in the words of Prometheus: one round trip to Redis and one query for each queue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from neoserra import clock, extensions, measures
from neoserra.delivery import breakers, queues, routing

COUNTERS = {
    measures.DELIVERIES: ("Deliveries that came into a state", ["kind", "channel", "provider", "state"]),
    measures.ATTEMPTS: ("Tries of a provider to carry a message", ["provider", "outcome"]),
    measures.SIGN_INS: ("Proofs that people gave, by what became of them", ["proof", "outcome"]),
}
DISTRIBUTIONS = {
    measures.DOOR: ("Seconds from the commit of a message to a provider's door", "channel"),
    measures.RECEIPT: ("Seconds from the commit of a message to the provider's receipt", "provider"),
}


@dataclass(frozen=True, slots=True)
class _Read:
    fields: dict[measures.Field, int]
    waiting: dict[str, int]
    open_until: dict[str, float]


def text() -> bytes:
    registry = CollectorRegistry()
    registry.register(_Ours())
    return generate_latest(registry)


class _Ours(Collector):
    def collect(self) -> Iterator[Metric]:
        read = _read()
        for name, (told, labels) in COUNTERS.items():
            yield _counter(name, told, labels, read.fields)
        for name, (told, label) in DISTRIBUTIONS.items():
            yield _distribution(name, told, label, read.fields)
        yield _gauge("queue_waiting", "Deliveries that wait in a queue", "queue", read.waiting)
        ages = {name: queues.oldest_seconds(name) for name in queues.NAMES}
        yield _gauge("queue_oldest_seconds", "How long the oldest due delivery of a queue waits", "queue", ages)
        now = clock.timestamp()
        states = {name: float(until > 0) for name, until in read.open_until.items()}
        yield _gauge("breaker_open", "1 while a provider is not asked because it fails", "provider", states)
        pauses = {name: max(0.0, until - now) for name, until in read.open_until.items()}
        yield _gauge("breaker_probe_in_seconds", "Until somebody may try the provider", "provider", pauses)


def _read() -> _Read:
    providers = routing.names()
    with extensions.redis.pipeline(transaction=False) as pipeline:
        pipeline.hgetall(measures.key())
        for name in queues.NAMES:
            pipeline.llen(queues.key(name))
        for name in providers:
            pipeline.hget(breakers.key(name), "until")
        raw, *rest = pipeline.execute()
    lengths, until = rest[: len(queues.NAMES)], rest[len(queues.NAMES) :]
    return _Read(
        fields=measures.parsed(raw),
        waiting=dict(zip(queues.NAMES, lengths, strict=True)),
        open_until={name: float(each or 0) for name, each in zip(providers, until, strict=True)},
    )


def _counter(name: str, told: str, labels: list[str], fields: dict[measures.Field, int]) -> Metric:
    counter = CounterMetricFamily(f"neoserra_{name}", told, labels=labels)
    for field, number in sorted(fields.items()):
        if field[0] == name:
            counter.add_metric(list(field[1:]), number)
    return counter


def _distribution(name: str, told: str, label: str, fields: dict[measures.Field, int]) -> Metric:
    histogram = HistogramMetricFamily(f"neoserra_{name}", told, labels=[label])
    for value in sorted({field[1] for field in fields if field[0] == name}):
        numbers = [fields.get((name, value, str(bucket)), 0) for bucket in range(len(measures.BOUNDS) + 1)]
        ends = [*map(str, measures.BOUNDS), "+Inf"]
        buckets = [(end, sum(numbers[: place + 1])) for place, end in enumerate(ends)]
        histogram.add_metric([value], buckets, fields.get((name, value, "sum"), 0) / 1000)
    return histogram


def _gauge(name: str, told: str, label: str, values: dict[str, Any]) -> Metric:
    gauge = GaugeMetricFamily(f"neoserra_{name}", told, labels=[label])
    for value, number in values.items():
        gauge.add_metric([value], number)
    return gauge
