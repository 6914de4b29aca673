"""Model files of strangers: each kind of harm is refused in words, and harms nothing."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from generator import models
from generator.apart import Apart
from generator.errors import LayerlightError, ModelError, UsageError, WeightsError, WeightsMismatch
from generator.models import backend, hdf5, weight_files, weights
from tests.small_networks import plain, saved

# None of this may wait for anything.
pytestmark = [pytest.mark.timeout(120), pytest.mark.filterwarnings("ignore:.*HDF5 file.*")]

HUGE = 10**12
"""Numbers: four terabytes."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One small model as a file of either kind."""
    folder = tmp_path_factory.mktemp("models")
    model = plain()
    return {ending: saved(model, folder / f"good{ending}") for ending in (".keras", ".h5")}


def _archive(folder: Path, good: Path, parts: dict[str, bytes], packed: bool = False) -> Path:
    """The good archive with parts exchanged or added."""
    path = folder / "hostile.keras"
    how = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(path, "w", how) as new:
        for name in {**dict.fromkeys(old.namelist()), **dict.fromkeys(parts)}:
            new.writestr(name, parts[name] if name in parts else old.read(name))
    return path


def _config(good: Path) -> Any:
    with zipfile.ZipFile(good) as archive:
        return json.loads(archive.read("config.json"))


def _with_config(folder: Path, good: Path, change: Callable[[Any], None]) -> Path:
    config = _config(good)
    change(config)
    return _archive(folder, good, {"config.json": json.dumps(config).encode()})


def _weights(good: Path, change: Callable[[Any], None]) -> bytes:
    """The HDF5 file in an archive, changed."""
    with zipfile.ZipFile(good) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content, "r+") as file:
        change(file)
    return content.getvalue()


def _kernel(file: Any) -> Any:
    """The parent of some array of a file, and its name there."""
    found: list[Any] = []
    file.visititems(lambda _, item: found.append(item) if getattr(item, "ndim", 0) == 4 else None)
    return found[0].parent, found[0].name.rpartition("/")[2]


def _replaced(file: Any, make: Callable[[Any, str], None]) -> None:
    parent, name = _kernel(file)
    del parent[name]
    make(parent, name)


def _external_link(parent: Any, name: str) -> None:
    parent[name] = h5py.ExternalLink("/etc/passwd", "/x")


def _external_storage(parent: Any, name: str) -> None:
    parent.create_dataset(name, (3, 3, 3, 8), "f4", external=[("/etc/passwd", 0, 864)])


def _virtual(parent: Any, name: str) -> None:
    layout = h5py.VirtualLayout((3, 3, 3, 8), "f4")
    layout[...] = h5py.VirtualSource("/etc/other.h5", "x", (3, 3, 3, 8))
    parent.create_virtual_dataset(name, layout)


def _claims(parent: Any, name: str) -> None:
    parent.create_dataset(name, (HUGE,), "f4", chunks=(1024,))


HOSTILE_HDF5 = [
    (_external_link, "is a link to another file, which is not opened"),
    (_external_storage, "has its numbers in another file, which is not opened"),
    (_virtual, "has its numbers in another file, which is not opened"),
    (_claims, "claim 4,000,000 MB, and the file has"),
]


@pytest.mark.parametrize("ending", [".keras", ".h5"])
@pytest.mark.parametrize(("make", "says"), HOSTILE_HDF5)
def test_hdf5_that_leads_out_of_itself_or_claims_terabytes(
    tmp_path: Path,
    good: dict[str, Path],
    ending: str,
    make: Callable[[Any, str], None],
    says: str,
) -> None:
    """Links, numbers in other files, arrays that no disk holds: seen before Keras opens them."""
    if ending == ".keras":
        data = _weights(good[ending], lambda file: _replaced(file, make))
        path = _archive(tmp_path, good[ending], {"model.weights.h5": data})
    else:
        path = tmp_path / "hostile.h5"
        path.write_bytes(good[ending].read_bytes())
        with h5py.File(path, "r+") as file:
            _replaced(file, make)
    with pytest.raises(ModelError, match=says) as raised:
        models.load(str(path))
    assert str(raised.value).startswith(str(path))


