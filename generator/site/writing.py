"""The site in the making: files go in, from several threads; then it replaces the old one."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from generator import layout
from generator.errors import OutputError
from generator.site.claim import Claim
from generator.site.files import Files, Written, advice, lies_inside, linked
from generator.site.ownership import PLACEHOLDERS, is_gallery, refuse_unless_ours, resolved
from generator.site.swap import swap
from generator.site.workspace import Workspace, settle_dead

__all__ = ["SiteFacts", "Staging", "staging", "unchanged"]


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What was written. The owner's placeholders do not count."""

    files: int
    bytes: int
    unchanged: int
    """Files whose bytes are those of the previous site; not written again where links work."""
    barred: str = ""
    """Why the manifest could not be put in its place."""


def staging(output: Path, inputs: Path | None = None) -> Staging:
    """A place to build the site that becomes ``output``; use it in a ``with`` statement.

    Touches nothing yet.

    Raises:
        OutputError: ``output`` holds what is not Layerlight's, is or holds a folder that must not
            be replaced, shares files with ``inputs``, or cannot be written.
    """
    place = resolved(output)
    refuse_unless_ours(place, output, inputs)
    return Staging(place, output, inputs)


class Staging:
    """Made by ``staging``. Leaving it before ``finish`` leaves the old site as it was.

    Who has entered it, or ``claimed``, is the only one to change the output until it is left.
    """

    def __init__(self, place: Path, shown: Path, inputs: Path | None) -> None:
        self.output = self._output = place
        """The output, without links on the way."""
        self._shown, self._inputs = shown, inputs
        self._claim = Claim(place, shown)
        self._workspace = Workspace(place)
        self._release = ExitStack()
        self._putting = Files(self._workspace.new, place, shown)
        self._open = False
        self._lock = Lock()
        self._written: dict[str, Written] = {}

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Nobody else changes the output meanwhile; what dead builds left there is settled.

        Raises:
            OutputError: another process is at work on it, or nothing can be written beside it.
        """
        with self._claim:
            settle_dead(self._output)
            yield

    def __enter__(self) -> Self:
        with ExitStack() as on_failure:
            on_failure.enter_context(self.claimed())
            try:
                self._workspace.open()
            except OSError as error:
                raise OutputError(
                    f"output {self._shown}: expected to build the new site beside it, in "
                    f"{self._output.parent}, but nothing can be written there ({error.strerror}). "
                    f"Make room, or name a folder elsewhere with --output"
                ) from error
            self._open = True
            self._release = on_failure.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        with self._release:
            self._workspace.close()

    def path(self, relative: str) -> Path:
        """Where a file of the new site lies until ``finish``, to read it back.

        Raises:
            ValueError: ``relative`` leads out of the site or names what the output contract does
                not; or the site is finished, or was never begun.
        """
        if not lies_inside(relative):
            raise ValueError(f"expected a path inside of the site, got {relative!r}")
        if not self._open:
            raise ValueError(f"expected a site in the making for {relative!r}, got a closed one")
        return self._workspace.new / relative

    def write(self, relative: str, data: bytes | str) -> None:
        r"""Put one file into the new site. May be called from several threads.

        A file with the bytes that the old site has there becomes a hard link to it. Text is
        written in UTF-8, its lines ending in ``\n``.

        Raises:
            ValueError: as ``path``, or the file was written before.
            OutputError: it cannot be written.
        """
        if not self._open:
            raise ValueError(f"expected a site in the making for {relative!r}, got a closed one")
        self.adopt({relative: self._putting.write(relative, data)})

    def keep(self, files: Mapping[str, tuple[int, int]]) -> bool:
        """Take files over from the old site: all of them, or none if one is not as it was noted.

        Args:
            files: size and modification time (ns) of each, by path.

        Raises:
            ValueError: a file was written before, or the site is closed.
            OutputError: one cannot be copied.
        """
        if not all(lies_inside(relative) for relative in files):
            return False
        old = {relative: self._output / relative for relative in files}
        if not all(
            unchanged(path, files[relative]) and self._putting.is_plain(relative)
            for relative, path in old.items()
        ):
            return False
        for relative, path in old.items():
            target = self.path(relative)
            try:
                self._putting.make_folder(relative)
                if not linked(str(target), str(path)):
                    shutil.copy2(path, target)
                facts = target.stat()
            except FileExistsError:
                raise ValueError(f"{relative!r} was written before") from None
            except OSError as error:
                raise self._putting.unwritten(relative, error) from error
            self.adopt({relative: Written(facts.st_size, facts.st_mtime_ns, unchanged=True)})
        return True

    def read_old(self, relative: str, noted: tuple[int, int]) -> bytes | None:
        """A file of the old site; None: it is not as it was noted (see ``keep``)."""
        path = self._output / relative
        plain = lies_inside(relative) and self._putting.is_plain(relative)
        if not (plain and unchanged(path, noted)):
            return None
        with suppress(OSError):
            return path.read_bytes()
        return None

    @property
    def files(self) -> Files:
        """What puts files into it, for another process; ``adopt`` what that has written."""
        return self._putting

    def adopt(self, files: Mapping[str, Written]) -> None:
        """Count files that ``files`` has written, by path; from whichever process."""
        with self._lock:
            self._written.update(files)

    @property
    def written(self) -> Mapping[str, Written]:
        """Every file of the new site, by path."""
        return self._written

    @property
    def facts(self) -> SiteFacts:
        """What is written by now."""
        every = self._written.values()
        return SiteFacts(
            len(every), sum(one.size for one in every), sum(one.unchanged for one in every)
        )

    def finish(self, manifest: bytes = b"") -> SiteFacts:
        """Put the new site in the place of the old one, in one step where the system can.

        Its manifest goes beside it. Whatever ends this process, and whenever: who claims the output
        next finds both of the old site or both of the new one.

        Args:
            manifest: what is to be remembered of the site; empty: nothing is.

        Raises:
            ValueError: no ``gallery.json`` was written, by which the next build knows the folder.
            OutputError: the output is not ours any more, or cannot be replaced.
        """
        new = self.path(layout.GALLERY_JSON).parent
        if not is_gallery(new):
            raise ValueError(f"expected a {layout.GALLERY_JSON} that names its generator, got none")
        # Minutes have passed since it was looked at first.
        refuse_unless_ours(self._output, self._shown, self._inputs)
        try:
            if self._output.is_dir():
                _carry_over(self._output, new)
                new.chmod(stat.S_IMODE(self._output.stat().st_mode))
            if manifest:
                self._workspace.write_journal(manifest)
            swap(new, self._output, self._workspace.aside)
        except OSError as error:
            self._workspace.drop_journal()
            raise OutputError(
                f"output {self._shown}: the finished site could not take its place "
                f"({error.strerror}){advice(error)}; what was there before is there still"
            ) from error
        self._open = False
        return replace(self.facts, barred=self._workspace.close())


def unchanged(path: Path | str, noted: tuple[int, int]) -> bool:
    """Whether a file still has the size and modification time (ns) that were noted of it.

    A time without a fraction counts as that second, as archives keep it.
    """
    try:
        facts = os.lstat(path)  # of thousands of files a Path would take longer than the look
    except OSError:
        return False
    size, time = noted
    own = facts.st_mtime_ns
    same = own == time or (own % 10**9 == 0 and own // 10**9 == time // 10**9)
    return same and facts.st_size == size and stat.S_ISREG(facts.st_mode)


def _carry_over(old: Path, new: Path) -> None:
    for name in sorted(PLACEHOLDERS):
        if (old / name).is_file() and not (new / name).exists():
            shutil.copy2(old / name, new / name)
