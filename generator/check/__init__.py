"""Looks a built site over before readers get it. Changes nothing, follows no link out of it.

The way of a check: ``files`` lists what lies there; ``shapes`` reads ``gallery.json`` and every
other JSON; ``named`` says from it which files the output contract promises and names; ``pictures``
looks at the beginning and end of what is no text; ``addresses`` reads each page (``markup``), on
every core where there are many, and ``reach`` puts together what pages say of one another.
"""

from __future__ import annotations

from generator.check.faults import KINDS, Fault
from generator.check.files import Listing, listed
from generator.check.looking import FILE_LIMIT, SITE_LIMIT, Report, check

__all__ = ["FILE_LIMIT", "KINDS", "SITE_LIMIT", "Fault", "Listing", "Report", "check", "listed"]
