"""`accounts import`: all rows of a file or none, and everything that is wrong with it told by its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from werkzeug.security import generate_password_hash

from neoserra import extensions
from neoserra.identity import account_list, accounts, sign_in
from neoserra.identity.account_list import Search
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, AccountWord, Event, EventKind, ReachProblem, Role
from tests.conftest import PASSWORD
from tests.delivery import rows

HEADER = "username,name,email,mobile,role,password_hash"


class Importer:
    """Runs the command on a file of these lines."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.app, self.file = app, folder / "people.csv"

    def run(self, *lines: str, options: tuple[str, ...] = (), encoding: str = "utf-8") -> Result:
        self.file.write_text("\n".join(lines) + "\n", encoding)
        return self.app.test_cli_runner().invoke(args=["accounts", "import", str(self.file), *options])


@pytest.fixture
def importer(app: Flask, tmp_path: Path) -> Importer:
    return Importer(app, tmp_path)


def usernames() -> list[str]:
    return [account.username for account in accounts.every()]


def test_every_row_becomes_an_account(importer: Importer, visitor: Visitor) -> None:
    kept = generate_password_hash(PASSWORD, "scrypt:1024:8:1")
    done = importer.run(
        HEADER,
        f'zoe,"Quill, Zoé",Zoe@Example.org,(202) 555-0188,User,{kept}',
        "max,,max@example.org,,administrator,",
    )
    assert (done.exit_code, done.output) == (0, "Imported 2 accounts.\n")
    zoe, max_ = accounts.find("zoe"), accounts.find("max")
    assert zoe is not None
    assert max_ is not None
    assert (zoe.name, zoe.email, zoe.mobile, zoe.role) == ("Quill, Zoé", "Zoe@example.org", "+12025550188", Role.USER)
    assert (max_.name, max_.mobile, max_.role, max_.password_hash) == ("max", None, Role.ADMINISTRATOR, None)
    assert (zoe.reach_problem, max_.reach_problem) == (
        ReachProblem.UNCONFIRMED_MOBILE,
        ReachProblem.UNCONFIRMED_EMAIL,
    )
    assert sign_in.with_password("zoe", PASSWORD, visitor).account.id == zoe.id
    assert [row.username for row in account_list.page(Search("quill")).rows] == ["zoe"]
    [event] = rows.events(EventKind.ACCOUNTS_IMPORTED)
    assert event.details == {"count": 2}
    assert len(rows.events(EventKind.ACCOUNT_CREATED)) == 2


def test_every_bad_row_is_told_with_its_line_and_reason_and_nothing_is_changed(
    importer: Importer, account: Account
) -> None:
    done = importer.run(
        HEADER,
        "good,Good,good@example.org,202-555-0100,user,",
        "ann,Other Ann,other@example.org,,user,",
        "ann2,Ann,ANN@example.org,202-555-0142,user,",
        "ann@example.org,Ann,ann3@example.org,,user,",
        "zoë,Zoe,zoe@example.org,12,owner,plain",
        ",,nobody,+44 7911 123456,,",
        "long," + "x" * 151 + ",long@example.org,900-555-0142,user,",
        "GOOD,Good again,good@example.org,202 555 0100,user,,extra",
        "good@example.org,Third,third@example.org,,user,",
    )
    assert done.exit_code == 1
    for sentence in (
        "Line 3, username: Another account has this username.",
        "Line 4, email: Another account has this email.",
        "Line 4, mobile: Another account has this mobile.",
        "Line 5, username: Another account has this username.",
        "Line 6, username: A username has letters from A to Z",
        "Line 6, mobile: That is not a telephone number.",
        "Line 6, role: The role is user or administrator.",
        "Line 6, password_hash: Not a hash of argon2id",
        "Line 7, username: A username has letters from A to Z",
        "Line 7, email: That is not an email address.",
        "Line 7, mobile: Text messages do not go to that number's region",
        "Line 8, name: A name has at most 150 characters",
        "Line 8, mobile: That number gets no text messages.",
        "Line 9, username: Line 2 has the same.",
        "Line 9, email: Line 2 has the same.",
        "Line 9, mobile: Line 2 has the same.",
        "Line 9, row: The row has more cells than the first line.",
        "Line 10, username: Line 2 has the same.",
        "Nothing was imported: 8 of 9 rows have a problem.",
    ):
        assert sentence in done.output, sentence
    assert "Line 2," not in done.output
    assert usernames() == ["ann"]
    assert rows.events(EventKind.ACCOUNTS_IMPORTED) == []


