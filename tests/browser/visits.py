"""Opens a page and records everything that goes wrong on it."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response

__all__ = ["PHONE", "WIDE", "Size", "Visit", "Visitor", "load_images"]

Size = tuple[int, int]
"""Width and height of the window, CSS pixels."""
WIDE: Size = (1440, 900)
PHONE: Size = (360, 740)

_LOAD_IMAGES = """async () => {
  for (const late of document.querySelectorAll(".late")) late.classList.add("near", "here");
  const backgrounds = [...document.querySelectorAll("main *")]
    .map(element => /url\\("(.+)"\\)/.exec(getComputedStyle(element).backgroundImage)?.[1]);
  const images = [...document.images, ...[...new Set(backgrounds)].filter(Boolean).map(url => {
    return Object.assign(new Image(), { src: url });
  })];
  for (const image of images) image.loading = "eager";
  await Promise.allSettled(images.map(image => image.decode()));
}"""

_WIDEST = """() => {
  const room = document.documentElement.clientWidth;
  return [...document.body.querySelectorAll("*")]
    .map(element => [Math.round(element.getBoundingClientRect().right), element])
    .filter(([right]) => right > room + 1)
    .sort(([a], [b]) => b - a).slice(0, 3)
    .map(([right, element]) => `<${element.localName} class="${element.className}"> to ${right}`);
}"""


def load_images(page: Page) -> None:
    """Load every image of the page and every map, those below the window too, and show them."""
    page.evaluate(_LOAD_IMAGES)


@dataclass
class Visit:
    """One open page."""

    page: Page
    origin: str
    """What every address asked for must begin with."""
    faults: list[str] = field(default_factory=list)
    """Console errors and warnings, uncaught errors, failed and foreign requests, in order."""

    def listen(self) -> None:
        """Begin to record; before the page is opened."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("requestfailed", self._on_failure)
        self.page.on("response", self._on_response)

    def go_on(self, url: str) -> None:
        """Open another page in its place, in half of the time that a context of its own takes."""
        self.page.goto("about:blank")  # what was still asked for is broken off: no fault of either
        self.faults.clear()
        self.page.goto(url, wait_until="load")

    def load_images(self) -> None:
        """Load every image of the page, those below the window too."""
        load_images(self.page)

    def overflow(self) -> str:
        """What is wider than the window, for a message; "" if the page does not scroll sideways."""
        width, room = self.page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        if width <= room:
            return ""
        return f"{width} px wide in a window of {room}: {'; '.join(self.page.evaluate(_WIDEST))}"

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self.faults.append(f"console {message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.faults.append(f"asked outside of the site: {request.url}")

    def _on_failure(self, request: Request) -> None:
        self.faults.append(f"request failed: {request.url[:200]} ({request.failure})")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"answered {response.status}: {response.url}")


class Visitor:
    """Opens pages, each in a context of its own, and closes what it opened before."""

    def __init__(self, browser: Browser, *origins: str) -> None:
        """``origins`` are the addresses of the site's root; a page may ask for nothing else."""
        self._browser = browser
        self._origins = origins
        self._contexts: list[BrowserContext] = []

    def open(
        self,
        url: str,
        *,
        size: Size = WIDE,
        dark: bool = False,
        scripts: bool = True,
        touch: bool = False,
    ) -> Visit:
        """Open ``url``, wait until it has loaded, and leave it open until ``close``."""
        origin = next(origin for origin in self._origins if url.startswith(origin))
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
            has_touch=touch,
            # a page that still glides to its anchor would move away under the pointer
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        visit = Visit(context.new_page(), origin)
        visit.listen()
        visit.page.goto(url, wait_until="load")
        return visit

    def close(self) -> None:
        """Close every page opened so far."""
        while self._contexts:
            self._contexts.pop().close()
