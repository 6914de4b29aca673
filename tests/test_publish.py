"""Publishing to a real git remote: what is pushed, what is kept, what is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from generator import layout
from generator.cli import app
from generator.errors import PublishError, SiteError, UsageError
from generator.publish import Wish, prepare, publish
from tests.conftest import GALLERY_URL
from tests.git_remotes import files_of, git, published, repositories


@pytest.fixture
def copy(beside: Path, tmp_path: Path) -> Path:
    """A copy of the gallery of three small networks."""
    return Path(shutil.copytree(beside, tmp_path / "site"))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A git repository with a commit of its own, whose remote ``origin`` is bare and empty."""
    return repositories(tmp_path)


def _remote(work: Path) -> Path:
    return work.parent / "remote.git"


def _commits(work: Path) -> list[str]:
    """Those of the branch on the remote, the newest first."""
    return git(_remote(work), "log", "--format=%H", "gh-pages").split()


def test_the_branch_holds_the_site_without_its_values_files(
    copy: Path, work: Path, tmp_path: Path
) -> None:
    """Every file, byte by byte, and .nojekyll; nothing else."""
    publish(prepare(Wish(copy, work)))
    found = files_of(published(work, tmp_path / "clone"))
    site = files_of(copy)
    assert ".nojekyll" in found
    assert found == {path: data for path, data in site.items() if not layout.is_values(path)}
    assert len(found) < len(site)


def test_values_files_go_along_if_wanted(copy: Path, work: Path, tmp_path: Path) -> None:
    """Then the branch is the site."""
    publish(prepare(Wish(copy, work, values=True)))
    assert files_of(published(work, tmp_path / "clone")) == files_of(copy)


def test_history_is_kept_and_nothing_new_makes_no_commit(copy: Path, work: Path) -> None:
    """The second publish finds nothing to do; the third continues the first."""
    first = publish(prepare(Wish(copy, work)))
    plan = prepare(Wish(copy, work))
    assert plan.unchanged
    assert _commits(work) == [first]
    (copy / "learn/glossary.html").write_bytes((copy / "learn/glossary.html").read_bytes() + b"\n")
    plan = prepare(Wish(copy, work))
    assert (plan.added, plan.changed, plan.removed) == ((), ("learn/glossary.html",), ())
    second = publish(plan)
    assert _commits(work) == [second, first]


def test_the_users_repository_stays_as_it_was(copy: Path, work: Path) -> None:
    """No branch of theirs moves, none is left, nothing lies in the work tree or beside it."""
    git(work, "branch", "gh-pages")
    before = git(work, "for-each-ref", "refs/heads"), git(work, "status", "--porcelain")
    entries = sorted(path.name for path in (work / ".git").iterdir())
    publish(prepare(Wish(copy, work)))
    assert (git(work, "for-each-ref", "refs/heads"), git(work, "status", "--porcelain")) == before
    assert {p.name for p in (work / ".git").iterdir()} - set(entries) <= {"FETCH_HEAD", "logs"}


def test_a_domain_is_a_file_on_the_branch_and_stays_there(copy: Path, work: Path) -> None:
    """Given once, or set by the host: a later publish keeps it."""
    publish(prepare(Wish(copy, work, cname="gallery.example.org")))
    assert git(_remote(work), "show", "gh-pages:CNAME") == "gallery.example.org\n"
    plan = prepare(Wish(copy, work))
    assert plan.unchanged
    assert plan.address == "https://gallery.example.org/"


@pytest.mark.parametrize("wrong", ["https://gallery.example", "Gallery.example", "one", "a b.org"])
def test_a_domain_that_is_none_is_refused(wrong: str, copy: Path, work: Path) -> None:
    """Before anything is asked of the remote."""
    with pytest.raises(UsageError, match="--cname: expected a domain"):
        prepare(Wish(copy, work, cname=wrong))


def test_what_somebody_else_pushed_meanwhile_is_never_forced_away(
    copy: Path, work: Path, tmp_path: Path
) -> None:
    """The push is rejected with a clear message, and their commit stays."""
    first = publish(prepare(Wish(copy, work)))
    (copy / "static/icon.svg").write_bytes((copy / "static/icon.svg").read_bytes() + b"\n")
    plan = prepare(Wish(copy, work))
    theirs = _commit_of_another(work, tmp_path / "other")
    with pytest.raises(PublishError, match=r"rejected; nothing was forced"):
        publish(plan)
    assert _commits(work) == [theirs, first]


