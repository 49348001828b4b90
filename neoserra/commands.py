"""Commands for the operator: `flask --app wsgi …`. None signs anybody in, shows a code or lifts the second factor."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, TextIO

import click
from flask import Flask
from flask.cli import AppGroup
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from neoserra import account_words, extensions
from neoserra.delivery import sending
from neoserra.identity import accounts, configuration, names, password_policy, passwords, phone_numbers, records
from neoserra.identity import import_accounts as importing
from neoserra.identity.links import Kind
from neoserra.identity.visitor import Visitor
from neoserra.models import Role


class Commands(AppGroup):
    """Commands that end in a sentence when the database or Redis is away."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OperationalError as problem:
            raise click.ClickException(f"The database does not answer: {problem.orig}") from problem
        except RedisError as problem:
            raise click.ClickException(f"Redis does not answer: {problem}") from problem


db = Commands("db", help="The database schema.")
accounts_group = Commands("accounts", help="User accounts.")

OPERATOR = Visitor(address="", browser="", description="", request_id="")

DEMONSTRATION_PASSWORD = "Harbor-lantern-72"  # noqa: S105  these people exist in development alone
DEMONSTRATION: tuple[dict[str, Any], ...] = (
    {"username": "ann", "name": "Ann Lee", "email": "ann@example.org", "mobile": "202-555-0142"},
    {"username": "ben", "name": "Ben Moss", "email": "ben@example.org"},
    {
        "username": "root",
        "name": "Rosa Oot",
        "email": "root@example.org",
        "mobile": "202-555-0143",
        "role": Role.ADMINISTRATOR,
    },
)
SENTENCES: dict[type[Exception], str] = {
    names.BadUsername: "A username has letters from A to Z, digits and . _ - @ only, at most 150.",
    names.BadEmail: "That is not an email address.",
    names.BadName: "A name has at most 150 characters, and no line breaks.",
    importing.BadRole: "The role is user or administrator.",
    importing.BadHash: "Not a hash of argon2id, bcrypt, scrypt or PBKDF2, or one that takes too long to check.",
    importing.TooManyCells: "The row has more cells than the first line.",
    phone_numbers.BadNumber: "That is not a telephone number.",
    phone_numbers.NotTextable: "That number gets no text messages.",
    phone_numbers.ForeignNumber: "Text messages do not go to that number's region (SMS_COUNTRIES).",
    UnicodeDecodeError: "The password on standard input is not text in UTF-8.",
    UnicodeEncodeError: "The password on standard input is not text in UTF-8.",
}


def init_app(app: Flask) -> None:
    app.cli.add_command(db)
    app.cli.add_command(accounts_group)
    app.cli.command("demo", help="Create the demonstration accounts (development only).")(demonstrate)


@db.command("upgrade")
def upgrade() -> None:
    """Bring the database schema up to date."""
    from neoserra import migrating  # and Alembic with it, which the web process never needs

    migrating.upgrade()


