"""RQ's own worker, as it comes, for the same jobs: what ours is held against. Run as `python -m bench.stock_worker`."""

from __future__ import annotations

import config
from neoserra import extensions

extensions.connect(config.from_process())

from rq import Worker  # noqa: E402
from rq.serializers import JSONSerializer  # noqa: E402

import workers.jobs  # noqa: E402, F401  before the fork, or every job would import it
from neoserra.delivery import queues  # noqa: E402

Worker([queues.CODES], connection=extensions.redis, serializer=JSONSerializer).work(logging_level="ERROR")