def test_a_dry_run_tells_the_same_and_who_needs_help_on_the_first_day(importer: Importer, account: Account) -> None:
    lines = (
        HEADER,
        f"zoe,Zoe,zoe@example.org,202-555-0188,user,{generate_password_hash('x', 'scrypt:1024:8:1')}",
        f"max,Max,max@example.org,,user,{generate_password_hash('x', 'scrypt:1024:8:1')}",
        "ida,Ida,ida@example.org,202-555-0189,user,",
    )
    done = importer.run(*lines, options=("--dry-run",))
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "Line 3, first day: max has no mobile number: codes go to the email address, which nobody has confirmed.",
        "Line 4, first day: ida could not sign in before choosing a password by a link.",
        "3 accounts could be imported. Nothing was changed.",
    ]
    bad = importer.run(*lines, "eva,Eva,eva@example.org,202-555-0142,user,", options=("--dry-run",))
    assert bad.exit_code == 1
    assert "Line 5, mobile: Another account has this mobile." in bad.output
    assert "Line 5, first day: eva could not sign in, because of the problem above." in bad.output
    assert usernames() == ["ann"]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (("",), "The first line must name the columns"),
        (("name,email", "Zoe,zoe@example.org"), "The first line must name the columns"),
        (("username,email,password", "zoe,zoe@example.org,x"), "The first line must name the columns"),
        (("username,email,email", "zoe,zoe@example.org,x"), "The first line must name the columns"),
        (("username;email", "zoe;zoe@example.org"), "The first line must name the columns"),
        (("username,email", 'zoe,"zoe@example.org'), "is not CSV"),
        (("username,email", 'zoe,"zoe"x@example.org'), "Line 2 is not CSV"),
    ],
)
def test_a_file_of_another_form_is_refused_in_a_sentence(
    importer: Importer, lines: tuple[str, ...], sentence: str
) -> None:
    done = importer.run(*lines)
    assert (done.exit_code, type(done.exception)) == (1, SystemExit), done.output
    assert sentence in done.output


def test_a_file_in_another_encoding_is_refused_in_a_sentence(importer: Importer) -> None:
    done = importer.run(HEADER, "zoe,Zoé,zoe@example.org,,,", encoding="latin-1")
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "The file is not UTF-8." in done.output


def test_columns_may_stand_in_any_order_and_what_is_not_needed_may_be_missing(importer: Importer) -> None:
    """As spreadsheets save it: a byte order mark, capitals, empty lines at the end."""
    done = importer.run("Email, USERNAME", "zoe@example.org,zoe", "", "", encoding="utf-8-sig")
    assert done.output == "Imported 1 account.\n"
    assert usernames() == ["zoe"]


@pytest.mark.parametrize("name", ["two\nlines", "a\x00b", "a\u2028b"])
def test_a_name_that_cannot_be_shown_is_a_bad_row(importer: Importer, name: str) -> None:
    done = importer.run(HEADER, f'zoe,"{name}",zoe@example.org,,,')
    assert done.exit_code == 1
    assert "name: A name has at most 150 characters" in done.output


def test_many_rows_are_kept_together_with_their_words(importer: Importer) -> None:
    """More than go into one statement."""
    people = [f"p{n},Person {n},p{n}@example.org,+1202{2000000 + 7 * n}," for n in range(1200)]
    done = importer.run("username,name,email,mobile,role", *people)
    assert done.output == "Imported 1200 accounts.\n"
    with extensions.database.connection() as connection:
        count = {
            table: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Account, Event, AccountWord)
        }
    assert (count[Account], count[Event]) == (1200, 1201)
    assert count[AccountWord] > 3 * 1200
    assert [row.username for row in account_list.page(Search("p1199")).rows] == ["p1199"]


def test_the_same_file_a_second_time_changes_nothing(importer: Importer) -> None:
    lines = (HEADER, "zoe,Zoe,zoe@example.org,202-555-0188,user,")
    assert importer.run(*lines).exit_code == 0
    again = importer.run(*lines)
    assert again.exit_code == 1
    assert "Line 2, username: Another account has this username." in again.output
    assert usernames() == ["zoe"]
