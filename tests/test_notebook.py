"""A live network and arrays in, values and coloured sheets out; and the notebook in docs/."""

from __future__ import annotations

import ast
import base64
import io
import json
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import generator
from generator import models
from generator.config import Config
from generator.domain import InputSpec
from generator.errors import ImageError, LayerlightError, LayerNotFound, OutputError, UsageError
from generator.inputs import discover, load
from generator.models.backend import fixed_settings, keras
from generator.views import Picture, SheetView
from tests import small_networks

PROJECT = Path(__file__).parent.parent
NOTEBOOK = PROJECT / "docs" / "notebook.ipynb"
HOSTILE = "<script>alert(1)<\\script> & \"'"

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


def _model(*kernels: Any, activation: str | None = None, side: int = 8, name: str = "own") -> Any:
    """One 1 x 1 convolution named ``conv``: each kernel says how it adds red, green and blue."""
    module = keras()
    with fixed_settings():
        image = module.Input((side, side, 3))
        conv = module.layers.Conv2D(len(kernels), 1, activation=activation, name="conv")
        model = module.Model(image, conv(image), name=name)
    conv.set_weights([np.array(kernels, dtype=np.float32).T[None, None], np.zeros(len(kernels))])
    return model


def _picture(seed: int = 0, side: int = 8) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def _colours(shares: NDArray[np.floating], palette: str) -> Pixels:
    """Matplotlib's nearest of 256 colours for shares of 0 to 1."""
    indices = np.floor(np.clip(shares, 0, 1) * 255 + 0.5).astype(int)
    colours: Pixels = np.rint(matplotlib.colormaps[palette](indices)[..., :3] * 255).astype(
        np.uint8
    )
    return colours


def _read(png: bytes) -> Pixels:
    with Image.open(io.BytesIO(png)) as image:
        assert image.mode == "RGB"
        return np.asarray(image)


class _Elements(HTMLParser):
    """Reads HTML, and sees to it that what is opened is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag != "img":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def images(self) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag == "img"]


def _html(shown: Any) -> _Elements:
    """What Jupyter is given, read: no script, no address but of data, an alternative text."""
    found = _Elements(shown._repr_html_())
    assert "script" not in {tag for tag, _ in found.found}
    for image in found.images():
        assert (image["src"] or "").startswith("data:image/png;base64,")
        assert image["alt"] is not None
    assert not any(name.startswith("on") for _, attributes in found.found for name in attributes)
    return found


def _shown(image: dict[str, str | None]) -> Pixels:
    return _read(base64.b64decode((image["src"] or "").partition(",")[2]))


# -- Values


def test_values_are_what_keras_itself_computes() -> None:
    """Layer by layer, image by image, also where the last batch is not full."""
    model = small_networks.plain()
    images = np.stack([_picture(seed, small_networks.SIDE) for seed in range(6)])
    maps = generator.look(model, images)
    assert list(maps) == ["first", "pool", "second"] and len(maps) == 3
    for name, own in maps.items():
        layer = keras().Model(model.input, model.get_layer(name).output)
        expected = np.asarray(layer(images.astype(np.float32)))
        assert own.values.shape == expected.shape and own.values.dtype == np.float32
        np.testing.assert_allclose(own.values, expected, atol=1e-3, rtol=1e-5)
    assert maps["second"].layer.signed and not maps["first"].layer.signed
    assert maps["first"].layer.window.height == 3


def test_fractions_reach_the_network() -> None:
    """Of a floating-point array that has the network's size."""
    image = _picture().astype(np.float64) / 3
    maps = generator.look(_model((1, 0, 0)), image)
    np.testing.assert_allclose(maps["conv"].values[0, ..., 0], image[..., 0], rtol=1e-6)


