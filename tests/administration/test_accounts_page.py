"""The list of accounts: found by words, digits and states, sorted, a page at a time, and as a file."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest

from neoserra import clock
from neoserra.identity import account_list, accounts
from neoserra.models import Account, ReachProblem
from tests.administration.accounts_pages import LIST, change, names, save
from tests.client import PAGE, CheckedClient, words


@pytest.fixture
def people(account: Account, administrator: Account) -> dict[str, Account]:
    """Ann and Rosa, and three more."""
    made = [
        accounts.create(username="zoe", name="Zoé Quill", email="z.quill@example.net", mobile="202-555-0188"),
        accounts.create(username="bo_m", name="Bo 100% Moss", email="moss@example.org"),
        accounts.create(username="zed", name="zed adams", email="zed@example.org", mobile="202-555-0342"),
    ]
    return {each.username: each for each in (account, administrator, *made)}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["Ann Lee", "Bo 100% Moss", "Rosa Oot", "zed adams", "Zoé Quill"]),
        ("z", ["zed adams", "Zoé Quill"]),
        ("ZOE", ["Zoé Quill"]),
        ("zoé qui", ["Zoé Quill"]),
        ("quill zoe", ["Zoé Quill"]),
        ("example.net", ["Zoé Quill"]),
        ("z.quill@example", ["Zoé Quill"]),
        ("lee ann", ["Ann Lee"]),
        ("ann moss", []),
        ("0142", ["Ann Lee"]),
        ("42", ["Ann Lee", "zed adams"]),
        ("555-0188", ["Zoé Quill"]),
        ("(202) 555 0188", ["Zoé Quill"]),
        ("+1 202 555 0188", ["Zoé Quill"]),
        ("100", ["Bo 100% Moss"]),
        ("%", []),
        ("_", []),
        ("bo_m", ["Bo 100% Moss"]),
        ("bo_", ["Bo 100% Moss"]),
        ("b_m", []),
        ("*", []),
        ("' OR 1=1 --", []),
        (" - ", []),
        ("ann " * 200, ["Ann Lee"]),
        ("oe", []),
    ],
)
def test_words_begin_as_typed_or_a_number_ends_so(
    rosa: CheckedClient, people: dict[str, Account], typed: str, found: list[str]
) -> None:
    assert rosa.get(LIST, query_string={"q": typed}).status_code == 200
    assert names(rosa) == found
    field = next(each for each in rosa.page.iter(f"{PAGE}input") if each.get("name") == "q")
    assert field.get("value") == typed.strip() or typed != typed.strip()


def test_a_new_name_number_or_address_is_found_and_the_old_one_is_not(
    rosa: CheckedClient, people: dict[str, Account]
) -> None:
    save(rosa, people["zoe"], name="Zora Neal", mobile="202-555-0199", email="zn@example.org")
    for typed, found in {"quill": [], "0188": [], "zora": ["Zora Neal"], "0199": ["Zora Neal"]}.items():
        rosa.get(LIST, query_string={"q": typed})
        assert names(rosa) == found, typed


def test_each_state_has_its_people(rosa: CheckedClient, people: dict[str, Account]) -> None:
    now = clock.now()
    change(people["ann"], last_sign_in_at=now - timedelta(days=89))
    change(people["zoe"], last_sign_in_at=now - timedelta(days=91))
    change(people["bo_m"], locked_at=now, last_sign_in_at=now)
    change(people["zed"], active=False, locked_at=now)
    expected = {
        "active": ["Ann Lee", "Rosa Oot"],
        "abandoned": ["Zoé Quill"],
        "locked": ["Bo 100% Moss"],
        "inactive": ["zed adams"],
        "never used": [],
        "never_used": [],
        "nonsense": ["Ann Lee", "Bo 100% Moss", "Rosa Oot", "zed adams", "Zoé Quill"],
    }
    for state, found in expected.items():
        rosa.get(LIST, query_string={"state": state})
        assert names(rosa) == found, state
    change(people["ann"], last_sign_in_at=None)
    for state in ("never used", "never_used"):
        rosa.get(LIST, query_string={"state": state})
        assert names(rosa) == ["Ann Lee"]
        assert [words(each) for each in rosa.page.iter(f"{PAGE}option") if "selected" in each.attrib] == ["Never used"]


def test_who_may_not_be_reached_is_listed_with_the_reason(rosa: CheckedClient, people: dict[str, Account]) -> None:
    rosa.get(LIST, query_string={"state": "unreachable"})
    assert names(rosa) == ["Ann Lee", "Bo 100% Moss", "zed adams", "Zoé Quill"]
    assert "The mobile number is not confirmed" in rosa.text
    assert "No mobile number, and the email address is not confirmed" in rosa.text
    change(people["ann"], reach_problem=None)
    change(people["zoe"], reach_problem=ReachProblem.BAD_NUMBER)
    rosa.get(LIST, query_string={"state": "unreachable", "q": "z"})
    assert names(rosa) == ["zed adams", "Zoé Quill"]
    assert "By today's rules the mobile number gets no text messages" in rosa.text


def test_nothing_found_is_said_with_a_way_back(rosa: CheckedClient) -> None:
    rosa.get(LIST, query_string={"q": "nobody", "state": "locked"})
    assert "No accounts found" in rosa.text
    assert "Clear filters" in rosa.text


def test_a_heading_sorts_and_says_so(rosa: CheckedClient, people: dict[str, Account]) -> None:
    change(people["zed"], last_sign_in_at=clock.now() - timedelta(days=3))
    rosa.get(LIST)
    assert _sorted_by(rosa) == {"Name": "ascending"}
    _follow(rosa, "Name")
    assert _sorted_by(rosa) == {"Name": "descending"}
    assert names(rosa) == ["Zoé Quill", "zed adams", "Rosa Oot", "Bo 100% Moss", "Ann Lee"]
    _follow(rosa, "Username")
    assert _sorted_by(rosa) == {"Username": "ascending"}
    assert names(rosa) == ["Ann Lee", "Bo 100% Moss", "Rosa Oot", "zed adams", "Zoé Quill"]
    _follow(rosa, "Last sign-in")
    assert names(rosa) == ["Ann Lee", "Zoé Quill", "Bo 100% Moss", "zed adams", "Rosa Oot"]
    _follow(rosa, "Last sign-in")
    assert _sorted_by(rosa) == {"Last sign-in": "descending"}
    assert names(rosa)[:2] == ["Rosa Oot", "zed adams"]


@pytest.mark.parametrize("sort", ["nonsense", "-", "password_hash", "name; DROP TABLE accounts"])
def test_an_order_that_cannot_be_had_is_the_first_one(
    rosa: CheckedClient, people: dict[str, Account], sort: str
) -> None:
    rosa.get(LIST, query_string={"sort": sort})
    assert _sorted_by(rosa)["Name"]


class TestPages:
    @pytest.fixture
    def many(self, administrator: Account, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Seven accounts, two a page; some share a name, so that the order needs more than it."""
        monkeypatch.setattr(account_list, "PER_PAGE", 2)
        for number in range(6):
            accounts.create(username=f"p{number}", name="Pia" if number % 2 else "Max", email=f"p{number}@example.org")
        return ["Max"] * 3 + ["Pia"] * 3 + ["Rosa Oot"]

    @pytest.mark.parametrize("query", [{}, {"q": "example.org"}, {"sort": "last_sign_in"}, {"sort": "-username"}])
    def test_forward_and_back_show_every_account_once(
        self, rosa: CheckedClient, many: list[str], query: dict[str, str]
    ) -> None:
        rosa.get(LIST, query_string=query)
        forward = [_usernames(rosa)]
        assert "Previous accounts" not in rosa.text
        while "Next accounts" in rosa.text:
            _follow(rosa, "Next accounts")
            forward.append(_usernames(rosa))
        assert sorted(name for page in forward for name in page) == ["p0", "p1", "p2", "p3", "p4", "p5", "rosa"]
        backward = [_usernames(rosa)]
        while "Previous accounts" in rosa.text:
            _follow(rosa, "Previous accounts")
            backward.append(_usernames(rosa))
        assert backward == forward[::-1]

    def test_the_caption_counts_up_to_a_thousand(
        self, rosa: CheckedClient, many: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rosa.get(LIST)
        assert "2 of 7 accounts" in rosa.text
        monkeypatch.setattr(account_list, "MOST_COUNTED", 4)
        monkeypatch.setattr("neoserra.administration.accounts.MOST_COUNTED", 4)
        rosa.get(LIST)
        assert "2 of 4+ accounts" in rosa.text

    def test_filters_and_order_stay_on_the_next_page(self, rosa: CheckedClient, many: list[str]) -> None:
        rosa.get(LIST, query_string={"q": "p", "state": "never used", "sort": "-username"})
        assert _usernames(rosa) == ["p5", "p4"]
        _follow(rosa, "Next accounts")
        assert _usernames(rosa) == ["p3", "p2"]

    @pytest.mark.parametrize("place", ["x", "-1", "0", "9" * 9, "9" * 30, "1 OR 1=1"])
    def test_a_place_that_is_not_there_breaks_nothing(self, rosa: CheckedClient, many: list[str], place: str) -> None:
        for name in ("after", "before"):
            assert rosa.get(LIST, query_string={name: place}).status_code == 200

    def test_where_many_are_found_the_same_rows_come_by_another_way(
        self, rosa: CheckedClient, many: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Few are gathered and sorted, many are walked in their order, and what several find is intersected."""
        monkeypatch.setattr(account_list, "MOST_COUNTED", 1)
        rosa.get(LIST, query_string={"q": "p", "sort": "-username"})
        assert _usernames(rosa) == ["p5", "p4"]
        assert "2 of many accounts" in rosa.text
        rosa.get(LIST, query_string={"q": "p example", "state": "never used", "sort": "-username"})
        assert _usernames(rosa) == ["p5", "p4"]
        monkeypatch.setattr("neoserra.administration.accounts.MOST_COUNTED", 9)
        rosa.get(LIST, query_string={"q": "p example", "state": "never used", "sort": "-username"})
        assert "2 of 6 accounts" in rosa.text


def test_the_file_has_the_same_rows_and_no_formula(rosa: CheckedClient, people: dict[str, Account]) -> None:
    accounts.create(username="eve", name="=HYPERLINK(1)", email="eve@example.org")
    answer = rosa.get("/administration/accounts.csv", query_string={"q": "example.org", "sort": "-name"})
    assert answer.mimetype == "text/csv"
    assert 'filename="accounts.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [row["Username"] for row in rows] == ["zed", "rosa", "bo_m", "ann", "eve"]
    assert rows[-1]["Name"] == "'=HYPERLINK(1)"
    assert rows[3] == {
        "Username": "ann",
        "Name": "Ann Lee",
        "Email address": "ann@example.org",
        "Mobile number": "(202) 555-0142",
        "Role": "User",
        "State": "Never used",
        "Codes may not reach them": "The mobile number is not confirmed",
        "Last sign-in (UTC)": "",
    }


def _usernames(client: CheckedClient) -> list[str]:
    """The second cell of each row."""
    rows = [list(row) for row in client.page.iter(f"{PAGE}tr")]
    return [words(cells[1]) for cells in rows if cells[1].tag == f"{PAGE}td"]


def _sorted_by(client: CheckedClient) -> dict[str, str]:
    return {words(cell): cell.get("aria-sort") for cell in client.page.iter(f"{PAGE}th") if cell.get("aria-sort")}


def _follow(client: CheckedClient, text: str) -> None:
    link = next(each for each in client.page.iter(f"{PAGE}a") if words(each) == text)
    client.get(link.get("href"))
