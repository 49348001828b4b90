"""Making an account for somebody, who is invited to choose a password."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from config import Settings
from neoserra.identity import accounts, links
from neoserra.identity.records import NameTaken
from neoserra.models import Account, EventKind, Message, ReachProblem, Role
from tests.administration.accounts_pages import LIST, NEW, change, fields
from tests.client import PAGE, CheckedClient, where
from tests.delivery import rows
from tests.journey import deliveries, enter_administrator_mode

ZOE = {"username": "zoe", "name": "Zoe Quill", "email": "zoe@example.org", "mobile": "202-555-0188", "role": "user"}


@pytest.fixture
def rosa(client: CheckedClient, administrator: Account) -> CheckedClient:
    enter_administrator_mode(client, administrator)
    client.get(NEW)
    return client


def invite(rosa: CheckedClient, **other: str) -> tuple[Account, links.Link]:
    """Zoe with her invitation; her record is open."""
    rosa.press(NEW, **(ZOE | other))
    zoe = accounts.find("zoe")
    assert zoe is not None
    link = links.issue(zoe.id, links.Kind.INVITATION, 1)
    rosa.get(f"{LIST}/{zoe.id}")
    return zoe, link


def test_the_person_is_invited_and_nobody_is_asked_for_a_password(rosa: CheckedClient, administrator: Account) -> None:
    assert not [field for field in rosa.page.iter(f"{PAGE}input") if field.get("type") == "password"]
    answer = rosa.press(NEW, **ZOE)
    zoe = accounts.find("zoe")
    assert zoe is not None
    assert where(answer) == f"{LIST}/{zoe.id}"
    assert (zoe.name, zoe.email, zoe.mobile, zoe.role) == ("Zoe Quill", "zoe@example.org", "+12025550188", Role.USER)
    assert (zoe.password_hash, zoe.reach_problem) == (None, ReachProblem.UNCONFIRMED_MOBILE)
    [invitation] = deliveries()[:1]
    assert (invitation.message, invitation.destination) == (Message.INVITATION, "zoe@example.org")
    created = rows.events(EventKind.ACCOUNT_CREATED)[-1]
    assert (created.account_id, created.actor_id, created.address) == (zoe.id, administrator.id, "192.0.2.7")
    rosa.get(where(answer))
    assert "Zoe Quill has an account. A link to choose a password goes to z***@example.org." in rosa.text


def test_who_was_invited_keeps_the_link_when_an_administrator_adds_the_number(rosa: CheckedClient) -> None:
    zoe, link = invite(rosa, mobile="")
    rosa.press(f"{LIST}/{zoe.id}", mobile="202-555-0188", role="administrator")
    assert rows.account(zoe.id).mobile == "+12025550188"
    assert links.find(link.id) is not None


def test_who_was_invited_at_a_wrong_address_is_invited_anew_at_the_right_one(rosa: CheckedClient) -> None:
    zoe, link = invite(rosa, email="zoo@example.org")
    answer = rosa.press(f"{LIST}/{zoe.id}", email="zoe@example.org")
    assert links.find(link.id) is None
    assert [each.destination for each in deliveries() if each.message == Message.INVITATION] == [
        "zoe@example.org",
        "zoo@example.org",
    ]
    rosa.get(where(answer))
    assert "The link to choose a password works no more. A new one goes to z***@example.org." in rosa.text


def test_an_administrator_without_a_mobile_number_and_name(rosa: CheckedClient) -> None:
    rosa.press(NEW, username="max", email="max@example.org", name="", mobile="", role="administrator")
    made = accounts.find("max")
    assert made is not None
    assert (made.name, made.mobile, made.role) == ("max", None, Role.ADMINISTRATOR)
    assert made.reach_problem == ReachProblem.UNCONFIRMED_EMAIL


def test_everything_that_is_missing_or_wrong_is_told_at_once(rosa: CheckedClient) -> None:
    assert rosa.press(NEW, username="", name="", email="", mobile="12", role="user").status_code == 422
    for sentence in ("Enter a username", "Enter one email address", "Enter a mobile number with its area code"):
        assert sentence in rosa.text
    assert fields(rosa)["mobile"] == "12"


def test_what_somebody_has_already_is_refused_without_saying_whose_it_is(rosa: CheckedClient, account: Account) -> None:
    assert rosa.press(NEW, **(ZOE | {"username": "ann", "mobile": "2025550142"})).status_code == 422
    assert "Another account has this as its username or email address" in rosa.text
    assert "Another account has this mobile number" in rosa.text
    assert "Ann Lee" not in rosa.text
    assert accounts.find("zoe@example.org") is None


def test_two_clicks_make_one_account_and_one_invitation(rosa: CheckedClient) -> None:
    first, second = rosa.press(NEW, **ZOE), rosa.press(NEW, **ZOE)
    assert (second.status_code, where(second)) == (303, where(first))
    assert [one.message for one in deliveries()].count(Message.INVITATION) == 1
    assert len(rows.events(EventKind.ACCOUNT_CREATED)) == 2


def test_an_older_account_is_not_taken_for_the_new_one(rosa: CheckedClient) -> None:
    rosa.press(NEW, **ZOE)
    zoe = accounts.find("zoe")
    assert zoe is not None
    change(zoe, created_at=zoe.created_at.replace(year=2020))
    assert rosa.press(NEW, **ZOE).status_code == 422


def test_of_many_who_want_the_same_name_at_once_one_gets_it(connected: Settings) -> None:
    def make(number: int) -> str:
        try:
            return accounts.create(username="zoe", email=f"zoe{number}@example.org").username
        except NameTaken as taken:
            return taken.field

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(make, range(8))) == ["username"] * 7 + ["zoe"]
