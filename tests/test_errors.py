"""Bad input and our own mistakes: a page in plain words with a reference, and never a stack trace (ASVS 16.5.1)."""

from __future__ import annotations

import re
from io import BytesIO
from typing import NoReturn

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from config import Settings
from neoserra import create_app, extensions
from neoserra.access import Level, access
from neoserra.models import Account
from tests import log_book
from tests.client import CheckedClient, where
from tests.conftest import PASSWORD
from tests.journey import code_of, deliveries, give_password, sign_in
from tests.one_database import ON_SQLITE

pytestmark = ON_SQLITE

REFERENCE = re.compile(r"If you ask for help, give this reference: ([0-9a-f]{16})\b")
INNARDS = re.compile(
    r"Traceback|File \"|\.py\b|line \d+|werkzeug|flask|sqlalchemy|redis|jinja|RuntimeError", re.IGNORECASE
)
NOT_RIGHT = "The username or password is not right"


@pytest.fixture
def app(connected: Settings) -> Flask:
    """The site with a view that breaks, and one in which the database breaks."""
    app = create_app(connected)

    @app.get("/broken")
    @access(Level.ANYONE)
    def broken() -> NoReturn:
        raise RuntimeError("a mistake of ours\nwith a second line, \x1b[31m and \u2028")

    @app.get("/locked")
    @access(Level.ANYONE)
    def locked() -> NoReturn:
        raise OperationalError("SELECT secret", {"mobile": "+12025550142"}, Exception("database is locked"))

    return app


def check_error(client: CheckedClient, answer: TestResponse, status: int, heading: str) -> str:
    """The reference that the page gives."""
    assert answer.status_code == status, client.text
    assert client.h1 == heading
    assert "Go to the start page" in client.text
    assert not INNARDS.search(answer.text)
    found = REFERENCE.search(client.text)
    assert found
    return found[1]


def test_an_unknown_address(client: CheckedClient) -> None:
    for path in ("/nowhere", "/login/", "/login/x", "/LOGIN", "/%00", "/%ff", "/%2e%2e/", "/\u00fc", "/" + "a" * 5000):
        check_error(client, client.get(path), 404, "Page not found")
    check_error(client, client.post("/nowhere", data={"a": "b"}), 404, "Page not found")


def test_password_managers_learn_that_not_every_address_exists(client: CheckedClient) -> None:
    """ux.md S16: a redirect to the sign-in page would tell them the opposite."""
    path = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    check_error(client, client.get(path), 404, "Page not found")


def test_a_wrong_method(client: CheckedClient) -> None:
    check_error(client, client.put("/login"), 405, "This did not work")
    check_error(client, client.get("/logout"), 405, "This did not work")
    check_error(client, client.post("/healthz"), 405, "This did not work")


def test_a_form_without_a_token(client: CheckedClient, account: Account) -> None:
    answer = client.post("/login", data={"username": "ann", "password": PASSWORD})
    check_error(client, answer, 400, "This did not work")
    assert "This page was open for too long, or the form came from another place" in client.text
    assert deliveries() == []


@pytest.mark.parametrize("token", ["", "x", "\u00e9", "a.b.c", "IjAi.aaaa.bbbb", "x" * 5000])
def test_a_made_up_token(client: CheckedClient, account: Account, token: str) -> None:
    client.get("/login")
    answer = client.post("/login", data={"csrf_token": token, "username": "ann", "password": PASSWORD})
    check_error(client, answer, 400, "This did not work")


def test_a_token_of_another_browser(client: CheckedClient, account: Account) -> None:
    other = CheckedClient(client.app)
    other.get("/login")
    client.get("/login")
    answer = client.post("/login", data={"csrf_token": other.token, "username": "ann", "password": PASSWORD})
    check_error(client, answer, 400, "This did not work")


def test_a_token_is_void_once_the_session_has_changed(client: CheckedClient, account: Account) -> None:
    client.get("/login")
    before_password = client.token
    give_password(client)
    before_code = client.token
    assert client.press("/verification", code=code_of(client, account)).status_code == 303
    for token in (before_password, before_code):
        check_error(client, client.post("/logout", data={"csrf_token": token}), 400, "This did not work")
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "referer", ["", "https://evil.test/", "http://crm.example.org/", "https://crm.example.org.evil/"]
)
def test_a_form_that_comes_from_another_place(client: CheckedClient, account: Account, referer: str) -> None:
    client.get("/login")
    form = {"csrf_token": client.token, "username": "ann", "password": PASSWORD}
    check_error(client, client.post("/login", data=form, headers={"Referer": referer}), 400, "This did not work")


