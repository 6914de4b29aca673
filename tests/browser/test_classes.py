"""What the network says, as a reader uses it: by mouse and keys, without scripts, on any screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image

from generator.building import build
from generator.config import Config
from tests.browser.test_accessibility import RULES
from tests.browser.visits import PHONE, WIDE, Size, Visit, Visitor
from tests.classifier_networks import averaged

PAGE = "images/noise/index.html"


@pytest.fixture(scope="module")
def classes_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One image through a network of seven classes, of which two are chosen."""
    folder = tmp_path_factory.mktemp("classes")
    (folder / "in").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(noise).save(folder / "in" / "noise.png")
    averaged(classes=7, side=32).save(folder / "seven.keras")
    long = ["word " * 39, "x" * 200, "<b>", "Zürich", "\u05d7\u05ea\u05d5\u05dc\u202e", "a", "b"]
    (folder / "labels.txt").write_text("\n".join(long), encoding="utf-8")
    build(
        Config(
            inputs=folder / "in",
            output=folder / "out",
            model=str(folder / "seven.keras"),
            labels=folder / "labels.txt",
            classes=(0, 1),
        )
    )
    return folder / "out"


@pytest.fixture
def open_classes(browser: object, classes_site: Path) -> Iterator[Callable[..., Visit]]:
    """Opens the image's page as a file."""
    root = classes_site.as_uri() + "/"
    visitor = Visitor(browser, root)  # type: ignore[arg-type]
    yield lambda **options: visitor.open(root + PAGE, **options)
    visitor.close()


def _shown(visit: Visit) -> list[bool]:
    return [cam.is_visible() for cam in visit.page.locator(".cam").all()]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_choosing_a_class_shows_its_map(scripts: bool, open_classes: Callable[..., Visit]) -> None:
    """The best one's at first; then that of the class clicked, then by keys that of the next."""
    visit = open_classes(scripts=scripts)
    radios = visit.page.locator("#classes input[type=radio]")
    count = radios.count()
    assert 3 <= count <= 5
    assert _shown(visit) == [i == 0 for i in range(count)]
    visit.page.locator("#classes label").nth(2).click()
    assert _shown(visit) == [i == 2 for i in range(count)]
    visit.page.keyboard.press("ArrowUp")
    assert _shown(visit) == [i == 1 for i in range(count)]
    assert (
        visit.page.locator(".cam:visible figcaption")
        .inner_text()
        .startswith("Where maps that raise the score of")
    )


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "narrow"])
def test_axe_finds_nothing_and_nothing_is_cut(
    dark: bool, size: Size, open_classes: Callable[..., Visit]
) -> None:
    """Also with labels of two hundred letters, no page is wider than its screen."""
    visit = open_classes(size=size, dark=dark)
    found = Axe().run(visit.page, options={"runOnly": list(RULES), "resultTypes": ["violations"]})
    faults = [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found.response["violations"]
        for node in violation["nodes"][:3]
    ]
    assert not faults, "\n".join(faults)
    assert not visit.overflow()
