"""The private Redis."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from tests.tools.waiting import eventually
from tools.redis_server import RedisServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def client(server: RedisServer) -> Iterator[Redis]:
    with Redis.from_url(server.url, decode_responses=True) as client:
        yield client


def answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


def test_it_answers_nobody_without_the_password(server: RedisServer, client: Redis) -> None:
    assert client.ping()
    with (
        Redis.from_url(f"redis://127.0.0.1:{urlsplit(server.url).port}") as stranger,
        pytest.raises(AuthenticationError),
    ):
        stranger.ping()


def test_no_list_of_processes_shows_the_password(server: RedisServer) -> None:
    password = urlsplit(server.url).password
    assert password
    assert password not in subprocess.check_output(["ps", "-A", "-o", "args"], text=True)


def test_it_listens_on_this_machine_alone_and_drops_nothing_when_it_is_full(client: Redis) -> None:
    assert client.config_get("bind") == {"bind": "127.0.0.1"}
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_it_keeps_address_and_data_over_a_stop_and_a_start(server: RedisServer, client: Redis) -> None:
    client.set("kept", "yes")
    server.stop()
    with pytest.raises(RedisError):
        client.get("kept")
    server.start()
    assert client.get("kept") == "yes"


def test_it_comes_back_with_its_data_when_it_is_killed(client: Redis) -> None:
    client.set("kept", "yes")
    os.kill(client.info("server")["process_id"], signal.SIGKILL)
    eventually(lambda: answers(client))
    assert client.get("kept") == "yes"
