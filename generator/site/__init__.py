"""Files onto the disk: a site is written beside the old one and takes its place whole.

The way of a build: ``staging`` looks whether the output folder may be replaced (``ownership``);
entering it claims the output, so that nobody else changes it meanwhile (``claim``), settles what
dead builds left there, and makes a workspace in the folder that holds the output, so on the same
file system (``workspace``); ``write`` fills ``new`` in it (``files``); ``finish`` exchanges ``new``
with the output in one step (``swap``) and puts the manifest beside it; leaving removes the
workspace, with the old site or the unfinished one in it.

``adding`` is for single files that go into a site that is there (``additions``); ``put_back`` for
whoever reads one.
"""

from __future__ import annotations

from generator.site.additions import adding
from generator.site.files import Files, Written
from generator.site.ownership import LITTER, PLACEHOLDERS, TOP_LEVEL, is_gallery
from generator.site.workspace import put_back
from generator.site.writing import SiteFacts, Staging, staging, unchanged

__all__ = [
    "LITTER",
    "PLACEHOLDERS",
    "TOP_LEVEL",
    "Files",
    "SiteFacts",
    "Staging",
    "Written",
    "adding",
    "is_gallery",
    "put_back",
    "staging",
    "unchanged",
]
