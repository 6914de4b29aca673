"""Where a gallery's atlas comes from: the folder of its owner, else the one that is shipped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from generator import contract, layout
from generator.domain import AtlasSheet, Layer, Model, Problem

__all__ = ["NONE", "Atlas", "find", "shipped"]


@dataclass(frozen=True, slots=True)
class Atlas:
    """The pictures that fit a model, layer by layer."""

    folder: Path
    sheets: dict[str, AtlasSheet]
    """By layer, in network order; a layer without pictures is missing."""

    def sheet(self, layer: str) -> bytes:
        """The layer's WebP, whole: it was checked when the atlas was found.

        Raises:
            OSError: it has gone since.
        """
        return (self.folder / self.sheets[layer].file).read_bytes()

    def facts(self, layer: str) -> bytes:
        """The layer's JSON, as it was written."""
        return (self.folder / Path(layout.atlas_json("", layer)).name).read_bytes()


NONE = Atlas(Path(), {})


def shipped(model: str) -> Path:
    """The folder of the atlas that comes with this package, whether or not there is one."""
    return Path(__file__).resolve().parent / "shipped" / model


def find(folder: Path, model: Model) -> tuple[Atlas, tuple[Problem, ...]]:
    """The atlas of ``model``, and what was wrong with files that cannot be shown.

    ``folder``: of the owner's atlases; what is in ``folder/<model>`` goes before what is shipped.
    An atlas is of one network's weights; of other weights it would say what is not so.
    """
    own = folder / model.id
    layers = [layer for layer in model.layers if layer.kind == "conv"]
    if any((own / Path(layout.atlas_json("", layer.name)).name).is_file() for layer in layers):
        return _read(own, model, layers)
    builtin = shipped(model.id)
    atlas, problems = _read(builtin, model, layers) if builtin.is_dir() else (NONE, ())
    # Nobody chose the shipped one: that it does not fit somebody's own weights is no problem.
    return atlas, tuple(p for p in problems if "other weights" not in p.message)


def _read(folder: Path, model: Model, layers: Iterable[Layer]) -> tuple[Atlas, tuple[Problem, ...]]:
    sheets: dict[str, AtlasSheet] = {}
    problems: list[Problem] = []
    for layer in layers:
        name = Path(layout.atlas_json("", layer.name)).name
        if not (folder / name).is_file():
            continue
        try:
            sheets[layer.name] = _checked(folder, name, model, layer)
        except _Unfit as unfit:
            problems.append(Problem(f"{model.id}/{name}", "atlas", str(unfit)))
    return Atlas(folder, sheets), tuple(problems)


class _Unfit(Exception):
    """Why a sheet is not shown."""


def _checked(folder: Path, name: str, model: Model, layer: Layer) -> AtlasSheet:
    again = "make it again with: layerlight atlas"
    try:
        found = contract.read_atlas((folder / name).read_bytes())
    except (OSError, ValueError, KeyError, TypeError):
        raise _Unfit(
            f"Expected the numbers of an atlas, as layerlight writes them; the file is damaged or "
            f"something else; {again}"
        ) from None
    if found.weights != model.weights.sha256:
        raise _Unfit(
            f"Expected pictures made on the gallery’s weights ({model.weights.sha256[:8]}); these "
            f"were made on other weights ({found.weights[:8]}) and are not shown; {again}"
        )
    if found.layer != layer.name or len(found.channels) != layer.channels:
        raise _Unfit(
            f"Expected {layer.channels} channels of {layer.name}; the file has "
            f"{len(found.channels)} of {found.layer}; {again}"
        )
    # The name is only ever that of a file beside the JSON.
    if found.file != Path(layout.atlas_sheet("", layer.name)).name:
        raise _Unfit(f"Expected a sheet named {layer.name}.webp, got {found.file!r}; {again}")
    try:
        data = (folder / found.file).read_bytes()
    except OSError:
        raise _Unfit(f"Expected {found.file} beside it; it cannot be read; {again}") from None
    if hashlib.sha256(data).hexdigest() != found.sha256:
        raise _Unfit(
            f"Expected {found.file} as it was made; it has been changed or damaged; {again}"
        )
    return found
