"""The operator's commands: `flask --app wsgi …`."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from click import Command, Group
from click.testing import Result
from sqlalchemy import update

from config import Settings
from neoserra import clock, create_app, extensions
from neoserra.identity import accounts, passwords
from neoserra.models import Account, Channel, Message, Role
from tests.conftest import PASSWORD
from tests.journey import deliveries
from tests.one_database import ON_SQLITE
from tests.test_config import PRODUCTION

pytestmark = ON_SQLITE


class Terminal:
    """Runs commands in one site."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)

    def run(self, *arguments: str, typed: str | bytes | None = None) -> Result:
        return self.app.test_cli_runner().invoke(args=arguments, input=typed)

    def create(self, *arguments: str, typed: str | bytes = f"{PASSWORD}\n") -> Result:
        return self.run("accounts", "create", *arguments, "--password-stdin", typed=typed)


@pytest.fixture
def terminal(connected: Settings) -> Terminal:
    return Terminal(connected)


def check_refused(result: Result, *sentences: str) -> None:
    """It ended in a sentence, not in a traceback."""
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.output
    for sentence in sentences:
        assert sentence in result.output


def test_an_account_is_created_with_a_password_from_standard_input(terminal: Terminal) -> None:
    done = terminal.create("zoe", "--email", "Zoe@Example.org", "--mobile", "(202) 555-0147", "--name", "Zoe Zane")
    assert (done.exit_code, done.output) == (0, "Created zoe.\n")
    zoe = accounts.find("zoe")
    assert zoe is not None
    assert (zoe.name, zoe.email, zoe.mobile, zoe.role) == ("Zoe Zane", "Zoe@example.org", "+12025550147", Role.USER)
    assert passwords.matches(PASSWORD, zoe.password_hash)


def test_an_administrator_is_created(terminal: Terminal) -> None:
    assert terminal.create("zoe", "--email", "zoe@example.org", "--administrator").exit_code == 0
    zoe = accounts.find("zoe@example.org")
    assert zoe is not None
    assert zoe.role == Role.ADMINISTRATOR


@pytest.mark.parametrize("typed", [f"{PASSWORD}\r\n", f" {PASSWORD} ", f"{PASSWORD}\nand another line\n"])
def test_the_password_is_the_first_line_as_it_is_without_its_end(terminal: Terminal, typed: str) -> None:
    assert terminal.create("zoe", "--email", "zoe@example.org", typed=typed).exit_code == 0
    zoe = accounts.find("zoe")
    assert zoe is not None
    assert passwords.matches(typed.partition("\n")[0].rstrip("\r"), zoe.password_hash)


def test_a_password_cannot_be_given_as_an_argument(terminal: Terminal) -> None:
    for option in ("--password", "-p"):
        assert terminal.create("zoe", "--email", "zoe@example.org", option, PASSWORD).exit_code == 2
    assert not accounts.any_exist()


@pytest.mark.parametrize(
    ("typed", "sentences"),
    [
        (
            "",
            ["at least 12 characters", "Use a letter.", "Use a digit.", "Use a special character", "harder to guess"],
        ),
        ("abc", ["at least 12 characters", "Use a digit.", "Use a special character", "harder to guess"]),
        ("1234567890123", ["Use a letter.", "Use a special character"]),
        ("Password-2026!!", ["well-known password"]),
        ("zoezane-17 zoezane", ["Leave out your own names"]),
        ("x7-" * 100, ["at most 256 characters"]),
    ],
)
def test_a_weak_password_is_told_every_rule_that_it_breaks(
    terminal: Terminal, typed: str, sentences: list[str]
) -> None:
    refused = terminal.create("zoezane", "--email", "zoe@example.org", typed=f"{typed}\n")
    check_refused(refused, *sentences)
    assert not typed or typed not in refused.output
    assert not accounts.any_exist()


