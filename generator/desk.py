"""What every stage of a build works with. With ``generator.stages`` this puts stages together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator import pages
from generator.building import Progress
from generator.config import Config
from generator.encoders import Crew
from generator.ledger import Ledger
from generator.manifest import KnownImage
from generator.render import Renderer
from generator.site import Staging

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
            paths.append(page.path)
            self.skip(1)
        return paths

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
