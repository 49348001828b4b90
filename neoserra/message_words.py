"""Messages in words: what each of them is called, and where one went."""

from __future__ import annotations

from neoserra.delivery import texts
from neoserra.identity import names, phone_numbers
from neoserra.models import Channel, Delivery, Message
from neoserra.translation import gettext as _

CARRIES_CODE = frozenset(texts.PURPOSES)


def message(of: Message) -> str:
    return messages().get(of, of)


def messages() -> dict[Message, str]:
    """Every message in words, in the order of the enumeration."""
    return {
        Message.SIGN_IN_CODE: _("Sign-in code"),
        Message.NUMBER_CONFIRMATION: _("Code to confirm a mobile number"),
        Message.EMAIL_CONFIRMATION: _("Code to confirm an email address"),
        Message.ACCOUNT_LOCKED: _("Notice: account locked"),
        Message.BROWSER_TRUSTED: _("Notice: new browser"),
        Message.MOBILE_CHANGED: _("Notice: mobile number changed"),
        Message.MOBILE_REMOVED: _("Notice: mobile number removed"),
        Message.EMAIL_CHANGED: _("Notice: email address changed"),
        Message.PASSWORD_CHANGED: _("Notice: password changed"),
        Message.PASSWORD_RESET: _("Notice: password reset"),
        Message.RESET_LINK: _("Password link"),
        Message.INVITATION: _("Invitation"),
        Message.MOBILE_REPLACED: _("Notice: mobile number changed by an administrator"),
        Message.EMAIL_REPLACED: _("Notice: email address changed by an administrator"),
        Message.ROLE_CHANGED: _("Notice: role changed"),
        Message.ACCOUNT_INACTIVATED: _("Notice: account inactive"),
        Message.ACCOUNT_ACTIVATED: _("Notice: account active again"),
        Message.TEST_MESSAGE: _("Test message"),
    }


def destination(of: Delivery) -> str:
    """By which way and where to, as much of it as its owner recognises."""
    number = phone_numbers.masked_mobile(of.destination)
    return {
        Channel.SMS: _("Text message to %(destination)s", destination=number),
        Channel.EMAIL: _("Email to %(destination)s", destination=names.masked_email(of.destination)),
    }.get(of.channel, f"{of.channel}: {number}")
