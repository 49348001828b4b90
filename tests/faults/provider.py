"""A provider on a bad day: it refuses, hangs, drops its answer, answers twice, or fails after it took the message."""

from __future__ import annotations

import random
import re
import time
from collections import defaultdict

from tests.servers.twilio_server import Answer, Request, TwilioServer

# How many of a hundred requests are answered so, and whether the message was taken all the same
DAY = (
    (6, Answer(503), False),
    (3, Answer(429, 20429), False),
    (1, Answer(hang=True), True),
    (4, Answer(drop=True), True),
    (2, Answer(500), True),
    (4, Answer(twice=True), True),
    (80, Answer(), True),
)
REFERENCE = re.compile(r"(?:Ref|Neoserra) ([A-Z]{8})")


class BadProvider(TwilioServer):
    """`taken` has the times at which each message, by its reference, was taken; `unanswered` how often nobody heard."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, list[float]] = defaultdict(list)

    def judge(self, request: Request) -> Answer:
        (_, answer, taken), *_ = random.choices(DAY, [weight for weight, *_ in DAY])
        found = REFERENCE.search(request.fields["Body"])
        if taken and found:
            self.taken[found[1]].append(time.time())
        return answer