def test_every_form_is_refused_without_a_token(client: CheckedClient, account: Account) -> None:
    posts = [rule.rule for rule in client.app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    give_password(client)
    for path in ("/login", "/logout", "/verification", "/verification/resend"):
        assert path in posts
        check_error(client, client.post(path), 400, "This did not work")
    assert client.get("/verification").status_code == 200


@pytest.mark.parametrize("size", [65_000, 70_000, 5_000_000])
def test_a_body_too_large(client: CheckedClient, account: Account, size: int) -> None:
    client.get("/login")
    answer = client.post("/login", data={"csrf_token": client.token, "username": "ann", "password": "x" * size})
    if size < 64 * 1024:
        assert (answer.status_code, NOT_RIGHT in client.text) == (422, True)
    else:
        check_error(client, answer, 413, "Too much was sent")
        assert answer.headers["Connection"] == "close"


def test_too_many_parts(client: CheckedClient) -> None:
    client.get("/login")
    fields = {f"field{number}": "x" for number in range(60)}
    answer = client.post("/login", data=fields, content_type="multipart/form-data")
    check_error(client, answer, 413, "Too much was sent")


def raw_post(
    client: CheckedClient, body: bytes, content_type: str = "application/x-www-form-urlencoded"
) -> TestResponse:
    return client.post("/login", data=b"csrf_token=" + client.token.encode() + body, content_type=content_type)


@pytest.mark.parametrize(
    "body",
    [
        b"&username=ann&username=ben&password=x",
        b"&username=ann&password=x&next=/&next=/",
        b"&username=a%00nn&password=x",
        b"&username=a%1bnn&password=x",
        b"&username=a%7fnn&password=x",
        b"&username=ann%C2%85&password=x",
        b"&username=ann%E2%80%A8&password=x",
        b"&user%00name=ann&password=x",
        b"&username=\xff\xfe\x80&password=x",
    ],
)
def test_a_field_twice_or_with_control_characters(client: CheckedClient, account: Account, body: bytes) -> None:
    client.get("/login")
    check_error(client, raw_post(client, body), 400, "This did not work")


@pytest.mark.parametrize(
    "body",
    [
        b"&username=%ff%fe&password=%ff",
        b"&username=%ed%a0%80&password=x",
        b"&username=%&password=%zz",
        b"&username=" + "\u202eann\u200d".encode() + b"&password=x",
        b"&username=" + b"a" * 60_000 + b"&password=x",
        b"&username=' OR 1=1 --&password=x",
        b"&username={{7*7}}&password=${7*7}",
        b'&username="><script>alert(1)</script>&password=x',
        b"&username=ann%0D%0ASet-Cookie: a=b&password=x",
        b"&username=ann&password=x&admin=1&role=administrator",
        b"&username=ann;password=x&password=x",
    ],
)
def test_odd_text_is_a_name_that_nobody_has(client: CheckedClient, account: Account, body: bytes) -> None:
    client.get("/login")
    answer = raw_post(client, body)
    assert answer.status_code == 422
    assert NOT_RIGHT in client.text
    assert "49" not in client.text
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"username": "ann", "password": "x"}'),
        ("text/plain", b"username=ann"),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data; boundary=" + "x" * 300, b"--"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"\xff\xfeu\x00"),
        ("nonsense", b"\x00\x01"),
        ("", b"x"),
    ],
)
def test_an_odd_content_type(client: CheckedClient, content_type: str, body: bytes) -> None:
    client.get("/login")
    check_error(client, client.post("/login", data=body, content_type=content_type), 400, "This did not work")


def test_a_file_in_place_of_a_field(client: CheckedClient) -> None:
    client.get("/login")
    fields = {"csrf_token": client.token, "username": (BytesIO(b"ann"), "ann.txt"), "password": "x"}
    check_error(client, client.post("/login", data=fields), 400, "This did not work")


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "x",
        "v" + "a" * 43,
        "s" + "a" * 43,
        "../../etc/passwd",
        "a" * 4000,
        "\u00e9\u4e2d",
        "v" + "\u00ff" * 43,
        "*",
        "v*" + "a" * 42,
        '"quoted"',
        "a;b=c",
        "%00",
        "null",
    ],
)
def test_odd_cookies_are_those_of_a_visitor(client: CheckedClient, account: Account, cookie: str) -> None:
    line = f"__Host-session={cookie}; __Host-browser={cookie}; remember_token=1|{cookie}; other={cookie}"
    headers = {"Cookie": line.encode("utf-8").decode("latin-1")}
    plain = CheckedClient(client.app)
    for path in ("/", "/verification"):
        assert where(plain.get(path, headers=headers)).startswith("/login")
    assert plain.get("/login", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Language": "xx;q=z,,;;q=,*;q=9" * 200},
        {"Accept-Language": "\u00ff\u00fe"},
        {"User-Agent": ""},
        {"User-Agent": "x" * 60_000},
        {"User-Agent": "\u00ff\x7f(((((" * 500},
        {"X-Forwarded-For": "x" * 5000, "X-Forwarded-Proto": "javascript"},
        {"Range": "bytes=9-1", "If-Modified-Since": "never", "If-None-Match": '"'},
        {"Content-Length": "-1"},
        {"Authorization": "Basic " + "=" * 100},
        {"Accept": "\u00ff/\u00ff;;;"},
        {"Accept-Encoding": "x;q=y"},
    ],
)
def test_odd_headers_do_no_harm(client: CheckedClient, account: Account, headers: dict[str, str]) -> None:
    assert client.get("/login", headers=headers).status_code == 200
    assert client.get("/static/menu.js", headers=headers).status_code in (200, 304, 416)
    form = {"csrf_token": client.token, "username": "ann", "password": "x"}
    assert client.post("/login", data=form, headers=headers | {"Content-Length": "999"}).status_code in (400, 422)


