"""Images encoded by processes of their own: the same site, and nothing of them is left."""

from __future__ import annotations

import errno
import os
import pickle
import select
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from generator import encoder_process, encoders, models
from generator.activations import Extractor
from generator.building import Report, build
from generator.config import Against, Config
from generator.domain import Channel, Peak
from generator.encoder_process import FED, Begin, Job
from generator.encoders import Crew, Encoding
from generator.errors import EncoderError, OutputError
from generator.handover import Handover, offered, shapes_of
from generator.parcel import packed, unpacked
from generator.sheet_files import Plan, Run, kernels_of, save
from generator.site import Files, staging
from tests.ended_builds import tree
from tests.image_files import coloured
from tests.small_networks import branched, plain, saved

IMAGES, SLOTS = 7, 3
"""A batch and most of another; fewer slots than a batch has images."""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere threads do it, which all other tests hold"
)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven images are enough here."""
    monkeypatch.setattr(encoders, "WORTH_IT", IMAGES)
    monkeypatch.setattr(encoders, "SLOTS", SLOTS)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven images, two networks, and the site that threads made of them."""
    folder = tmp_path_factory.mktemp("encoders")
    coloured(folder / "in", IMAGES, seed=5)
    saved(plain(), folder / "mine.keras")
    saved(branched(), folder / "other.keras")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoders, "WORTH_IT", IMAGES + 1)
        _build(folder, "threads")
    return folder


def _build(folder: Path, output: str, progress: Any = None) -> Report:
    config = Config(
        inputs=folder / "in",
        output=folder / output,
        model=str(folder / "mine.keras"),
        against=(Against(str(folder / "other.keras"), preprocess="tf"),),
    )
    return build(config, progress=progress)


def _encoding(whom: int | None = None) -> list[int]:
    """Processes that encode for that one, or for this one; the first before its copies."""
    asked = str(whom or os.getpid()).encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            given = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        if asked in given and any(b"encoder_process" in word for word in given):
            found.append(int(entry.name))
    return sorted(found)


def _shared_memory() -> list[str]:
    links = [str(entry.resolve()) for entry in Path("/proc/self/fd").iterdir()]
    return [link for link in links if "memfd:layerlight" in link]


class _Watching:
    """Sees which processes encode, once the first image is done, and then does something."""

    def __init__(self, then: Callable[[list[int]], None] = lambda _: None) -> None:
        self._then = then
        self.seen: list[int] = []

    def images(self, done: int, total: int) -> None:
        if done and not self.seen:
            self.seen = _encoding()
            self._then(self.seen)

    def sheets(self, done: int, total: int) -> None: ...
    def handouts(self, done: int, total: int) -> None: ...
    def pages(self, done: int, total: int) -> None: ...


def test_processes_and_threads_make_the_same_site(made: Path) -> None:
    """Every byte, of two networks one after the other; afterwards no process and no memory."""
    watching = _Watching()
    report = _build(made, "processes", watching)
    assert len(watching.seen) == encoders.WORKERS
    assert (report.images, report.problems) == (IMAGES, ())
    assert tree(made / "processes") == tree(made / "threads")
    assert (_encoding(), _shared_memory()) == ([], [])


@pytest.mark.parametrize("hindered", ["memory", "program", "start"])
def test_where_they_cannot_start_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hindered: str
) -> None:
    """No shared memory; no Python to be found; one that ends at once."""
    crew = Crew()
    if hindered == "memory":
        monkeypatch.setattr(encoders, "offered", lambda: None)
    elif hindered == "program":
        monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    else:
        monkeypatch.setattr(encoders, "_PROGRAM", "raise SystemExit(1)")
    with crew:
        crew.start(IMAGES)
        assert not crew.ready()
    assert _shared_memory() == []


@pytest.mark.slow
@pytest.mark.parametrize("hindered", ["start", "room"])
def test_where_they_cannot_work_threads_do_it(
    made: Path, monkeypatch: pytest.MonkeyPatch, hindered: str
) -> None:
    """Nobody need know: one that ends at once; less shared memory than the maps take."""

    def too_little(_: Handover) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    if hindered == "start":
        monkeypatch.setattr(encoders, "_PROGRAM", "raise SystemExit(1)")
    else:
        monkeypatch.setattr(Handover, "resize", too_little)
    _build(made, hindered, _Watching())
    assert tree(made / hindered) == tree(made / "threads")
    assert (_encoding(), _shared_memory()) == ([], [])


@pytest.mark.parametrize(
    "hindrance",
    ["for number in range(3): os.close(number)", "os.sched_setaffinity(0, {min(cores)})"],
    ids=["descriptors closed", "one core"],
)
def test_where_they_would_be_no_use_none_is_started(hindrance: str) -> None:
    """What is opened as 0, 1 or 2 is lost on the way; on one core two would wait for each other."""
    program = (
        "import os; from generator.encoders import Crew; cores = os.sched_getaffinity(0)\n"
        f"{hindrance}\n"
        "with Crew() as crew: crew.start(99); os._exit(3 if not crew.ready() else 4)"
    )
    ran = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=False)
    assert ran.returncode == 3


def test_for_a_few_images_none_is_started() -> None:
    """One image from nothing must not wait for what takes longer to start than it saves."""
    with Crew() as crew:
        crew.start(encoders.WORTH_IT - 1)
        assert not crew.ready()
        assert (_encoding(), _shared_memory()) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, -1], ids=["the first", "a copy"])
