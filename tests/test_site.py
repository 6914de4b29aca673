"""The site on the disk: built beside the old one, swapped in whole, never over others' files."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from generator.errors import OutputError
from generator.site import SiteFacts, adding, put_back, staging, swap

PROJECT = Path(__file__).parent.parent
OURS = '{"schema": 1, "generator": {"name": "layerlight", "version": "1.0.0"}}\n'
OLD = {"index.html": "old", "gallery.json": OURS, "images/cat/index.html": "cat"}
NEW = {"index.html": "new", "gallery.json": OURS, "images/dog/index.html": "dog"}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder that no output has to do with."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")


@pytest.fixture(params=["exchanged", "renamed"])
def either_swap(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that exchanges two folders in one step, and one that cannot."""
    if request.param == "renamed":
        monkeypatch.setattr(swap, "exchange", lambda one, other: False)


def _build(output: Path, files: Mapping[str, str | bytes]) -> SiteFacts:
    with staging(output) as site:
        for relative, data in files.items():
            site.write(relative, data)
        return site.finish()


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"elsewhere"}


def _refusal(output: Path, inputs: Path | None = None) -> str:
    with pytest.raises(OutputError) as raised:
        staging(output, inputs)
    message = str(raised.value)
    assert message.startswith(f"output {output}: expected ")
    assert "got " in message
    assert "another" in message, "what to do"
    return message


# -- What is written


def test_a_first_site_appears_whole(tmp_path: Path) -> None:
    """The output and the folders to it are made; nothing else is left."""
    facts = _build(tmp_path / "deep" / "er" / "site", OLD)
    assert _files(tmp_path / "deep") == {f"er/site/{name}": text for name, text in OLD.items()}
    size = sum(len(text) for text in OLD.values())
    assert facts == SiteFacts(files=3, bytes=size, unchanged=0)


@pytest.mark.usefixtures("either_swap")
def test_a_new_site_replaces_the_old_whole(tmp_path: Path) -> None:
    """What the new one does not have is gone."""
    _build(tmp_path / "site", OLD)
    facts = _build(tmp_path / "site", NEW)
    assert _files(tmp_path / "site") == NEW
    assert facts.unchanged == 1  # gallery.json
    assert _names(tmp_path) == {"site"}


@pytest.mark.usefixtures("either_swap")
def test_until_the_end_the_old_site_is_whole(tmp_path: Path) -> None:
    """A reader never meets a half-built site."""
    _build(tmp_path / "site", OLD)
    with staging(tmp_path / "site") as site:
        for relative, text in NEW.items():
            site.write(relative, text)
            assert _files(tmp_path / "site") == OLD
        site.finish()
        assert _files(tmp_path / "site") == NEW


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_build_that_fails_leaves_the_old_site(tmp_path: Path, error: type[BaseException]) -> None:
    """Whatever stopped it, nothing of it stays."""
    _build(tmp_path / "site", OLD)
    with pytest.raises(error), staging(tmp_path / "site") as site:
        site.write("index.html", "new")
        raise error
    assert _files(tmp_path / "site") == OLD
    assert _names(tmp_path) == {"site"}


