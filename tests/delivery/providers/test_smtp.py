"""The SMTP provider against a real SMTP server on a loopback port."""

from __future__ import annotations

import logging
import signal
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from neoserra.delivery.providers import smtp as module
from neoserra.delivery.providers.base import (
    MailMessage,
    PermanentFailure,
    ProviderError,
    TemporaryFailure,
    UnknownOutcome,
)
from neoserra.delivery.providers.smtp import SmtpProvider
from tests.delivery.providers.conftest import MakeSettings
from tests.servers.smtp_server import CERTIFICATE, PASSWORD, USERNAME, Answer, SmtpServer

MakeProvider = Callable[..., SmtpProvider]
TLS = {"mail_server": "localhost", "mail_use_tls": "true"}


@pytest.fixture
def make_provider(make_settings: MakeSettings) -> Iterator[MakeProvider]:
    made = []

    def make(port: int, **changes: object) -> SmtpProvider:
        where = {"mail_server": "127.0.0.1", "mail_port": port}
        made.append(SmtpProvider(make_settings(**where | changes)))
        return made[-1]

    yield make
    for provider in made:
        provider.close()


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def provider(make_provider: MakeProvider, server: SmtpServer) -> SmtpProvider:
    return make_provider(server.port)


def test_a_mail_arrives_whole_at_one_recipient(provider: SmtpProvider, server: SmtpServer, mail: MailMessage) -> None:
    assert provider.send(mail) == "<BCDFGHJK@example.org>"
    (arrived,) = server.mails
    assert (arrived.sender, arrived.recipients) == ("no-reply@example.org", [mail.to])
    plain, html = arrived.message.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == mail.text
    assert html.get_content().strip() == mail.html


def test_the_connection_is_kept_open(provider: SmtpProvider, server: SmtpServer, mail: MailMessage) -> None:
    for _ in range(3):
        provider.send(mail)
    assert (len(server.mails), len(server.connections)) == (3, 1)


@pytest.mark.parametrize("farewell", ["", "421 4.4.2 Idle for too long"])
def test_a_connection_dropped_while_idle_is_opened_again_and_nothing_is_sent_twice(
    provider: SmtpProvider, server: SmtpServer, mail: MailMessage, farewell: str
) -> None:
    provider.send(mail)
    server.drop_connections(farewell)
    provider.send(mail)
    assert (len(server.mails), len(server.connections)) == (2, 2)


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        (Answer("RCPT", "550 5.1.1 <jo.doe@example.org>?"), PermanentFailure, "550 5.1.1: The mailbox does not exist"),
        (Answer("RCPT", "550 jo.doe@example.org unknown"), PermanentFailure, "550: The mail server refused the recip"),
        (Answer("RCPT", "452 4.2.2 full"), TemporaryFailure, "452 4.2.2: The mailbox is full"),
        (Answer("RCPT", "450 4.7.1 greylisted"), TemporaryFailure, "450 4.7.1: The mailbox is busy, or"),
        (Answer("MAIL", "421 4.3.2 closing"), TemporaryFailure, "421 4.3.2: The mail server is closing"),
        (Answer("MAIL", "553 5.1.8 bad sender"), PermanentFailure, "553 5.1.8: The mail server does not accept our s"),
        (Answer("DATA", "451 4.3.0 trouble"), TemporaryFailure, "451 4.3.0: The mail server had an error"),
        (
            Answer("DATA", "554 5.7.26 who?"),
            PermanentFailure,
            "554 5.7.26: The recipient refused our sender by SPF and",
        ),
        (Answer("DATA", "599 what"), PermanentFailure, "599: The mail server refused the mail"),
    ],
)
def test_a_refusal_is_told_in_words_and_the_connection_still_serves(
    provider: SmtpProvider, server: SmtpServer, mail: MailMessage, answer: Answer, kind: type[ProviderError], told: str
) -> None:
    server.script(answer)
    with pytest.raises(kind, match=f"^{told}"):
        provider.send(mail)
    before = len(server.mails)
    provider.send(mail)
    assert (len(server.mails), len(server.connections)) == (before + 1, 1)


