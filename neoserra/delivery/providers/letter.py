"""A mail as it goes over the wire: Flask-Mail's message, made without an application."""

from __future__ import annotations

import re
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr

from flask_mail import Message

from neoserra import clock
from neoserra.delivery.providers.base import MailMessage, PermanentFailure

ONE_ADDRESS = re.compile(r'[^\s@,;:<>()\[\]\\"]+@[^\s@,;:<>()\[\]\\"]+', re.ASCII)
WIRE = compat32.clone(linesep="\r\n")  # the newer policies parse what is written here, at four times the cost
UTF8 = Charset("utf-8")
UTF8.body_encoding = QP  # Flask-Mail sends eight bits whether or not the server takes them


class Letter(Message):
    """Plain text first, the same in HTML after; `envelope_to` is where it goes.

    The id is made from the reference, so that mailboxes recognize a mail that had to be sent twice.

    Raises:
        PermanentFailure: `to` is not exactly one ASCII address (the domain may be international), or a header would
            get a line of its own making.
    """

    def __init__(self, mail: MailMessage, sender: str) -> None:
        super().__init__(mail.subject, [mail.to], mail.text, mail.html, sender=sender)
        self.envelope_from = parseaddr(sender)[1]
        self.envelope_to = _one_address(mail.to)
        self.msgId = f"<{mail.reference}@{self.envelope_from.rpartition('@')[2]}>"
        if self.has_bad_headers():
            raise PermanentFailure("", "The subject or MAIL_DEFAULT_SENDER holds a line break.")
        self._boundary = f"=_{mail.reference}"  # quoted-printable never has `=_` (RFC 2045, 6.7)

    def _message(self) -> MIMEMultipart:
        message = MIMEMultipart("alternative", self._boundary, policy=WIRE)
        message["Subject"] = Header(self.subject, header_name="Subject").encode(linesep="\r\n")
        message["From"] = formataddr(parseaddr(str(self.sender)))
        message["To"] = self.envelope_to
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = self.msgId
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: keeps holiday answers away
        message["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # the same for Exchange
        for text, subtype in ((self.body, "plain"), (self.html, "html")):
            message.attach(MIMEText(text or "", subtype, UTF8, policy=WIRE))  # type: ignore[arg-type]
        return message


def _one_address(to: str) -> str:
    """`to` as SMTP takes it without SMTPUTF8. Flask-Mail would send to both of `a@b.example, c@d.example`."""
    local, _, domain = to.rpartition("@")
    try:
        address = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        address = ""
    if not address.isascii() or not ONE_ADDRESS.fullmatch(address):
        raise PermanentFailure("", "The account needs one email address in ASCII: correct it there.")
    return address