def test_a_first_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Not even the folders that it had to make."""
    with pytest.raises(RuntimeError), staging(tmp_path / "deep" / "er" / "site"):
        raise RuntimeError
    assert _names(tmp_path) == set()


def test_a_swap_that_fails_puts_the_old_site_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the old site can be moved away and the new one not put there, all is as before."""
    _build(tmp_path / "site", OLD)
    monkeypatch.setattr(swap, "exchange", lambda one, other: False)
    rename = Path.rename

    def fail_for_the_new(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fail_for_the_new)
    with pytest.raises(OutputError, match="what was there before is there still"):
        _build(tmp_path / "site", NEW)
    assert _files(tmp_path / "site") == OLD
    assert _names(tmp_path) == {"site"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the call")
def test_two_folders_are_exchanged_in_one_step(tmp_path: Path) -> None:
    """There is no moment without a site."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    assert swap.exchange(tmp_path / "one", tmp_path / "other")
    assert (tmp_path / "one" / "file").read_text() == "other"
    assert (tmp_path / "other" / "file").read_text() == "one"
    assert not swap.exchange(tmp_path / "one", tmp_path / "missing")


def test_an_unchanged_file_is_the_same_file(tmp_path: Path) -> None:
    """Same inode, same time: nothing was written; a changed file is another."""
    _build(tmp_path / "site", OLD)
    before = {name: (tmp_path / "site" / name).stat() for name in OLD}
    facts = _build(tmp_path / "site", OLD | {"index.html": "odd"})
    after = {name: (tmp_path / "site" / name).stat() for name in OLD}
    assert facts.unchanged == 2
    for name in ("gallery.json", "images/cat/index.html"):
        assert after[name].st_ino == before[name].st_ino
        assert after[name].st_mtime_ns == before[name].st_mtime_ns
        assert after[name].st_nlink == 1, "the old site is gone"
    assert after["index.html"].st_ino != before["index.html"].st_ino


def test_where_links_are_refused_the_file_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems have no hard links."""
    _build(tmp_path / "site", OLD)

    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    assert _build(tmp_path / "site", OLD).unchanged == 3
    assert _files(tmp_path / "site") == OLD


def test_a_link_in_the_old_site_is_not_followed(tmp_path: Path) -> None:
    """A file of somewhere else never becomes part of the site, though its bytes are the same."""
    _build(tmp_path / "site", OLD)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "page.css").write_text("body {}")
    (tmp_path / "site" / "static").symlink_to(tmp_path / "mine")
    (tmp_path / "site" / "index.html").unlink()
    (tmp_path / "site" / "index.html").symlink_to(tmp_path / "mine" / "page.css")
    _build(tmp_path / "site", OLD | {"static/page.css": "body {}", "index.html": "body {}"})
    assert (tmp_path / "mine" / "page.css").stat().st_nlink == 1
    assert not (tmp_path / "site" / "index.html").is_symlink()
    assert not (tmp_path / "site" / "static").is_symlink()


def test_large_files_of_one_size_are_told_apart(tmp_path: Path) -> None:
    """A difference in the last byte counts, beyond the first blocks."""
    one, other = b"a" * 3_000_000, b"a" * 2_999_999 + b"b"
    _build(tmp_path / "site", {"gallery.json": OURS, "sheets/a.png": one})
    assert _build(tmp_path / "site", {"gallery.json": OURS, "sheets/a.png": one}).unchanged == 2
    assert _build(tmp_path / "site", {"gallery.json": OURS, "sheets/a.png": other}).unchanged == 1
    assert (tmp_path / "site" / "sheets" / "a.png").read_bytes() == other


def test_text_is_utf8_with_plain_line_ends(tmp_path: Path) -> None:
    """The same bytes on every system; bytes stay as they are."""
    _build(
        tmp_path / "site",
        {"gallery.json": OURS, "index.html": "ü\r\nb\rc\n", "static/a.bin": b"\r\n\xff"},
    )
    assert (tmp_path / "site" / "index.html").read_bytes() == b"\xc3\xbc\nb\nc\n"
    assert (tmp_path / "site" / "static" / "a.bin").read_bytes() == b"\r\n\xff"


def test_several_threads_may_write(tmp_path: Path) -> None:
    """No file and no count is lost."""
    paths = [f"sheets/m/{i % 7}/{i}.json" for i in range(400)]
    with staging(tmp_path / "site") as site, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda path: site.write(path, path), paths))
        site.write("gallery.json", OURS)
        facts = site.finish()
    assert facts.files == 401
    assert facts.bytes == sum(map(len, paths)) + len(OURS)
    assert _files(tmp_path / "site") == {path: path for path in paths} | {"gallery.json": OURS}


def test_what_was_written_can_be_read_back(tmp_path: Path) -> None:
    """Until the end, from where it lies."""
    with staging(tmp_path / "site") as site:
        site.write("sheets/a.json", "1")
        assert site.path("sheets/a.json").read_text() == "1"


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "images/../../x", "images//x", "./index.html", "images/."]
)
def test_no_path_leads_out_of_the_site(tmp_path: Path, path: str) -> None:
    """Only plain relative paths are written."""
    with staging(tmp_path / "site") as site, pytest.raises(ValueError, match="inside of the site"):
        site.write(path, "x")


