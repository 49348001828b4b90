"""`dev.py run`: the whole site on this machine, kept running until Ctrl-C."""

import fcntl
import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from urllib.parse import urlsplit

import config
from tools.environment import ROOT, Unavailable, say
from tools.redis_server import RedisServer
from workers.supervisor import Program, Supervisor, stop_requests

HEALTH_SECONDS = 120.0
FLASK = ("flask", "--app", "wsgi")


def main() -> str | None:
    """Returns when everything has stopped, with a sentence where something went wrong."""
    stop = stop_requests()
    try:
        _set_defaults()
        _run(stop)
    except Unavailable as problem:
        return str(problem) if stop.empty() else None
    return None


def _set_defaults() -> None:
    """What the environment and `.env` already say wins."""
    config.load_env_file(ROOT / ".env")
    port = os.environ.setdefault("PORT", "8000")
    _check_port(port)
    data = _open_data(ROOT / os.environ.get("DATA", "var"))
    os.environ["DATA"] = str(data)
    for name, value in {
        "NEOSERRA_ENV": "development",
        "SECRET_KEY": _kept_secret(data / "secret_key"),
        "DATABASE_NAME": "Demonstration SBDC",
        "DATABASE_URL": f"sqlite:///{data}/neoserra.sqlite3",
        "PUBLIC_URL": f"http://localhost:{port}",
        "SMS_PROVIDERS": "outbox",
        "MAIL_DEFAULT_SENDER": "Demonstration SBDC <no-reply@example.org>",
    }.items():
        os.environ.setdefault(name, value)


def _check_port(port: str) -> None:
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise Unavailable(f"PORT must be a number from 1 to 65535, not {port!r}.")
    try:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", int(port)))
    except OSError as problem:
        raise Unavailable(f"Port {port} cannot be used ({problem.strerror}); choose another with PORT.") from None


def _open_data(data: Path) -> Path:
    """Makes the folder, for this user alone, and holds it: two Redis servers would spoil each other's files.

    The lock goes along to every program started from here, so that it outlasts a dev.py that was killed as long as
    one of them is left.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.chmod(0o700)
    lock = os.open(data, os.O_RDONLY)
    os.set_inheritable(lock, True)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Unavailable(
            f"Another `dev.py run`, or a part of one that was killed, uses {data}; stop it first."
        ) from None
    return data


def _kept_secret(path: Path) -> str:
    """The same at every start, or everybody would be signed out by a restart."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32))
    return path.read_text()


def _run(stop: SimpleQueue[int]) -> None:
    with ExitStack() as running:
        if "REDIS_URL" not in os.environ:
            redis = running.enter_context(RedisServer(Path(os.environ["DATA"]) / "redis"))
            os.environ["REDIS_URL"] = redis.url
        say("bringing the database up to date")
        _step(*FLASK, "db", "upgrade")
        _step("tools.static_files", "static")
        accounts = _step(*FLASK, "demo") if os.environ["NEOSERRA_ENV"] == "development" else ""
        say("starting the site and the workers")
        running.enter_context(Supervisor(_web(), Program("workers", [sys.executable, "-m", "workers"])))
        if _comes_up(stop):
            _welcome(accounts)
            stop.get()
        say("stopping")


def _step(*module: str) -> str:
    """Runs a Python module to its end; what it printed."""
    done = subprocess.run([sys.executable, "-m", *module], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{done.stdout}`{' '.join(module)}` failed; the reason is above.")
    return done.stdout


def _web() -> Program:
    return Program("web", [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"])


def _comes_up(stop: SimpleQueue[int]) -> bool:
    """False when told to stop before the site answers."""
    deadline = time.monotonic() + HEALTH_SECONDS
    while stop.empty():
        if _healthy():
            return True
        if time.monotonic() > deadline:
            raise Unavailable(f"The site did not answer within {HEALTH_SECONDS:g} seconds; the reason is above.")
        time.sleep(0.1)
    return False


def _healthy() -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["PORT"]), timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Host": urlsplit(os.environ["PUBLIC_URL"]).netloc})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(accounts: str) -> None:
    address = os.environ["PUBLIC_URL"]
    print(
        f"\n{address} is ready.\n\n{accounts}\nWhat it sends is seen at {address}/outbox\nCtrl-C stops it.\n",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
