"""Texts of tiles and of rails, which are escaped together."""

from __future__ import annotations

from generator.pages.parts import RailBlock, RailCell, Tile, Tiles
from generator.render import Renderer
from generator.texts import templates_folder

HOSTILE = "\"'><script>&"
ESCAPED = "&#34;&#39;&gt;&lt;script&gt;&amp;"


def _rendered(partial: str, macro: str, *given: object) -> str:
    environment = Renderer(templates_folder())._environment
    template = environment.get_template(f"partials/{partial}.html.jinja")
    return str(getattr(template.module, macro)(*given))


def test_one_hostile_text_among_tiles_stays_text() -> None:
    """Whatever else is on the page."""
    plain = Tile("0", "--x:0;--y:0;--k:1", "100%", "", "#0", "0", "Channel 0", "1 2")
    hostile = Tile("1", "", "0%", "not finite", f"#{HOSTILE}", HOSTILE, HOSTILE, HOSTILE)
    tiles = Tiles("sheet.png", 2, 1, 7, 7, 1, "1", signed=False, tiles=(plain, hostile))
    html = _rendered("maps", "tiles", tiles)
    assert "<script>" not in html
    assert html.count(ESCAPED) == 4
    assert 'title="Channel 0" data-facts="1 2"' in html
    assert 'class="frame not-finite"' in html


def test_plain_tiles_stay_as_they_are() -> None:
    """Nothing is escaped that need not be."""
    plain = Tile("0", "--x:0;--y:0;--k:1", "100%", "", "#0", "0", "Channel 0’s", "")
    tiles = Tiles("sheet.png", 1, 1, 7, 7, 1, "1", signed=False, tiles=(plain,))
    html = _rendered("maps", "tiles", tiles)
    assert '<i style="--x:0;--y:0;--k:1"></i>' in html
    assert '<a href="#0" title="Channel 0’s">' in html


def test_a_layer_of_a_hostile_name_stays_text() -> None:
    """In a link, a tooltip, an attribute and as the cell's own name."""
    cell = RailCell(HOSTILE, HOSTILE, HOSTILE, "conv", "3", "2", "", HOSTILE)
    html = _rendered("rail", "rail", (RailBlock("Block", (cell,)),), "Layers")
    assert "<script>" not in html
    assert html.count(ESCAPED) == 4