def test_only_what_the_contract_names_is_written(tmp_path: Path) -> None:
    """Else the next build would find a foreign file in its own site."""
    with staging(tmp_path / "site") as site, pytest.raises(ValueError, match=r"notes\.txt"):
        site.write("notes.txt", "x")


def test_a_file_is_written_once(tmp_path: Path) -> None:
    """Two pages of one path are a mistake, and the link to an old file must not be written to."""
    _build(tmp_path / "site", OLD)
    with staging(tmp_path / "site") as site:
        site.write("index.html", "old")
        with pytest.raises(ValueError, match="written before"):
            site.write("index.html", "new")
        assert _files(tmp_path / "site") == OLD


def test_a_site_without_gallery_json_is_not_finished(tmp_path: Path) -> None:
    """The next build would not know the folder as ours."""
    with staging(tmp_path / "site") as site:
        site.write("index.html", "new")
        with pytest.raises(ValueError, match=r"gallery\.json"):
            site.finish()
    assert _names(tmp_path) == set()


def test_a_finished_site_takes_no_more_files(tmp_path: Path) -> None:
    """Nor does one that was never begun."""
    site = staging(tmp_path / "site")
    with pytest.raises(ValueError, match="closed"):
        site.write("index.html", "x")
    with site:
        site.write("gallery.json", OURS)
        site.finish()
        with pytest.raises(ValueError, match="closed"):
            site.write("index.html", "x")


def test_the_site_can_be_read_by_a_web_server(tmp_path: Path) -> None:
    """Folders have the modes of the system's default; an output that exists keeps its own."""
    (tmp_path / "plain").mkdir()
    usual = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    _build(tmp_path / "site", OLD)
    assert stat.S_IMODE((tmp_path / "site").stat().st_mode) == usual
    (tmp_path / "site").chmod(0o2750)
    _build(tmp_path / "site", NEW)
    assert stat.S_IMODE((tmp_path / "site").stat().st_mode) == 0o2750


