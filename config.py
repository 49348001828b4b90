"""Every setting of the product, read from the environment and checked in one place.

`Settings.from_environment()` either returns a complete `Settings` or raises one `SettingsError` that names everything
that is missing or unsafe, so that an operator repairs a deployment in one go.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import phonenumbers
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ENVIRONMENTS = ("development", "testing", "production")
SECRET_KEY_BYTES = 32
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
TWILIO_API = "https://api.twilio.com"

T = TypeVar("T")


class SettingsError(Exception):
    """Settings that are missing or unsafe; `problems` holds a sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("Neoserra cannot start:\n" + "\n".join(f"  * {problem}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """What `interface.md` calls the settings, under the same names in lower case."""

    environment: str
    secret_key: str = field(repr=False)
    secret_key_fallbacks: tuple[str, ...] = field(repr=False)
    database_name: str
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    redis_prefix: str
    rq_key_prefix: str
    public_url: str
    data: Path
    mail_server: str
    mail_port: int
    mail_use_tls: bool
    mail_use_ssl: bool
    mail_username: str
    mail_password: str = field(repr=False)
    mail_default_sender: str
    sms_providers: tuple[str, ...]
    twilio_account_sid: str
    twilio_auth_token: str = field(repr=False)
    twilio_from: str
    twilio_messaging_service_sid: str
    twilio_api_base: str
    aws_region: str
    aws_access_key_id: str
    aws_secret_access_key: str = field(repr=False)
    aws_endpoint_url_sns: str
    phone_region: str
    sms_countries: frozenset[str]
    send_gap_seconds: int
    sends_per_account_hour: int
    sends_per_destination_hour: int
    sends_per_address_hour: int
    sends_per_database_hour: int
    failures_per_address: int
    failures_per_address_seconds: int
    proxy_hops: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check `environ`.

        Raises:
            SettingsError: names every missing or unsafe setting.
        """
        reader = _Reader(environ)
        settings = _read(reader)
        unsafe = [problem for problem in _unsafe(settings) if not problem.startswith(tuple(reader.missing))]
        problems = reader.problems + unsafe
        if problems:
            raise SettingsError(problems)
        return settings

    @property
    def production(self) -> bool:
        return self.environment == "production"

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def public_host(self) -> str:
        """Host of `PUBLIC_URL` without scheme or port: the host in the autofill line of a text message."""
        return urlsplit(self.public_url).hostname or ""

    @property
    def mail_servers(self) -> tuple[str, ...]:
        """The servers that `MAIL_SERVER` names, the preferred one first."""
        return tuple(name.strip() for name in self.mail_server.split(",") if name.strip())

    def host_cookie(self, name: str) -> str:
        """`__Host-` ties a cookie to this host alone; browsers take it over https only (RFC 6265bis, 4.1.3.2)."""
        return f"__Host-{name}" if self.https else name

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The key in use, then those still accepted while rotating."""
        return (self.secret_key, *self.secret_key_fallbacks)


def load_env_file(path: Path, environ: dict[str, str] | os._Environ[str] = os.environ) -> None:
    """Put the `NAME=value` lines of `path` into `environ`; what the environment already has wins."""
    if not path.is_file():
        return
    for line in path.read_text("utf-8").splitlines():
        name, separator, value = line.strip().partition("=")
        if separator and not name.startswith("#"):
            environ.setdefault(name.strip(), value.strip().strip("\"'"))


def from_process() -> Settings:
    """The settings of this process: its environment and, outside production, the file `.env`."""
    if os.environ.get("NEOSERRA_ENV", "production") != "production":
        load_env_file(Path(__file__).with_name(".env"))
    return Settings.from_environment(os.environ)


class _Reader:
    """Reads typed values and collects a sentence for each that is missing or has the wrong form."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[str] = []
        self.missing: set[str] = set()
        self.environment = self.text("NEOSERRA_ENV", "production")

    def text(self, name: str, default: str | None = None, *, instead: str | None = None) -> str:
        """The value of `name`; `instead` is a default for development and testing alone."""
        value = self.environ.get(name, "").strip()
        if value:
            return value
        if instead is not None and self.environment != "production":
            return instead
        if default is None:
            self.missing.add(name)
            self.problems.append(f"{name} is missing.")
            return ""
        return default

    def items(self, name: str, default: str | None = None, *, instead: str | None = None) -> tuple[str, ...]:
        value = self.text(name, default, instead=instead)
        return tuple(item.strip() for item in value.split(",") if item.strip())

    def _parsed(self, name: str, default: T, parse: Callable[[str], T], form: str) -> T:
        value = self.environ.get(name, "").strip()
        if not value:
            return default
        try:
            return parse(value)
        except (KeyError, ValueError):
            self.problems.append(f"{name} must be {form}, not {value!r}.")
            return default

    def number(self, name: str, default: int, least: int = 0) -> int:
        def parse(value: str) -> int:
            number = int(value)
            if number < least:
                raise ValueError
            return number

        return self._parsed(name, default, parse, f"a whole number of at least {least}")

    def flag(self, name: str, default: bool = False) -> bool:
        words = dict.fromkeys(("1", "true", "yes", "on"), True) | dict.fromkeys(("0", "false", "no", "off"), False)
        return self._parsed(name, default, lambda value: words[value.lower()], "true or false")

    def rate(self, name: str, default: tuple[int, int]) -> tuple[int, int]:
        def parse(value: str) -> tuple[int, int]:
            count, seconds = (int(part) for part in value.split("/"))
            if count < 1 or seconds < 1:
                raise ValueError
            return count, seconds

        return self._parsed(name, default, parse, "a count and seconds, like 30/600")


def _read(reader: _Reader) -> Settings:
    text, number = reader.text, reader.number
    database_name = text("DATABASE_NAME", instead="Demonstration SBDC")
    redis_prefix = text("REDIS_PREFIX", "")
    failures, failures_seconds = reader.rate("FAILURES_PER_ADDRESS", (30, 600))
    region = text("PHONE_REGION", "US").upper()
    return Settings(
        environment=reader.environment,
        secret_key=text("SECRET_KEY"),
        secret_key_fallbacks=reader.items("SECRET_KEY_FALLBACKS", ""),
        database_name=database_name,
        database_url=text("DATABASE_URL"),
        redis_url=text("REDIS_URL"),
        redis_prefix=redis_prefix or re.sub(r"[^a-z0-9]+", "-", database_name.lower()).strip("-") or "neoserra",
        rq_key_prefix=text("RQ_KEY_PREFIX", f"{redis_prefix}:rq" if redis_prefix else "rq"),
        public_url=text("PUBLIC_URL", instead="http://localhost:8000").rstrip("/"),
        data=Path(text("DATA", "var")).resolve(),
        mail_server=text("MAIL_SERVER", instead=""),
        mail_port=number("MAIL_PORT", 25, least=1),
        mail_use_tls=reader.flag("MAIL_USE_TLS"),
        mail_use_ssl=reader.flag("MAIL_USE_SSL"),
        mail_username=text("MAIL_USERNAME", ""),
        mail_password=text("MAIL_PASSWORD", ""),
        mail_default_sender=text("MAIL_DEFAULT_SENDER", instead="Neoserra <no-reply@example.org>"),
        sms_providers=reader.items("SMS_PROVIDERS", instead="outbox"),
        twilio_account_sid=text("TWILIO_ACCOUNT_SID", ""),
        twilio_auth_token=text("TWILIO_AUTH_TOKEN", ""),
        twilio_from=text("TWILIO_FROM", ""),
        twilio_messaging_service_sid=text("TWILIO_MESSAGING_SERVICE_SID", ""),
        twilio_api_base=text("TWILIO_API_BASE", TWILIO_API).rstrip("/"),
        aws_region=text("AWS_REGION", ""),
        aws_access_key_id=text("AWS_ACCESS_KEY_ID", ""),
        aws_secret_access_key=text("AWS_SECRET_ACCESS_KEY", ""),
        aws_endpoint_url_sns=text("AWS_ENDPOINT_URL_SNS", "").rstrip("/"),
        phone_region=region,
        sms_countries=frozenset(name.upper() for name in reader.items("SMS_COUNTRIES", region)),
        send_gap_seconds=number("SEND_GAP_SECONDS", 30),
        sends_per_account_hour=number("SENDS_PER_ACCOUNT_HOUR", 5, least=1),
        sends_per_destination_hour=number("SENDS_PER_DESTINATION_HOUR", 5, least=1),
        sends_per_address_hour=number("SENDS_PER_ADDRESS_HOUR", 60, least=1),
        sends_per_database_hour=number("SENDS_PER_DATABASE_HOUR", 2000),
        failures_per_address=failures,
        failures_per_address_seconds=failures_seconds,
        proxy_hops=number("PROXY_HOPS", 0),
    )


def _unsafe(settings: Settings) -> list[str]:
    """A sentence for each setting that is complete and still cannot be used."""
    return [
        sentence
        for check in (_environment, _keys, _database, _urls, _phones, _sms, _mail)
        for sentence in check(settings)
    ]


def _environment(settings: Settings) -> list[str]:
    if settings.environment in ENVIRONMENTS:
        return []
    return [f"NEOSERRA_ENV must be one of {', '.join(ENVIRONMENTS)}, not {settings.environment!r}."]


def _keys(settings: Settings) -> list[str]:
    """ASVS 11.2.3, 13.3.1: enough bytes, and not one word said over and over."""
    weak = any(len(key.encode()) < SECRET_KEY_BYTES or len(set(key)) < 10 for key in settings.secret_keys)
    return [f"SECRET_KEY and SECRET_KEY_FALLBACKS need at least {SECRET_KEY_BYTES} random bytes each."] if weak else []


def _database(settings: Settings) -> list[str]:
    try:
        driver = make_url(settings.database_url).drivername
    except ArgumentError:
        driver = ""
    if driver in ("sqlite", "postgresql+psycopg"):
        return []
    return ["DATABASE_URL must be sqlite:///… or postgresql+psycopg://…."]


def _urls(settings: Settings) -> list[str]:
    problems = []
    public = urlsplit(settings.public_url)
    if public.scheme not in ("http", "https") or not public.hostname or public.path or public.query:
        problems.append("PUBLIC_URL must be an address without a path, like https://crm.example.org.")
    elif settings.production and public.scheme != "https":
        problems.append("PUBLIC_URL must begin with https:// in production.")
    return problems + _redis(settings)


def _redis(settings: Settings) -> list[str]:
    """ASVS 12.3.1, 13.2.3: a Redis that other machines reach needs a password."""
    redis = urlsplit(settings.redis_url)
    if redis.scheme not in ("redis", "rediss", "unix", "redis+sentinel"):
        return ["REDIS_URL must begin with redis://, rediss://, unix:// or redis+sentinel://."]
    local = redis.scheme == "unix" or ("," not in redis.netloc and redis.hostname in LOOPBACK)
    if settings.production and not local and not redis.password:
        return ["REDIS_URL needs a password when Redis is not on this machine."]
    return []


def _phones(settings: Settings) -> list[str]:
    unknown = {settings.phone_region, *settings.sms_countries} - phonenumbers.SUPPORTED_REGIONS
    return [f"PHONE_REGION and SMS_COUNTRIES name no region known as {', '.join(sorted(unknown))}."] if unknown else []


def _sms(settings: Settings) -> list[str]:
    problems = []
    unknown = set(settings.sms_providers) - {"twilio", "sns", "outbox"}
    if unknown or not settings.sms_providers:
        problems.append("SMS_PROVIDERS must name twilio or sns (or outbox in development and testing).")
    if "outbox" in settings.sms_providers and settings.production:
        problems.append("SMS_PROVIDERS must not name outbox in production: it sends nothing.")
    if "twilio" in settings.sms_providers:
        problems += _twilio(settings)
    if "sns" in settings.sms_providers:
        problems += _sns(settings)
    return problems


def _twilio(settings: Settings) -> list[str]:
    needed = {
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token,
    }
    needed["TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID"] = (
        settings.twilio_from or settings.twilio_messaging_service_sid
    )
    problems = [f"{name} is missing." for name, value in needed.items() if not value]
    if not settings.twilio_api_base.startswith("https://") and settings.production:
        problems.append("TWILIO_API_BASE must begin with https:// in production.")
    return problems


def _sns(settings: Settings) -> list[str]:
    """The credentials may be missing: a machine of AWS has a role instead."""
    problems = [] if settings.aws_region else ["AWS_REGION is missing."]
    if bool(settings.aws_access_key_id) != bool(settings.aws_secret_access_key):
        problems.append("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together.")
    endpoint = settings.aws_endpoint_url_sns
    if endpoint and not endpoint.startswith("https://") and settings.production:
        problems.append("AWS_ENDPOINT_URL_SNS must begin with https:// in production.")
    return problems


def _mail(settings: Settings) -> list[str]:
    problems = []
    if settings.mail_use_tls and settings.mail_use_ssl:
        problems.append("MAIL_USE_TLS and MAIL_USE_SSL exclude each other.")
    if settings.production and not (
        settings.mail_use_tls or settings.mail_use_ssl or LOOPBACK.issuperset(settings.mail_servers)
    ):
        problems.append("MAIL_USE_TLS or MAIL_USE_SSL is needed when the mail server is not on this machine.")
    return problems
