"""A real SMTP server (aiosmtpd) on a loopback port that keeps what it accepted.

`script()` tells how the next commands of a kind are answered, one answer each; the rest is accepted.
"""

from __future__ import annotations

import asyncio
import email.policy
import socket
import ssl
from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

CERTIFICATE = Path(__file__).with_name("localhost.pem")
USERNAME = "neoserra"
PASSWORD = "password-of-the-test-server"


@dataclass(frozen=True)
class Answer:
    """How to answer the next `command` (MAIL, RCPT, DATA or AUTH; DATA is judged after the dot)."""

    command: str
    reply: str = ""
    hang: bool = False  # say nothing until the server stops
    drop: bool = False  # hang up instead of answering
    delay: float = 0  # seconds until the answer


@dataclass(frozen=True)
class Mail:
    sender: str
    recipients: list[str]
    raw: bytes
    message: EmailMessage = field(repr=False)


class SmtpServer:
    """`with SmtpServer() as server:` serves at `server.port`; `mails` are all whose dot arrived, answered or not."""

    def __init__(self, *, starttls: bool = False, implicit_tls: bool = False, login: bool = False) -> None:
        self.mails: list[Mail] = []
        self.commands: list[str] = []
        self.connections: list[SMTP] = []
        self._script: deque[Answer] = deque()
        context = _tls() if starttls or implicit_tls else None
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            server_hostname="localhost",
            ssl_context=context if implicit_tls else None,
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=self._authenticate if login else None,
            auth_required=login,
        )
        self.port = self._controller.port

    def __enter__(self) -> Self:
        self._controller.start()
        self.connections.clear()  # the controller has tried itself out
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.drop_connections()
        self._controller.stop()

    def script(self, *answers: Answer) -> None:
        self._script.extend(answers)

    def drop_connections(self, farewell: str = "") -> None:
        """Hang up on every client that keeps its connection open, perhaps after a line like `421 4.4.2 Idle`."""
        asyncio.run_coroutine_threadsafe(self._drop(farewell), self._controller.loop).result()

    async def handle_MAIL(  # noqa: N802
        self, smtp: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer("MAIL", smtp)

    async def handle_RCPT(  # noqa: N802
        self, smtp: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        reply = await self._answer("RCPT", smtp)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, smtp: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        message = BytesParser(_class=EmailMessage, policy=email.policy.default).parsebytes(raw)
        self.mails.append(Mail(envelope.mail_from or "", envelope.rcpt_tos, raw, message))
        return await self._answer("DATA", smtp)

    async def _answer(self, command: str, smtp: SMTP) -> str:
        self.commands.append(command)
        if not self._script or self._script[0].command != command:
            return "250 2.0.0 OK"
        answer = self._script.popleft()
        if answer.hang:
            await asyncio.Event().wait()
        await asyncio.sleep(answer.delay)
        if answer.drop:
            _hang_up(smtp)
        return answer.reply

    def _authenticate(
        self, smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        return AuthResult(success=login == LoginPassword(USERNAME.encode(), PASSWORD.encode()), handled=False)

    async def _drop(self, farewell: str) -> None:
        for smtp in [smtp for smtp in self.connections if smtp.transport]:
            if farewell:
                await smtp.push(farewell)
            _hang_up(smtp)
        while any(smtp.transport for smtp in self.connections):
            await asyncio.sleep(0.001)


class _Controller(Controller):
    """Takes any free port, and tells the server of each connection."""

    def __init__(self, server: SmtpServer, **options: Any) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        super().__init__(server, port=self._listening.getsockname()[1], **options)

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self._listening, ssl=self.ssl_context)

    def factory(self) -> SMTP:
        smtp = SMTP(self.handler, **self.SMTP_kwargs)
        self.handler.connections.append(smtp)
        return smtp


def _hang_up(smtp: SMTP) -> None:
    if isinstance(smtp.transport, asyncio.Transport):
        smtp.transport.abort()


def _tls() -> ssl.SSLContext:
    """The context of a server with a certificate for `localhost` that nobody but itself signed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    return context
