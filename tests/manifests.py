"""A manifest with something of everything."""

from __future__ import annotations

from generator.domain import InputSpec, Layer, Model, Problem, Weights, Window
from generator.manifest import Group, KnownImage, KnownNetwork, Manifest, Numbers

__all__ = ["whole_manifest"]


def whole_manifest() -> Manifest:
    """Of a site of one image and one network."""
    window = Window(3, 3, 1, 1, -1, -1)
    layer = Layer("conv", "conv", "relu", False, "stage1", 8, 8, 2, window, (3, 3), (1, 1), 56, 9)
    spec = Model(
        "net", "Net", Weights("file", "0" * 64, True), InputSpec(8, 8, "crop", "as is"), (layer,)
    )
    network = KnownNetwork(
        spec=spec,
        every_layer=(layer,),
        framework="2",
        licence="none",
        licence_url="",
        judged=True,
        identity="abc",
        colours=("red", "green", "blue"),
        largest_weights=(0.5, 0.25),
        kernels="",
    )
    return Manifest(
        request="r",
        candidates=(("a.png", "d"),),
        found=(Problem("b.png", "discover", "m"),),
        problems=(Problem("b.png", "discover", "m"),),
        numbers=Numbers(1, 0, 9, 99, spec),
        images={"a.png": KnownImage(5, 6, 7, "0" * 64, 8, 8)},
        networks={"k": network},
        groups={"sheets a": Group("k", {"sheets/net/a/conv.png": (5, 6)})},
        others={"index.html": (5, 6)},
    )
