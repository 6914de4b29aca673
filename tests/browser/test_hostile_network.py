"""A network, labels and settings that try to be more than text, opened with the policy on."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser

from generator import layout
from generator.building import build
from generator.config import Against, Config
from generator.models.backend import fixed_settings, fresh_names, keras
from tests.browser.visits import Visitor
from tests.small_networks import branched, saved

ATTACK = "<img src=x onerror=window.owned=1>"
"""For names that may not hold a slash."""
ENDS = "</script><!--\u2028'\"><script>window.owned=1</script>" + ATTACK
"""For texts: ends a script, begins a comment, ends a line of JavaScript and an attribute."""


def _hostile_network() -> Any:
    """Two convolutions, a pool and three classes, each of a name that is markup."""
    module = keras()
    layers = module.layers
    module.utils.set_random_seed(4)
    with fixed_settings(), fresh_names():
        image = module.Input((32, 32, 3), name=f"in{ATTACK}")
        x = layers.Conv2D(6, 3, padding="same", activation="relu", name=f"one{ATTACK}")(image)
        x = layers.MaxPooling2D(2, name=f"'\"><!--{ATTACK}")(x)
        x = layers.Conv2D(5, 3, padding="same", activation="relu", name=f"\u2028two{ATTACK}")(x)
        x = layers.GlobalAveragePooling2D(name="mean")(x)
        x = layers.Dense(3, activation="softmax", name=f"classes{ATTACK}")(x)
        return module.Model(image, x, name=f"net{ATTACK}")


@pytest.fixture(scope="module")
def hostile_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery of two images and two networks in which every text that can be is hostile."""
    folder = tmp_path_factory.mktemp("hostile-network")
    inputs = folder / "in" / f"{ATTACK}"
    inputs.mkdir(parents=True)
    for i, name in enumerate((f"1{ATTACK}.png", f"\u2028'\"><!--{ATTACK}.png")):
        Image.new("RGB", (40, 40), (90 * i, 99, 200)).save(inputs / name)
        facts = "".join(f"{key}: {ENDS!r}\n" for key in ("title", "alt", "credit", "license"))
        facts = facts.replace("\\u2028", "\u2028").replace("\\'", "''")
        (inputs / name).with_suffix(".md").write_text(
            f"---\n{facts}---\n{ENDS}\n\n[a](data:text/html,{ATTACK}) [b](vbscript:x) "
            f"[c](JaVaScRiPt:window.owned=1) ![d](https://elsewhere.example/x.png) "
            f"<a href='java\tscript:window.owned=1'>e</a> <svg onload=window.owned=1> "
            f"<math><style><img src=x onerror=window.owned=1></style></math>\n",
            encoding="utf-8",
        )
    labels = ENDS.replace("\u2028", "")  # refused in one, as every character that cannot be seen
    (folder / "labels.txt").write_text(f"{labels}\n{ATTACK}\n{{{{ 7 * 7 }}}}\n", encoding="utf-8")
    report = build(
        Config(
            inputs=folder / "in",
            output=folder / "out",
            model=str(saved(_hostile_network(), folder / f"first{ATTACK}.keras")),
            labels=folder / "labels.txt",
            against=(Against(str(saved(branched(), folder / f"'other'{ATTACK}.keras"))),),
            title=ENDS,
            author=ENDS,
            base_url="https://gallery.example/%3Cscript%3E/",
            handouts=True,
        )
    )
    assert report.images == 2
    return folder / "out"


def test_nothing_of_a_network_runs(hostile_network: Path, browser: Browser) -> None:
    """On any page: no script, no console error, no request to elsewhere."""
    root = hostile_network.as_uri() + "/"
    visitor = Visitor(browser, root)
    visit = visitor.open(root + layout.ERROR_PAGE)
    for page in sorted(hostile_network.rglob("*.html")):
        visit.go_on(page.as_uri())
        assert visit.page.evaluate("() => window.owned") is None, page
        assert not visit.faults, page
        assert visit.page.locator("img[src=x], [onerror], [onload]").count() == 0, page
        links = visit.page.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
        schemes = {link.partition(":")[0] for link in links if link and ":" in link}
        assert schemes <= {"https", "http", "mailto"}, page
    visitor.close()


def test_the_texts_are_there(hostile_network: Path, browser: Browser) -> None:
    """So nothing of it was lost on the way: it is shown as it was written."""
    visitor = Visitor(browser, hostile_network.as_uri() + "/")
    page = visitor.open((hostile_network / "index.html").as_uri()).page
    assert "</script><!--" in page.locator("main").inner_text()
    models = [*(hostile_network / "models").glob("*/index.html")]
    assert len(models) == 2
    shown = "".join(visitor.open(path.as_uri()).page.content() for path in models)
    assert "&lt;img src=x" in shown or "img-src-x" in shown
    visitor.close()


def test_every_page_allows_only_the_files_of_the_site(hostile_network: Path) -> None:
    """By its own policy: no script in the page, no style element, no address but the site's."""
    for path in hostile_network.rglob("*.html"):
        found = re.findall(
            r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">',
            path.read_text(encoding="utf-8"),
        )
        assert len(found) == 1, path
        rules = {name: sources for name, *sources in map(str.split, found[0].split(";"))}
        assert rules["default-src"] == ["'none'"]
        assert rules.get("script-src", []) in ([], ["'self'"])
        assert rules["base-uri"] == rules["form-action"] == ["'none'"]
        assert set(rules["img-src"]) <= {"'self'", "data:"}
        assert rules["connect-src"] == ["'self'"]
        # places of tiles are attributes; 404.html is served at any depth, so it has its styles
        assert rules["style-src"][-1:] == ["'unsafe-inline'"]
        assert path.name == "404.html" or rules["style-src-elem"] == ["'self'"]
        assert set(rules) <= {
            *("default-src", "connect-src", "script-src", "img-src", "style-src"),
            *("style-src-elem", "base-uri", "form-action"),
        }


def test_the_policy_holds(hostile_network: Path, browser: Browser) -> None:
    """Were a tag to slip through: no script, no style, no picture, no form and no base of it."""
    visitor = Visitor(browser, hostile_network.as_uri() + "/")
    visit = visitor.open((hostile_network / "index.html").as_uri())
    asked: list[str] = []
    visit.page.on("response", lambda response: asked.append(response.url))
    told = visit.page.evaluate(
        """async () => {
          const told = [];
          document.addEventListener("securitypolicyviolation",
            event => told.push(event.effectiveDirective));
          const add = (tag, given) =>
            document.body.append(Object.assign(document.createElement(tag), given));
          add("script", { textContent: "window.owned = 1" });
          add("style", { textContent: "body { display: none }" });
          add("img", { src: "https://elsewhere.example/x.png" });
          add("iframe", { src: "https://elsewhere.example/" });
          add("base", { href: "https://elsewhere.example/" });
          add("div", { innerHTML: "<b onclick='window.owned = 1'>b</b>" });
          document.querySelector("b").click();
          const form = document.createElement("form");
          form.action = "https://elsewhere.example/";
          document.body.append(form);
          form.submit();
          await fetch("https://elsewhere.example/").catch(() => {});
          while (told.length < 8) await new Promise(done => requestAnimationFrame(done));
          return told;
        }"""
    )
    assert set(told) == {
        *("script-src-elem", "script-src-attr", "style-src-elem", "img-src", "frame-src"),
        *("base-uri", "form-action", "connect-src"),
    }
    assert visit.page.evaluate("() => window.owned") is None
    assert visit.page.evaluate("() => getComputedStyle(document.body).display") != "none"
    assert not [url for url in asked if "elsewhere" in url]
    visitor.close()
