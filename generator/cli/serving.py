"""The command that shows a gallery, and builds it anew while its owner works on it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from generator import layout
from generator.cli.commands import app
from generator.cli.options import DebugOption
from generator.cli.terminal import complain, reporting, say
from generator.errors import LayerlightError, UsageError

if TYPE_CHECKING:
    from generator.keeper import Keeper, Outcome
    from generator.manifest import Origin
    from generator.reload import Reload
    from generator.watch import Watched

__all__ = ["serve"]

_NAMED = 3
"""Files that changed which are named; of more, how many."""


@app.command()
def serve(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="FOLDER",
            help="A built gallery.  [default: the output of gallery.toml, else site]",
            show_default=False,
        ),
    ] = None,
    watch: Annotated[
        bool | None,
        typer.Option(
            "--watch/--no-watch",
            help="Whether to build anew, as the gallery was built, when its images, texts, "
            "templates, network or settings change, and to load open pages again.  [default: "
            "--watch, if what it was built from is there]",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", help="Port; 0 takes any free one.")
    ] = 8000,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Name each file that is asked for.")
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Serve a gallery to this machine only, and keep it as its sources are, until Ctrl-C."""
    from generator.reload import Reload
    from generator.serve import serve as listen
    from generator.site import put_back

    with reporting(debug=debug), ExitStack() as at_end:
        output, origin = _gallery(folder)
        put_back(output)
        reload, why_not = Reload(), ""
        keeper = None
        if watch is not False:
            try:
                keeper = _keeper(output, origin, reload)
                at_end.callback(keeper.stop)
            except LayerlightError as error:
                if watch:
                    raise UsageError(f"cannot watch: {error}") from error
                why_not = str(error)
        server = listen(
            output,
            port=port,
            open_browser=show,
            log=say if verbose else None,
            reload=reload if keeper else None,
        )
        try:
            with server:
                say(f"Serving {output} at {server.url}  (Ctrl-C stops)")
                if keeper:
                    _begin(keeper, output)
                elif why_not:
                    say(f"Not watching: {why_not}")
                server.wait()
        except KeyboardInterrupt:
            say("")


def _gallery(folder: Path | None) -> tuple[Path, Origin | None]:
    """The site that is meant, and where its settings come from; None: nobody knows."""
    from generator.config import load_config
    from generator.manifest import Origin, origin_of

    if folder is not None:
        return folder, origin_of(folder)
    output = load_config().output
    return output, origin_of(output) or Origin(str(Path.cwd()))


def _keeper(output: Path, origin: Origin | None, reload: Reload) -> Keeper:
    """What watches the site's sources, and builds.

    Raises:
        LayerlightError: nothing can be watched, and why.
    """
    from generator.build_process import BuildProcess
    from generator.keeper import Keeper
    from generator.sources import settings_of, sources_of

    if origin is None:
        raise UsageError(
            f"{output} was not built here by layerlight build, so what to watch is not known"
        )
    inputs = Path(origin.folder, settings_of(origin).inputs)
    if not inputs.is_dir():
        raise UsageError(f"what {output} is built from, the folder {inputs}, is not there")

    def sources() -> Watched:
        return sources_of(settings_of(origin), origin, output.absolute())

    return Keeper(sources, BuildProcess(origin, output), _Terminal(reload))


def _begin(keeper: Keeper, output: Path) -> None:
    watched = keeper.watched
    seen = sorted(map(_shown, [*watched.folders, *(p for p in watched.paths if p.is_file())]))
    say(f"Watching {', '.join(seen)}")
    missing = not (output / layout.FRONT_PAGE).is_file()
    if missing:
        say(f"There is no gallery in {output} yet: building it first")
    keeper.start(build_first=missing)


class _Terminal:
    """Says what a keeper does, and passes it on to open pages (``generator.keeper.Told``)."""

    def __init__(self, reload: Reload) -> None:
        self._reload = reload

    def begun(self, changed: frozenset[Path]) -> None:
        """Say what has changed."""
        if changed:
            names = sorted(map(_shown, changed))
            more = len(names) - _NAMED
            named = ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
            say(f"{named} changed: building")

    def ended(self, outcome: Outcome) -> None:
        """Say how it went."""
        if outcome.error:
            complain("error", outcome.error)
            say(f"The site is as it was ({outcome.seconds:.1f} s)")
            self._reload.failed(outcome.error)
            return
        for problem in outcome.problems:
            complain("problem", problem)
        done = "Nothing to do" if outcome.unchanged else f"Built: {outcome.summary}"
        say(f"{done} ({outcome.seconds:.1f} s)")
        self._reload.built(unchanged=outcome.unchanged)


def _shown(path: Path) -> str:
    """As seen from here, if it lies below."""
    here = Path.cwd().resolve()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
