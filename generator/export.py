"""Exact activations as a file of numbers: images through the network, float32 out, no rounding.

The maps are those that the gallery's sheets are made from: the same decoding, the same batches.
What is held in memory is one batch, however many images are asked for.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from generator.config import Config
from generator.domain import Model, Problem
from generator.errors import ImageError, InputsError, UsageError
from generator.inputs import Candidate, discover, load
from generator.names import identified
from generator.single_file import refuse_inside, refuse_unless_replaceable, replacing

if TYPE_CHECKING:
    from generator.activations import Extractor

__all__ = ["DEFAULT_OUTPUT", "MAX_CSV_VALUES", "Export", "export", "parse_channels"]

DEFAULT_OUTPUT = Path("activations.npz")
MAX_CSV_VALUES = 20_000_000
"""Lines of about 40 bytes: more is no use to any program that reads CSV."""
CSV_HEADER = "image,layer,channel,row,column,value\n"

_ZIP_SIGNATURE = b"PK"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip archive can hold: the same at every run."""

Pixels = NDArray[np.uint8]
Maps = Mapping[str, NDArray[np.float32]]
Put = Callable[[str, Pixels, Maps], None]
"""Takes one image: its id, its pixels (h, w, 3), its layers' maps (height, width, channels)."""


@dataclass(frozen=True, slots=True)
class Export:
    """What was written."""

    output: Path
    images: int
    layers: int
    values: int
    """Activations, over all images."""
    bytes: int
    problems: tuple[Problem, ...]
    """Images that were asked for and could not be used."""


def parse_channels(text: str) -> tuple[int, ...]:
    """ "187,93" -> (187, 93): in the order given, each once.

    Raises:
        UsageError: it is not a list of whole numbers from 0.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        raise UsageError(
            f"--channels: expected whole numbers from 0, separated by commas, such as 187,93; "
            f"got {text!r}"
        )
    return tuple(dict.fromkeys(int(part) for part in parts))


def export(
    config: Config,
    images: Sequence[str] = (),
    *,
    everything: bool = False,
    channels: Sequence[int] | None = None,
    output: Path = DEFAULT_OUTPUT,
) -> Export:
    """Run images through the network and write the values of its layers.

    ``.npz``: arrays ``<image>/<layer>``, float32 (height, width, channels); ``<image>/input``,
    uint8 (height, width, 3); and ``channels``, int64 (n,), if some were chosen. ``.csv``: a line
    a value, written so that it reads back as the same float32. The same images give the same
    bytes. The file appears once it is whole.

    Args:
        config: inputs, network, weights, layers, size and fit.
        images: ids, or paths below the inputs folder, or names with or without suffix.
        everything: all images of the folder instead.
        channels: of every layer, at least one, in this order; None: all.
        output: the file to write, outside of the site; its suffix is the format.

    Raises:
        UsageError: no or an unknown image, no channel or one that a layer does not have, another
            suffix, a file in the site, or a CSV of more than ``MAX_CSV_VALUES`` values.
        InputsError: none of the images can be used.
        OutputError: the file cannot be written, or something else is there.
        WeightsError: as ``models.load``.
    """
    _refuse_output(output, config.output)
    _refuse_no_channels(channels)
    found, problems = discover(config.inputs)
    chosen = found if everything and not images else _chosen(found, images, everything)
    wanted = {candidate.source for candidate in chosen}
    noted = [p for p in problems if everything or p.source in wanted]
    from generator import models
    from generator.activations import Extractor

    network = models.load(
        config.model,
        weights=config.weights,
        layers=config.layers,
        size=config.size,
        fit=config.fit,
        preprocess=config.preprocess,
        trust=config.trust_model,
    )
    model = network.spec
    each = _values(model, channels)
    if _is_csv(output):
        _refuse_long_csv(each * len(chosen), len(chosen))
    done = 0
    write = _csv if _is_csv(output) else _npz
    with replacing(output) as file, write(file, model, channels) as put:
        for batch in _batches(chosen, model, Extractor(network), noted):
            for image, pixels, maps in batch:
                put(image, pixels, maps)
                done += 1
        if not done:
            listed = "\n".join(f"  {p.source}: {p.message}" for p in noted)
            raise InputsError(f"expected a usable image, found none; mend or replace:\n{listed}")
    return Export(
        output=output,
        images=done,
        layers=len(model.layers),
        values=each * done,
        bytes=output.stat().st_size,
        problems=tuple(noted),
    )


def _is_csv(output: Path) -> bool:
    return output.suffix.lower() == ".csv"


def _refuse_output(output: Path, site: Path) -> None:
    if output.suffix.lower() not in (".npz", ".csv"):
        raise UsageError(f"--output: expected a file name that ends in .npz or .csv, got {output}")
    if _is_csv(output):
        header = CSV_HEADER.encode()
        refuse_unless_replaceable(output, "activations in CSV", lambda h: h.startswith(header))
    else:
        refuse_unless_replaceable(output, "an .npz", lambda h: h.startswith(_ZIP_SIGNATURE))
    refuse_inside(output, site)


def _refuse_no_channels(channels: Sequence[int] | None) -> None:
    if channels is not None and not channels:
        raise UsageError(
            "--channels: expected at least one channel, got none; leave it out for all of them"
        )


def _chosen(
    found: Sequence[Candidate], images: Sequence[str], everything: bool
) -> tuple[Candidate, ...]:
    """Those that are asked for, in the gallery's order, each once."""
    known = _listed(found)
    if not images:
        raise UsageError(f"expected the images to run, or --all; got none. There are: {known}")
    if everything:
        raise UsageError(f"expected either images or --all, got both ({', '.join(images)})")
    wanted = {_one(found, name) for name in images}
    return tuple(candidate for candidate in found if candidate.id in wanted)


