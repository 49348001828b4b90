"""Many deliveries at a time in one process: a thread carries each, and one more writes down what came of them.

What is finished while a transaction runs shares the next one, so that writing many costs little and delays none.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from neoserra.delivery import dispatch, leases, recording
from neoserra.delivery.recording import Carried
from neoserra.models import Delivery

LANES = 64
PROLONG_AFTER_SECONDS = 2.0
LONGEST_SECONDS = 60.0  # two providers that let us wait, and more; then the dispatcher may take the delivery back
NOT_TAKEN = DataError, IntegrityError, UnicodeError  # by the database: that will not pass
PAUSE_SECONDS = 0.5  # until another attempt to write, when the database is away

log = logging.getLogger(__name__)


class Lanes:
    """Carries deliveries that were claimed. Until it is written down, each is held by prolonging its lease."""

    def __init__(self) -> None:
        self.carried = 0
        self.failed = 0  # of those, tries that came to nothing
        self._pool = ThreadPoolExecutor(LANES, thread_name_prefix="lane")
        self._outcomes: SimpleQueue[Carried | None] = SimpleQueue()
        self._held: dict[int, float] = {}
        self._changed = threading.Condition()
        self._recorder = threading.Thread(target=self._record_all, name="recorder")
        self._recorder.start()

    def wait_for_room(self, seconds: float) -> int:
        """How many more can be carried; waits up to `seconds` until it is one."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._held) < LANES, seconds)
            return LANES - len(self._held)

    def start(self, deliveries: Sequence[Delivery]) -> None:
        with self._changed:
            self._held |= {delivery.id: time.monotonic() for delivery in deliveries}
        for delivery in deliveries:
            self._pool.submit(dispatch.carry, delivery).add_done_callback(self._finished)

    def in_hand(self) -> int:
        return len(self._held)

    def prolong(self) -> None:
        """Hold on to what takes long."""
        now = time.monotonic()
        with self._changed:
            ages = {delivery_id: now - since for delivery_id, since in self._held.items()}
        if slow := [each for each, age in ages.items() if PROLONG_AFTER_SECONDS < age < LONGEST_SECONDS]:
            leases.prolong(slow)

    def close(self, seconds: float) -> None:
        """Let everything in hand come to its end, for so long. What does not is taken back when its lease ends."""
        with self._changed:
            self._changed.wait_for(lambda: not self._held, seconds)
        self._outcomes.put(None)
        self._recorder.join(PAUSE_SECONDS * 2)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _finished(self, future: Future[Carried]) -> None:
        if error := future.exception():
            log.error("a delivery could not be carried", exc_info=error)
        else:
            self._outcomes.put(future.result())

    def _record_all(self) -> None:
        while (first := self._outcomes.get()) is not None:
            batch = [first]
            while not self._outcomes.empty():
                if (another := self._outcomes.get()) is None:
                    self._outcomes.put(None)  # the end, after this batch
                    break
                batch.append(another)
            self._record(batch)
            with self._changed:
                for each in batch:
                    self._held.pop(each.delivery.id, None)
                self.carried += len(batch)
                self.failed += sum(each.failed for each in batch)
                self._changed.notify_all()

    def _record(self, batch: Sequence[Carried]) -> None:
        """Write them down, however long the database is away. What it does not take is left to the dispatcher, and
        keeps nothing else from being written."""
        while True:
            try:
                return recording.record(batch)
            except NOT_TAKEN:
                references = [each.delivery.reference for each in batch]
                log.exception("what was sent cannot be written down", extra={"references": references})
                return self._record_one_by_one(batch)
            except SQLAlchemyError as error:
                log.warning("what was sent cannot be written down yet: %s", type(error).__name__)
                time.sleep(PAUSE_SECONDS)

    def _record_one_by_one(self, batch: Sequence[Carried]) -> None:
        for each in batch if len(batch) > 1 else ():
            self._record([each])