def test_what_somebody_else_pushed_before_is_told_and_kept_in_the_history(
    copy: Path, work: Path, tmp_path: Path
) -> None:
    """Their commit is named; ours comes on top of it."""
    first = publish(prepare(Wish(copy, work)))
    theirs = _commit_of_another(work, tmp_path / "other")
    plan = prepare(Wish(copy, work))
    assert "A change by hand" in plan.note
    assert "Somebody" in plan.note
    assert plan.removed == ("by-hand.txt",)
    ours = publish(plan)
    assert _commits(work) == [ours, theirs, first]


def test_a_branch_of_something_else_is_not_replaced_unasked(copy: Path, work: Path) -> None:
    """Somebody's pages stay; with --replace they go, and the history keeps them."""
    (work / "manual").mkdir()
    (work / "manual" / "page.html").write_text("x")
    git(work, "add", "manual")
    git(work, "commit", "-qm", "A manual")
    git(work, "push", "-q", "origin", "HEAD:gh-pages")
    with pytest.raises(PublishError, match=r"to hold a gallery or nothing, got 2 other files"):
        prepare(Wish(copy, work))
    plan = prepare(Wish(copy, work, replace=True))
    assert len(_commits(work)) == 2
    publish(plan)
    assert len(_commits(work)) == 3


def test_a_site_with_a_fault_is_refused(copy: Path, work: Path) -> None:
    """It names the fault, and nothing is pushed."""
    (copy / "static/css/site.css").unlink()
    with pytest.raises(SiteError, match=r"(?s)without faults.*static/css/site\.css"):
        prepare(Wish(copy, work))
    assert git(_remote(work), "branch") == ""


def test_a_site_that_is_too_large_is_refused(copy: Path, work: Path) -> None:
    """GitHub Pages takes 1 GB, and GitHub no file above 100 MB."""
    sheet = "sheets/plain/chelsea/second.png"
    whole = (copy / sheet).read_bytes()
    for size in (101 * 2**20, 10**9):
        os.truncate(copy / sheet, size)
        with pytest.raises(SiteError, match="expected at most"):
            prepare(Wish(copy, work))
    (copy / sheet).write_bytes(whole)


def test_what_is_no_gallery_is_refused(work: Path) -> None:
    """Nobody's folder is published by a slip."""
    with pytest.raises(UsageError, match="expected a gallery that Layerlight made"):
        prepare(Wish(work, work))


def test_a_build_with_problems_is_published_only_if_allowed(copy: Path, work: Path) -> None:
    """An image that is missing from the site may be missed by its readers."""
    gallery = json.loads((copy / "gallery.json").read_text(encoding="utf-8"))
    gallery["problems"] = [{"source": "a.png", "stage": "decode", "message": "expected an image"}]
    (copy / "gallery.json").write_text(json.dumps(gallery), encoding="utf-8")
    with pytest.raises(SiteError, match="expected a build without problems, got 1"):
        prepare(Wish(copy, work))
    assert not prepare(Wish(copy, work, allow_problems=True)).unchanged


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"remote": "upstream"}, r"--remote: expected a remote of this repository.*origin"),
        ({"branch": "a b"}, "--branch: expected the name of a branch"),
    ],
)
def test_what_git_does_not_know_is_refused(
    changes: dict[str, str], said: str, copy: Path, work: Path
) -> None:
    """By the option that was wrong."""
    with pytest.raises(UsageError, match=said):
        prepare(Wish(copy, work, **changes))  # type: ignore[arg-type]  # texts only


def test_outside_of_a_repository_nothing_is_published(copy: Path, tmp_path: Path) -> None:
    """It says where to run it."""
    folder = tmp_path / "nowhere"
    folder.mkdir()
    with pytest.raises(UsageError, match="expected a folder in a git repository"):
        prepare(Wish(copy, folder))


def test_a_remote_that_cannot_be_reached_is_named(copy: Path, work: Path) -> None:
    """With what git says of it."""
    shutil.rmtree(_remote(work))
    with pytest.raises(PublishError, match="git ls-remote failed"):
        prepare(Wish(copy, work))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://github.com/Ada/maps.git", "https://ada.github.io/maps/"),
        ("git@github.com:ada/maps", "https://ada.github.io/maps/"),
        ("ssh://git@github.com/ada/ada.github.io.git", "https://ada.github.io/"),
        ("https://git.example.org/ada/maps.git", ""),
    ],
)
def test_where_it_will_be_found(url: str, address: str, copy: Path, work: Path) -> None:
    """By the rule of GitHub Pages; of another host nothing is claimed."""
    assert replace(prepare(Wish(copy, work)), url=url, home="").address == address


