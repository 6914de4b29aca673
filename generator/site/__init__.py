"""Files onto the disk: a site is written beside the old one and takes its place whole.

The way of a build: ``staging`` looks whether the output folder may be replaced (``ownership``);
entering it makes a workspace ``.layerlight-…`` in the folder that holds the output, so on the same
file system (``workspace``); ``write`` fills ``new`` in it (``files``); ``finish`` exchanges ``new`` with the
output in one step (``swap``); leaving removes the workspace, with the old site or the unfinished
one in it.
"""

from __future__ import annotations

from generator.site.files import Files, Written
from generator.site.ownership import PLACEHOLDERS, TOP_LEVEL
from generator.site.writing import SiteFacts, Staging, staging, unchanged

__all__ = [
    "PLACEHOLDERS",
    "TOP_LEVEL",
    "Files",
    "SiteFacts",
    "Staging",
    "Written",
    "staging",
    "unchanged",
]
