"""What SNS writes into CloudWatch Logs about text messages, piped in: a line of JSON a message."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from neoserra.delivery import receipts, sns_statuses
from neoserra.delivery.receipts import Receipt

PAUSE_SECONDS = 1.0

log = logging.getLogger(__name__)


def run(file: str = "") -> None:
    """Take every line of a file, or of standard input until it ends."""
    with Path(file).open("rb") if file else nullcontext(sys.stdin.buffer) as lines:
        take(line.decode(errors="replace") for line in lines)


def take(lines: Iterable[str]) -> None:
    """Whatever is no status is passed over, and counted."""
    statuses = ours = others = 0
    for line in lines:
        if receipt := sns_statuses.read(line):
            statuses += 1
            ours += _taken(receipt)
        elif line.strip():
            others += 1
    log.info("SNS delivery statuses", extra={"statuses": statuses, "ours": ours, "other lines": others})


def _taken(receipt: Receipt) -> bool:
    """Whether it was ours; waits while the database or Redis is away, because the line will not come again."""
    while True:
        try:
            return receipts.take(receipt)
        except (RedisError, SQLAlchemyError) as error:
            log.warning("an SNS delivery status waits: %s", type(error).__name__)
            time.sleep(PAUSE_SECONDS)
