"""The owner's texts: what they replace and add, what they may ask for, what is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generator import layout, pages
from generator.building import build
from generator.config import Config
from generator.errors import ConfigError, LayerlightError, TextError
from generator.own_texts import read_own_texts, refuse
from generator.pages.article import article
from generator.pages.chapter_figures import DRAWN
from generator.pages.scene import first_scene
from generator.pages.values import OF_GALLERY, OF_LAYER, OF_MAPS, say
from generator.palettes import palettes
from generator.placeholders import PROMISES
from generator.render import Renderer
from generator.texts import Texts, templates_folder
from tests.surveys import surveyed
from tests.test_snapshots import MODEL, facts, image

PROJECT = Path(__file__).parent.parent
RENDERER = Renderer(templates_folder())
CONV, POOL = MODEL.layers
UNSEEN = replace(CONV, name="block2_conv1", block="block2", channels=7, parameters=196)
"""A layer that the network has and the gallery does not show."""
LAYERS = (CONV, POOL, UNSEEN)
CHAPTER = """---
title: Why a pear?
lead: Because it is green.
question: Is it?
answer: It is.
---
A pear is a pear.
"""


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """A folder of these texts."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def texts_of(folder: Path) -> Texts:
    """Ours with the folder's over them; whatever is wrong is raised as a build does."""
    own, misplaced = read_own_texts(folder, MODEL.id, LAYERS)
    found = Texts(templates_folder() / "text", own)
    refuse(folder, (*misplaced, *pages.broken_promises(found, LAYERS, RENDERER.links)))
    return found


def gallery_of(texts: Texts) -> pages.Gallery:
    """Two images and two of the network's three layers."""
    return pages.Gallery(
        title="", author="", base_url="", palette="viridis", scale="layer", model=MODEL,
        images=(image("pear"), image("apple")), problems=(), texts=texts,
        palettes=palettes(("grey",)), versions="", licence="", licence_url="", facts=facts,
        chosen={layer.name: (0, 1, 2) for layer in MODEL.layers}, example=None, values=True,
        colours=("red", "green", "blue"), largest_weights=(0.25, 0.5, 0.125), atlas={},
        every_layer=LAYERS,
    )  # fmt: skip


def page_of(texts: Texts, path: str) -> str:
    """A page of that gallery as HTML."""
    gallery = gallery_of(texts)
    pear, apple = gallery.images
    made = (
        *pages.image_pages(gallery, pear, None, apple),
        *pages.image_pages(gallery, apple, pear, None),
        *pages.gallery_pages(gallery, surveyed(gallery)),
    )
    return RENDERER.render(next(page for page in made if page.path == path))


def rendered(folder: Path, body: str, *, name: str = "learn/pear.md") -> str:
    """A body of the owner's, in a new chapter."""
    texts = texts_of(written(folder, {name: CHAPTER.replace("A pear is a pear.\n", body)}))
    return shown(texts, f"learn/{Path(name).stem}")


def shown(texts: Texts, name: str) -> str:
    """A text's body as HTML, without figures."""
    text = texts.page(name)
    about = article(
        first_scene("learn/pear.html", gallery_of(texts)), text.body, own="body" in text.own
    )
    return "".join(part for kind, part in RENDERER._article(about) if kind == "text")


def refused(folder: Path, files: Mapping[str, str]) -> str:
    """What is said of a folder that holds something wrong."""
    with pytest.raises(TextError) as raised:
        texts_of(written(folder, files))
    return str(raised.value)


# -- Replacing and adding


