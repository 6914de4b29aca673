"""Whether a build has anything to do. Loads neither TensorFlow nor what makes pages.

With ``generator.stages`` this puts stages together.
"""

from __future__ import annotations

from collections.abc import Sequence

from generator import layout, manifest
from generator.config import Config
from generator.domain import Problem
from generator.fingerprints import fingerprint, of_folder, program, stamp
from generator.inputs import Candidate, digest
from generator.manifest import KnownImage, Manifest
from generator.network_keys import network_keys
from generator.site import unchanged

__all__ = ["candidate_keys", "nothing_to_do", "request_of", "same_image"]

_PATHS = {
    *("inputs", "output", "model", "weights", "against", "labels", "text_folder", "atlas_folder"),
    *("templates", "workers", "scheduler"),
}
"""Settings that say where things lie, of which what lies there counts, or who does the work."""


def request_of(config: Config) -> str:
    """Of everything that a site is made of but its images; "" if that cannot be told."""
    keys = network_keys(config)
    if not all(keys):
        return ""
    return fingerprint(
        config.model_dump(mode="json", exclude=_PATHS),
        keys,
        program(),
        of_folder(config.text_folder),
        of_folder(config.templates),
        of_folder(config.atlas_folder, stamps=True) if config.atlas else "",
    )


def candidate_keys(candidates: Sequence[Candidate]) -> tuple[tuple[str, str], ...]:
    """Of each image file its path, and a key of all that is known without reading it."""
    return tuple((one.source, fingerprint(one.id, one.section, one.sidecar)) for one in candidates)


def same_image(candidate: Candidate, known: KnownImage | None) -> bool:
    """Whether an image's file has the bytes that it had: told by its stamp, else by reading it."""
    if known is None:
        return False
    here = stamp(candidate.path)
    return here == (known.size, known.mtime_ns, known.inode) or (
        here is not None and here[0] == known.size and digest(candidate) == known.sha256
    )


def nothing_to_do(
    config: Config,
    old: Manifest,
    request: str,
    candidates: Sequence[Candidate],
    problems: Sequence[Problem],
) -> bool:
    """Whether the site is what a build would make it, file by file.

    An image that could not be used is tried again in each build, so there is something to do then.
    """
    return (
        request != ""
        and old.request == request
        and old.candidates == candidate_keys(candidates)
        and old.found == tuple(problems)
        and all(same_image(one, old.images.get(one.source)) for one in candidates)
        and all(
            unchanged(f"{config.output}/{path}", noted)
            for files in manifest.all_files(old)
            for path, noted in files.items()
        )
        and (config.output / layout.GALLERY_JSON).is_file()
    )
