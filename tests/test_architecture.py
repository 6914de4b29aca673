"""Who may import whom, who may print: the structure of docs/architecture.md, held by tests."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from types import MappingProxyType

import pytest

from generator.fingerprints import SHEET_MODULES

PACKAGE = Path(__file__).parent.parent / "generator"

SHARED = frozenset(
    {
        "apart",
        "beside",
        "contract",
        "costs",
        "domain",
        "errors",
        "front_matter",
        "handover",
        "kin",
        "layout",
        "names",
        "own_texts",
        "palettes",
        "placeholders",
        "places",
        "single_file",
        "sizes",
        "texts",
        "theme",
        "wording",
    }
)
"""What every stage may import, and what itself imports nothing but its like."""

STAGES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "configuration": frozenset({"config"}),
        "inputs": frozenset(
            {"decode", "decode_apart", "folders", "given", "inputs", "sidecar", "test_card"}
        ),
        "models": frozenset({"models"}),
        "activations": frozenset({"activations"}),
        "atlas": frozenset({"atlas", "maximise"}),
        "sheets": frozenset({"contrast", "encode", "passes", "sheets"}),
        "reading": frozenset(
            {
                *("across", "evidence", "example", "exercises", "points", "reading"),
                *("sentences", "similarity"),
            }
        ),
        "pages": frozenset({"pages"}),
        "render": frozenset({"markup", "render"}),
        "site": frozenset({"site"}),
        "memory": frozenset({"fingerprints", "manifest"}),
        "serve": frozenset({"reload", "serve", "watch"}),
        "readers": frozenset({"check", "outgoing", "pack", "publish"}),
        "built site": frozenset({"built_site"}),
        "figure": frozenset({"card", "drawing", "figure", "mosaic", "similarity_plot", "subject"}),
        "handout": frozenset({"handout"}),
    }
)
"""Stage -> its modules (a package by its own name). They may import each other, not another's."""

COMPOSERS = frozenset(
    {
        "__init__",
        "__main__",
        "address_files",
        "atlas_files",
        "atlas_making",
        "budget",
        "build_process",
        "building",
        "cli",
        "cluster",
        "comparing",
        "comparison_files",
        "desk",
        "encoder_process",
        "encoders",
        "export",
        "feature_maps",
        "gallery_files",
        "handout_files",
        "keeper",
        "known_networks",
        "ledger",
        "network_keys",
        "networks",
        "notebook",
        "parcel",
        "pipeline",
        "rebuild",
        "rows",
        "sheet_files",
        "sheet_view",
        "sources",
        "stages",
        "start",
        "verdict_files",
        "views",
    }
)
"""What puts the stages together, and may import any of them."""

EXCEPTIONS = frozenset(
    {
        # The first map worth looking at is chosen as it will be seen: reduced by its maximum.
        ("reading", "sheets"),
        # So is the strongest value above a point, whose numbers are written as a sheet's are.
        ("points", "sheets"),
        ("points", "passes"),
        # So is the direction of a map's lines.
        ("reading", "passes"),
        # The sums behind a map's values are worked out as the maps are measured: compiled.
        ("evidence", "passes"),
        # A page says in words what its numbers are; the words are made where the numbers are read.
        ("pages", "sentences"),
        # So are questions.
        ("pages", "exercises"),
        # The pages across images gather their rows while each image's facts are at hand.
        ("pages", "across"),
        # What is rendered is a page model; its type is the contract between the two.
        ("render", "pages"),
        # A figure is cut out of PNGs, and is one itself.
        ("figure", "encode"),
        ("card", "encode"),
        ("built_site", "encode"),
        # What a site holds besides the contract's files is said where sites are replaced.
        ("check", "site"),
        # What a gallery holds is read back in one place.
        ("subject", "built_site"),
        ("handout", "built_site"),
        # So are the pictures of a handout.
        ("handout", "encode"),
        # A sheet of pictures is a WebP, a finished batch a PNG.
        ("atlas", "encode"),
    }
)
"""(module, module of another stage) that may be imported all the same."""

ONLY_IN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "tensorflow": frozenset({"activations", "maximise", "models"}),
        "keras": frozenset({"models"}),
        "isal": frozenset({"encode"}),
        "numba": frozenset({"passes"}),
        "onnx": frozenset({"models"}),
        "h5py": frozenset({"models"}),
        "jinja2": frozenset({"render"}),
        "markdown": frozenset({"markup"}),
        "markupsafe": frozenset({"render"}),
        "pymdownx": frozenset({"markup"}),
        "latex2mathml": frozenset({"render"}),
        "nh3": frozenset({"markup", "render"}),
        "typer": frozenset({"cli"}),
        "rich": frozenset({"cli"}),
        # For handouts, its fonts and which letters they have.
        "matplotlib": frozenset({"drawing", "handout", "mosaic", "palettes", "similarity_plot"}),
        "PIL": frozenset({"card", "decode", "encode", "given", "test_card"}),
        "pydantic": frozenset({"check", "config", "manifest"}),
        "selectolax": frozenset({"check"}),
        # On Python 3.11 pydantic reads no other TypedDict.
        "typing_extensions": frozenset({"check"}),
        "typst": frozenset({"handout"}),
        "watchfiles": frozenset({"watch"}),
        "distributed": frozenset({"cluster"}),
        "segno": frozenset({"handout"}),
    }
)
"""Library -> the only modules that may know it."""