def test_a_full_disk_is_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason is the system's own, what to do stands with it, and the old site stays."""
    _build(tmp_path / "site", OLD)

    def full(file: int, data: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with (
        pytest.raises(OutputError, match=r"index\.html cannot be written \(No space.*make room"),
        staging(tmp_path / "site") as site,
    ):
        monkeypatch.setattr(os, "write", full)
        site.write("index.html", "new")
    monkeypatch.undo()
    assert _files(tmp_path / "site") == OLD
    assert _names(tmp_path) == {"site"}


# -- Whose folder it is


@pytest.mark.usefixtures("either_swap")
def test_the_owners_placeholders_stay(tmp_path: Path) -> None:
    """.gitkeep, .gitignore and CNAME, through the first build and the next."""
    kept = {".gitkeep": "", ".gitignore": "*\n", "CNAME": "birds.example\n"}
    (tmp_path / "site").mkdir()
    for name, text in kept.items():
        (tmp_path / "site" / name).write_text(text)
    for files in (OLD, NEW):
        facts = _build(tmp_path / "site", files)
        assert _files(tmp_path / "site") == files | kept
        assert facts.files == 3


def test_an_empty_folder_may_become_the_site(tmp_path: Path) -> None:
    """What a file manager leaves in it does not count."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / ".DS_Store").write_bytes(b"\0")
    _build(tmp_path / "site", OLD)
    assert _files(tmp_path / "site") == OLD


@pytest.mark.parametrize(
    "gallery",
    [None, "", "{", "[]", "{}", '{"generator": {"name": "other"}}', '{"generator": "layerlight"}'],
)
def test_a_folder_with_other_files_is_not_touched(tmp_path: Path, gallery: str | None) -> None:
    """Unless Layerlight's own gallery.json says that it made them; some are named."""
    folder = tmp_path / "homepage"
    folder.mkdir()
    for name in ("a.txt", "b.txt", "c.txt", "d.txt", "index.html"):
        (folder / name).write_text("mine")
    if gallery is not None:
        (folder / "gallery.json").write_text(gallery)
    before = _files(folder)
    message = _refusal(folder)
    assert f"a.txt, b.txt, c.txt and {len(before) - 3} more" in message
    assert "nothing was touched" in message
    assert _files(folder) == before
    assert _names(tmp_path) == {"homepage"}


@pytest.mark.parametrize("name", [".git", "notes.txt", "images2"])
def test_a_file_put_into_our_site_is_not_thrown_away(tmp_path: Path, name: str) -> None:
    """A repository, a note: somebody's, although the site around it is ours."""
    _build(tmp_path / "site", OLD)
    (tmp_path / "site" / name).mkdir()
    assert name in _refusal(tmp_path / "site")


def test_a_file_put_there_during_the_build_is_not_thrown_away(tmp_path: Path) -> None:
    """The folder is looked at again right before the swap."""
    _build(tmp_path / "site", OLD)
    with staging(tmp_path / "site") as site:
        for relative, text in NEW.items():
            site.write(relative, text)
        (tmp_path / "site" / "notes.txt").write_text("mine")
        with pytest.raises(OutputError, match=r"notes\.txt"):
            site.finish()
    assert _files(tmp_path / "site") == OLD | {"notes.txt": "mine"}
    assert _names(tmp_path) == {"site"}


def test_a_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    """Control characters in foreign names are shown as escapes."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a\x1b[2Jb").write_text("x")
    assert "\x1b" not in _refusal(tmp_path / "site")


def test_a_file_or_a_link_is_no_output(tmp_path: Path) -> None:
    """A link is told to be named by what it leads to, also one that leads nowhere."""
    (tmp_path / "file").write_text("x")
    assert "got a file" in _refusal(tmp_path / "file")
    assert "a file on the way" in _refusal(tmp_path / "file" / "site")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert "a symbolic link to real" in _refusal(tmp_path / "link")
    (tmp_path / "lost").symlink_to("nowhere")
    assert "a symbolic link to nowhere" in _refusal(tmp_path / "lost")


def test_a_link_on_the_way_to_the_output_is_followed(tmp_path: Path) -> None:
    """Only the folder that is replaced must not be one."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    _build(tmp_path / "link" / "site", OLD)
    assert _files(tmp_path / "real" / "site") == OLD


def test_precious_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The root, the home and the working directory, and whatever holds them, even if empty."""
    home = tmp_path / "users" / "ann"
    work = tmp_path / "work" / "gallery"
    home.mkdir(parents=True)
    work.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work)
    assert "the root of the file system" in _refusal(Path("/"))
    assert "got the home folder" in _refusal(home)
    assert "holds the home folder" in _refusal(home.parent)
    assert "got the working directory" in _refusal(Path())
    assert "holds the working directory" in _refusal(Path(".."))
    assert "holds the working directory" in _refusal(Path("../../work"))
    staging(home / "site")
    staging(Path("site"))


@pytest.mark.skipif(not Path("/proc").is_mount(), reason="/proc is no mount point here")
def test_a_mount_point_is_refused() -> None:
    """It cannot be swapped."""
    assert "got a mount point" in _refusal(Path("/proc"))


def test_the_images_and_the_site_share_nothing(tmp_path: Path) -> None:
    """Neither is the other, nor lies in it, also by way of a link."""
    (tmp_path / "photos" / "birds").mkdir(parents=True)
    (tmp_path / "link").symlink_to("photos")
    assert "got the inputs folder" in _refusal(tmp_path / "photos", tmp_path / "photos")
    assert "one in the inputs folder" in _refusal(tmp_path / "photos" / "x", tmp_path / "photos")
    assert "holds the inputs" in _refusal(tmp_path / "photos", tmp_path / "photos" / "birds")
    assert "one in the inputs folder" in _refusal(tmp_path / "link" / "x", tmp_path / "photos")
    staging(tmp_path / "photos2", tmp_path / "photos")


WITHOUT_RIGHTS = """
    import os, sys
    from pathlib import Path
    from generator.errors import OutputError
    from generator.site import staging
    if os.geteuid() == 0:  # Root may write everywhere, so become someone who may not.
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    os.chdir("/")
    for name in sys.argv[1:]:
        try:
            with staging(Path(name)) as site:
                site.write("gallery.json", '{"generator": {"name": "layerlight"}}')
                site.finish()
            print("written")
        except OutputError as error:
            print(str(error).replace("\\n", " "))
"""


def test_where_this_user_may_not_write() -> None:
    """A parent, an old site, a folder out of reach: told before any work, and nothing is lost."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        _build(folder / "closed" / "site", OLD)
        _build(folder / "shared" / "site", OLD)
        _build(folder / "secret" / "site", OLD)
        (folder / "closed").chmod(0o555)
        (folder / "shared").chmod(0o1777)
        (folder / "shared" / "site").chmod(0o555)
        (folder / "secret").chmod(0)
        tried = ("closed/new", "closed/site", "shared/site", "secret/site", "shared/new")
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                textwrap.dedent(WITHOUT_RIGHTS),
                *(f"{name}/{t}" for t in tried),
            ],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for closed in ("closed", "secret"):
            (folder / closed).chmod(0o755)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert "where this user may not write" in lines[0]
        assert "where this user may not write" in lines[1]
        assert "a folder that this user may replace" in lines[2]
        assert "a folder that this user may look into" in lines[3]
        assert lines[4] == "written"
        for kept in ("closed", "shared", "secret"):
            assert _files(folder / kept / "site") == OLD