@pytest.mark.parametrize(
    ("answer", "theirs"),
    [
        ("450 4.2.0 greylisted", True),
        ("450 busy", True),
        ("450 4.7.1 too much mail from you", False),
        ("452 4.2.2 full", True),
        ("451 4.3.0 trouble", False),
        ("421 4.3.2 closing", False),
    ],
)
def test_a_mailbox_that_is_busy_is_no_fault_of_the_server(
    provider: SmtpProvider, server: SmtpServer, mail: MailMessage, answer: str, theirs: bool
) -> None:
    server.script(Answer("RCPT", answer))
    with pytest.raises(TemporaryFailure) as failure:
        provider.send(mail)
    assert failure.value.theirs == theirs


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
@pytest.mark.parametrize("how", ["silence", "hanging up"])
def test_an_answer_missing_before_the_mail_was_handed_over_may_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
    make_provider: MakeProvider,
    server: SmtpServer,
    mail: MailMessage,
    command: str,
    how: str,
) -> None:
    monkeypatch.setattr(module, "READ_SECONDS", 0.3)
    provider = make_provider(server.port)
    server.script(Answer(command, hang=how == "silence", drop=how == "hanging up"))
    with pytest.raises(TemporaryFailure):
        provider.send(mail)
    assert server.mails == []
    provider.send(mail)
    assert len(server.mails) == 1


@pytest.mark.parametrize("how", ["silence", "hanging up", "no reply at all"])
def test_an_answer_lost_after_the_dot_is_unknown_and_the_mail_is_not_sent_again(
    monkeypatch: pytest.MonkeyPatch, make_provider: MakeProvider, server: SmtpServer, mail: MailMessage, how: str
) -> None:
    monkeypatch.setattr(module, "READ_SECONDS", 0.3)
    provider = make_provider(server.port)
    server.script(Answer("DATA", "what?", hang=how == "silence", drop=how == "hanging up"))
    with pytest.raises(UnknownOutcome):
        provider.send(mail)
    assert len(server.mails) == 1
    provider.send(mail)
    assert (len(server.mails), len(server.connections)) == (2, 2)


class TimeIsUp(Exception):
    pass


@pytest.fixture
def time_limit() -> Iterator[Callable[[float], object]]:
    """Interrupts the test after some seconds, as RQ does with a job."""

    def expire(_signal: int, _frame: object) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, expire)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_an_answer_that_comes_after_the_time_limit_is_not_taken_for_the_next_one(
    provider: SmtpProvider, server: SmtpServer, mail: MailMessage, time_limit: Callable[[float], object]
) -> None:
    server.script(Answer("DATA", "250 2.0.0 OK", delay=0.5), Answer("RCPT", "550 5.1.1 unknown"))
    time_limit(0.2)
    with pytest.raises(TimeIsUp):
        provider.send(mail)
    time.sleep(0.5)
    with pytest.raises(PermanentFailure, match="does not exist"):
        provider.send(mail)
    assert len(server.connections) == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_a_server_that_is_not_there_may_be_tried_again(
    make_provider: MakeProvider, closed_port: int, mail: MailMessage, host: str
) -> None:
    with pytest.raises(TemporaryFailure, match="MAIL_SERVER"):
        make_provider(closed_port, mail_server=host).send(mail)


