"""Reports of mail servers about mails that came back."""

from __future__ import annotations

import mailbox
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import Settings
from neoserra.delivery import leases, recording, sending
from neoserra.delivery.recording import Carried, Try
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Message, Outcome, State
from tests.delivery import rows
from tests.workers.processes import environment
from tools.redis_server import RedisServer
from workers import bounces

REPORT = """\
From: MAILER-DAEMON@mail.example.net
To: no-reply@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.net
Arrival-Date: Tue, 24 Nov 2026 08:00:00 +0000

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no such user

--B
Content-Type: {enclosed}

Message-ID: {message_id}
Subject: 482913 is your Neoserra sign-in code

--B--
"""


def report(message_id: str, **changes: str) -> bytes:
    usual = {"to": "ann@example.org", "action": "failed", "status": "5.1.1", "enclosed": "text/rfc822-headers"}
    return REPORT.format(message_id=message_id, **usual | changes).encode()


@pytest.fixture
def message_id(account: Account, visitor: Visitor) -> str:
    """Of a mail that our mail server has accepted."""
    [notice] = sending.send_notice(account, Message.BROWSER_TRUSTED, visitor)
    [delivery] = leases.claim([notice.reference])
    at, message_id = delivery.changed_at, f"<{notice.reference}@example.org>"
    recording.record([Carried(delivery, [Try("smtp", at, at, Outcome.ACCEPTED, provider_message_id=message_id)])])
    return message_id


def state(message_id: str) -> tuple[State, str]:
    row = rows.delivery(message_id[1:9])
    return row.state, row.explanation


@pytest.mark.parametrize("enclosed", ["text/rfc822-headers", "message/rfc822"])
def test_a_mail_that_came_back_failed(enclosed: str, message_id: str) -> None:
    bounces.take(report(message_id, enclosed=enclosed))
    assert state(message_id) == (
        State.FAILED,
        "The mailbox does not exist: correct the email address in the account.",
    )


@pytest.mark.parametrize(
    "to",
    [
        "Ann@Example.ORG",
        "ann@EXAMPLE.org",
        "lee@elsewhere.example\nOriginal-Recipient: rfc822; ann@example.org",
        "ann@example.org\nOriginal-Recipient: rfc822; alias@example.org",
    ],
)
def test_the_address_may_be_written_otherwise_or_be_the_one_before_it_was_forwarded(to: str, message_id: str) -> None:
    bounces.take(report(message_id, to=to))
    assert state(message_id)[0] == State.FAILED


@pytest.mark.parametrize(
    "changes",
    [{"action": "delayed", "status": "4.4.1"}, {"action": "delivered"}, {"to": "eve@example.org"}, {"to": ""}],
)
def test_a_delay_or_a_report_about_somebody_else_changes_nothing(changes: dict[str, str], message_id: str) -> None:
    bounces.take(report(message_id, **changes))
    assert state(message_id) == (State.ACCEPTED, "")


NESTED = b"".join(b"Content-Type: multipart/report; boundary=%d\n\n--%d\n" % (n, n) for n in range(3000))


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"Subject: hello\n\nHow are you?",
        b"\xff\xfe\x00",
        REPORT[:400].encode(),
        pytest.param(NESTED, id="nested"),
        *(report(each) for each in ("<BCDFGHJK\0@example.org>", "<BCDFGHJK@\u1234>", "", "[", "=?utf-8?b?")),
    ],
)
def test_any_other_mail_is_passed_over(mail: bytes, message_id: str) -> None:
    bounces.take(mail)
    assert state(message_id) == (State.ACCEPTED, "")


def test_a_report_that_comes_twice_is_harmless(message_id: str) -> None:
    for status in ("5.1.1", "5.2.2"):
        bounces.take(report(message_id, status=status))
    assert "does not exist" in state(message_id)[1]


def run(connected: Settings, *arguments: str, mail: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "workers", "bounces", *arguments]
    settings = os.environ | environment(connected)
    return subprocess.run(command, input=mail, env=settings, check=False, capture_output=True)


def test_a_folder_that_is_not_there_is_told(connected: Settings, tmp_path: Path) -> None:
    ended = run(connected, str(tmp_path / "nowhere"))
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines()[-1] == f"There is no folder {tmp_path / 'nowhere'}."


def test_a_mail_is_read_from_a_pipe(message_id: str, connected: Settings) -> None:
    run(connected, mail=report(message_id))
    assert state(message_id)[0] == State.FAILED


def test_a_mail_that_comes_while_redis_is_away_is_asked_for_again(
    connected: Settings, redis_server: RedisServer
) -> None:
    """The mail server keeps a mail when the program exits like this (sysexits.h, EX_TEMPFAIL)."""
    redis_server.stop()
    try:
        done = run(connected, mail=report("<ZZZZZZZZ@example.org>"))
    finally:
        redis_server.start()
    assert done.returncode == 75
    assert b"Traceback" not in done.stderr


def test_the_new_mails_of_a_maildir_are_read_once(message_id: str, connected: Settings, tmp_path: Path) -> None:
    maildir = mailbox.Maildir(tmp_path / "returned")
    maildir.add(report(message_id))
    run(connected, str(tmp_path / "returned"))
    assert state(message_id)[0] == State.FAILED
    rows.change(message_id[1:9], state=State.ACCEPTED)
    run(connected, str(tmp_path / "returned"))
    assert state(message_id)[0] == State.ACCEPTED
    assert [mail.get_flags() for mail in maildir] == ["S"]
