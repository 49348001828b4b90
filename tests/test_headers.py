"""Headers, cookies, hosts, methods and static files: what every answer has, whatever was asked (ASVS 3.3, 3.4, 4.1)."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest
from flask import Flask
from redis.exceptions import ConnectionError as RedisAway
from werkzeug.test import TestResponse

from config import Settings
from neoserra import create_app, pages
from neoserra.access import Level, access
from neoserra.models import Account
from tests.client import CheckedClient, where
from tests.journey import code_of, give_password, sign_in
from tests.one_database import ON_SQLITE

pytestmark = ON_SQLITE

FILE = "/static/neoserra.css"
TOO_LARGE = {"csrf_token": "x", "username": "a" * 70_000}
ANSWERS: dict[str, tuple[int, str, str, dict[str, Any]]] = {
    "page": (200, "GET", "/login", {}),
    "head": (200, "HEAD", "/login", {}),
    "redirect": (303, "GET", "/", {}),
    "json": (200, "GET", "/healthz", {}),
    "not ready": (503, "GET", "/readyz", {}),
    "forged form": (400, "POST", "/login", {"data": {"username": "ann"}}),
    "unknown address": (404, "GET", "/nowhere", {}),
    "wrong method": (405, "PUT", "/login", {}),
    "too large": (413, "POST", "/login", {"data": TOO_LARGE}),
    "other host": (400, "GET", "/login", {"base_url": "https://evil.test"}),
    "error": (500, "GET", "/broken", {}),
    "Redis away": (503, "GET", "/away", {}),
    "file": (200, "GET", FILE, {}),
    "file head": (200, "HEAD", FILE, {}),
    "file not changed": (304, "GET", FILE, {"headers": {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}}),
    "part of a file": (206, "GET", FILE, {"headers": {"Range": "bytes=0-9"}}),
    "no file": (404, "GET", "/static/nowhere.css", {}),
    "post to a file": (405, "POST", FILE, {}),
}


@pytest.fixture
def app(connected: Settings) -> Flask:
    """The site with a view that breaks and one that finds Redis away."""
    app = create_app(connected)

    @app.get("/broken")
    @access(Level.ANYONE)
    def broken() -> NoReturn:
        raise RuntimeError("a mistake of ours")

    @app.get("/away")
    @access(Level.ANYONE)
    def away() -> NoReturn:
        raise RedisAway

    return app


def ask(client: CheckedClient, what: str) -> TestResponse:
    status, method, path, options = ANSWERS[what]
    answer = client.open(path, method=method, **options)
    assert answer.status_code == status
    return answer


def set_cookies(*answers: TestResponse) -> dict[str, str]:
    lines = [line for answer in answers for line in answer.headers.getlist("Set-Cookie")]
    return {line.partition("=")[0]: line for line in lines}


@pytest.mark.parametrize("what", ANSWERS)
def test_every_answer_has_the_security_headers(client: CheckedClient, what: str) -> None:
    headers = ask(client, what).headers
    for name, value in {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    }.items():
        assert headers.getlist(name) == [value]
    assert len(headers.getlist("Content-Security-Policy")) == 1
    assert len(headers.getlist("Permissions-Policy")) == 1


def test_the_policy_closes_everything_and_opens_only_what_comes_from_here(client: CheckedClient) -> None:
    policy = client.get("/login").headers["Content-Security-Policy"]
    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives.pop("default-src") == "'none'"
    assert (directives.pop("base-uri"), directives.pop("frame-ancestors")) == ("'none'", "'none'")
    assert set(directives.values()) == {"'self'"}
    assert {"script-src", "style-src", "form-action"} <= set(directives)


@pytest.mark.parametrize("what", ANSWERS)
def test_nothing_but_files_may_be_kept_by_a_browser_or_proxy(client: CheckedClient, what: str) -> None:
    answer = ask(client, what)
    _, _, path, _ = ANSWERS[what]
    kept = answer.headers.get("Cache-Control", "")
    if path == FILE:
        assert kept == "max-age=31536000, public" or answer.status_code in (405, 206)
    else:
        assert kept == "no-store"


@pytest.mark.parametrize("what", ANSWERS)
def test_no_other_origin_may_read_an_answer(client: CheckedClient, what: str) -> None:
    status, method, path, options = ANSWERS[what]
    headers = {"Origin": "https://evil.test", **options.get("headers", {})}
    answer = client.open(path, method=method, **{**options, "headers": headers})
    assert answer.status_code == status
    assert not [name for name in answer.headers.keys() if name.startswith("Access-Control-")]  # noqa: SIM118


def test_no_answer_tells_what_the_site_is_built_with(client: CheckedClient) -> None:
    for what in ANSWERS:
        headers = ask(client, what).headers
        assert not {"Server", "X-Powered-By", "Via"} & {*headers.keys()}


def test_answers_say_their_type_and_character_set(client: CheckedClient) -> None:
    assert client.get("/login").content_type == "text/html; charset=utf-8"
    assert client.get("/nowhere").content_type == "text/html; charset=utf-8"
    assert client.get("/healthz").content_type == "application/json"
    assert client.get(FILE).content_type == 'text/css; charset="utf-8"'
    assert client.get("/static/menu.js").mimetype == "text/javascript"


def test_cookies_are_for_this_host_over_https_and_not_for_scripts(client: CheckedClient, account: Account) -> None:
    looked = client.get("/login")
    answer = client.press("/login", username="ann", password="Harbor-lantern-72")
    cookies = set_cookies(looked, answer)
    assert set(cookies) == {"__Host-session", "__Host-browser"}
    for line in cookies.values():
        name_and_value, *attributes = line.split("; ")
        assert len(name_and_value) < 100
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
        assert "Domain" not in line
    assert "Max-Age=7776000" in cookies["__Host-browser"]
    assert "Max-Age" not in cookies["__Host-session"]
    assert "Expires" not in cookies["__Host-session"]


def test_the_browser_cookie_is_given_anew_for_90_days_when_a_code_was_right(
    client: CheckedClient, account: Account
) -> None:
    give_password(client)
    held = client.get_cookie("__Host-browser", domain="crm.example.org")
    answer = client.press("/verification", code=code_of(client, account))
    assert held is not None
    assert set_cookies(answer)["__Host-browser"].startswith(f"__Host-browser={held.value}; Expires=")
    assert "Max-Age=7776000" in set_cookies(answer)["__Host-browser"]


def test_without_https_there_is_no_hsts_and_no_secure_cookie(connected: Settings) -> None:
    """For development: a browser would not send a Secure cookie back, nor take a `__Host-` one."""
    client = CheckedClient(create_app(replace(connected, public_url="http://localhost:8000")))
    answer = client.get("/login", base_url="http://localhost:8000")
    assert "Strict-Transport-Security" not in answer.headers
    (line,) = set_cookies(answer).values()
    assert re.fullmatch(r"session=[^;]+; HttpOnly; Path=/; SameSite=Lax", line)


def test_the_pages_show_no_cookie(client: CheckedClient, account: Account) -> None:
    pages_seen = [client.get("/login").text]
    give_password(client)
    pages_seen.append(client.get("/verification").text)
    client.press("/verification", code=code_of(client, account))
    pages_seen.append(client.get("/").text)
    for name in ("__Host-session", "__Host-browser"):
        cookie = client.get_cookie(name, domain="crm.example.org")
        assert cookie is not None
        assert not [page for page in pages_seen if cookie.value in page]


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "crm.example.org.evil.test",
        "evil-crm.example.org",
        "crm.example.org@evil.test",
        "crm.example.org:443@evil.test",
        "crm.example.org/evil",
        "crm.example.org, evil.test",
        "[::1]",
        "a b",
        "",
    ],
)
def test_another_host_gets_400_and_no_link_to_it(client: CheckedClient, host: str) -> None:
    for path in ("/login", "/", "/healthz", "/nowhere"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert client.h1 == "This did not work"
        assert "evil" not in answer.text


def test_a_forwarded_host_is_not_believed(client: CheckedClient) -> None:
    headers = {"X-Forwarded-Host": "evil.test", "X-Forwarded-Prefix": "/evil", "Forwarded": "host=evil.test"}
    assert where(client.get("/", headers=headers)) == "/login?next=/"
    assert "evil" not in client.get("/login", headers=headers).text


def test_a_redirect_names_no_host(client: CheckedClient, account: Account) -> None:
    assert client.get("/").location == "/login?next=/"
    sign_in(client, account)
    assert client.get("/login").location == "/"


@pytest.mark.parametrize("method", ["TRACE", "OPTIONS", "PUT", "PATCH", "DELETE", "CONNECT", "PROPFIND"])
def test_methods_that_nobody_uses_are_refused_everywhere(client: CheckedClient, method: str) -> None:
    paths = [rule.rule for rule in client.app.url_map.iter_rules() if not rule.arguments]
    for path in [*paths, FILE]:
        answer = client.open(path, method=method)
        assert answer.status_code == 405
        assert {name.strip() for name in answer.headers["Allow"].split(",")} <= {"GET", "HEAD", "POST"}


def test_a_header_does_not_turn_one_method_into_another(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    headers = {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "POST", "X-Method-Override": "POST"}
    assert client.get("/logout", headers=headers).status_code == 405
    assert client.get("/").status_code == 200


def test_head_is_answered_like_get_without_the_body(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    for path in ("/", "/nowhere", "/healthz", FILE):
        get, head = client.get(path), client.head(path)
        assert head.status_code == get.status_code
        assert head.content_type == get.content_type
        assert head.data == b""


@pytest.mark.parametrize(
    "path",
    [
        "/static",
        "/static/",
        "/static/icons",
        "/static/icons/",
        "/static/vendor/",
        "/static/../config.py",
        "/static/%2e%2e/config.py",
        "/static/..%2fconfig.py",
        "/static//etc/passwd",
        "/static/neoserra.css/",
        "/static/neoserra.css%00",
        "/static/neoserra.css.py",
        "/config.py",
        "/.env",
        "/.git/HEAD",
        "/console",
        "/var/neoserra.sqlite3",
        "/login/x.css",
    ],
)
def test_nothing_is_listed_and_nothing_outside_is_served(client: CheckedClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_folder_of_files_holds_what_a_browser_needs_and_no_more(client: CheckedClient) -> None:
    files = {path.relative_to(pages.STATIC) for path in pages.STATIC.rglob("*") if path.is_file()}
    compressed = {path for path in files if path.suffix in (".br", ".gz")}
    assert {path.suffix for path in files - compressed} <= {".css", ".js", ".svg", ".png", ".woff2", ".txt", ""}
    assert not [path for path in files if path.name.startswith(".")]
    assert {client.get(f"/static/{path}").status_code for path in files - compressed} == {200}


def test_files_are_sent_compressed_to_browsers_that_understand_it(
    connected: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`dev.py run` and a deployment compress the folder with the same command."""
    folder = tmp_path / "static"
    shutil.copytree(pages.STATIC, folder, ignore=shutil.ignore_patterns("*.br", "*.gz"))
    subprocess.run([sys.executable, "-m", "tools.static_files", folder], check=True)
    monkeypatch.setattr(pages, "STATIC", folder)
    client = CheckedClient(create_app(connected))
    for accepted, coding in (("br, gzip", "br"), ("gzip", "gzip"), ("identity", None), ("", None)):
        answer = client.get(FILE, headers={"Accept-Encoding": accepted})
        assert (answer.status_code, answer.content_encoding) == (200, coding)
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert (len(answer.data) < (folder / "neoserra.css").stat().st_size / 2) == bool(coding)


def test_the_address_of_a_file_names_its_content(client: CheckedClient) -> None:
    address = pages.static_url("neoserra.css")
    assert re.fullmatch(r"/static/neoserra\.css\?v=[0-9a-f]{10}", address)
    assert address in client.get("/login").text
    assert client.get(address).status_code == 200
