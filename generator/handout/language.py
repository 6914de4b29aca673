"""The fixed words of handouts: a language is one file, ``templates/handout/<language>.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from generator import wording
from generator.errors import ConfigError, LayerlightError

__all__ = ["REFERENCE", "Language", "languages", "read_language"]

REFERENCE = "en"
"""The language whose keys and placeholders every other has, too."""
SUFFIX = ".toml"


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language."""

    code: str
    """BCP 47, as the file is named: "en"."""
    words: Mapping[str, str]
    """Key with dots ("cover.lead") -> text with placeholders in braces."""

    def __call__(self, key: str, /, **values: str) -> str:
        """One text, its placeholders filled."""
        return self.words[key].format(**values)

    def number(self, value: float) -> str:
        """An activation, as exact as the gallery's pages give it."""
        return self._own(wording.number(value))

    def fixed(self, value: float, decimals: int) -> str:
        """A number with so many decimals."""
        text = f"{value:,.{decimals}f}"
        zero = float(text.replace(",", "")) == 0
        return self._own(text.lstrip("-") if zero else text.replace("-", "\u2212"))

    def count(self, value: int) -> str:
        """A whole number."""
        return self._own(f"{value:,}".replace("-", "\u2212"))

    def percent(self, share: float) -> str:
        """A share of 0 to 1, whole percents with their sign."""
        return f"{self.whole_percent(share)}{wording.NARROW}%"

    def whole_percent(self, share: float) -> str:
        """A share of 0 to 1, whole percents without the sign."""
        return f"{share * 100:.0f}"

    def size(self, height: int, width: int) -> str:
        """Height and width."""
        return wording.size(height, width)

    def _own(self, english: str) -> str:
        """Digits grouped and pointed as the language does."""
        own = {",": self.words["format.thousands"], ".": self.words["format.decimal"]}
        return "".join(own.get(sign, sign) for sign in english)


def languages(folder: Path) -> tuple[str, ...]:
    """Codes of the languages that there are."""
    return tuple(sorted(path.stem for path in folder.glob(f"*{SUFFIX}")))


def read_language(folder: Path, code: str, place: str = "--language") -> Language:
    """The words of a language; ``place`` is where it was asked for, for the message.

    Raises:
        ConfigError: there is no such language.
        LayerlightError: its file is damaged, or a key or a placeholder is missing or unknown.
    """
    known = languages(folder)
    if code not in known:
        raise ConfigError(
            f"{place}: expected one of {', '.join(known)}, got {code!r}; a language is a file "
            f"in {folder}"
        )
    words = _read(folder / f"{code}{SUFFIX}")
    if code != REFERENCE:
        reference = folder / f"{REFERENCE}{SUFFIX}"
        _refuse_difference(folder / f"{code}{SUFFIX}", words, reference, _read(reference))
    return Language(code, words)


def _read(path: Path) -> dict[str, str]:
    try:
        return dict(_flat(path, "", tomllib.loads(path.read_text(encoding="utf-8"))))
    except OSError as error:
        raise LayerlightError(
            f"{path}: expected the words of handouts, but it cannot be read ({error.strerror}); "
            f"reinstall layerlight"
        ) from None
    except ValueError as error:
        raise LayerlightError(
            f"{path}: expected TOML in UTF-8, got something else ({error}); mend the file"
        ) from None


def _flat(path: Path, prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(path, f"{prefix}{key}.", value)
        elif isinstance(value, str):
            yield f"{prefix}{key}", value
        else:
            raise LayerlightError(
                f"{path}: {prefix}{key}: expected a text in quotes, got {value!r}; mend the file"
            )


def _refuse_difference(
    path: Path, words: Mapping[str, str], reference: Path, expected: Mapping[str, str]
) -> None:
    wrong = [f"{key}: missing" for key in expected if key not in words]
    wrong += [f"{key}: no such key" for key in words if key not in expected]
    for key in (key for key in expected if key in words):
        asked, got = _placeholders(expected[key]), _placeholders(words[key])
        if asked != got:
            wrong.append(f"{key}: expected the placeholders {_listed(asked)}, got {_listed(got)}")
    if wrong:
        raise LayerlightError(
            "\n".join(
                [
                    f"{path}: expected the keys and placeholders of {reference.name}; mend it:",
                    *(f"  {line}" for line in wrong),
                ]
            )
        )


def _placeholders(text: str) -> frozenset[str] | str:
    try:
        return frozenset(name for _, name, _, _ in Formatter().parse(text) if name is not None)
    except ValueError as error:
        return str(error)


def _listed(names: frozenset[str] | str) -> str:
    if isinstance(names, str):
        return f"({names})"
    return " ".join(f"{{{name}}}" for name in sorted(names)) or "none"
