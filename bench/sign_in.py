"""A whole sign-in, from the login page to the start page: server CPU beside that of its password hash (goal: 8 ms)."""

from __future__ import annotations

import http.client
import re
import time
from http.cookies import SimpleCookie
from statistics import median
from urllib.parse import urlencode

from bench.site import Gunicorn, Rows, servers
from neoserra.identity import accounts, codes, passwords, trusted_browsers
from neoserra.models import Account

PASSWORD = "Harbor-lantern-72"
SIGN_INS, ROUNDS = 40, 5


def run() -> Rows:
    with servers() as environment, Gunicorn("wsgi:app", environment) as ours:
        ann = accounts.create(username="ann", email="ann@example.org", password_hash=passwords.hashed(PASSWORD))
        _sign_in(ours, ann)
        whole = [_milliseconds(ours, ann) for _ in range(ROUNDS)]
        hashing = [_milliseconds_of_hash(ann) for _ in range(ROUNDS)]
    yield "whole sign-in, ms of server CPU", f"{median(whole):.1f}"
    yield "of it the password hash", f"{median(hashing):.1f}"
    yield "the rest, delivery row and enqueueing included", f"{median(whole) - median(hashing):.1f}"


def _milliseconds(server: Gunicorn, account: Account) -> float:
    before = server.cpu_seconds()
    for _ in range(SIGN_INS):
        _sign_in(server, account)
    return (server.cpu_seconds() - before) / SIGN_INS * 1000


def _milliseconds_of_hash(account: Account) -> float:
    before = time.process_time()
    for _ in range(10):
        passwords.matches(PASSWORD, account.password_hash)
    return (time.process_time() - before) / 10 * 1000


def _sign_in(server: Gunicorn, account: Account) -> None:
    """A browser that nobody knows: login page, password, code page, code, start page."""
    browser = _Browser(server)
    browser.get("/login")
    browser.post("/login", username="ann", password=PASSWORD)
    browser.get("/verification")
    owner = codes.Owner(account.id, trusted_browsers.digest(browser.cookies["browser"]), codes.Purpose.SIGN_IN)
    browser.post("/verification", code=codes.current(owner) or "")
    assert "log out" in browser.get("/").lower()
    browser.close()


class _Browser:
    """Keeps one connection, its cookies and the form token of the page it saw last."""

    def __init__(self, server: Gunicorn) -> None:
        self._connection = server.connect()
        self.cookies: dict[str, str] = {}
        self._token = ""

    def get(self, path: str) -> str:
        page = self._ask("GET", path)
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        self._token = found[1] if found else ""
        return page

    def post(self, path: str, **fields: str) -> None:
        self._ask("POST", path, urlencode({"csrf_token": self._token, **fields}))

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None = None) -> str:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        self._keep(answer)
        return answer.read().decode()

    def _keep(self, answer: http.client.HTTPResponse) -> None:
        for header in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
