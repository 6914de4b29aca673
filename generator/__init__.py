"""Layerlight: a gallery of what every channel of a CNN answers to.

>>> from generator import Config, build          # doctest: +SKIP
>>> report = build(Config(inputs="photos", output="site"))
>>> report.images, report.channels
(5, 5696)

Importing this package loads neither TensorFlow nor matplotlib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from generator.build import Progress, Report, build
    from generator.config import Config, load_config

__all__ = ["Config", "Progress", "Report", "__version__", "build", "load_config"]

__version__ = "1.0.0"


def __getattr__(name: str) -> Any:
    """Load the stages when they are first asked for (PEP 562)."""
    if name in ("build", "Progress", "Report"):
        from generator import build as module

        # the submodule would otherwise hide the function of its name
        globals().update(build=module.build, Progress=module.Progress, Report=module.Report)
        return globals()[name]
    if name in ("Config", "load_config"):
        from generator import config

        return getattr(config, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
