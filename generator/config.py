"""What a gallery's owner decides: ``gallery.toml`` and flags become one validated ``Config``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self, get_args

from pydantic import (
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from generator.domain import Fit, PaletteName
from generator.errors import ConfigError

__all__ = [
    "CONFIG_FILE",
    "MAX_SIDE",
    "MIN_SIDE",
    "TEXT_FOLDER",
    "Against",
    "Config",
    "Scale",
    "load_config",
]

CONFIG_FILE = "gallery.toml"
"""Read from the working directory when no other file is named."""
TEXT_FOLDER = "text"
"""Beside it; the owner's texts are read from there when no other folder is named."""
MIN_SIDE, MAX_SIDE = 32, 1024
"""Of the network's input, pixels. Five pools make one value of 32."""
MAX_TEXT = 200
MAX_CLASSES = 8
"""Chosen ones: each is one map more an image."""

Scale = Literal["layer", "channel"]
Every = Literal["layer", "block", "stage"]
Paper = Literal["a4", "letter"]
Ink = Literal["mixed", "grey", "colour"]
Audience = Literal["student", "teacher", "both"]

_PATHS = ("inputs", "output", "weights", "atlas_folder", "text_folder", "templates", "labels")
_ADDRESS = re.compile(r"https?://[^\s\\/?#@\"'<>]+(/[^\s\\?#]*)?", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SIZE = re.compile(r"\s*(\d{1,5})\s*(?:[xX×]\s*(\d{1,5})\s*)?", re.ASCII)
_BYTES = re.compile(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*([MmGg][Bb])\s*", re.ASCII)
_SHOWN = 60
"""Characters of a wrong value that a message repeats."""

_Side = Annotated[int, Field(ge=MIN_SIDE, le=MAX_SIDE)]
_SizeText = Annotated[str, Field(pattern=r"^\s*\d{1,5}\s*([xX×]\s*\d{1,5}\s*)?$")]
_SizeInput = _Side | _SizeText | tuple[_Side, _Side] | None
_BytesText = Annotated[str, Field(pattern=r"^\s*\d{1,6}(\.\d{1,3})?\s*([MmGg][Bb])\s*$")]
_BytesInput = Annotated[int, Field(ge=100_000)] | _BytesText | None
_Words = str | list[str]
_PairText = Annotated[str, Field(pattern=r"^[^+]+\+[^+]+$")]
_PairsInput = _PairText | list[_PairText | tuple[str, str]]
_ClassesInput = str | int | Annotated[list[str | int], Field(max_length=MAX_CLASSES)]
_AddressInput = (
    Annotated[str, Field(pattern=r"^\s*[Hh][Tt][Tt][Pp][Ss]?://[^\s\\/?#@]+(/[^\s\\?#]*)?\s*$")]
    | None
)
"""What gallery.toml may hold where the build gets something else: for its schema."""


def _either(*words: str) -> str:
    """Such as "'a', 'b' or 'c'"."""
    *first, last = (repr(word) for word in words)
    return f"{', '.join(first)} or {last}"


def _line(value: object) -> object:
    """One line: line breaks and tabs become a space, and so do several spaces."""
    if not isinstance(value, str):
        return value
    line = re.sub(r"[ \t\r\n]+", " ", value).strip()
    if _CONTROL.search(line):
        raise ValueError
    return line


def _optional_line(value: object) -> object:
    return _line(value) or None


def _address(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value.strip()):
        raise ValueError
    url = str(TypeAdapter(AnyHttpUrl).validate_python(value.strip()))
    return f"{url.rstrip('/')}/"


def _path(value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value).strip() or "\0" in str(value):
        raise ValueError
    return Path(value)


def _optional_path(value: object) -> Path | None:
    return None if value is None else _path(value)


def _patterns(value: object) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or not all(isinstance(item, str) for item in given):
        raise ValueError
    patterns = (part.strip() for item in given for part in item.split(","))
    found = tuple(dict.fromkeys(pattern for pattern in patterns if pattern))
    if not found:
        raise ValueError
    return found


def _size(value: object) -> tuple[int, int]:
    """(height, width) of 224, "224", "224x320", [224, 320]."""
    sides: list[object]
    if isinstance(value, str):
        match = _SIZE.fullmatch(value)
        if match is None:
            raise ValueError
        sides = [int(side) for side in match.groups() if side]
    else:
        sides = [*value] if isinstance(value, list | tuple) else [value]
    height, width = sides * 2 if len(sides) == 1 else sides
    for side in (height, width):
        # A bool is an int to Python, but no size to a reader.
        if isinstance(side, bool) or not isinstance(side, int) or not MIN_SIDE <= side <= MAX_SIDE:
            raise ValueError
    return height, width  # type: ignore[return-value]  # checked in the loop


class Against(NamedTuple):
    """A network that the gallery's is compared with."""

    model: str
    weights: Path | None = None
    preprocess: str | None = None
    size: tuple[int, int] | None = None
    """Of its input: (height, width), pixels; None: its own."""
    labels: Path | None = None
    """File of its classes' labels; None: the gallery's, if they fit."""


class _UnknownSetting(ValueError):
    """Of a network that is compared with: a message says more than what was expected."""


def _against(value: object) -> tuple[Against, ...]:
    """Of "edges.keras, preprocess=caffe", or several such."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise ValueError
    found = []
    for one in given:
        if isinstance(one, Against):
            found.append(one)
            continue
        if not isinstance(one, str) or _CONTROL.search(one):
            raise ValueError
        model, *settings = (part.strip() for part in one.split(","))
        named = [tuple(word.strip() for word in part.split("=", 1)) for part in settings]
        if not model or not all(len(pair) == 2 and all(pair) for pair in named):
            raise ValueError
        pairs = {key: word for key, word in named}
        for key in pairs:
            if key not in (known := Against._fields[1:]):
                close = get_close_matches(key.lower(), known, n=1)
                hint = f"the nearest is {close[0]}" if close else f"there are {', '.join(known)}"
                raise _UnknownSetting(
                    f"{model}: a network to compare with has no setting {key}; {hint}"
                )
        if len(pairs) < len(named):
            raise ValueError
        weights = Path(pairs["weights"]) if "weights" in pairs else None
        size = _size(pairs["size"]) if "size" in pairs else None
        labels = Path(pairs["labels"]) if "labels" in pairs else None
        found.append(Against(model, weights, pairs.get("preprocess"), size, labels))
    return tuple(found)


def _pairs(value: object) -> tuple[tuple[str, str], ...]:
    """Of "chelsea+coffee", or several such."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise ValueError
    found = []
    for one in given:
        names = one.split("+") if isinstance(one, str) else one
        if not isinstance(names, list | tuple) or len(names) != 2:
            raise ValueError
        first, second = (str(name).strip() for name in names)
        if not first or not second or first == second:
            raise ValueError
        found.append((first, second))
    return tuple(dict.fromkeys(found))


def _optional_size(value: object) -> tuple[int, int] | None:
    return None if value is None else _size(value)


def _bytes(value: object) -> int | None:
    """Of "800MB", "1.5 GB"; decimal, as disks and hosts count."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    match = _BYTES.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError
    return round(float(match[1]) * {"MB": 10**6, "GB": 10**9}[match[2].upper()])


def _classes(value: object) -> tuple[str | int, ...]:
    """Labels as text, or numbers; a label may hold a comma."""
    given = value if isinstance(value, list | tuple) else [value]
    if len(given) > MAX_CLASSES:
        raise ValueError
    found: list[str | int] = []
    for one in given:
        name = _line(one)
        # A bool is an int to Python, but names no class.
        if isinstance(name, bool) or not isinstance(name, str | int) or name == "":
            raise ValueError
        found.append(name)
    return tuple(dict.fromkeys(found))


class Config(BaseModel):
    """Everything that decides what is built. Wrong values raise ConfigError, all of them at once.

    The description of each field is what a message says was expected.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    title: Annotated[str | None, BeforeValidator(_optional_line)] = Field(
        default=None,
        max_length=MAX_TEXT,
        description=f"a line of text of at most {MAX_TEXT} characters",
    )
    """Title of the gallery; None or blank: the pages have their own headline."""
    author: Annotated[str, BeforeValidator(_line)] = Field(
        default="",
        max_length=MAX_TEXT,
        description=f"a line of text of at most {MAX_TEXT} characters",
    )
    """Who made the gallery, named at the foot of its pages; blank: nobody."""
    base_url: Annotated[
        str | None, BeforeValidator(_address, json_schema_input_type=_AddressInput)
    ] = Field(
        default=None,
        description="an http or https address without '?', '#' or '@', such as "
        "'https://name.example/gallery/'",
    )
    """Where the gallery is published, with a slash at the end; None: pages name no address of
    their own, and there is no sitemap."""
    inputs: Annotated[Path, BeforeValidator(_path)] = Field(
        default=Path("inputs"), description="the path of a folder of images"
    )
    """The folder of images, read with its subfolders."""
    output: Annotated[Path, BeforeValidator(_path)] = Field(
        default=Path("site"), description="the path of the folder that becomes the site"
    )
    """The folder that becomes the site; one that Layerlight made is replaced whole."""
    model: Annotated[str, BeforeValidator(_line)] = Field(
        default="vgg16",
        min_length=1,
        description="the name of a network of keras.applications, such as 'vgg16', or the path of "
        "a model that Keras saved (.keras or .h5)",
    )
    """The network that the images go through."""
    preprocess: Annotated[str | None, BeforeValidator(_optional_line)] = Field(
        default=None,
        description="'caffe', 'torch', 'tf', '0-1', 'none' or a function as 'package.module:name'",
    )
    """What happens to pixels before the network gets them; None: as the network's authors do it,
    for a file from 0 to 1."""
    trust_model: bool = Field(
        default=False, strict=True, description="true or false, without quotes"
    )
    """Whether code in a model's file may run; it can do whatever you can."""
    weights: Annotated[Path | None, BeforeValidator(_optional_path)] = Field(
        default=None,
        description="the path of a weights file (.h5, .weights.h5 or .npz), or 'random'",
    )
    """The file of the network's weights; None: found as ``layerlight weights`` shows; "random":
    none, the network is untrained."""
    layers: Annotated[
        tuple[str, ...], BeforeValidator(_patterns, json_schema_input_type=_Words)
    ] = Field(
        default=("*",),
        description="one or more patterns of layer names, such as 'block1_*' or "
        "['block1_conv1', '*_pool']",
    )
    """Which layers are captured: shell patterns; a comma separates two."""
    every: Every = Field(default="layer", description="'layer', 'block' or 'stage'")
    """What is captured: every layer; only what blocks put out; only the last of a stage."""
    against: Annotated[
        tuple[Against, ...], BeforeValidator(_against, json_schema_input_type=_Words)
    ] = Field(
        default=(),
        description="networks to compare with, each a name or file, with weights=, preprocess=, "
        "size= and labels= behind commas where needed, such as 'edges.keras, preprocess=caffe'",
    )
    """Other networks that the same images go through, to be compared with the gallery's."""
    pairs: Annotated[
        tuple[tuple[str, str], ...], BeforeValidator(_pairs, json_schema_input_type=_PairsInput)
    ] = Field(
        default=(),
        description="two ids or file names of images joined by a plus, such as 'chelsea+coffee'",
    )
    """Images to be set side by side, by their ids or file names."""
    size: Annotated[
        tuple[int, int] | None, BeforeValidator(_optional_size, json_schema_input_type=_SizeInput)
    ] = Field(
        default=None,
        description=f"{MIN_SIDE} to {MAX_SIDE} pixels, as one side such as 224 or as height x "
        "width such as '224x320' or [224, 320]",
    )
    """Size of the network's input: (height, width), pixels; None: the network's own."""
    fit: Fit = Field(default="crop", description="'crop', 'pad' or 'stretch'")
    """How an image is brought to the size of the input."""
    palette: PaletteName = Field(default="viridis", description=_either(*get_args(PaletteName)))
    """The colours of maps that a page opens with."""
    scale: Scale = Field(
        default="layer", description="'layer' (one scale for all its channels) or 'channel'"
    )
    """The scale of maps that a page opens with: one for a layer, or each channel's own."""

    atlas: bool = Field(default=True, strict=True, description="true or false, without quotes")
    """Whether pages show what channels look for, where there are pictures of it."""
    atlas_folder: Annotated[Path, BeforeValidator(_path)] = Field(
        default=Path("atlas"), description="the path of a folder of atlases"
    )
    """Where ``layerlight atlas`` puts pictures, and a build finds them before those shipped."""
    text_folder: Annotated[Path | None, BeforeValidator(_optional_path)] = Field(
        default=None, description="the path of a folder of texts"
    )
    """The owner's texts, which go before those shipped; None: ``load_config`` takes the folder
    text/ beside gallery.toml, if there is one."""
    templates: Annotated[Path | None, BeforeValidator(_optional_path)] = Field(
        default=None, description="the path of a folder of templates"
    )
    """The owner's templates and stylesheets, which go before those shipped; None: there are none.
    """
    labels: Annotated[Path | None, BeforeValidator(_optional_path)] = Field(
        default=None,
        description="the path of a file with a label for each class, one a line or as JSON",
    )
    """What the network's classes are called; None: ImageNet's if Keras has kept them, else
    "class 281"."""
    classes: Annotated[
        tuple[str | int, ...], BeforeValidator(_classes, json_schema_input_type=_ClassesInput)
    ] = Field(
        default=(),
        description=f"a list of at most {MAX_CLASSES} labels or numbers of classes, such as "
        "['tabby', 285]",
    )
    """Of a network that ends in classes: those shown on every image, wherever they rank."""
    budget: Annotated[int | None, BeforeValidator(_bytes, json_schema_input_type=_BytesInput)] = (
        Field(default=None, ge=100_000, description="a size such as '800MB' or '1.5 GB'")
    )
    """Bytes that the site may have, values and then layers being left out until it fits; None: as
    many as it takes."""
    workers: int = Field(
        default=0, strict=True, ge=0, le=256, description="a number of processes, 0 to 256"
    )
    """Processes of this machine that run images through the network, by Dask; 0: none but this."""
    scheduler: str | None = Field(
        default=None,
        pattern=r"^(tcp|tls|ws|wss|ucx)://[^\s/]+$",
        description="the address of a Dask scheduler, such as tcp://host:8786",
    )
    """Address of a Dask scheduler whose workers run images through the network; None: no cluster.
    """
    values: bool = Field(default=True, strict=True, description="true or false, without quotes")
    """Whether numbers under the pointer work from a file too; two fifths of the site's size."""

    handouts: bool = Field(default=False, strict=True, description="true or false, without quotes")
    """Whether a build makes worksheets and posters, too, and pages lead to them."""
    handout_paper: Paper = Field(default="a4", description="'a4' or 'letter'")
    """Paper of worksheets; posters have the size of two sheets."""
    handout_ink: Ink = Field(default="mixed", description="'mixed', 'grey' or 'colour'")
    """Ink of worksheets; mixed: maps black on white, the photograph in colour."""
    handout_language: Annotated[str, BeforeValidator(_line)] = Field(
        default="en",
        pattern=r"^[A-Za-z0-9-]{2,20}$",
        description="the language of handouts, such as 'en' or 'de'",
    )
    """Language of the fixed words of handouts."""
    handout_for: Audience = Field(default="both", description="'student', 'teacher' or 'both'")
    """Whose copies of worksheets a build makes: a teacher's holds the answers."""

    @model_validator(mode="wrap")
    @classmethod
    def _speak_plainly(
        cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        """One kind of exception, in this project's words, however a Config is made."""
        origin = info.context if isinstance(info.context, _Origin) else _Origin()
        try:
            return handler(data)
        except ValidationError as error:
            raise ConfigError(_message(error, origin)) from None


def load_config(path: Path | None = None, overrides: Mapping[str, object] | None = None) -> Config:
    """The configuration of ``gallery.toml``, with flags above it and defaults below.

    Args:
        path: the file; None: ``gallery.toml`` in the working directory, if there is one.
        overrides: key -> value of a flag; None counts as not given. Paths are relative to the
            working directory, while those of the file, and the defaults of a gallery that has
            such a file, are relative to the file's folder.

    Raises:
        ConfigError: names every wrong key and value, where it stands, what was expected and what
            came; or the place where the TOML breaks.
    """
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    file = path if path is not None else Path(CONFIG_FILE)
    if path is None and not file.exists():
        origin = _Origin(flags=frozenset(given))
        return Config.model_validate(_own_texts(Path()) | given, context=origin)
    text = _read(file)
    values = _parse(text, file)
    lines = {key: _line_number(text, key) for key in values}
    origin = _Origin(file, lines, frozenset(given))
    located = _own_texts(file.parent) | _located(values, file.parent)
    return Config.model_validate(located | given, context=origin)


@dataclass(frozen=True)
class _Origin:
    """Where the values of a Config come from, for its messages."""

    file: Path | None = None
    lines: Mapping[str, int | None] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()

    def place(self, key: str) -> str:
        """Such as "gallery.toml, line 3: size"."""
        if key in self.flags:
            return {"inputs": "INPUTS", "pairs": "--pair"}.get(key, f"--{key.replace('_', '-')}")
        if self.file is None or key not in self.lines:
            return key
        line = self.lines[key]
        return f"{self.file}, line {line}: {key}" if line else f"{self.file}: {key}"


def _read(file: Path) -> str:
    if file.is_dir():
        raise ConfigError(f"{file}: expected a TOML file such as {CONFIG_FILE}, got a folder")
    try:
        # Some editors put a byte order mark in front, which is not TOML.
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"{file}: expected a TOML file, but there is none; correct the path of --config"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{file}: expected text in UTF-8, got the byte 0x{error.object[error.start]:02x} "
            f"at position {error.start}; save it as UTF-8"
        ) from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror})") from None


