"""A web process that does nothing but send codes, and now and then dies right after the commit.

Run as `python -m tests.faults.web`, until it is killed.
"""

from __future__ import annotations

import os
import random
import secrets
import time
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

import config
from neoserra import extensions
from neoserra.delivery import queues, sending
from neoserra.identity import accounts
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Message

DEATHS = 0.01
NOTICES = 0.1
PAUSE_SECONDS = 0.03


def main() -> None:
    extensions.connect(config.from_process())
    put = queues.put

    def put_or_die(*arguments: Any) -> None:
        if random.random() < DEATHS:
            os._exit(1)
        put(*arguments)

    queues.put = put_or_die  # type: ignore[assignment]
    people = [account for number in range(20) if (account := accounts.find(f"p{number}"))]
    while True:
        _send(random.choice(people))
        time.sleep(PAUSE_SECONDS)


def _send(account: Account) -> None:
    visitor = Visitor("192.0.2.1", secrets.token_urlsafe(32), "Firefox on Linux", "")
    try:
        if random.random() < NOTICES:
            sending.send_notice(account, Message.PASSWORD_RESET, visitor)
        else:
            sending.send_code(account, Purpose.SIGN_IN, visitor)
    except (
        RedisError,
        SQLAlchemyError,
        sending.SendingRefused,
    ):  # Redis is away: a person would be shown a page that says so
        time.sleep(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
