"""The link in the mail: looking uses nothing up, bad ones look alike, and its address comes from `PUBLIC_URL` alone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from neoserra import clock, extensions
from neoserra.delivery.providers import outbox
from neoserra.identity import accounts, credentials, links, passwords
from neoserra.identity.links import Kind
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, EventKind
from tests.client import PAGE, CheckedClient, where
from tests.conftest import PASSWORD
from tests.delivery import rows
from tests.journey import sign_in
from tests.reset.steps import NEW_PASSWORD, ask, choose, link_to, mailed_link, open_link, opens, right_answer, work


def token_path(account: Account) -> str:
    return f"/reset/{links.issue(account.id, Kind.RESET, 1).token}"


def has_password(account: Account, password: str) -> bool:
    found = accounts.by_id(account.id)
    return found is not None and passwords.matches(password, found.password_hash)


def test_the_mail_tells_who_asked_and_what_to_do(client: CheckedClient, account: Account) -> None:
    path = mailed_link(client, account)
    mail = outbox.sent()[0]
    assert mail["subject"] == "Reset your Neoserra password"
    assert f"\nhttps://crm.example.org{path}\n" in mail["text"]
    for words in ("works for 1 hour, and once", "in Chrome on Windows at 192.0.2.7", "Was it not you?", "account ann"):
        assert words in mail["text"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example"},
        {"X-Original-Host": "evil.example"},
    ],
)
def test_no_header_moves_the_link_to_another_host(
    client: CheckedClient, account: Account, headers: dict[str, str]
) -> None:
    client.get("/reset")
    fields = {"csrf_token": client.token, "identity": "ann", "captcha": right_answer(client)}
    answer = client.post("/reset", data=fields, headers=headers)
    assert answer.status_code == (400 if "Host" in headers else 303)
    work()
    assert len(outbox.sent()) == ("Host" not in headers)
    assert all("evil" not in mail["text"] for mail in outbox.sent())


def test_mail_scanners_and_previews_use_nothing_up(app: Flask, account: Account) -> None:
    path = mailed_link(CheckedClient(app), account)
    scanner = CheckedClient(app, address="198.51.100.9")
    for headers in ({}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}):
        scanner.head(path, headers=headers)
        scanner.get(path, headers=headers)
        scanner.get("/reset/password", headers=headers)
        assert scanner.h1 == "Choose a new password"
    assert scanner.post(path).status_code in (400, 405)
    assert has_password(account, PASSWORD)
    client = CheckedClient(app)
    open_link(client, path)
    assert where(choose(client)) == "/"


def test_the_address_behind_it_is_clean_and_nothing_keeps_it(client: CheckedClient, account: Account) -> None:
    answer = client.get(token_path(account))
    assert answer.headers["Cache-Control"] == "no-store"
    assert where(answer) == "/reset/password"
    page = client.get("/reset/password")
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert links.issue(account.id, Kind.RESET, 1).token not in page.text


def test_of_twenty_that_choose_at_once_one_does(client: CheckedClient, account: Account) -> None:
    open_link(client, token_path(account))
    token = client.token
    cookie = client.get_cookie("__Host-session", domain="crm.example.org")
    assert cookie is not None
    chosen = [f"Quiet-gravel-19 moth {number}" for number in range(20)]

    def post(password: str) -> int:
        browser = CheckedClient(client.app)
        browser.set_cookie("__Host-session", cookie.value, domain="crm.example.org", secure=True)
        fields = {"csrf_token": token, "password": password, "confirm": password}
        return browser.post("/reset/password", data=fields).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(post, chosen))
    assert statuses.count(303) == 1
    assert set(statuses) == {303, 410}
    assert [password for password in chosen if has_password(account, password)] == [chosen[statuses.index(303)]]
    assert len(rows.events(EventKind.PASSWORD_RESET)) == 1


def used(client: CheckedClient, account: Account) -> str:
    path = token_path(account)
    other = CheckedClient(client.app)
    open_link(other, path)
    choose(other)
    return path


def superseded(client: CheckedClient, account: Account) -> str:
    path = token_path(account)
    links.issue(account.id, Kind.RESET, 1)
    return path


def made_up(client: CheckedClient, account: Account) -> str:
    path = token_path(account)
    return path[:-1] + ("A" if path[-1] != "A" else "B")


def ended_by_a_change(client: CheckedClient, account: Account) -> str:
    path = token_path(account)
    extensions.redis.delete(*extensions.redis.keys("*link:*"))
    return path


BAD = [
    used,
    superseded,
    made_up,
    ended_by_a_change,
    lambda _client, _account: "/reset/x",
    lambda _client, _account: "/reset/" + "A" * 65,
    lambda _client, _account: "/reset/" + "A" * 5000,
    lambda _client, _account: "/reset/%00%0d%0a\u0430",
]


@pytest.mark.parametrize("bad", BAD)
def test_bad_links_look_alike_and_offer_a_new_one(
    client: CheckedClient, account: Account, bad: Callable[[CheckedClient, Account], str]
) -> None:
    path = bad(client, account)
    assert not opens(client, path)
    assert "It has been used, is too old, or a newer one was sent." in client.text
    assert "Ask for a new link" in client.text


def test_a_link_works_for_an_hour(client: CheckedClient, account: Account) -> None:
    path = token_path(account)
    with time_machine.travel(clock.now() + timedelta(minutes=59, seconds=50)):
        assert opens(client, path)
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        assert client.press("/reset/password", password=NEW_PASSWORD, confirm=NEW_PASSWORD).status_code == 410
        assert not opens(client, path)
    assert has_password(account, PASSWORD)


def test_only_the_newest_of_two_mails_works(client: CheckedClient, account: Account) -> None:
    first = mailed_link(client, account)
    second = mailed_link(client, account)
    assert first != second
    assert not opens(client, first)
    assert opens(client, second)


def test_a_link_of_an_account_that_was_inactivated_opens_nothing(client: CheckedClient, account: Account) -> None:
    open_link(client, token_path(account))
    with extensions.database.transaction() as db:
        db.get_one(Account, account.id).active = False
    assert choose(client).status_code == 410
    assert has_password(account, PASSWORD)


def test_a_mail_that_is_sent_again_after_the_address_changed_goes_to_the_new_one(
    client: CheckedClient, account: Account
) -> None:
    ask(client, "ann")
    with extensions.database.transaction() as db:
        changed = db.get_one(Account, account.id)
        changed.email = changed.email_key = "new@example.org"
    work()
    assert [mail["to"] for mail in outbox.sent()] == ["new@example.org"]


def test_a_change_of_what_the_account_signs_in_with_ends_its_link(
    client: CheckedClient, account: Account, visitor: Visitor
) -> None:
    path = token_path(account)
    credentials.remove_mobile(account.id, visitor)
    assert not opens(client, path)


def test_made_up_links_from_one_address_have_to_wait(client: CheckedClient, account: Account) -> None:
    path = token_path(account)
    for _ in range(30):
        client.get("/reset/made-up")
    answer = client.get(path)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 500
    assert where(CheckedClient(client.app, address="198.51.100.1").get(path)) == "/reset/password"


@pytest.mark.parametrize("what", ["image", "iframe", "empty"])
def test_what_pages_of_other_sites_load_keeps_nobody_waiting(
    client: CheckedClient, account: Account, what: str
) -> None:
    for _ in range(31):
        assert where(client.get("/reset/made-up", headers={"Sec-Fetch-Dest": what})) == "/reset/password"
    assert where(client.submit("/login", username="ann", password=PASSWORD)) == "/verification"


def test_opening_a_link_changes_nothing_for_whoever_is_signed_in(
    client: CheckedClient, account: Account, administrator: Account
) -> None:
    sign_in(client, account)
    open_link(client, token_path(administrator))
    assert "Ann Lee" not in client.text  # the page is the link's alone
    assert "rosa" in [field.get("value") for field in client.page.iter(f"{PAGE}input")]
    assert client.get("/").status_code == 200
    assert client.h1 == "Welcome, Ann Lee"


def test_the_link_is_the_one_that_was_mailed(client: CheckedClient, account: Account) -> None:
    mailed_link(client, account)
    assert links.opened(link_to(account).removeprefix("/reset/")) is not None
