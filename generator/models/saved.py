"""A user's own network, from the file that Keras saved it to, without running its code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from generator.errors import ModelError, UsageError
from generator.models.backend import all_weights, fixed_settings, without_numbers
from generator.models.contents import Contents, look_through, refuse_code

__all__ = ["ENDINGS", "is_file_name", "read_model"]

ENDINGS = (".keras", ".h5", ".hdf5")
_SLACK = 1_000_000
"""Numbers that layers may ask for beyond twice those in the file: states that are not saved."""


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
        ModelError: damaged, weights alone, more than the file can hold, or with code in it and
            not trusted.
    """
    _check_place(path)
    found = look_through(path)
    if not trust:
        refuse_code(path, found.config)
    try:
        with fixed_settings() as settled, all_weights():
            if not trust:  # else code of the file would run once more
                _refuse_what_is_not_there(path, found)
            return settled.saving.load_model(path, compile=False, safe_mode=not trust)
    except ModelError:
        raise
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
        raise UsageError(
            f"model: {path}: expected a file of a Keras model, but there is none; "
            f"correct the path, or save one there: model.save('{path.name}')"
        )
    if not path.is_file():
        raise UsageError(f"model: {path}: expected a file, got a pipe or a device; copy the model")
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(
            f"model: {path}: expected a file that ends in .keras or .h5, got "
            f"{path.suffix or 'a name without ending'!r}; convert it with model.save('model.keras')"
        )


def _refuse_what_is_not_there(path: Path, found: Contents) -> None:
    """Keras makes room for all numbers of all layers, then reads the file; so count them first."""
    # a copy: what Keras makes of settings it takes out of them
    config = json.loads(json.dumps(found.config))
    if isinstance(config, dict):
        config.pop("compile_config", None)
    with without_numbers(old=path.suffix.lower() != ".keras") as numbers_of:
        asked = numbers_of(config)
    if asked > 2 * found.numbers + _SLACK:
        raise ModelError(
            f"{path}: expected a file with the numbers of its layers, they ask for {asked:,} and "
            f"it holds {found.numbers:,}; save the model again, with keras.Model.save"
        )


def _first_line(error: BaseException) -> str:
    lines = (line.strip() for line in str(error).splitlines())
    return next((line for line in lines if line), type(error).__name__)[:300]
