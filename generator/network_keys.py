"""Which files a network comes from, and a key that changes when one of them does.

With ``generator.stages`` this puts stages together. Nothing here loads TensorFlow.
"""

from __future__ import annotations

from contextlib import suppress
from importlib import metadata
from pathlib import Path

from generator.config import Against, Config
from generator.errors import LayerlightError
from generator.fingerprints import digest_of, fingerprint, network_program, stamp
from generator.places import IMAGENET_INDEX, KERAS_FILES, WHEEL, cache_folder, keras_folder

__all__ = ["NO_KEY", "network_keys"]

NO_KEY = ""
"""Of a network that may change without a sign: it is loaded and run each time."""


def network_keys(config: Config) -> tuple[str, ...]:
    """Of the gallery's network and of each that it is compared with, in that order.

    While a key stays the same, so does all that is known of its network. Code that others wrote,
    in a model's file or as its preprocessing, is beyond what a key can see: ``NO_KEY``.
    """
    main = Against(config.model, config.weights, config.preprocess, config.size)
    return tuple(_key(config, one) for one in (main, *config.against))


def _key(config: Config, one: Against) -> str:
    if config.trust_model or ":" in (one.preprocess or ""):  # a module's function
        return NO_KEY
    files = [Path(one.model), one.weights, one.labels, config.labels]
    return fingerprint(
        # by name and contents, wherever they lie
        [(file.name, digest_of(file)) if file else None for file in files],
        [one.preprocess, one.size, config.layers, config.every, config.fit, config.classes],
        _of_this_machine(weights=not Path(one.model).is_file()),
        network_program(),
    )


def _of_this_machine(*, weights: bool) -> list[object]:
    """Where labels are looked for if no file is named, and weights: a model's file has its own."""
    found: list[object] = []
    with suppress(LayerlightError):  # no home folder
        found.append(stamp(keras_folder() / IMAGENET_INDEX))
    if not weights:
        return found
    with suppress(LayerlightError):
        found += [(path.name, stamp(path)) for path in sorted(cache_folder().glob("*.npz"))]
    with suppress(LayerlightError):
        folder = keras_folder()
        known = {*KERAS_FILES, *(path.name for path in folder.glob("*.h5"))}
        found += [(name, stamp(folder / name)) for name in sorted(known)]
    with suppress(metadata.PackageNotFoundError):
        found.append(metadata.version(WHEEL))
    return found
