"""The delivery status of text messages that SNS writes into CloudWatch Logs (docs.aws.amazon.com/sns, "SMS logs").

Each line is a JSON object; `aws logs tail` and exports put a time before it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from neoserra.delivery.providers import sns_errors
from neoserra.delivery.receipts import Receipt
from neoserra.models import State

STATES = {"SUCCESS": State.DELIVERED, "FAILURE": State.FAILED}
MESSAGE_ID = re.compile(r"[0-9a-f-]{36}")
LONGEST = 10_000  # characters of a line; SNS writes some 500


def read(line: str) -> Receipt | None:
    """What a line says; None when it is no status of a text message."""
    status = _object(line)
    notification, delivery = status.get("notification"), status.get("delivery")
    if not isinstance(notification, dict) or not isinstance(delivery, dict):
        return None
    message_id, state = str(notification.get("messageId")), STATES.get(str(status.get("status")))
    if state is None or not MESSAGE_ID.fullmatch(message_id):
        return None
    response = str(delivery.get("providerResponse") or "")
    return Receipt("sns", message_id, state, explanation=_explanation(state, response))


def _explanation(state: State, response: str) -> str:
    return sns_errors.status(response) if state == State.FAILED else sns_errors.ARRIVED.get(response, "")


def _object(line: str) -> dict[str, Any]:
    """The JSON object at the end of `line`; empty when there is none."""
    start = line.find("{")
    if start < 0 or len(line) > LONGEST:
        return {}
    try:
        value = json.loads(line[start:])
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