def _parse(text: str, file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, line, column = _broken_at(str(error), text)
        hint = "; text stands in quotes" if reason == "Invalid value" else ""
        raise ConfigError(
            f"{file}, line {line}, column {column}: expected TOML, got something else "
            f"({reason}){hint}"
        ) from None
    except ValueError:
        raise ConfigError(
            f"{file}: expected keys and simple values, got a number of more digits than can be read"
        ) from None
    except RecursionError:
        raise ConfigError(
            f"{file}: expected keys and simple values, got too many brackets within brackets"
        ) from None


def _broken_at(message: str, text: str) -> tuple[str, int, int]:
    """Reason, line and column (from 1) of tomllib's message."""
    match = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", message, re.DOTALL)
    if match:
        return match[1], int(match[2]), int(match[3])
    lines = text.split("\n")
    return message.removesuffix(" (at end of document)"), len(lines), len(lines[-1]) + 1


def _line_number(text: str, key: str) -> int | None:
    """The line, from 1, on which a top-level key or table stands; None if it is written oddly."""
    lines = text.split("\n")
    start = re.compile(rf"""\s*\[{{0,2}}\s*["']?{re.escape(key)}["']?\s*[=.\]]""")
    for index, line in enumerate(lines):
        if start.match(line):
            # Within a string or a list of several lines, what comes before is no whole TOML.
            with suppress(ValueError):
                tomllib.loads("\n".join(lines[:index]))
                return index + 1
    return None


def _located(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The file's values, its paths seen from the working directory."""
    located = dict(values)
    for key in _PATHS:
        value = located.get(key, Config.model_fields[key].default)
        if isinstance(value, str) and value.strip():
            value = Path(value)
            with suppress(RuntimeError):  # no such user: a folder of that name, then
                value = value.expanduser()
        if isinstance(value, Path) and not (key == "weights" and str(value) == "random"):
            located[key] = folder / value
    if isinstance(located.get("model"), str):
        located["model"] = _located_model(located["model"], folder)
    with suppress(ValueError):  # what is wrong with it, its validator says
        located["against"] = [
            Against(
                _located_model(other.model, folder),
                other.weights and _located_weights(other.weights, folder),
                other.preprocess,
                other.size,
                other.labels and folder / other.labels.expanduser(),
            )
            for other in _against(located.get("against", ()))
        ]
    return located


def _located_model(model: str, folder: Path) -> str:
    """A file's path, or a network's name as it is."""
    return str(folder / Path(model).expanduser()) if Path(model).suffix or "/" in model else model


def _located_weights(weights: Path, folder: Path) -> Path:
    return weights if str(weights) == "random" else folder / weights


def _own_texts(folder: Path) -> dict[str, Any]:
    """Where the owner's texts are if nothing is said of them."""
    texts = folder / TEXT_FOLDER
    return {"text_folder": texts} if texts.is_dir() else {}


def _message(error: ValidationError, origin: _Origin) -> str:
    """One line for each wrong key, those of the file in its order."""
    found = error.errors(include_url=False)
    if not found[0]["loc"]:
        return f"expected keys and values, got {_shown(found[0]['input'])}"
    wrong = {str(details["loc"][0]): details for details in found}
    complaints = [
        _complaint(key, wrong[key], origin)
        for key in sorted(wrong, key=lambda key: origin.lines.get(key) or 0)
    ]
    if len(complaints) == 1:
        return complaints[0]
    return "\n".join([f"{len(complaints)} wrong entries:", *(f"  {one}" for one in complaints)])


def _complaint(key: str, details: Mapping[str, Any], origin: _Origin) -> str:
    place, kind, value = origin.place(key), details["type"], details["input"]
    reason = details.get("ctx", {}).get("error")
    if isinstance(reason, _UnknownSetting):
        return f"{place}: {reason}"
    if kind != "extra_forbidden":
        expected = Config.model_fields[key].description
        return f"{place}: expected {expected}, got {_shown(value)}"
    if isinstance(value, dict):
        return f"{place}: expected the keys at the top level, got a table; take its heading out"
    nearest = get_close_matches(key.lower().replace("-", "_"), Config.model_fields, n=1)
    if nearest:
        return f"{place}: no such key; the nearest is {nearest[0]}"
    return f"{place}: no such key; expected one of {', '.join(Config.model_fields)}"


def _shown(value: object) -> str:
    # A table's values are dates and lists too; repr also keeps control characters off the terminal.
    try:
        text = str(value) if isinstance(value, Path) else repr(value)
    except ValueError:
        return "a number beyond all measure"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
