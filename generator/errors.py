"""Exceptions. The command line catches the root and prints its message.

LayerlightError                      exit code 1
 ├─ UsageError                       exit code 2: what was asked for makes no sense
 │   ├─ ConfigError                  a key or value of gallery.toml or of a flag
 │   ├─ TextError                    the gallery owner's own texts
 │   ├─ InputsError                  the inputs folder as a whole
 │   └─ LayerNotFound                a layer that the network does not have
 ├─ ImageError                       one image; recorded as a Problem, never fatal
 ├─ ModelError                       a network that cannot be run, or not without a risk
 ├─ WeightsError
 │   ├─ WeightsNotFound              no source had them; names each
 │   └─ WeightsMismatch              a file that is not this network's
 ├─ AtlasError                       pictures of channels: cannot be made, or not of this network
 ├─ ClusterError                     workers elsewhere: cannot be reached, or run something else
 ├─ EncoderError                     a process of the build that ended before its work was done
 ├─ OutputError                      the output, folder or file: not ours, or not writable
 ├─ SiteError                        a built site with a file missing or damaged
 └─ PublishError                     git, or the branch of a remote that a site goes to

Every message says what was expected, what came, and what to do.
"""

from __future__ import annotations

__all__ = [
    "AtlasError",
    "ClusterError",
    "ConfigError",
    "EncoderError",
    "ImageError",
    "InputsError",
    "LayerNotFound",
    "LayerlightError",
    "ModelError",
    "OutputError",
    "PublishError",
    "SiteError",
    "TextError",
    "UsageError",
    "WeightsError",
    "WeightsMismatch",
    "WeightsNotFound",
]


class LayerlightError(Exception):
    """Root of everything this package raises on purpose."""


class UsageError(LayerlightError):
    """What was asked for makes no sense; nothing was written."""


class ConfigError(UsageError):
    """A key or a value of the configuration."""


class TextError(UsageError):
    """Texts of the gallery's owner: misplaced, broken, or asking for what there is not."""


class InputsError(UsageError):
    """The inputs folder as a whole: missing, empty, not a folder."""


class LayerNotFound(UsageError):
    """A layer that the network does not have."""


class ImageError(LayerlightError):
    """One image that cannot be used. The build goes on without it."""


class ModelError(LayerlightError):
    """A network that cannot be run: no graph, no image at its input, or not safe to load."""


class WeightsError(LayerlightError):
    """Weights that cannot be used."""


class WeightsNotFound(WeightsError):
    """No source had the weights; the message names each that was tried."""


class WeightsMismatch(WeightsError):
    """A file whose numbers are not those of the network asked for."""


class AtlasError(LayerlightError):
    """Pictures of what channels look for: cannot be made, are damaged or of another network."""


class ClusterError(LayerlightError):
    """Workers that cannot be reached, or do not run the same program or network."""


class EncoderError(LayerlightError):
    """A process of the build that ended before its work was done."""


class OutputError(LayerlightError):
    """The output, a folder or a file, is not ours or cannot be written."""


class SiteError(LayerlightError):
    """A built site that cannot be read: a file of it is missing or damaged."""


class PublishError(LayerlightError):
    """A site could not be brought to a branch: git failed, or the branch is somebody else's."""