PRINTERS = frozenset({"cli"})
"""The only modules that write to the terminal or end the program."""

HEAVY = ("h5py", "keras", "matplotlib", "numba", "numpy", "onnx", "onnxruntime", "tensorflow")
"""Libraries that take so long to load that --help must not wait for them."""


def _modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def _name(module: Path) -> str:
    """The name of a module in the tables above: that of its package below generator/, if any."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _normal(distribution: str) -> str:
    """Its name as an index compares it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _stage(name: str) -> str | None:
    return next((stage for stage, modules in STAGES.items() if name in modules), None)


@cache
def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"), filename=str(module))


def _imports(module: Path) -> Iterator[str]:
    """Dotted names of all it imports, inside of functions and for type checking too."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are written in full"
            if node.module == "generator":
                yield from (f"generator.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def _local_imports(module: Path) -> set[str]:
    names = (dotted.split(".") for dotted in _imports(module))
    return {parts[1] for parts in names if parts[0] == "generator" and len(parts) > 1}


def _may_import(importer: str, imported: str) -> bool:
    if importer in COMPOSERS or importer == imported or (importer, imported) in EXCEPTIONS:
        return True
    if importer in SHARED:
        return imported in SHARED
    return imported in SHARED or (
        _stage(imported) is not None and _stage(importer) == _stage(imported)
    )


def test_every_module_has_a_place() -> None:
    """Each module is in exactly one of the tables above, and each name there is a module."""
    placed = [*SHARED, *COMPOSERS, *(name for modules in STAGES.values() for name in modules)]
    assert sorted(placed) == sorted(set(placed))
    assert sorted({_name(module) for module in _modules()}) == sorted(placed)


def test_stages_do_not_import_one_another() -> None:
    """A stage imports what is shared and its own parts; only the composers know the stages."""
    assert [
        f"{_name(module)} imports {imported}"
        for module in _modules()
        for imported in sorted(_local_imports(module))
        if not _may_import(_name(module), imported)
    ] == []


def test_every_exception_is_still_needed() -> None:
    """An import that is excused above is really made."""
    made = {
        (_name(module), imported) for module in _modules() for imported in _local_imports(module)
    }
    assert made >= EXCEPTIONS


def test_the_domain_depends_on_nothing() -> None:
    """The shared types, the exceptions and the paths import nothing else of this package."""
    for name in ("domain", "errors", "layout"):
        assert _local_imports(PACKAGE / f"{name}.py") == set()


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_is_known_in_its_place_only(library: str) -> None:
    """Replacing a library means changing the modules that are named for it, and no other."""
    known_in = {
        _name(module)
        for module in _modules()
        for dotted in _imports(module)
        if dotted.split(".")[0] == library
    }
    assert known_in <= ONLY_IN[library]


def test_every_library_is_asked_for() -> None:
    """What the package imports is a dependency in pyproject.toml, not a guest of another one."""
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = {
        _normal(re.split(r"[<>=!~]", requirement)[0])
        for requirement in [
            *project["dependencies"],
            *extras["weights"],
            *extras["heic"],
            *extras["cluster"],
        ]
    }
    distributions = packages_distributions()
    used = {dotted.split(".")[0] for module in _modules() for dotted in _imports(module)}
    foreign = used - sys.stdlib_module_names - {"generator"}
    assert [
        library
        for library in sorted(foreign)
        if not asked & {_normal(name) for name in distributions.get(library, [])}
    ] == []


def test_sheets_are_made_by_the_modules_that_their_key_counts() -> None:
    """All that is reached by imports from what makes sheets, and no more: a change in any of them
    makes sheets anew, one in what makes pages does not.
    """
    reached: set[str] = set()
    waiting = ["activations", "inputs", "models", "pipeline", "verdict_files"]
    while waiting:
        name = waiting.pop()
        if name not in reached and name != "site":  # it only takes the files
            reached.add(name)
            waiting += [one for m in _modules() if _name(m) == name for one in _local_imports(m)]
    assert sorted(reached) == sorted(SHEET_MODULES)


def test_only_the_command_line_prints_and_exits() -> None:
    """No other module prints, writes to the standard streams or raises SystemExit."""
    found = []
    for module in _modules():
        for node in ast.walk(_tree(module)):
            text = ast.unparse(node) if isinstance(node, ast.Call | ast.Raise) else ""
            speaks = text.startswith(
                ("print(", "sys.exit(", "exit(", "quit(", "os._exit(", "raise SystemExit")
            ) or text.startswith(("sys.stdout.write(", "sys.stderr.write("))
            if speaks and _name(module) not in PRINTERS | {"__main__"}:
                found.append(f"{module.name}:{getattr(node, 'lineno', 0)}: {text}")
    assert found == []


@pytest.mark.parametrize("module", ["generator", "generator.cli"])
def test_loading_the_command_is_light(module: str) -> None:
    """Importing it loads neither TensorFlow nor anything else that takes long."""
    code = f"import {module}, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert sorted(set(HEAVY) & set(json.loads(done.stdout))) == []
