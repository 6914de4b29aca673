"""Rebuilds on a disk that is full sooner or later. Run as a program, where it may mount one.

``python -m tests.full_disk FIRST FOLDER POINTS``: copies the gallery of ``FIRST`` onto a file
system in ``FOLDER`` and takes away as much room as leaves a rebuild too little, by ``POINTS``
different amounts. A line for each; an AssertionError if a site is not whole.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.ended_builds import Gallery, tree

SIZE = 48 * 2**20


def main() -> None:
    """See above."""
    first, folder, points = Gallery(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", disk], check=True)
    gallery = first.copied(disk / "gallery")
    assert gallery.build("Warm").returncode == 0
    room = _free(disk)
    old = tree(gallery.site)
    needed = _needed(gallery, disk)
    outcomes = []
    for point in range(points):
        shutil.rmtree(gallery.folder)
        gallery = first.copied(disk / "gallery")
        assert gallery.build("Warm").returncode == 0
        assert tree(gallery.site) == old
        left = needed * (point + 1) // (points + 1)
        outcomes.append(_rebuilt(gallery, disk, left, room, old))
    assert "full" in outcomes


def _free(disk: Path) -> int:
    facts = os.statvfs(disk)
    return facts.f_bavail * facts.f_frsize


def _needed(gallery: Gallery, disk: Path) -> int:
    """What the files take up that a rebuild in other colours does not share with the old site."""
    before = _inodes(gallery.site)
    assert gallery.build("Other", "--palette", "magma").returncode == 0
    page = os.statvfs(disk).f_frsize
    return sum(
        -(-path.stat().st_size // page) * page
        for path in gallery.site.rglob("*")
        if path.is_file() and path.stat().st_ino not in before
    )


def _inodes(site: Path) -> set[int]:
    return {path.stat().st_ino for path in site.rglob("*")}


def _rebuilt(gallery: Gallery, disk: Path, left: int, room: int, old: dict[str, str]) -> str:
    filler = disk / "filler"
    with filler.open("wb") as file:
        while (over := _free(disk) - left) > 0:
            file.write(b"x" * min(over, 2**20))
            file.flush()
    done = gallery.build("Other", "--palette", "magma")
    outcome = "built" if done.returncode == 0 else "full"
    if outcome == "full":
        assert done.returncode == 1, done.stderr
        assert "make room" in done.stderr.lower(), done.stderr
        assert tree(gallery.site) == old
    assert gallery.leftovers() == set(), gallery.leftovers()
    sys.stdout.write(f"{left:,} bytes left: {outcome}; {done.stderr.strip()[-110:]}\n")
    filler.unlink()
    again = gallery.build("Other", "--palette", "magma")
    assert again.returncode == 0, again.stderr
    assert gallery.leftovers() == set()
    assert tree(gallery.site) != old
    return outcome


if __name__ == "__main__":
    main()
