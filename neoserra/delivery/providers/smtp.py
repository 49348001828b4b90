"""Mail through an SMTP server, or the next one when it cannot be reached.

Flask-Mail's connection with timeouts, verified TLS and reuse.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, LifoQueue

import flask_mail

from config import Settings
from neoserra.delivery.providers import smtp_replies
from neoserra.delivery.providers.base import (
    CONNECT_SECONDS,
    READ_SECONDS,
    MailMessage,
    PermanentFailure,
    Provider,
    ProviderError,
    TemporaryFailure,
    UnknownOutcome,
)
from neoserra.delivery.providers.letter import Letter
from neoserra.models.delivery import Channel

CONNECTIONS = 16  # of one process to one server; Postfix takes 50 of one client


class SmtpProvider(Provider[MailMessage]):
    name = "smtp"
    channels = frozenset({Channel.EMAIL})

    def __init__(self, settings: Settings) -> None:
        self._sender = settings.mail_default_sender
        self._servers = [_Server(_flask_mail(settings, name), settings.public_host) for name in settings.mail_servers]

    def send(self, message: MailMessage) -> str:
        """Through the first server that answers. What one has refused, or may have taken, goes to no other."""
        letter = Letter(message, self._sender)
        for server in self._servers[:-1]:
            try:
                server.deliver(letter)
            except NotReached:
                continue
            return letter.msgId
        self._servers[-1].deliver(letter)
        return letter.msgId

    def close(self) -> None:
        for server in self._servers:
            server.close()


class NotReached(TemporaryFailure):
    """The server cannot be talked to; nothing was handed over."""


class _Server:
    """The connections to one server."""

    def __init__(self, mail: flask_mail.Mail, own_name: str) -> None:
        context = ssl.create_default_context()
        self._connections: LifoQueue[MailConnection] = LifoQueue()
        for _ in range(CONNECTIONS):
            self._connections.put(MailConnection(mail, own_name, context))

    def deliver(self, letter: Letter) -> None:
        try:
            connection = self._connections.get(timeout=READ_SECONDS)
        except Empty:
            raise NotReached("", "The mail server is too slow for the mails that wait.") from None
        try:
            connection.deliver(letter)
        except ProviderError:
            raise
        except BaseException:  # a job's time limit: an answer that is still to come would be taken for the next one
            connection.hang_up()
            raise
        finally:
            self._connections.put(connection)

    def close(self) -> None:
        for connection in list(self._connections.queue):
            connection.hang_up()


def _flask_mail(settings: Settings, server: str) -> flask_mail.Mail:
    names = ("mail_port", "mail_use_tls", "mail_use_ssl", "mail_username", "mail_password")
    mail = flask_mail.Mail()
    mail.state = mail.init_mail({"MAIL_SERVER": server, **{name.upper(): getattr(settings, name) for name in names}})
    return mail


class MailConnection(flask_mail.Connection):
    """One connection, kept open from mail to mail and opened again when the server has dropped it."""

    def __init__(self, mail: flask_mail.Mail, own_name: str, context: ssl.SSLContext) -> None:
        super().__init__(mail)
        self._own_name = own_name
        self._context = context

    def configure_host(self) -> smtplib.SMTP:
        """Flask-Mail's waits for ever and takes any certificate."""
        implicit_tls = self._context if self.mail.use_ssl else None
        host = _Client(self.mail.server, self.mail.port, self._own_name, implicit_tls)
        try:
            if self.mail.use_tls:
                host.starttls(context=self._context)
            host.ehlo_or_helo_if_needed()
            if self.mail.username:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def deliver(self, letter: Letter) -> None:
        """Send `letter` once. Flask-Mail's `send` cannot tell a lost answer from a refusal."""
        with _nothing_accepted():
            host = self._open_host()
            _expect(250, host.mail(letter.envelope_from))
            _expect(250, host.rcpt(letter.envelope_to))
            _expect(354, host.docmd("DATA"))
            host.send(re.sub(rb"(?m)^\.", b"..", letter.as_bytes()) + b".\r\n")
        try:
            answer = host.getreply()
        except OSError:
            answer = (-1, b"")
        if answer[0] == -1:
            host.close()
            raise UnknownOutcome("", "The mail server's answer was lost: the mail may still arrive.")
        _expect(250, answer)

    def hang_up(self) -> None:
        if self.host is not None:
            with suppress(OSError):
                self.host.putcmd("QUIT")
            self.host.close()

    def _open_host(self) -> smtplib.SMTP:
        """The kept connection if it still answers; RSET also clears what a refused mail left behind."""
        if self.host is not None:
            with suppress(OSError):
                if self.host.rset()[0] == 250:
                    return self.host
            self.host.close()
        self.host = self.configure_host()
        return self.host


class _Client(smtplib.SMTP):
    """smtplib's client, waiting less for a connection than for an answer, with TLS from the start if asked."""

    def __init__(self, server: str, port: int, own_name: str, implicit_tls: ssl.SSLContext | None) -> None:
        self._implicit_tls = implicit_tls
        super().__init__(server, port, own_name, READ_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected = socket.create_connection((host, port), CONNECT_SECONDS)
        if self._implicit_tls:
            connected = self._implicit_tls.wrap_socket(connected, server_hostname=host)
        connected.settimeout(timeout)
        return connected


def _expect(code: int, answer: tuple[int, bytes]) -> None:
    if answer[0] // 100 != code // 100:
        raise smtp_replies.failure(*answer)


@contextmanager
def _nothing_accepted() -> Iterator[None]:
    """Up to the dot at the end of the mail, whatever goes wrong leaves it surely unsent."""
    try:
        yield
    except smtplib.SMTPResponseException as error:
        reply = error.smtp_error
        reply = reply if isinstance(reply, bytes) else reply.encode()
        raise smtp_replies.failure(error.smtp_code, reply) from None
    except UnicodeError:
        sentence = "MAIL_USERNAME, MAIL_PASSWORD and the address in MAIL_DEFAULT_SENDER may hold ASCII only."
        raise PermanentFailure("", sentence) from None
    except ssl.SSLCertVerificationError:
        sentence = "The mail server's certificate is not valid for MAIL_SERVER, or nobody we trust signed it."
        raise NotReached("", sentence) from None
    except smtplib.SMTPNotSupportedError:
        sentence = "The mail server offers no TLS or no login: check MAIL_PORT and MAIL_USE_TLS."
        raise TemporaryFailure("", sentence) from None
    except OSError:
        sentence = "The mail server cannot be reached or hung up: check MAIL_SERVER and MAIL_PORT."
        raise NotReached("", sentence) from None
