"""Lays a compressed copy beside each static file, each in one step, for a site that may be serving the folder already.

WhiteNoise's own command writes into the copy that is there: whoever reads it meanwhile gets half of it.
"""

import os
import sys
import tempfile
from pathlib import Path

from whitenoise.compress import Compressor


class WholeFiles(Compressor):
    """Copies that are seen whole or not at all, dated as WhiteNoise dates them."""

    def __init__(self, unfinished: str) -> None:
        """`unfinished` is a folder on the disk of the static files for what is not whole yet."""
        super().__init__(quiet=True)
        self.unfinished = unfinished

    def write_data(self, path: str, data: bytes, suffix: str, stat_result: os.stat_result) -> str:
        """The name of the copy of `path`; `suffix` is `.br` or `.gz`."""
        unfinished = Path(self.unfinished, "copy")
        unfinished.write_bytes(data)
        os.utime(unfinished, (stat_result.st_atime, stat_result.st_mtime))
        unfinished.replace(path + suffix)
        return path + suffix


def compress(folder: Path) -> None:
    """Every file in `folder` and below that gets smaller by it."""
    with tempfile.TemporaryDirectory(prefix=".compressed-", dir=folder.parent) as unfinished:
        compressor = WholeFiles(unfinished)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and compressor.should_compress(path.name):
                compressor.compress(str(path))


if __name__ == "__main__":
    compress(Path(sys.argv[1]).resolve())