def test_a_file_replaces_the_text_of_its_name(tmp_path: Path) -> None:
    """Its words stand; every field that it leaves out, and a body left empty, stay ours."""
    ours = Texts(templates_folder() / "text")
    texts = texts_of(
        written(
            tmp_path,
            {
                "learn/relu.md": "---\ntitle: Cut\n---\nNothing below zero.\n",
                "learn/zeros.md": "---\nlead: 'Dark: the rule.'\n---\n",
                "generic/merge.md": "A sum.\n",
                "generic/pool.md": "A pool.\n",
            },
        )
    )
    relu, zeros = texts.page("learn/relu"), texts.page("learn/zeros")
    assert (relu.title, relu.body) == ("Cut", "Nothing below zero.")
    assert relu.answer == ours.page("learn/relu").answer
    assert zeros.lead == "Dark: the rule."
    assert (zeros.title, zeros.body) == (
        ours.page("learn/zeros").title,
        ours.page("learn/zeros").body,
    )
    assert texts.layer(MODEL, POOL).body == "A pool."
    assert texts.layer(MODEL, POOL).look == ours.layer(MODEL, POOL).look
    assert texts.layer(MODEL, CONV) == ours.layer(MODEL, CONV)


def test_a_layer_or_block_without_a_text_gets_one(tmp_path: Path) -> None:
    """On top of the generic one, which says what the file does not."""
    ours = Texts(templates_folder() / "text")
    folder = written(
        tmp_path,
        {
            f"toy/{CONV.name}.md": "---\nlook: Look left.\n---\n",
            "toy/block1.md": "---\ntitle: First\n---\nThe first block.\n",
            "toy/network.md": "---\nlead: Small.\n---\n",
            f"toy/{UNSEEN.name}.md": "For a larger gallery.\n",
        },
    )
    texts = texts_of(folder)
    assert texts.layer(MODEL, CONV).look == "Look left."
    assert texts.layer(MODEL, CONV).body == ours.layer(MODEL, CONV).body
    page = page_of(texts, "images/pear/index.html")
    assert "Block 1: First" in page
    assert "Look left." in page
    model = page_of(texts, layout.model_page("toy"))
    assert "<p>The first block.</p>" in model
    assert "Small." in model


def test_no_folder_changes_nothing(tmp_path: Path) -> None:
    """Neither none at all nor an empty one, nor files that systems leave in folders."""
    ours = page_of(Texts(templates_folder() / "text"), layout.learn_page("padding"))
    folder = written(tmp_path, {".DS_Store": "x", "learn/.relu.md.swp": "x", "__MACOSX/a.md": "x"})
    assert read_own_texts(None, "toy", LAYERS) == ({}, ())
    assert page_of(texts_of(folder), layout.learn_page("padding")) == ours


def test_a_new_chapter_is_a_page_of_the_course(tmp_path: Path) -> None:
    """In the contents at its place, with a number, a way back and a way on, and its check."""
    folder = written(
        tmp_path,
        {
            "learn/pear.md": CHAPTER.replace("lead:", "after: relu\nlead:"),
            "learn/apple.md": CHAPTER.replace("lead:", "after: pear\nlead:"),
            "learn/zebra.md": CHAPTER.replace("lead:", "after: relu\nlead:"),
            "learn/last.md": CHAPTER,
        },
    )
    texts = texts_of(folder)
    i = layout.CHAPTERS.index("relu")
    expected = (
        *layout.CHAPTERS[: i + 1], "pear", "apple", "zebra", *layout.CHAPTERS[i + 1 :], "last"
    )  # fmt: skip
    assert texts.chapters == expected
    page = page_of(texts, "learn/pear.html")
    assert '<a rel="prev" href="relu.html">' in page
    assert '<a rel="next" href="apple.html">' in page
    assert "Is it?" in page and "It is." in page
    contents = page_of(texts, layout.LEARN_PAGE)
    number, title = re.findall(
        r'<span class="step-number">(\d+)</span><a href="pear.html">([^<]+)', contents
    )[0]
    assert (int(number), title) == (i + 2, "Why a pear?")
    assert f"{len(layout.CHAPTERS) + 4} short chapters" in contents
    gallery = gallery_of(texts)
    count = len([*pages.gallery_pages(gallery, surveyed(gallery))])
    assert count + 2 * 4 == pages.count(2, 2, 0, len(texts.chapters), handouts=False)


