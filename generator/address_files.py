"""What a site holds for those who find it by its address: a map of its pages, and a card.

Only where it is known (``base_url``). With ``generator.stages`` this puts stages together.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from generator import layout, pages
from generator.card import card_png
from generator.encode import read_png
from generator.site import Staging

__all__ = ["write_card", "write_sitemap"]

MOST = 50_000
"""Addresses that a map of a site may have, by its protocol (sitemaps.org)."""


def write_card(gallery: pages.Gallery, stage: Staging) -> None:
    """The gallery's first photograph and the marked maps of its blocks."""
    if not gallery.base_url:
        return
    model, image = gallery.model, gallery.images[0]
    photo = read_png(stage.path(layout.input_png(model.id, image.id)).read_bytes())
    blocks = dict.fromkeys(
        gallery.layer(mark.layer).block for mark in gallery.facts(image.id).reading.blocks
    )
    maps = [
        read_png(stage.path(layout.block_png(model.id, image.id, block)).read_bytes())
        for block in blocks
    ]
    stage.write(layout.CARD, card_png(photo, maps, gallery.palette))


def write_sitemap(gallery: pages.Gallery, stage: Staging) -> None:
    """The addresses of all pages that are for readers; of too many those that lie least deep."""
    if not gallery.base_url:
        return
    unlisted = (layout.ERROR_PAGE, layout.EMBED_PAGE)
    paths = [path for path in stage.written if path.endswith(".html") and path not in unlisted]
    paths.sort(key=lambda path: (path.count("/"), path))
    listed = "".join(
        f"<url><loc>{escape(layout.address(gallery.base_url, path))}</loc></url>\n"
        for path in paths[:MOST]
    )
    stage.write(
        layout.SITEMAP,
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{listed}</urlset>\n",
    )
