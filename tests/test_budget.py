"""A site that is no larger than it may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator.budget import within_budget
from generator.building import build
from generator.cli.texts import summary
from generator.config import Against, Config, load_config
from generator.errors import ConfigError
from tests.small_networks import branched, plain, saved
from tests.test_rebuild import photo


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A network of three layers: 13,824 values and 30 channels an image."""
    return Config(
        inputs=tmp_path / "in",
        output=tmp_path / "out",
        model=str(saved(plain(), tmp_path / "mine.keras")),
    )


# By hand: 13,824 values of 0.76 bytes, or 1.30 with values to read, and 30 channels of 845 bytes
# are 35.9 and 43.3 kB an image.


def test_enough_is_all(config: Config) -> None:
    """Without a budget, or with one that will do."""
    for budget in (None, 4_400_000):
        wanted = config.model_copy(update={"budget": budget})
        chosen, networks, said = within_budget(wanted, {}, None, 100)
        assert (chosen, len(networks), said) == (wanted, 1, "")


def test_values_go_first(config: Config) -> None:
    """A hundred images in 4 MB: without values for pages from a file."""
    wanted = config.model_copy(update={"budget": 4_000_000})
    chosen, (network,), said = within_budget(wanted, {}, None, 100)
    assert (chosen.values, chosen.every) == (False, "layer")
    assert len(network.facts.spec.layers) == 3
    assert said.startswith("to stay within the budget values for pages that are opened from a file")
    assert said.endswith("are left out: about 4 MB")


def test_then_what_is_inside_of_blocks(config: Config) -> None:
    """In 2.9 MB the layers that blocks put out; of every network of the gallery."""
    other = Against(str(saved(branched(), config.output.parent / "other.keras")))
    wanted = config.model_copy(update={"budget": 4_500_000, "against": (other,)})
    chosen, networks, said = within_budget(wanted, {}, None, 100)
    assert (chosen.values, chosen.every) == (False, "block")
    assert all(len(one.facts.spec.layers) < 4 for one in networks)
    assert "(--every block)" in said and "(--no-values)" in said


def test_less_than_the_least_is_refused(config: Config) -> None:
    """It is said how much that would be, and what else could be done."""
    wanted = config.model_copy(update={"budget": 1_000_000})
    with pytest.raises(ConfigError, match=r"budget: expected \d+ MB or more for 10,000 images"):
        within_budget(wanted, {}, None, 10_000)


def test_what_was_left_out_is_said(config: Config) -> None:
    """At the end of the build; the files of values are not there."""
    config.inputs.mkdir()
    for i in range(3):
        photo(config.inputs / f"{i}.png", i)
    report = build(config.model_copy(update={"budget": 120_000}))
    assert "(--no-values)" in report.note and report.note in summary(report)
    assert not (config.output / "sheets/mine/0/first.js").exists()
    assert (config.output / "sheets/mine/0/first.png").exists()
    assert "GitHub Pages" not in summary(report)


@pytest.mark.parametrize(
    ("given", "size"),
    [("800MB", 800_000_000), ("1.5 GB", 1_500_000_000), (" 20mb ", 20_000_000), (10**9, 10**9)],
)
def test_sizes(given: object, size: int) -> None:
    """Decimal, with or without a space."""
    assert load_config(None, {"budget": given}).budget == size


@pytest.mark.parametrize("given", ["800", "1 TB", "-5MB", "1MiB", "", "0.05MB", True, 10])
def test_sizes_that_are_none(given: object) -> None:
    """The form, and what came."""
    with pytest.raises(ConfigError, match=r"budget: expected a size such as '800MB'"):
        load_config(None, {"budget": given})
