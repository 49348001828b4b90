"""The first step: username and password."""

import pytest
from sqlalchemy import update

from neoserra import extensions
from neoserra.models import Account, Message
from tests.client import PAGE, CheckedClient, where
from tests.conftest import PASSWORD
from tests.journey import deliveries, give_password, sign_in

REFUSED = "The username or password is not right"


def field(client: CheckedClient, name: str) -> dict[str, str]:
    return next(dict(found.attrib) for found in client.page.iter(f"{PAGE}input") if found.get("name") == name)


def change(account: Account, **values: object) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account.id).values(**values))


def test_the_form_helps_password_managers_and_phones(client: CheckedClient) -> None:
    client.get("/login")
    assert client.h1 == "Sign in"
    username, password = field(client, "username"), field(client, "password")
    assert (username["type"], username["autocomplete"]) == ("text", "username")
    assert (username["autocapitalize"], username["spellcheck"]) == ("none", "false")
    assert (password["type"], password["autocomplete"]) == ("password", "current-password")
    assert "Sign-in" in client.text


def test_a_right_password_leads_to_the_code(client: CheckedClient, account: Account) -> None:
    answer = client.submit("/login", username="ann", password=PASSWORD)
    assert answer.status_code == 303
    assert where(answer) == "/verification"
    assert [delivery.message for delivery in deliveries()] == [Message.SIGN_IN_CODE]


def test_unknown_wrong_inactive_and_locked_get_the_same_answer(client: CheckedClient, account: Account) -> None:
    def answer(username: str, password: str) -> tuple[int, str]:
        refused = client.submit("/login", username=username, password=password)
        return refused.status_code, client.text.replace(username, "")

    unknown, wrong = answer("nobody", PASSWORD), answer("ann", "wrong")
    change(account, active=False)
    inactive = answer("ann", PASSWORD)
    change(account, active=True, locked_at=account.created_at)
    locked = answer("ann", PASSWORD)
    assert unknown == wrong == inactive == locked
    assert unknown[0] == 422
    assert REFUSED in unknown[1]


def test_the_username_stays_and_the_password_goes_after_an_error(client: CheckedClient, account: Account) -> None:
    client.submit("/login", username="ann", password="wrong")
    assert field(client, "username")["value"] == "ann"
    assert not field(client, "password").get("value")


def test_both_empty_fields_are_named_at_once(client: CheckedClient) -> None:
    assert client.submit("/login", username=" ", password="").status_code == 422
    assert client.text.count("Enter your username or email address") == 2
    assert client.text.count("Enter your password") == 2


def test_a_trusted_browser_needs_no_code(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    client.press("/logout")
    assert where(client.submit("/login", username="ann", password=PASSWORD)) == "/"


def test_the_page_somebody_wanted_opens_after_signing_in(client: CheckedClient, account: Account) -> None:
    assert where(client.get("/?report=7")) == "/login?next=/?report%3D7"
    sign_in(client, account)
    client.press("/logout")
    answer = client.submit("/login?next=/verification", username="ann", password=PASSWORD, next="/healthz?a=b")
    assert where(answer) == "/healthz?a=b"


@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.test",
        "/\\evil.test",
        "https://evil.test",
        "javascript:alert(1)",
        "/%09/evil.test\n",
        "/" + "a" * 600,
        "/a\\b",
        "evil",
        "",
        "/\x00",
        "/a b",
        "/\u2028a",
        "/\t/evil.test",
    ],
)
def test_a_page_elsewhere_is_not_gone_to(client: CheckedClient, account: Account, wanted: str) -> None:
    sign_in(client, account)
    client.press("/logout")
    answer = client.submit("/login", username="ann", password=PASSWORD, next=wanted)
    assert answer.status_code == 400 or where(answer) == "/"


def test_somebody_signed_in_is_sent_on_from_the_login_page(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    assert where(client.get("/login")) == "/"


def test_the_fifth_wrong_password_tells_the_owner_by_mail(client: CheckedClient, account: Account) -> None:
    for _ in range(5):
        client.submit("/login", username="ann", password="wrong")
    assert [delivery.message for delivery in deliveries()] == [Message.ACCOUNT_LOCKED]
    client.submit("/login", username="ann", password=PASSWORD)
    assert REFUSED in client.text


def test_too_many_failures_from_one_address_are_told_to_wait(client: CheckedClient, account: Account) -> None:
    for number in range(30):
        client.submit("/login", username=f"somebody{number}", password="wrong")
    answer = client.submit("/login", username="ann", password=PASSWORD)
    assert answer.status_code == 429
    assert 590 <= int(answer.headers["Retry-After"]) <= 600
    assert "Wait 10 minutes" in client.text
    other = CheckedClient(client.app, address="198.51.100.1")
    give_password(other)


def test_a_proxy_header_does_not_change_who_is_counted(client: CheckedClient, account: Account) -> None:
    def answer(number: int) -> int:
        client.get("/login")
        fields = {"csrf_token": client.token, "username": "x", "password": "y"}
        return client.post("/login", data=fields, headers={"X-Forwarded-For": f"10.0.0.{number}"}).status_code

    assert [answer(number) for number in range(31)][-2:] == [422, 429]


def test_logging_out_ends_the_session_and_keeps_trust(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    held = client.get_cookie("__Host-session", domain="crm.example.org")
    answer = client.press("/logout")
    assert where(answer) == "/login"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    client.get("/login")
    assert "You are signed out." in client.text
    assert held is not None
    client.set_cookie("__Host-session", held.value, domain="crm.example.org", secure=True)
    assert where(client.get("/")) == "/login?next=/"
    assert client.get_cookie("__Host-browser", domain="crm.example.org") is not None
