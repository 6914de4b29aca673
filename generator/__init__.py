"""Layerlight: a gallery of what every channel of a CNN answers to.

>>> from generator import Config, build          # doctest: +SKIP
>>> report = build(Config(inputs="photos", output="site"))
>>> report.images, report.channels
(5, 5696)

In a notebook: values and coloured sheets of a live ``keras.Model``, or of a network by its name.

>>> import generator                             # doctest: +SKIP
>>> maps = generator.look("vgg16", "inputs/chelsea.jpg", layers="block3_*")     # doctest: +SKIP
>>> maps["block3_conv3"].sheet(scale="channel")  # doctest: +SKIP

Importing this package loads neither TensorFlow nor matplotlib.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generator.building import Progress, Report, build
    from generator.config import Config, load_config
    from generator.notebook import FeatureMaps, LayerMaps, compare, look

__all__ = [
    "Config",
    "FeatureMaps",
    "LayerMaps",
    "Progress",
    "Report",
    "__version__",
    "build",
    "compare",
    "load_config",
    "look",
]

__version__ = "1.0.0"


_HOMES = {
    "Config": "config",
    "load_config": "config",
    "Progress": "building",
    "Report": "building",
    "build": "building",
    "FeatureMaps": "notebook",
    "LayerMaps": "notebook",
    "compare": "notebook",
    "look": "notebook",
}


def __getattr__(name: str) -> Any:
    """Load a stage's module when it is first asked for (PEP 562)."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
