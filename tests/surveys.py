"""What ranges over a gallery, seen image by image as a build sees it."""

from __future__ import annotations

from generator import pages

__all__ = ["surveyed"]


def surveyed(gallery: pages.Gallery) -> pages.Survey:
    """Of all its images."""
    surveyor = pages.Surveyor(gallery)
    for image in gallery.images:
        surveyor.add(surveyor.look(gallery.facts(image.id)))
    return surveyor.survey(gallery)
