"""The compressed copies of static files change while a site serves them: nobody may be shown half of one."""

from __future__ import annotations

import gzip
import threading
from pathlib import Path

from tools.static_files import compress


def test_a_copy_that_is_made_again_is_never_seen_half(tmp_path: Path) -> None:
    """WhiteNoise opens the file anew for each answer, and promises the length that it had when the site started."""
    folder = tmp_path / "static"
    folder.mkdir()
    words = "\n".join(f".rule-{number} {{ color: red }}" for number in range(20_000)).encode()
    (folder / "large.css").write_bytes(words)
    compress(folder)
    copy, seen, done = folder / "large.css.gz", set(), threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add(copy.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(5):
        compress(folder)
    done.set()
    reader.join()
    assert {gzip.decompress(whole) for whole in seen} == {words}
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "large.css",
        "large.css.br",
        "large.css.gz",
        "static",
    ]


def test_what_compressing_does_not_make_smaller_has_no_copy(tmp_path: Path) -> None:
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "tiny.txt").write_text("x")
    compress(folder)
    assert [path.name for path in folder.iterdir()] == ["tiny.txt"]
