"""Real git repositories for tests: one to work in, and a bare one as its remote."""

from __future__ import annotations

import subprocess
from pathlib import Path

__all__ = ["files_of", "git", "published", "repositories"]


def git(folder: Path, *arguments: str) -> str:
    """What git answers there."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout


def repositories(folder: Path) -> Path:
    """A repository with one commit, and beside it ``remote.git``, bare, its remote ``origin``."""
    work, remote = folder / "work", folder / "remote.git"
    for place, bare in ((work, []), (remote, ["--bare"])):
        place.mkdir()
        git(place, "init", "-q", *bare, "-b", "main")
    git(work, "config", "user.name", "Ada")
    git(work, "config", "user.email", "ada@example.org")
    git(work, "remote", "add", "origin", str(remote))
    (work / "README.md").write_text("A gallery.\n")
    git(work, "add", "README.md")
    git(work, "commit", "-qm", "Begin")
    return work


def published(work: Path, clone: Path) -> Path:
    """The branch on the remote, checked out anew."""
    remote = git(work, "remote", "get-url", "origin").strip()
    git(work, "clone", "-q", "-b", "gh-pages", remote, str(clone))
    return clone


def files_of(folder: Path) -> dict[str, bytes]:
    """Bytes of each file, by path; git's own are passed over."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }
