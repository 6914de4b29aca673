"""What a network's layers put out on some images, and how a notebook shows it.

Values stay as the network gave them; what is shown is made when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator.contrast import by_change
from generator.domain import Layer, Model, Sheet
from generator.drawing import Rectangle
from generator.errors import LayerNotFound, UsageError
from generator.figure import figure_pixels, position_words
from generator.palettes import DIVERGING, NAMES
from generator.reading import look as read_layer
from generator.sheet_view import Subjects, refuse_unknown, sheet_view
from generator.sheets import Measured, channels_first, sheet_of
from generator.subject import Subject
from generator.views import Picture, SheetView, table
from generator.wording import extent, shape, size, stride

__all__ = ["FeatureMaps", "LayerMaps", "UnknownLayer"]

Maps = NDArray[np.float32]
Scale = str | float
"""Of a sheet: "layer", "channel", or its upper end in activation units."""

DPI = 100
"""Of a figure in a notebook: half of a slide's."""


class UnknownLayer(LayerNotFound, KeyError):
    """A layer that was not captured; a ``KeyError``, as of any mapping."""

    __str__ = Exception.__str__


class FeatureMaps(Mapping[str, "LayerMaps"]):
    """What the layers of a network put out on some images: layer name -> its maps."""

    def __init__(
        self,
        model: Model,
        names: tuple[str, ...],
        images: tuple[NDArray[Any], ...],
        values: Mapping[str, Maps],
        credit: str = "",
    ) -> None:
        self.model = model
        """The network."""
        self.names = names
        """Of the images."""
        self.images = images
        """What the network saw before preprocessing, each (height, width, 3), 0 to 255."""
        self.credit = credit
        """Whose weights these are, for figures; "" where nobody need be named."""
        self._layers = {
            layer.name: LayerMaps(self, layer, values[layer.name]) for layer in model.layers
        }

    def __getitem__(self, name: str) -> LayerMaps:
        if name not in self._layers:
            known = ", ".join([*self._layers][:40])
            raise UnknownLayer(f"layer: expected one of {known}; got {name!r}")
        return self._layers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    def photo(self, image: int = 0) -> Picture:
        """An image as the network saw it.

        Raises:
            UsageError: no such image.
        """
        name, pixels = self.names[self.checked(image)], self.shown(image)
        seen = f"{size(*pixels.shape[:2])} pixels, as {self.model.title} saw it."
        return Picture(name, pixels, seen, f"The image “{name}”")

    def shown(self, image: int = 0) -> NDArray[np.uint8]:
        """Its pixels in whole numbers, (height, width, 3)."""
        pixels: NDArray[np.uint8] = np.rint(self.images[self.checked(image)]).astype(np.uint8)
        return pixels

    def checked(self, image: int) -> int:
        """The number of an image, if there is one; else UsageError."""
        if not 0 <= image < len(self.names):
            raise UsageError(f"image: expected 0 to {len(self.names) - 1}, got {image}")
        return image

    def _repr_html_(self) -> str:
        rows = (
            (
                la.name,
                la.kind,
                shape(la),
                la.activation or "–",
                extent(la.window.height, la.window.width),
                stride(la.window),
                "yes" if la.signed else "no",
            )
            for la in self.model.layers
        )
        headings = ("layer", "kind", "shape", "activation", "sees, px", "every, px", "below zero")
        return table(headings, rows)

    def __repr__(self) -> str:
        return f"<FeatureMaps of {self.model.title}: {len(self)} layers, {len(self.names)} images>"


