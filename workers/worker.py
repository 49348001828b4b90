"""The RQ worker of one queue: takes jobs out, claims their deliveries, many at a time, and stands in RQ's list.

Import this module after `extensions.connect()`: RQ reads its key prefix once.

A job goes from its queue into RQ's intermediate queue, and is deleted as soon as its delivery is claimed: from then on
the row tells everything. A process killed in between loses nothing, because the row is still due.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from redis.exceptions import RedisError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker, WorkerStatus
from sqlalchemy.exc import SQLAlchemyError

from neoserra import extensions, measures, redis_client, version
from neoserra.delivery import leases, pauses, providers, queues, worker_states
from workers.jobs import JOBS
from workers.lanes import Lanes
from workers.supervisor import stop_requests

WORKER_SECONDS = 20  # the entry of a worker that is not heard from is kept a minute longer
ANSWER_SECONDS = 3.0  # of Redis: longer than the wait for a job
WAIT_SECONDS = 1
BEAT_SECONDS = 2.0
CLEAN_BEATS = 15  # so many beats from one look for what dead workers left behind in Redis to the next
PAUSE_SECONDS = 0.5  # until the next attempt, while Redis or the database is away
STOP_SECONDS = 25.0  # less than the supervisor's grace

log = logging.getLogger(__name__)


class ForgedJob(Exception):
    """A job that we did not put there. It is not run, but logged and moved to RQ's failed ones."""


class AllowedJob(Job):
    """A job that runs one of `JOBS`. It reads only that from Redis: no callbacks, webhooks, retries or repeats."""

    def restore(self, raw_data: Mapping[bytes, bytes]) -> None:
        super().restore({name: raw_data[name] for name in (b"data", b"origin") if name in raw_data})
        self.timeout, self.result_ttl, self.failure_ttl = queues.JOB_SECONDS, 0, queues.FAILED_SECONDS

    @property
    def func(self) -> Callable[..., Any]:
        if self.instance is not None or self.func_name not in JOBS:
            raise ForgedJob
        return JOBS[self.func_name]

    @property
    def reference(self) -> str:
        """What to deliver.

        Raises:
            ForgedJob, rq.exceptions.DeserializationError: the job is not ours.
        """
        if JOBS.get(queues.JOB) is not self.func or len(self.args) != 1 or not isinstance(self.args[0], str):
            raise ForgedJob
        return str(self.args[0])


