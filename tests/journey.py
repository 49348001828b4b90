"""Steps that many tests take in a browser of theirs."""

from __future__ import annotations

from sqlalchemy import select

from neoserra import extensions
from neoserra.identity import codes, trusted_browsers
from neoserra.models import Account, Delivery
from tests.client import CheckedClient, where
from tests.conftest import PASSWORD


def give_password(client: CheckedClient, name: str = "ann", password: str = PASSWORD) -> None:
    """Go as far as the code page."""
    answer = client.submit("/login", username=name, password=password)
    assert where(answer) == "/verification", client.text
    client.get("/verification")


def sign_in(client: CheckedClient, account: Account, next_page: str = "/") -> None:
    """Go all the way to the start page."""
    give_password(client, account.username)
    answer = client.press("/verification", code=code_of(client, account))
    assert where(answer) == next_page, client.text
    client.get(next_page)


def enter_administrator_mode(client: CheckedClient, administrator: Account) -> None:
    """Sign in and give the password once more."""
    sign_in(client, administrator)
    answer = client.submit("/administration/enter", password=PASSWORD)
    assert answer.status_code == 303, client.text
    client.get("/")


def owner(client: CheckedClient, account: Account) -> codes.Owner:
    """Whose code it is that this browser waits for."""
    cookie = client.get_cookie("__Host-browser", domain="crm.example.org")
    assert cookie is not None
    return codes.Owner(account.id, trusted_browsers.digest(cookie.value), codes.Purpose.SIGN_IN)


def code_of(client: CheckedClient, account: Account) -> str:
    """The code that was sent, as the worker that sends it learns it."""
    return codes.current(owner(client, account)) or ""


def wrong_code(client: CheckedClient, account: Account) -> str:
    return f"{(int(code_of(client, account)) + 1) % 1_000_000:06}"


def deliveries() -> list[Delivery]:
    """Every delivery, newest first."""
    with extensions.database.transaction() as db:
        return list(db.scalars(select(Delivery).order_by(Delivery.id.desc())))


def with_session(client: CheckedClient, session_id: str) -> CheckedClient:
    """The same browser at the time when it knew this session."""
    earlier = CheckedClient(client.app)
    for name, value in (("session", session_id), ("browser", cookie_of(client, "browser"))):
        earlier.set_cookie(f"__Host-{name}", value, domain="crm.example.org", secure=True)
    return earlier


def cookie_of(client: CheckedClient, name: str) -> str:
    found = client.get_cookie(f"__Host-{name}", domain="crm.example.org")
    assert found is not None
    return found.value
