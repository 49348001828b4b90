"""The providers are found by name, once for each process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from neoserra import extensions
from neoserra.delivery import providers
from neoserra.delivery.providers.base import MailMessage
from tests.delivery.providers.conftest import MakeSettings
from tests.servers.smtp_server import SmtpServer


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    yield
    providers.close()


@pytest.mark.parametrize("name", ["twilio", "smtp", "outbox"])
def test_a_provider_is_set_up_once_for_the_settings(
    monkeypatch: pytest.MonkeyPatch, make_settings: MakeSettings, name: str
) -> None:
    monkeypatch.setattr(extensions, "settings", make_settings(), raising=False)
    first = providers.provider(name)
    assert first.name == name
    assert providers.provider(name) is first
    monkeypatch.setattr(extensions, "settings", make_settings(public_url="http://127.0.0.1"))
    assert providers.provider(name) is not first


def test_an_unknown_name_is_an_error(monkeypatch: pytest.MonkeyPatch, make_settings: MakeSettings) -> None:
    monkeypatch.setattr(extensions, "settings", make_settings(), raising=False)
    with pytest.raises(KeyError):
        providers.provider("pigeon")


def test_closing_says_goodbye_and_the_next_mail_opens_anew(
    monkeypatch: pytest.MonkeyPatch, make_settings: MakeSettings, mail: MailMessage
) -> None:
    with SmtpServer() as server:
        settings = make_settings(mail_server="127.0.0.1", mail_port=server.port)
        monkeypatch.setattr(extensions, "settings", settings, raising=False)
        providers.provider("smtp").send(mail)
        providers.close()
        providers.provider("smtp").send(mail)
        assert (len(server.mails), len(server.connections)) == (2, 2)
        providers.close()
