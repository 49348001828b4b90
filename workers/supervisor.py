"""Keeps named programs running: passes on what they print, starts again what ends, stops all of it together.

Standard library only, because `dev.py run` stands on it as well as `python -m workers`.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Self

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
GRACE_SECONDS = 30.0
LAST_WORDS_SECONDS = 1.0  # a grandchild may hold the output open long after the program itself has died
LEADER = ("/bin/sh", "-c", "trap '' TERM; read end; kill -TERM 0")


@dataclass(frozen=True)
class Program:
    """A command that runs until it is told to stop; `standard_input` is for what must not be seen in `ps`."""

    name: str
    command: Sequence[str | Path]
    standard_input: str = field(default="", repr=False)


def stop_requests() -> SimpleQueue[int]:
    """From now on every SIGINT, SIGTERM and SIGHUP is put here.

    By a thread that Python tells at once through a pipe: a handler runs in the main thread alone, which sleeps on now
    and then when other threads are busy while the signal comes.
    """
    requests: SimpleQueue[int] = SimpleQueue()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    threading.Thread(target=_put_each, args=(reader, requests), name="signals", daemon=True).start()
    return requests


def _put_each(reader: int, requests: SimpleQueue[int]) -> None:
    while received := os.read(reader, 16):
        for number in received:
            requests.put(number)


def supervise(*programs: Program) -> None:
    """Keeps the programs running until a signal asks to stop, and returns when all of them have ended."""
    stop = stop_requests()
    with Supervisor(*programs):
        stop.get()


class Supervisor:
    """Keeps programs running from `start` to `stop`, once: SIGTERM, and SIGKILL for what outlives the grace.

    The programs share a process group of their own. Ctrl-C in a terminal does not reach it: the supervisor tells each
    to stop, once. The group's leader waits for the end of the supervisor, to stop the group even when it was killed.
    """

    def __init__(self, *programs: Program) -> None:
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._keepers = [threading.Thread(target=self._keep, args=[program]) for program in programs]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._leader = subprocess.Popen(LEADER, stdin=subprocess.PIPE, process_group=0)
        for keeper in self._keepers:
            keeper.start()

    def stop(self) -> None:
        with self._starting:
            self._stopping.set()
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for keeper in self._keepers:
            keeper.join(max(0.0, deadline - time.monotonic()))
        if any(process.poll() is None for process in self._running.values()):
            os.killpg(self._leader.pid, signal.SIGKILL)
        self._leader.communicate()

    def _keep(self, program: Program) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            began = time.monotonic()
            end = self._run(program)
            if self._stopping.is_set():
                return
            if time.monotonic() - began > LONGEST_PAUSE_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            _print(program.name, f"{end}; it starts again in {pause:g} s")
            self._stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _run(self, program: Program) -> str:
        """Starts the program, waits for its end and says what it was."""
        try:
            process = self._start(program)
        except OSError as problem:
            return f"could not start: {problem}"
        printer = threading.Thread(target=_pass_on, args=[program.name, process], daemon=True)
        printer.start()
        status = process.wait()
        printer.join(LAST_WORDS_SECONDS)
        return f"ended with status {status}" if status >= 0 else f"ended by {signal.Signals(-status).name}"

    def _start(self, program: Program) -> subprocess.Popen[str]:
        with self._starting, _readable(program.standard_input) as standard_input:
            if self._stopping.is_set():
                raise InterruptedError
            self._running[program.name] = process = subprocess.Popen(
                program.command,
                stdin=standard_input,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                process_group=self._leader.pid,
                close_fds=False,  # what was made inheritable on purpose goes along; nothing else is
            )
        return process


def _readable(text: str) -> IO[str]:
    """The end of a pipe to read `text` from (a few lines: a pipe holds 4 KiB at the very least)."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as end:
        end.write(text)
    return os.fdopen(reading)


def _pass_on(name: str, process: subprocess.Popen[str]) -> None:
    with process.stdout or nullcontext(()) as lines:
        for line in lines:
            _print(name, line.rstrip())


def _print(name: str, text: str) -> None:
    print(f"{name:>9} | {text}\n", end="", flush=True)