def test_preprocessing_is_asked_for() -> None:
    """A live model gets pixels as they are, unless another way is named; or is told untrained."""
    model, image = _model((1, 0, 0)), _picture()
    red = image[None, ..., :1].astype(np.float32)
    as_it_is, scaled = (generator.look(model, image, preprocess=p) for p in (None, "0-1"))
    np.testing.assert_array_equal(as_it_is["conv"].values, red)
    np.testing.assert_allclose(scaled["conv"].values, red / 255, rtol=1e-6)
    raw = models.wrap(model, trained=False)
    assert "(untrained)" in generator.look(raw, image)["conv"].sheet()._repr_html_()
    ready = models.wrap(model, preprocess="0-1")
    np.testing.assert_array_equal(
        generator.look(ready, image)["conv"].values, scaled["conv"].values
    )


def test_layers_are_chosen_by_pattern() -> None:
    """One or several; another name is an error of ours and of any mapping's."""
    model, image = small_networks.plain(), _picture(0, small_networks.SIDE)
    assert list(generator.look(model, image, layers="f*")) == ["first"]
    maps = generator.look(model, image, layers=["first", "second"])
    assert list(maps) == ["first", "second"] and "pool" not in maps and maps.get("pool") is None
    with pytest.raises(LayerNotFound, match="layer: expected one of first, second; got 'pool'"):
        maps["pool"]
    with pytest.raises(KeyError):
        maps["pool"]


def test_pictures_of_all_kinds_are_fitted_as_in_a_gallery(tmp_path: Path) -> None:
    """A path, an image of Pillow's and an array of another size give the gallery's own pixels."""
    pixels = np.random.default_rng(1).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    path = tmp_path / "a_picture.png"
    Image.fromarray(pixels).save(path)
    (candidate,), _ = discover(tmp_path)
    _, expected = load(candidate, InputSpec(8, 8, "crop", ""))
    with Image.open(path) as opened:
        given = [path, str(path), opened.copy(), pixels, pixels.astype(np.float32)]
    maps = generator.look(_model((1, 0, 0)), given)
    assert maps.names == ("A picture", "A picture", "image 2", "image 3", "image 4")
    for seen in maps.images:
        np.testing.assert_array_equal(seen, expected)
    np.testing.assert_array_equal(maps.photo(0).pixels, expected)


def test_what_is_looked_at_stays_as_it_is() -> None:
    """The caller's array is not changed, and what comes back cannot be by mistake."""
    image = _picture().astype(np.float32)
    before = image.copy()
    maps = generator.look(_model((1, 0, 0)), image, preprocess="caffe")
    np.testing.assert_array_equal(image, before)
    with pytest.raises(ValueError, match="read-only"):
        maps["conv"].values[:] = 0


# -- Sheets, by hand


@pytest.mark.parametrize(
    ("palette", "name"), [("viridis", "viridis"), ("magma", "magma"), ("grey", "gray")]
)
@pytest.mark.parametrize("scale", ["layer", "channel", 100.0])
def test_a_value_has_matplotlibs_colour_for_it(palette: str, name: str, scale: Any) -> None:
    """On the layer's scale, the channel's own, and one that was given."""
    image = _picture()
    image[..., 2] //= 8  # a weak channel
    own = generator.look(_model((1, 0, 0), (0, 0, 1), activation="relu"), image)["conv"]
    sheet = own.sheet(scale=scale, palette=palette, side=8, labels=False)
    maps = image[..., [0, 2]].transpose(2, 0, 1).astype(np.float64)  # (h, w, 2) -> (2, h, w)
    tops = {
        "layer": np.full(2, np.percentile(maps[maps > 0], 99.9)),
        "channel": maps.max(axis=(1, 2)),
        100.0: np.full(2, 100.0),
    }[scale]
    expected = _colours(maps / tops[:, None, None], name)
    # two maps of 8 x 8, one pixel between them
    assert sheet.pixels.shape == (8, 17, 3)
    np.testing.assert_array_equal(sheet.pixels[:, :8], expected[0])
    np.testing.assert_array_equal(sheet.pixels[:, 9:], expected[1])
    assert (sheet.pixels[:, 8] == 255).all()
    np.testing.assert_array_equal(_read(sheet.png), sheet.pixels)
    assert sheet.high == (0 if scale == "channel" else pytest.approx(tops[0]))


@pytest.mark.parametrize("scale", ["layer", "channel"])
def test_signed_values_have_two_arms(scale: str) -> None:
    """Zero in the middle of the diverging palette, whatever palette is asked for."""
    image = _picture()
    image[0, 0] = 77  # red less green is 0
    own = generator.look(_model((1, -1, 0), (0.1, 0, -0.1)), image)["conv"]
    sheet = own.sheet(scale=scale, palette="magma", side=8, labels=False)
    maps = own.values[0].transpose(2, 0, 1).astype(np.float64)
    size = np.abs(maps)
    tops = size.max(axis=(1, 2)) if scale == "channel" else np.percentile(size[size > 0], 99.9)
    expected = _colours((maps / np.reshape(tops, (-1, 1, 1)) + 1) / 2, "berlin")
    np.testing.assert_array_equal(sheet.tile(0), expected[0])
    np.testing.assert_array_equal(sheet.tile(1), expected[1])
    middle = np.rint(np.array(matplotlib.colormaps["berlin"](128)[:3]) * 255)
    np.testing.assert_array_equal(sheet.tile(0)[0, 0], middle)


def test_maps_are_enlarged_by_whole_numbers_with_their_numbers_above() -> None:
    """Chosen channels in the order asked for; a value is a square of one colour."""
    own = generator.look(_model((1, 0, 0), (0, 1, 0), (0, 0, 1), activation="relu"), _picture())
    sheet = own["conv"].sheet(channels=[2, 0, 1], columns=2, side=50)
    plain = own["conv"].sheet(channels=[2, 0, 1], side=8, labels=False)
    # 6 times 8 are 48; a margin of 6, a line of 15, 6 between tiles
    assert sheet.pixels.shape == (2 * 6 + 2 * (15 + 48) + 6, 2 * 6 + 2 * 48 + 6, 3)
    assert list(sheet.places) == [2, 0, 1]
    assert tuple(sheet.places[2]) == (21, 69, 6, 54)
    assert tuple(sheet.places[1]) == (90, 138, 6, 54)
    for channel in range(3):
        enlarged = plain.tile(channel).repeat(6, axis=0).repeat(6, axis=1)
        np.testing.assert_array_equal(sheet.tile(channel), enlarged)
    label = sheet.pixels[6:21, 6:54]
    assert label.min() < 60  # ink,
    assert (sheet.pixels[90:138, 60:] == 255).all()  # and nothing where no map is
    with pytest.raises(UsageError, match=r"channel: expected one of this sheet \(2, 0, 1\), got 3"):
        sheet.tile(3)


def test_large_maps_are_reduced_by_the_largest_value() -> None:
    """Of each square, signed ones by magnitude; the caption says so."""
    image = _picture()
    red = image[..., 0].astype(np.float64)
    own = generator.look(_model((1, 0, 0), activation="relu"), image)["conv"]
    sheet = own.sheet(scale=255, side=4, labels=False)
    squares = red.reshape(4, 2, 4, 2).transpose(0, 2, 1, 3).reshape(4, 4, 4)
    np.testing.assert_array_equal(sheet.pixels, _colours(squares.max(axis=2) / 255, "viridis"))
    assert "Reduced: of each 2\u202f×\u202f2 values the largest is shown." in sheet.caption
    signed = generator.look(_model((1, -1, 0)), image)["conv"]
    difference = (red - image[..., 1]).reshape(4, 2, 4, 2).transpose(0, 2, 1, 3).reshape(4, 4, 4)
    strongest = np.abs(difference).argmax(axis=2)[..., None]
    largest = np.take_along_axis(difference, strongest, 2)[..., 0]
    drawn = signed.sheet(scale=255, side=4, labels=False).pixels
    np.testing.assert_array_equal(drawn, _colours((largest / 255 + 1) / 2, "berlin"))


