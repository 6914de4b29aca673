"""Images through the network on other processes or machines, by Dask (``dask.distributed``).

With ``generator.networks`` this puts stages together. A task is a batch of image files and all that
a worker needs to know; it loads the network once, keeps it, and hands back finished files. So
nothing is shared but the connection: no file system, and no path of one machine means anything on
another. The files are those of a build without a cluster, byte for byte, if the processors are
alike; else within the rounding of floats.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from generator import __version__
from generator.activations import BATCH
from generator.config import Config
from generator.domain import InputImage, InputSpec, Problem
from generator.errors import ClusterError, ConfigError, ImageError, LayerlightError
from generator.fingerprints import sheet_program
from generator.inputs import Candidate, prepare, read_file
from generator.known_networks import GalleryNetwork, network_at
from generator.pipeline import Counter, Tools
from generator.sheet_files import Write, save

__all__ = ["record_on_cluster"]

_REACH_SECONDS = 10
_WAITING = 2
"""Batches for each worker that are under way or wait for it: it never has to wait for one."""
_LOSSES = 5
"""So many times what workers have to know is sent anew, before something is wrong with them."""


@dataclass(frozen=True, eq=False)  # it is one object on a worker, whatever the batch
class _Order:
    """What a worker has to know to run images through a network, wherever it is."""

    settings: dict[str, Any]
    """Of ``Config``, those that sheets depend on."""
    place: int
    """Which of the gallery's networks."""
    files: tuple[tuple[str, bytes], ...]
    """Files that the settings name, and what is in them."""
    identity: str
    """That the network must have."""
    model: str
    """Its id,"""
    title: str
    """and title in the gallery."""
    program: str
    """That the worker must run."""
    version: str


@dataclass(frozen=True)
class _Result:
    """What became of one image."""

    image: InputImage | None
    message: str
    """Why it cannot be used; "" if it can."""
    files: tuple[tuple[str, bytes], ...]


@dataclass
class _Sent:
    """A batch that is under way."""

    batch: Sequence[Candidate]
    bare: list[Candidate]
    data: list[bytes | str]
    """What goes to the worker: the candidates without their folders, and their files."""
    future: Any


class _OrderLostError(Exception):
    """No worker holds what it has to know any more: those that did have ended."""


# -- Here


def record_on_cluster(
    candidates: Sequence[Candidate],
    network: GalleryNetwork,
    config: Config,
    write: Write,
    counter: Counter,
    problems: list[Problem],
) -> Generator[tuple[InputImage, None], None, None]:
    """As ``generator.pipeline.record``, by the workers of a cluster.

    A worker that dies costs its batches, which others do again.

    Raises:
        ClusterError: the scheduler cannot be reached, no worker came, one runs another program or
            network, or a batch was lost with worker after worker.
        ConfigError: the extra ``cluster`` is not installed, or the network cannot be sent.
    """
    order = _order(network, config)
    layers = len(network.facts.spec.layers)
    done = 0
    with _client(config) as (client, workers):
        for batch, results in _in_order(client, order, candidates, _WAITING * workers):
            for candidate, result in zip(batch, results, strict=True):
                done += 1
                counter.images(done, len(candidates))
                if result.image is None:
                    problems.append(Problem(candidate.source, "decode", result.message))
                    continue
                for path, data in result.files:
                    write(path, data)
                counter.sheets(done * layers, len(candidates) * layers)
                # where it lies on this machine, no worker knows
                yield replace(result.image, path=candidate.path), None


