"""Settings: all that is wrong is named at once, and production takes nothing unsafe."""

from pathlib import Path

import pytest

import config
from config import Settings, SettingsError

PRODUCTION = {
    "SECRET_KEY": "kR7-4xVq1fZpL0sWmN8tYbC3hJ6dGaEu",
    "DATABASE_NAME": "Central Coast SBDC",
    "DATABASE_URL": "postgresql+psycopg://neoserra@db.example.org/neoserra",
    "REDIS_URL": "rediss://:secret@redis.example.org:6380/0",
    "PUBLIC_URL": "https://crm.example.org",
    "MAIL_SERVER": "smtp.example.org",
    "MAIL_USE_TLS": "true",
    "MAIL_DEFAULT_SENDER": "Neoserra <no-reply@example.org>",
    "SMS_PROVIDERS": "twilio",
    "TWILIO_ACCOUNT_SID": "AC0123",
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM": "+12025550100",
}


def problems(**changes: str) -> str:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(PRODUCTION | changes)
    return "\n".join(refusal.value.problems)


def test_production_is_the_default_and_starts_when_all_is_given() -> None:
    settings = Settings.from_environment(PRODUCTION)
    assert settings.production
    assert settings.https
    assert settings.host_cookie("session") == "__Host-session"
    assert settings.redis_prefix == "central-coast-sbdc"
    assert (settings.failures_per_address, settings.failures_per_address_seconds) == (30, 600)


def test_everything_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({})
    for name in PRODUCTION:
        if name.startswith(("TWILIO", "MAIL_USE")):
            continue
        assert name in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "dev"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY_FALLBACKS", "short"),
        ("PUBLIC_URL", "http://crm.example.org"),
        ("PUBLIC_URL", "https://crm.example.org/path"),
        ("REDIS_URL", "redis://redis.example.org:6379/0"),
        ("REDIS_URL", "http://redis"),
        ("DATABASE_URL", "mysql://db"),
        ("DATABASE_URL", "nonsense"),
        ("SMS_PROVIDERS", "outbox"),
        ("SMS_PROVIDERS", "pigeon"),
        ("TWILIO_AUTH_TOKEN", ""),
        ("TWILIO_API_BASE", "http://twilio.example.org"),
        ("MAIL_USE_TLS", "false"),
        ("MAIL_USE_TLS", "perhaps"),
        ("MAIL_PORT", "none"),
        ("SEND_GAP_SECONDS", "-1"),
        ("FAILURES_PER_ADDRESS", "30"),
        ("PHONE_REGION", "XX"),
        ("NEOSERRA_ENV", "staging"),
    ],
)
def test_an_unsafe_or_odd_value_is_named(name: str, value: str) -> None:
    assert name in problems(**{name: value})


def test_no_secret_is_in_the_text_of_the_settings() -> None:
    shown = repr(Settings.from_environment(PRODUCTION))
    for name in ("SECRET_KEY", "REDIS_URL", "DATABASE_URL", "TWILIO_AUTH_TOKEN"):
        assert PRODUCTION[name] not in shown


def test_databases_that_share_a_redis_are_kept_apart_by_a_prefix() -> None:
    assert Settings.from_environment(PRODUCTION).rq_key_prefix == "rq"
    assert Settings.from_environment(PRODUCTION | {"REDIS_PREFIX": "east"}).rq_key_prefix == "east:rq"


def test_the_environment_goes_before_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# a comment\nPORT=1\nNAME = 'quoted'\n\n")
    environ = {"PORT": "2"}
    config.load_env_file(tmp_path / ".env", environ)
    assert environ == {"PORT": "2", "NAME": "quoted"}
