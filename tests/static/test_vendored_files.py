"""What others wrote lies under static/vendor as it was published, with its licence."""

from __future__ import annotations

import hashlib

from neoserra.pages import STATIC

VENDOR = STATIC / "vendor"
MADE_HERE = {".br", ".gz"}  # compressed copies for the web server
CHECKSUMS = {
    name: digest for digest, name in (line.split() for line in (VENDOR / "SHA256SUMS").read_text().splitlines())
}


def test_every_vendored_file_is_what_was_published() -> None:
    files = {path for path in VENDOR.iterdir() if path.suffix not in MADE_HERE} - {VENDOR / "SHA256SUMS"}
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == CHECKSUMS


def test_every_vendored_file_has_its_licence_beside_it() -> None:
    for name in CHECKSUMS:
        assert f"{name.split('.')[0]}.LICENSE.txt" in CHECKSUMS
