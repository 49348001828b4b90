"""The providers by name: `provider("twilio")` is the one instance of this process, until `close()`."""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

from config import Settings
from neoserra import extensions
from neoserra.delivery.providers.base import Provider

# The class of each, in a module that is imported when the provider is first used: some need megabytes of libraries.
PROVIDERS = {
    "twilio": "twilio.TwilioProvider",
    "sns": "sns.SnsProvider",
    "smtp": "smtp.SmtpProvider",
    "outbox": "outbox.OutboxProvider",
}
_ready: dict[tuple[str, Settings], Provider[Any]] = {}


def provider(name: str) -> Provider[Any]:
    """The shared provider called `name`, set up from the settings of this process.

    Raises:
        KeyError: there is none of that name.
    """
    key = name, extensions.settings
    return _ready.get(key) or _ready.setdefault(key, _class(name)(extensions.settings))


def close() -> None:
    """Close every connection to a provider: at the end of a process."""
    while _ready:
        _ready.popitem()[1].close()


def _class(name: str) -> type[Provider[Any]]:
    module, _, class_name = PROVIDERS[name].partition(".")
    return cast("type[Provider[Any]]", getattr(import_module(f"{__name__}.{module}"), class_name))
