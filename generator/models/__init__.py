"""Which network runs, on whose weights, and which of its layers are captured.

Importing this package loads neither TensorFlow nor Keras; calling it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from generator.domain import Fit, InputSpec, Layer, Model, Weights, Window
from generator.errors import UsageError
from generator.models import cut, preprocessing, saved, vgg16, zoo
from generator.models.backend import keras, tensorflow
from generator.models.capture import (
    Captured,
    Every,
    captures,
    describe,
    extraction_model,
    folded,
    select,
)
from generator.models.classifier import Classifier
from generator.models.classifier import find as find_classifier
from generator.models.digest import digest
from generator.models.identity import expected_identity
from generator.models.preprocessing import Preprocessing
from generator.models.receptive_field import windows
from generator.models.trace import Trace, scales_itself, trace
from generator.models.weights import find_vgg16
from generator.names import slug

__all__ = ["RANDOM", "Every", "Network", "inspect", "load", "opened", "wrap"]

RANDOM = zoo.RANDOM
"""In place of a file of weights: an untrained network."""


@dataclass(frozen=True)
class Network:
    """A network that is ready to run."""

    spec: Model
    graph: Any
    """``keras.Model``: preprocessed images -> maps, in the order of ``spec.layers``.

    A list of tensors (n, height, width, channels); Keras makes it a bare tensor for one layer.
    """
    prepared: Preprocessing
    """What is done to pixels before ``graph`` gets them."""
    licence: str
    """Whose weights these are, for the pages' footer."""
    framework: str
    """Version of TensorFlow."""
    every_layer: tuple[Layer, ...] = ()
    """All layers that could be captured, captured or not; none where nobody asks."""
    licence_url: str = ""
    """Where that licence can be read, if it is known."""

    kernels: Mapping[str, Any] = field(default_factory=dict)
    """Layer name -> (kernel, bias) of each plain convolution, a batch-norm folded in."""
    classifier: Classifier | None = None
    """What the network says in the end, if it ends in classes."""

    raw_kernels: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    """The same kernels as they were trained, without a batch-norm."""

    def preprocess(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """RGB images (n, height, width, 3), 0 to 255 -> what ``graph`` expects; a new array."""
        return self.prepared.array(pixels)

    def preprocess_tensor(self, pixels: Any) -> Any:
        """The same for a float tensor in TensorFlow, with a slope."""
        return self.prepared.tensor(pixels)

    def kernel(self, layer: str) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
        """Kernel (height, width, in, out) and bias (out,) of a plain convolution, else None.

        A convolution without a bias has one of zeros here. A batch-norm that belongs to the
        layer is folded into both, so that the sum is what the activation gets.
        """
        return self.kernels.get(layer)

    def fits(self, size: tuple[int, int]) -> bool:
        """Whether it can be run on pictures of ``size`` (height, width) too."""
        return cut.fits(self.graph, size)

    def output(self, layer: str, size: tuple[int, int]) -> Callable[[Any], Any]:
        """RGB images (n, *size, 3), 0 to 255, as a tensor -> the layer's output, float32.

        Raises:
            AtlasError: the network takes no images of that size.
        """
        last = next((la.through or (la.name,))[-1] for la in self.spec.layers if la.name == layer)
        return cut.output(self.graph, last, size, self.preprocess_tensor)

    def before_activation(
        self, layer: str, size: tuple[int, int], precision: Literal["float32", "bfloat16"]
    ) -> Callable[[Any, Any], Any]:
        """(RGB images, a channel of each) -> mean of its map before the activation, (n,).

        Raises:
            AtlasError: the network takes no images of that size.
        """
        found = next(la for la in self.spec.layers if la.name == layer)
        window = found.window
        border = cut.border_of(window)
        if border and not self.fits((size[0] + 2 * border, size[1] + 2 * border)):
            border = 0
        return cut.before_activation(
            self.graph, found.summed, size, precision, self.preprocess_tensor, border
        )


class _Found(NamedTuple):
    """A network before its weights are read."""

    id: str
    title: str
    model: Any
    """Keras's, as it was built or saved."""
    trace: Trace
    fill: Callable[[Any], Weights]
    """Reads the weights into a model."""
    prepared: Preprocessing
    licence: str


class _Opened(NamedTuple):
    """The same, with its layers."""

    found: _Found
    fields: Mapping[str, Window]
    every: tuple[Captured, ...]
    """All that could be captured,"""
    captured: tuple[Captured, ...]
    """and what is."""


def load(
    name: str = "vgg16",
    *,
    weights: Path | str | None = None,
    layers: Sequence[str] = ("*",),
    every: Every = "layer",
    size: tuple[int, int] | None = None,
    fit: Fit = "crop",
    preprocess: str | None = None,
    trust: bool = False,
) -> Network:
    """A network with its weights, cut so that it puts out the layers asked for.

    Args:
        name: of a network of ``keras.applications`` ("vgg16"), or the path of a file that Keras
            saved (``.keras``, ``.h5``).
        weights: a file to read them from, or "random" for none; else they are looked for.
        layers: shell patterns for layer names, upper and lower case differ.
        every: whether each layer is captured, or only what blocks or stages put out.
        size: of the input, (height, width), pixels; None: the network's own.
        fit: how images are brought to that size; only noted in the spec.
        preprocess: "caffe", "torch", "tf", "0-1", "none" or "module:function"; None: as the
            network of that name has it; for a file "0-1", or "none" if it begins with its own
            scaling.
        trust: let code in a model's file run.

    Raises:
        UsageError: unknown name, layer (LayerNotFound), size or preprocessing (ConfigError).
        ModelError: a file that holds no network that can be run.
        WeightsError: weights missing (WeightsNotFound), wrong (WeightsMismatch) or damaged.
    """
    return _loaded(_open(name, weights, layers, every, size, preprocess, trust), fit)


def _loaded(opened: _Opened, fit: Fit) -> Network:
    found = opened.found
    numbers = found.fill(found.model)
    kernels = {one.name: folded(one) for one in opened.captured}
    return Network(
        spec=_spec(opened, fit, numbers),
        graph=extraction_model(found.trace, opened.captured),
        prepared=found.prepared,
        licence=found.licence if numbers.trained else f"{found.title}, untrained",
        framework=str(tensorflow().__version__),
        licence_url=vgg16.LICENCE_URL if numbers.sha256 == expected_identity() else "",
        kernels={layer: pair for layer, pair in kernels.items() if pair},
        raw_kernels={
            one.name: np.asarray(one.call.operation.kernel, dtype=np.float32)
            for one in opened.captured
            if kernels[one.name]
        },
        classifier=find_classifier(found.trace, opened.every),
        every_layer=_described(opened, opened.every),
    )


def inspect(
    name: str = "vgg16",
    *,
    layers: Sequence[str] = ("*",),
    every: Every = "layer",
    size: tuple[int, int] | None = None,
    fit: Fit = "crop",
    preprocess: str | None = None,
    trust: bool = False,
) -> Model:
    """What ``load`` would capture, without looking for any weights.

    The identity in ``weights`` is the one that ``load`` accepts, where one is known; its source
    says that nothing was read.

    Raises:
        UsageError, ModelError: as ``load``.
    """
    opened = _open(name, None, layers, every, size, preprocess, trust)
    known = expected_identity() if opened.found.id == "vgg16" else ""
    return _spec(opened, fit, Weights("not read", known, trained=True))


def wrap(
    model: Any,
    *,
    layers: Sequence[str] = ("*",),
    every: Every = "layer",
    size: tuple[int, int] | None = None,
    fit: Fit = "crop",
    preprocess: str = "none",
    trained: bool = True,
) -> Network:
    """A live ``keras.Model`` as a network; its layers and weights are used, not copied.

    Where sub-models have layers of one name, or a name is unfit for an address, the layer itself
    is renamed: Keras wants names to differ in one graph.

    Args:
        model: functional or sequential, with one input of images.
        layers, every, size, fit: as for ``load``.
        preprocess: as for ``load``, but that pixels go in as they are (0 to 255) unless told.
        trained: whether its weights have learned anything; if not, every page says so.

    Raises:
        UsageError, ModelError: as ``load``.
    """
    traced = trace(model, size)
    prepared = preprocessing.named(preprocess, grey=traced.input.shape[3] == 1)

    def fill(target: Any) -> Weights:
        return Weights("a model in memory", digest(target), trained)

    title = str(model.name)
    found = _Found(
        slug(title) or "model", title, model, traced, fill, prepared, f"{title}, a model in memory"
    )
    return _loaded(_captured(found, layers, every), fit)


def opened(
    network: Any,
    *,
    weights: Path | str | None = None,
    layers: Sequence[str] = ("*",),
    every: Every = "layer",
    size: tuple[int, int] | None = None,
    fit: Fit = "crop",
    preprocess: str | None = None,
    trust: bool = False,
) -> Network:
    """Whatever stands for a network, ready to run.

    Args:
        network: a name or a file for ``load``, a live ``keras.Model`` for ``wrap``, or what one of
            the two made, which comes back as it is.
        weights, layers, every, size, fit, preprocess, trust: as for ``load`` and ``wrap``.

    Raises:
        UsageError: something else, or an option that comes too late. As ``load``.
    """
    if isinstance(network, Network):
        if (weights, tuple(layers), every, size, preprocess) != (None, ("*",), "layer", None, None):
            raise UsageError(
                "network: expected weights, layers, every, size and preprocess to be given where "
                "it was loaded or wrapped, got some of them for a finished Network"
            )
        return network
    if isinstance(network, str | Path):
        return load(
            str(network),
            weights=weights,
            layers=layers,
            every=every,
            size=size,
            fit=fit,
            preprocess=preprocess,
            trust=trust,
        )
    if not isinstance(network, keras().Model):
        raise UsageError(
            f"network: expected a name such as 'vgg16', the path of a file that Keras saved, or a "
            f"keras.Model, got a {type(network).__name__}"
        )
    if weights is not None:
        raise UsageError(
            "weights: expected none for a live model, which has its own; load them into it, or "
            "leave weights out"
        )
    return wrap(
        network, layers=layers, every=every, size=size, fit=fit, preprocess=preprocess or "none"
    )


def _open(
    name: str,
    weights: Path | str | None,
    layers: Sequence[str],
    every: Every,
    size: tuple[int, int] | None,
    preprocess: str | None,
    trust: bool,
) -> _Opened:
    random = str(weights) == RANDOM
    file = None if weights is None or random else Path(weights)
    plain = zoo.plain(name)
    if plain == "vgg16":  # before files: a folder may be called so
        found = _vgg16(file, random, size)
    elif plain not in zoo.names() and saved.is_file_name(name):
        found = _from_file(Path(name), file, random, size, trust)
    else:
        found = _application(plain, file, random, size)
    if preprocess:
        grey = found.trace.input.shape[3] == 1
        found = found._replace(prepared=preprocessing.named(preprocess, grey=grey))
    return _captured(found, layers, every)


def _captured(found: _Found, layers: Sequence[str], every: Every) -> _Opened:
    """With what there is to capture, and what of it was asked for."""
    fields = windows(found.trace)
    there = captures(found.trace, fields)
    return _Opened(found, fields, there, select(found.trace, there, layers, every))


def _vgg16(file: Path | None, random: bool, size: tuple[int, int] | None) -> _Found:
    """VGG16's convolutional base, whose ImageNet weights are known by their digests."""
    if random:
        zoo.settle()
    model = vgg16.build(size or vgg16.SIZE)

    def fill(target: Any) -> Weights:
        if random:
            return _untrained(target)
        weights = find_vgg16(file)
        vgg16.set_weights(target, weights.tensors)
        return Weights(weights.source, weights.sha256, trained=True)

    own = preprocessing.of_application(zoo.application("vgg16"))
    title = vgg16.TITLE
    return _Found("vgg16", title, model, trace(model, title=title), fill, own, vgg16.LICENCE)


def _application(
    name: str, file: Path | None, random: bool, size: tuple[int, int] | None
) -> _Found:
    """A network of ``keras.applications``."""
    function = zoo.application(name)
    model = zoo.build(name)
    own = tuple(model.inputs[0].shape[1:3])
    wanted = size or (own if None not in own else vgg16.SIZE)
    shown = model if wanted == own else zoo.at_size(name, wanted)

    def fill(target: Any) -> Weights:
        numbers = _untrained(target) if random else zoo.fill(target, name, file)
        if shown is not target:
            shown.set_weights(target.get_weights()[: len(shown.weights)])
        return numbers

    title = function.__name__
    whose = f"weights from {file.name}" if file else "ImageNet weights from keras.applications"
    licence = f"{title}, {whose}"
    prepared = preprocessing.of_application(function)
    return _Found(title.lower(), title, model, trace(shown, title=title), fill, prepared, licence)


def _from_file(
    path: Path, file: Path | None, random: bool, size: tuple[int, int] | None, trust: bool
) -> _Found:
    """A user's own network."""
    if random:
        raise UsageError(
            f"weights: {path} brings its own numbers; leave --weights {RANDOM} out, or name a "
            f"network of keras.applications"
        )
    model = saved.read_model(path, trust=trust)
    title = path.stem
    if file is not None:
        zoo.load_file(model, file, title)  # before layers with channels first are copied
    traced = trace(model, size, title)

    def fill(target: Any) -> Weights:
        source = f"file {(file or path).name}"
        return Weights(source, digest(target), trained=True)

    # a network that begins with its own scaling wants the pixels as they are
    own = "none" if scales_itself(traced) else "0-1"
    prepared = preprocessing.named(own, grey=traced.input.shape[3] == 1)
    identity = slug(path.stem) or "model"
    licence = f"{title}, from {(file or path).name}"
    return _Found(identity, title, model, traced, fill, prepared, licence)


def _untrained(model: Any) -> Weights:
    return Weights(f"random, seed {zoo.SEED}", digest(model), trained=False)


def _spec(opened: _Opened, fit: Fit, weights: Weights) -> Model:
    found = opened.found
    return Model(
        id=found.id,
        title=found.title,
        weights=weights,
        input=InputSpec(*found.trace.size, fit=fit, preprocessing=found.prepared.phrase),
        layers=_described(opened, opened.captured),
    )


def _described(opened: _Opened, layers: tuple[Captured, ...]) -> tuple[Layer, ...]:
    """The facts of ``layers``, as if just these were captured."""
    trace = opened.found.trace
    return tuple(describe(trace, one, opened.fields[one.name], layers) for one in layers)