def test_a_silent_channel_is_hatched_and_named() -> None:
    """And a layer without any activation has no scale."""
    own = generator.look(_model((1, 0, 0), (-1, 0, 0), activation="relu"), _picture())["conv"]
    sheet = own.sheet()
    hatched = sheet.tile(1).astype(int)
    assert np.ptp(hatched, axis=2).max() == 0 and len(np.unique(hatched)) > 1  # greys
    assert "Silent, hatched: channel 1." in sheet.caption
    none = generator.look(_model((-1, 0, 0), activation="relu"), _picture())["conv"].sheet()
    assert none.legend is None and "so there is no scale" in none.caption


def test_what_is_not_finite_is_drawn_as_zero_and_named() -> None:
    """The values themselves stay as they are."""
    own = generator.look(_model((1, 0, 0), (1e38, 1e38, 1e38)), np.full((8, 8, 3), 200))["conv"]
    assert np.isinf(own.values[..., 1]).all()
    sheet = own.sheet()
    assert "not finite, drawn as zero: channel 1." in sheet.caption
    assert np.isinf(own.values[..., 1]).all()


def test_the_caption_says_which_scale() -> None:
    """And the legend what its ends stand for, with a bar of the palette's colours."""
    image = np.zeros((8, 8, 3), dtype=np.uint8)
    image[0, 0, 0] = 200
    own = generator.look(_model((1, 0, 0), (0, 1, 0), activation="relu"), image)["conv"]
    layer, single, given = (own.sheet(scale=scale) for scale in ("layer", "channel", 150))
    assert "to the 99.9th percentile of its values that are not zero" in layer.caption
    assert "own scale, so that strengths cannot be compared" in single.caption
    assert given.legend and (given.legend.low, given.legend.high) == ("0", "150 or more")
    assert layer.legend and layer.legend.high == "200"
    _, bar = _html(layer).images()
    np.testing.assert_array_equal(_shown(bar)[0], _colours(np.arange(256) / 255, "viridis"))


# -- What Jupyter is given


def test_a_sheet_is_html_that_needs_nothing_else() -> None:
    """The picture, a caption and an alternative text that names layer and channels."""
    own = generator.look(_model((1, 0, 0), (0, 1, 0), activation="relu"), _picture())["conv"]
    sheet = own.sheet(channels=[1, 0])
    html = _html(sheet)
    image = html.images()[0]
    assert image["alt"] == "Feature maps, conv of own on image 0: channels 1 and 0"
    np.testing.assert_array_equal(_shown(image), sheet.pixels)
    assert sheet._repr_png_() == sheet.png
    assert "conv of own on image 0" in html.text and "All 2 channels" in html.text
    assert "background" not in sheet._repr_html_()
    assert repr(sheet) == "<SheetView 'conv of own on image 0', 139 x 242 pixels>"


def test_names_of_others_are_only_text(tmp_path: Path) -> None:
    """A hostile network's and a hostile file's."""
    path = tmp_path / "<img src=x onerror=alert(1)>.png"
    Image.fromarray(_picture()).save(path)
    model = _model((1, 0, 0), activation="relu", name=HOSTILE)
    maps = generator.look(model, [path, path])
    for shown in (maps, maps.photo(0), maps["conv"], maps["conv"].sheet(), maps["conv"].figure(0)):
        html = _html(shown)
        assert len(html.images()) <= 2
    assert HOSTILE in _html(maps["conv"]).text and "onerror" in _html(maps["conv"]).text
    assert HOSTILE in _html(generator.compare(model, model, [path, path])).text