def test_one_that_dies_ends_the_build(made: Path, which: int) -> None:
    """``kill -9``: it is said, the site is as it was, and the others are gone as well."""
    with pytest.raises(EncoderError, match=r"to encode .*, got its end; .*memory.* build again$"):
        _build(made, f"killed{which}", _Watching(lambda seen: os.kill(seen[which], signal.SIGKILL)))
    assert not (made / f"killed{which}").exists()
    assert (_encoding(), _shared_memory()) == ([], [])


@pytest.mark.slow
def test_an_interrupted_build_leaves_none(made: Path) -> None:
    """Ctrl-C in the middle of it."""

    def interrupted(_: list[int]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _build(made, "interrupted", _Watching(interrupted))
    assert not (made / "interrupted").exists()
    assert (_encoding(), _shared_memory()) == ([], [])


def test_none_outlives_a_build_that_is_killed() -> None:
    """``kill -9`` of the process that started them."""
    program = (
        "from generator.encoders import Crew\n"
        "with Crew() as crew: crew.start(99); assert crew.ready(); print(flush=True); input()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe) as started:
        assert started.stdout is not None
        started.stdout.readline()
        held = [os.pidfd_open(number) for number in _encoding(started.pid)]
        assert len(held) == encoders.WORKERS
        started.kill()
        for one in held:
            assert select.select([one], [], [], 30)[0] == [one]
            os.close(one)


def _run(seed: int = 4) -> tuple[Run, Plan]:
    network = models.wrap(plain(), preprocess="0-1")
    size = network.spec.input
    pixels = np.random.default_rng(seed).integers(
        0, 256, (size.height, size.width, 3), dtype=np.uint8
    )
    (maps,) = Extractor(network).maps([pixels])
    plan = Plan(network.spec, kernels_of(network), values=True)
    return Run("one", pixels, network.preprocess(pixels[None])[0], maps), plan


def test_what_goes_wrong_there_is_raised_here(tmp_path: Path) -> None:
    """A folder that cannot be made: the error that a thread would have raised, word for word."""
    run, plan = _run()
    (tmp_path / "new").write_text("no folder")
    files = Files(tmp_path / "new", tmp_path / "old", Path("site"))

    def write(path: str, data: bytes | str) -> None:
        files.write(path, data)

    with pytest.raises(OutputError) as here:
        save(run, plan, write)
    with Crew() as crew:
        crew.start(encoders.WORTH_IT)
        assert crew.ready()
        arrays = {**run.maps, FED: run.fed}
        weights = {name: one.weights for name, one in plan.kernels.items()}
        handover = Handover(crew.memory, 1, shapes_of(arrays), shapes_of(weights))
        handover.resize()
        crew.tell(Begin(plan, handover, files))
        with pytest.raises(OutputError) as there:
            crew.ask(Job(0, run.image, run.pixels))
    assert str(there.value) == str(here.value)


def test_an_error_that_cannot_travel_comes_as_words() -> None:
    """Made of two things, it could not be made again of its message alone."""

    class OddError(Exception):
        def __init__(self, what: str, where: str) -> None:
            super().__init__(f"{what} in {where}")

    class Work:
        def do(self, job: Job) -> Any:
            raise OddError("a hole", "the map")

    job = Job(0, "one", np.zeros((1, 1, 3), dtype=np.uint8))
    answer = pickle.loads(encoder_process._answer(cast(encoder_process._Work, Work()), job))
    assert isinstance(answer, RuntimeError)
    assert "a hole in the map" in str(answer)


def test_maps_that_were_handed_over_are_let_go(tmp_path: Path) -> None:
    """While the next batch runs, nobody holds those of the one before."""
    run, plan = _run()
    runs = [run._replace(maps={name: array.copy() for name, array in run.maps.items()})]
    held = [weakref.ref(array) for array in runs[0].maps.values()]
    with (
        staging(tmp_path / "site") as stage,
        Crew() as crew,
        Encoding(crew, stage, IMAGES) as encoding,
    ):
        jobs = encoding.take(runs, plan)
        job = next(jobs)
        assert [one() for one in held] == [None] * len(held)
        assert set(job.result()().sheets) == set(run.maps)
        assert next(jobs, None) is None


def test_a_parcel_holds_all_that_was_measured() -> None:
    """Channels without, with one and with two peaks, values that are not finite, the evidence."""
    run, plan = _run()
    first = run.maps["first"].copy()
    first[..., 0], first[..., 1], first[2, 3, 1], first[0, 0, 2] = 0, 0, 5, np.nan
    measures = save(run._replace(maps={**run.maps, "first": first}), plan, lambda _, __: None)
    peaks = [len(channel.peaks) for channel in measures.sheets["first"].channels]
    assert peaks[:2] == [0, 1]
    assert 2 in peaks
    again = unpacked(packed(measures))
    assert again == measures
    # tuples are equal whatever their kind
    channels = [channel for sheet in again.sheets.values() for channel in sheet.channels]
    assert {type(channel) for channel in channels} == {Channel}
    assert {type(peak) for channel in channels for peak in channel.peaks} == {Peak}


def test_each_slot_of_the_memory_is_its_own() -> None:
    """What is put into one place is in that place only, and all that is opened later sees it."""
    memory = offered()
    assert memory is not None
    try:
        handover = Handover(memory, 2, {"a": (2, 3), "b": (5,)}, {"stays": (7,)})
        handover.resize()
        slots, lasting = handover.open(writable=True)
        slots[0]["b"][:] = 1
        slots[1]["a"][:] = 2
        lasting["stays"][:] = 3
        seen, stays = handover.open()
        assert [float(slot[name].sum()) for slot in seen for name in "ab"] == [0, 5, 12, 0]
        assert stays["stays"].tolist() == [3] * 7
        with pytest.raises(ValueError, match="read-only"):
            seen[0]["a"][0, 0] = 1
    finally:
        os.close(memory)