def test_a_password_that_is_no_text_is_refused(terminal: Terminal) -> None:
    refused = terminal.create("zoe", "--email", "zoe@example.org", typed=b"\xff\xfe-Harbor-72\n")
    check_refused(refused, "The password on standard input is not text in UTF-8.")
    assert not accounts.any_exist()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["ann", "--email", "zoe@example.org"], "Another account has this username."),
        (["ANN", "--email", "zoe@example.org"], "Another account has this username."),
        (["ann@example.org", "--email", "zoe@example.org"], "Another account has this username."),
        (["zoe", "--email", "ANN@example.org"], "Another account has this email."),
        (["zoe", "--email", "zoe@example.org", "--mobile", "+1 202 555 0142"], "Another account has this mobile."),
        (["zoë", "--email", "zoe@example.org"], "A username has letters from A to Z"),
        (["", "--email", "zoe@example.org"], "A username has letters from A to Z"),
        (["x" * 151, "--email", "zoe@example.org"], "at most 150"),
        (["zoe", "--email", "zoe"], "That is not an email address."),
        (["zoe", "--email", "a@example.org, b@example.org"], "That is not an email address."),
        (["zoe", "--email", "zoe@example.org", "--mobile", "12"], "That is not a telephone number."),
        (["zoe", "--email", "zoe@example.org", "--mobile", "202-555-0142 x9"], "That is not a telephone number."),
        (["zoe", "--email", "zoe@example.org", "--mobile", "+44 7911 123456"], "Text messages do not go"),
        (["zoe", "--email", "zoe@example.org", "--mobile", "+1 473 403 1234"], "Text messages do not go"),
        (["zoe", "--email", "zoe@example.org", "--mobile", "900-555-0142"], "That number gets no text messages."),
        (["zoe", "--email", "zoe@example.org", "--name", "x" * 151], "A name has at most 150 characters"),
        (["zoe", "--email", "zoe@example.org", "--name", "two\nlines"], "A name has at most 150 characters"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence(
    terminal: Terminal, account: Account, options: list[str], sentence: str
) -> None:
    check_refused(terminal.create(*options), sentence)
    assert [kept.username for kept in accounts.every()] == ["ann"]


def test_without_a_password_the_person_gets_a_link_to_choose_one(terminal: Terminal) -> None:
    done = terminal.run("accounts", "create", "zoe", "--email", "zoe@example.org")
    assert done.exit_code == 0
    assert "A link to choose a password goes to zoe@example.org." in done.output
    [invitation] = deliveries()
    assert (invitation.channel, invitation.destination) == (Channel.EMAIL, "zoe@example.org")
    assert invitation.message == Message.INVITATION


def test_the_list_tells_states_and_whether_codes_can_reach_people(
    terminal: Terminal, account: Account, administrator: Account
) -> None:
    assert terminal.run("accounts", "list").output == (
        "ann\tann@example.org\tuser\tnever used\tcodes by text message\tThe mobile number is not confirmed\n"
        "rosa\trosa@example.org\tadministrator\tnever used\tcodes by email"
        "\tNo mobile number, and the email address is not confirmed\n"
    )
    changes: dict[str, dict[str, object]] = {
        "active": {"last_sign_in_at": clock.now()},
        "abandoned": {"last_sign_in_at": clock.now() - timedelta(days=91)},
        "locked": {"locked_at": clock.now()},
        "inactive": {"active": False},
    }
    for state, values in changes.items():
        with extensions.database.transaction() as db:
            db.execute(update(Account).where(Account.id == account.id).values(**values))
        assert f"ann\tann@example.org\tuser\t{state}\t" in terminal.run("accounts", "list").output


def test_the_schema_is_brought_up_to_date_any_number_of_times(terminal: Terminal, account: Account) -> None:
    for _ in range(2):
        done = terminal.run("db", "upgrade")
        assert (done.exit_code, done.output) == (0, "")
    assert accounts.find("ann") is not None


@pytest.mark.parametrize("environment", ["testing", "production"])
def test_demonstration_accounts_are_refused_outside_development(connected: Settings, environment: str) -> None:
    terminal = Terminal(replace(connected, environment=environment))
    check_refused(terminal.run("demo"), "Demonstration accounts exist in development only")
    assert not accounts.any_exist()


def test_demonstration_accounts_are_made_once_and_told_each_time(connected: Settings) -> None:
    terminal = Terminal(replace(connected, environment="development"))
    first = terminal.run("demo")
    made = [(account.id, account.username) for account in accounts.every()]
    assert [name for _, name in made] == ["ann", "ben", "root"]
    assert first.exit_code == 0
    assert first.output.count("password Harbor-lantern-72") == 3
    assert terminal.run("demo").output == first.output
    assert [(account.id, account.username) for account in accounts.every()] == made
    for name in ("ann", "ben", "root"):
        found = accounts.find(name)
        assert found is not None
        assert passwords.matches("Harbor-lantern-72", found.password_hash)


def test_no_demonstration_account_is_added_to_a_database_in_use_or_told_of(connected: Settings) -> None:
    terminal = Terminal(replace(connected, environment="development"))
    assert terminal.create("zoe", "--email", "zoe@example.org").exit_code == 0
    done = terminal.run("demo")
    assert (done.exit_code, done.output) == (0, "")
    assert [account.username for account in accounts.every()] == ["zoe"]


def test_a_database_or_redis_that_is_away_is_told_in_a_sentence(connected: Settings) -> None:
    away = "postgresql+psycopg://postgres:secret@/postgres?host=/nowhere"
    refused = Terminal(replace(connected, database_url=away)).run("accounts", "list")
    check_refused(refused, "The database does not answer")
    assert "secret" not in refused.output


def names(command: Command, prefix: str = "") -> set[str]:
    if not isinstance(command, Group):
        return {prefix.strip()}
    return {name for part, inner in command.commands.items() for name in names(inner, f"{prefix} {part}")}


def test_no_command_signs_in_or_shows_a_code(terminal: Terminal) -> None:
    """A command that is added here has been thought about: "No back door" in design.md."""
    assert names(terminal.app.cli) <= {"db upgrade", "accounts create", "accounts import", "accounts list", "demo"}


@pytest.mark.usefixtures("connected")
def test_production_refuses_to_start_and_names_everything_that_is_missing() -> None:
    programs = [
        ["flask", "--app", "wsgi", "accounts", "list"],
        ["gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"],
        ["gunicorn", "--bind", "127.0.0.1:0", "wsgi:app"],
        ["workers"],
    ]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", *program],
            env={"PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for program in programs
    ]
    for program in started:
        printed, _ = program.communicate(timeout=60)
        assert program.returncode != 0
        assert "Neoserra cannot start:" in printed
        for name in PRODUCTION:
            if not name.startswith(("TWILIO", "MAIL_USE")):
                assert f"{name} is missing." in printed
