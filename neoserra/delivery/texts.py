"""What a message says, written at the moment of sending in the reader's language.

The wording lies in `templates/messages/`. A text message has one wording a line there, the longest first: the first
that fits one segment is sent. A mail has its paragraphs there as plain text; its HTML is made from the same words.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from math import ceil
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from neoserra import clock, extensions, translation
from neoserra.delivery import gsm
from neoserra.delivery.providers.base import MailMessage, TextMessage
from neoserra.identity import codes, configuration, links
from neoserra.models import Account, Channel, Delivery, Message
from neoserra.translation import gettext as _
from neoserra.translation import ngettext

NOBODYS_CODE = "000000"
NEWER_LINK = "A newer link was sent."
FOLDER = Path(__file__).parent.parent.parent / "templates" / "messages"
# The messages that carry a code
PURPOSES = {
    Message.SIGN_IN_CODE: codes.Purpose.SIGN_IN,
    Message.NUMBER_CONFIRMATION: codes.Purpose.MOBILE,
    Message.EMAIL_CONFIRMATION: codes.Purpose.EMAIL,
}
# The messages that carry a link to choose a password
LINKS = {Message.RESET_LINK: links.Kind.RESET, Message.INVITATION: links.Kind.INVITATION}


def render(delivery: Delivery) -> TextMessage | MailMessage | None:
    """The message as it leaves; None when the code that it would carry is over. A link is made here, and lies nowhere
    else.

    Raises:
        links.Superseded: a link that was asked for later lives.
    """
    with translation.speaking(delivery.language, _time_zone(delivery)):
        secret = _secret(delivery)
        if secret is None:
            return None
        values: dict[str, object] = {"reference": delivery.reference, **secret}
        if delivery.channel == Channel.SMS:
            return TextMessage(delivery.reference, delivery.destination, _text_message(delivery, values))
        return _mail(delivery, values | _about(delivery))


def sample(delivery: Delivery) -> TextMessage | MailMessage:
    """A sign-in code as it would read for this row, which need not be written: with a code that is nobody's."""
    with translation.speaking(delivery.language):
        life = ngettext("%(number)s hour", "%(number)s hours", 1)
        values: dict[str, object] = {"reference": delivery.reference, "code": NOBODYS_CODE, "link": "", "life": life}
        if delivery.channel == Channel.SMS:
            return TextMessage(delivery.reference, delivery.destination, _text_message(delivery, values))
        return _mail(delivery, values | _about(delivery))


def _time_zone(delivery: Delivery) -> str:
    """The reader's own. Text messages, which are too short for the time, do without the query."""
    account = _account(delivery.account_id or 0) if delivery.channel == Channel.EMAIL else None
    return account.time_zone if account else ""


def _account(account_id: int) -> Account | None:
    from neoserra.identity import accounts  # and with them all that checks names, which no text message needs

    return accounts.by_id(account_id)


def _secret(delivery: Delivery) -> dict[str, str] | None:
    """What nobody but its reader may learn, and how long it works; None when it is over."""
    if delivery.message in LINKS:
        return _link(delivery)
    if delivery.message not in PURPOSES:
        return {"code": "", "link": ""}
    code = codes.current(owner(delivery))
    return {"code": code, "link": "", "life": _life(delivery.expires_at)} if code and delivery.expires_at else None


def _link(delivery: Delivery) -> dict[str, str]:
    account_id = _whose(delivery)
    account = _account(account_id)
    link = links.issue(account_id, LINKS[delivery.message], delivery.id)
    return {
        "code": "",
        "link": f"{extensions.settings.public_url}/reset/{link.token}",
        "life": _life(link.expires_at),
        "username": account.username if account else "",
    }


def owner(delivery: Delivery) -> codes.Owner:
    """Whose code a message carries. One that confirms a number or address goes nowhere but there.

    Raises:
        LookupError: nobody's.
    """
    purpose = PURPOSES[delivery.message]
    to = "" if purpose == codes.Purpose.SIGN_IN else delivery.destination
    return codes.Owner(_whose(delivery), delivery.browser, purpose, to)


def _whose(delivery: Delivery) -> int:
    if delivery.account_id is None:
        raise LookupError("nobody has been found to get it")
    return delivery.account_id


def _about(delivery: Delivery) -> dict[str, object]:
    """What a mail has room for."""
    saved = configuration.current()
    return {
        "database": extensions.settings.database_name,
        "when": translation.local_time(delivery.created_at),
        "browser": translation.browser_words(delivery.browser_description) or _("an unknown browser"),
        "address": delivery.address,
        "trusted_days": saved.trusted_browser_days,
        "contact": ", ".join(filter(None, (saved.contact_name, saved.contact_email, saved.contact_phone))),
    }


def _life(expires_at: datetime) -> str:
    """How long a code or link still works, in words. A code that is repeated has less than its hour."""
    minutes = ceil((expires_at - clock.now()).total_seconds() / 60)
    if minutes >= 60:
        return ngettext("%(number)s hour", "%(number)s hours", minutes // 60)
    return ngettext("%(number)s minute", "%(number)s minutes", minutes)


def _text_message(delivery: Delivery, values: dict[str, object]) -> str:
    """One segment; the last line of one with a code is what browsers fill it in by (WICG, SMS one-time codes)."""
    wordings = [gsm.plain(line) for line in _rendered(f"{delivery.message}.sms.txt", values).split("\n") if line]
    last_line = f"\n\n@{_host()} #{values['code']}" if values["code"] else ""
    for wording in wordings:
        if gsm.septets(wording + last_line) <= gsm.SEGMENT:
            return wording + last_line
    return wordings[-1]


def _host() -> str:
    return extensions.settings.public_host.encode("idna").decode()


def _mail(delivery: Delivery, values: dict[str, object]) -> MailMessage:
    subject = " ".join(_rendered(f"{delivery.message}.subject.txt", values).split())
    paragraphs = re.split(r"\n\s*\n", _rendered(f"{delivery.message}.email.txt", values))
    frame = {"subject": subject, "paragraphs": paragraphs, "language": translation.language()}
    html = _rendered("frame.html", values | frame)
    return MailMessage(delivery.reference, delivery.destination, subject, "\n\n".join(paragraphs) + "\n", html)


def _rendered(template: str, values: dict[str, object]) -> str:
    return _environment().get_template(template).render(values).strip()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    environment.install_gettext_callables(_, ngettext, newstyle=True)  # type: ignore[attr-defined]  # put there by i18n
    return environment
