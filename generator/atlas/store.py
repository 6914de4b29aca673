"""Where a gallery's atlas comes from: the folder of its owner, else the one that is shipped."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from generator import contract, layout
from generator.domain import AtlasSheet, Layer, Model, Problem

__all__ = ["NONE", "Atlas", "find", "shipped"]


@dataclass(frozen=True, slots=True)
class Atlas:
    """The pictures that fit a model, layer by layer."""

    sheets: dict[str, AtlasSheet]
    """By layer, in network order; a layer without pictures is missing."""
    folders: dict[str, Path]
    """Where each layer's files lie."""

    def sheet(self, layer: str) -> bytes:
        """The layer's WebP, whole: it was checked when the atlas was found.

        Raises:
            OSError: it has gone since.
        """
        return (self.folders[layer] / self.sheets[layer].file).read_bytes()

    def facts(self, layer: str) -> bytes:
        """The layer's JSON, as it was written."""
        return (self.folders[layer] / Path(layout.atlas_json("", layer)).name).read_bytes()


NONE = Atlas({}, {})


def shipped(model: str) -> Path:
    """The folder of the atlas that comes with this package, whether or not there is one."""
    return Path(__file__).resolve().parent / "shipped" / model


def find(folder: Path, model: Model) -> tuple[Atlas, tuple[Problem, ...]]:
    """The atlas of ``model``, and what was wrong with files that cannot be shown.

    ``folder``: of the owner's atlases. A layer that is in ``folder/<model>`` is taken from there,
    also if it cannot be shown; all others from what is shipped. An atlas is of one network's
    weights; of other weights it would say what is not so.
    """
    own, builtin = folder / model.id, shipped(model.id)
    sheets: dict[str, AtlasSheet] = {}
    folders: dict[str, Path] = {}
    problems: list[Problem] = []
    for layer in model.layers:
        name = Path(layout.atlas_json("", layer.name)).name
        place = own if (own / name).is_file() else builtin
        if layer.kind != "conv" or not (place / name).is_file():
            continue
        try:
            sheets[layer.name] = _checked(place, name, model, layer)
            folders[layer.name] = place
        except _OtherWeights as unfit:
            # nobody chose the shipped one: that it does not fit one's own weights is no problem
            if place is own:
                problems.append(Problem(f"{model.id}/{name}", "atlas", str(unfit)))
        except _Unfit as unfit:
            problems.append(Problem(f"{model.id}/{name}", "atlas", str(unfit)))
    return Atlas(sheets, folders), tuple(problems)


class _Unfit(Exception):
    """Why a sheet is not shown."""


class _OtherWeights(_Unfit):
    """It was made on another network."""


def _checked(folder: Path, name: str, model: Model, layer: Layer) -> AtlasSheet:
    again = f"make it again with: layerlight atlas --layers {layer.name}"
    try:
        found = contract.read_atlas((folder / name).read_bytes())
    except (OSError, ValueError, KeyError, TypeError):
        raise _Unfit(
            f"Expected the numbers of an atlas, as layerlight writes them; the file is damaged or "
            f"something else; {again}"
        ) from None
    if found.weights != model.weights.sha256:
        raise _OtherWeights(
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