def test_a_server_that_never_greets_is_given_up(
    monkeypatch: pytest.MonkeyPatch, make_provider: MakeProvider, mail: MailMessage
) -> None:
    monkeypatch.setattr(module, "READ_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TemporaryFailure):
        make_provider(silent.getsockname()[1]).send(mail)


@pytest.mark.parametrize("kind", ["starttls", "implicit_tls"])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_certificate_that_is_not_trusted_or_for_another_name_gets_no_mail(
    monkeypatch: pytest.MonkeyPatch, make_provider: MakeProvider, mail: MailMessage, kind: str, host: str
) -> None:
    if host == "127.0.0.1":  # trusted, but the certificate is for `localhost`
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with SmtpServer(starttls=kind == "starttls", implicit_tls=kind == "implicit_tls") as server:
        setting = "mail_use_tls" if kind == "starttls" else "mail_use_ssl"
        provider = make_provider(server.port, mail_server=host, **{setting: "true"})
        with pytest.raises(TemporaryFailure, match="certificate"):
            provider.send(mail)
        assert server.mails == []


@pytest.mark.parametrize("kind", ["starttls", "implicit_tls"])
def test_a_trusted_certificate_carries_the_mail(
    monkeypatch: pytest.MonkeyPatch, make_provider: MakeProvider, mail: MailMessage, kind: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with SmtpServer(starttls=kind == "starttls", implicit_tls=kind == "implicit_tls") as server:
        setting = "mail_use_tls" if kind == "starttls" else "mail_use_ssl"
        provider = make_provider(server.port, mail_server="localhost", **{setting: "true"})
        provider.send(mail)
        provider.send(mail)
        assert (len(server.mails), len({mail.sender for mail in server.mails})) == (2, 1)
        provider.close()


def test_tls_that_is_not_offered_gets_no_mail(
    make_provider: MakeProvider, server: SmtpServer, mail: MailMessage
) -> None:
    with pytest.raises(TemporaryFailure, match="MAIL_USE_TLS"):
        make_provider(server.port, mail_use_tls="true").send(mail)
    assert server.mails == []


def test_the_login_is_used_where_it_is_set(
    monkeypatch: pytest.MonkeyPatch, make_provider: MakeProvider, mail: MailMessage
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with SmtpServer(starttls=True, login=True) as server:
        provider = make_provider(server.port, **TLS, mail_username=USERNAME, mail_password=PASSWORD)
        provider.send(mail)
        assert len(server.mails) == 1
        provider.close()


@pytest.mark.parametrize(
    ("login", "words"),
    [
        ({"mail_username": USERNAME, "mail_password": "wrong"}, "refused our credentials"),
        ({"mail_username": USERNAME, "mail_password": "wröng"}, "ASCII"),
        ({}, "wants credentials"),
    ],
)
def test_a_login_that_fails_is_permanent_and_names_the_settings(
    monkeypatch: pytest.MonkeyPatch, make_provider: MakeProvider, mail: MailMessage, login: dict[str, str], words: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with SmtpServer(starttls=True, login=True) as server:
        provider = make_provider(server.port, **TLS, **login)
        with pytest.raises(PermanentFailure, match=words) as failure:
            provider.send(mail)
        assert "MAIL_PASSWORD" in failure.value.explanation
        provider.close()


def test_twenty_threads_share_one_provider(provider: SmtpProvider, server: SmtpServer, mail: MailMessage) -> None:
    mails = [replace(mail, reference=f"REF{number}", subject=f"mail {number}") for number in range(100)]
    with ThreadPoolExecutor(20) as threads:
        ids = list(threads.map(provider.send, mails))
    assert len(set(ids)) == 100
    assert {arrived.message["Subject"] for arrived in server.mails} == {mail.subject for mail in mails}
    assert len(server.mails) == 100
    assert len(server.connections) <= module.CONNECTIONS


def test_a_mail_that_finds_every_connection_busy_may_be_tried_again(
    monkeypatch: pytest.MonkeyPatch, make_provider: MakeProvider, server: SmtpServer, mail: MailMessage
) -> None:
    monkeypatch.setattr(module, "CONNECTIONS", 0)
    monkeypatch.setattr(module, "READ_SECONDS", 0.1)
    with pytest.raises(TemporaryFailure, match="too slow"):
        make_provider(server.port).send(mail)


def test_errors_and_logs_tell_neither_address_nor_text_nor_password(
    monkeypatch: pytest.MonkeyPatch, make_provider: MakeProvider, mail: MailMessage, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    caplog.set_level(logging.DEBUG)
    told = []
    with SmtpServer(starttls=True, login=True) as server:
        provider = make_provider(server.port, **TLS, mail_username=USERNAME, mail_password=PASSWORD)
        stranger = make_provider(server.port, **TLS, mail_username="stranger", mail_password=PASSWORD)
        foreign = make_provider(server.port, **TLS, mail_username=USERNAME, mail_password=f"{PASSWORD}ö")
        server.script(Answer("RCPT", f"550 5.1.1 <{mail.to}>"), Answer("DATA", f"554 {mail.to} 482913"))
        for each in (provider, provider, stranger, foreign):
            with pytest.raises(ProviderError) as failure:
                each.send(mail)
            told.append("".join(traceback.format_exception(failure.value)))
        provider.close()
    told += [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]  # aiosmtpd's
    for secret in (mail.to, "jo.doe", "482913", PASSWORD):
        assert secret not in "".join(told) + repr(mail)


def test_the_next_server_takes_what_the_first_cannot_be_asked_for(
    make_provider: MakeProvider, server: SmtpServer, mail: MailMessage
) -> None:
    provider = make_provider(server.port, mail_server="127.0.0.2, 127.0.0.1")  # nobody listens at the first
    for _ in range(2):
        assert provider.send(mail) == "<BCDFGHJK@example.org>"
    assert len(server.mails) == 2


def test_what_one_server_has_refused_goes_to_no_other(
    make_provider: MakeProvider, server: SmtpServer, mail: MailMessage
) -> None:
    provider = make_provider(server.port, mail_server="127.0.0.1,localhost")
    server.script(Answer("RCPT", "550 5.1.1 who?"))
    with pytest.raises(PermanentFailure):
        provider.send(mail)
    assert server.mails == []


def test_what_one_server_may_have_taken_goes_to_no_other(
    make_provider: MakeProvider, server: SmtpServer, mail: MailMessage
) -> None:
    provider = make_provider(server.port, mail_server="127.0.0.1,localhost")
    server.script(Answer("DATA", drop=True))
    with pytest.raises(UnknownOutcome):
        provider.send(mail)
    assert len(server.mails) == 1
