"""Settings and messages for the providers, which need neither Redis nor a database."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from config import Settings
from neoserra.delivery.providers.base import MailMessage, TextMessage

MakeSettings = Callable[..., Settings]


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Settings of a test run; keyword arguments are environment variables in lower case."""

    def make(**changes: object) -> Settings:
        environment = {
            "NEOSERRA_ENV": "testing",
            "SECRET_KEY": "0123456789abcdef0123456789abcdef",
            "DATABASE_URL": "sqlite://",
            "REDIS_URL": "redis://127.0.0.1:6379/0",
            "PUBLIC_URL": "http://localhost:8000",
            "DATA": str(tmp_path),
        }
        return Settings.from_environment(environment | {name.upper(): str(value) for name, value in changes.items()})

    return make


@pytest.fixture
def closed_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@pytest.fixture
def text() -> TextMessage:
    body = "482913 is your Neoserra sign-in code. Don't share it. Ref BCDFGHJK\n\n@localhost #482913"
    return TextMessage("BCDFGHJK", "+12025550123", body)


@pytest.fixture
def mail() -> MailMessage:
    return MailMessage(
        reference="BCDFGHJK",
        to="jo.doe@example.org",
        subject="482913 is your Neoserra sign-in code",
        text="482913\n\nDon't share it: André said so.\n.hidden line\n",
        html="<p><strong>482913</strong> Don't share it: André said so.</p>",
    )
