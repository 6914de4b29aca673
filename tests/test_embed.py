"""What Python writes for views in pages elsewhere; that they work, tests/browser/test_embed.py."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

from tests.conftest import GALLERY_URL

POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]*)"')


def test_the_address_of_views_knows_every_layer_of_every_network(beside: Path) -> None:
    """With the number of its channels, as gallery.json has them; also of networks beside it."""
    page = (beside / "embed.html").read_text("utf-8")
    (told,) = re.findall(r'data-networks="([^"]*)"', page)
    gallery = json.loads((beside / "gallery.json").read_text("utf-8"))
    assert len(gallery["models"]) == 3
    assert json.loads(html.unescape(told)) == {
        model["id"]: {layer["name"]: layer["channels"] for layer in model["layers"]}
        for model in gallery["models"]
    }


def test_it_is_no_page_to_be_offered(beside: Path) -> None:
    """To search engines, neither in the list nor by a canonical address; it runs nothing foreign.

    Who finds it all the same reads what it is for, and the way to the gallery.
    """
    page = (beside / "embed.html").read_text("utf-8")
    assert "canonical" not in page and GALLERY_URL not in page
    assert "embed.html" not in (beside / "sitemap.xml").read_text("utf-8")
    front = (beside / "index.html").read_text("utf-8")
    assert POLICY.findall(page) == POLICY.findall(front) != []


def test_a_page_of_a_layer_knows_where_the_gallery_is_published(beside: Path) -> None:
    """Or that nobody knows; and its own address, for who looks at it in a frame."""
    for model in ("plain", "branched"):
        page = sorted((beside / "images/coffee" / model).glob("[!i]*.html"))[0]
        text = page.read_text("utf-8")
        assert (
            f'<dialog class="embed" aria-labelledby="embed-title" data-base="{GALLERY_URL}">'
            in text
        )
        (whole,) = re.findall(
            r'class="open-whole" href="([^"]*)" target="_blank" rel="noopener"', text
        )
        assert page.with_name(whole) == page
        assert (page.parent / "../../../embed.html").resolve() == (beside / "embed.html").resolve()
        assert text.index("js/framed.js") < text.index("css/site.css"), "before anything is seen"
        assert re.search(r'<script src="[^"]*js/framed\.js"></script>', text), "not deferred"