@pytest.mark.parametrize(("make", "says"), HOSTILE_HDF5)
def test_hdf5_in_place_of_weights(
    tmp_path: Path, make: Callable[[Any, str], None], says: str
) -> None:
    """VGG16's own reader and that for every other network say so as well."""
    path = tmp_path / "hostile.weights.h5"
    with h5py.File(path, "w") as file:
        make(file.create_group("block1_conv1"), "kernel")
    with pytest.raises(WeightsError, match=says):
        weights.find_vgg16(path)
    with pytest.raises(WeightsMismatch, match=says):
        models.load("mobilenet", weights=path)


# -- A library that does not come back


def _waits_for_ever() -> bytes:
    """HDF5 on which its library never returns.

    The text of an attribute lies in a collection of texts (its mark: GCOL), 16 bytes behind the
    mark. Of the first text it now says that it is none and has no length, which the library steps
    over again and again. Found by `make fuzz`, which had changed one byte.
    """
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        group = file.create_group("layers/conv2d/vars")
        group.attrs["name"] = "block1_conv1"
        group["0"] = np.zeros((3, 3, 3, 2), np.float32)
    data = bytearray(content.getvalue())
    start = data.index(b"GCOL") + 16
    data[start : start + 16] = bytes(16)
    return bytes(data)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files are given up after two seconds."""
    modules = {"generator.models.hdf5": "reading", "generator.models.weight_files": "_h5_reader"}
    made = []
    for module, name in modules.items():
        made.append(Apart(f"{module}:answer", seconds=2, megabytes=hdf5.MAX_MEGABYTES))
        monkeypatch.setattr(f"{module}.{name}", made[-1])
    yield
    for apart in made:
        apart.close()


@pytest.mark.usefixtures("impatient")
def test_a_library_that_never_comes_back_is_given_up(tmp_path: Path, good: dict[str, Path]) -> None:
    """Of a model, of weights for VGG16, of weights for another network; then all goes on."""
    path = tmp_path / "waits.weights.h5"
    path.write_bytes(_waits_for_ever())
    with pytest.raises(WeightsError, match="cannot be read .not within 2 s"):
        weights.find_vgg16(path)
    with pytest.raises(WeightsMismatch, match="not read within 2 seconds"):
        models.load("mobilenet", weights=path)
    archive = _archive(tmp_path, good[".keras"], {"model.weights.h5": _waits_for_ever()})
    with pytest.raises(ModelError, match="not read within 2 seconds"):
        models.load(str(archive))
    assert models.load(str(good[".keras"])).spec.layers


def test_hdf5_of_very_many_objects_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a group that holds itself is walked through once."""
    with h5py.File(tmp_path / "many.h5", "w") as file:
        for i in range(50):
            file.create_group(f"g{i}")
        file["g0/again"] = file["/"]
    wanted = {"path": str(tmp_path / "many.h5"), "member": ""}
    assert hdf5.answer(wanted, b"").facts == {"numbers": 0}
    monkeypatch.setattr("generator.models.hdf5.MAX_OBJECTS", 40)
    assert hdf5.answer(wanted, b"").facts["refused"] == "it holds more than 40 groups and arrays"


