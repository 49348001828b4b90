"""Twilio's Messages resource as far as we use it: a real HTTP server on a loopback port that keeps what it accepted.

`script()` tells how the next requests are answered, one answer each; what comes after the script is judged as Twilio
would: credentials, account, and the parameters that must be there.
"""

from __future__ import annotations

import base64
import itertools
import json
import socket
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

ACCOUNT = "AC" + "0" * 32
TOKEN = "token-of-the-test-account"
SENDER = "+12025550100"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


@dataclass(frozen=True)
class Answer:
    """What to do with one request. `code` is Twilio's; without `body` the JSON of Twilio is made from the rest."""

    status: int = 201
    code: int | None = None
    body: bytes | None = None
    location: str = ""
    hang: bool = False  # say nothing until the server stops
    drop: bool = False  # hang up instead of answering
    twice: bool = False  # the whole answer, and then once more


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    credentials: str
    content_type: str
    fields: dict[str, str]
    connection: int


class TwilioServer:
    """`with TwilioServer() as twilio:` serves at `twilio.url`; `requests` are all, `accepted` those answered by 201."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.accepted: list[dict[str, str]] = []
        self.released = threading.Event()
        self.said_twice = threading.Event()
        self._script: deque[Answer] = deque()
        self._numbers = itertools.count(1)
        self._http = _Http(self)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.released.set()
        self._http.shutdown()
        self.drop_connections()
        self._http.server_close()
        self._thread.join()

    def script(self, *answers: Answer) -> None:
        self._script.extend(answers)

    def drop_connections(self) -> None:
        """Hang up on every client that keeps its connection open."""
        for connection in list(self._http.connections):
            with suppress(OSError):  # it has just hung up itself
                connection.shutdown(socket.SHUT_RDWR)

    def judge(self, request: Request) -> Answer:
        self.requests.append(request)
        answer = self._script.popleft() if self._script else _judged(request)
        if answer.status == 201 and answer.code is None:
            self.accepted.append(request.fields)
        return answer

    def body(self, request: Request, answer: Answer) -> bytes:
        if answer.body is not None:
            return answer.body
        if answer.status >= 400:
            return json.dumps(_refusal(answer)).encode()
        return json.dumps(_message(request, answer, f"SM{next(self._numbers):032x}")).encode()


def _judged(request: Request) -> Answer:
    if request.credentials != f"{ACCOUNT}:{TOKEN}":
        return Answer(401, 20003)
    if request.path != PATH:
        return Answer(404, 20404)
    for code, *names in ((21604, "To"), (21603, "From", "MessagingServiceSid"), (21602, "Body")):
        if not any(request.fields.get(name) for name in names):
            return Answer(400, code)
    return Answer()


def _refusal(answer: Answer) -> dict[str, Any]:
    code = {} if answer.code is None else {"code": answer.code}
    link = f"https://www.twilio.com/docs/errors/{answer.code or answer.status}"
    return {**code, "message": "The number +12025550123 was refused", "more_info": link, "status": answer.status}


def _message(request: Request, answer: Answer, sid: str) -> dict[str, Any]:
    """Every field of `api.v2010.account.message` in Twilio's OpenAPI description."""
    now = format_datetime(datetime.now(UTC))
    place = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}"
    return {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": request.fields.get("Body", ""),
        "date_created": now,
        "date_sent": None,
        "date_updated": now,
        "direction": "outbound-api",
        "error_code": answer.code,
        "error_message": None,
        "from": request.fields.get("From"),
        "messaging_service_sid": request.fields.get("MessagingServiceSid"),
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": sid,
        "status": "failed" if answer.code else "queued",
        "subresource_uris": {"media": f"{place}/Media.json"},
        "to": request.fields.get("To"),
        "uri": f"{place}.json",
    }


class _Http(ThreadingHTTPServer):
    request_queue_size = 64

    def __init__(self, twilio: TwilioServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.twilio = twilio
        self.connections: set[socket.socket] = set()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is nothing to write about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Http

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_POST(self) -> None:
        request = self._request()
        answer = self.server.twilio.judge(request)
        if answer.hang:
            self.server.twilio.released.wait()
        self.close_connection = answer.hang or answer.drop
        if not (answer.hang or answer.drop):
            for _ in range(1 + answer.twice):
                self._reply(answer, self.server.twilio.body(request, answer))
        if answer.twice:
            self.server.twilio.said_twice.set()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: pytest shows what a test needs."""

    def _request(self) -> Request:
        content = self.rfile.read(int(self.headers["Content-Length"])).decode()
        credentials = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode()
        fields = dict(parse_qsl(content, keep_blank_values=True))
        content_type = self.headers.get("Content-Type", "")
        return Request(self.command, self.path, credentials, content_type, fields, self.client_address[1])

    def _reply(self, answer: Answer, body: bytes) -> None:
        lines = [f"HTTP/1.1 {answer.status} Answer", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += [f"Location: {answer.location}"] if answer.location else []
        self.wfile.write("\r\n".join([*lines, "", ""]).encode() + body)
