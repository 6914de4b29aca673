"""What a page costs in Chromium: time to interactive, longest task, bytes; files an image.

    python -m benchmarks.pages [SITE] [--write]

Each page is opened five times on loopback in a fresh context, cache off; medians. *Interactive* is
the end of the last long task (50 ms or more) or of DOMContentLoaded with all its scripts,
whichever is later, in the first second and a half: from then on a click is answered at once.
*Frames* are timed while the whole page is scrolled through in steps of half a window.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.browser.find_chromium import find
from tests.browser.loopback import serving

PROJECT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "pages.md"
RUNS = 5
PAGES = (
    ("front page", "index.html"),
    ("one image", "images/{image}/index.html"),
    ("layer of 64 channels", "images/{image}/vgg16/block1_conv2.html"),
    ("layer of 512 channels", "images/{image}/vgg16/block5_conv3.html"),
    ("layer of 512 channels, 28 x 28", "images/{image}/vgg16/block4_conv3.html"),
    ("layer across images", "layers/vgg16/block5_conv3.html"),
    ("network", "models/vgg16/index.html"),
    ("learn", "learn/index.html"),
    ("tour", "learn/tour.html"),
    ("atlas", "atlas/vgg16/index.html"),
    ("atlas of 512 channels", "atlas/vgg16/block5_conv3.html"),
)

WATCH = """
window.longTasks = [];
new PerformanceObserver(list => {
  for (const task of list.getEntries()) longTasks.push([task.startTime, task.duration]);
}).observe({ type: "longtask", buffered: true });
"""
SCROLL = """async () => {
  const frames = [];
  let last = performance.now();
  const height = document.documentElement.scrollHeight;
  for (let y = 0; y < height; y += innerHeight / 2) {
    scrollTo({ top: y, behavior: "instant" });
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  return frames;
}"""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def main() -> None:
    """Run, print, and with ``--write`` keep the result in ``benchmarks/pages.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("site", type=Path, nargs="?", default=PROJECT / "site")
    parser.add_argument("--write", action="store_true", help="write benchmarks/pages.md")
    chosen = parser.parse_args()
    if not (chosen.site / "index.html").is_file():
        parser.error(f"expected a built gallery in {chosen.site}; run make gallery first")
    text = "\n".join(_lines(chosen.site.resolve()))
    print(text)
    if chosen.write:
        head = "# Results of `make bench-pages`\n\nMedians of five; machines differ.\n"
        RESULTS.write_text(f"{head}\n{text}\n", encoding="utf-8")


def _lines(site: Path) -> Iterator[str]:
    image = next(p.name for p in sorted((site / "images").iterdir()))
    yield "| page | interactive, ms | longest task, ms | requests | kB loaded | slowest frame, ms |"
    yield "|---|---|---|---|---|---|"
    with serving(site) as root, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=list(FLAGS))
        version = browser.version
        for name, path in PAGES:
            runs = [_measured(browser, root + path.format(image=image)) for _ in range(RUNS)]
            ready, task, requests, size, frame = (
                statistics.median(values) for values in zip(*runs, strict=True)
            )
            yield (
                f"| {name} | {ready:.0f} | {task:.0f} | {requests:.0f} | {size / 1e3:,.0f} "
                f"| {frame:.0f} |"
            )
        browser.close()
    yield ""
    yield from _files(site, image)
    yield ""
    yield (
        f"Chromium {version}, software rendering, {os.cpu_count()} cores "
        f"({platform.machine()}), loopback."
    )


def _measured(browser: Browser, url: str) -> tuple[float, float, int, int, float]:
    """Milliseconds to interactive, of the longest task; requests; bytes; of the slowest frame."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    sizes: list[int] = []

    def finished(event: Any) -> None:
        sizes.append(int(event["encodedDataLength"]))

    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.on("Network.loadingFinished", finished)
    page.add_init_script(WATCH)
    page.goto(url, wait_until="load")
    page.wait_for_timeout(1500)
    tasks = page.evaluate("() => longTasks")
    ended = page.evaluate(
        "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
    )
    requests, size = len(sizes), sum(sizes)
    frames = page.evaluate(SCROLL)
    context.close()
    ready = max([ended, *(start + duration for start, duration in tasks)])
    return ready, max((d for _, d in tasks), default=0.0), requests, size, max(frames)


def _files(site: Path, image: str) -> Iterator[str]:
    """What one image adds to the site."""
    parts = {
        "sheets and their reduced copies (PNG)": (f"sheets/vgg16/{image}", "*.png"),
        "strips": (f"sheets/vgg16/{image}/strips", "*.png"),
        "numbers (JSON)": (f"sheets/vgg16/{image}", "*.json"),
        "values for offline hover": (f"sheets/vgg16/{image}/values", "*.js"),
        "accounts of the strongest values": (f"sheets/vgg16/{image}/evidence", "*.js"),
        "threads, points, input as data": (f"sheets/vgg16/{image}", "*.js"),
        "pages": (f"images/{image}", "**/*.html"),
    }
    yield "| an image adds | files | kB |"
    yield "|---|---|---|"
    count = total = 0
    for name, (folder, pattern) in parts.items():
        found = list((site / folder).glob(pattern))
        size = sum(p.stat().st_size for p in found)
        count, total = count + len(found), total + size
        yield f"| {name} | {len(found)} | {size / 1e3:,.0f} |"
    yield f"| **in all** | **{count}** | **{total / 1e3:,.0f}** |"


if __name__ == "__main__":
    main()