def test_terms_of_a_glossary_join_ours(tmp_path: Path) -> None:
    """One of the same name replaces ours, others are added, in one alphabet; links find both."""
    folder = written(
        tmp_path,
        {
            "glossary.md": "ReLU\n: *Ours*, by the {value: network}.\n\nBirne\n: A pear.\n\n"
            "Größe & co\n: <b onclick='x()'>How</b> large.\n",
            "learn/pear.md": CHAPTER + "\n[it](term:birne), [size](term:größe-co), [r](term:relu)",
        },
    )
    texts = texts_of(folder)
    ours = Texts(templates_folder() / "text").glossary
    names = [term.name.lower() for term in texts.glossary]
    assert names == sorted(names)
    assert len(names) == len(ours) + 2
    page = page_of(texts, layout.GLOSSARY_PAGE)
    assert '<div id="relu"><dt>ReLU</dt><dd><p><em>Ours</em>, by the Toy.</p></dd>' in page
    assert '<div id="term-birne"><dt>Birne</dt>' in page
    assert "<p>How large.</p>" in page
    assert '<div id="activation">' in page
    body = shown(texts, "learn/pear")
    assert 'href="glossary.html#term-birne"' in body and "A pear." in body
    assert 'href="glossary.html#relu"' in body
    assert 'href="glossary.html#term-gr%C3%B6%C3%9Fe-co"' in body


# -- Values, figures, links


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        # the layer as test_snapshots made it
        ("shape block1_conv1", "8 × 8 × 3"),
        ("shape block1_pool", "4 × 4 × 3"),
        ("size block1_pool", "4 × 4"),
        ("channels block1_conv1", "3"),
        ("window block1_pool", "4 × 4"),
        ("kernel block1_conv1", "3 × 3"),
        ("parameters block1_conv1", "84"),
        ("parameters block1_pool", "0"),
        # its maps: 64 values from 0 to 10 in steps, a single 5, nothing
        ("strongest block1_conv1", "#0"),
        ("peak block1_conv1", "10"),
        ("silent block1_conv1", "1"),
        ("half block1_conv1", "1"),
        ("zeros block1_conv1", f"{100 * (1 + 63 + 64) / 192:.0f} %"),
        ("zeros block1_pool", f"{100 * (0 + 15 + 16) / 48:.0f} %"),
        ("image", "Pear"),
        ("images", "2"),
        ("input", "8 × 8"),
        ("layers", "2"),
        ("network", "Toy"),
        # known of the network alone, and not measured
        ("channels block2_conv1", "7"),
        ("parameters block2_conv1", "196"),
        ("strongest block2_conv1", "(not in this gallery)"),
        ("zeros block2_conv1", "(not in this gallery)"),
    ],
)
def test_a_value_is_what_it_says(asked: str, expected: str) -> None:
    """Recomputed by hand, of the network or of the first image's maps."""
    scene = first_scene("index.html", gallery_of(Texts(templates_folder() / "text")))
    said = say(scene, f"So: {{value: {asked}}}.")
    assert said.replace("\u202f", " ") == f"So: {expected}."


def test_the_scale_is_the_999th_thousandth(tmp_path: Path) -> None:
    """Of the non-zero values: the ramp's 63 and the single one."""
    values = np.array([*np.arange(1, 64) / 63 * 10, 5])
    scene = first_scene("index.html", gallery_of(Texts(templates_folder() / "text")))
    said = float(say(scene, "{value: scale block1_conv1}"))
    assert said == pytest.approx(np.percentile(values, 99.9), abs=0.05)


