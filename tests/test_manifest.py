"""What is remembered of a site comes back as it was, whatever numbers a network has."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from generator import beside, manifest
from generator.building import build
from generator.config import Config
from tests.input_folders import photo
from tests.manifests import whole_manifest
from tests.small_networks import plain, saved


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    """Every part of it."""
    whole = whole_manifest()
    beside.manifest(tmp_path / "site").write_bytes(manifest.as_bytes(whole))
    assert manifest.read(tmp_path / "site") == (whole, "")


def test_numbers_that_are_none_come_back(tmp_path: Path) -> None:
    """Not a number, and infinity. Found by `make fuzz`: the manifest could not be read again."""
    whole = whole_manifest()
    odd = replace(whole.networks["k"], largest_weights=(math.nan, math.inf, -math.inf, 0.5))
    written = manifest.as_bytes(replace(whole, networks={"k": odd}))
    beside.manifest(tmp_path / "site").write_bytes(written)
    found, reason = manifest.read(tmp_path / "site")
    assert found and not reason
    assert repr(found.networks["k"].largest_weights) == "(nan, inf, -inf, 0.5)"


def test_a_network_with_a_weight_that_is_no_number_is_not_run_again(tmp_path: Path) -> None:
    """The second build of such a network has nothing to do, as that of any other."""
    model = plain()
    kernel, *others = model.get_weights()
    kernel[0, 0, 0, 0] = np.nan
    model.set_weights([kernel, *others])
    photo(tmp_path / "inputs" / "a.png")
    config = Config(
        inputs=tmp_path / "inputs",
        output=tmp_path / "site",
        model=str(saved(model, tmp_path / "odd.keras")),
        values=False,
    )
    build(config)
    again = build(config)
    assert again.unchanged and not again.note
