"""The console's list of messages: filtered, searched, a page at a time, and as a file."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest
from flask import Flask

from neoserra import clock
from neoserra.delivery import message_list
from neoserra.identity import accounts
from neoserra.models import Account, Channel, Message, State
from tests.administration.deliveries_pages import PATH, find, follow, listed, write
from tests.client import CheckedClient, where
from tests.journey import sign_in


def test_the_console_shows_how_things_are_and_then_the_newest_messages(rosa: CheckedClient, account: Account) -> None:
    new = write(3, account_id=account.id)
    rosa.get(PATH)
    assert rosa.h1 == "Deliveries"
    assert listed(rosa)[:3] == new[::-1]
    assert "Queue" in rosa.text
    rosa.get(f"{PATH}?state=delivered")
    assert rosa.h1 == "Messages"
    assert listed(rosa) == new[::-1]
    assert "Back to all deliveries" in rosa.text
    assert "Messages are kept for 30 days." in rosa.text


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("state=failed", {"state": State.FAILED}),
        ("kind=role_changed", {"message": Message.ROLE_CHANGED}),
        ("channel=sms&provider=sns", {"provider": "sns"}),
        ("provider=sns", {"provider": "sns"}),
        ("country=MX", {"country": "MX"}),
        ("reason=30006", {"reason": "30006"}),
        ("state=failed&country=MX", {"state": State.FAILED, "country": "MX"}),
        ("state=failed&country=MX&reason=30006&kind=role_changed&q=0142&provider=sns", {
            "state": State.FAILED, "country": "MX", "reason": "30006", "message": Message.ROLE_CHANGED,
            "provider": "sns",
        }),
    ],
)  # fmt: skip
def test_filters_alone_and_together(rosa: CheckedClient, query: str, values: dict[str, object]) -> None:
    write(3)
    wanted = write(2, **values)
    write(3, state=State.ACCEPTED)
    rosa.get(f"{PATH}?{query}")
    assert listed(rosa) == wanted[::-1]


def test_only_a_persons_messages(rosa: CheckedClient, account: Account, administrator: Account) -> None:
    hers = write(2, account_id=account.id)
    write(2, account_id=administrator.id)
    rosa.get(f"{PATH}?person=ANN")
    assert listed(rosa) == hers[::-1]


def test_days_are_those_of_the_reader(rosa: CheckedClient) -> None:
    now = clock.now()
    days = [now - timedelta(days=back) for back in (3, 2, 1)]
    references = [write(1, created_at=day)[0] for day in days]
    day = f"{days[1]:%Y-%m-%d}"
    rosa.get(f"{PATH}?since={day}&until={day}")
    assert listed(rosa) == [references[1]]
    rosa.get(f"{PATH}?since={day}&kind=browser_trusted")
    assert listed(rosa) == references[:0:-1]
    rosa.get(f"{PATH}?until={day}")
    assert listed(rosa) == references[1::-1]
    rosa.get(f"{PATH}?since=2999-01-01")
    assert "No message is like that." in rosa.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("state=lost", "Choose one of those in the list"),
        ("kind=lost", "Choose one of those in the list"),
        ("channel=fax", "Choose one of those in the list"),
        ("provider=fax", "Choose one of those in the list"),
        ("country=QQ", "Choose one of those in the list"),
        ("person=nobody", "Nobody has that username or email address"),
        (f"reason={'9' * 41}", "A provider's code has at most 40 characters"),
        ("since=yesterday", "Enter a day like 2026-03-31"),
        ("since=2026-03-02&until=2026-03-01", "The last day must not be before the first one"),
        ("q=7", "Enter at least two digits of a number"),
    ],
)
def test_what_cannot_be_asked_for_is_told(rosa: CheckedClient, query: str, said: str) -> None:
    for path in (PATH, f"{PATH}.csv"):
        assert rosa.get(f"{path}?{query}").status_code == 422
        assert said in rosa.text
        assert listed(rosa) == []


@pytest.mark.parametrize("way", ["{}", "Ref {}", "ref. {}", "  {} "])
def test_a_reference_leads_to_its_message_however_it_is_typed(rosa: CheckedClient, way: str) -> None:
    [reference] = write(1)
    for spelled in (reference, reference.lower(), f"{reference[:4]} {reference[4:]}", "-".join(reference)):
        answer = rosa.get(PATH, query_string={"q": way.format(spelled)})
        assert (answer.status_code, where(answer)) == (303, f"{PATH}/{reference}")


def test_a_name_finds_the_messages_of_everybody_who_has_it(rosa: CheckedClient, account: Account) -> None:
    other = accounts.create(username="lee.m", name="Mo Lee", email="mo@example.org")
    write(2)
    found = write(2, account_id=account.id) + write(2, account_id=other.id)
    for typed in ("lee", "LEE", "l"):
        rosa.get(f"{PATH}?q={typed}&kind=browser_trusted")
        assert sorted(listed(rosa)) == sorted(found)
    find(rosa, "q=mo%40example.org")
    assert listed(rosa) == found[:1:-1]
    rosa.get(f"{PATH}?q=bcdfghjk")
    assert listed(rosa) == []
    assert "none went to anybody of that name" in rosa.text


def test_of_very_many_people_the_first_are_shown_and_it_says_so(rosa: CheckedClient) -> None:
    for number in range(message_list.MOST_PEOPLE + 1):
        person = accounts.create(username=f"kim{number:02}", email=f"kim{number:02}@example.org")
        write(1, account_id=person.id)
    rosa.get(f"{PATH}?q=kim")
    assert len(listed(rosa)) == message_list.MOST_PEOPLE
    assert "Many people are found" in rosa.text


@pytest.mark.parametrize("typed", ["42", "142", "0142", "50142", "555-0142", "(202) 555-0142", "%2B12025550142"])
def test_the_last_digits_of_a_number_find_it(rosa: CheckedClient, typed: str) -> None:
    write(2, destination="+12025550199", last_digits="0199")
    found = write(2)
    write(1, channel=Channel.EMAIL, destination="ann0142@example.org", last_digits="")
    find(rosa, f"q={typed}&kind=browser_trusted")
    assert listed(rosa) == found[::-1]
    assert "2025550142" not in rosa.text


def test_pages_both_ways(rosa: CheckedClient) -> None:
    references = write(120, state=State.FAILED)[::-1]
    rosa.get(f"{PATH}?state=failed")
    seen = [listed(rosa)]
    for _ in range(2):
        follow(rosa, "Older messages")
        seen.append(listed(rosa))
    assert [each for page in seen for each in page] == references
    assert [len(each) for each in seen] == [50, 50, 20]
    assert "Older messages" not in rosa.text
    for page in (seen[1], seen[0]):
        follow(rosa, "Newer messages")
        assert listed(rosa) == page
    assert "Newer messages" not in rosa.text


def test_a_look_for_what_is_rare_ends_and_goes_on(rosa: CheckedClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_list, "LOOKED_THROUGH", 20)
    monkeypatch.setattr(message_list, "PROBED", 5)
    old = write(2, state=State.FAILED, country="MX")
    for _ in range(30):
        write(1, state=State.FAILED)
        write(1, country="MX")
    new = write(1, state=State.FAILED, country="MX")
    found, steps = [], 0
    rosa.get(f"{PATH}?state=failed&country=MX")
    while True:
        found += listed(rosa)
        if "Look further back" not in rosa.text:
            break
        follow(rosa, "Look further back")
        steps += 1
    assert (found, steps) == (new + old[::-1], 1)
    lines = list(csv.reader(rosa.get(f"{PATH}.csv?state=failed&country=MX").text.splitlines()))
    assert [line[1] for line in lines[1:]] == new + old[::-1]


def test_the_messages_of_several_people_lose_none_where_one_has_very_many(
    rosa: CheckedClient, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_list, "LOOKED_THROUGH", 20)
    other = accounts.create(username="lee.m", name="Mo Lee", email="mo@example.org")
    wanted = write(2, account_id=other.id, state=State.FAILED)
    for _ in range(3):
        write(12, account_id=account.id)
        wanted += write(1, account_id=account.id, state=State.FAILED)
    found = []
    rosa.get(f"{PATH}?q=lee&state=failed")
    while True:
        found += listed(rosa)
        if "Look further back" not in rosa.text:
            break
        follow(rosa, "Look further back")
    assert found == wanted[::-1]


def test_an_address_that_names_no_message_shows_the_newest(rosa: CheckedClient) -> None:
    references = write(2)
    for query in ("after=x", f"after={'9' * 40}", "before=-1"):
        rosa.get(f"{PATH}?{query}&channel=sms")
        assert listed(rosa) == references[::-1]


def test_the_file_has_the_same_messages_with_masked_destinations(rosa: CheckedClient, account: Account) -> None:
    references = write(message_list.EXPORTED_AT_A_TIME + 3, account_id=account.id, state=State.FAILED, reason="30006")
    write(1, channel=Channel.EMAIL, destination="ann@example.org", state=State.FAILED, explanation="=1+1")
    answer = rosa.get(f"{PATH}.csv?state=failed")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="deliveries.csv"'
    header, first, *lines = csv.reader(answer.text.splitlines())
    assert header[:3] == ["Asked for (UTC)", "Reference", "Message"]
    assert first[4] == "Email to a***@example.org"
    assert first[10] == "'=1+1"
    assert [line[1] for line in lines] == references[::-1]
    assert lines[0][3:10] == ["ann", "Text message to ***-**42", "US", "Failed", "twilio", "0", "30006"]
    assert "5550142" not in answer.text
    assert "ann@example.org" not in answer.text


def test_only_administrators_in_administrator_mode_see_messages(
    client: CheckedClient, account: Account, administrator: Account, app: Flask
) -> None:
    sign_in(client, account)
    other = CheckedClient(app)
    sign_in(other, administrator)
    [reference] = write(1)
    for path in ("", ".csv", f"/{reference}", "/reasons", "/retry"):
        assert client.get(PATH + path).status_code == 404
        assert where(other.get(PATH + path)).startswith("/administration/enter")
    for act in ("retry", "cancel", "send-otherwise"):
        client.get("/")
        assert client.press(f"{PATH}/{reference}/{act}").status_code == 404


def test_a_link_that_has_no_address_yet_is_listed(rosa: CheckedClient) -> None:
    [link] = write(1, message=Message.RESET_LINK, channel=Channel.EMAIL, destination="", last_digits="", country="")
    rosa.get(f"{PATH}?kind=reset_link")
    assert listed(rosa) == [link]
    assert "nobody yet" in rosa.text
    assert "@" not in rosa.get(f"{PATH}.csv?kind=reset_link").text
