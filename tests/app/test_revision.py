from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from upbit_monitor.app import revision as module
from upbit_monitor.app.revision import revision

if TYPE_CHECKING:
    from pathlib import Path

IDENTITY = ("-c", "user.name=x", "-c", "user.email=x@example.test", "-c", "commit.gpgsign=false")


@pytest.fixture
def clone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A work tree with one commit, where the package is taken to lie."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", "file")
    git(tmp_path, *IDENTITY, "commit", "--quiet", "--message", "One")
    monkeypatch.delenv("UPBIT_MONITOR_REVISION", raising=False)
    monkeypatch.setattr(module, "_ROOT", tmp_path)
    return tmp_path


def git(tree: Path, *arguments: str) -> str:
    program = shutil.which("git")
    assert program is not None
    command = [program, "-C", str(tree), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 -- ours


def test_what_the_image_says_wins(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (clone / ".git").exists()
    monkeypatch.setenv("UPBIT_MONITOR_REVISION", "0123abc")
    assert revision() == "0123abc"


def test_in_a_clone_git_tells_the_commit(clone: Path) -> None:
    assert git(clone, "rev-parse", "HEAD").startswith(revision())
    assert len(revision()) == 12


def test_a_change_that_is_not_committed_is_told(clone: Path) -> None:
    (clone / "file").write_text("2")
    assert revision().endswith("-dirty")


def test_a_repository_that_the_environment_names_is_not_asked(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert len(revision()) == 12
    assert clone.exists()


@pytest.mark.parametrize("lost", ["git", "tree", "sense"])
def test_without_git_or_a_clone_it_is_unknown(
    clone: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    match lost:
        case "git":
            monkeypatch.setenv("PATH", "")
        case "tree":
            shutil.rmtree(clone / ".git")
        case _:
            (clone / ".git" / "HEAD").write_text("nonsense")
    assert revision() == "unknown"


def test_a_git_that_hangs_keeps_nobody_waiting(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = clone / "git"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o700)
    monkeypatch.setenv("PATH", f"{clone}:/usr/bin:/bin")
    monkeypatch.setattr(module, "_PATIENCE", 0.05)
    assert revision() == "unknown"
