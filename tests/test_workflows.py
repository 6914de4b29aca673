"""The workflows of this project, and that of ``layerlight init``, by their schema and by zizmor."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.start import workflow

PROJECT = Path(__file__).parent.parent
FOLDER = PROJECT / ".github" / "workflows"
OWN = workflow(
    install="        run: make .venv/.run PYTHON=python",
    build="make gallery ARGS=--no-values",
    check=".venv/bin/layerlight check",
)


@pytest.fixture(params=["pages.yml", "tests.yml", "of init"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Each of them in turn."""
    if request.param != "of init":
        return FOLDER / str(request.param)
    written = tmp_path / ".github" / "workflows" / "pages.yml"
    written.parent.mkdir(parents=True)
    written.write_text(workflow(), encoding="utf-8")
    return written


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_it_is_a_workflow(file: Path) -> None:
    """By the schema of GitHub's workflows that check-jsonschema brings along."""
    command = (sys.executable, "-m", "check_jsonschema")
    done = _run(*command, "--builtin-schema", "vendor.github-workflows", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_is_awake(tmp_path: Path) -> None:
    """It finds a job without a machine, so its silence above means something."""
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("on: push\njobs:\n  one:\n    steps: []\n", encoding="utf-8")
    command = (sys.executable, "-m", "check_jsonschema")
    done = _run(*command, "--builtin-schema", "vendor.github-workflows", str(wrong))
    assert done.returncode == 1


def test_it_is_safe(file: Path) -> None:
    """zizmor finds nothing: actions by their commit, no token kept, no permission too much."""
    done = _run(_zizmor(), "--offline", "--no-progress", "--persona", "pedantic", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_action_is_named_by_its_commit(file: Path) -> None:
    """With its version beside it; the same commit wherever it is used."""
    used = re.findall(r"uses: (\S+)(.*)", file.read_text(encoding="utf-8"))
    assert used
    for action, comment in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


def test_only_the_deployment_may_write(file: Path) -> None:
    """Every job says what it may; none of a pull request has more than a look at the files."""
    data: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert data["permissions"] == {}
    for name, job in data["jobs"].items():
        if name == "deploy":
            assert job["permissions"] == {"pages": "write", "id-token": "write"}
            assert job["if"] == "github.event_name != 'pull_request'"
        else:
            assert job["permissions"] == {"contents": "read"}


def test_this_projects_own_is_made_from_the_same_template() -> None:
    """So that what init writes is tried here with each push."""
    assert (FOLDER / "pages.yml").read_text(encoding="utf-8") == OWN


def _zizmor() -> str:
    """The program that the package of that name brings along."""
    beside = Path(sysconfig.get_path("scripts")) / "zizmor"
    found = [beside, *(Path(folder, "bin", "zizmor") for folder in sys.path)]
    return str(next(path for path in found if path.is_file()))
