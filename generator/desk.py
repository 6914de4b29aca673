"""What every stage of a build works with. With ``generator.stages`` this puts stages together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator import layout, pages, sheets
from generator.building import Progress
from generator.config import Config
from generator.encode import grey_png, read_png
from generator.encoders import Crew
from generator.ledger import Ledger
from generator.manifest import KnownImage
from generator.render import Renderer
from generator.site import Staging
from generator.sizes import columns_for

__all__ = ["Desk", "Press"]


class Press:
    """Renders pages and writes them, and counts them."""

    def __init__(self, renderer: Renderer, stage: Staging, counter: Progress) -> None:
        self._renderer, self._stage, self._counter = renderer, stage, counter
        self._done = 0
        self.expected = 0
        """Pages in all, as far as is known."""

    def print(self, finished: Iterable[pages.Page]) -> list[str]:
        """Render pages and write them; their paths."""
        paths = []
        for page in finished:
            self._stage.write(page.path, self._renderer.render(page))
            for excerpt in page.excerpts:
                self._cut(page.gallery, excerpt)
            paths.append(page.path)
            self.skip(1)
        return paths

    def _cut(self, gallery: pages.Gallery, excerpt: pages.Excerpt) -> None:
        """Write maps of the gallery's first image, unless another page has had the same."""
        if excerpt.path in self._stage.written:
            return
        layer = excerpt.layer
        whole = layout.sheet_png(gallery.model.id, excerpt.image, layer.name)
        sheet = read_png(self._stage.path(whole).read_bytes())
        columns = columns_for(layer.channels)
        maps = sheets.cut(sheet, layer.height, layer.width, columns, excerpt.channels)
        tiled = sheets.tile(maps, len(maps), signed=layer.signed)
        self._stage.write(excerpt.path, grey_png(tiled))

    def skip(self, count: int) -> None:
        """So many pages are there as they should be."""
        self._done += count
        self._counter.pages(self._done, max(self._done, self.expected))


@dataclass(frozen=True)
class Desk:
    """What every stage of a build works with."""

    config: Config
    stage: Staging
    ledger: Ledger
    press: Press
    counter: Progress
    crew: Crew
    images: Mapping[str, KnownImage]
    """Image files as the last build found them, by path below the inputs folder."""
