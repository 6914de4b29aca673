"""The atlas: a picture of what each channel looks for, and how well it does.

What optimises pictures is ``generator.maximise``; here is all that is known without TensorFlow.
"""

from __future__ import annotations

from generator.atlas.store import NONE, Atlas, find, shipped

__all__ = ["NONE", "Atlas", "find", "shipped"]
