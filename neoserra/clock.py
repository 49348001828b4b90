"""The one clock. Everything that asks the time asks here, so that a test can move it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time in UTC, aware."""
    return datetime.now(UTC)


def timestamp() -> float:
    """Seconds since 1970 in UTC."""
    return now().timestamp()
