"""Serves a site on the loopback address, under a folder, as GitHub Pages does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["SUBPATH", "serving"]

SUBPATH = "/some/sub/path/"


class _Handler(SimpleHTTPRequestHandler):
    """GET below ``SUBPATH`` only; anything else is the site's own 404 page, with that status."""

    # Keeps connections open: a page asks for dozens of small files.
    protocol_version = "HTTP/1.1"

    def translate_path(self, path: str) -> str:
        if not urlsplit(path).path.startswith(SUBPATH):
            return str(Path(self.directory, "outside of the site"))
        return super().translate_path("/" + path.removeprefix(SUBPATH))

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        if code != HTTPStatus.NOT_FOUND:
            super().send_error(code, message, explain)
            return
        body = Path(self.directory, "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def list_directory(self, path: object) -> None:
        """GitHub Pages lists no folder."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tests look from the browser's side."""


@contextmanager
def serving(site: Path) -> Iterator[str]:
    """Serve ``site`` while the block runs; gives the URL of its root, with a slash at the end."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(site))) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{SUBPATH}"
        finally:
            server.shutdown()
            thread.join()