def test_a_path_is_seen_from_the_working_folder_of_now(
    tmp_path: Path, good: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after the folder changed; what is said names the path as it was given."""
    models.load(str(good[".keras"]))
    (tmp_path / "here.keras").write_bytes(good[".keras"].read_bytes())
    (tmp_path / "here.h5").write_bytes(good[".h5"].read_bytes())
    monkeypatch.chdir(tmp_path)
    assert models.load("here.keras").spec.layers
    with pytest.raises(WeightsMismatch, match="^here.h5: found 2 convolutions"):
        weights.find_vgg16(Path("here.h5"))


# -- Archives


@pytest.mark.parametrize(
    "name", ["../../outside.txt", "/etc/outside", "assets/vocabulary.txt", "a\\..\\..\\b", "x/"]
)
def test_an_archive_with_other_parts_is_refused(
    tmp_path: Path, good: dict[str, Path], name: str
) -> None:
    """Nothing of it is unpacked: such parts can lead out of the folder they are unpacked into."""
    inner = tmp_path / "one" / "two"
    inner.mkdir(parents=True)
    path = _archive(inner, good[".keras"], {name: b"harm"})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ModelError, match=r"expected the parts of a Keras model .*, got "):
        models.load(str(path))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_part_that_is_there_twice_is_refused(tmp_path: Path, good: dict[str, Path]) -> None:
    """Two programs may read one each: what was looked through and what is run would differ."""
    path = tmp_path / "twice.keras"
    path.write_bytes(good[".keras"].read_bytes())
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("config.json", b"{}")
    with pytest.raises(ModelError, match="each once, got one twice too"):
        models.load(str(path))


def test_a_zip_bomb_is_refused(tmp_path: Path, good: dict[str, Path]) -> None:
    """By what its table claims; 200 MB of zeros in 200 kB."""
    path = _archive(tmp_path, good[".keras"], {"model.weights.h5": bytes(200 * 2**20)}, packed=True)
    assert path.stat().st_size < 300_000
    with pytest.raises(ModelError, match=r"model\.weights\.h5 claims 209,715,200 bytes of"):
        models.load(str(path))


def test_an_archive_that_lies_about_a_size_is_refused(
    tmp_path: Path, good: dict[str, Path]
) -> None:
    """More comes out than the table says: no more than that is taken, and it is damaged."""
    whole = _archive(
        tmp_path, good[".keras"], {"config.json": b"[" + b" " * 5_000 + b"]"}, packed=True
    )
    data = whole.read_bytes()
    lying = data.replace(struct.pack("<I", 5_002), struct.pack("<I", 2))
    assert lying.count(struct.pack("<I", 5_002)) == 0 and lying != data
    whole.write_bytes(lying)
    with pytest.raises(ModelError, match="the file is damaged or none"):
        models.load(str(whole))


# -- Settings


def _layers(config: Any) -> list[Any]:
    listed: list[Any] = config["config"]["layers"]
    return listed


def test_a_hundred_thousand_layers_are_refused(tmp_path: Path, good: dict[str, Path]) -> None:
    """Before Keras makes the first of them."""

    def many(config: Any) -> None:
        _layers(config).extend([{"class_name": "ReLU", "config": {}}] * 100_000)

    path = _with_config(tmp_path, good[".keras"], many)
    with pytest.raises(ModelError, match="at most 5,000 layers, got 100,00"):
        models.load(str(path))


def test_settings_nested_too_deeply_are_refused(tmp_path: Path, good: dict[str, Path]) -> None:
    """As damage."""
    path = _archive(tmp_path, good[".keras"], {"config.json": b"[" * 200_000})
    with pytest.raises(ModelError, match="damaged or none"):
        models.load(str(path))


@pytest.mark.parametrize("ending", [".keras", ".h5"])
def test_layers_that_ask_for_more_than_the_file_holds_are_refused(
    tmp_path: Path, good: dict[str, Path], ending: str
) -> None:
    """Keras would make room for 56 gigabytes first: 14 channels to a billion units."""

    def wide(config: Any) -> None:
        _layers(config)[-1]["config"]["units"] = 10**9

    if ending == ".keras":
        path = _with_config(tmp_path, good[ending], wide)
    else:
        path = tmp_path / "wide.h5"
        path.write_bytes(good[ending].read_bytes())
        with h5py.File(path, "r+") as file:
            config = json.loads(file.attrs["model_config"])
            wide(config)
            file.attrs["model_config"] = json.dumps(config)
    # the first convolution, the second, the classes
    asked = (3 * 3 * 3 + 1) * 8 + (3 * 3 * 8 + 1) * 14 + (14 + 1) * 10**9
    with pytest.raises(ModelError, match=f"they ask for {asked:,} and it holds 1,291"):
        models.load(str(path))
    # nothing that was counted is made later
    assert models.load(str(good[ending])).spec.layers


def test_maps_that_no_memory_holds_are_refused() -> None:
    """A small file can blow up an image: here to 61 x 10^12 values."""
    keras = backend.keras()
    image = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(3, 3, name="conv")(keras.layers.UpSampling2D(100_000)(image))
    with pytest.raises(ModelError, match="at most 10 billion values of one image .* got 61"):
        models.wrap(keras.Model(image, x))


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("StringLookup", "which may read any file of this machine"),
        ("TextVectorization", "which may read any file of this machine"),
    ],
)
def test_layers_that_open_files_are_refused(
    tmp_path: Path, good: dict[str, Path], kind: str, says: str
) -> None:
    """Keras reads the list of words that they name when it makes them."""

    def looks_up(config: Any) -> None:
        _layers(config)[1] |= {"class_name": kind}
        _layers(config)[1]["config"]["vocabulary"] = "/etc/passwd"

    with pytest.raises(ModelError, match=says):
        models.load(str(_with_config(tmp_path, good[".keras"], looks_up)))


@pytest.mark.parametrize(
    ("module", "name"),
    [("keras.utils", "get_file"), ("keras.saving", "load_model"), ("os", "system")],
)
def test_functions_that_do_more_than_count_are_refused(
    tmp_path: Path, good: dict[str, Path], module: str, name: str
) -> None:
    """In place of an activation, where Keras looks a function up by module and name."""

    def activated(config: Any) -> None:
        function = {"class_name": "function", "module": module, "config": name}
        _layers(config)[1]["config"]["activation"] = function

    with pytest.raises(ModelError, match="--trust-model"):
        models.load(str(_with_config(tmp_path, good[".keras"], activated)))


# -- NumPy's archives


def _npz(folder: Path, header: bytes, data: bytes = b"", how: int = zipfile.ZIP_DEFLATED) -> Path:
    """An .npz whose first kernel begins with ``header``."""
    path = folder / "hostile.npz"
    with zipfile.ZipFile(path, "w", how) as archive:
        archive.writestr("block1_conv1/kernel.npy", header + data)
    return path


def _npy(type_: str, shape: str) -> bytes:
    text = f"{{'descr': '{type_}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


RIGHT = "(3, 3, 3, 64)"


@pytest.mark.parametrize(
    ("header", "says"),
    [
        # Its own length, which numpy reads before it looks: four gigabytes.
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", "header claims 4,294,967,295 bytes"),
        (_npy("<f4", f"({HUGE},)"), "block1_conv1 kernel"),
        (_npy("<U250000000", RIGHT), "expected float32, got <U250000000"),
        (_npy("|O", RIGHT), "expected float32, got object"),
        (_npy("|V1000000000", RIGHT), "expected float32, got"),
        (_npy("<f4", "(-3, 3, 3, 64)"), "hostile.npz: "),
        (_npy("<f4", "(3, 3, 3, 64)" + " " * 20_000), "header claims"),
        (_npy("<f4", "__import__('os')"), "cannot be read"),
        (b"\x80\x04pickle", "cannot be read"),
        (b"", "cannot be read"),
    ],
)
def test_an_npz_that_claims_or_runs_is_refused(tmp_path: Path, header: bytes, says: str) -> None:
    """Lengths, shapes and types are looked at before a number is read."""
    path = _npz(tmp_path, header, bytes(2**20))
    with pytest.raises(WeightsError, match=says):
        weight_files.read_weights(path)


def test_an_npz_of_very_many_parts_is_refused(tmp_path: Path) -> None:
    """Before each is looked at."""
    path = tmp_path / "many.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(10_001):
            archive.writestr(f"{i}", b"")
    with pytest.raises(WeightsError, match="10,001 parts, more than 10,000"):
        weight_files.read_weights(path)


# -- What is no file


@pytest.mark.parametrize("ending", [".keras", ".h5", ".weights.h5", ".npz"])
def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path, ending: str) -> None:
    """As a model and as weights."""
    path = tmp_path / f"pipe{ending}"
    os.mkfifo(path)
    with pytest.raises(LayerlightError, match="expected"):
        weights.find_vgg16(path)
    with pytest.raises(LayerlightError, match="expected"):
        models.load("mobilenet", weights=path)
    if ending in (".keras", ".h5"):
        with pytest.raises(UsageError, match="a pipe or a device"):
            models.load(str(path))