def _in_order(
    client: Any, order: _Order, candidates: Sequence[Candidate], most: int
) -> Iterator[tuple[Sequence[Candidate], list[_Result]]]:
    """Batches with their results, in the order of the candidates; at most ``most`` under way."""
    batches = iter([candidates[i : i + BATCH] for i in range(0, len(candidates), BATCH)])
    waiting: deque[_Sent] = deque()
    copy, lost = client.scatter(order, broadcast=True), 0

    def begun(bare: list[Candidate], data: list[bytes | str]) -> Any:
        return client.submit(_work, copy, bare, data, pure=False)

    while True:
        while len(waiting) < most and (batch := next(batches, None)):
            data = [_bytes_of(candidate) for candidate in batch]
            bare = [replace(candidate, path=Path(candidate.path.name)) for candidate in batch]
            waiting.append(_Sent(batch, bare, data, begun(bare, data)))
        if not waiting:
            return
        try:
            results = _result_of(waiting[0].future)
        except _OrderLostError:
            # Of what every worker was sent Dask soon keeps one copy only (its ReduceReplicas).
            # What went with the worker that held it is sent anew, and what waited for it.
            lost += 1
            if lost > _LOSSES:
                raise _too_many_ended() from None
            copy = client.scatter(order, broadcast=True)
            for one in waiting:
                if one.future.status != "finished":
                    one.future = begun(one.bare, one.data)
            continue
        yield waiting.popleft().batch, results


def _bytes_of(candidate: Candidate) -> bytes | str:
    """An image's file, or why it cannot be read."""
    try:
        return read_file(candidate)
    except ImageError as error:
        return str(error)


def _result_of(future: Any) -> list[_Result]:
    from distributed import CancelledError, KilledWorker

    try:
        results: list[_Result] = future.result()
    except LayerlightError:
        raise
    except CancelledError as error:
        raise _OrderLostError from error
    except KilledWorker as error:
        raise _too_many_ended() from error
    except ModuleNotFoundError as error:
        raise ClusterError(
            f"expected workers that have Layerlight {__version__} installed, got one without the "
            f"module {error.name}; install it there in the same version"
        ) from error
    return results


def _too_many_ended() -> ClusterError:
    return ClusterError(
        "expected a worker to run a batch of images, got one after the other that ended while "
        "it had it; see what ended them there, most often too "
        "little memory (2 GB each are needed)"
    )


@contextmanager
def _client(config: Config) -> Iterator[tuple[Any, int]]:
    """A connection to the cluster that the settings name, and its number of workers."""
    try:
        import distributed
    except ImportError:
        raise ConfigError(
            f"{'scheduler' if config.scheduler else 'workers'}: expected the extra 'cluster' to be "
            "installed, got an environment without it; run python -m pip install distributed in it"
        ) from None
    make: Any = distributed  # whose classes have no types
    if not config.scheduler:
        with (
            make.LocalCluster(
                n_workers=config.workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address=":0",
                silence_logs=_SILENT,
            ) as cluster,
            make.Client(cluster) as client,
        ):
            client.wait_for_workers(config.workers)
            yield client, config.workers
        return
    try:
        client = make.Client(config.scheduler, timeout=_REACH_SECONDS)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"scheduler: expected a Dask scheduler at {config.scheduler}, got no answer "
            f"({error}); start one with dask scheduler, or correct --scheduler"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_REACH_SECONDS)
        except TimeoutError as error:
            raise ClusterError(
                f"scheduler: expected workers at {config.scheduler}, got none; start some with "
                f"dask worker {config.scheduler}"
            ) from error
        yield client, len(client.scheduler_info(n_workers=-1)["workers"])


_SILENT = 60
"""Above every level of ``logging``: what matters is raised."""


def _order(network: GalleryNetwork, config: Config) -> _Order:
    if not network.key:
        raise ConfigError(
            "workers: expected a network by name or from a file without code of its own, got one "
            "that no other process can be sure to have in the same form (a live model, "
            "trust_model, or a preprocessing of your own); leave --workers and --scheduler out"
        )
    named = {
        path
        for other in config.against
        for path in (other.model, other.weights, other.labels)
        if path
    } | {path for path in (config.model, config.weights, config.labels) if path}
    paths = sorted(str(path) for path in named if Path(path).is_file())
    return _Order(
        settings={name: getattr(config, name) for name in _SETTINGS},
        place=network.place,
        files=tuple((path, Path(path).read_bytes()) for path in paths),
        identity=network.facts.identity,
        model=network.facts.spec.id,
        title=network.facts.spec.title,
        program=sheet_program(),
        version=__version__,
    )


