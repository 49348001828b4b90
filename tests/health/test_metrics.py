"""`/metrics`: what Prometheus reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from neoserra import extensions, measures
from neoserra.delivery import breakers, dispatch, sending
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Message
from tests.client import CheckedClient
from tests.journey import code_of, give_password, wrong_code
from tests.one_database import ON_SQLITE

pytestmark = ON_SQLITE

Value = Callable[..., float | None]


@pytest.fixture
def value(app: Flask) -> Value:
    """What a sample says now; None when it is not there."""
    browser = app.test_client()

    def ask(name: str, **labels: str) -> float | None:
        measures.flush()
        answer = browser.get("/metrics", base_url="https://crm.example.org")
        assert answer.status_code == 200
        samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
        found = [each.value for each in samples if each.name == f"neoserra_{name}" and each.labels == labels]
        return found[0] if found else None

    return ask


def test_deliveries_attempts_and_the_way_to_the_door_are_counted(
    value: Value, account: Account, visitor: Visitor
) -> None:
    labels = {"kind": "sign_in_code", "channel": "sms", "provider": "outbox", "state": "accepted"}
    tried = {"provider": "outbox", "outcome": "accepted"}
    before = [value("deliveries_total", **labels) or 0, value("door_seconds_count", channel="sms") or 0]
    tried_before = value("attempts_total", **tried) or 0
    dispatch.deliver(sending.send_code(account, Purpose.SIGN_IN, visitor).reference)
    assert value("deliveries_total", **labels) == before[0] + 1
    assert value("attempts_total", **tried) == tried_before + 1
    assert value("door_seconds_count", channel="sms") == before[1] + 1
    assert value("door_seconds_bucket", channel="sms", le="+Inf") == before[1] + 1


def test_the_depth_and_age_of_each_queue_are_told(value: Value, account: Account, visitor: Visitor) -> None:
    assert value("queue_waiting", queue="notices") == 0
    assert value("queue_oldest_seconds", queue="notices") == 0
    sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)
    sending.send_code(account, Purpose.SIGN_IN, visitor)
    assert (value("queue_waiting", queue="notices"), value("queue_waiting", queue="codes")) == (1, 1)
    assert (value("queue_oldest_seconds", queue="notices") or 0) > 0


def test_an_open_breaker_is_told(value: Value) -> None:
    assert value("breaker_open", provider="outbox") == 0
    for _ in range(5):
        breakers.breaker("outbox").count(failed=True, seconds=0.1)
    assert value("breaker_open", provider="outbox") == 1


def test_sign_ins_are_counted_by_proof_and_outcome(value: Value, client: CheckedClient, account: Account) -> None:
    client.submit("/login", username="ann", password="wrong")
    give_password(client)
    client.press("/verification", code=wrong_code(client, account))
    client.press("/verification", code=code_of(client, account))
    assert value("sign_ins_total", proof="password", outcome="refused") == 1
    assert value("sign_ins_total", proof="code", outcome="refused") == 1
    assert value("sign_ins_total", proof="code", outcome="accepted") == 1


def test_it_costs_one_round_trip_to_redis_and_no_scan(value: Value) -> None:
    value("queue_waiting", queue="codes")
    extensions.redis.config_resetstat()
    value("queue_waiting", queue="codes")
    calls = extensions.redis.info("commandstats")
    assert set(calls) <= {
        "cmdstat_hgetall",
        "cmdstat_llen",
        "cmdstat_hget",
        "cmdstat_config|resetstat",
        "cmdstat_evalsha",
    }


def test_strangers_learn_nothing(app: Flask) -> None:
    answer = app.test_client().get(
        "/metrics", base_url="https://crm.example.org", environ_overrides={"REMOTE_ADDR": "9.9.9.9"}
    )
    assert answer.status_code == 404
