"""The course in the page: exercises by mouse and keyboard, terms explained over the text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from generator import layout
from tests.browser.test_accessibility import RULES
from tests.browser.visits import PHONE, WIDE, Size, Visit
from tests.onnx_reference import OnnxVGG16

Open = Callable[..., Visit]
EXERCISES = "images/chelsea/exercises.html"


def right_of(page: Page, question: int) -> int:
    """Which answer of a question is right."""
    return int(page.locator(".question").nth(question).get_attribute("data-answer") or -1)


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_an_answer_is_judged_and_explained(root: str, open_page: Open, size: Size) -> None:
    """Right and wrong are said, the explanation opens, the score counts first answers."""
    visit = open_page(root + EXERCISES, size=size)
    page = visit.page
    first, second = page.locator(".question").nth(0), page.locator(".question").nth(1)
    assert first.locator("details").get_attribute("open") is None
    first.locator("label").nth(right_of(page, 0)).click()
    expect(first.locator("details p")).to_contain_text("Right:")
    expect(page.locator("[data-score]")).to_have_text("1 right of 1 answered.")
    options = second.locator("label").count()
    second.locator("label").nth((right_of(page, 1) + 1) % options).click()
    expect(second.locator("details p")).to_contain_text("No:")
    expect(second.locator("details p")).to_be_visible()
    expect(page.locator("[data-score]")).to_have_text("1 right of 2 answered.")
    assert second.locator("label.correct").count() == 1
    assert second.locator("label.chosen").count() == 1
    # all stay as they are, to be read
    assert second.locator("input:enabled").count() == 0
    assert not visit.faults
    assert visit.overflow() == ""


def test_an_exercise_needs_no_mouse(http_root: str, open_page: Open) -> None:
    """Tab to a question, Space answers it."""
    page = open_page(http_root + EXERCISES).page
    page.locator(".question input").first.focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-score]")).to_contain_text("of 1 answered.")


def test_answers_can_be_opened_without_guessing(file_root: str, open_page: Open) -> None:
    """The explanation stands in the page, folded, and is never shown by itself."""
    page = open_page(file_root + EXERCISES).page
    answers = page.locator(".question details")
    assert answers.count() == page.locator(".question").count() == 8
    expect(answers.first.locator("p")).to_be_hidden()
    answers.first.locator("summary").click()
    expect(answers.first.locator("p")).to_be_visible()
    expect(page.locator("[data-score]")).to_have_text("")


MARKS = """() => [...document.querySelectorAll(".answers span")]
  .filter(span => /[✓✗]/.test(getComputedStyle(span, "::after").content))
  .map(span => span.parentNode.localName)"""


def test_a_tick_or_a_cross_stands_at_the_answer_only(http_root: str, open_page: Open) -> None:
    """Behind its words; nothing is drawn on the maps that are to be read."""
    page = open_page(http_root + EXERCISES).page
    questions = page.locator(".question")
    assert page.locator(".with-maps").count() > 0
    for i in range(questions.count()):
        options = questions.nth(i).locator("label")
        options.nth((right_of(page, i) + 1) % options.count()).click()
    assert page.evaluate(MARKS) == ["label"] * 2 * questions.count()


def test_judged_exercises_are_accessible(http_root: str, open_page: Open) -> None:
    """axe finds nothing after a right and a wrong answer."""
    page = open_page(http_root + EXERCISES).page
    for question in (0, 1):
        page.locator(".question").nth(question).locator("label").first.click()
    found = Axe().run(page, options={"runOnly": list(RULES), "resultTypes": ["violations"]})
    assert found.response["violations"] == []


@pytest.fixture(scope="module")
def by_hand(site: Path, small_inputs: Path) -> dict[str, Any]:
    """What the figure of the convolution is made of, and ONNX Runtime's nine values there."""
    text = (site / layout.learn_page("convolution")).read_text("utf-8")
    setup = re.search(r'data-convolution="([^"]*)"', text)
    channel = re.search(r"worked out: channel (\d+)", text)
    assert setup and channel
    data: dict[str, Any] = json.loads(html.unescape(setup[1]))
    maps = OnnxVGG16().run(small_inputs / "chelsea.jpg")["block1_conv1"]
    row, column = data["row"], data["column"]
    data["values"] = maps[row - 1 : row + 2, column - 1 : column + 2, int(channel[1])]
    return data