def test_a_layers_text_speaks_of_the_pages_image(tmp_path: Path) -> None:
    """``here`` is the page's layer; the apple is three times as bright as the pear."""
    folder = written(
        tmp_path,
        {
            "generic/conv.md": "---\nlook: 'Up to {value: peak here} on {value: image}.'\n---\n"
            "In [{value: strongest here}](layer:here#strongest) of `{value: shape here}`.\n\n"
            "{figure: maps here strongest 1}\n"
        },
    )
    texts = texts_of(folder)
    pear = page_of(texts, "images/pear/toy/block1_conv1.html")
    apple = page_of(texts, "images/apple/toy/block1_conv1.html")
    assert "Up to 10 on Pear." in pear
    assert "Up to 30 on Apple." in apple
    assert (
        'In <a href="block1_conv1.html#0">#0</a> of <code>8\u202f×\u202f8\u202f×\u202f3</code>'
        in apple
    )
    assert "Channels 0, 1 of block1_conv1 on <bdi>Apple</bdi>" in apple
    assert "Up to 30 on Apple." in page_of(texts, "images/apple/index.html")
    across = page_of(texts, layout.across_page("toy", "block1_conv1"))
    assert "Up to 10 on Pear." in across


def test_values_stand_in_every_line_of_a_chapter(tmp_path: Path) -> None:
    """Body, lead, question and answer, and its place in the contents; also inside a formula."""
    chapter = (
        "---\ntitle: T\nlead: 'L {value: layers}'\nquestion: 'Q {value: images}'\n"
        "answer: 'A {value: channels block1_conv1}'\n---\n"
        "B **{value: network}** $n = {value: parameters block1_conv1}$\n"
    )
    texts = texts_of(written(tmp_path, {"learn/pear.md": chapter}))
    page = page_of(texts, "learn/pear.html")
    for words in ("L 2", "Q 2", "A 3", "B <strong>Toy</strong>", "<mtext>84</mtext>"):
        assert words in page
    assert "L 2" in page_of(texts, layout.LEARN_PAGE)


def test_a_title_in_a_value_is_only_text(tmp_path: Path) -> None:
    """Neither HTML nor LaTeX comes of what an image is called, in our texts neither."""
    gallery = gallery_of(Texts(templates_folder() / "text"))
    named = replace(gallery.images[0], title='<b>$x$</b> \\href{javascript:1}{"} </math><i>')
    scene = first_scene("index.html", replace(gallery, images=(named,)))
    source = "Of **{value: image}** and $x = {value: image}$ [l](image: '{value: image}')"
    for own in (True, False):
        (_, html), *_ = RENDERER._article(article(scene, source, own=own))
        assert "&lt;b&gt;$x$&lt;/b&gt;" in html
        assert not re.search(r"<(b|i)>|href=.java|</math>.*</math>", html)


def test_a_figure_is_drawn_where_it_is_asked_for(tmp_path: Path) -> None:
    """In a chapter any; in the text of a layer, block or network the maps of channels."""
    folder = written(
        tmp_path,
        {
            "learn/pear.md": CHAPTER + "\n{figure: zeros}\n\n{figure: maps block1_pool strongest}\n"
            "\n{figure: maps block2_conv1 5}\n",
            "toy/network.md": "{figure: maps block1_conv1 1}\n",
        },
    )
    texts = texts_of(folder)
    page = page_of(texts, "learn/pear.html")
    assert page.count("<figure") == 2, "the gallery has no maps of block2_conv1"
    assert "Channel 0 of block1_pool on <bdi>Pear</bdi>" in page
    assert "figure:" not in page
    assert "Channel 1 of block1_conv1" in page_of(texts, layout.model_page("toy"))


def test_links_lead_into_the_gallery(tmp_path: Path) -> None:
    """To a layer, a channel, a place, a chapter and so on; what is not shown leads to the image."""
    links = {
        "layer:block1_conv1": "../images/pear/toy/block1_conv1.html",
        "layer:block1_conv1#2": "../images/pear/toy/block1_conv1.html#2",
        "layer:block1_conv1#2@4,5": "../images/pear/toy/block1_conv1.html#2@4,5",
        "layer:block1_pool#strongest": "../images/pear/toy/block1_pool.html#0",
        "layer:block2_conv1#6": "../images/pear/index.html",
        "across:block1_pool#1": "../layers/toy/block1_pool.html#1",
        "chapter:relu": "relu.html",
        "chapter:sources": "sources.html",
        "image:": "../images/pear/index.html",
        "model:": "../models/toy/index.html",
        "tour:": "tour.html",
        "atlas:": "../images/pear/index.html",
    }
    body = "\n\n".join(f"[x]({promise})" for promise in links)
    found = re.findall(r'href="([^"]*)"', rendered(tmp_path, body))
    assert found == list(links.values())


