"""The reference in docs/ and the schema of gallery.toml: what the code is now."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from docs.making.reference import reference
from docs.making.settings import schema
from generator.config import Config, load_config
from generator.errors import ConfigError
from generator.texts import templates_folder
from tests.conftest import PROJECT

RIGHT = (
    'title = "Birds"\nbase_url = "https://a.example/b/"\nsize = 224\nfit = "pad"\nworkers = 4',
    'size = "224x320"\nlayers = "block1_*"\nbudget = "1.5 GB"\nclasses = ["tabby", 285]',
    'size = [224, 320]\nlayers = ["block1_*", "*_pool"]\nbudget = 900000000\nclasses = 285',
    'against = "edges.keras, preprocess=caffe"\npairs = "chelsea+coffee"\nvalues = false',
    'against = ["resnet50"]\npairs = [["chelsea", "coffee"], "a+b"]\nhandout_paper = "letter"',
    "",
)
"""What a gallery.toml may hold."""
WRONG = (
    'palete = "magma"',
    'palette = "jet"',
    "size = 16",
    'size = "wide"',
    "size = [224, 320, 3]",
    'budget = "much"',
    "values = 1",
    "classes = [1, 2, 3, 4, 5, 6, 7, 8, 9]",
    'pairs = "chelsea"',
    'base_url = "ftp://a.example"',
    "workers = 300",
    'scheduler = "host:8786"',
    'model = ""',
    "[gallery]\ntitle = 'Birds'",
)
"""What it may not."""


@pytest.mark.parametrize("path", reference())
def test_what_is_committed_is_what_would_be_written(path: str) -> None:
    """Byte for byte; if it is not: make reference."""
    assert (PROJECT / path).read_text("utf-8") == reference()[path], "make reference"


def test_every_key_has_a_meaning_and_its_default() -> None:
    """In the schema: a description of each key, and of each default that TOML can say."""
    properties: dict[str, dict[str, Any]] = schema()["properties"]
    assert properties.keys() == Config.model_fields.keys()
    for key, field in Config.model_fields.items():
        assert "Expected: " in properties[key]["description"]
        default = json.loads(json.dumps(field.default, default=str))
        assert properties[key].get("default") == default


def test_the_schema_and_the_command_agree(tmp_path: Path) -> None:
    """By check-jsonschema: what a build takes passes, what it refuses does not."""
    files = {}
    for i, text in enumerate((*RIGHT, *WRONG)):
        file = tmp_path / f"{i:02}.toml"
        file.write_text(f"{text}\n", "utf-8")
        files[file] = i < len(RIGHT)
    for file, right in files.items():
        if right:
            load_config(file)
        else:
            with pytest.raises(ConfigError):
                load_config(file)
    found = _checked(*files)
    failed = {Path(fault["filename"]) for fault in found["errors"]}
    assert failed == {file for file, right in files.items() if not right}


def test_what_init_writes_names_its_schema_and_passes(tmp_path: Path) -> None:
    """Its first line leads editors to the file beside it."""
    start = templates_folder() / "start"
    text = (start / "gallery.toml").read_text("utf-8")
    first = text.splitlines()[0]
    assert first == "#:schema ./gallery.schema.json"
    assert (start / first.partition(" ")[2]).is_file()
    opened = tmp_path / "gallery.toml"
    lines = (line.removeprefix("# ") if " = " in line else line for line in text.splitlines())
    opened.write_text("\n".join(lines), "utf-8")
    assert _checked(opened)["errors"] == []


def _checked(*files: Path) -> dict[str, Any]:
    """What check-jsonschema says of them."""
    command = (sys.executable, "-m", "check_jsonschema", "--output-format", "json")
    schema_file = str(PROJECT / "docs/gallery.schema.json")
    done = subprocess.run(
        [*command, "--schemafile", schema_file, *map(str, files)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert found.get("parse_errors", []) == []
    return {"errors": [], **found}
