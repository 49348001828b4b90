"""What every provider takes, gives back and raises.

A provider knows nothing of accounts, codes or deliveries. One instance serves all threads of a worker: it keeps
its connections open, and gives every socket a timeout.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from config import Settings
from neoserra.models.delivery import Channel

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A text message to one number in E.164. Its `repr` tells the reference alone: no log learns the rest."""

    reference: str
    to: str = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailMessage:
    """A mail to one address; `html` says the same as `text`. Its `repr` tells the reference alone."""

    reference: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


class ProviderError(Exception):
    """A message that was not, or not surely, accepted; raised only as one of the classes below.

    `code` is the provider's own code, empty when it gave none. `explanation` is a sentence that tells an
    administrator what is wrong or what to fix; it never holds the destination, the code or the text. `theirs` tells
    that this one number or mailbox is the reason: the provider is well, and goes on being asked for others.
    """

    def __init__(self, code: str, explanation: str, *, theirs: bool = False) -> None:
        super().__init__(f"{code}: {explanation}" if code else explanation)
        self.code = code
        self.explanation = explanation
        self.theirs = theirs


class TemporaryFailure(ProviderError):
    """Not accepted; a later try may succeed."""


class PermanentFailure(ProviderError):
    """Not accepted, and a later try of the same message would not be either."""


class Misconfigured(PermanentFailure):
    """Not accepted because of our account or sender, whoever the message is for: another provider may take it."""


class UnknownOutcome(ProviderError):
    """The whole message was handed over and the answer was lost: it may or may not arrive."""


MessageT = TypeVar("MessageT", bound=TextMessage | MailMessage)


class Provider(ABC, Generic[MessageT]):
    """Carries messages on its channels. Created once per process and settings, then shared by all threads."""

    name: ClassVar[str]
    channels: ClassVar[frozenset[Channel]]

    @abstractmethod
    def __init__(self, settings: Settings) -> None: ...

    @abstractmethod
    def send(self, message: MessageT) -> str:
        """Hand `message` over once and return the provider's id for it.

        Raises:
            TemporaryFailure, PermanentFailure, UnknownOutcome: as each says.
        """

    def close(self) -> None:
        """Close the connections that no thread is using. The provider can be used again."""
