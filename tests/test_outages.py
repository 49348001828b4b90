"""Redis or PostgreSQL really away, in the middle of things: a page that says so, and everything goes on afterwards."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from werkzeug.test import TestResponse

from neoserra import extensions
from neoserra.models import Account
from tests import log_book
from tests.client import CheckedClient, where
from tests.conftest import PASSWORD
from tests.journey import code_of, deliveries, give_password, sign_in
from tests.one_database import ON_SQLITE
from tools.postgres_server import PostgresServer
from tools.redis_server import RedisServer

ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True, scope="session")


@contextmanager
def stopped(server: RedisServer | PostgresServer) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen_redis() -> Iterator[None]:
    """It keeps its connections, takes new ones and says nothing."""
    process = extensions.redis.info("server")["process_id"]
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def check_unavailable(client: CheckedClient, answer: TestResponse) -> None:
    assert answer.status_code == 503, client.text
    assert client.h1 == "Neoserra is not available right now"
    assert "it mends itself" in client.text
    assert answer.headers["Retry-After"] == "5"


@ON_SQLITE
def test_a_sign_in_goes_on_where_it_was_when_redis_is_back(
    client: CheckedClient, account: Account, redis_server: RedisServer
) -> None:
    give_password(client)
    code, form = code_of(client, account), {"csrf_token": client.token}
    with stopped(redis_server):
        check_unavailable(client, client.get("/verification"))
        check_unavailable(client, client.post("/verification", data=form | {"code": code}))
        check_unavailable(client, client.post("/verification/resend", data=form | {"channel": "email"}))
        assert client.get("/verification/progress").status_code == 503
    assert client.get("/verification").status_code == 200
    assert len(deliveries()) == 1
    assert where(client.post("/verification", data=form | {"code": code})) == "/"
    assert client.get("/").status_code == 200


@ON_SQLITE
def test_the_login_page_shows_without_redis_and_its_form_works_once_it_is_back(
    client: CheckedClient, account: Account, redis_server: RedisServer
) -> None:
    with stopped(redis_server):
        for _ in range(2):
            assert client.get("/login").status_code == 200
        form = {"csrf_token": client.token, "username": "ann", "password": PASSWORD}
        check_unavailable(client, client.post("/login", data=form))
    assert deliveries() == []
    assert where(client.post("/login", data=form)) == "/verification"


@ON_SQLITE
def test_somebody_signed_in_stays_so_and_nobody_is_told_to_be_signed_out_who_is_not(
    client: CheckedClient, account: Account, redis_server: RedisServer
) -> None:
    sign_in(client, account)
    form = {"csrf_token": client.token}
    with stopped(redis_server):
        check_unavailable(client, client.get("/"))
        check_unavailable(client, client.post("/logout", data=form))
        assert client.get("/login").status_code == 200
    assert client.get("/").status_code == 200
    assert where(client.post("/logout", data=form)) == "/login"
    assert where(client.get("/")) == "/login?next=/"


@ON_SQLITE
def test_a_redis_that_lost_everything_signs_people_out_and_keeps_their_trust(
    client: CheckedClient, account: Account
) -> None:
    sign_in(client, account)
    extensions.redis.flushall()
    extensions.redis.script_flush()
    assert where(client.get("/")) == "/login?next=/"
    assert where(client.submit("/login", username="ann", password=PASSWORD)) == "/"
    assert client.get("/").status_code == 200


@ON_SQLITE
def test_a_redis_that_is_full_lets_nobody_guess_uncounted(client: CheckedClient, account: Account) -> None:
    client.get("/login")
    form = {"csrf_token": client.token, "username": "ann", "password": PASSWORD}
    extensions.redis.config_set("maxmemory", 1)
    try:
        check_unavailable(client, client.post("/login", data=form))
    finally:
        extensions.redis.config_set("maxmemory", 0)
    assert where(client.post("/login", data=form)) == "/verification"


@ON_SQLITE
@pytest.mark.fault
def test_a_frozen_redis_is_not_waited_for(client: CheckedClient, account: Account) -> None:
    """The answers come while it is still frozen."""
    give_password(client)
    form = {"csrf_token": client.token, "code": code_of(client, account)}
    with frozen_redis():
        for path, status in (("/login", 200), ("/healthz", 200), ("/readyz", 503)):
            assert CheckedClient(client.app).get(path).status_code == status
        check_unavailable(client, client.post("/verification", data=form))
    assert where(client.post("/verification", data=form)) == "/"


@ON_SQLITE
def test_the_log_names_what_is_away_and_tells_no_password(client: CheckedClient, redis_server: RedisServer) -> None:
    client.get("/login")
    form = {"csrf_token": client.token, "username": "ann", "password": PASSWORD}
    with log_book.kept() as log, stopped(redis_server):
        client.get("/login")
        client.post("/login", data=form)
    told = [line for line in log.lines if line["level"] == "error"]
    assert told
    assert all("Connection refused" in line["reason"] for line in told)
    assert PASSWORD not in log.text
    password_of_redis = redis_server.url.partition("@")[0].rpartition(":")[2]
    assert password_of_redis not in log.text


@ON_POSTGRESQL
def test_postgresql_away_is_a_503_for_everybody_and_nothing_is_lost_by_it(
    client: CheckedClient, account: Account, postgres_server: PostgresServer
) -> None:
    signed_in, half, visitor = client, CheckedClient(client.app), CheckedClient(client.app)
    sign_in(signed_in, account)
    give_password(half)
    form = {"csrf_token": half.token, "code": code_of(half, account)}
    visitor.get("/login")
    login = {"csrf_token": visitor.token, "username": "ann", "password": PASSWORD}
    with stopped(postgres_server):
        check_unavailable(signed_in, signed_in.get("/"))
        check_unavailable(half, half.post("/verification", data=form))
        check_unavailable(visitor, visitor.get("/login"))
        check_unavailable(visitor, visitor.post("/login", data=login))
    assert signed_in.get("/").status_code == 200
    assert where(half.post("/verification", data=form)) == "/"
    assert where(visitor.post("/login", data=login)) == "/verification"


@ON_POSTGRESQL
def test_postgresql_restarted_between_two_requests_is_not_noticed(
    client: CheckedClient, account: Account, postgres_server: PostgresServer
) -> None:
    """A connection that lay in the pool is dead then; a form that was typed must not be lost to that."""
    give_password(client)
    code = code_of(client, account)
    with stopped(postgres_server):
        pass
    assert where(client.press("/verification", code=code)) == "/"
    with stopped(postgres_server):
        pass
    assert client.get("/").status_code == 200


@ON_POSTGRESQL
def test_readiness_says_what_is_away(
    client: CheckedClient, redis_server: RedisServer, postgres_server: PostgresServer
) -> None:
    def problems() -> list[str]:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json is not None
        told: list[str] = answer.json["problems"]
        return told

    with stopped(redis_server):
        assert problems() == ["Redis is away"]
        with stopped(postgres_server):
            assert problems() == ["the database is away", "Redis is away"]
            assert client.get("/healthz").status_code == 200
    assert all("no worker listens" in problem for problem in problems())
