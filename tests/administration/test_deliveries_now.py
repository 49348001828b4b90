"""The top of the delivery console: queues, figures and alarms, as a page and as the JSON that keeps it true."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, insert, update

from config import Settings
from neoserra import clock, extensions, measures
from neoserra.delivery import breakers, dispatch, dispatchers, figures, queues, sending, tallies
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Configuration, Counted, Delivery, Message, State, Tally
from tests.client import PAGE, CheckedClient, where, words
from tests.delivery import rows
from tests.journey import enter_administrator_mode, sign_in
from tests.workers.processes import running, until
from workers import dispatcher

PATH, LIVE = "/administration/deliveries", "/administration/deliveries/live"
BAD_NUMBER = "+12025550181"  # the outbox refuses it for good
SLOW = "+12025550186"  # the outbox takes three seconds


@pytest.fixture
def rosa(client: CheckedClient, administrator: Account) -> CheckedClient:
    """Rosa in administrator mode; what was sent to her is forgotten."""
    enter_administrator_mode(client, administrator)
    with extensions.database.transaction() as db:
        db.execute(update(Delivery).values(state=State.CANCELED))
        db.execute(delete(Tally))
    look_again()
    for name in queues.NAMES:
        queues.empty(name)
    return client


def live(client: CheckedClient) -> Any:
    answer = client.get(LIVE)
    assert answer.status_code == 200
    return answer.json


def queue(client: CheckedClient, name: str = "codes") -> dict[str, Any]:
    [found] = [each for each in live(client)["queues"] if each["name"] == name]
    return dict(found)


def count(counted: Counted, number: int, ago: timedelta, detail: str = "", provider: str = "twilio") -> None:
    minute = (clock.now() - ago).replace(second=0, microsecond=0)
    with extensions.database.transaction() as db:
        tallies.add(db, Counter({(minute, counted, "sms", provider, "US", detail): number}))
    look_again()


def look_again() -> None:
    """What was added up is forgotten, as after a minute."""
    extensions.redis.delete(figures.lately_key(), figures.day_key(), figures.failed_in_key())


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def alarms(client: CheckedClient) -> list[str]:
    """Those on the page, which are those of the JSON; without those of processes that do not run in this test."""
    told = live(client)["alarms"]
    client.get(PATH)
    shown = [words(item) for item in client.page.iter(f"{PAGE}li") if item.get("class") == "warning"]
    assert shown == [" ".join(each.split()) for each in told]
    return [each for each in shown if not each.startswith(("No worker listens", "No dispatcher runs"))]


def table(client: CheckedClient, caption: str) -> list[list[str]]:
    tables = {words(next(each.iter(f"{PAGE}caption"))): each for each in client.page.iter(f"{PAGE}table")}
    found = next(each for text, each in tables.items() if text.startswith(caption))
    return [[words(cell) for cell in row] for row in next(found.iter(f"{PAGE}tbody"))]


def test_the_json_tells_each_queue_and_channel_by_the_names_of_the_contract(rosa: CheckedClient) -> None:
    told = live(rosa)
    assert set(told) == {"queues", "channels", "alarms", "at"}
    assert [each["name"] for each in told["queues"]] == ["codes", "links", "notices"]
    assert told["queues"][0] == {
        "name": "codes",
        "waiting": 0,
        "oldest_seconds": 0,
        "in_flight": 0,
        "failed": 0,
        "paused": False,
        "workers": 0,
    }
    assert [each["channel"] for each in told["channels"]] == ["sms", "email"]
    assert datetime.fromisoformat(told["at"]).tzinfo is not None


def test_who_has_it_already_gets_304_until_something_changes(
    rosa: CheckedClient, account: Account, visitor: Visitor
) -> None:
    etag = rosa.get(LIVE).headers["ETag"]
    again = rosa.get(LIVE, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    sending.send_code(account, Purpose.SIGN_IN, visitor)
    changed = rosa.get(LIVE, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag


def test_what_waits_and_since_when_is_told_even_when_redis_has_lost_it(
    rosa: CheckedClient, account: Account, visitor: Visitor
) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    rows.change(sent.reference, next_at=clock.now() - timedelta(seconds=40))
    assert queue(rosa)["waiting"] == 1
    assert queue(rosa)["oldest_seconds"] in (40, 41)
    assert alarms(rosa)[0].startswith(("The oldest code waits 40 s.", "The oldest code waits 41 s."))
    queues.empty("codes")
    assert queue(rosa)["waiting"] == 0
    assert queue(rosa)["oldest_seconds"] >= 40


def test_a_code_behind_a_flood_of_notices_is_seen(rosa: CheckedClient, account: Account, visitor: Visitor) -> None:
    [notice] = sending.send_notice(account, Message.ACCOUNT_LOCKED, visitor)
    like = {
        name: value for name, value in vars(rows.delivery(notice.reference)).items() if name[0] != "_" and name != "id"
    }
    long_ago = clock.now() - timedelta(hours=1)
    with extensions.database.transaction() as db:
        flood = [like | {"reference": f"N{number:07}", "next_at": long_ago} for number in range(500)]
        db.execute(insert(Delivery), flood)
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    rows.change(sent.reference, next_at=clock.now() - timedelta(seconds=40))
    assert queue(rosa)["oldest_seconds"] >= 40
    assert queue(rosa, "notices")["oldest_seconds"] >= 3600


def test_what_waits_for_its_next_try_is_not_late(rosa: CheckedClient, account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    queues.empty("codes")
    rows.change(sent.reference, state=State.RETRYING, next_at=clock.now() + timedelta(minutes=1))
    assert (queue(rosa)["oldest_seconds"], queue(rosa)["waiting"]) == (0, 1)
    rows.change(sent.reference, next_at=clock.now())
    dispatcher.sweep()
    assert queue(rosa)["waiting"] == 1


def test_a_real_engine_shows_its_worker_what_it_carries_and_what_failed(
    rosa: CheckedClient, account: Account, visitor: Visitor, settings: Settings, tmp_path: Path
) -> None:
    assert live(rosa)["alarms"][0].startswith("No worker listens to codes.")
    with running(settings, tmp_path, "codes"):
        assert queue(rosa)["workers"] == 1
        rows.move_phone(account, SLOW)
        slow = sending.send_code(account, Purpose.SIGN_IN, visitor)
        until(lambda: queue(rosa)["in_flight"] == 1)
        until(lambda: rows.delivery(slow.reference).state == State.ACCEPTED)
        assert queue(rosa)["in_flight"] == 0
        look_again()
        [hour] = [each for each in live(rosa)["channels"] if each["channel"] == "sms"]
        assert (hour["sent"], hour["failed"]) == (1, 0)
        assert hour["door_p50_seconds"] <= 10
    until(lambda: queue(rosa)["workers"] == 0)


def test_what_failed_in_24_hours_is_counted_by_queue(rosa: CheckedClient, account: Account, visitor: Visitor) -> None:
    rows.move_phone(account, BAD_NUMBER)
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    dispatch.deliver(sent.reference)
    count(Counted.FAILED_IN, 7, timedelta(hours=25), "codes")
    assert queue(rosa)["failed"] == 1
    assert queue(rosa, "links")["failed"] == 0


def test_figures_are_of_15_minutes_and_of_24_hours_with_percentiles_in_words(rosa: CheckedClient) -> None:
    fast, slow = measures.BOUNDS.index(0.02), measures.BOUNDS.index(2.5)
    count(Counted.ACCEPTED, 90, minutes(3), str(fast))
    count(Counted.ACCEPTED, 10, minutes(4), str(slow))
    count(Counted.DELIVERED, 50, minutes(4), str(len(measures.BOUNDS)))
    count(Counted.FAILED, 2, minutes(90), "30006")
    rosa.get(PATH)
    quarter, day = [row for row in table(rosa, "What became of messages. ") if row[0].startswith("twilio")]
    assert quarter[1:] == ["15 minutes", "100", "50", "0", "under 20 ms", "under 2.5 s", "over 1 h", "over 1 h"]
    assert day[1:5] == ["24 hours", "100", "50", "2"]
    hours = table(rosa, "What became of messages in each hour")
    assert len(hours) == 24
    assert sum(int(row[1]) for row in hours) == 100
    assert sum(int(row[3]) for row in hours) == 2


def test_an_hour_of_a_channel_goes_into_the_json(rosa: CheckedClient) -> None:
    count(Counted.ACCEPTED, 3, minutes(30), str(measures.BOUNDS.index(0.05)))
    count(Counted.ACCEPTED, 9, minutes(62), str(measures.BOUNDS.index(0.05)))
    [sms, _email] = live(rosa)["channels"]
    assert sms == {
        "channel": "sms",
        "sent": 3,
        "delivered": 0,
        "failed": 0,
        "door_p50_seconds": 0.05,
        "door_p95_seconds": 0.05,
        "receipt_p50_seconds": None,
        "receipt_p95_seconds": None,
    }


@pytest.mark.parametrize(("share", "bound"), [(0.5, 0.01), (0.9, 0.01), (0.91, 60.0), (1.0, 60.0)])
def test_a_percentile_is_the_bound_that_so_many_are_under(share: float, bound: float) -> None:
    buckets = Counter({measures.BOUNDS.index(0.01): 9, measures.BOUNDS.index(60.0): 1})
    assert figures.percentile(buckets, share) == bound
    assert figures.percentile(Counter(), share) is None


def test_that_no_dispatcher_runs_is_an_alarm_until_one_has_swept(rosa: CheckedClient) -> None:
    alarm = "No dispatcher runs: what waits for its next try, or was never queued, is not sent."
    with time_machine.travel(clock.now(), tick=False) as traveller:
        assert [each for each in live(rosa)["alarms"] if each.startswith(alarm)]
        dispatchers.swept("00000000")
        traveller.shift(29)
        assert not [each for each in live(rosa)["alarms"] if each.startswith(alarm)]
        traveller.shift(2)
        assert [each for each in live(rosa)["alarms"] if each.startswith(alarm)]


def test_a_provider_that_fails_often_is_an_alarm_and_a_few_failures_are_none(rosa: CheckedClient) -> None:
    count(Counted.TRIED, 88, minutes(5), "accepted")
    count(Counted.TRIED, 9, minutes(5), "temporary")
    assert alarms(rosa) == []
    count(Counted.TRIED, 3, minutes(5), "permanent")
    [alarm] = alarms(rosa)
    assert alarm.startswith("twilio: 12 % failed in 15 minutes.")


def test_failures_of_more_than_15_minutes_ago_are_no_alarm(rosa: CheckedClient) -> None:
    count(Counted.TRIED, 50, minutes(17), "temporary")
    assert alarms(rosa) == []


def test_codes_that_nobody_enters_are_an_alarm_below_the_threshold(rosa: CheckedClient) -> None:
    count(Counted.CODE_SENT, 40, minutes(30))
    count(Counted.CODE_USED, 3, minutes(30))
    count(Counted.CODE_SENT, 500, minutes(2))  # they are still being typed
    [alarm] = alarms(rosa)
    assert alarm.startswith("3 of 40 codes used: texts may not arrive.")
    for percent, number in ((7, 0), (8, 1), (0, 0)):
        with extensions.database.transaction() as db:
            db.execute(update(Configuration).values(codes_used_percent=percent))
        assert len(alarms(rosa)) == number


def test_a_few_codes_that_nobody_entered_are_no_alarm(rosa: CheckedClient) -> None:
    count(Counted.CODE_SENT, 9, minutes(30))
    assert alarms(rosa) == []


def test_an_open_breaker_is_an_alarm(rosa: CheckedClient) -> None:
    breaker = breakers.Breaker("outbox")
    for _ in range(5):
        breaker.count(failed=True, seconds=0.1)
    [alarm] = alarms(rosa)
    assert alarm.startswith("outbox fails and is not asked for the moment.")


def test_a_breaker_whose_pause_is_over_is_no_alarm(rosa: CheckedClient) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        breaker = breakers.Breaker("outbox")
        for _ in range(5):
            breaker.count(failed=True, seconds=0.1)
        traveller.shift(4)
        assert len(alarms(rosa)) == 1
        traveller.shift(2)
        assert alarms(rosa) == []


def test_the_script_does_not_prolong_administrator_mode(rosa: CheckedClient) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        rosa.get(PATH)
        for _ in range(3):
            traveller.shift(299)
            assert rosa.get(LIVE).status_code == 200
            assert rosa.get("/administration/deliveries/now").status_code == 200
        traveller.shift(10)
        assert where(rosa.get(LIVE)).startswith("/administration/enter")


def test_only_administrators_in_administrator_mode_see_it(app: Flask, account: Account, administrator: Account) -> None:
    ann, rosa = CheckedClient(app), CheckedClient(app)
    sign_in(ann, account)
    sign_in(rosa, administrator)
    for path in (LIVE, "/administration/deliveries/now", PATH):
        assert ann.get(path).status_code == 404
        assert where(rosa.get(path)).startswith("/administration/enter")


def test_no_number_address_or_code_is_in_the_json(rosa: CheckedClient, account: Account, visitor: Visitor) -> None:
    sent = sending.send_code(account, Purpose.SIGN_IN, visitor)
    text = rosa.get(LIVE).text + rosa.get("/administration/deliveries/now").text
    assert "waiting" in text
    for secret in ("2025550142", "ann@example.org", sent.reference, visitor.browser):
        assert secret not in text
