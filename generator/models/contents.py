"""What a model's file holds, as far as it can be told without running or believing any of it.

``.keras`` (a ZIP archive) and ``.h5`` hold the layers' settings as JSON. They are looked through
before Keras sees them: a Lambda layer is Python code in the file, a custom layer asks for code
by name, and either runs with the user's rights. So are the parts of the file, which may claim to be
far larger than it, or lead to other files.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from generator.errors import ModelError
from generator.models import hdf5

__all__ = ["MAX_LAYERS", "Contents", "look_through", "refuse_code"]

MAX_LAYERS = 5_000
"""Of a model, nested ones counted. The largest of keras.applications has 1,000; Keras takes 0.8 ms
and 20 kB a layer, and gives up on a chain of 1,000."""
MAX_EXPANSION = 20
"""Times its packed size that a part of an archive may have. Keras packs none."""
_SMALL = 2**20
"""Bytes that any part may have."""
_WEIGHTS = "model.weights.h5"
_PARTS = ("metadata.json", "config.json", _WEIGHTS)
"""What Keras puts into an archive. Layers that need files (``assets/``) look up words."""
_RISK = (
    "a model file with code of its own can do on this machine whatever you can; if you trust "
    "whoever made it, add --trust-model (a custom class must also be known to Python: import it "
    "and use generator.build(config, model=...))"
)
_CODE = {
    **dict.fromkeys(("Lambda", "__lambda__"), "Python code in the file"),
    **dict.fromkeys(
        ("TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"),
        "code of another library that the file brings or names",
    ),
    **dict.fromkeys(
        ("IntegerLookup", "StringLookup", "TextVectorization"),
        "which may read any file of this machine, or ask for one on the network",
    ),
}
"""Keras's own layers that do what a file says -> what that is."""
_FUNCTIONS = ("keras.activations", "keras.ops", "keras.src.activations", "keras.src.ops")
"""Where functions of Keras lie that take a tensor and give one."""


class Contents(NamedTuple):
    """Of a model's file."""

    config: Any
    """The settings of its layers."""
    numbers: int
    """So many it holds, weights and others."""


def look_through(path: Path) -> Contents:
    """What the file at ``path`` holds, which is a regular one.

    Raises:
        ModelError: damaged, weights alone, or more than a file of Keras can hold.
    """
    try:
        with path.open("rb") as file:
            begins = file.read(8)
        # By its ending, as Keras does: one file can be both, and say different things in each.
        read, name, mark = (
            (_from_zip, "a ZIP archive", b"PK\x03\x04")
            if path.suffix.lower() == ".keras"
            else (_from_h5, "HDF5", b"\x89HDF\r\n\x1a\n")
        )
        if not begins.startswith(mark):
            raise ModelError(
                f"{path}: expected a Keras model ({name}, by its ending), the file begins "
                f"otherwise; save it again, with keras.Model.save"
            )
        text, numbers = read(path)
        found = Contents(json.loads(text), numbers)
    except ModelError:
        raise
    except Exception as error:  # whatever a damaged or hostile file makes the readers raise
        raise ModelError(
            f"{path}: expected a Keras model, the file is damaged or none: {_first_line(error)}; "
            f"save it again, with keras.Model.save"
        ) from error
    layers = sum(1 for _ in _layers(found.config))
    if layers > MAX_LAYERS:
        raise ModelError(
            f"{path}: expected at most {MAX_LAYERS:,} layers, got {layers:,}; cut out the part "
            f"that is to be looked at"
        )
    return found


def _from_zip(path: Path) -> tuple[str, int]:
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: info for info in archive.infolist()}
        foreign = sorted(parts.keys() - {*_PARTS})
        if "config.json" not in parts:
            raise ModelError(
                f"{path}: expected a Keras model with a config.json inside, there is none"
            )
        if foreign or len(parts) < len(archive.infolist()):
            raise ModelError(
                f"{path}: expected the parts of a Keras model ({', '.join(_PARTS)}), each once, "
                f"got {repr(foreign[0])[:80] if foreign else 'one twice'} too; this is no model "
                f"that layerlight opens"
            )
        info = parts["config.json"]
        if info.file_size > hdf5.MAX_CONFIG:
            raise ModelError(
                f"{path}: expected settings of at most {hdf5.MAX_CONFIG:,} bytes, they claim "
                f"{info.file_size:,}; this is no model that layerlight opens"
            )
        for info in parts.values():
            if info.file_size > max(_SMALL, MAX_EXPANSION * info.compress_size):
                raise ModelError(
                    f"{path}: expected parts of at most {MAX_EXPANSION} times the size they are "
                    f"packed to, {info.filename} claims {info.file_size:,} bytes of "
                    f"{info.compress_size:,}; this is no model that layerlight opens"
                )
        text = archive.read("config.json").decode("utf-8")
    return text, hdf5.survey(path, _WEIGHTS).numbers if _WEIGHTS in parts else 0


def _from_h5(path: Path) -> tuple[str, int]:
    numbers, config = hdf5.survey(path)
    if not config:
        raise ModelError(
            f"{path}: expected a whole model, this file holds weights alone; name the "
            f"network with --model and the file with --weights, or save the whole model"
        )
    return config, numbers


def refuse_code(path: Path, config: Any) -> None:
    """Raise a ModelError if the settings of a model bring or name code."""
    if isinstance(config, dict):
        # loss and metrics are never made: the model is opened with compile=False
        config = {key: value for key, value in config.items() if key != "compile_config"}
    for entry in _objects(config):
        kind, settings = entry["class_name"], entry.get("config")
        # Keras joins module and class name, so either may hold a part of the other
        kind = kind.rpartition(".")[2]
        name = settings.get("name") if isinstance(settings, dict) else ""
        if kind in _CODE:
            raise ModelError(
                f"{path}: the layer {name or 'without a name'} is a {kind.strip('_')}, "
                f"{_CODE[kind]}; {_RISK}"
            )
        module = str(entry.get("module") or "")
        registered = str(entry.get("registered_name") or "")
        foreign = module and module.partition(".")[0] not in ("keras", "builtins")
        named = ">" in registered and not module.startswith("keras")
        if foreign or named:
            raise ModelError(
                f"{path}: {name or 'a part'} is a custom {kind} ({module or registered}), no "
                f"layer of Keras; {_RISK}"
            )
        if kind == "function" and module not in ("", "builtins", *_FUNCTIONS):
            raise ModelError(
                f"{path}: expected functions of {' or '.join(_FUNCTIONS[:2])}, got "
                f"{str(settings)[:60]!r} of {module}, which may do more than count; {_RISK}"
            )


def _layers(config: Any) -> Iterator[dict[str, Any]]:
    """Every object that a model lists among its layers, however deep."""
    for entry in _objects(config):
        settings = entry.get("config")
        listed = settings.get("layers") if isinstance(settings, dict) else None
        if isinstance(listed, list):
            yield from listed


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object with a class that the settings describe, however deep."""
    waiting = [value]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            if isinstance(here.get("class_name"), str):
                yield here
            waiting.extend(here.values())
        elif isinstance(here, list):
            waiting.extend(here)


def _first_line(error: BaseException) -> str:
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)[:300]