def test_a_layer_shows_its_dozen() -> None:
    """Twelve telling channels of fourteen, on the first image."""
    images = np.stack([_picture(seed, small_networks.SIDE) for seed in range(2)])
    maps = generator.look(small_networks.plain(), images)
    own = maps["second"]
    told = own.telling()
    assert len(told) == len(set(told)) == 12
    assert own._repr_html_() == own.sheet(channels=told)._repr_html_()
    assert "12 of 14 channels" in _html(own).text
    text = _html(maps).text
    assert all(name in text for name in maps) and "32\u202f×\u202f32\u202f×\u202f8" in text
    assert (repr(maps), repr(own)) == (
        "<FeatureMaps of plain: 3 layers, 2 images>",
        "<LayerMaps 'second', 2 x 16 x 16 x 14>",
    )


def test_a_picture_is_saved(tmp_path: Path) -> None:
    """As its PNG; what cannot be written is said."""
    sheet = generator.look(_model((1, 0, 0)), _picture())["conv"].sheet()
    assert sheet.save(tmp_path / "sheet.png").read_bytes() == sheet.png
    with pytest.raises(UsageError, match="ends in .png, got sheet.jpg"):
        sheet.save(tmp_path / "sheet.jpg")
    with pytest.raises(OutputError, match="expected to write"):
        sheet.save(tmp_path / "nowhere" / "sheet.png")


# -- One channel, and two images


def test_a_figure_marks_a_value_and_what_it_sees() -> None:
    """The strongest, or the one asked for, with its window of the image."""
    images = _picture(0, small_networks.SIDE)
    own = generator.look(small_networks.plain(), images)["first"]
    values = own.values[0, ..., 3]
    row, column = np.unravel_index(values.argmax(), values.shape)
    figure = own.figure(3)
    assert f"Row {row}, column {column}: " in figure.alt
    assert (figure.pixels == (0xFF, 0x2D, 0x97)).all(axis=2).any()
    assert "Row 0, column 5: " in own.figure(3, at=(0, 5), scale="channel").alt
    # a 3 x 3 convolution with padding: one pixel more on each side, where there is one
    assert tuple(own.seen(0, 5)) == (0, 2, 4, 7)
    assert tuple(own.seen(31, 31)) == (30, 32, 30, 32)
    assert own.numbers().channels[3].peaks[0].row == row


def test_the_difference_of_two_images_goes_both_ways() -> None:
    """Second less first, on the scale of the stronger of the two."""
    dark, bright = _picture() // 2, _picture()
    bright[0] = 0
    maps = generator.look(_model((1, 0, 0), (0, 0, 0), activation="relu"), [dark, bright])
    drawn = maps["conv"].difference(channels=[0, 1], side=8)
    one, two = (image[..., 0].astype(np.float64) for image in (dark, bright))
    top = max(np.percentile(image[image > 0], 99.9) for image in (one, two))
    assert drawn.high == pytest.approx(top)
    np.testing.assert_array_equal(drawn.tile(0), _colours(((two - one) / top + 1) / 2, "berlin"))
    assert "The same, hatched: channel 1." in drawn.caption
    assert "image 1 less image 0" in drawn.title


# -- Two networks


def test_a_network_compared_with_itself_is_the_same() -> None:
    """1 on the diagonal, and a picture of the whole; one image is too few to tell."""
    model = small_networks.plain()
    images = np.stack([_picture(seed, small_networks.SIDE) for seed in range(3)])
    found = generator.compare(model, model, images)
    np.testing.assert_allclose(np.diag(found.similarity), 1, atol=1e-4)
    assert found.found.images == 3 and found.found.beside == (0, 1, 2)
    html = _html(found)
    assert len(html.images()) == 1 and "1.00" in html.text
    alone = generator.compare(model, models.wrap(model, trained=False), images[0])
    assert np.isnan(alone.similarity).all() and alone.png is None
    text = _html(alone).text
    assert "at least two images" in text and "nothing can be concluded: plain (2)" in text


def test_two_architectures_see_the_same_images_at_their_own_size() -> None:
    """Of 32 and of 24 pixels; the layers of the second that stand beside are named."""
    images = [_picture(seed, 48) for seed in range(2)]
    found = generator.compare(small_networks.plain(), small_networks.branched(), images)
    assert found.similarity.shape == (3, len(found.found.second.layers))
    rows = [tag for tag, _ in _html(found).found if tag == "tr"]
    assert len(rows) == 4


