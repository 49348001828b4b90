"""The RQ queues: which message goes where, putting references in, and who listens.

RQ takes its key prefix from the environment when it is first imported, and `extensions.connect()` puts it there. So RQ
is imported inside the functions, never at the top of a module that the web process reads before it is connected.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from neoserra import clock, extensions
from neoserra.models import WAITING_STATES, Delivery, Message

if TYPE_CHECKING:
    from rq import Queue

_delivery = Delivery.__table__.c

CODES, LINKS, NOTICES = NAMES = ("codes", "links", "notices")
_NAME_OF = {
    Message.SIGN_IN_CODE: CODES,
    Message.NUMBER_CONFIRMATION: CODES,
    Message.EMAIL_CONFIRMATION: CODES,
    Message.RESET_LINK: LINKS,
    Message.INVITATION: LINKS,
}

JOB = "workers.jobs.deliver"
JOB_SECONDS = 15  # more than a provider needs to connect and to answer
_KEPT_SECONDS = 3600  # a job that waited longer is dropped, and queued anew by the dispatcher
FAILED_SECONDS = 24 * 3600
SILENT_SECONDS = 30  # a worker writes every 2 s


def name_for(message: Message) -> str:
    """Every message that is not in the table is a notice."""
    return _NAME_OF.get(message, NOTICES)


def messages(name: str) -> list[Message]:
    """What goes into the queue `name`."""
    return [message for message in Message if name_for(message) == name]


def is_waited_for(message: Message) -> bool:
    """Somebody sits there until it comes: it carries a code or a link."""
    return name_for(message) != NOTICES


def put(name: str, references: Iterable[str]) -> None:
    """Put deliveries into the queue `name`, in one round trip."""
    queue = _queue(name)
    with extensions.redis.pipeline() as pipeline:
        for reference in references:
            queue.enqueue_call(
                JOB,
                args=[reference],
                job_id=reference,
                description="delivery",  # the default would repeat the arguments
                timeout=JOB_SECONDS,
                ttl=_KEPT_SECONDS,
                result_ttl=0,
                failure_ttl=FAILED_SECONDS,
                pipeline=pipeline,
            )
        pipeline.execute()


def waiting(name: str) -> set[str]:
    """The references that no worker has taken out yet."""
    return set(_queue(name).get_job_ids())


def empty(name: str) -> None:
    """Take everything out that no worker has taken yet. What is still due comes back by the dispatcher."""
    _queue(name).empty()  # type: ignore[no-untyped-call]  # RQ's lack


def key(name: str) -> str:
    """The Redis list of the queue `name`."""
    return str(_queue(name).key)


def oldest_seconds(name: str) -> float:
    """How long the delivery that waits longest has been due; 0 when none waits."""
    due = (
        select(_delivery.next_at)
        .where(_delivery.state.in_(WAITING_STATES), _delivery.message.in_(messages(name)))
        .where(_delivery.next_at <= clock.now())
        .order_by(_delivery.next_at)
        .limit(1)
    )
    with extensions.database.connection() as connection:
        oldest = connection.execute(due).scalar()
    return (clock.now() - oldest).total_seconds() if oldest else 0.0


def unattended() -> list[str]:
    """The queues that no living worker listens to."""
    return [name for name in NAMES if not heartbeats(name)]


def heartbeats(name: str) -> list[datetime]:
    """When each living worker of the queue wrote last; one that was killed stays registered for a while."""
    found: Any = extensions.redis.sort(workers_key(name), by="nosort", get=["*->last_heartbeat"])
    return living(found)


def workers_key(name: str) -> str:
    """The Redis set of the workers of the queue `name`, by the keys of their entries."""
    from rq.worker_registration import WORKERS_BY_QUEUE_KEY

    return str(WORKERS_BY_QUEUE_KEY % name)


def living(texts: Iterable[bytes | None]) -> list[datetime]:
    """Those of these heartbeats, as workers write them, that are not long ago."""
    since = clock.now() - timedelta(seconds=SILENT_SECONDS)
    beats = [datetime.fromisoformat(text.decode()) for text in texts if text]
    return [beat for beat in beats if beat > since]


def _queue(name: str) -> Queue:
    from rq import Queue
    from rq.serializers import JSONSerializer

    return Queue(name, connection=extensions.redis, serializer=JSONSerializer)
