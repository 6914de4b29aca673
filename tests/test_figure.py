"""A figure of one channel: its colours, its frames, its words, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from typer.testing import CliRunner

from generator import figure
from generator.cli import app
from generator.drawing import Drawing, draw
from generator.errors import LayerNotFound, OutputError, SiteError, UsageError
from tests.onnx_reference import OnnxVGG16

Pixels = NDArray[np.uint8]
MAGENTA = (0xFF, 0x2D, 0x97)
LONG = "A title that says $x_1^2$ and goes on " * 8


def _read(path: Path) -> Pixels:
    with Image.open(path) as image:
        return np.asarray(image)


def _facts(site: Path, image: str, layer: str) -> tuple[dict[str, Any], dict[str, Any], Pixels]:
    """The layer in gallery.json, its sheet's JSON, and the sheet."""
    gallery = json.loads((site / "gallery.json").read_text(encoding="utf-8"))
    (own,) = [found for found in gallery["models"][0]["layers"] if found["name"] == layer]
    folder = site / "sheets" / "vgg16" / image
    return own, json.loads((folder / f"{layer}.json").read_bytes()), _read(folder / f"{layer}.png")


def _tile(sheet: dict[str, Any], grey: Pixels, channel: int) -> Pixels:
    top = channel // sheet["columns"] * (sheet["tile_height"] + sheet["gap"])
    left = channel % sheet["columns"] * (sheet["tile_width"] + sheet["gap"])
    return grey[top : top + sheet["tile_height"], left : left + sheet["tile_width"]]


def _panels(pixels: Pixels) -> list[Pixels]:
    """The map and the photograph: the only two large areas of a figure that are not white."""
    ink = np.min(pixels, axis=2) < 250
    tall = np.asarray(ink.mean(axis=1) > 0.5)
    top = int(tall.argmax())
    bottom = top + int((~tall[top:]).argmax())
    wide = np.concatenate([[False], ink[top:bottom].mean(axis=0) > 0.5, [False]])
    edges = np.flatnonzero(wide[1:] != wide[:-1])
    return [pixels[top:bottom, a:b] for a, b in edges.reshape(-1, 2)]


