"""What a network says about each image, and where the evidence lies: as files of the site.

With ``generator.pipeline`` and ``generator.stages`` this puts stages together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator import contract, layout, sheets
from generator.domain import Answer, ClassMap, InputImage, Verdict
from generator.encode import grey_png
from generator.errors import ConfigError
from generator.models import zoo
from generator.models.classifier import Classifier, Judge, Judgement
from generator.models.labels import class_labels, numbers
from generator.site import Staging

__all__ = ["TOP", "judge_of", "verdict_files", "verdict_of"]

TOP = 5
"""Classes named for every image."""

Write = Callable[[str, bytes | str], None]
Batch = Sequence[tuple[InputImage, NDArray[np.uint8]]]


def judge_of(
    network: Any,
    labels: Path | None,
    classes: Sequence[str | int],
    *,
    main: bool = True,
    own_labels: Path | None = None,
) -> _Writer | None:
    """Writes what the network says about a batch of images; None if it does not end in classes.

    Args:
        network: of ``generator.models``.
        labels: file of the classes' labels, see ``generator.models.labels``.
        classes: labels or numbers of those that every image gets a map of.
        main: whether labels and classes are meant for this network. One that it is compared with
            has them too if they fit.
        own_labels: such a file that is meant for this network alone, and goes before the other.

    Raises:
        ConfigError: the labels do not fit, there is no such class, or there are no classes at all.
    """
    classifier: Classifier | None = network.classifier
    model = network.spec
    labels = own_labels or labels
    meant = main or own_labels is not None
    if classifier and classifier.ending == "none" and not labels and not classes:
        # plain numbers may be anything, a box or an embedding; labels say that they are classes
        return None
    if classifier is None:
        if meant and (labels or classes):
            raise ConfigError(
                f"{'labels' if labels else 'classes'}: expected a network that ends in classes, "
                f"got {model.title}, which ends in maps, or in a number that is no share; leave it "
                f"out, or choose another network"
            )
        return None
    imagenet = model.weights.source == zoo.IMAGENET
    try:
        named = class_labels(labels, classifier.count, imagenet=imagenet)
    except ConfigError:
        if meant:
            raise
        named = class_labels(None, classifier.count, imagenet=imagenet)
    try:
        chosen = numbers(classes, named)
    except ConfigError:
        if main:
            raise
        chosen = ()
    return _Writer(network, classifier, Judge(network, 1, chosen), named, chosen)


@dataclass(frozen=True)
class _Writer:
    """Writes what a network says about each image of a batch."""

    network: Any
    classifier: Classifier
    judge: Judge
    labels: Sequence[str]
    chosen: Sequence[int]

    def __call__(self, batch: Batch, write: Write) -> None:
        for image, pixels in batch:
            # alone: where an image stands in a batch shows in the last digits of its scores
            (judgement,) = self.judge.judge([pixels])
            for path, data in verdict_files(
                *(self.network.spec.id, image.id, self.classifier, judgement),
                *(self.labels, self.chosen),
            ):
                write(path, data)


def verdict_of(model: str, image: str, stage: Staging) -> Verdict:
    """What was written about an image, read back."""
    path = layout.verdict_json(model, image)
    return contract.read_verdict(stage.path(path).read_bytes())


def verdict_files(
    model: str,
    image: str,
    classifier: Classifier,
    found: Judgement,
    labels: Sequence[str],
    chosen: Sequence[int],
) -> list[tuple[str, bytes | str]]:
    """The verdict's JSON and a PNG for each class with a map, as (path, bytes)."""
    maps: dict[int, ClassMap] = {}
    files: list[tuple[str, bytes | str]] = []
    for number, heat in found.heat.items():
        path = layout.gradcam_png(model, image, number)
        # one map is measured and drawn as a channel of a layer is
        values = np.array(heat[..., None], dtype=np.float32)
        (channel,), grey = _measured(values, model, image, classifier.layer)
        if channel.finite:
            peak = channel.peaks[0] if channel.peaks else None
            maps[number] = ClassMap(PurePosixPath(path).name, channel.high, peak)
            files.append((path, grey_png(grey[0])))
    verdict = Verdict(
        model=model,
        image=image,
        ending=classifier.ending,
        count=classifier.count,
        layer=classifier.layer,
        height=classifier.maps[0],
        width=classifier.maps[1],
        answers=_answers(classifier, found, labels, chosen, maps),
    )
    return [(layout.verdict_json(model, image), contract.verdict_json(verdict)), *files]


def _measured(values: NDArray[np.float32], model: str, image: str, layer: str) -> Any:
    measured = sheets.sheet_of(values, model=model, image=image, layer=layer, signed=False)
    return measured.sheet.channels, measured.grey


def _answers(
    classifier: Classifier,
    found: Judgement,
    labels: Sequence[str],
    chosen: Sequence[int],
    maps: dict[int, ClassMap],
) -> tuple[Answer, ...]:
    """The best five and the chosen ones, by rank; of equal scores the lower number is first."""
    if not (np.isfinite(found.scores).all() and np.isfinite(found.output).all()):
        return ()
    order: list[int] = np.argsort(-found.scores, kind="stable").tolist()
    return tuple(
        Answer(
            number=number,
            label=labels[number],
            rank=rank,
            score=_tidy(found.scores[number]),
            probability=None if classifier.ending == "none" else _tidy(found.output[number]),
            map=maps.get(number),
        )
        for rank, number in enumerate(order, 1)
        if rank <= TOP or number in chosen
    )


def _tidy(value: np.float32) -> float:
    """The shortest decimal that is still the same float32."""
    return float(f"{float(value):.9g}")
