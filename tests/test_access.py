"""Who may open which page: every route and method, for every kind of visitor (ASVS 8.2.1)."""

from __future__ import annotations

from functools import wraps
from typing import Any

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from neoserra import extensions
from neoserra.access import Level, access
from neoserra.identity import sessions
from neoserra.identity.sign_in import Proof
from neoserra.models import Account
from tests.client import CheckedClient, where
from tests.journey import enter_administrator_mode, give_password, sign_in
from tests.one_database import ON_SQLITE

pytestmark = ON_SQLITE

Outcomes = dict[tuple[str, str], str]

# What interface.md opens, by the beginning of the address; whatever is not named here asks for somebody signed in.
RULES = {
    "/login": Level.ANYONE,
    "/logout": Level.ANYONE,
    "/reset": Level.ANYONE,
    "/receipts": Level.ANYONE,
    "/.well-known/change-password": Level.ANYONE,
    "/healthz": Level.ANYONE,
    "/readyz": Level.ANYONE,
    "/metrics": Level.ANYONE,
    "/outbox": Level.ANYONE,
    "/verification": Level.HALF_SIGNED_IN,
    "/preferences/mobile": Level.WITH_CODE,
    "/preferences/email": Level.WITH_CODE,
    "/administration": Level.ADMINISTRATOR_MODE,
    "/administration/enter": Level.ADMINISTRATOR,
    "/administration/leave": Level.ADMINISTRATOR,
}


def stub_views(app: Flask) -> None:
    """Every view keeps its rule and says `open`, so that asking for it changes nothing."""
    app.config["WTF_CSRF_ENABLED"] = False  # forged forms have a test of their own
    for endpoint, view in app.view_functions.items():

        @wraps(view)
        def stub(**_values: Any) -> ResponseReturnValue:
            return {"": "open"}

        app.view_functions[endpoint] = stub


def addresses(app: Flask) -> list[tuple[str, str]]:
    """Every method and address of the site, parts of addresses filled in."""
    site = app.url_map.bind("crm.example.org", url_scheme="https")
    return [
        (method, site.build(rule.endpoint, dict.fromkeys(rule.arguments, 1), method))
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods or ())
    ]


def outcomes(client: CheckedClient) -> Outcomes:
    """What becomes of each address when this browser asks for it."""
    stub_views(client.app)
    return {(method, address): _outcome(client, method, address) for method, address in addresses(client.app)}


def _outcome(client: CheckedClient, method: str, address: str) -> str:
    answer = client.open(address, method=method)
    if answer.status_code == 303:
        return where(answer).partition("?")[0]
    return "open" if answer.status_code == 200 else str(answer.status_code)


def expected(app: Flask, **by_level: str) -> Outcomes:
    """The outcome named for the level of each address, or for the next lower level that is named."""
    named = sorted((Level[name], outcome) for name, outcome in by_level.items())
    return {
        (method, address): [outcome for least, outcome in named if least <= _level(address)][-1]
        for method, address in addresses(app)
    }


def _level(address: str) -> Level:
    starts = [start for start in RULES if address.startswith(start)]
    return RULES[max(starts, key=len)] if starts else Level.SIGNED_IN


def test_every_view_has_a_rule(app: Flask) -> None:
    without = [endpoint for endpoint, view in app.view_functions.items() if not hasattr(view, "access")]
    assert without == []


def test_a_view_without_a_rule_is_not_there(client: CheckedClient, administrator: Account) -> None:
    client.app.add_url_rule("/forgotten", view_func=lambda: "a secret", methods=["GET", "POST"])
    assert client.get("/forgotten").status_code == 404
    enter_administrator_mode(client, administrator)
    assert client.get("/forgotten").status_code == 404
    assert client.post("/forgotten").status_code == 404


def test_somebody_signed_out(client: CheckedClient) -> None:
    assert outcomes(client) == expected(client.app, ANYONE="open", HALF_SIGNED_IN="/login")


def test_somebody_between_password_and_code(client: CheckedClient, account: Account) -> None:
    give_password(client)
    assert outcomes(client) == expected(client.app, ANYONE="open", HALF_SIGNED_IN="open", SIGNED_IN="/login")


