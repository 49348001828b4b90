"""What would become of a code to a number or address: how it is read, who would carry it, what bounds it, its words."""

from __future__ import annotations

from dataclasses import dataclass

from neoserra import clock
from neoserra.delivery import bounds, breakers, from_administrators, gsm, outbox, routing, sending, texts
from neoserra.delivery.providers.base import MailMessage, TextMessage
from neoserra.identity import accounts, names, phone_numbers
from neoserra.identity.phone_numbers import BadNumber
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, Channel, Delivery, Message


@dataclass(frozen=True, slots=True)
class WhatIf:
    """`kind` and `country` are those of a number; `problem` is why nothing would be sent there.

    `providers` are in the order in which they are asked, without those `failing` just now; `bounds` tells of each how
    many were sent in the last hour and how many may be.
    """

    channel: Channel
    destination: str
    kind: int | None
    country: str
    problem: BadNumber | None
    account: Account | None
    providers: tuple[str, ...]
    failing: set[str]
    bounds: dict[bounds.Reason, tuple[int, int]]
    message: TextMessage | MailMessage

    @property
    def septets(self) -> int:
        """The room that a text message takes, of `gsm.SEGMENT` in one segment; 0 for a mail."""
        return gsm.septets(self.message.body) if isinstance(self.message, TextMessage) else 0


def look(typed: str) -> WhatIf:
    """Sends nothing and counts nothing.

    Raises:
        BadNumber, names.BadEmail: neither a number nor an address.
    """
    return _address(names.email(typed)) if "@" in typed else _number(phone_numbers.read(typed))


def send_test(found: WhatIf, by: Actor) -> Delivery:
    """Send a test message there, to whoever has it on file or to nobody's.

    Raises:
        bounds.Full: enough was sent there, or by this database, in the last hour.
    """
    bounds.take_test(found.channel, found.destination)
    return from_administrators.put_test_message(found.account, (found.channel, found.destination), by)


def _address(email: str) -> WhatIf:
    return _look(Channel.EMAIL, email, accounts.find(email))


def _number(reading: phone_numbers.Reading) -> WhatIf:
    owner = accounts.with_mobile(reading.e164)
    return _look(Channel.SMS, reading.e164, owner, reading.kind, reading.country, reading.problem)


def _look(
    channel: Channel,
    destination: str,
    account: Account | None,
    kind: int | None = None,
    country: str = "",
    problem: BadNumber | None = None,
) -> WhatIf:
    open_until = breakers.open_until(routing.names_for(channel))
    return WhatIf(
        channel=channel,
        destination=destination,
        kind=kind,
        country=country,
        problem=problem,
        account=account,
        providers=routing.names_for(channel),
        failing={name for name, until in open_until.items() if until > clock.timestamp()},
        bounds=bounds.counted(channel, destination, account.id if account else None),
        message=texts.sample(_code(account, (channel, destination))),
    )


def _code(account: Account | None, way: sending.Way) -> Delivery:
    """As if nobody's browser had asked for one; it is not written."""
    nobody = Visitor(address="\N{HORIZONTAL ELLIPSIS}", browser="", description="", request_id="")
    delivery = sending.new_delivery(account, Message.SIGN_IN_CODE, way, nobody)
    delivery.reference = outbox.new_reference()
    return delivery
