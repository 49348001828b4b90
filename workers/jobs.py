"""What a job may run: the functions in `JOBS`, under the names that stand in the queue, and nothing else."""

from __future__ import annotations

from neoserra.delivery import dispatch


def deliver(reference: str) -> None:
    dispatch.deliver(reference)


JOBS = {"workers.jobs.deliver": deliver}
