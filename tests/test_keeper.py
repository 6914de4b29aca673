"""Watching and building: what is noticed, and how changes wait for their turn."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread

import pytest
from watchfiles import Change

from generator import beside, build_process
from generator.build_process import BuildProcess
from generator.errors import UsageError
from generator.keeper import Keeper, Outcome
from generator.manifest import Origin, origin_of
from generator.watch import Watch, Watched
from tests.input_folders import photo
from tests.small_networks import plain, saved

SECONDS = 60
"""Longest wait for what must come."""


class Hand:
    """A builder that is done when it is told so, and whoever hears of it."""

    def __init__(self) -> None:
        self.begins: SimpleQueue[frozenset[Path]] = SimpleQueue()
        self.ends: SimpleQueue[Outcome] = SimpleQueue()
        self.finish: SimpleQueue[Outcome | None] = SimpleQueue()
        self.stopped = Event()

    def begun(self, changed: frozenset[Path]) -> None:
        self.begins.put(changed)

    def ended(self, outcome: Outcome) -> None:
        self.ends.put(outcome)

    def run(self) -> Outcome | None:
        return self.finish.get(timeout=SECONDS)

    def stop(self) -> None:
        self.stopped.set()
        self.finish.put(None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is watched, and a file beside it."""
    (tmp_path / "in").mkdir()
    (tmp_path / "a.toml").write_text("1")
    return tmp_path.resolve()


def _no_space(folder: Path) -> object:
    raise OSError(28, f"OS file watch limit reached: {folder}")


def _watched(folder: Path) -> Watched:
    return Watched(
        frozenset({folder / "in"}), frozenset({folder / "a.toml"}), frozenset({folder / "site"})
    )


@pytest.fixture
def seen(folder: Path) -> Iterator[SimpleQueue[frozenset[Path]]]:
    """What a watch of it tells."""
    told: SimpleQueue[frozenset[Path]] = SimpleQueue()
    watch = Watch(_watched(folder), told.put)
    yield told
    watch.stop()
    watch.stop()


def _until(told: SimpleQueue[frozenset[Path]], path: Path) -> None:
    """Wait for a path; fail after a while."""
    while path not in told.get(timeout=SECONDS):
        pass


def test_what_changes_is_told(folder: Path, seen: SimpleQueue[frozenset[Path]]) -> None:
    """A new file, one in a new folder, one that is replaced as editors do, one that goes."""
    (folder / "in" / "new.md").write_text("new")
    _until(seen, folder / "in" / "new.md")
    (folder / "in" / "birds").mkdir()
    _until(seen, folder / "in" / "birds")
    (folder / "in" / "birds" / "wren.md").write_text("wren")
    _until(seen, folder / "in" / "birds" / "wren.md")
    (folder / "a.toml~").write_text("2")
    (folder / "a.toml~").replace(folder / "a.toml")
    _until(seen, folder / "a.toml")
    (folder / "in" / "new.md").unlink()
    _until(seen, folder / "in" / "new.md")


def test_what_is_built_is_not_told(folder: Path, seen: SimpleQueue[frozenset[Path]]) -> None:
    """Nor what is hidden, or merely lies beside: all that is heard of is the file after them."""
    (folder / "site").mkdir()
    (folder / "site" / "index.html").write_text("page")
    (folder / ".site.layerlight.json").write_text("{}")
    (folder / "notes.txt").write_text("notes")
    (folder / "in" / ".hidden").write_text("hidden")
    (folder / "a.toml").write_text("2")
    assert seen.get(timeout=SECONDS) == {folder / "a.toml"}


def test_what_an_editor_makes_for_a_moment_is_not_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the file that it saves. Alone it is told all the same, and so is a file that has gone:
    something may have been there.
    """
    passing, kept, gone = (str(folder / "in" / name) for name in ("sedX1", "robin.md", "old.md"))
    Path(kept).write_text("new")
    came_and_went = {(Change.added, passing), (Change.deleted, passing)}
    batches = [
        came_and_went | {(Change.added, kept)},
        came_and_went,
        came_and_went | {(Change.modified, gone), (Change.deleted, gone)},
    ]
    monkeypatch.setattr("generator.watch.watch", lambda *folders, **_: iter(batches))
    told: SimpleQueue[frozenset[Path]] = SimpleQueue()
    # one file and no folder: one watch
    Watch(Watched(paths=frozenset({folder / "in" / "robin.md"})), told.put)
    heard = [told.get(timeout=SECONDS) for _ in batches]
    assert heard == [{Path(kept)}, {Path(passing)}, {Path(gone)}]


def test_more_than_the_system_allows_is_an_error_that_says_what_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system whose limit is reached answers with an OSError."""

    def refuse(*folders: Path, **settings: object) -> Iterator[object]:
        return map(_no_space, folders)

    monkeypatch.setattr("generator.watch.watch", refuse)
    with pytest.raises(UsageError, match=r"watch limit reached.*--no-watch"):
        Watch(_watched(folder), lambda changed: None)


def test_changes_during_a_build_are_one_build_after_it(folder: Path) -> None:
    """One at a time; none is lost, and many are answered by one."""
    hand = Hand()
    keeper = Keeper(lambda: _watched(folder), hand, hand)
    try:
        keeper.start(build_first=True)
        assert hand.begins.get(timeout=SECONDS) == frozenset()
        told: SimpleQueue[frozenset[Path]] = SimpleQueue()
        other = Watch(_watched(folder), told.put)
        (folder / "in" / "one.md").write_text("1")
        _until(told, folder / "in" / "one.md")
        (folder / "a.toml").write_text("2")
        _until(told, folder / "a.toml")
        other.stop()
        assert hand.begins.empty()
        hand.finish.put(Outcome(1.0, error="broken"))
        assert hand.ends.get(timeout=SECONDS).error == "broken"
        changed = hand.begins.get(timeout=SECONDS)
        assert folder / "in" / "one.md" in changed
        hand.finish.put(Outcome(1.0))
        assert hand.ends.get(timeout=SECONDS) == Outcome(1.0)
    finally:
        keeper.stop()
    assert hand.stopped.is_set()


