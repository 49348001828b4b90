"""Making the virtualenv, in a project of one small package."""

import re
from pathlib import Path

import pytest

from tools import environment
from tools.environment import ROOT, Unavailable


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose lock file names one package out of ours."""
    locked = re.search(r"^itsdangerous==.*(\n +--hash.*)+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert locked
    (tmp_path / "small.txt").write_text(locked[0])
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    return tmp_path


def test_what_is_locked_is_installed_once(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    environment.prepare("small.txt")
    assert list(project.glob(".venv/lib/python*/site-packages/itsdangerous"))
    capfd.readouterr()
    environment.prepare("small.txt")
    assert capfd.readouterr() == ("", "")


def test_a_package_that_is_not_the_one_locked_is_refused_by_either_installer(project: Path) -> None:
    lock = project / "small.txt"
    lock.write_text(re.sub("sha256:[0-9a-f]{8}", "sha256:00000000", lock.read_text()))
    with pytest.raises(Unavailable, match=r"small.txt could not be installed"):
        environment.prepare("small.txt")
    assert not list(project.glob(".venv/lib/python*/site-packages/itsdangerous"))
