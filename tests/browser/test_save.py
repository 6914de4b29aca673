"""Save picture: the view as a PNG for a slide."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib import colormaps
from PIL import Image
from playwright.sync_api import Page

from tests.browser.sheets import facts_of, grey_of
from tests.browser.visits import Visit

LAYER = "images/chelsea/vgg16/block3_conv3.html"
Open = Callable[..., Visit]


def saved(page: Page) -> tuple[str, Image.Image]:
    """Name and picture of what the button saves."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    path = download.value.path()
    return download.value.suggested_filename, Image.open(io.BytesIO(path.read_bytes())).convert(
        "RGB"
    )


@pytest.mark.parametrize(
    ("query", "palette", "shared"),
    [("", "viridis", True), ("?palette=magma&scale=channel", "magma", False)],
    ids=["shared viridis", "own magma"],
)
def test_the_picture_holds_the_map_in_its_colours(
    site: Path, root: str, open_page: Open, query: str, palette: str, shared: bool
) -> None:
    """640 px from (48, 148), nearest neighbour: the middle of each value in matplotlib's colour."""
    visit = open_page(f"{root}{LAYER}{query}#187")
    name, picture = saved(visit.page)
    assert name == "chelsea-block3_conv3-187.png"
    facts = facts_of(site, "chelsea", "block3_conv3")
    shares = grey_of(site, "chelsea", "block3_conv3", 187) / 255
    if shared:
        shares = np.minimum(shares * facts["channels"][187]["high"] / facts["p99_9"], 1)
    expected = np.asarray(colormaps[palette](shares)[..., :3] * 255)
    middles = (np.arange(56) + 0.5) * 640 / 56
    pixels = np.asarray(picture, dtype=np.float64)
    drawn = pixels[np.ix_((148 + middles).astype(int), (48 + middles).astype(int))]
    # the mark covers its own value and touches those around it
    row, column, _ = facts["channels"][187]["peaks"][0]
    away = np.ones((56, 56), dtype=bool)
    away[row - 1 : row + 2, column - 1 : column + 2] = False
    assert np.abs(drawn - expected)[away].max() <= 4
    # the photograph stands beside it, under the same mark's window
    with Image.open(site / "sheets/vgg16/chelsea/input.png") as opened:
        photo = np.asarray(opened.convert("RGB").resize((640, 640)), dtype=np.float64)
    beside = pixels[148:788, 736:1376]
    assert np.median(np.abs(beside - photo)) <= 4
    assert (pixels == [255, 45, 151]).all(axis=2).sum() > 300, "the mark, magenta"
    assert not visit.faults


def test_a_silent_channel_can_be_saved(site: Path, root: str, open_page: Open) -> None:
    """No mark, no window."""
    channels = facts_of(site, "chelsea", "block5_conv3")["channels"]
    silent = next(c for c, facts in enumerate(channels) if not facts["peaks"])
    visit = open_page(f"{root}images/chelsea/vgg16/block5_conv3.html#{silent}")
    _, picture = saved(visit.page)
    assert not (np.asarray(picture) == [255, 45, 151]).all(axis=2).any()
    assert not visit.faults