# -- Builds that died


DYING = """
    import os, sys
    from pathlib import Path
    from generator.site import staging, swap
    how, output = sys.argv[1], Path(sys.argv[2])
    with staging(output) as site:
        site.write("index.html", "half")
        if how == "while writing":
            os._exit(9)
        if how == "copied":
            if os.fork():
                os._exit(9)
            while os.getppid() == os.getpgid(0):
                pass
            print("dead", flush=True)
            sys.stdin.read()
            os._exit(0)
        if how == "never":
            print("working", flush=True)
            sys.stdin.read()
            os._exit(9)
        # Dies between the two renames of a system that cannot exchange folders.
        site.write("gallery.json", '{"generator": {"name": "layerlight"}}')
        swap.exchange = lambda one, other: False
        rename = Path.rename
        Path.rename = lambda path, to: os._exit(9) if path.name == "new" else rename(path, to)
        site.finish()
"""


def _dying(how: str, output: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(DYING), how, str(output)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def test_what_a_dead_build_left_is_cleared_away(tmp_path: Path) -> None:
    """The next build in the same folder does it, and the old site was there all the time."""
    _build(tmp_path / "site", OLD)
    with _dying("while writing", tmp_path / "site") as process:
        assert process.wait(60) == 9
    assert len(_names(tmp_path)) == 3, "its workspace and its lock"
    assert _files(tmp_path / "site") == OLD
    _build(tmp_path / "site", NEW)
    assert _names(tmp_path) == {"site"}


def test_a_build_that_lives_is_left_alone(tmp_path: Path) -> None:
    """Its workspace stays while it works, and goes once it is dead."""
    with _dying("never", tmp_path / "other") as process:
        assert process.stdout and process.stdout.readline() == "working\n"
        _build(tmp_path / "site", OLD)
        assert len(_names(tmp_path)) == 3
        process.communicate("die", timeout=60)
    _build(tmp_path / "site", NEW)
    assert _names(tmp_path) == {"site"}


def test_an_old_site_that_a_dead_build_had_aside_comes_back(tmp_path: Path) -> None:
    """Dead between two renames: the next build finds the site, and loses nothing if it fails."""
    _build(tmp_path / "site", OLD)
    with _dying("between", tmp_path / "site") as process:
        assert process.wait(60) == 9
    assert not (tmp_path / "site").exists()
    with pytest.raises(RuntimeError), staging(tmp_path / "site"):
        raise RuntimeError
    assert _files(tmp_path / "site") == OLD
    assert _names(tmp_path) == {"site"}


def test_who_reads_a_site_has_it_put_back(tmp_path: Path) -> None:
    """After the same death, without a build; where nothing is left aside, nothing is made."""
    _build(tmp_path / "site", OLD)
    with _dying("between", tmp_path / "site") as process:
        assert process.wait(60) == 9
    put_back(tmp_path / "site")
    assert _files(tmp_path / "site") == OLD
    assert _names(tmp_path) == {"site"}
    put_back(tmp_path / "site")
    put_back(tmp_path / "other" / "site")
    assert _names(tmp_path) == {"site"}


def test_a_folder_that_only_looks_like_a_leftover_stays(tmp_path: Path) -> None:
    """With anything in it that a build does not put there it is somebody's."""
    names = {
        ".site.layerlight-0123456789abcdef",
        ".layerlight-0123456789abcdef",
        ".site.layerlight",
    }
    for name in names:
        (tmp_path / name / "new").mkdir(parents=True)
        (tmp_path / name / "mine").write_text("x")
    _build(tmp_path / "site", OLD)
    assert _names(tmp_path) == {"site", *names}


def test_without_locks_the_number_of_the_process_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system that has no locks."""

    def refuse(file: object, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", refuse)
    with staging(tmp_path / "one") as one, staging(tmp_path / "two"):
        one.write("gallery.json", OURS)
        one.finish()
    with _dying("while writing", tmp_path / "site") as process:
        assert process.wait(60) == 9
    _build(tmp_path / "site", OLD)
    assert _names(tmp_path) == {"one", "site"}


def test_one_build_at_a_time(tmp_path: Path) -> None:
    """The other is refused at once, and told who is at work; what it would touch is left alone."""
    with staging(tmp_path / "site") as one:
        one.write("index.html", "new")
        before = _names(tmp_path)
        with pytest.raises(OutputError, match=f"but process {os.getpid()} is at work on it"):
            _build(tmp_path / "site", OLD)
        assert _names(tmp_path) == before
        one.write("gallery.json", OURS)
        one.finish()
    _build(tmp_path / "site", OLD)
    assert _names(tmp_path) == {"site"}


def test_a_lock_that_was_left_behind_holds_nobody_up(tmp_path: Path) -> None:
    """Of a process that is dead, or of one whose number this process has now; empty or not."""
    for text in ("", "1", str(os.getpid()), "9" * 30):
        (tmp_path / ".site.layerlight.lock").write_text(text)
        _build(tmp_path / "site", OLD)
        assert _names(tmp_path) == {"site"}


def test_a_copy_of_a_dead_process_does_not_hold_the_lock(tmp_path: Path) -> None:
    """Though it lives on with all the files of that process open."""
    with _dying("copied", tmp_path / "site") as process:
        assert process.stdout and process.stdout.readline() == "dead\n"
        _build(tmp_path / "site", OLD)
        process.communicate("", timeout=60)
    assert _names(tmp_path) == {"site"}


def test_a_lock_that_leads_elsewhere_is_not_followed(tmp_path: Path) -> None:
    """A link in its place could have us write into any file."""
    (tmp_path / "mine").write_text("mine")
    (tmp_path / ".site.layerlight.lock").symlink_to(tmp_path / "mine")
    with pytest.raises(OutputError, match="nothing can be written there"):
        _build(tmp_path / "site", OLD)
    assert (tmp_path / "mine").read_text() == "mine"


# -- What is remembered of a site


MANIFESTS = {"old": b"of the old", "new": b"of the new"}


@pytest.mark.parametrize("existing", [True, False], ids=["rebuilt", "first"])
@pytest.mark.parametrize("step", ["rename", "exchange", "replace", "rmtree"])
def test_site_and_manifest_are_of_one_build(tmp_path: Path, step: str, *, existing: bool) -> None:
    """Dead at any step between the two: whoever comes next finds both old or both new."""
    manifest = tmp_path / ".site.layerlight.json"
    if existing:
        with staging(tmp_path / "site") as site:
            for relative, text in OLD.items():
                site.write(relative, text)
            site.finish(MANIFESTS["old"])
        assert manifest.read_bytes() == MANIFESTS["old"]
    for nth in range(1, 5):
        with subprocess.Popen(
            [
                sys.executable,
                "-c",
                textwrap.dedent(DYING_AT),
                step,
                str(nth),
                tmp_path / "site",
                OURS,
            ],
            cwd=PROJECT,
        ) as process:
            code = process.wait(60)
        with staging(tmp_path / "site").claimed():
            found = (
                _files(tmp_path / "site") if (tmp_path / "site").exists() else None,
                manifest.read_bytes() if manifest.exists() else None,
            )
            old = (OLD, MANIFESTS["old"]) if existing else (None, None)
            assert found in [old, ({"gallery.json": OURS, "index.html": "new"}, MANIFESTS["new"])]
        assert _names(tmp_path) <= {"site", manifest.name}
        if code == 0 or found != old:
            return
    pytest.fail(f"expected fewer than {nth} steps of that kind")


DYING_AT = """
    import os, shutil, sys
    from pathlib import Path
    from generator.site import staging, swap
    step, nth, output = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if step != "exchange":
        swap.exchange = lambda one, other: False
    def dying(act):
        def counted(*given, **named):
            global nth
            nth -= 1
            if nth == 0:
                os._exit(9)
            return act(*given, **named)
        return counted
    match step:
        case "exchange": swap.exchange = dying(swap.exchange)
        case "rmtree": shutil.rmtree = dying(shutil.rmtree)
        case name: setattr(Path, name, dying(getattr(Path, name)))
    with staging(output) as site:
        site.write("gallery.json", sys.argv[4])
        site.write("index.html", "new")
        site.finish(b"of the new")
"""


def test_a_manifest_that_has_no_place_is_told_and_does_no_harm(tmp_path: Path) -> None:
    """The site is there all the same."""
    (tmp_path / ".site.layerlight.json").mkdir()
    (tmp_path / ".site.layerlight.json" / "mine").write_text("mine")
    with staging(tmp_path / "site") as site:
        site.write("gallery.json", OURS)
        assert site.finish(b"of the new").barred == "Is a directory"
    assert _files(tmp_path / "site") == {"gallery.json": OURS}
    assert _names(tmp_path) == {"site", ".site.layerlight.json"}


# -- Files that go into a site


def test_a_file_goes_into_a_site_whole(tmp_path: Path) -> None:
    """Until then it lies beside the site; over one that was there too."""
    _build(tmp_path / "site", OLD)
    with adding(tmp_path / "site") as put:
        for data in (b"1", b"22"):
            assert put("handouts/a.pdf", data) == tmp_path / "site" / "handouts" / "a.pdf"
            assert (tmp_path / "site" / "handouts" / "a.pdf").read_bytes() == data
        with pytest.raises(OutputError, match="at work on it"), staging(tmp_path / "site"):
            pass
    assert _files(tmp_path / "site") == {**OLD, "handouts/a.pdf": "22"}
    assert _names(tmp_path) == {"site"}


def test_no_file_goes_into_a_site_while_it_is_built(tmp_path: Path) -> None:
    """It would be lost."""
    _build(tmp_path / "site", OLD)
    with (
        staging(tmp_path / "site"),
        pytest.raises(OutputError, match="at work on it"),
        adding(tmp_path / "site"),
    ):
        pass
    assert _files(tmp_path / "site") == OLD


def test_no_file_goes_through_a_link(tmp_path: Path) -> None:
    """A folder of the site that leads elsewhere is not written to."""
    _build(tmp_path / "site", OLD)
    (tmp_path / "mine").mkdir()
    (tmp_path / "site" / "handouts").symlink_to(tmp_path / "mine")
    with adding(tmp_path / "site") as put, pytest.raises(OutputError, match="a link out of it"):
        put("handouts/a.pdf", b"1")
    assert not [*(tmp_path / "mine").iterdir()]
