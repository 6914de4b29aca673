"""A build that is ended at any moment: the site is the old one or the new one, whole."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from generator import beside, folders
from generator.building import Report, build
from generator.config import Config
from generator.errors import ImageError
from tests.ended_builds import PROJECT, End, Gallery, begun, broken_links, ended, tree
from tests.small_networks import plain, saved

SEED = 20_260
KILLS = 60
SWAP = 24
"""Steps: the exchange, the manifest, and the first files of the old site that are removed."""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """Three images, built with the title "One". Each test takes a copy."""
    gallery = Gallery(tmp_path_factory.mktemp("first"))
    for seed, name in enumerate("abc"):
        gallery.photograph(name, seed)
    saved(plain(), gallery.network)
    gallery.place.mkdir()
    _built(gallery, "One")
    assert broken_links(gallery.site) == []
    return gallery


@pytest.fixture
def gallery(first: Gallery, tmp_path: Path) -> Gallery:
    """As a first build left it."""
    return first.copied(tmp_path / "gallery")


def _built(gallery: Gallery, title: str) -> Report:
    """A build in this process, which has all it needs in memory."""
    return build(
        Config(inputs=gallery.inputs, output=gallery.site, model=str(gallery.network), title=title)
    )


def _made_of(gallery: Gallery, title: str, folder: Path) -> dict[str, str]:
    """What a first build makes of the same things elsewhere."""
    shutil.rmtree(folder, ignore_errors=True)
    other = gallery.copied(folder)
    shutil.rmtree(other.place)
    other.place.mkdir()
    _built(other, title)
    assert broken_links(other.site) == []
    return tree(other.site)


def _steps(gallery: Gallery, title: str, folder: Path) -> int:
    """How many a rebuild has that nothing ends; one more or less if threads meet."""
    done = ended("count", 0, gallery.copied(folder), title)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1].removeprefix("steps "))


def _is_mended(gallery: Gallery, title: str, expected: dict[str, str]) -> None:
    """The next build ends well, leaves nothing else there, and the one after it finds all done."""
    report = _built(gallery, title)
    assert report.problems == ()
    assert tree(gallery.site) == expected
    assert gallery.leftovers() == set()
    assert _built(gallery, title).unchanged


# -- Killed


def test_killed_about_the_swap(gallery: Gallery, tmp_path: Path) -> None:
    """Just before it, just after it, and while the old site is removed."""
    old, new = tree(gallery.site), _made_of(gallery, "Two", tmp_path / "new")
    seen = []
    for step in (1, 2, 9):
        copy = gallery.copied(tmp_path / str(step))
        assert ended("kill", step, copy, "Two", since_swap=True).returncode == -9
        found = tree(copy.site)
        assert found in (old, new)
        seen.append(found == new)
        _is_mended(copy, "Two", new)
    assert seen == [False, True, True]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_sixty_moments(gallery: Gallery, tmp_path: Path) -> None:
    """Anywhere, most often about the swap, by steps and by time; with and without a network to run.

    After each the site is the one that was there or the one that was to be, byte for byte; the
    next build ends well, and goes on from there to the next kill.
    """
    random_ = random.Random(SEED)
    title, other = "One", "Two"
    sites = {title: _made_of(gallery, title, tmp_path / title)}
    sites[other] = _made_of(gallery, other, tmp_path / other)
    total = _steps(gallery, other, tmp_path / "counted")
    started = time.perf_counter()
    assert ended("count", 0, gallery.copied(tmp_path / "timed"), other).returncode == 0
    duration = time.perf_counter() - started
    outcomes = {"old": 0, "new": 0}
    for nth in range(KILLS):
        if nth % 5 == 4:  # another image: its network has to be loaded
            gallery.photograph("b", 100 + nth)
            sites[other] = _made_of(gallery, other, tmp_path / "reference")
        before = tree(gallery.site)
        if nth % 4 == 3:
            process = begun("count", 0, gallery, other)
            try:
                process.communicate(timeout=duration * random_.random() * 1.1)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        else:
            near = nth % 3 == 0
            step = random_.randint(1, SWAP if near else total)
            ended("kill", step, gallery, other, since_swap=near)
        found = tree(gallery.site)
        assert found in (before, sites[other]), f"kill {nth}"
        outcomes["new" if found == sites[other] else "old"] += 1
        _is_mended(gallery, other, sites[other])
        title, other = other, title
        if nth % 5 == 4:  # the other title too shows the new image from now on
            sites[other] = _made_of(gallery, other, tmp_path / "reference")
    print(f"{KILLS} kills: {outcomes}")
    assert min(outcomes.values()) >= KILLS // 10


# -- Ended otherwise


def _slow(*values: object) -> object:
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        ("term", 143, "ended by SIGTERM; the previous site is as it was\n"),
        _slow("hup", 129, "ended by SIGHUP; the previous site is as it was\n"),
        _slow("int", 130, "interrupted; the previous site is as it was\n"),
        ("memory", 1, "error: expected enough memory, but the system gave no more; close other"),
        _slow("full", 1, "cannot be written (No space left on device); make room"),
    ],
)
def test_a_build_that_is_stopped_clears_up(
    gallery: Gallery, tmp_path: Path, end: End, code: int, said: str
) -> None:
    """By a signal, by too little memory, by a full disk: one line, its exit code, nothing left."""
    before = tree(gallery.place)
    done = ended(end, 60, gallery, "Two")
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr and done.stderr.count("\n") == 1
    assert tree(gallery.place) == before
    _is_mended(gallery, "Two", _made_of(gallery, "Two", tmp_path / "new"))


def test_a_signal_after_the_swap(gallery: Gallery, tmp_path: Path) -> None:
    """It is said that the new site is there; what was made is remembered."""
    done = ended("term", 9, gallery, "Two", since_swap=True)
    assert (done.returncode, done.stdout) == (143, "")
    assert done.stderr == "ended by SIGTERM; the new site is complete and in place\n"
    _is_mended(gallery, "Two", _made_of(gallery, "Two", tmp_path / "new"))


def _to_its_end(process: subprocess.Popen[str]) -> str:
    """What it says. One that hangs is asked to end, and does.

    CPython waits for ever for a thread that found no memory as it started.
    """
    with process:
        try:
            return process.communicate(timeout=60)[0]
        except subprocess.TimeoutExpired:
            process.terminate()
            said = process.communicate(timeout=60)[0]
            assert process.returncode == 143, said
            return said


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("end", ["term", "int", "memory", "full"])
def test_stopped_anywhere(gallery: Gallery, tmp_path: Path, end: End) -> None:
    """Twenty moments of each."""
    random_ = random.Random(SEED)
    new = _made_of(gallery, "Two", tmp_path / "new")
    total = _steps(gallery, "Two", tmp_path / "counted")
    old = tree(gallery.site)
    for nth in range(20):
        copy = gallery.copied(tmp_path / f"at-{nth}")
        said = _to_its_end(begun(end, random_.randint(1, total), copy, "Two"))
        assert tree(copy.site) in (old, new), said
        _is_mended(copy, "Two", new)
        shutil.rmtree(copy.folder)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere pages are made in one process")
@pytest.mark.parametrize("end", ["kill", pytest.param("term", marks=pytest.mark.slow)])
def test_copies_of_a_process_end_with_it(gallery: Gallery, end: End) -> None:
    """They hold its output open: that it ends shows that the last of them is gone."""
    with begun("hold", 150, gallery, "Two", at_once=2) as process:
        assert process.stdout and process.stdout.readline() == "at work\n"
        process.kill() if end == "kill" else process.terminate()
        rest = process.stdout.read()
        assert process.wait(60) == (-9 if end == "kill" else 143)
    assert rest in ("", "at work\n", "ended by SIGTERM; the previous site is as it was\n")


@pytest.mark.slow
@pytest.mark.parametrize("end", ["kill", "term"])
def test_workers_end_with_the_build(gallery: Gallery, end: End) -> None:
    """So do the processes of ``--workers``."""
    gallery.photograph("d", 4)
    with begun(end, 20, gallery, "Two", "--workers", "2") as process:
        output, _ = process.communicate(timeout=300)  # until the last of them has closed its end
    assert process.returncode == (-9 if end == "kill" else 143), output


def test_two_builds_at_once(gallery: Gallery, tmp_path: Path) -> None:
    """One works; the other says at once who is at work, and has touched nothing; so do handouts."""
    with begun("hold", 60, gallery, "Two") as process:
        assert process.stdout and process.stdout.readline() == "at work\n"
        before = tree(gallery.place)
        other = ended("count", 0, gallery, "Three")
        assert other.returncode == 1
        assert f"but process {process.pid} is at work on it. Wait until that" in other.stderr
        code, said = _handouts(gallery)
        assert code == 1 and f"but process {process.pid} is at work on it" in said
        assert tree(gallery.place) == before
        process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert gallery.leftovers() == set()
    _is_mended(gallery, "Two", _made_of(gallery, "Two", tmp_path / "new"))


def _handouts(gallery: Gallery, *more: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "generator", "handout", "a", "--site", gallery.site, "-q", *more],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stderr


@pytest.mark.slow
def test_handouts_go_into_a_site_and_nowhere_else_in_it(gallery: Gallery) -> None:
    """Named or not, their folder is that of the contract; any other would bar the next build."""
    for more in ((), ("-o", str(gallery.site / "handouts"), "--for", "student")):
        assert _handouts(gallery, *more) == (0, "")
    names = {path.name for path in (gallery.site / "handouts").iterdir()}
    assert names == {"a-student.pdf", "a-teacher.pdf"}
    code, said = _handouts(gallery, "-o", str(gallery.site / "sheets"))
    assert code == 2 and "expected a place outside of the site" in said
    assert gallery.leftovers() == set()
    assert _built(gallery, "Two").problems == ()


# -- A disk that is full


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_disk_without_room(first: Gallery, tmp_path: Path) -> None:
    """A real one, too small for a rebuild by twenty different amounts."""
    done = _on_a_small_disk(first, tmp_path, 20)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    assert done.stdout.count("\n") == 20


def test_a_disk_without_room_for_the_rest(first: Gallery, tmp_path: Path) -> None:
    """The same, where there is room for half of it."""
    done = _on_a_small_disk(first, tmp_path, 1)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "make room" in done.stdout.lower()


def _on_a_small_disk(first: Gallery, folder: Path, points: int) -> subprocess.CompletedProcess[str]:
    """Runs ``tests.full_disk`` where it may mount a file system that nobody else sees.

    As the superuser, or as one of a user namespace. Where a machine allows neither, a disk can
    only be said to be full (``test_a_build_that_is_stopped_clears_up``), and this says so.
    """
    alone = ["unshare", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("no file system may be mounted here: a disk is only said to be full")
    return subprocess.run(
        [*alone, sys.executable, "-m", "tests.full_disk", first.folder, folder, str(points)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )


# -- Inputs and times


def test_an_image_that_is_written_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read again, so that no half of one comes with half of another; then given up."""
    file = tmp_path / "a.png"
    file.write_bytes(b"a" * 100)
    fstat, left = os.fstat, [0]

    def changing(descriptor: int) -> os.stat_result:
        facts = fstat(descriptor)
        if left[0]:  # right after it was looked at: read it is later
            left[0] -= 1
            file.write_bytes(f"{left[0]}".encode() * 100)
        return facts

    monkeypatch.setattr(os, "fstat", changing)
    for writes, expected in ((0, b"a"), (1, b"0"), (3, b"0")):
        left[0] = writes
        assert folders.read_whole(file, 1000) == expected * 100
    left[0] = 9
    with pytest.raises(ImageError, match="this one is being written"):
        folders.read_whole(file, 1000)


def test_a_clock_that_was_set_back(gallery: Gallery, tmp_path: Path) -> None:
    """Nothing goes by which of two times is later: what differs is made anew, and nothing else."""
    future = 4_000_000_000 * 10**9
    for path in (*gallery.inputs.iterdir(), gallery.network):
        os.utime(path, ns=(future, future))
    assert _built(gallery, "One").kept == 3
    assert _built(gallery, "One").unchanged
    for path in (*gallery.place.rglob("*"), beside.manifest(gallery.site)):
        os.utime(path, ns=(future, future))
    _built(gallery, "One")  # all files have other times than were noted
    gallery.photograph("b", 77)  # now, long before
    assert _built(gallery, "One").kept == 2
    assert tree(gallery.site) == _made_of(gallery, "One", tmp_path / "new")