def test_the_convolution_by_hand_gives_the_network_s_values(by_hand: dict[str, Any]) -> None:
    """Products of the figure's own numbers, added in numpy: ONNX Runtime's values to 1e-3."""
    around = np.array(by_hand["around"]).reshape(3, 5, 5)
    weights = np.array(by_hand["weights"]).reshape(3, 3, 3)
    for y in range(3):
        for x in range(3):
            total = (around[:, y : y + 3, x : x + 3] * weights).sum() + by_hand["bias"]
            assert max(0.0, total) == pytest.approx(by_hand["values"][y, x], abs=1e-3)


def test_the_kernel_is_moved_by_buttons_and_arrow_keys(
    root: str, open_page: Open, by_hand: dict[str, Any]
) -> None:
    """Nine steps fill nine values, those of the network as they are written."""
    visit = open_page(root + layout.learn_page("convolution"))
    page = visit.page
    back, forth = page.get_by_role("button", name="Back"), page.get_by_role("button", name="Next")
    cells = page.locator(".filled td")
    assert cells.nth(8).inner_text() == ""
    for _ in range(9):
        forth.click()
    shown = [float(cell.replace(",", "")) for cell in cells.all_inner_texts()]
    assert shown == pytest.approx(by_hand["values"].ravel().tolist(), abs=0.051)
    back.click()
    assert cells.nth(8).inner_text() == ""
    page.keyboard.press("ArrowUp")
    expect(cells.nth(4)).to_have_attribute("aria-current", "true")
    page.keyboard.press("ArrowLeft")
    expect(cells.nth(3)).to_have_attribute("aria-current", "true")
    sums = page.locator("[data-field=by-hand]").inner_text()
    assert f"Row {by_hand['row']}, column {by_hand['column'] - 1}:" in sums
    assert not visit.faults


def test_play_runs_to_the_end_and_can_be_paused(http_root: str, open_page: Open) -> None:
    """With a clock of the test's own."""
    page = open_page(http_root + "404.html").page
    page.clock.install()
    page.goto(http_root + layout.learn_page("convolution"))
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(2 * 1200)
    pause = page.get_by_role("button", name="Pause")
    pause.click()
    before = page.locator(".filled [aria-current]").count()
    assert before == 1
    stood = page.locator("[data-field=by-hand]").inner_text()
    page.clock.run_for(5 * 1200)
    assert page.locator("[data-field=by-hand]").inner_text() == stood
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(9 * 1200)
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert all(page.locator(".filled td").all_inner_texts())


@pytest.mark.slow
@pytest.mark.parametrize("slug", layout.CHAPTERS)
def test_every_chapter_is_accessible(slug: str, http_root: str, open_page: Open) -> None:
    """axe finds nothing in any of them; `make test` looks at one."""
    page = open_page(http_root + layout.learn_page(slug)).page
    found = Axe().run(page, options={"runOnly": list(RULES), "resultTypes": ["violations"]})
    assert found.response["violations"] == []


def test_a_term_is_explained_where_it_stands(root: str, open_page: Open) -> None:
    """By the keyboard too; the link leads to the same words in the glossary."""
    page = open_page(root + layout.learn_page("window")).page
    term = page.locator(".term").first
    explanation = term.locator(".pop")
    expect(explanation).to_be_hidden()
    term.locator("a").focus()
    expect(explanation).to_be_visible()
    words = explanation.inner_text()
    term.locator("a").press("Enter")
    page.wait_for_url("**/glossary.html*#receptive-field")
    assert words in page.locator("#receptive-field").inner_text()


def test_what_a_chapter_says_to_do_opens_what_it_names(
    site: Path, http_root: str, open_page: Open
) -> None:
    """Every link of a "Do this now" leads to the view that its words promise."""
    gallery = json.loads((site / "gallery.json").read_text("utf-8"))
    titles = {image["title"] for image in gallery["images"]}
    chapter, visit = (open_page(http_root + layout.ERROR_PAGE) for _ in range(2))
    for slug in layout.CHAPTERS:
        chapter.go_on(http_root + layout.learn_page(slug))
        links = chapter.page.locator("p", has_text="Do this now:").locator("a").all()
        assert links, slug
        for link in links:
            words, href = link.inner_text(), link.get_attribute("href") or ""
            visit.go_on(http_root + "learn/" + href)
            heading = visit.page.locator("h1").inner_text()
            if "block" in words:
                # a layer, or a channel of it
                assert words.split()[-1].rstrip(".,") in heading or "on every" in heading, words
            if "#" in href and href.rpartition("#")[2].isdigit():
                number = href.rpartition("#")[2]
                opened = visit.page.locator("#channel [data-field=number]").first
                expect(opened).to_have_text(number)
                assert number in words, words
            assert not visit.faults, (slug, words)
            if "photograph" in words and "every" not in words and "other" not in words:
                assert heading in titles, words
