"""Write the reference anew from the code: ``python -m docs.making.reference``, ``make reference``.

``tests/test_reference.py`` holds that what is committed is what would be written now.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from docs.making.api import api_page
from docs.making.commands import commands_page
from docs.making.settings import schema_file, settings_page

__all__ = ["main", "reference"]

PROJECT = Path(__file__).parent.parent.parent


def reference() -> Mapping[str, str]:
    """Path, from the project's folder -> text."""
    schema = schema_file()
    return {
        "docs/api.md": api_page(),
        "docs/commands.md": commands_page(),
        "docs/configuration.md": settings_page(),
        "docs/gallery.schema.json": schema,
        # the same, shipped: layerlight init puts it beside gallery.toml
        "templates/start/gallery.schema.json": schema,
    }


def main() -> None:
    """Write what is not yet as it should be, and name it."""
    for path, text in reference().items():
        file = PROJECT / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {path}")


if __name__ == "__main__":
    main()