def test_an_administrator_between_password_and_code_is_nobody_more(
    client: CheckedClient, administrator: Account
) -> None:
    give_password(client, "rosa")
    assert outcomes(client) == expected(client.app, ANYONE="open", HALF_SIGNED_IN="open", SIGNED_IN="/login")


def test_somebody_signed_in(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    assert outcomes(client) == expected(
        client.app, ANYONE="open", HALF_SIGNED_IN="/", SIGNED_IN="open", ADMINISTRATOR="404"
    )


def test_a_wrong_method_tells_nobody_else_that_the_administration_is_there(
    client: CheckedClient, account: Account, administrator: Account
) -> None:
    sign_in(client, account)
    assert [client.get("/administration/leave").status_code, client.delete("/logout").status_code] == [404, 405]
    other = CheckedClient(client.app)
    sign_in(other, administrator)
    assert other.get("/administration/leave").status_code == 405


def limit(client: CheckedClient) -> None:
    """Make this browser's session one that began with a reset link."""
    cookie = client.get_cookie("__Host-session", domain="crm.example.org")
    assert cookie is not None
    data = sessions.load(cookie.value)
    assert data is not None
    sessions.keep(cookie.value, data | {"proof": Proof.RESET_LINK}, new=False)


def test_somebody_who_came_by_a_reset_link(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    limit(client)
    assert outcomes(client) == expected(
        client.app, ANYONE="open", HALF_SIGNED_IN="/", SIGNED_IN="open", WITH_CODE="403", ADMINISTRATOR="404"
    )


def test_an_administrator_who_came_by_a_reset_link(client: CheckedClient, administrator: Account) -> None:
    sign_in(client, administrator)
    limit(client)
    assert outcomes(client) == expected(
        client.app, ANYONE="open", HALF_SIGNED_IN="/", SIGNED_IN="open", WITH_CODE="403"
    )


def test_an_administrator_outside_administrator_mode(client: CheckedClient, administrator: Account) -> None:
    sign_in(client, administrator)
    assert outcomes(client) == expected(
        client.app, ANYONE="open", HALF_SIGNED_IN="/", SIGNED_IN="open", ADMINISTRATOR_MODE="/administration/enter"
    )


def test_an_administrator_in_administrator_mode(client: CheckedClient, administrator: Account) -> None:
    enter_administrator_mode(client, administrator)
    assert outcomes(client) == expected(client.app, ANYONE="open", HALF_SIGNED_IN="/", SIGNED_IN="open")


def test_an_administrator_who_is_one_no_longer_is_out_at_the_next_click(
    client: CheckedClient, administrator: Account
) -> None:
    enter_administrator_mode(client, administrator)
    with extensions.database.transaction() as db:
        db.execute(text("UPDATE accounts SET role = 'user'"))
    assert outcomes(client) == expected(
        client.app, ANYONE="open", HALF_SIGNED_IN="/", SIGNED_IN="open", ADMINISTRATOR="404"
    )


@pytest.mark.parametrize("change", ["active = false", "session_epoch = session_epoch + 1"])
def test_somebody_inactivated_or_logged_off_is_out_at_the_next_click(
    client: CheckedClient, account: Account, change: str
) -> None:
    sign_in(client, account)
    with extensions.database.transaction() as db:
        db.execute(text(f"UPDATE accounts SET {change}"))
    assert outcomes(client) == expected(client.app, ANYONE="open", HALF_SIGNED_IN="/login")


def test_the_page_that_was_asked_for_is_told_to_the_login_page_and_what_was_posted_is_not(
    client: CheckedClient,
) -> None:
    client.app.add_url_rule("/report", view_func=access(Level.SIGNED_IN)(lambda: ""), methods=["GET", "POST"])
    assert where(client.get("/report?a=1&b=2")) == "/login?next=/report?a%3D1%26b%3D2"
    assert where(client.head("/report")) == "/login?next=/report"
    assert where(client.get("/report?q=202-555-0142&after=7")) == "/login?next=/report"
    client.get("/login")
    assert where(client.press("/report", secret="x")) == "/login"