_SETTINGS = {
    *("model", "weights", "layers", "every", "size", "fit", "preprocess", "against", "labels"),
    *("classes", "values"),
}


# -- There


def _work(
    order: _Order, candidates: Sequence[Candidate], data: Sequence[bytes | str]
) -> list[_Result]:
    """Run a batch of images through the network, on a worker."""
    if order.program != sheet_program():
        raise ClusterError(
            f"expected workers with the program of this one, Layerlight {order.version} with the "
            f"same versions of TensorFlow, Keras, numpy and Pillow, got one with Layerlight "
            f"{__version__} that differs in one of them; install the same on all"
        )
    return _run(_loaded(order), candidates, data)


@lru_cache(maxsize=2)
def _loaded(order: _Order) -> Tools:
    """The network, loaded when its first batch comes, and kept."""
    with tempfile.TemporaryDirectory(prefix="layerlight-") as folder:
        places = {}
        for i, (path, data) in enumerate(order.files):
            places[path] = Path(folder) / str(i) / Path(path).name
            places[path].parent.mkdir()
            places[path].write_bytes(data)
        config = _relocated(order.settings, places)
        network = network_at(config, order.place)
        if network.facts.identity != order.identity:
            raise ClusterError(
                f"expected workers with the network {order.title} and the weights of this one, "
                f"got one whose weights, labels or layers differ "
                f"(its weights: {network.facts.spec.weights.sha256[:8]}); give it the same files"
            )
        spec = replace(network.facts.spec, id=order.model, title=order.title)
        network = replace(network, facts=replace(network.facts, spec=spec))
        return network.tools(config)


def _relocated(settings: dict[str, Any], places: dict[str, Path]) -> Config:
    """The settings with this machine's paths of the files that came along."""

    def here(path: Any) -> Any:
        found = places.get(str(path)) if path else None
        return (str(found) if isinstance(path, str) else found) if found else path

    moved = {key: here(value) if key in _FILES else value for key, value in settings.items()}
    moved["against"] = tuple(
        one._replace(model=here(one.model), weights=here(one.weights), labels=here(one.labels))
        for one in settings["against"]
    )
    return Config(**moved)


_FILES = {"model", "weights", "labels"}


def _run(
    tools: Tools, candidates: Sequence[Candidate], data: Sequence[bytes | str]
) -> list[_Result]:
    given = tools.plan.model.input
    decoded = [_decoded(*pair, given) for pair in zip(candidates, data, strict=True)]
    batch = [one for one in decoded if not isinstance(one, str)]
    files: dict[str, list[tuple[str, bytes]]] = {}
    for (image, pixels), run in zip(batch, tools.run(batch) if batch else [], strict=True):
        keep = _Keeper(files.setdefault(image.id, []))
        if tools.judge:
            tools.judge([(image, pixels)], keep)
        save(run, tools.plan, keep)
    return [
        _Result(None, one, ())
        if isinstance(one, str)
        else _Result(one[0], "", tuple(files[one[0].id]))
        for one in decoded
    ]


class _Keeper:
    """Takes files as a site does."""

    def __init__(self, files: list[tuple[str, bytes]]) -> None:
        self._files = files

    def __call__(self, path: str, data: bytes | str) -> None:
        self._files.append((path, data.encode() if isinstance(data, str) else data))


def _decoded(candidate: Candidate, data: bytes | str, spec: InputSpec) -> Any:
    """(facts, pixels), or why there are none."""
    if isinstance(data, str):
        return data
    try:
        return prepare(candidate, data, spec)
    except ImageError as error:
        return str(error)
