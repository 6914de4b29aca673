"""Names and texts that try to be more than text, opened in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from generator import layout
from generator.building import build
from generator.config import Config
from tests.browser.loopback import serving
from tests.browser.visits import PHONE, WIDE, Size, Visit, Visitor
from tests.vgg16_network import network

NAMES = (
    "two  words.png",
    "<script>alert(1)<.png",
    "\"quoted\" & 'so'.png",
    "100% #1?.png",
    "chat \N{CAT FACE}.png",
    "\u05d7\u05ea\u05d5\u05dc\u202e.png",
    f"{'long-' * 48}name.png",
    "Cat.jpg",
    "cat.png",
    "c\u00e4t.jpg",
)
HOSTILE = """---
title: "</title><script>window.owned = 1</script><img src=x onerror='window.owned = 1'>"
alt: '" onload="window.owned = 1'
credit: "<b onmouseover=window.owned=1>me</b>"
license: "javascript:alert(1)"
---
<script>window.owned = 1</script> [a link](javascript:window.owned=1)
<style>* { display: none }</style>

![far away](https://elsewhere.example/x.png) <iframe src="https://elsewhere.example"></iframe>
**bold stays**
"""


LONG = "#[]$*_@<>\N{CAT FACE}" * 30
BODY = (
    """<script>window.owned = 1</script> [a link](javascript:window.owned=1) {{ 7 * 7 }}

# layerlight

<img src=x onerror="window.owned = 1"> ![far away](https://elsewhere.example/x.png)
$\\text{<img src=x onerror=window.owned=1>}$ $\\href{javascript:window.owned=1}{x}$
<style>* { display: none }</style> **bold stays** <p style="position: fixed" id="content">moved</p>

| a | """
    + "wide" * 200
    + """ |
|---|---|
| b | c |

```
"""
    + "code" * 200
    + """
```

{figure: maps block1_conv1 0 strongest}
"""
)
TEXTS = {
    **dict.fromkeys(("vgg16/block1.md", "vgg16/network.md", "atlas.md"), f"""---
title: '{LONG}'
lead: '</p><script>window.owned = 1</script>{LONG}'
---
{BODY}"""),
    "vgg16/block1_conv1.md": f"""---
look: '{LONG}<script>window.owned = 1</script>'
---
{BODY}""",
    "learn/hostile.md": f"""---
title: '{LONG}'
lead: '{LONG}'
question: '<img src=x onerror="window.owned = 1">{LONG}'
answer: '{LONG}'
after: pixels
---
{BODY}
{{figure: zeros}}
""",
    "glossary.md": f"layerlight {LONG[:60]}\n: <script>window.owned = 1</script>{'long' * 200}\n",
}  # fmt: skip
"""Of the gallery's owner, who may have them from anywhere."""


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of one layer at 64 x 64 whose every name and text is hostile."""
    network()
    folder = tmp_path_factory.mktemp("hostile")
    inputs = folder / "in" / "folder <i> #1"
    inputs.mkdir(parents=True)
    for i, name in enumerate(NAMES):
        Image.new("RGB", (70, 70), (25 * i, 99, 200)).save(inputs / name)
    (inputs / "two  words.md").write_text(HOSTILE, encoding="utf-8")
    (inputs / "broken <u>.jpg").write_bytes(b"<script>window.owned = 1</script>")
    for name, text in TEXTS.items():
        path = folder / "text" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    config = Config(
        inputs=folder / "in",
        text_folder=folder / "text",
        output=folder / "out",
        size=(64, 64),
        layers=("block1_conv1", "block2_conv1"),
        title="<script>window.owned = 1</script> & more",
        author="</footer><script>window.owned = 1</script>",
        handouts=True,
    )
    report = build(config)
    assert report.images == len(NAMES)
    assert len(report.problems) == 1
    return folder / "out"


# The same once more from a server is among the slow tests.
@pytest.fixture(params=["file", pytest.param("http", marks=pytest.mark.slow)])
def open_hostile(
    request: pytest.FixtureRequest, browser: object, hostile_site: Path
) -> Callable[[str], Visit]:
    """Opens a page of it, as a file and on loopback."""
    if request.param == "file":
        root = hostile_site.as_uri() + "/"
    else:
        server = serving(hostile_site)
        root = server.__enter__()
        request.addfinalizer(lambda: server.__exit__(None, None, None))
    visitor = Visitor(browser, root)  # type: ignore[arg-type]
    request.addfinalizer(visitor.close)
    return lambda page: visitor.open(root + page)


def test_nothing_runs_and_nothing_is_asked_for(
    hostile_site: Path, open_hostile: Callable[[str], Visit]
) -> None:
    """Every page once: no script of theirs, no console error, no request to elsewhere."""
    pages = sorted(p.relative_to(hostile_site).as_posix() for p in hostile_site.rglob("*.html"))
    # front, embedding and error page; of each image itself, its exercises and two layers; the
    # layers across images; network, tour, course, sources, glossary; the chapters, one of them
    # theirs; the atlas and its two layers; the handouts
    assert len(pages) == 3 + len(NAMES) * 4 + 2 + 5 + len(layout.CHAPTERS) + 1 + 3 + 1
    visit = open_hostile(layout.ERROR_PAGE)
    root = visit.page.url.removesuffix(layout.ERROR_PAGE)
    for page in pages:
        visit.go_on(root + page)
        assert visit.page.evaluate("() => window.owned") is None, page
        assert not visit.faults, page


def test_text_is_shown_as_it_was_written(open_hostile: Callable[[str], Visit]) -> None:
    """The title with its tags, the good part of the description without its bad ones."""
    page = open_hostile("images/folder-i-1-two-words/index.html").page
    assert page.locator("h1").inner_text().startswith("</title><script>window.owned")
    assert page.locator(".about-image strong").inner_text() == "bold stays"
    assert page.locator(".about-image :is(script, style, iframe, img)").count() == 0
    hrefs = page.locator(".about-image a").evaluate_all("links => links.map(a => a.href)")
    assert not [href for href in hrefs if href.startswith("javascript")]


@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
def test_a_text_of_others_stays_in_its_place(
    size: Size, hostile_site: Path, browser: Browser
) -> None:
    """300 characters without a space, a wide table, long code: no page scrolls sideways."""
    visitor = Visitor(browser, hostile_site.as_uri())
    visit = visitor.open(f"{hostile_site.as_uri()}/{layout.ERROR_PAGE}", size=size)
    for path in (
        *(
            "learn/hostile.html",
            "learn/index.html",
            "learn/convolution.html",
            "learn/glossary.html",
        ),
        *("models/vgg16/index.html", "atlas/vgg16/index.html", "layers/vgg16/block1_conv1.html"),
        "images/folder-i-1-two-words/index.html",
        "images/folder-i-1-two-words/vgg16/block1_conv1.html",
    ):
        visit.go_on(f"{hostile_site.as_uri()}/{path}")
        assert not visit.overflow(), path
        assert visit.page.evaluate("Object.keys(window.layerlight).length") > 0, path
        if LONG in visit.page.content().replace("&lt;", "<").replace("&gt;", ">"):
            prose = visit.page.locator("main .prose")
            assert prose.locator(":is(script, style, iframe, p[style], [onerror])").count() == 0
            assert prose.locator("[id=content], [id=layerlight], img[src=x]").count() == 0
    visitor.close()


def test_every_image_is_reached_from_the_front_page(open_hostile: Callable[[str], Visit]) -> None:
    """Ten images under ten different addresses; the broken one is named."""
    page = open_hostile("index.html").page
    links = page.locator(".cards h3 a").evaluate_all("links => links.map(a => a.href)")
    assert len(set(links)) == len(NAMES)
    assert "broken <u>.jpg" in page.locator(".problems").inner_text()
