"""The page for addresses that lead nowhere. Served at any depth, so it brings its own style."""

from __future__ import annotations

from generator import layout
from generator.pages.parts import Gallery, Page, page

__all__ = ["error_page"]


def error_page(gallery: Gallery) -> Page:
    """``404.html``. Only a configured base URL can lead home from an unknown depth."""
    return page(
        layout.ERROR_PAGE,
        "404.html.jinja",
        gallery,
        title="There is no such page",
        description="There is no such page in this gallery.",
        section="",
        body={"home": gallery.base_url},
    )
