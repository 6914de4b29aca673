"""A build by a real Dask cluster of two processes: the same site, whatever becomes of a worker."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import distributed
import pytest

from generator import cluster
from generator.building import Report, build
from generator.config import Against, Config
from generator.errors import ClusterError, ConfigError
from tests.ended_builds import tree
from tests.image_files import coloured
from tests.small_networks import branched, plain, saved

IMAGES = 14

pytestmark = [
    # distributed leaves sockets and tasks to the garbage collector
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen images and one that cannot be read, two networks, and the site made here."""
    folder = tmp_path_factory.mktemp("cluster")
    coloured(folder / "in", IMAGES, seed=3)
    (folder / "in/05-bad.png").write_bytes(b"no picture")
    saved(plain(), folder / "mine.keras")
    saved(branched(), folder / "other.keras")
    (folder / "labels.txt").write_text("ape\nbee\ncat\n", encoding="utf-8")
    _build(folder, "here")
    return folder


def _build(folder: Path, output: str, progress: Any = None, **settings: Any) -> Report:
    config = Config(
        inputs=folder / "in",
        output=folder / output,
        model=str(folder / "mine.keras"),
        labels=folder / "labels.txt",
        **{"against": (Against(str(folder / "other.keras"), preprocess="tf"),)} | settings,
    )
    return build(config, progress=progress)


@pytest.fixture(scope="module")
def two_workers() -> Iterator[Any]:
    """A scheduler and two worker processes, as ``dask scheduler`` and ``dask worker`` start."""
    make: Any = distributed
    with make.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as running:
        yield running


def test_two_processes_make_the_same_site(made: Path) -> None:
    """``--workers 2``: every byte, and the problem too."""
    _build(made, "one", against=())
    report = _build(made, "there", against=(), workers=2)
    assert (report.images, report.kept, len(report.problems)) == (IMAGES, 0, 1)
    assert tree(made / "there") == tree(made / "one")


class _Killing:
    """Ends some workers, without a word, after the first batch."""

    def __init__(self, pids: Callable[[], list[int]], count: int) -> None:
        self._pids, self._count = pids, count
        self.killed: list[int] = []

    def images(self, done: int, total: int) -> None:
        if done and not self.killed:
            self.killed = self._pids()[: self._count]
            for worker in self.killed:
                os.kill(worker, signal.SIGKILL)

    def sheets(self, done: int, total: int) -> None: ...
    def handouts(self, done: int, total: int) -> None: ...
    def pages(self, done: int, total: int) -> None: ...


@pytest.mark.parametrize("count", [1, 2])
def test_workers_that_die_cost_their_batches_and_nothing_else(
    made: Path, two_workers: Any, count: int
) -> None:
    """``kill -9`` while they work; the other one, or their successors, do their part. With the last
    of them goes what they had to know. Every byte of two networks, by a scheduler that was there.
    """
    make: Any = distributed
    with make.Client(two_workers) as client:
        client.wait_for_workers(2)
        killing = _Killing(lambda: [*client.run(os.getpid).values()], count)
        report = _build(made, f"killed-{count}", killing, scheduler=two_workers.scheduler_address)
    assert len(killing.killed) == count
    assert (report.images, report.kept) == (IMAGES, 0)
    assert tree(made / f"killed-{count}") == tree(made / "here")


def test_a_site_made_here_needs_no_cluster_again(made: Path, tmp_path: Path) -> None:
    """What does the work is no part of the site: nobody is asked at that address."""
    shutil.copytree(made, tmp_path / "copy")
    (tmp_path / "copy/in/05-bad.png").unlink()  # one that failed would be tried again
    report = _build(tmp_path / "copy", "here", scheduler="tcp://127.0.0.1:9")
    assert (report.kept, report.problems) == (IMAGES, ())


def test_a_worker_with_another_program_is_refused(
    made: Path, two_workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it has made anything; the site stays as it was."""
    monkeypatch.setattr(cluster, "sheet_program", lambda: "of another version")
    with pytest.raises(ClusterError, match=r"expected workers with the program of this one, Lay"):
        _build(made, "refused", scheduler=two_workers.scheduler_address)
    assert not (made / "refused").exists()


def test_a_worker_with_other_weights_is_refused(
    made: Path, two_workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where its Keras has kept others than ours."""
    order = cluster._order

    def other(network: Any, config: Config) -> Any:
        return replace(order(network, config), identity="of other weights")

    monkeypatch.setattr(cluster, "_order", other)
    with pytest.raises(ClusterError, match=r"the network mine and the weights of this one"):
        _build(made, "refused", scheduler=two_workers.scheduler_address)


def test_nobody_at_the_address(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, with what to do."""
    monkeypatch.setattr(cluster, "_REACH_SECONDS", 1)
    with pytest.raises(ClusterError, match=r"at tcp://127\.0\.0\.1:9, got no answer .*correct"):
        _build(made, "refused", scheduler="tcp://127.0.0.1:9")


def test_a_scheduler_without_workers(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said how to start one."""
    monkeypatch.setattr(cluster, "_REACH_SECONDS", 1)
    make: Any = distributed
    with (
        make.LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        pytest.raises(ClusterError, match=r"expected workers at .*got none; start some with dask"),
    ):
        _build(made, "refused", scheduler=empty.scheduler_address)


def test_a_live_network_stays_here(made: Path) -> None:
    """No other process can be sure to have it."""
    config = Config(inputs=made / "in", output=made / "refused", workers=2)
    with pytest.raises(ConfigError, match=r"leave --workers and --scheduler out"):
        build(config, model=plain())


@pytest.mark.parametrize(
    "wrong", [{"workers": -1}, {"workers": 1.5}, {"scheduler": "host:8786"}, {"scheduler": ""}]
)
def test_addresses_and_numbers_that_are_none(wrong: dict[str, Any]) -> None:
    """By the settings' own check."""
    with pytest.raises(ConfigError, match=r"^(workers|scheduler): expected "):
        Config(**wrong)