class LayerMaps:
    """One layer's feature maps on some images."""

    def __init__(self, of: FeatureMaps, layer: Layer, values: Maps) -> None:
        self._of = of
        self.layer = layer
        """Facts: kind, activation, whether signed, window, shape."""
        self.values = values
        """(n, height, width, channels), exactly as the network put them out. Read-only."""
        values.flags.writeable = False
        self._measured: dict[int, Measured] = {}

    def numbers(self, image: int = 0) -> Sheet:
        """The layer's scale on an image, and each channel's range, mean, zeros and peaks."""
        return self._measure(image).sheet

    def telling(self, image: int = 0) -> tuple[int, ...]:
        """Up to twelve channels that are strong there and unlike each other, best first."""
        measured = self._measure(image)
        return read_layer(measured.maps, measured.sheet).reading.telling

    def seen(self, row: int, column: int) -> Rectangle:
        """Which pixels of the image a value can see: top, bottom, left, right, ends not included.

        Raises:
            UsageError: no such value.
        """
        field, spec = self._field(int(row), int(column)), self._of.model.input
        return Rectangle(
            max(0, field.top),
            min(spec.height, field.bottom),
            max(0, field.left),
            min(spec.width, field.right),
        )

    def sheet(
        self,
        image: int = 0,
        *,
        channels: Sequence[int] | None = None,
        scale: Scale = "layer",
        palette: str = "viridis",
        columns: int | None = None,
        side: int | None = None,
        labels: bool = True,
    ) -> SheetView:
        """Maps side by side, in the colours of the pages.

        Args:
            image: which, from 0.
            channels: their numbers, in the order wanted; None: all.
            scale: "layer": all from 0 to the layer's 99.9th percentile on this image; "channel":
                each to its own largest value; or a number, as the upper end for all, so that
                sheets of two images can be compared. Signed layers: as far below zero as above.
            palette: "viridis" or another of the pages' menu. Signed layers always have the
                diverging one, whose middle is zero.
            columns: maps in a row.
            side: of a map, pixels, about: a value becomes as many whole pixels as fit. Larger maps
                are reduced by the largest value of each square. None: 112, or 56 of many.
            labels: whether the channel's number stands above each map.

        Raises:
            UsageError: an image, channel, scale or palette that there is not.
        """
        chosen = self._chosen(channels)
        sheet = self.numbers(image)
        subjects = Subjects(
            title=f"{self.layer.name} of {self._network} on {self._of.names[image]}",
            channels=chosen,
            maps=self._maps(image)[chosen],
            facts=[sheet.channels[c] for c in chosen],
            of=self.layer.channels,
            p99_9=sheet.p99_9,
            signed=self.layer.signed,
        )
        return sheet_view(
            subjects, scale=scale, palette=palette, columns=columns, side=side, labels=labels
        )

    @property
    def _network(self) -> str:
        """Its title; nothing that leaves here hides that it has learned nothing."""
        model = self._of.model
        return model.title if model.weights.trained else f"{model.title} (untrained)"

    def difference(
        self,
        first: int = 0,
        second: int = 1,
        *,
        channels: Sequence[int] | None = None,
        scale: float | None = None,
        columns: int | None = None,
        side: int | None = None,
    ) -> SheetView:
        """Second image's maps less the first's, the diverging palette around zero.

        Args:
            first, second: images, from 0.
            channels: their numbers; None: the twelve whose mean differs most.
            scale: what both ends of the colours stand for; None: the larger of the two images'
                layer scales.
            columns, side: as for ``sheet``.

        Raises:
            UsageError: as ``sheet``.
        """
        one, two = self.numbers(first), self.numbers(second)
        chosen = self._chosen(by_change(one, two) if channels is None else channels)
        change = self._maps(second)[chosen] - self._maps(first)[chosen]
        # (n, h, w) -> (h, w, n)
        measured = self._measured_as(np.moveaxis(change, 0, -1), "difference", signed=True).sheet
        names = self._of.names
        subjects = Subjects(
            title=f"{self.layer.name} of {self._network}: {names[second]} less {names[first]}",
            channels=chosen,
            maps=change,
            facts=measured.channels,
            of=self.layer.channels,
            p99_9=0.0,
            signed=True,
            empty="the same",
        )
        top = max(one.p99_9, two.p99_9)
        return sheet_view(
            subjects,
            scale=(top or "layer") if scale is None else scale,
            palette=DIVERGING,
            columns=columns,
            side=side,
            labels=True,
        )

    def figure(
        self,
        channel: int,
        image: int = 0,
        *,
        at: tuple[int, int] | None = None,
        scale: str = "layer",
        palette: str = "viridis",
        dpi: int = DPI,
    ) -> Picture:
        """One channel beside the image, with a value and what it sees marked on both.

        Args:
            channel: its number.
            image: which, from 0.
            at: (row, column) of the value; None: the strongest.
            scale: "layer" or "channel".
            palette: as for ``sheet``.
            dpi: dots an inch; the figure is some ten inches wide.

        Raises:
            UsageError: a channel, image, value, scale or palette that there is not.
        """
        self._chosen([channel])
        refuse_unknown("scale", scale, ("layer", "channel"))
        refuse_unknown("palette", palette, NAMES)
        layer, photo = self.layer, self._of.photo(image)
        measured = self._measure(image)
        facts = measured.sheet.channels[channel]
        if at is not None:
            at = int(at[0]), int(at[1])
            self._field(*at)  # refuses what there is not
        strongest = next(((peak.row, peak.column) for peak in facts.peaks), None)
        marked = None if facts.silent else at or strongest
        subject = Subject(
            model_title=self._of.model.title,
            trained=self._of.model.weights.trained,
            layer=layer.name,
            channel=channel,
            facts=facts,
            sheet=measured.sheet,
            signed=layer.signed,
            grey=measured.grey[channel],
            pixels=photo.pixels,
            marked=marked,
            field=self._field(*marked) if marked else None,
            title=photo.title,
            credit="",
            license="",
        )
        words = f"{position_words(subject)}."
        shown = DIVERGING if layer.signed else palette
        return Picture(
            f"{layer.name}, channel {channel}, on {photo.title}",
            figure_pixels(
                subject, palette=shown, scale=scale, dpi=dpi, weights_credit=self._of.credit
            ),
            "",
            f"Channel {channel} of {layer.name} beside the image “{photo.title}”. {words}",
        )

    def _repr_html_(self) -> str:
        return self.sheet(channels=self.telling())._repr_html_()

    def __repr__(self) -> str:
        return f"<LayerMaps {self.layer.name!r}, {' x '.join(map(str, self.values.shape))}>"

    def _maps(self, image: int) -> Maps:
        """(channels, height, width), a copy, zero where a value is not finite."""
        return channels_first(self._measure(image).maps)

    def _measure(self, image: int) -> Measured:
        if image not in self._measured:
            own = self.values[self._of.checked(image)]
            name = self._of.names[image]
            self._measured[image] = self._measured_as(own, name, signed=self.layer.signed)
        return self._measured[image]

    def _measured_as(self, maps: Maps, image: str, *, signed: bool) -> Measured:
        """Of maps (height, width, channels)."""
        return sheet_of(
            maps, model=self._of.model.id, image=image, layer=self.layer.name, signed=signed
        )

    def _field(self, row: int, column: int) -> Rectangle:
        """What a value sees, before the border cuts it."""
        layer, window = self.layer, self.layer.window
        if not (0 <= row < layer.height and 0 <= column < layer.width):
            raise UsageError(
                f"at: expected a row of 0 to {layer.height - 1} and a column of 0 to "
                f"{layer.width - 1} for {layer.name}, got {row}, {column}"
            )
        top = row * window.stride_y + window.start_y
        left = column * window.stride_x + window.start_x
        return Rectangle(top, top + window.height, left, left + window.width)

    def _chosen(self, channels: Sequence[int] | None) -> list[int]:
        count = self.layer.channels
        chosen = [*range(count)] if channels is None else [int(c) for c in channels]
        wrong = [c for c in chosen if not 0 <= c < count]
        if wrong or not chosen:
            raise UsageError(
                f"channels: expected numbers of 0 to {count - 1} for {self.layer.name}, got "
                f"{wrong[0] if wrong else 'none'}"
            )
        return chosen
