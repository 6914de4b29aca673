"""A user's own network, from the file that Keras saved it to, without running its code.

``.keras`` (a ZIP archive) and ``.h5`` hold the layers' settings as JSON. They are looked through
before Keras sees them: a Lambda layer is Python code in the file, a custom layer asks for code
by name, and either runs with the user's rights.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generator.errors import ModelError, UsageError
from generator.models.backend import all_weights, fixed_settings

__all__ = ["ENDINGS", "is_file_name", "read_model"]

ENDINGS = (".keras", ".h5", ".hdf5")
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
}
"""Keras's own layers that run what a file says -> what that is."""
_MAX_CONFIG = 64 * 2**20
"""Bytes of settings: the largest of keras.applications has one."""


def is_file_name(name: str) -> bool:
    """Whether ``--model`` names a file rather than a network of ``keras.applications``."""
    path = Path(name)
    return bool(path.suffix) or "/" in name or "\\" in name or bool(name and path.is_dir())


def read_model(path: Path, *, trust: bool = False) -> Any:
    """The network in ``path``.

    Args:
        path: ``.keras``, or Keras's older ``.h5`` with the architecture in it.
        trust: let code in the file run.

    Raises:
        UsageError: no such file, or no kind of file that says what its layers are.
        ModelError: damaged, weights alone, or with code in it and not trusted.
    """
    _check_place(path)
    config = _config(path)
    if not trust:
        _refuse_code(path, config)
    try:
        with fixed_settings() as settled, all_weights():
            return settled.saving.load_model(path, compile=False, safe_mode=not trust)
    except Exception as error:  # whatever a damaged or hostile file makes Keras raise
        raise ModelError(
            f"{path}: expected a model that this version of Keras can read, it cannot: "
            f"{_first_line(error)}; save it again, with keras.Model.save"
        ) from error


def _check_place(path: Path) -> None:
    if path.is_dir():
        saved = (path / "saved_model.pb").exists()
        what = "a SavedModel, which hides its layers" if saved else "a folder"
        raise UsageError(
            f"model: {path}: expected a file that ends in .keras or .h5, got {what}; load it "
            f"where it was made and save it with model.save('model.keras')"
        )
    if not path.exists():
        raise UsageError(f"model: {path}: expected a file of a Keras model, but there is none")
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"model: {path}: expected a file that ends in .keras or .h5, got "
            f"{path.suffix or 'a name without ending'!r}; convert it with model.save('model.keras')"
        )


def _config(path: Path) -> Any:
    """The settings of the model's layers."""
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
        return json.loads(read(path))
    except ModelError:
        raise
    except Exception as error:  # whatever a damaged or hostile file makes the readers raise
        raise ModelError(
            f"{path}: expected a Keras model, the file is damaged or none: {_first_line(error)}; "
            f"save it again, with keras.Model.save"
        ) from error


def _from_zip(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        try:
            info = archive.getinfo("config.json")
        except KeyError:
            raise ModelError(
                f"{path}: expected a Keras model with a config.json inside, there is none"
            ) from None
        if info.file_size > _MAX_CONFIG:
            raise ModelError(
                f"{path}: expected settings of at most {_MAX_CONFIG:,} bytes, they claim "
                f"{info.file_size:,}; this is no model that layerlight opens"
            )
        return archive.read(info).decode("utf-8")


def _from_h5(path: Path) -> str:
    import h5py

    with h5py.File(path, "r") as file:
        found = file.attrs.get("model_config")
        if found is None:
            raise ModelError(
                f"{path}: expected a whole model, this file holds weights alone; name the "
                f"network with --model and the file with --weights, or save the whole model"
            )
        return found.decode("utf-8") if isinstance(found, bytes) else str(found)


def _refuse_code(path: Path, config: Any) -> None:
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