def test_every_name_is_documented() -> None:
    """docs/texts.md lists each value and each figure."""
    docs = (PROJECT / "docs" / "texts.md").read_text(encoding="utf-8")
    for name in (*OF_LAYER, *OF_MAPS):
        assert f"`{{value: {name} LAYER}}`" in docs, name
    for name in OF_GALLERY:
        assert f"`{{value: {name}}}`" in docs, name
    for name in DRAWN:
        assert f"`{{figure: {name}" in docs, name
    for name in PROMISES:
        assert f"{name}:" in docs, name


# -- What is refused


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("learn/Relu.md", ("learn/Relu.md", "lower-case", "relu.md")),
        ("learn/two words.md", ("two-words.md",)),
        ("learn/tour.md", ("another page of the course",)),
        ("learn/index.md", ("another page of the course",)),
        ("learn/glossary.md", ("its text is glossary.md",)),
        (
            "learn/deep/relu.md",
            ("expected one of the folders generic, learn, toy", "learn/relu.md"),
        ),
        ("toy/block1_conv7.md", ("the name of a layer or block of toy", "toy/block1_conv1.md")),
        ("toys/block1.md", ("expected one of the folders generic, learn, toy", "toy/block1.md")),
        ("generic/convolution.md", ("generic/conv.md",)),
        ("glosary.md", ("expected the text of a page", "glossary.md")),
        ("learn/relu.txt", ("expected a Markdown file",)),
        ("notes", ("expected a Markdown file",)),
    ],
)
def test_a_file_of_an_unknown_name_is_named(
    tmp_path: Path, file: str, expected: tuple[str, ...]
) -> None:
    """With what was expected, and the nearest name that there is."""
    message = refused(tmp_path, {file: "Words.\n"})
    assert file in message
    for words in expected:
        assert words in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("---\ntitel: X\n---\nY", "learn/relu.md, line 2: expected title, lead"),
        ("---\ntitel: X\n---\nY", "the nearest is title"),
        ("---\ntitle: X\nlook: Y\n---\n", "line 3"),
        ("---\ntitle: 7\n---\n", "expected text for title, got the number 7"),
        ("---\ntitle: [a, b]\n---\n", "got a list"),
        ("---\ntitle: 'X\n---\n", "expected YAML"),
        ("---\n- title\n---\n", "came a list"),
        ("---\ntitle: X\ntitle: Y\n---\n", "twice"),
        ("---\ntitle: &a X\nlead: *a\n---\n", "an alias"),
        ("---\ntitle: X\n", "expected a line \"---\""),
        ("---\nafter: pixels\n---\n", "expected after in a new chapter only"),
        ("---\ntitle: 'So {value: image}'\n---\n", "expected a title of plain words"),
        ("---\nlead: 'So {value: peek block1_conv1}'\n---\n", "line 2: {value: peek block1_conv1}"),
        ("A\n\nB {value: peek block1_conv1}", "line 3: {value: peek block1_conv1}: there is no"),
        ("{value: peek block1_conv1}", "the nearest is peak"),
        ("{value: }", "expected the name of a value"),
        ("{value: shape}", "expected shape and one layer, got none"),
        ("{value: shape block1_conv1 2}", "got 2 words"),
        ("{value: shape block1_conv9}", "no layer block1_conv9; the nearest"),
        ("{value: shape here}", "here is for the text of a layer"),
        ("{value: image 3}", "expected image alone"),
        ("{value shape block1_conv1}", "expected a value such as"),
        ("{vlaue: image}", "expected a value such as"),
        ("{value: image", "expected a value such as"),
        ("\n\n{figure: map block1_conv1 1}\n", "line 3: {figure: map block1_conv1 1}: there is no"),
        ("{figure: maps block1_conv1}", "expected 1 to 24 channels"),
        ("{figure: maps}", "expected maps, a layer"),
        ("{figure: maps block1_conv1 3}", "a channel from 0 to 2 of block1_conv1"),
        ("{figure: maps block1_conv1 weakest}", "or strongest, got weakest"),
        ("{figure: maps block1_conv1 -1}", "got -1"),
        ("{figure: maps block2_conv1 7}", "a channel from 0 to 6"),
        ("{figure: zeros 3}", "expected zeros alone"),
        ("So {figure: zeros} it is", "on a line of its own"),
        ("So\n{figure: zeros}", "on a line of its own"),
        ("[a](layer:block1_conv9)", "no layer block1_conv9"),
        ("A\n\n[a](layer:block1_conv1#3)", "line 3: layer:block1_conv1#3: expected a channel"),
        ("[a](layer:block1_conv1#x)", "expected a channel after #"),
        ("[a](layer:block1_conv1#2@8,0)", "a row from 0 to 7"),
        ("[a](layer:)", "no layer"),
        ("[a](chapter:relo)", "there is no chapter relo; the nearest is relu"),
        ("[a](term:receptive)", "the nearest are receptive-field"),
        ("[a](chaptr:relu)", "expected chapter: with a name"),
        ("[a](image:pear)", "expected image: alone"),
        ("<a href='layer:nowhere'>a</a>", "no layer nowhere"),
        ("[a][b]\n\n[b]: layer:nowhere", "no layer nowhere"),
        ("[a](layer:{value: image})", "cannot stand in a link"),
        ("A\n\n{value: image} $\\left($", "line 3: expected a formula that LaTeX can set"),
    ],
)  # fmt: skip
def test_what_a_text_asks_for_in_vain_is_named(tmp_path: Path, text: str, expected: str) -> None:
    """The file, the line, what was expected and the nearest that there is."""
    message = refused(tmp_path, {"learn/relu.md": text})
    assert "learn/relu.md" in message
    assert expected in message


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"learn/pear.md": "Words."}, "a new chapter needs title, lead, question, answer"),
        ({"learn/reluu.md": "Words."}, "the nearest is relu.md"),
        ({"learn/pear.md": CHAPTER.replace("A pear is a pear.\n", "")}, "a text below"),
        ({"learn/pear.md": CHAPTER.replace("lead:", "after: rellu\nlead:")}, "nearest is relu"),
        (
            {
                "learn/pear.md": CHAPTER.replace("lead:", "after: plum\nlead:"),
                "learn/plum.md": CHAPTER.replace("lead:", "after: pear\nlead:"),
            },
            "comes after this one",
        ),
        ({"glossary.md": "ReLU\n: A.\n\nrelu\n: B.\n"}, "line 4: expected each term once"),
        ({"glossary.md": "Words without a colon.\n"}, "expected a term on a line of its own"),
        ({"glossary.md": "ReLU\n: A.\n\nstray\n\nLayer\n: B.\n"}, "line 4: expected a term on"),
        ({"glossary.md": "?!\n: A.\n"}, "expected a term with a letter"),
        ({"glossary.md": "ReLU\n: [b](term:rello)\n"}, "the nearest"),
        ({"toy/block1.md": "---\nlook: X\n---\n"}, "expected title, lead"),
        ({"toy/block1_conv1.md": "---\ntitle: X\n---\n"}, "expected look"),
        ({"toy/block1.md": "{value: images}"}, "known only when all images were read"),
        ({"toy/block1.md": "{figure: zeros}"}, "a figure for chapters"),
        ({"toy/block1_conv1.md": "{figure: maps here 3}"}, "from 0 to 2 of here"),
    ],
)
def test_what_a_text_lacks_is_named(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    """What a new chapter needs, what is an entry, which fields a kind of text has."""
    assert expected in refused(tmp_path, files)


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    """Misplaced files, broken front matter, placeholders: one message, a line each."""
    message = refused(
        tmp_path,
        {
            "lern/relu.md": "x",
            "learn/relu.md": "{value: nothing}\n\n[a](chapter:nowhere)",
            "toy/block1.md": "---\nlead: 3\n---\n",
        },
    )
    assert message.startswith(f"{tmp_path}: 4 things to mend")
    assert len(message.splitlines()) == 5


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, a link out of the folder, a file beyond all measure."""
    folder = tmp_path / "text"
    written(folder, {"atlas.md": "x" * 1_000_001})
    (folder / "glossary.md").write_bytes(b"Caf\xe9\n: A house.\n")
    (tmp_path / "secret.md").write_text("secret", encoding="utf-8")
    (folder / "learn").mkdir()
    (folder / "learn" / "relu.md").symlink_to(tmp_path / "secret.md")
    message = refused(folder, {})
    assert "glossary.md: expected text in UTF-8, byte 4 is not" in message
    assert "learn/relu.md: expected a file of this folder, got a link out of it" in message
    assert "atlas.md: expected at most 1,000,000 bytes" in message


def test_a_folder_that_is_named_must_be_there(tmp_path: Path) -> None:
    """A path that was typed wrong is not the same as no texts."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    for name, what in (("nowhere", "which is not there"), ("file", "which is a file")):
        with pytest.raises(ConfigError, match=f"expected a folder of texts, got .*{name}, {what}"):
            read_own_texts(tmp_path / name, "toy", LAYERS)


def test_a_text_of_ours_that_asks_in_vain_is_an_error() -> None:
    """Not a hole in a page."""
    scene = first_scene("index.html", gallery_of(Texts(templates_folder() / "text")))
    with pytest.raises(LayerlightError, match="expected a value such as"):
        say(scene, "{value: nothing}")
    with pytest.raises(LayerlightError, match="expected a link such as"):
        RENDERER._article(article(scene, "[a](layer:a&b)", own=False))


# -- What others wrote is harmless


class _Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


HOSTILE = (
    "<script>window.owned = 1</script>",
    "<img src=x onerror='window.owned = 1'>",
    "![far away](https://elsewhere.example/x.png) ![near](near.png)",
    "<style>* { display: none }</style>",
    "<p style='position: fixed'>a</p>",
    "<div id='content' class='skip'>b</div>",
    "# layerlight",
    "[c](javascript:window.owned=1) [d](JaVaScRiPt:1) [e](data:text/html,<script>)",
    "<a href='layer:block1_conv1' onclick='window.owned=1' target=x>f</a>",
    "[g](../../secret.html) [h](//elsewhere.example) [i](#main)",
    "<iframe src='https://elsewhere.example'></iframe><form action=x><input name=y></form>",
    "{{ 7 * 7 }} {% include 'x' %} {# gone #}",
    "$\\href{javascript:1}{x}$ $\\style{position:fixed}{y}$ $\\class{skip}{z}$",
    "$\\text{<script>window.owned = 1</script>}$ $\\text{</math><img src=x onerror=1>}$",
    "<span class='arithmatex'>\\(\\text{<svg onload=1>}\\)</span>",
    "paragraph\n{: onclick=window.owned=1 #content .skip }",
    "<svg><a xlink:href='javascript:1'>j</a></svg><math><a xlink:href='javascript:1'>k</a></math>",
    "<!-- <p> --> <![CDATA[ <script>1</script> ]]> <?php 1 ?>",
    "[l](<term:relu> \"' onmouseover='1\")",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markdown_of_others_is_harmless(tmp_path: Path, hostile: str) -> None:
    """No script, no event, no style, no id, no picture, no link but to the web and the gallery."""
    html = rendered(tmp_path, f"Before.\n\n{hostile}\n\n**After.**\n")
    assert "<p>Before.</p>" in html
    allowed = {"href", "rel", "role", "class", "display", "scriptlevel"}
    for tag, attributes in _Elements(html).found:
        assert tag not in {"script", "style", "img", "iframe", "form", "input", "svg", "object"}
        assert set(attributes) <= allowed, (tag, attributes)
        assert attributes.get("class", "") in {"", "term", "pop", "arithmatex"}
        href = attributes.get("href") or ""
        assert re.match(r"https?://|$|\.\./images/pear/|glossary\.html#relu", href), href
    if "{{" in hostile:
        assert "{{ 7 * 7 }}" in html


def test_good_markdown_of_others_stays(tmp_path: Path) -> None:
    """Headings below those of the page, lists, tables, code, formulas, links to the web."""
    html = rendered(
        tmp_path,
        "# One\n\n## Two\n\n- a\n- b\n\n| c | d |\n|---|---|\n| e | f |\n\n```\n<g>\n```\n\n"
        '$$r_l = r_{l-1} + 1$$\n\n[h](https://example.org/?a=1&b=2) "quoted"\n',
    )
    assert "<h3>One</h3>" in html and "<h4>Two</h4>" in html
    assert "<li>a</li>" in html
    assert '<div class="scroller" role="region" aria-label="Table" tabindex="0"><table>' in html
    assert "<code>&lt;g&gt;\n</code>" in html
    assert '<math display="block"><mrow><msub><mi>r</mi><mi>l</mi></msub><mo>=</mo>' in html
    assert '<a rel="nofollow noopener" href="https://example.org/?a=1&amp;b=2">h</a>' in html
    assert "\u201cquoted\u201d" in html


def test_fields_of_others_are_one_line_of_text(tmp_path: Path) -> None:
    """300 characters that mean something elsewhere; marks that turn the writing are taken out."""
    title = ("#[]$*_@<>" + "\N{PEAR}") * 30
    assert len(title) == 300
    chapter = CHAPTER.replace("Why a pear?", f"'{title}'").replace("green", "\u202egreen")
    page = page_of(texts_of(written(tmp_path, {"learn/pear.md": chapter})), "learn/pear.html")
    assert f"<h1>{title.replace('<', '&lt;').replace('>', '&gt;')}</h1>" in page
    assert "\u202e" not in page


# -- A whole build


def test_a_build_takes_the_texts_of_its_folder(tmp_path: Path) -> None:
    """VGG16's own names; what is wrong stops it before an image is read, and nothing is written."""
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    Image.new("RGB", (40, 40), (200, 90, 20)).save(inputs / "pear.png")
    folder = written(
        tmp_path / "text",
        {
            "vgg16/block1_conv1.md": "---\nlook: '{value: channels here} of {value: image}'\n---\n",
            "vgg16/block5_conv3.md": "Deep: {value: shape here}.\n",
            "learn/pear.md": CHAPTER + "\n{value: shape block5_pool}, {value: zeros block5_pool}\n",
        },
    )
    config = Config(
        inputs=inputs, output=tmp_path / "site", size=(32, 32), layers=("block1_conv1",),
        text_folder=folder, atlas=False,
    )  # fmt: skip
    build(config)
    page = (tmp_path / "site/images/pear/vgg16/block1_conv1.html").read_text("utf-8")
    assert "64 of Pear" in page
    chapter = (tmp_path / "site/learn/pear.html").read_text("utf-8")
    assert "1\u202f×\u202f1\u202f×\u202f512, (not in this gallery)" in chapter
    written(folder, {"vgg16/blok1.md": "x"})
    (inputs / "pear.png").unlink()
    (inputs / "broken.png").write_bytes(b"no picture, and no time to find out")
    with pytest.raises(TextError, match="vgg16/blok1.md.*the nearest"):
        build(config)
    assert (tmp_path / "site/learn/pear.html").read_text("utf-8") == chapter
