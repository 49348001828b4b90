"""`python -m workers` runs all that a machine needs to deliver; `python -m workers codes` one queue's worker alone.

`python -m workers bounces` takes one mail that came back from standard input, or all new ones of a maildir; and
`python -m workers sns-status` the delivery status of text messages, from standard input or a file.
"""

from __future__ import annotations

import sys

import config
from neoserra import extensions, logs
from neoserra.delivery import queues
from workers.supervisor import Program, supervise

DISPATCHER, BOUNCES, SNS_STATUS = "dispatcher", "bounces", "sns-status"
USAGE = f"""Usage: python -m workers [{" | ".join((*queues.NAMES, DISPATCHER))}]
   or: python -m workers {BOUNCES} [MAILDIR]
   or: python -m workers {SNS_STATUS} [FILE]"""


def main(arguments: list[str]) -> str | None:
    """Runs until told to stop; a sentence when it cannot start."""
    if not _are_right(arguments):
        return USAGE
    try:
        settings = config.from_process()
    except config.SettingsError as error:
        return str(error)
    if not arguments:
        supervise(*(_program(name) for name in (*queues.NAMES, DISPATCHER)))
        return None
    logs.set_up()
    extensions.connect(settings)
    _run(*arguments)
    return None


def _are_right(arguments: list[str]) -> bool:
    most = 2 if arguments and arguments[0] in (BOUNCES, SNS_STATUS) else 1
    return len(arguments) <= most and {*arguments[:1]} <= {*queues.NAMES, DISPATCHER, BOUNCES, SNS_STATUS}


def _program(name: str) -> Program:
    return Program(name, [sys.executable, "-m", "workers", name])


def _run(name: str, path: str = "") -> None:
    if name == BOUNCES:
        from workers import bounces

        bounces.run(path)
    elif name == SNS_STATUS:
        from workers import sns_statuses

        sns_statuses.run(path)
    elif name == DISPATCHER:
        from workers import dispatcher

        dispatcher.run()
    else:
        from workers import worker

        worker.run(name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