class DeliveryWorker(BaseWorker):
    job_class = AllowedJob

    def __init__(self, queue: str) -> None:
        super().__init__(
            [queue],
            connection=redis_client.connect(extensions.settings.redis_url, answer_seconds=ANSWER_SECONDS),
            serializer=JSONSerializer,
            worker_ttl=WORKER_SECONDS,
        )
        self._queue = self.queues[0]
        self._waiting = 0  # how many were left in the queue when it was last looked at
        self._pause = pauses.Watch(queue)
        self._lanes = Lanes()
        self._counted = self._counted_failed = 0  # of what the lanes have carried, so many have been told to Redis
        self._stop = threading.Event()
        self._ended = threading.Event()

    def run(self) -> None:
        """Deliver until `stop()`; what is in hand then comes to its end."""
        self.register_birth()  # type: ignore[no-untyped-call]  # RQ's lack
        self.set_state(WorkerStatus.IDLE)
        beating = threading.Thread(target=self._beat_until_ended, name="heartbeat", daemon=True)
        beating.start()
        while not self._stop.is_set():
            if room := self._lanes.wait_for_room(WAIT_SECONDS):
                self._work_if_possible(room)
        self._lanes.close(STOP_SECONDS)
        self._ended.set()
        beating.join()
        measures.flush()
        self.register_death()  # type: ignore[no-untyped-call]  # RQ's lack

    def stop(self) -> None:
        self._stop.set()

    def _work_if_possible(self, room: int) -> None:
        try:
            if self._pause.paused():
                self._stop.wait(pauses.LOOK_SECONDS)
            elif job_ids := self._take(room):
                self._start(job_ids)
        except (RedisError, SQLAlchemyError) as error:
            log.warning("the worker waits: %s", type(error).__name__)
            self._waiting = 0
            self._stop.wait(PAUSE_SECONDS)

    def _take(self, most: int) -> list[str]:
        """The ids of jobs that are in the intermediate queue now; waits a while for one when none is known of."""
        source, target = self._queue.key, self._queue.intermediate_queue_key
        if not self._waiting:
            found: Any = self.connection.blmove(source, target, WAIT_SECONDS)
            return [_text(found)] if found else []
        with self.connection.pipeline(transaction=False) as pipeline:
            for _ in range(min(most, self._waiting)):
                pipeline.lmove(source, target)
            return [_text(job_id) for job_id in pipeline.execute() if job_id]

    def _start(self, job_ids: Sequence[str]) -> None:
        jobs = self._fetch(job_ids)
        references = {job.id: reference for job in jobs if (reference := self._reference(job))}
        try:
            self._lanes.start(leases.claim(list(references.values())))
        finally:
            self._forget(job_ids, references)

    def _fetch(self, job_ids: Sequence[str]) -> list[AllowedJob]:
        with self.connection.pipeline(transaction=False) as pipeline:
            for job_id in job_ids:
                pipeline.hmget(Job.key_for(job_id), "data", "origin")
            pipeline.llen(self._queue.key)
            *found, self._waiting = pipeline.execute()
        return [self._job(job_id, *values) for job_id, values in zip(job_ids, found, strict=True) if values[0]]

    def _job(self, job_id: str, data: bytes, origin: bytes) -> AllowedJob:
        job = AllowedJob(job_id, connection=self.connection, serializer=JSONSerializer)
        job.restore({b"data": data, b"origin": origin})
        return job

    def _reference(self, job: AllowedJob) -> str:
        """What to deliver; empty for a job that is none of ours."""
        try:
            return job.reference
        except Exception as error:  # whatever may be in there
            log.exception("a job was refused", extra={"job": job.id})
            self.handle_job_failure(job, self._queue, exc_string=type(error).__name__)
            return ""

    def _forget(self, job_ids: Iterable[str], finished: Iterable[str]) -> None:
        with self.connection.pipeline(transaction=False) as pipeline:
            for job_id in job_ids:
                pipeline.lrem(self._queue.intermediate_queue_key, 1, job_id)
            if keys := [Job.key_for(job_id) for job_id in finished]:
                pipeline.delete(*keys)
            pipeline.execute()

    def _beat_until_ended(self) -> None:
        beats = 0
        while not self._ended.wait(BEAT_SECONDS):
            beats += 1
            try:
                self._lanes.prolong()
                self._beat()
                measures.flush()
                if beats % CLEAN_BEATS == 0:
                    self.clean_registries()  # type: ignore[no-untyped-call]  # RQ's lack
            except (RedisError, SQLAlchemyError):
                log.debug("a heartbeat was missed", exc_info=True)

    def _beat(self) -> None:
        if not self.connection.exists(self.key):
            self.register_birth()  # type: ignore[no-untyped-call]  # Redis has forgotten us
        carried, failed = self._lanes.carried - self._counted, self._lanes.failed - self._counted_failed
        with self.connection.pipeline(transaction=False) as pipeline:
            self.set_state(WorkerStatus.BUSY if self._lanes.in_hand() else WorkerStatus.IDLE, pipeline)
            self.heartbeat(pipeline=pipeline)
            pipeline.hset(self.key, mapping=worker_states.told(self._lanes.in_hand(), version.VERSION))
            pipeline.hincrby(self.key, "successful_job_count", carried - failed)
            pipeline.hincrby(self.key, "failed_job_count", failed)
            pipeline.execute()
        self._counted += carried
        self._counted_failed += failed


def _text(job_id: bytes) -> str:
    """One that is none of ours may hold anything."""
    return job_id.decode(errors="replace")


def run(queue: str) -> None:
    """Work until told to stop. SIGTERM lets the deliveries in hand come to their end."""
    _wait_for_redis()
    requests = stop_requests()
    worker = DeliveryWorker(queue)
    with ThreadPoolExecutor(1, thread_name_prefix="worker") as thread:
        working = thread.submit(worker.run)
        working.add_done_callback(lambda _: requests.put(0))
        log.info("a worker listens", extra={"queue": queue})
        requests.get()
        worker.stop()
    providers.close()
    working.result()


def _wait_for_redis() -> None:
    """Here rather than by dying: each death makes the supervisor wait longer."""
    if _redis_answers():
        return
    log.warning("the worker waits: Redis is away")
    while not _redis_answers():
        time.sleep(1)


def _redis_answers() -> bool:
    try:
        return bool(extensions.redis.ping())
    except RedisError:
        return False
