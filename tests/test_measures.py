"""What is handed on from memory is what the files say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generator import contract, layout, models
from generator.activations import Extractor
from generator.sheet_files import Plan, Run, image_files, kernels_of
from tests.small_networks import branched, plain


@pytest.mark.parametrize("make", [plain, branched])
def test_measures_are_those_of_the_files(make: Callable[[], Any], tmp_path: Path) -> None:
    """Sheets, reading and evidence, each read back from its file, number by number."""
    network = models.wrap(make(), preprocess="0-1")
    size = network.spec.input
    pixels = np.random.default_rng(4).integers(0, 256, (size.height, size.width, 3), dtype=np.uint8)
    plan = Plan(network.spec, kernels_of(network), values=False)
    (maps,) = Extractor(network).maps([pixels])
    files = image_files(Run("one", pixels, network.preprocess(pixels[None])[0], maps), plan)
    written: dict[str, bytes | str] = {}
    try:
        while True:
            path, data = next(files)
            written[path] = data
    except StopIteration as end:
        measures = end.value
    model = network.spec.id
    for layer in network.spec.layers:
        read = contract.read_sheet(written[layout.sheet_json(model, "one", layer.name)])
        assert read == measures.sheets[layer.name]
    read_reading = contract.read_reading(written[layout.reading_json(model, "one")])
    assert read_reading == measures.reading
    assert measures.evidence.accounts
    for name, accounts in measures.evidence.accounts.items():
        script = layout.evidence_script(model, "one", name)
        assert contract.read_accounts(script, str(written[script])) == accounts
    threads = layout.threads_script(model, "one")
    assert contract.read_knots(threads, str(written[threads])) == measures.evidence.knots