def _one(found: Sequence[Candidate], name: str) -> str:
    """The id of the image at that path, else of the one that is called so."""
    for candidate in found:
        if str(candidate.path) == name:
            return candidate.id
    return identified(name, {one.id: one.source for one in found}, "image")


def _listed(found: Sequence[Candidate]) -> str:
    ids = [candidate.id for candidate in found]
    return ", ".join(ids[:40]) + (f" and {len(ids) - 40} more" if len(ids) > 40 else "")


def _values(model: Model, channels: Sequence[int] | None) -> int:
    """Activations that are written of each image."""
    if channels is None:
        return sum(layer.height * layer.width * layer.channels for layer in model.layers)
    for layer in model.layers:
        for channel in channels:
            if not 0 <= channel < layer.channels:
                raise UsageError(
                    f"--channels: expected 0 to {layer.channels - 1} for {layer.name}, which has "
                    f"{layer.channels} channels; got {channel}. Choose layers with --layers"
                )
    return sum(layer.height * layer.width * len(channels) for layer in model.layers)


def _refuse_long_csv(values: int, images: int) -> None:
    if values > MAX_CSV_VALUES:
        raise UsageError(
            f"--output: expected at most {MAX_CSV_VALUES:,} values in a CSV, got {values:,} of "
            f"{images} {'image' if images == 1 else 'images'}; choose some with --layers or "
            f"--channels, or write an .npz"
        )


def _batches(
    chosen: Sequence[Candidate], model: Model, extractor: Extractor, problems: list[Problem]
) -> Iterator[list[tuple[str, Pixels, Maps]]]:
    """Images with their maps, a batch at a time; adds those that cannot be used to ``problems``."""
    waiting: list[tuple[str, Pixels]] = []
    for i, candidate in enumerate(chosen, 1):
        try:
            facts, pixels = load(candidate, model.input)
            waiting.append((facts.id, pixels))
        except ImageError as error:
            problems.append(Problem(candidate.source, "decode", str(error)))
        if waiting and (len(waiting) == extractor.batch or i == len(chosen)):
            maps = extractor.maps([pixels for _, pixels in waiting])
            yield [(*pair, own) for pair, own in zip(waiting, maps, strict=True)]
            waiting = []


@contextmanager
def _npz(file: BinaryIO, model: Model, channels: Sequence[int] | None) -> Iterator[Put]:
    """What numpy.savez writes, an array at a time."""
    with zipfile.ZipFile(file, "w") as archive:

        def add(name: str, array: NDArray[np.generic]) -> None:
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.create_system = 3  # else the archive tells on which system it was made
            with archive.open(entry, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)

        def put(image: str, pixels: Pixels, maps: Maps) -> None:
            add(f"{image}/input", pixels)
            for layer in model.layers:
                add(f"{image}/{layer.name}", _selected(maps[layer.name], channels))

        if channels is not None:
            add("channels", np.array(channels, dtype=np.int64))
        yield put


@contextmanager
def _csv(file: BinaryIO, model: Model, channels: Sequence[int] | None) -> Iterator[Put]:
    def put(image: str, _: Pixels, maps: Maps) -> None:
        for layer in model.layers:
            for channel in range(layer.channels) if channels is None else channels:
                # ids and layer names are slugs: nothing in them needs quotes
                start = f"{image},{layer.name},{channel}"
                file.writelines(_lines(start, maps[layer.name][..., channel]))

    file.write(CSV_HEADER.encode())
    yield put


def _lines(start: str, map_: NDArray[np.float32]) -> Iterator[bytes]:
    """A map (height, width), row by row; nine digits tell any two float32 apart."""
    for row, values in enumerate(map_.tolist()):
        yield "".join(
            f"{start},{row},{column},{value:.9g}\n" for column, value in enumerate(values)
        ).encode()


def _selected(maps: NDArray[np.float32], channels: Sequence[int] | None) -> NDArray[np.float32]:
    """(height, width, channels) -> (height, width, selected)"""
    return maps if channels is None else maps[..., list(channels)]
