"""Administrator mode: the password again, fifteen idle minutes, left by a click; for everybody else it is not there."""

from datetime import timedelta

import time_machine

from neoserra import clock
from neoserra.models import Account
from tests.client import CheckedClient, where
from tests.conftest import PASSWORD
from tests.journey import sign_in


def test_the_password_opens_it_and_the_menu_shows(client: CheckedClient, administrator: Account) -> None:
    sign_in(client, administrator)
    assert "Administrator mode" in client.text
    assert "Leave administrator mode" not in client.text
    assert where(client.submit("/administration/enter", password=PASSWORD)) == "/"
    client.get("/")
    assert "Leave administrator mode" in client.text


def test_it_ends_after_fifteen_idle_minutes_and_on_leaving(client: CheckedClient, administrator: Account) -> None:
    sign_in(client, administrator)
    client.submit("/administration/enter", password=PASSWORD)
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1)):
        client.get("/")
        assert "Leave administrator mode" not in client.text
    client.get("/")
    assert "Leave administrator mode" in client.text
    client.press("/administration/leave")
    client.get("/")
    assert "Leave administrator mode" not in client.text


def test_who_saves_after_it_was_over_is_told_that_nothing_was_saved(
    client: CheckedClient, administrator: Account
) -> None:
    sign_in(client, administrator)
    client.submit("/administration/enter", password=PASSWORD)
    client.get(f"/administration/accounts/{administrator.id}")
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1)):
        answer = client.press(f"/administration/accounts/{administrator.id}", name="Rosa Ott")
        assert where(answer) == "/administration/enter"
        client.get("/administration/enter")
        assert "Administrator mode was over, so nothing was saved." in client.text


def test_wrong_passwords_count_like_those_at_the_door(client: CheckedClient, administrator: Account) -> None:
    sign_in(client, administrator)
    for _ in range(4):
        assert client.submit("/administration/enter", password="wrong").status_code == 422
        assert "That is not your current password" in client.text
    assert where(client.submit("/administration/enter", password="wrong")) == "/login"
    client.get("/login")
    assert "Your account is locked now" in client.text
    assert where(client.get("/")) == "/login?next=/"


def test_for_others_it_is_not_there(client: CheckedClient, account: Account) -> None:
    sign_in(client, account)
    for path in ("/administration/enter", "/administration/leave"):
        assert client.get(path).status_code == 404
    client.get("/")
    assert "Administrator mode" not in client.text
    assert client.press("/administration/leave").status_code == 404


def test_the_session_gets_a_new_id_on_entering(client: CheckedClient, administrator: Account) -> None:
    sign_in(client, administrator)
    before = client.get_cookie("__Host-session", domain="crm.example.org")
    client.submit("/administration/enter", password=PASSWORD)
    after = client.get_cookie("__Host-session", domain="crm.example.org")
    assert before is not None
    assert after is not None
    assert before.value != after.value
