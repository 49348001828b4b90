"""Mails that could not be delivered after all: reads the reports that mail servers send back (DSN, RFC 3464).

A report names the mail by its Message-ID, which tells the delivery, and the recipient, who must be the delivery's.
"""

from __future__ import annotations

import logging
import mailbox
import os
import re
import sys
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from neoserra.delivery import receipts
from neoserra.delivery.providers import smtp_replies
from neoserra.delivery.receipts import Receipt
from neoserra.models import State

OURS = re.compile(r"<[A-Z]{8}@[!-;=?-~]{1,69}>")  # what `letter.py` makes
LARGEST = 1_000_000  # bytes of a mail that are looked at: a report stands at its beginning

log = logging.getLogger(__name__)


def run(folder: str = "") -> None:
    """Read every new mail of a maildir, or one mail from standard input. While the database or Redis is away it exits
    as one that wants the mail again later."""
    try:
        _run(folder)
    except (RedisError, SQLAlchemyError) as error:
        log.warning("a mail to the return address waits: %s", type(error).__name__)
        sys.exit(os.EX_TEMPFAIL)


def _run(folder: str) -> None:
    if not folder:
        take(sys.stdin.buffer.read())
        return
    if not Path(folder).is_dir():
        sys.exit(f"There is no folder {folder}.")
    maildir = mailbox.Maildir(folder, create=False)
    for key, mail in maildir.items():
        if "S" not in mail.get_flags():
            take(maildir.get_bytes(key))
            mail.add_flag("S")
            mail.set_subdir("cur")
            maildir[key] = mail


def take(mail: bytes) -> None:
    """Whatever is no report of a mail of ours that failed is passed over."""
    receipt = _read_if_possible(mail[:LARGEST])
    found = receipt is not None and receipts.take(receipt)
    log.info("a mail to the return address", extra={"a report of ours": found})


def _read_if_possible(mail: bytes) -> Receipt | None:
    """Anybody may send anything there, and the next mail is to be read as well."""
    try:
        return read(mail)
    except Exception as error:  # noqa: BLE001  the parser raises all kinds
        log.warning("a mail to the return address cannot be read: %s", type(error).__name__)
        return None


def read(mail: bytes) -> Receipt | None:
    report = BytesParser(policy=policy.default).parsebytes(mail)
    if report.get_content_type() != "multipart/report":
        return None
    message_id = _message_id(report)
    for fields in _recipients(report):
        both = (_address(fields, name) for name in ("Original-Recipient", "Final-Recipient"))  # it may be forwarded
        to = [address for address in both if address]
        if OURS.fullmatch(message_id) and to and str(fields.get("Action", "")).strip().lower() == "failed":
            status = str(fields.get("Status", "")).split(" ")[0]
            return Receipt("smtp", message_id, State.FAILED, status, smtp_replies.sentence(status), to)
    return None


def _recipients(report: EmailMessage) -> list[Message]:
    """The blocks of fields for machines; all but the first are about a recipient each."""
    for part in report.walk():
        if part.get_content_type() == "message/delivery-status":
            payload: Any = part.get_payload()
            return [block for block in payload if isinstance(block, Message)]
    return []


def _address(fields: Message, name: str) -> str:
    return str(fields.get(name, "")).partition(";")[2].strip()


def _message_id(report: EmailMessage) -> str:
    """Of the mail that came back, of which at least the head is enclosed."""
    for part in report.walk():
        if part.get_content_type() == "text/rfc822-headers":
            enclosed: Message = BytesParser(policy=policy.default).parsebytes(part.get_payload(decode=True))  # type: ignore[arg-type]
            return str(enclosed.get("Message-ID", "")).strip()
        if part.get_content_type() == "message/rfc822":
            payload: Any = part.get_payload()
            return str(payload[0].get("Message-ID", "")).strip()
    return ""
