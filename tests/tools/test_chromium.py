"""Finding a Chromium."""

from pathlib import Path

import pytest

from tools import chromium
from tools.environment import Unavailable


def test_the_one_that_is_named_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "browser"
    named.write_text("#!/bin/sh\n")
    named.chmod(0o700)
    monkeypatch.setenv("NEOSERRA_CHROMIUM", str(named))
    assert chromium.find() == named


def test_one_that_is_named_and_does_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEOSERRA_CHROMIUM", str(tmp_path / "nothing"))
    with pytest.raises(Unavailable, match="nothing, which does not start"):
        chromium.find()