def test_the_command_tells_what_it_does(
    copy: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dry run pushes nothing; the second run says that nothing has changed."""
    monkeypatch.chdir(work)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["publish", str(copy), *arguments], prog_name="layerlight")
        assert done.exit_code == 0, done.output
        return done.stdout

    said = run("--dry-run")
    assert "Nothing was pushed" in said
    assert "values files left out" in said
    assert git(_remote(work), "branch") == ""
    assert "Pushed" in run()
    assert "Nothing has changed" in run()
    assert len(_commits(work)) == 1


def _commit_of_another(work: Path, clone: Path) -> str:
    """Somebody's commit on top of the branch; its name."""
    subprocess.run(
        ["git", "clone", "-q", "-b", "gh-pages", str(_remote(work)), str(clone)], check=True
    )
    (clone / "by-hand.txt").write_text("x")
    git(clone, "add", "by-hand.txt")
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    git(clone, *who, "commit", "-qm", "A change by hand")
    git(clone, "push", "-q", "origin", "gh-pages")
    return git(clone, "rev-parse", "HEAD").strip()


def test_a_token_in_the_remotes_address_is_never_shown(
    copy: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the first line, which says where to, nor in what git says of a failure."""
    monkeypatch.chdir(work)
    token = "ghp_0123456789"
    monkeypatch.setenv("no_proxy", "*")
    nobody = f"https://ada:{token}/1@127.0.0.1:1/ada/maps.git?private_token={token}"
    git(work, "remote", "set-url", "--push", "origin", f"https://{token}@host.invalid/ada/maps.git")

    def run(code: int, *arguments: str) -> str:
        done = CliRunner().invoke(app, ["publish", str(copy), *arguments], prog_name="layerlight")
        assert done.exit_code == code, done.output
        return done.output

    told = run(0, "--dry-run")
    assert re.match(r"to +gh-pages of origin, https://host\.invalid/ada/maps\.git\n", told)
    git(work, "remote", "set-url", "origin", nobody)
    failed = run(1, "--dry-run")
    unknown = run(2, "--remote", f"https://ada:{token}@host.invalid/ada/maps.git")
    assert "git ls-remote failed" in failed
    assert "host.invalid" in unknown
    assert token not in told + failed + unknown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ada:secret@host.example/a.git", "https://host.example/a.git"),
        ("https://secret@host.example:8443/a.git?key=secret", "https://host.example:8443/a.git"),
        ("https://git:sec@ret@host.example/a.git", "https://host.example/a.git"),
        ("https://ada:sec/ret@host.example/a.git#secret", "https://host.example/a.git"),
        ("ssh://git@host.example/a.git", "ssh://git@host.example/a.git"),
        ("git@host.example:ada/a.git", "git@host.example:ada/a.git"),
    ],
)
def test_a_remote_is_shown_by_its_address_alone(
    url: str, shown: str, copy: Path, work: Path
) -> None:
    """Whatever stands before the host and behind the path; git's own name for ssh is no secret."""
    git(work, "remote", "set-url", "--push", "origin", url)
    assert prepare(Wish(copy, work)).url == shown


def test_after_the_first_push_it_says_what_comes_next(
    copy: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the host's setting is, once; the address whenever the site knows it."""
    monkeypatch.chdir(work)

    def run() -> str:
        done = CliRunner().invoke(app, ["publish", str(copy)], prog_name="layerlight")
        assert done.exit_code == 0, done.output
        return done.stdout

    first = run()
    assert "Settings, Pages, Deploy from a branch, gh-pages, / (root)." in first
    assert first.endswith(f"In a minute or so: {GALLERY_URL}\n")
    (copy / "static/icon.svg").write_bytes((copy / "static/icon.svg").read_bytes() + b"\n")
    second = run()
    assert "Settings" not in second
    assert GALLERY_URL in second


def test_worksheets_with_answers_are_counted(
    copy: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By publish, also as a dry run, and by pack; students' copies and posters hold none."""
    monkeypatch.chdir(work)

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, arguments, prog_name="layerlight")
        assert done.exit_code == 0, done.output
        return done.stdout

    zipped = str(work.parent / "a.zip")
    assert "\nanswers" not in run("publish", str(copy), "--dry-run")
    assert "\nanswers" not in run("pack", str(copy), "-o", zipped)
    (copy / "handouts").mkdir()
    for name in ("teacher", "teacher-letter-grey-de", "student", "student-de", "poster"):
        (copy / f"handouts/chelsea-{name}.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    said = '2 teachers\' copies are in it; build with handout_for = "student" in gallery.toml'
    assert f"answers  {said}" in run("publish", str(copy), "--dry-run")
    assert f"\nanswers: {said}" in run("pack", str(copy), "-o", zipped)
    assert layout.is_answers("handouts/a-teacher.pdf")
    assert not layout.is_answers("handouts/a-teacher-student.pdf")
