"""A session that began with a reset link must not change what codes are sent to."""

from __future__ import annotations

import pytest

from neoserra.models import Account
from tests.client import CheckedClient, where
from tests.conftest import PASSWORD
from tests.preferences.steps import reloaded
from tests.test_access import limit


@pytest.fixture
def limited(ann: CheckedClient) -> CheckedClient:
    limit(ann)
    return ann


@pytest.mark.parametrize(
    "path",
    ["/preferences/mobile", "/preferences/mobile/confirm", "/preferences/email", "/preferences/email/confirm"],
)
def test_number_and_address_are_closed_and_the_page_says_what_to_do(limited: CheckedClient, path: str) -> None:
    assert limited.get(path).status_code == 403
    assert limited.h1 == "This page asks for a code"
    assert "until you have entered a code as well" in limited.text


@pytest.mark.parametrize("what", ["mobile", "email"])
@pytest.mark.parametrize("step", ["", "/confirm", "/resend", "/take-back"])
def test_posting_there_changes_nothing(limited: CheckedClient, account: Account, what: str, step: str) -> None:
    limited.get("/preferences")
    fields = {"mobile": "202-555-0143", "email": "lee@example.org", "current_password": PASSWORD, "code": "123456"}
    assert limited.press(f"/preferences/{what}{step}", **fields).status_code == 403
    assert (reloaded(account).new_mobile, reloaded(account).new_email) == (None, None)


def test_reading_display_and_password_are_open(limited: CheckedClient) -> None:
    assert limited.get("/preferences").status_code == 200
    assert "Emailed link" not in limited.text
    assert where(limited.press("/preferences/display", language="en", time_zone="UTC")) == "/preferences"
    new = "Meadow-kettle-58"
    answer = limited.submit("/preferences/password", current_password=PASSWORD, password=new, confirm=new)
    assert where(answer) == "/preferences"


def test_a_new_password_does_not_lift_the_limit(limited: CheckedClient) -> None:
    new = "Meadow-kettle-58"
    limited.submit("/preferences/password", current_password=PASSWORD, password=new, confirm=new)
    assert limited.get("/preferences/mobile").status_code == 403
