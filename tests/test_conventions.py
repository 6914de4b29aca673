"""The habits of CONTRIBUTING.md that a machine can hold."""

from __future__ import annotations

import ast
import json
import os
import pwd
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
VAGUE = {"common", "helper", "helpers", "misc", "tools", "util", "utils"}
NOT_OURS = {".git", ".hypothesis", ".venv", "build", "dist", "site", "__pycache__"}
"""Folders of what is made here, as in .gitignore."""
MADE_HERE = ("_cache", ".egg-info", ".layerlight.json", ".layerlight.lock")
"""Ends of the names of more; what a gallery built here was made from knows its folders."""
LOCKS = sorted((PROJECT / "requirements").glob("*.txt"))


def _python_files(folder: str) -> list[Path]:
    return sorted((PROJECT / folder).rglob("*.py"))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _own_files(folder: Path) -> Iterator[Path]:
    """Every file below but those that are made here. Asks no git: there may be none."""
    for path in sorted(folder.iterdir()):
        if path.name in NOT_OURS or path.name.endswith(MADE_HERE):
            continue
        if path.is_dir():
            yield from _own_files(path)
        elif path.is_file():
            yield path


def _normal(name: str) -> str:
    """A distribution's name as an index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _locked(lock: Path) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE))


def test_every_module_says_what_it_offers() -> None:
    """Each module of the package has a docstring and an explicit ``__all__``."""
    for path in _python_files("generator"):
        tree = _tree(path)
        assigned = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        assert ast.get_docstring(tree), f"{path.name}: no docstring"
        assert "__all__" in assigned or path.name == "__main__.py", f"{path.name}: no __all__"


def test_no_module_has_a_vague_name() -> None:
    """A module is named for what it does."""
    files = [*_python_files("generator"), *_python_files("tests")]
    assert {path.stem for path in files} & VAGUE == set()


def test_every_test_states_a_behaviour() -> None:
    """Each test function has a docstring."""
    missing = [
        f"{path.name}: {node.name}"
        for path in _python_files("tests")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert missing == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_versions_and_hashes_and_no_address(lock: Path) -> None:
    """Whoever installs chooses the index; what comes from it must be what was locked."""
    text = lock.read_text(encoding="utf-8")
    requirements = re.findall(r"^[a-z].*?(?:[^\\]\n|\Z)", text, re.MULTILINE | re.DOTALL)
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9-]+==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement
    assert not re.search(r"://|--index-url|--extra-index-url|--find-links", text)


def test_nothing_is_installed_unchecked() -> None:
    """Whatever the Makefile has pip or npm install comes from a lock, with hashes."""
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    recipes = re.sub(r"\\\n", " ", makefile)
    tool = r"-m pip\b|\$\(PIP\)|bin/pip\b|\$\(INSTALL\)|npm (?:ci|i|install)\b"
    installs = re.findall(rf"^\t.*(?:{tool}).*$", recipes, re.M)
    assert len(installs) > 6
    for line in installs:
        itself = "--no-deps --no-build-isolation -e ." in line
        locked = re.search(r"-r requirements/[a-z]+\.txt", line) and (
            "$(INSTALL)" in line or "--require-hashes" in line
        )
        npm = "npm ci" in line or "--package-lock-only" in line
        assert itself or locked or npm, line
    assert re.search(r"^INSTALL = .*--require-hashes", recipes, re.M)


@pytest.mark.parametrize("tool", ["firefox", "lighthouse"])
def test_what_npm_installs_has_hashes_and_no_address(tool: str) -> None:
    """As the locks of pip."""
    lock = PROJECT / "requirements" / tool / "package-lock.json"
    text = lock.read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    for name, facts in packages.items():
        assert not name or facts["integrity"].startswith("sha512-"), name
        assert "resolved" not in facts, name


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("run.txt", {"weights"}), ("test.txt", {"weights", "heic", "test", "lint"})],
)
def test_the_locks_hold_everything_that_is_asked_for(lock: str, extras: set[str]) -> None:
    """Each dependency of pyproject.toml is in the lock that installs it."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = list(project["dependencies"])
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    names = {_normal(re.split(r"[<>=!~\[; ]", requirement)[0]) for requirement in asked}
    assert names - _locked(PROJECT / "requirements" / lock) == set()


def test_no_file_names_a_place_on_someones_machine() -> None:
    """No committed file holds the path of this checkout or of its owner's home."""
    places = (str(PROJECT).encode() + b"/", pwd.getpwuid(os.getuid()).pw_dir.encode() + b"/")
    found = [
        path.relative_to(PROJECT).as_posix()
        for path in _own_files(PROJECT)
        if any(place in path.read_bytes() for place in places)
    ]
    assert found == []