# -- A gallery


def test_a_gallery_of_a_live_model(tmp_path: Path) -> None:
    """Its sheets hold the live model's own values."""
    (tmp_path / "in").mkdir()
    pixels = _picture(2, small_networks.SIDE)
    Image.fromarray(pixels).save(tmp_path / "in" / "one.png")
    model = small_networks.plain()
    config = Config(inputs=tmp_path / "in", output=tmp_path / "out")
    report = generator.build(config, model=model)
    assert (report.images, report.layers, report.problems) == (1, 3, ())
    folder = tmp_path / "out" / "sheets" / "plain" / "one"
    sheet = json.loads((folder / "first.json").read_bytes())
    own = generator.look(model, pixels)["first"].values[0]
    highs = [channel["high"] for channel in sheet["channels"]]
    np.testing.assert_allclose(highs, own.max(axis=(0, 1)), rtol=1e-5)
    front = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert "plain, a model in memory" in front


# -- Errors


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.zeros((8, 8), np.uint8), "shape \\(8, 8\\), grey alone"),
        (np.zeros((8, 8, 1), np.uint8), "grey alone"),
        (np.zeros((8, 8, 4), np.uint8), "with transparency"),
        (np.zeros((3, 8, 8), np.uint8), "colours first"),
        (np.zeros((5, 8, 8, 2), np.uint8), "image 0 has the shape \\(8, 8, 2\\), which is no"),
        (np.zeros((1, 1, 8, 8, 3), np.uint8), "which is no picture"),
        (np.zeros((1, 9, 3), np.uint8), "image 0 is only 1 x 9 pixels"),
        (np.zeros((0, 8, 3), np.uint8), "without a pixel"),
        (np.zeros((0, 8, 8, 3), np.uint8), "none at all"),
        ([], "none at all"),
        (np.full((8, 8, 3), 0.5), "fractions up to 0.5, as if white were 1. Multiply by 255"),
        (np.full((8, 8, 3), -1), "go from -1 to -1. Hand over the pixels as they were"),
        (np.full((8, 8, 3), 256.0), "go from 256 to 256"),
        (np.full((8, 8, 3), np.nan), "NaN"),
        (np.full((8, 8, 3), True), "type bool"),
        (np.full((8, 8, 3), "a"), "type <U1"),
        (7, "got a int"),
        ([[1, 2]], "image 0 is a list"),
    ],
)
def test_an_array_that_is_no_picture_is_refused(images: Any, words: str) -> None:
    """With what was expected, what came, and what to do."""
    with pytest.raises(UsageError, match=f"images: expected pixels from 0 to 255.*{words}"):
        generator.look(_model((1, 0, 0)), images)


def test_a_file_that_is_no_image_is_named(tmp_path: Path) -> None:
    """By its name alone."""
    (tmp_path / "words.png").write_text("words")
    with pytest.raises(ImageError, match="^words.png: Expected a"):
        generator.look(_model((1, 0, 0)), tmp_path / "words.png")


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda own: own.sheet(2), "image: expected 0 to 0, got 2"),
        (lambda own: own.sheet(channels=[0, 9]), "channels: expected numbers of 0 to 0"),
        (lambda own: own.sheet(channels=[]), "got none"),
        (lambda own: own.sheet(scale="all"), "scale: expected 'layer', 'channel' or a number"),
        (lambda own: own.sheet(scale=-1.0), "scale: expected"),
        (lambda own: own.sheet(palette="jet"), "palette: expected viridis, .* got 'jet'"),
        (lambda own: own.sheet(columns=0), "columns: expected 1 or more"),
        (lambda own: own.sheet(side=1), "side: expected 4 to 1024"),
        (lambda own: own.figure(1), "channels: expected"),
        (lambda own: own.figure(0, at=(8, 0)), "at: expected a row of 0 to 7"),
        (lambda own: own.figure(0, scale="all"), "scale: expected layer, channel"),
        (lambda own: own.figure(0, dpi=1), "expected 50 to 600"),
        (lambda own: own.difference(), "image: expected 0 to 0, got 1"),
        (lambda own: own.telling(-1), "image: expected 0 to 0, got -1"),
    ],
)
def test_what_there_is_not_is_refused(ask: Callable[[Any], Any], words: str) -> None:
    """With what there is."""
    own = generator.look(_model((1, 0, 0)), _picture())["conv"]
    with pytest.raises(UsageError, match=words):
        ask(own)