def _magenta(pixels: Pixels) -> tuple[slice, slice]:
    """The rows and columns that a frame encloses, in the middle of its lines."""
    found = (pixels == MAGENTA).all(axis=2)
    rows, columns = (np.flatnonzero(found.any(axis=axis)) for axis in (1, 0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _png(site: Path, image: str, layer: str, channel: int, folder: Path, **options: Any) -> Pixels:
    subject = figure.read_subject(site, image, layer, channel, options.pop("at", None))
    path = folder / "figure.png"
    path.write_bytes(figure.figure_png(subject, **options))
    return _read(path)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Drawing]:
    """What is handed to be drawn."""
    seen: list[Drawing] = []

    def watched(drawing: Drawing, dpi: int) -> Pixels:
        seen.append(drawing)
        return draw(drawing, dpi)

    monkeypatch.setattr("generator.figure.draw", watched)
    return seen


@pytest.fixture
def odd_site(tmp_path: Path) -> Path:
    """A site written by hand after docs/output-contract.md: 40 x 80, signed, one channel silent.

    The layer is 4 x 8; channel 0 has -2 at (0, 0) and 1 at (2, 5), channel 1 nothing.
    """
    site = tmp_path / "odd"
    folder = site / "sheets" / "vgg16" / "odd"
    folder.mkdir(parents=True)
    layer = {
        "name": "odd_conv",
        "kind": "conv",
        "activation": "linear",
        **{"height": 4, "width": 8, "channels": 2, "parameters": 1, "multiply_adds": 1},
        **{"receptive_field": [14, 14], "stride": [10, 10], "start": [-2, -2]},
    }
    entry = {
        "source": "odd.png",
        "id": "odd",
        "title": LONG,
        "alt": "",
        "credit": "猫 $\\frac{",
        "license": "CC0",
    }
    model: dict[str, Any] = {
        "id": "vgg16",
        "title": "VGG16",
        "weights": {"trained": True},
        "layers": [layer],
    }
    model["input"] = {"height": 40, "width": 80}
    gallery = {"generator": {"name": "layerlight"}, "models": [model], "images": [entry]}
    (site / "gallery.json").write_text(json.dumps(gallery), encoding="utf-8")
    silent = {"low": 0, "high": 0, "mean": 0, "std": 0, "zero_fraction": 1, "peaks": []}
    loud: dict[str, Any] = {
        "low": -2 * 128 / 127,
        "high": 2,
        "mean": 0,
        "std": 1,
        "zero_fraction": 0.9,
    }
    loud["peaks"] = [[0, 0, -2], [2, 5, 1]]
    sheet: dict[str, Any] = {
        "model": "vgg16",
        "image": "odd",
        "layer": "odd_conv",
        "file": "odd_conv.png",
    }
    sheet |= {"columns": 2, "rows": 1, "tile_height": 4, "tile_width": 8, "gap": 1}
    sheet |= {"layer_high": 2, "p99_9": 1, "histogram": {"high": 1, "counts": [64]}}
    (folder / "odd_conv.json").write_text(json.dumps({**sheet, "channels": [loud, silent]}))
    grey = np.full((4, 17), 128, dtype=np.uint8)
    grey[0, 0], grey[2, 5] = 1, 192  # 128 - 127 and 128 + 63.5
    Image.fromarray(grey).save(folder / "odd_conv.png")
    colours = np.random.default_rng(3).integers(0, 200, (40, 80, 3), dtype=np.uint8)
    Image.fromarray(colours).save(folder / "input.png")
    return site


# -- Pictures


@pytest.mark.parametrize(
    ("palette", "name", "scale"),
    [
        ("viridis", "viridis", "layer"),
        ("magma", "magma", "channel"),
        ("cividis", "cividis", "layer"),
        ("grey", "gray", "channel"),
    ],
)
def test_a_value_has_matplotlibs_colour_for_it(
    site: Path, tmp_path: Path, palette: str, name: str, scale: str
) -> None:
    """A square of one colour for each value but those behind the mark, on the scale asked for."""
    _, sheet, grey = _facts(site, "chelsea", "block3_conv3")
    pixels = _png(site, "chelsea", "block3_conv3", 187, tmp_path, palette=palette, scale=scale)
    shown = _panels(pixels)[0]
    high = sheet["channels"][187]["high"]
    values = _tile(sheet, grey, 187) * (high / 255)
    share = values / (sheet["p99_9"] if scale == "layer" else high)
    # the nearest of the palette's 256 colours
    indices = np.rint(np.clip(share, 0, 1) * 255).astype(int)
    expected = np.rint(matplotlib.colormaps[name](indices)[..., :3] * 255)
    times = shown.shape[0] // 56
    assert shown.shape == (56 * times, 56 * times, 3)
    off = np.abs(shown - expected.repeat(times, axis=0).repeat(times, axis=1)).max(axis=2)
    wrong = np.argwhere(off > 0) // times
    row, column, _ = sheet["channels"][187]["peaks"][0]
    assert np.abs(wrong - (row, column)).max() <= 1


def test_the_photograph_is_the_networks_input(site: Path, tmp_path: Path) -> None:
    """Each pixel a square of its own colour, but under the frame."""
    photo = _read(site / "sheets" / "vgg16" / "chelsea" / "input.png")
    shown = _panels(_png(site, "chelsea", "block3_conv3", 187, tmp_path))[1]
    times = shown.shape[0] // 224
    same = (shown == photo.repeat(times, axis=0).repeat(times, axis=1)).all(axis=2)
    rows, columns = _magenta(shown)
    apart = np.ones_like(same)
    apart[rows.start - 4 : rows.stop + 4, columns.start - 4 : columns.stop + 4] = False
    assert same[apart].all()
    assert same[rows.start + 12 : rows.stop - 12, columns.start + 12 : columns.stop - 12].all()


@pytest.mark.parametrize("layer", ["block1_conv1", "block3_conv3", "block4_pool"])
def test_the_frames_enclose_the_value_and_what_it_sees(
    site: Path, tmp_path: Path, layer: str
) -> None:
    """By the formula of the output contract, at a place whose window the border does not cut."""
    own, _, _ = _facts(site, "chelsea", layer)
    place = (own["height"] // 2, own["width"] // 2 - 1)
    seen = [p * s + a for p, s, a in zip(place, own["stride"], own["start"], strict=True)]
    map_, photo = _panels(_png(site, "chelsea", layer, 5, tmp_path, at=place))
    for shown, side, first, length in (
        (map_, own["height"], place, 1),
        (photo, 224, seen, own["receptive_field"][0]),
    ):
        times = shown.shape[0] // side
        rows, columns = _magenta(shown)
        through = (shown[(rows.start + rows.stop) // 2, columns] == MAGENTA).all(axis=1)
        line = int(through.argmin())
        for found, start in zip((rows, columns), first, strict=True):
            before = start * times - (found.start + line)
            after = found.stop - line - (start + length) * times
            assert before == after
            assert 0 < before <= 4  # the white casing: nothing of what is seen is hidden


def test_pictures_that_are_not_square_keep_their_shape(odd_site: Path, tmp_path: Path) -> None:
    """Twice as wide as high, both; the same number of whole pixels for each value."""
    map_, photo = _panels(_png(odd_site, "odd", "odd_conv", 0, tmp_path, at=(2, 5)))
    assert map_.shape[1] == 2 * map_.shape[0]
    assert photo.shape[1] == 2 * photo.shape[0]
    assert photo.shape[0] % 40 == map_.shape[0] % 4 == 0


def test_zero_of_a_signed_layer_has_the_middle_colour(odd_site: Path, tmp_path: Path) -> None:
    """And values as far below as above it the ends: -2 is beyond a scale that ends at 1."""
    map_ = _panels(_png(odd_site, "odd", "odd_conv", 0, tmp_path, at=(2, 5)))[0]
    times = map_.shape[0] // 4
    viridis = matplotlib.colormaps["viridis"]
    for (row, column), index in (((0, 0), 0), ((3, 3), 128), ((2, 5), 255)):
        shown = map_[row * times + times // 2, column * times + times // 2]
        assert tuple(shown) == tuple(round(255 * part) for part in viridis(index)[:3])


def test_a_silent_channel_is_hatched_and_has_no_window(
    odd_site: Path, tmp_path: Path, drawn: list[Drawing]
) -> None:
    """It says so in words; at whatever position one looks."""
    pixels = _png(odd_site, "odd", "odd_conv", 1, tmp_path, at=(1, 1))
    assert drawn[0].words == "silent on this image"
    assert drawn[0].position.startswith("Silent on this image")
    assert not (pixels == MAGENTA).all(axis=2).any()
    assert len(np.unique(pixels[:, : pixels.shape[1] // 3].reshape(-1, 3), axis=0)) > 5


def test_the_same_figure_is_the_same_bytes(site: Path) -> None:
    """Without a date, a program or any other chunk that tells of its making."""
    first, second = (
        figure.figure_png(figure.read_subject(site, "coffee", "block5_pool", 4)) for _ in range(2)
    )
    assert first == second
    kinds, at = [], 8
    while at < len(first):
        (length,) = struct.unpack(">I", first[at : at + 4])
        kinds.append(first[at + 4 : at + 8])
        at += 12 + length
    assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}


def test_a_figure_of_an_untrained_network_says_so(
    odd_site: Path, tmp_path: Path, drawn: list[Drawing]
) -> None:
    """Where else whose weights they are would stand: a figure leaves the page that warns."""
    site = tmp_path / "untrained"
    shutil.copytree(odd_site, site)
    file = site / "gallery.json"
    file.write_text(file.read_text("utf-8").replace('"trained": true', '"trained": false'), "utf-8")
    _png(site, "odd", "odd_conv", 0, tmp_path, dpi=100, weights_credit="Somebody")
    assert drawn[0].credits[1].startswith("Untrained network")
    assert "Somebody" not in "".join(drawn[0].credits)


def test_texts_stay_on_the_page_whatever_they_hold(
    odd_site: Path, tmp_path: Path, drawn: list[Drawing]
) -> None:
    """Formulas are letters, letters that no font has are squares, long titles end in an ellipsis.

    Any warning of matplotlib's would fail this test.
    """
    pixels = _png(odd_site, "odd", "odd_conv", 0, tmp_path, dpi=100, weights_credit="W" * 900)
    assert drawn[0].photo_caption == LONG
    assert (pixels[:, -30:] == 255).all()
    assert (pixels[-20:] == 255).all()
    assert drawn[0].credits[0].startswith("Image: A title that says $x_1^2$")
    assert drawn[0].credits[0].endswith("… · 猫 $\\frac{ · CC0")


@pytest.mark.parametrize("dpi", [50, 72, 150, 600])
def test_dots_an_inch_decide_the_size(site: Path, tmp_path: Path, dpi: int) -> None:
    """About: such that each pixel of the photograph is a whole number of the figure's."""
    photo = _panels(_png(site, "chelsea", "block5_pool", 1, tmp_path, dpi=dpi))[1]
    assert photo.shape[0] % 224 == 0
    assert photo.shape[0] / 4.48 == pytest.approx(dpi, rel=0.35)


# -- Words


def test_the_strongest_value_is_told_exactly(site: Path, drawn: list[Drawing]) -> None:
    """With what it sees, cut to the photograph if need be."""
    own, sheet, _ = _facts(site, "coffee", "block4_conv2")
    figure.figure_png(figure.read_subject(site, "coffee", "block4_conv2", 7))
    row, column, value = sheet["channels"][7]["peaks"][0]
    assert drawn[0].position.startswith(f"Row {row}, column {column}: ")
    told = float(drawn[0].position.split(": ")[1].split(";")[0].replace(",", ""))
    assert told == pytest.approx(value, rel=0.005)
    left = column * own["stride"][1] + own["start"][1]
    top = row * own["stride"][0] + own["start"][0]
    across = (max(0, left), min(223, left + 75))
    down = (max(0, top), min(223, top + 75))
    assert f"x {across[0]} to {across[1]}, y {down[0]} to {down[1]}" in drawn[0].position
    cut = across[1] - across[0] < 75 or down[1] - down[0] < 75
    assert drawn[0].position.endswith("(cut at the border)") == cut


def test_any_other_value_is_told_with_its_uncertainty(
    site: Path, small_inputs: Path, drawn: list[Drawing]
) -> None:
    """Which holds: ONNX Runtime's value lies within it."""
    exact = OnnxVGG16().run(small_inputs / "chelsea.jpg")["block3_conv3"][..., 187]
    _, sheet, grey = _facts(site, "chelsea", "block3_conv3")
    tile = _tile(sheet, grey, 187)
    peaks = [tuple(peak[:2]) for peak in sheet["channels"][187]["peaks"]]
    lit = [tuple(place) for place in np.argwhere(tile > 0)[::29] if tuple(place) not in peaks]
    assert len(lit) > 5
    high = sheet["channels"][187]["high"]
    for row, column in lit:
        place = (int(row), int(column))
        figure.figure_png(figure.read_subject(site, "chelsea", "block3_conv3", 187, place), dpi=50)
        told = drawn[-1].position.split(": ")[1].split(";")[0].replace(",", "")
        assert told.startswith("about ")
        value, within = (float(part) for part in told[6:-1].split(" (± "))
        # what float32 may round differently is a millionth of the largest value
        assert abs(value - exact[place]) <= within + 1e-5 * high
        assert high / 510 <= within <= 1.2 * high / 510
    row, column = (int(i) for i in np.argwhere(tile == 0)[0])
    figure.figure_png(figure.read_subject(site, "chelsea", "block3_conv3", 187, (row, column)))
    assert ": 0 or less than " in drawn[-1].position


@pytest.mark.parametrize("high", [0.0123, 0.98, 51.3, 509.9, 3060.4, 6183.22, 12_400.7, 2.5e6])
def test_what_is_claimed_holds_for_every_value(odd_site: Path, high: float) -> None:
    """Whatever is lost on the way: to the 255 greys, and then to few digits."""
    subject = figure.read_subject(odd_site, "odd", "odd_conv", 0, (0, 0))
    facts = subject.facts._replace(low=0.0, high=high, peaks=())
    for true in np.linspace(high / 255, high, 1009):
        grey = np.array([[np.rint(true * 255 / high)]], dtype=np.uint8)
        changed = replace(subject, facts=facts, grey=grey, signed=False)
        told = re.fullmatch(r"about ([\d,.]+) \(± ([\d,.]+)\)", figure._value(changed, 0, 0))
        assert told
        value, within = (float(part.replace(",", "")) for part in told.groups())
        assert abs(value - true) <= within * (1 + 1e-9)
        assert within <= 1.2 * high / 510


def test_zero_may_be_what_is_not_finite(odd_site: Path) -> None:
    """In a channel without any other value, which has no step from grey to grey."""
    subject = figure.read_subject(odd_site, "odd", "odd_conv", 1, (0, 0))
    facts = subject.facts._replace(finite=False)
    assert figure._value(replace(subject, facts=facts), 0, 0) == "0, or not finite"


def test_the_ends_of_the_scale_are_labelled(site: Path, drawn: list[Drawing]) -> None:
    """The layer's scale ends below its largest value, and says so; a channel's own does not."""
    _, sheet, _ = _facts(site, "chelsea", "block3_conv3")
    subject = figure.read_subject(site, "chelsea", "block3_conv3", 187)
    for scale in ("layer", "channel"):
        figure.figure_png(subject, scale=scale, dpi=50)
    layer, channel = (drawing.bar for drawing in drawn)
    assert layer and channel
    assert (layer.low, layer.high) == ("0", f"{sheet['p99_9']:,.0f} or more")
    assert (channel.low, channel.high) == ("0", f"{sheet['channels'][187]['high']:,.0f}")


def test_title_and_credits_name_everybody(site: Path, drawn: list[Drawing]) -> None:
    """Network, layer, channel; the image, its maker, its licence, the weights'."""
    subject = figure.read_subject(site, "chelsea", "block3_conv3", 187)
    figure.figure_png(subject, dpi=50, weights_credit="Somebody, CC BY 4.0")
    assert drawn[0].title == "VGG16 · block3_conv3 · channel 187"
    image, weights = drawn[0].credits
    assert all(part in image for part in ("Chelsea the cat", "Stéfan van der Walt", "CC0"))
    assert weights == "Weights: Somebody, CC BY 4.0"


# -- Refusals


@pytest.mark.parametrize(
    ("image", "layer", "channel", "at", "error", "said"),
    [
        ("chelse", "block3_conv3", 1, None, UsageError, "Did you mean chelsea?"),
        ("zzz", "block3_conv3", 1, None, UsageError, "There are: .*coffee"),
        ("chelsea", "block3_conv4", 1, None, LayerNotFound, "Did you mean .*block3_conv3"),
        ("chelsea", "block3_conv3", 256, None, UsageError, "expected 0 to 255"),
        ("chelsea", "block3_conv3", -1, None, UsageError, "expected 0 to 255"),
        ("chelsea", "block3_conv3", 1, (56, 0), UsageError, "row of 0 to 55"),
        ("chelsea", "block3_conv3", 1, (0, 56), UsageError, "got 0,56"),
    ],
)
def test_what_the_gallery_does_not_have_is_named(
    site: Path,
    image: str,
    layer: str,
    channel: int,
    at: tuple[int, int] | None,
    error: type[Exception],
    said: str,
) -> None:
    """With what there is."""
    with pytest.raises(error, match=said):
        figure.read_subject(site, image, layer, channel, at)


@pytest.mark.parametrize("text", ["", "3", "3;4", "a,b", "-1,2", "1,2,3", "1.5,2"])
def test_a_position_is_two_whole_numbers(text: str) -> None:
    """Row and column."""
    assert figure.parse_position(" 3, 14") == (3, 14)
    with pytest.raises(UsageError, match="expected a row and a column"):
        figure.parse_position(text)


def test_a_folder_that_is_no_gallery_is_refused(tmp_path: Path) -> None:
    """Whether it is missing, empty or somebody else's."""
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(UsageError, match="run layerlight build first"):
            figure.read_subject(folder, "a", "b", 0)
    for text in ("[]", "{", '{"generator": {"name": "other"}}'):
        (tmp_path / "gallery.json").write_text(text)
        with pytest.raises(SiteError, match="contents of a gallery"):
            figure.read_subject(tmp_path, "a", "b", 0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"credit"', '"creditor"'),
        ('"trained"', '"drained"'),
        ('"weights": {"trained": true}', '"weights": []'),
        ('"stride": [10, 10]', '"stride": [10]'),
        ('"start": [-2, -2]', '"start": 7'),
        ('"channels": 2', '"channels": "2"'),
        ('"height": 40', '"height": Infinity'),
        ('"id": "odd"', '"id": []'),
    ],
)
def test_a_gallery_that_breaks_the_contract_is_named(odd_site: Path, old: str, new: str) -> None:
    """With what to do, whichever entry is missing or of another kind."""
    path = odd_site / "gallery.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SiteError, match="gallery.json: expected the entries .* build again"):
        figure.read_subject(odd_site, "odd", "odd_conv", 0)


def test_an_error_of_ours_is_not_blamed_on_the_gallery(
    odd_site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what goes wrong while gallery.json is parsed says that it is damaged."""

    def broken(*_: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr("generator.subject._field", broken)
    with pytest.raises(KeyError, match="ours"):
        figure.read_subject(odd_site, "odd", "odd_conv", 0)


@pytest.mark.parametrize("name", ["odd_conv.json", "odd_conv.png", "input.png"])
def test_a_file_that_is_missing_or_damaged_is_named(odd_site: Path, name: str) -> None:
    """With what to do; for each file, missing, cut short, empty or of another shape."""
    path = odd_site / "sheets" / "vgg16" / "odd" / name
    whole = path.read_bytes()
    other = b'{"schema": 1}'
    if name.endswith(".png"):
        Image.new("L", (3, 3)).save(path)
        other = path.read_bytes()
    for data in (whole[: len(whole) // 2], b"", b"\xff" * 40, other):
        path.write_bytes(data)
        with pytest.raises(SiteError, match=f"{name}: expected .* run layerlight build again"):
            figure.read_subject(odd_site, "odd", "odd_conv", 0)
    path.unlink()
    with pytest.raises(SiteError, match=f"{name}.*cannot be read"):
        figure.read_subject(odd_site, "odd", "odd_conv", 0)


def test_only_a_png_is_overwritten(site: Path, tmp_path: Path) -> None:
    """Nothing else is, nor anything in the site, and a folder must be there."""
    (tmp_path / "notes.png").write_text("my notes")
    (tmp_path / "folder.png").mkdir()
    for name, error in (
        ("notes.png", OutputError),
        ("folder.png", OutputError),
        ("none/a.png", OutputError),
        ("a.jpg", UsageError),
    ):
        with pytest.raises(error, match="expected"):
            figure.refuse_output(tmp_path / name, site)
    with pytest.raises(UsageError, match="outside of the site"):
        figure.refuse_output(site / "a.png", site)
    Image.new("L", (1, 1)).save(tmp_path / "old.png")
    figure.refuse_output(tmp_path / "old.png", site)


# -- The command


def _run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["figure", *arguments], prog_name="layerlight")
    return done.exit_code, done.stdout, done.stderr


def test_the_command_writes_a_figure_here(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Named for what it shows; of the site of gallery.toml, in its palette."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gallery.toml").write_text(f"output = '{site}'\npalette = 'magma'\n")
    name = "chelsea-block5_conv1-12.png"
    assert _run("chelsea", "block5_conv1", "12") == (0, f"wrote {name}\n", "")
    assert {path.name for path in tmp_path.iterdir()} == {"gallery.toml", name}
    own = figure.figure_png(
        figure.read_subject(site, "chelsea", "block5_conv1", 12), palette="magma"
    )
    assert len(own) / (tmp_path / name).stat().st_size == pytest.approx(1, rel=0.1)
    assert _run("chelsea", "block5_conv1", "12", "-o", name, "--dpi", "100")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["chelsae", "block1_pool", "0"], 2, "Did you mean chelsea?"),
        (["chelsea", "block1_pool", "64"], 2, "expected 0 to 63"),
        (["chelsea", "block1_pool", "0", "--at", "x"], 2, "--at: expected"),
        (["chelsea", "block1_pool", "0", "--palette", "jet"], 2, "--palette: expected"),
        (["chelsea", "block1_pool", "0", "--scale", "all"], 2, "--scale: expected"),
        (["chelsea", "block1_pool", "0", "--dpi", "7"], 2, "--dpi: expected 50 to 600"),
        (["chelsea", "block1_pool", "0", "--site", "none"], 2, "run layerlight build first"),
        (["chelsea", "block1_pool", "0", "-o", "a.gif"], 2, "ends in .png"),
        (["chelsea", "block1_pool", "0", "-o", "mine.png"], 1, "another kind"),
    ],
)
def test_a_wrong_request_writes_nothing(
    site: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    """One message; 2 for what makes no sense, 1 for what cannot be written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.png").write_text("mine")
    ended, out, err = _run("--site", str(site), *arguments)
    assert (ended, out) == (code, "")
    assert err.startswith("error: ")
    assert said in err
    assert "Traceback" not in err
    assert {path.name for path in tmp_path.iterdir()} == {"mine.png"}
    assert (tmp_path / "mine.png").read_text() == "mine"


def test_a_damaged_site_is_a_failure(
    odd_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, and no figure."""
    monkeypatch.chdir(tmp_path)
    shutil.rmtree(odd_site / "sheets")
    code, out, err = _run("odd", "odd_conv", "0", "--site", "odd")
    assert (code, out) == (1, "")
    assert "run layerlight build again" in err
    assert not list(tmp_path.glob("*.png"))


def test_no_network_is_loaded_for_a_figure(site: Path, tmp_path: Path) -> None:
    """Nor pyplot, which would keep a state of its own."""
    code = (
        "import sys\n"
        "from generator.cli import app\n"
        "try:\n    app(sys.argv[1:])\n"
        "except SystemExit as end:\n"
        "    heavy = {'tensorflow', 'keras', 'matplotlib.pyplot'} & set(sys.modules)\n"
        "    sys.exit(str(heavy) if heavy else end.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "figure", "chelsea", "block1_conv1", "0", "--site", str(site)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert (done.returncode, done.stderr) == (0, "")