def test_what_is_watched_is_asked_anew_before_each_build(folder: Path) -> None:
    """A folder that settings name since is watched before anything is read; one that was replaced
    is, too; while settings are broken, what was watched before.
    """
    hand = Hand()
    answers = [_watched(folder)]

    def sources() -> Watched:
        if not answers:
            raise UsageError("broken")
        return answers[0]

    keeper = Keeper(sources, hand, hand)
    try:
        keeper.start()
        (folder / "more").mkdir()
        answers[0] = Watched(frozenset({folder / "in", folder / "more"}), answers[0].paths)
        (folder / "a.toml").write_text("2")
        _until(hand.begins, folder / "a.toml")
        hand.finish.put(Outcome(1.0))
        (folder / "more" / "x.md").write_text("x")
        hand.finish.put(Outcome(1.0))
        _until(hand.begins, folder / "more" / "x.md")
        assert keeper.watched == answers[0]

        answers.clear()
        shutil.rmtree(folder / "more")
        for _ in range(8):
            hand.finish.put(Outcome(1.0))
        _until(hand.begins, folder / "more")
        (folder / "a.toml").write_text("3")
        _until(hand.begins, folder / "a.toml")
    finally:
        keeper.stop()


def test_a_keeper_that_never_began_can_be_stopped(folder: Path) -> None:
    """As when the port is taken."""
    hand = Hand()
    Keeper(lambda: _watched(folder), hand, hand).stop()
    assert hand.begins.empty()


# -- A build in a process of its own


@pytest.fixture
def gallery(tmp_path: Path) -> Path:
    """Settings, one image and a small network."""
    photo(tmp_path / "inputs" / "red.png")
    saved(plain(), tmp_path / "mine.keras")
    (tmp_path / "gallery.toml").write_text('model = "mine.keras"\n')
    return tmp_path


def test_a_build_apart_does_what_was_done_before(gallery: Path) -> None:
    """In the folder of the origin, with its flags, into the site that is served; what it was asked
    for is remembered as it was. An error comes back in full, and so does the end of a process
    that says nothing.
    """
    # A folder that would hide this package from a process that is run there.
    (gallery / "generator").mkdir()
    (gallery / "generator" / "__init__.py").write_text("raise SystemExit('not this one')")
    origin = Origin(str(gallery), None, {"values": False, "output": "elsewhere"})
    output = gallery / "site"
    outcome = BuildProcess(origin, output).run()
    assert outcome and not outcome.error
    assert not outcome.unchanged
    assert outcome.summary.startswith("1 image, ")
    assert json.loads((output / "gallery.json").read_bytes())["images"][0]["id"] == "red"
    assert not list(output.rglob("values/*"))
    assert origin_of(output) == origin
    again = BuildProcess(origin, output).run()
    assert again and again.unchanged

    (gallery / "gallery.toml").write_text("model = 3\nfit = 4\n")
    broken = BuildProcess(origin, output).run()
    assert broken and broken.error.startswith("2 wrong entries:\n")
    assert "gallery.toml, line 2: fit" in broken.error

    assert asdict(broken)["summary"] == ""


def test_a_process_that_dies_is_an_error(gallery: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server says how it ended."""
    monkeypatch.setattr("generator.build_process._BEGIN", "import os; os.abort()")
    outcome = BuildProcess(Origin(str(gallery)), gallery / "site").run()
    assert outcome and "signal 6" in outcome.error


def test_a_build_that_was_stopped_before_it_began_is_none(gallery: Path) -> None:
    """Nothing of it is there."""
    process = BuildProcess(Origin(str(gallery)), gallery / "site")
    process.stop()
    assert process.run() is None
    left = sorted(path.name for path in gallery.iterdir())
    assert left == ["gallery.toml", "inputs", "mine.keras"]


_MEETS = """
import ctypes, signal, sys
def meet(event, facts):
    if event == "import" and facts[0] == "generator.building":
        ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(signal.SIGINT))()
sys.addaudithook(meet)
"""
"""Interrupted in a callback of compiled code, where Python says that an exception was ignored."""


def test_an_interrupted_build_says_nothing_and_does_not_go_on(
    gallery: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Wherever that meets it."""
    monkeypatch.setattr(build_process, "_BEGIN", _MEETS + build_process._BEGIN)
    outcome = BuildProcess(Origin(str(gallery)), gallery / "site").run()
    assert outcome and "exit code 130" in outcome.error
    assert capfd.readouterr() == ("", "")
    assert not (gallery / "site").exists()


@pytest.mark.slow
def test_a_build_that_is_stopped_at_any_moment_says_nothing(
    gallery: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """While it is loaded, at work, or as it ends: it stops by itself, and clears up."""
    site = gallery / "site"
    for moment in range(40):
        process = BuildProcess(Origin(str(gallery)), site)
        thread = Thread(target=process.run)
        thread.start()
        thread.join(moment / 8)
        process.stop()
        thread.join()
        assert process._process and process._process.returncode != -signal.SIGKILL, moment
        assert capfd.readouterr() == ("", ""), moment
        left = {path.name for path in gallery.iterdir()}
        assert left <= {"gallery.toml", "inputs", "mine.keras", "site", beside.manifest(site).name}