def test_what_is_no_network_is_refused() -> None:
    """And options that come too late for one."""
    model, image = _model((1, 0, 0)), _picture()
    with pytest.raises(UsageError, match="network: expected a name .*, got a int"):
        generator.look(7, image)
    with pytest.raises(UsageError, match="weights: expected none for a live model"):
        generator.look(model, image, weights="random")
    with pytest.raises(UsageError, match="where it was loaded or wrapped"):
        generator.look(models.wrap(model), image, layers="conv")
    with pytest.raises(LayerlightError):
        generator.look("no-such-network", image)


# -- The notebook in docs/


def _cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == "code"]


def _words(value: Any) -> Iterator[str]:
    """All text of a notebook but the pictures."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key != "image/png":
                yield from _words(item)
    elif isinstance(value, list):
        yield from _words("".join(value) if all(isinstance(v, str) for v in value) else "")
        for item in value:
            if not isinstance(item, str):
                yield from _words(item)
    elif isinstance(value, str):
        yield re.sub(r"data:image/png;base64,[A-Za-z0-9+/=]+", "", value)


def test_the_notebook_was_run_from_top_to_bottom() -> None:
    """Every cell that ends with something to show shows it, and none complained."""
    cells = _cells()
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    for cell in cells:
        assert all(o["output_type"] in ("execute_result", "stream") for o in cell["outputs"])
        assert all(o.get("name", "stdout") == "stdout" for o in cell["outputs"])
        ends_with_a_value = isinstance(ast.parse("".join(cell["source"])).body[-1], ast.Expr)
        assert bool(cell["outputs"]) == ends_with_a_value
    assert NOTEBOOK.stat().st_size < 1_500_000


def test_the_notebook_tells_nothing_of_the_machine_that_ran_it() -> None:
    """No path, no address, no time."""
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    text = "\n".join(_words(notebook))
    folders = "home|root|tmp|Users|opt|work|usr|var|mnt|builds?|workspace"
    assert not re.search(rf"(?<![\w.])(/({folders})\b|[A-Z]:\\)", text)
    assert not re.search(r"https?://|site-packages|Warning|\d\d:\d\d:\d\d|0x[0-9a-f]{6}", text)
    assert set(notebook["metadata"]) <= {"kernelspec", "language_info"}
    assert all(cell["metadata"] == {} for cell in notebook["cells"])


def test_the_notebook_still_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cells in one namespace, without Jupyter; what was shown as HTML is shown again."""
    monkeypatch.chdir(PROJECT)
    names: dict[str, Any] = {}
    for cell in _cells():
        tree = ast.parse("".join(cell["source"]))
        last = tree.body[-1]
        shown = None
        if isinstance(last, ast.Expr) and not ast.unparse(last).startswith("print("):
            tree.body.pop()
            exec(compile(tree, str(NOTEBOOK), "exec"), names)
            shown = eval(compile(ast.Expression(last.value), str(NOTEBOOK), "eval"), names)
        else:
            exec(compile(tree, str(NOTEBOOK), "exec"), names)
        kinds = {kind for output in cell["outputs"] for kind in output.get("data", {})}
        if "text/html" in kinds:
            _html(shown)
        assert ("image/png" in kinds) == isinstance(shown, Picture)
    assert names["accuracy"] > 0.9
    assert isinstance(names["cat"], SheetView)