@pytest.mark.parametrize(
    "query", ["next=%00", "next=%1b", "next=/a&next=//evil.test", "%01=a", "a=1&a=1", "next=%E2%80%A8"]
)
def test_a_query_with_a_name_twice_or_with_control_characters(client: CheckedClient, query: str) -> None:
    for path in ("/login", "/", "/healthz"):
        check_error(client, client.get(f"{path}?{query}"), 400, "This did not work")
        assert "evil.test" not in client.text


@pytest.mark.parametrize(
    "query", ["next=%0d%0aSet-Cookie:a=b", "next=//evil.test", "%ff=%ff", "next=" + "/a" * 5000, "&&=&", "next"]
)
def test_an_odd_query(client: CheckedClient, account: Account, query: str) -> None:
    answer = client.get(f"/login?{query}")
    assert answer.status_code == 200
    assert "evil.test" not in answer.text
    sign_in(client, account)
    assert where(client.get(f"/login?{query}")) == "/"
    assert client.get(f"/?{query}").status_code == 200


def test_the_address_of_the_login_page_never_gets_long(client: CheckedClient) -> None:
    assert where(client.get("/?report=7")) == "/login?next=/?report%3D7"
    assert where(client.get("/?" + "a" * 8000)) == "/login"


def test_a_mistake_of_ours_is_a_page_and_one_line_in_the_log(client: CheckedClient) -> None:
    with log_book.kept() as log:
        reference = check_error(client, client.get("/broken"), 500, "There is a problem with Neoserra")
    assert "a mistake of ours" not in client.text
    (line,) = log.lines
    assert (line["level"], line["request"]) == ("error", reference)
    assert "RuntimeError: a mistake of ours" in line["traceback"]


def test_a_database_in_trouble_is_a_503_page_and_one_line_in_the_log(client: CheckedClient) -> None:
    with log_book.kept() as log:
        answer = client.get("/locked")
    reference = check_error(client, answer, 503, "Neoserra is not available right now")
    assert answer.headers["Retry-After"] == "5"
    (line,) = log.lines
    assert (line["level"], line["request"]) == ("error", reference)
    assert (line["error"], line["reason"]) == ("OperationalError", "database is locked")
    assert "5550142" not in log.text


def test_a_session_that_cannot_be_read_is_a_mistake_of_ours_too(client: CheckedClient, account: Account) -> None:
    """It goes wrong before the first rule for every request is followed, and has a reference all the same."""
    sign_in(client, account)
    (name,) = list(extensions.redis.keys("*:session:*"))
    extensions.redis.set(name, b"3600 {not JSON")
    with log_book.kept() as log:
        reference = check_error(client, client.get("/"), 500, "There is a problem with Neoserra")
    assert {line["request"] for line in log.lines} == {reference}
    assert "JSONDecodeError" in log.lines[0]["traceback"]


def test_a_forged_form_is_in_the_log(client: CheckedClient) -> None:
    with log_book.kept() as log:
        reference = check_error(client, client.post("/login"), 400, "This did not work")
    assert [(line["request"], line["event"]) for line in log.lines] == [
        (reference, "The CSRF token is missing."),
        (reference, "refused"),
    ]


def test_every_reference_on_a_page_leads_to_a_line_in_the_log_without_the_address(client: CheckedClient) -> None:
    for method, path, status in (
        ("GET", "/a-secret-link", 404),
        ("PUT", "/login", 405),
        ("GET", "/login?a=1&a=1", 400),
    ):
        with log_book.kept() as log:
            client.open(path, method=method)
        found = REFERENCE.search(client.text)
        (line,) = log.lines
        assert found
        assert (line["request"], line["status"], line["method"]) == (found[1], status, method)
        assert "secret" not in log.text