@accounts_group.command("create")
@click.argument("username")
@click.option("--email", required=True)
@click.option("--mobile", default="", help="Where codes go; without one they go by email.")
@click.option("--name", default="")
@click.option("--administrator", is_flag=True, help="May enter administrator mode.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(username: str, email: str, mobile: str, name: str, administrator: bool, password_stdin: bool) -> None:
    """Create an account. Its password comes on standard input or a prompt, never in an argument; where there is
    neither, the person gets a link by email to choose one."""
    invited = not password_stdin and not sys.stdin.isatty()
    try:
        account = accounts.create(
            username=username,
            email=email,
            mobile=mobile,
            name=name,
            role=Role.ADMINISTRATOR if administrator else Role.USER,
            password_hash=None if invited else _read_password(password_stdin, [username, email, name]),
        )
    except (ValueError, password_policy.WeakPassword) as problem:
        raise click.ClickException(_sentence(problem)) from problem
    click.echo(f"Created {username}.")
    if invited:
        sending.send_link(account, Kind.INVITATION, OPERATOR)
        click.echo(f"A link to choose a password goes to {account.email}.")


@accounts_group.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
@click.option("--dry-run", is_flag=True, help="Change nothing, and tell who could not sign in on the first day.")
def import_accounts(file: TextIO, dry_run: bool) -> None:
    """Create an account for each row of a CSV file, or none when a row has a problem.

    The first line names the columns: username and email, and as wanted name, mobile, role (user or administrator) and
    password_hash (argon2id, bcrypt, scrypt or PBKDF2). Every problem is told with its line.
    """
    try:
        rows = importing.read(file)
    except importing.BadFile as problem:
        raise click.ClickException(str(problem)) from problem
    except UnicodeDecodeError as problem:
        raise click.ClickException("The file is not UTF-8.") from problem
    _report(rows, first_day=dry_run)
    bad = sum(1 for row in rows if row.problems)
    if bad:
        raise click.ClickException(f"Nothing was imported: {bad} of {len(rows)} rows have a problem.")
    if dry_run:
        click.echo(f"{_accounts(len(rows))} could be imported. Nothing was changed.")
        return
    importing.keep(rows)
    click.echo(f"Imported {_accounts(len(rows))}.")


def _accounts(number: int) -> str:
    return "1 account" if number == 1 else f"{number} accounts"


@accounts_group.command("list")
def list_accounts() -> None:
    """A line each: username, email address, role, state, by which way codes go, and why they may not arrive."""
    for account in accounts.every():
        reach = "codes by text message" if account.mobile else "codes by email"
        why_not = account_words.reach_problem(account.reach_problem) if account.reach_problem else ""
        told = (account.username, account.email, account.role, accounts.state(account), reach, why_not)
        click.echo("\t".join(told).rstrip())


def demonstrate() -> None:
    """Make the demonstration accounts in an empty database and print how to sign in; refused outside development."""
    if extensions.settings.environment != "development":
        raise click.ClickException("Demonstration accounts exist in development only (NEOSERRA_ENV=development).")
    if not accounts.any_exist():
        for person in DEMONSTRATION:
            accounts.create(password_hash=passwords.hashed(DEMONSTRATION_PASSWORD), **person)
        configuration.save_contact("Rosa Oot", "root@example.org", "202-555-0143")
    for person in DEMONSTRATION:
        if accounts.find(person["username"]) is None:
            continue
        codes = "codes by text message" if person.get("mobile") else "codes by email"
        role = ", administrator" if person.get("role") else ""
        click.echo(f"{person['username']:6} password {DEMONSTRATION_PASSWORD} ({codes}{role})")


def _report(rows: list[importing.Row], *, first_day: bool) -> None:
    """Each problem with its line; `first_day` adds who will need help to sign in."""
    for row in rows:
        for name, problem in row.problems.items():
            click.echo(f"Line {row.line}, {name}: {_sentence(problem)}")
    if not first_day:
        return
    for row in rows:
        for hindrance in _hindrances(row):
            click.echo(f"Line {row.line}, first day: {row.values.get('username', '?')} {hindrance}.")


def _hindrances(row: importing.Row) -> Iterator[str]:
    if row.problems:
        yield "could not sign in, because of the problem above"
        return
    if not row.password_hash:
        yield "could not sign in before choosing a password by a link"
    if not row.values["mobile"]:
        yield "has no mobile number: codes go to the email address, which nobody has confirmed"


def _read_password(from_stdin: bool, own_words: list[str]) -> str:
    """The hash of one line of standard input, or of what was typed twice at a prompt.

    Raises:
        password_policy.WeakPassword: names every broken rule.
    """
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return passwords.hashed(password_policy.checked(password, own_words))


def _sentence(problem: ValueError) -> str:
    """What is wrong with a value, for somebody at a terminal."""
    if isinstance(problem, password_policy.WeakPassword):
        return " ".join(password_policy.sentence(rule) for rule in problem.broken)
    if isinstance(problem, records.NameTaken):
        return f"Another account has this {problem.field}."
    if isinstance(problem, importing.TwiceInFile):
        return f"Line {problem.line} has the same."
    return SENTENCES[type(problem)]
