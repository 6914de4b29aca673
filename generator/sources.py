"""What a site is made of: its settings as the last build had them, and where its sources lie.

With ``generator.stages`` this puts stages together. Loads neither TensorFlow nor what makes pages.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from generator.config import CONFIG_FILE, TEXT_FOLDER, Config, load_config
from generator.errors import UsageError
from generator.manifest import Origin
from generator.watch import Watched

__all__ = ["settings_of", "sources_of"]


def settings_of(origin: Origin) -> Config:
    """The settings that a build with the same flags in the same folder would have now.

    Relative paths in it are seen from ``origin.folder``.

    Raises:
        UsageError: that folder is not there any more.
        ConfigError: the settings cannot be used.
    """
    try:
        # Only a moment, and everything that runs beside it goes by absolute paths.
        with contextlib.chdir(origin.folder):
            return load_config(Path(origin.config) if origin.config else None, origin.flags)
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(
            f"the gallery was built in {origin.folder}, which is not there any more; "
            f"build it again where it is now"
        ) from None


def sources_of(config: Config, origin: Origin, output: Path) -> Watched:
    """Everything of which a change asks for another build.

    Args:
        config: ``settings_of(origin)``.
        origin: of the site.
        output: the site, which is no source.
    """
    here = Path(origin.folder)
    settings = here / (origin.config or CONFIG_FILE)
    networks = [(config.model, config.weights, config.labels)]
    networks += [(one.model, one.weights, one.labels) for one in config.against]
    named = [path for model, *files in networks for path in (_file(model), *files) if path]
    named += [settings, settings.parent / TEXT_FOLDER]
    folders = [config.inputs, config.text_folder, config.templates]
    return Watched(
        frozenset(_place(here, folder) for folder in folders if folder),
        frozenset(_place(here, path) for path in named if str(path) != "random"),
        frozenset({_place(here, output)}),
    )


def _file(model: str) -> Path | None:
    """The file that ``--model`` names; None for a name of keras.applications."""
    return Path(model) if Path(model).suffix or "/" in model else None


def _place(here: Path, path: Path) -> Path:
    """Without links on the way, as the system names what changes; the last name is kept."""
    path = here / path
    return path.parent.resolve() / path.name if path.name not in ("", "..") else path.resolve()
