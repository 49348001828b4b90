"""The Status page: who is signed in and can be logged off, and how servers, workers and providers do."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from config import Settings
from neoserra import clock, extensions, server_health, version
from neoserra.delivery import breakers, dispatchers, worker_states
from neoserra.identity import sessions
from neoserra.models import Account, Attempt, EventKind, Outcome
from tests.client import PAGE, CheckedClient, where, words
from tests.delivery.rows import events
from tests.journey import deliveries, sign_in
from tests.workers.processes import running, until

PATH = "/administration/status"
HEALTHY = {
    "maxmemory_policy": "noeviction",
    "maxmemory": 0,
    "used_memory": 1_000_000,
    "aof_enabled": 1,
    "aof_last_write_status": "ok",
    "rdb_last_bgsave_status": "ok",
}


@pytest.fixture
def ann(app: Flask, account: Account) -> CheckedClient:
    ann = CheckedClient(app, address="198.51.100.23")
    sign_in(ann, account)
    return ann


def rows(client: CheckedClient, caption: str) -> list[list[str]]:
    """The words in each cell of the table with this caption."""
    tables = {words(next(table.iter(f"{PAGE}caption"))): table for table in client.page.iter(f"{PAGE}table")}
    table = next(table for text, table in tables.items() if text.startswith(caption))
    return [[words(cell) for cell in row] for row in next(table.iter(f"{PAGE}tbody"))]


def buttons(client: CheckedClient) -> dict[str, str]:
    """Where each form that logs somebody off posts to, by the words on its button."""
    forms = [form for form in client.page.iter(f"{PAGE}form") if "/status/" in (form.get("action") or "")]
    return {words(next(form.iter(f"{PAGE}button"))): form.get("action") for form in forms}


def test_everybody_who_is_signed_in_is_listed_with_browser_and_address(rosa: CheckedClient, ann: CheckedClient) -> None:
    rosa.get(PATH)
    assert "2 sessions, seen last first" in rosa.text
    first, second = rows(rosa, "2 sessions")
    assert first[0] == "Rosa Ootrosa"
    assert first[5] == "This is you"
    assert second[0] == "Ann Leeann"
    assert second[2].endswith("by a code")
    assert second[3:5] == ["Chrome on Windows", "198.51.100.23"]


def test_who_logged_out_or_was_not_seen_for_long_is_not_listed(rosa: CheckedClient, ann: CheckedClient) -> None:
    ann.get("/")
    ann.press("/logout")
    rosa.get(PATH)
    assert "One session" in rosa.text


def test_one_session_is_logged_off_and_the_event_tells_by_whom(
    rosa: CheckedClient, ann: CheckedClient, app: Flask, account: Account, administrator: Account
) -> None:
    elsewhere = CheckedClient(app)
    sign_in(elsewhere, account)
    rosa.get(PATH)
    button = buttons(rosa)["Log off Ann Lee, Chrome on Windows, 198.51.100.23"]
    assert where(rosa.press(button)) == PATH
    rosa.get(PATH)
    assert "Ann Lee is logged off in that browser." in rosa.text
    assert where(ann.get("/")) == "/login?next=/"
    ann.get("/login")
    assert "You need to sign in again. You were logged off" in ann.text
    assert elsewhere.get("/").status_code == 200
    assert where(rosa.press(button)) == PATH
    [event] = events(EventKind.LOGGED_OFF)
    assert (event.account_id, event.actor_id) == (account.id, administrator.id)


def test_all_sessions_of_a_person_are_logged_off_at_once(
    rosa: CheckedClient, ann: CheckedClient, app: Flask, account: Account
) -> None:
    elsewhere = CheckedClient(app)
    sign_in(elsewhere, account)
    rosa.get(PATH)
    links = [link.get("href") for link in rosa.page.iter(f"{PAGE}a") if words(link).startswith("Log off everywhere")]
    assert links == [f"/administration/accounts/{account.id}/log-off"] * 2
    rosa.get(links[0])
    rosa.press(links[0])
    for browser in (ann, elsewhere):
        assert where(browser.get("/")) == "/login?next=/"
    assert len(events(EventKind.LOGGED_OFF)) == 1
    rosa.get(PATH)
    assert "One session" in rosa.text


def test_who_has_one_session_has_one_button(rosa: CheckedClient, ann: CheckedClient) -> None:
    rosa.get(PATH)
    assert list(buttons(rosa)) == ["Log off Ann Lee, Chrome on Windows, 198.51.100.23"]


def test_nobody_is_logged_off_by_a_number_that_names_no_sign_in(rosa: CheckedClient, account: Account) -> None:
    other = events(EventKind.ACCOUNT_CREATED)[0].id
    for path in (f"sessions/{other}", "sessions/0", "sessions/123456", f"sessions/{10**30}"):
        rosa.get(PATH)
        assert rosa.press(f"{PATH}/{path}/log-off").status_code == 404
    assert events(EventKind.LOGGED_OFF) == []


def test_only_administrators_in_administrator_mode_see_it_and_log_off(
    ann: CheckedClient, app: Flask, account: Account, administrator: Account
) -> None:
    sign_in_id = sessions.open_sessions([account.id])[0].event_id
    assert ann.get(PATH).status_code == 404
    ann.get("/")
    assert ann.press(f"{PATH}/sessions/{sign_in_id}/log-off").status_code == 404
    rosa = CheckedClient(app)
    sign_in(rosa, administrator)
    assert where(rosa.press(f"{PATH}/sessions/{sign_in_id}/log-off")) == "/administration/enter"
    assert ann.get("/").status_code == 200


def test_the_database_and_redis_tell_their_versions(rosa: CheckedClient) -> None:
    rosa.get(PATH)
    backend = extensions.database.url.get_backend_name()
    assert {"sqlite": "SQLite 3.", "postgresql": "PostgreSQL 1"}[backend] in rosa.text
    assert "noeviction" in rosa.text
    assert "Warning" not in rosa.text


@pytest.mark.parametrize(
    ("told", "advice"),
    [
        ({"maxmemory_policy": "allkeys-lru"}, "Set maxmemory-policy to noeviction."),
        ({"maxmemory": 1_200_000}, "Give it more."),
        ({"aof_enabled": 0}, "Set appendonly to yes."),
        ({"aof_last_write_status": "err"}, "Look at its log."),
        ({"rdb_last_bgsave_status": "err"}, "Look at its log."),
    ],
)
def test_what_endangers_redis_is_told_with_what_to_do(told: dict[str, object], advice: str) -> None:
    [sentence] = server_health.warnings(HEALTHY | told)
    assert sentence.endswith(advice)
    assert server_health.warnings(HEALTHY | {"maxmemory": 2_000_000}) == []


def test_a_redis_that_evicts_is_warned_of_on_the_page(rosa: CheckedClient) -> None:
    before: Any = extensions.redis.config_get("maxmemory-policy")
    extensions.redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        rosa.get(PATH)
    finally:
        extensions.redis.config_set("maxmemory-policy", before["maxmemory-policy"])
    assert "Redis throws away sessions, codes and counts" in rosa.text


def test_a_worker_tells_how_it_does_and_a_queue_without_one_is_warned_of(
    rosa: CheckedClient, settings: Settings, tmp_path: Path
) -> None:
    with running(settings, tmp_path, "notices") as process:
        until(lambda: any(each.done for each in worker_states.everyone()))  # the notice of her own sign-in
        rosa.get(PATH)
        [[queue, state, machine, code, carrying, done, failed, memory, _heard]] = rows(rosa, "Who carries")
        assert (queue, state, carrying, done, failed) == ("notices", "Alive", "0", "1", "0")
        assert machine == f"{socket.gethostname()}{process.pid}"
        assert code == version.VERSION
        assert memory.endswith("MiB")
        assert "No worker listens to codes." in rosa.text
        assert "No worker listens to notices." not in rosa.text


def test_a_worker_that_is_not_heard_from_is_late_then_dead(
    rosa: CheckedClient, settings: Settings, tmp_path: Path
) -> None:
    with running(settings, tmp_path, "codes") as process:
        process.kill()
        [key] = extensions.redis.smembers("rq:workers:codes")
        for seconds, state in ((10, "Late"), (40, "Dead")):
            silent = clock.now() - timedelta(seconds=seconds)
            extensions.redis.hset(key, "last_heartbeat", silent.isoformat())
            rosa.get(PATH)
            assert [row[1] for row in rows(rosa, "Who carries")] == [state]
    assert "No worker listens to codes." in rosa.text


def test_a_dispatcher_tells_that_it_sweeps_until_it_stops(
    rosa: CheckedClient, settings: Settings, tmp_path: Path
) -> None:
    with running(settings, tmp_path, "dispatcher") as process:
        until(dispatchers.everyone)
        rosa.get(PATH)
        [[name, state, machine, code, _what, _heard]] = rows(rosa, "Who carries")
        assert (name, state, code) == ("Dispatcher", "Alive", version.VERSION)
        assert machine == f"{socket.gethostname()}{process.pid}"
        assert "No dispatcher runs" not in rosa.text
    rosa.get(PATH)
    assert rows(rosa, "Who carries") == []
    assert "No dispatcher runs" in rosa.text


def test_a_dispatcher_that_is_not_heard_from_is_late_then_dead_then_forgotten(rosa: CheckedClient) -> None:
    with time_machine.travel(clock.now(), tick=False) as traveller:
        dispatchers.swept("00000000")
        for seconds, state in ((10, "Late"), (30, "Dead")):
            traveller.shift(seconds)
            rosa.get(PATH)
            assert [row[1] for row in rows(rosa, "Who carries")] == [state]
        assert "No dispatcher runs" in rosa.text
        traveller.shift(dispatchers.KEPT_SECONDS)
        dispatchers.swept("ffffffff")
        assert [each.version for each in dispatchers.everyone()] == ["ffffffff"]


def test_a_failing_provider_is_tried_at_once_when_an_administrator_says_so(
    rosa: CheckedClient, administrator: Account
) -> None:
    breaker = breakers.Breaker("outbox")
    for _ in range(5):
        breaker.count(failed=True, seconds=0.1)
    assert not breaker.lets_through()
    rosa.get(PATH)
    button = "/administration/providers/outbox/try"
    assert "Fails, not asked" in rosa.text
    for _ in range(2):
        assert where(rosa.press(button)) == PATH
    rosa.get(PATH)
    assert "The next message is offered to outbox." in rosa.text
    assert "The next message tries it." in rosa.text
    [event] = events(EventKind.PROVIDER_TRIED)
    assert (event.actor_id, event.details) == (administrator.id, {"provider": "outbox"})
    assert breakers.Breaker("outbox").lets_through()
    rosa.get(PATH)
    assert rosa.press("/administration/providers/nobody/try").status_code == 404


def test_a_provider_tells_its_last_try_and_the_failures_of_the_last_hour(
    rosa: CheckedClient,
) -> None:
    now = clock.now()
    note_try(1, now - timedelta(hours=2), Outcome.PERMANENT)
    note_try(2, now - timedelta(minutes=10), Outcome.TEMPORARY, "4.7.1", "The mail server is busy.")
    note_try(3, now - timedelta(minutes=30), Outcome.ACCEPTED)
    rosa.get(PATH)
    listed = {row[0]: row[1:] for row in rows(rosa, "Who takes")}
    assert listed["outbox"][0] == "text message, email"
    assert listed["outbox"][1] == "Asked"
    assert listed["outbox"][2].startswith("Not accepted for the moment")
    assert listed["outbox"][2].endswith("The mail server is busy. (4.7.1)")
    assert listed["outbox"][3:] == ["2", "1"]
    assert listed["twilio"] == ["nothing", "", "none yet", "0", "0"]


def note_try(number: int, at: datetime, outcome: Outcome, code: str = "", explanation: str = "") -> None:
    """A try of the outbox to carry Rosa's own code."""
    told = {"outcome": outcome, "provider_code": code, "explanation": explanation}
    which = {"delivery_id": deliveries()[0].id, "number": number, "provider": "outbox"}
    with extensions.database.transaction() as db:
        db.add(Attempt(**which, started_at=at, finished_at=at, **told))
