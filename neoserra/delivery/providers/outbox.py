"""Development and testing only: "sends" by writing a file, and simulates each failure on request, for those alone who
have the number or mailbox that asks for it.

One JSON file a message in the folder `outbox` of DATA, newest name last; the outbox page shows them.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config import Settings
from neoserra import clock, extensions
from neoserra.delivery.providers.base import (
    MailMessage,
    PermanentFailure,
    Provider,
    TemporaryFailure,
    TextMessage,
    UnknownOutcome,
)
from neoserra.models.delivery import Channel
from neoserra.translation import lazy_gettext as _

KEPT = 500
SLOW_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Simulation:
    """What happens to messages to `number`, and to mail for `local_part` at any domain."""

    name: str
    number: str
    local_part: str
    description: str


# The numbers are among those set aside for fiction, +1 202-555-0100 to 0199.
SIMULATIONS = (
    Simulation("invalid", "+12025550181", "invalid", _("refused for good: no such number or mailbox")),
    Simulation("opted out", "+12025550182", "opted-out", _("refused for good: the person wants no messages")),
    Simulation("unavailable", "+12025550183", "unavailable", _("refused for now, however often it is tried")),
    Simulation("third time", "+12025550184", "third-time", _("refused for now twice, then sent")),
    Simulation("answer lost", "+12025550185", "answer-lost", _("sent, but the provider's answer is lost")),
    Simulation("slow", "+12025550186", "slow", _("sent after three seconds")),
)


class OutboxProvider(Provider[TextMessage | MailMessage]):
    name = "outbox"
    channels = frozenset({Channel.SMS, Channel.EMAIL})

    def __init__(self, settings: Settings) -> None:
        self._folder = _folder(settings)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def send(self, message: TextMessage | MailMessage) -> str:
        simulated = _simulation(message.to)
        if simulated == "invalid":
            raise PermanentFailure("invalid", "Simulated: the number or mailbox does not exist.")
        if simulated == "opted out":
            raise PermanentFailure("opted-out", "Simulated: the person wants no messages.")
        if simulated == "unavailable" or (simulated == "third time" and self._tries(message.reference) < 3):
            raise TemporaryFailure("unavailable", "Simulated: the provider is not available.", theirs=True)
        if simulated == "slow":
            time.sleep(SLOW_SECONDS)
        self._write(message)
        if simulated == "answer lost":
            raise UnknownOutcome("", "Simulated: the provider's answer was lost.", theirs=True)
        return f"outbox-{message.reference}"

    def _tries(self, reference: str) -> int:
        """Count one more on disk, because the next may be another process's, and return how many there were."""
        with (self._folder / f"{reference}.tries").open("ab") as tries:
            tries.write(b".")
            return tries.tell()

    def _write(self, message: TextMessage | MailMessage) -> None:
        name = f"{time.time_ns():020}-{message.reference}"
        unfinished = self._folder / f"{name}.part"
        unfinished.write_text(json.dumps(_record(message)), "utf-8")
        unfinished.replace(self._folder / f"{name}.json")
        for old in _files(self._folder)[KEPT:]:
            old.unlink(missing_ok=True)


def sent() -> list[dict[str, Any]]:
    """What was "sent", newest first: channel, to, subject, text, html, reference, at (ISO, UTC)."""
    records = []
    for file in _files(_folder(extensions.settings)):
        try:
            records.append(json.loads(file.read_text("utf-8")))
        except FileNotFoundError:
            continue  # another process has just dropped it as too old
    return records


def _folder(settings: Settings) -> Path:
    return settings.data / "outbox"


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.json"), reverse=True)


def _simulation(to: str) -> str:
    names = {key: known.name for known in SIMULATIONS for key in (known.number, known.local_part)}
    return names.get(to.partition("@")[0].lower(), "")


def _record(message: TextMessage | MailMessage) -> dict[str, str | None]:
    common = {"to": message.to, "reference": message.reference, "at": clock.now().isoformat()}
    if isinstance(message, TextMessage):
        return {"channel": Channel.SMS, "subject": None, "text": message.body, "html": None, **common}
    mail = {"channel": Channel.EMAIL, "subject": message.subject, "text": message.text, "html": message.html}
    return {**mail, **common}
