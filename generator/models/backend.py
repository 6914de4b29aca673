"""The one door to TensorFlow and Keras: imported on first use, quietly, with fixed settings."""

from __future__ import annotations

import math
import os
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from generator.errors import LayerlightError

__all__ = [
    "all_weights",
    "fixed_settings",
    "fresh_names",
    "keras",
    "tensorflow",
    "without_numbers",
]


@cache
def keras() -> Any:
    """Keras 3 on TensorFlow, whatever ``KERAS_BACKEND`` and ``keras.json`` ask for.

    Raises:
        LayerlightError: another backend is already running in this process,
            or TensorFlow cannot be imported.
    """
    tensorflow()
    import keras as module

    if module.backend.backend() != "tensorflow":
        raise LayerlightError(
            f"expected Keras on TensorFlow; Keras was already started on "
            f"{module.backend.backend()} in this process; start a new one"
        )
    return module


@cache
def tensorflow() -> Any:
    """TensorFlow itself.

    Raises:
        LayerlightError: it is missing or does not load on this machine.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # errors only
    os.environ["KERAS_BACKEND"] = "tensorflow"
    try:
        with _start_up_notes_held_back():
            import tensorflow as module

    except ImportError as error:
        raise LayerlightError(
            f"TensorFlow cannot be imported ({error}); install it with: pip install tensorflow"
        ) from error
    # Else it warns that each layer of an atlas has a graph of its own, which is meant.
    module.get_logger().setLevel("ERROR")
    return module


@contextmanager
def fixed_settings() -> Iterator[Any]:
    """Keras with channels last and 32-bit floats, for as long as a model is built.

    A user's ``keras.json`` may say otherwise; it is in force again afterwards.
    """
    module = keras()
    config = module.config
    kept = (config.image_data_format(), config.floatx(), config.dtype_policy())
    config.set_image_data_format("channels_last")
    config.set_floatx("float32")
    config.set_dtype_policy("float32")
    try:
        yield module
    finally:
        config.set_image_data_format(kept[0])
        config.set_floatx(kept[1])
        config.set_dtype_policy(kept[2])


@contextmanager
def fresh_names() -> Iterator[None]:
    """Keras numbers layers without a name of their own anew, as long as a model is built.

    Else InceptionV3 would have a ``conv2d_94`` where the same process built another model before.
    """
    keras()
    from keras.src.backend.common import global_state  # no public way to put the count back

    kept = global_state.get_global_attribute("object_name_uids")
    global_state.set_global_attribute("object_name_uids", defaultdict(int))
    try:
        yield
    finally:
        global_state.set_global_attribute("object_name_uids", kept or defaultdict(int))


@contextmanager
def all_weights() -> Iterator[None]:
    """While weights are read: layers that would keep their random numbers are an error.

    Keras only warns (``UserWarning``) where a file lacks a group of layers.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="(?s).*freshly-initialized", category=UserWarning)
        yield


@contextmanager
def without_numbers(*, old: bool) -> Iterator[Callable[[Any], int]]:
    """Gives a function: settings of a model -> how many numbers its layers have.

    They are made without memory for these numbers, and forgotten at once.

    Args:
        old: the settings are those of an ``.h5`` file.
    """
    # no public way to make a model of such settings, nor to forget what waits for its numbers
    from keras.src.backend.common import global_state
    from keras.src.legacy.saving.saving_utils import model_from_config

    module = keras()

    def numbers_of(config: Any) -> int:
        make = model_from_config if old else module.saving.deserialize_keras_object
        return sum(math.prod(variable.shape) for variable in make(config).variables)

    waiting = "uninitialized_variables"
    kept = global_state.get_global_attribute(waiting)
    global_state.set_global_attribute(waiting, [])
    try:
        with fresh_names(), module.StatelessScope(initialize_variables=False):
            yield numbers_of
    finally:
        global_state.set_global_attribute(waiting, kept or [])


@contextmanager
def _start_up_notes_held_back() -> Iterator[None]:
    """Keep file descriptor 2 silent; what was held back is shown only if the body fails.

    TensorFlow's C++ part writes half a dozen lines there while it is imported,
    before it reads any setting of its log level.
    """
    try:
        kept = os.dup(2)
    except OSError:  # no standard error at all: nothing to keep silent
        yield
        return
    with tempfile.TemporaryFile() as notes:
        sys.stderr.flush()
        os.dup2(notes.fileno(), 2)
        try:
            yield
        except Exception:
            notes.seek(0)
            os.write(kept, notes.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
