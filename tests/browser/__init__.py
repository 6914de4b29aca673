"""Tests of the finished pages, in a real Chromium."""

from __future__ import annotations
