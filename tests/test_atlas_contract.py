"""An atlas's numbers on disk: what docs/output-contract.md promises, there and back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from generator import contract
from generator.domain import Across, AtlasSheet, Pictured
from tests.atlas_examples import facts_of, pictured

KEYS = [
    "schema", "model", "layer", "weights", "file", "sha256", "columns", "rows", "tile_height",
    "tile_width", "specimens", "photographs", "made", "channels",
]  # fmt: skip
CHANNEL_KEYS = ["mean", "peak", "rank", "photograph_mean", "photograph_peak", "attempt"]


def sample() -> AtlasSheet:
    """A sheet with a gap, a failure, whole and broken numbers, and a layer of a strange name."""
    return facts_of(
        [
            Pictured(2.5, 1.25e-07, 1, 2.0, 8.125, 0),
            None,
            Pictured(-0.5, 0.0, 512, 1234.56, 100000.0, 2),
        ],
        layer="</script><b>ü\u2028",
        specimens=(0, 2),
        photographs=("e" * 64, "f" * 64),
        made={"attempts": [{"octaves": [{"height": 2, "rate": 0.07}], "seed": 0}], "quality": 100},
    )


def data_of(sheet: AtlasSheet) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(contract.atlas_json(sheet))
    return data


def across_of(best: list[tuple[int, float]], images: int) -> Across:
    """The best mean of each channel over a gallery; all else is of no account here."""
    return Across(
        layer="conv",
        chosen=(),
        high=0.0,
        top=0.0,
        rows=(None,) * images,  # type: ignore[arg-type]
        dead=(),
        means=(),
        lit=(),
        ahead=(),
        windows=(),
        on=(),
        best=tuple(best),
    )


def test_a_sheet_is_read_back_as_it_was_written() -> None:
    """From text and from bytes; an empty layer too."""
    for sheet in (sample(), facts_of([]), facts_of([None])):
        text = contract.atlas_json(sheet)
        assert contract.read_atlas(text) == sheet
        assert contract.read_atlas(text.encode("utf-8")) == sheet
        assert contract.atlas_json(contract.read_atlas(text)) == text


def test_the_json_has_the_promised_keys() -> None:
    """Schema 1, one line; a channel without a picture is null."""
    text = contract.atlas_json(sample())
    assert text.endswith("}\n") and text.count("\n") == 1
    data = json.loads(text)
    assert list(data) == KEYS
    assert data["schema"] == 1
    assert [c and list(c) for c in data["channels"]] == [CHANNEL_KEYS, None, CHANNEL_KEYS]
    assert data["channels"][0]["photograph_mean"] == 2
    assert data["made"] == sample().made


def test_numbers_have_six_digits() -> None:
    """What a float32 holds, and a whole number is written as one."""
    data = data_of(facts_of([pictured(123.456789, 1 / 3, peak=9.0, photograph_peak=1e-9 / 3)]))
    assert data["channels"] == [
        {
            "mean": 123.457,
            "peak": 9,
            "rank": 1,
            "photograph_mean": 0.333333,
            "photograph_peak": 3.33333e-10,
            "attempt": 0,
        }
    ]
    assert '"peak":9,' in contract.atlas_json(facts_of([pictured()]))


@pytest.mark.parametrize("schema", [0, 2, "1", None])
def test_another_schema_is_refused(schema: object) -> None:
    """A later version's atlas is not misread."""
    text = json.dumps(data_of(sample()) | {"schema": schema})
    with pytest.raises(ValueError, match="schema"):
        contract.read_atlas(text)


@pytest.mark.parametrize("key", KEYS)
def test_an_atlas_without_one_of_its_keys_is_refused(key: str) -> None:
    """Each is needed."""
    data = data_of(sample())
    del data[key]
    with pytest.raises(KeyError):
        contract.read_atlas(json.dumps(data))


@pytest.mark.parametrize(
    "change",
    [
        {"channels": [{"mean": 1}]},
        {"channels": [dict.fromkeys([*CHANNEL_KEYS, "colour"], 1)]},
        {"channels": [3]},
        {"channels": 3},
        {"columns": "many"},
        {"rows": None},
        {"specimens": ["first"]},
        {"made": 3},
    ],
    ids=str,
)
def test_an_atlas_of_another_make_is_refused(change: dict[str, Any]) -> None:
    """One of the errors that ``read_atlas`` names, and no other."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        contract.read_atlas(json.dumps(data_of(sample()) | change))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '"schema"', "{}", b"\xff\xfe\x00"])
def test_something_else_is_refused(text: str | bytes) -> None:
    """Damaged, or JSON of something else: one of the errors that ``read_atlas`` names."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        contract.read_atlas(text)


def test_a_number_that_is_none_is_not_written() -> None:
    """No NaN or Infinity, which are not JSON."""
    for value in (float("nan"), float("inf")):
        with pytest.raises((ValueError, OverflowError)):
            contract.atlas_json(facts_of([pictured(value)]))


def test_the_script_compares_pictures_with_the_gallerys_images() -> None:
    """Mean, peak and rank on the picture, the best image, its mean, the best when made."""
    path = "atlas/toy/conv.js"
    sheet = replace(sample(), layer="conv")
    text = contract.atlas_script(path, sheet, across_of([(3, 1.234567), (0, 7.0), (1, 0.0)], 4))
    start = '(window.layerlightData=window.layerlightData||{})["atlas/toy/conv"]='
    assert text.startswith(start) and text.endswith(";\n")
    assert json.loads(text[len(start) : -2]) == {
        "images": 4,
        "pictures": [
            [2.5, 1.25e-07, 1, 3, 1.2346, 2],
            None,
            [-0.5, 0, 512, 1, 0, 1234.6],
        ],
    }


def test_the_script_wants_a_best_image_for_each_channel() -> None:
    """An atlas and a gallery of different layers are not mixed."""
    with pytest.raises(ValueError):
        contract.atlas_script("atlas/toy/conv.js", sample(), across_of([(0, 1.0)], 1))
