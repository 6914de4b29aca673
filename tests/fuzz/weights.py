"""Fuzz the readers of weights: HDF5, NumPy's archives, ONNX.

    python -m tests.fuzz.weights [FOLDER...] [-max_total_time=600]

Whatever a file holds, a reader gives arrays of the right shapes or raises a WeightsError. The first
byte of an input chooses the reader. The network that is asked for is a small one of two layers, so
that a fuzzer finds its way to the numbers too. HDF5 is read in a process of its own, as always: its
library is known to wait for ever on some files. Arguments are those of libFuzzer.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import atheris
import numpy as np

with atheris.instrument_imports(include=["generator", "zipfile", "numpy.lib"]):
    from generator.apart import Apart, Result
    from generator.errors import WeightsError
    from generator.models import weight_files
    from generator.models.identity import ExpectedTensor

__all__ = ["answer"]

SECONDS = 2
"""For a file of HDF5; those that are read take a thousandth."""
SHAPES: dict[str, tuple[int, ...]] = {"block1_conv1": (3, 3, 3, 2), "block1_conv2": (3, 3, 2, 2)}
ENDINGS = (".h5", ".npz", ".onnx")


def small() -> tuple[ExpectedTensor, ...]:
    """What the readers look for here, in place of VGG16."""
    return tuple(
        tensor
        for layer, shape in SHAPES.items()
        for tensor in (
            ExpectedTensor(layer, "kernel", shape, ""),
            ExpectedTensor(layer, "bias", shape[-1:], ""),
        )
    )


def answer(wanted: dict[str, Any], data: bytes) -> Result:
    """What the reader of HDF5 asks for, of the small network; in the other process."""
    _ask_for_the_small_one()
    return weight_files.answer(wanted, data)


def _ask_for_the_small_one() -> None:
    vars(weight_files).update(expected_tensors=small, layer_names=lambda: tuple(SHAPES))


def main() -> None:
    """Run until libFuzzer has had enough, or something was found."""
    _ask_for_the_small_one()
    apart = Apart("tests.fuzz.weights:answer", seconds=SECONDS, megabytes=2_000)
    vars(weight_files).update(_h5_reader=apart)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "seeds").mkdir()
        for i, seed in enumerate(_seeds(folder)):
            (folder / "seeds" / f"{i}").write_bytes(seed)

        def once(data: bytes) -> None:
            if not data:
                return
            ending = ENDINGS[data[0] % len(ENDINGS)]
            path = folder / f"weights{ending}"
            path.write_bytes(data[1:])
            read = weight_files.read_onnx if ending == ".onnx" else weight_files.read_weights
            try:
                found = read(path)
            except WeightsError:
                return
            for layer, (kernel, bias) in found.items():
                assert kernel.shape == SHAPES[layer] and kernel.dtype == np.float32
                assert bias.shape == SHAPES[layer][-1:] and bias.dtype == np.float32

        atheris.Setup([sys.argv[0], *sys.argv[1:], str(folder / "seeds")], once)
        atheris.Fuzz()


def _seeds(folder: Path) -> list[bytes]:
    """One whole file of each kind, and of the other names that the readers know."""
    import h5py
    import onnx

    arrays = {
        f"{tensor.layer}/{tensor.part}": np.arange(np.prod(tensor.shape), dtype=np.float32).reshape(
            tensor.shape
        )
        for tensor in small()
    }
    with h5py.File(folder / "named.h5", "w", libver="latest") as file:
        for name, array in arrays.items():
            file[name] = array
    with h5py.File(folder / "keras.h5", "w") as file:
        for place, layer in enumerate(SHAPES):
            group = file.create_group(f"layers/conv2d{f'_{place}' if place else ''}/vars")
            group.attrs["name"] = layer
            group["0"] = arrays[f"{layer}/kernel"]
            group.create_dataset("1", data=arrays[f"{layer}/bias"], compression="gzip")
    np.savez(folder / "named.npz", allow_pickle=False, **arrays)
    np.savez_compressed(folder / "ordered.npz", *arrays.values(), allow_pickle=False)
    nodes, constants = [], []
    for place, (layer, shape) in enumerate(SHAPES.items()):
        kernel = arrays[f"{layer}/kernel"].transpose(3, 2, 0, 1)
        for part, values in (("w", kernel), ("b", arrays[f"{layer}/bias"])):
            constants.append(onnx.numpy_helper.from_array(np.array(values), f"{part}{place}"))
        nodes.append(onnx.helper.make_node("Conv", [f"x{place}", f"w{place}", f"b{place}"], ["y"]))
        assert shape
    graph = onnx.helper.make_graph(nodes, "g", [], [], constants)
    onnx.save(onnx.helper.make_model(graph), str(folder / "named.onnx"))
    return [
        bytes([ENDINGS.index(path.suffix)]) + path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.suffix in ENDINGS
    ]


if __name__ == "__main__":
    main()
