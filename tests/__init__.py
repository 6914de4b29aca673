"""Tests of the gallery generator; each states a behaviour in its docstring."""

from __future__ import annotations
