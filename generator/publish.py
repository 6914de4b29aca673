"""A built site onto a branch of a git remote, from which a host serves it.

The commit is made by ghp-import, on a branch of our own that is gone afterwards: neither the work
tree nor any branch of the user's is touched. What is there already is asked of the remote first, so
that nothing new means no commit, and a commit continues the branch's history.
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from generator import layout
from generator.errors import PublishError, UsageError
from generator.outgoing import answers_among, linked_into, outgoing, refuse_faults, refuse_problems

__all__ = ["Plan", "Wish", "prepare", "publish"]

CNAME = "CNAME"
MESSAGE = "Publish the gallery with layerlight"
"""First line of each commit; by it the next publish knows its own."""
_DOMAIN = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
_GITHUB = re.compile(r"(?:https://|ssh://git@|git@)github\.com[/:]([\w.-]+)/([\w.-]+?)(?:\.git)?/?")
_CANONICAL = re.compile(r'<link rel="canonical" href="([^"]+)">')
_SECRETS = re.compile(r"(?<=://)[^\s'\"]*@|(?<=\w)[?#][^\s'\"]*")
"""Names, passwords and queries in addresses, as git's messages may hold them."""
_OURS = "layerlight-publish"
"""Beginning of the name of the branch that a commit is made on."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be published, and where to."""

    site: Path
    repository: Path
    """A folder in a git repository that knows the remote."""
    remote: str = "origin"
    branch: str = "gh-pages"
    values: bool = False
    """Whether the values files go out too: only pages opened from a file need them."""
    cname: str = ""
    """The domain at which it is to be found; "": that of the branch or the site, if any."""
    allow_problems: bool = False
    """Whether a site is published whose build could not use all inputs."""
    replace: bool = False
    """Whether a branch that holds something else than a gallery is replaced."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a push would do."""

    wish: Wish
    url: str
    """Of the remote, without any name or password: either may be a token."""
    tip: str
    """The branch's last commit there; "" if there is no such branch yet."""
    blobs: Mapping[str, str]
    """What the branch is to hold: git's name of the bytes of each file."""
    cname: str
    bytes: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    note: str
    """What the user should know of the branch; "" if nothing."""
    home: str = ""
    """Where the site says that it will be found; "" if it does not (``base_url``)."""

    @property
    def answers(self) -> int:
        """How many worksheets with answers will be there for everybody."""
        return answers_among(self.blobs)

    @property
    def unchanged(self) -> bool:
        """Whether the branch is as it would be made."""
        return bool(self.tip) and not (self.added or self.changed or self.removed)

    @property
    def address(self) -> str:
        """Where it will be found, by its own word or GitHub's rule; "" if nobody knows."""
        if self.cname:
            return f"https://{self.cname}/"
        if self.home:
            return self.home
        match = _GITHUB.fullmatch(self.url)
        if not match:
            return ""
        owner, name = match.groups()
        home = f"{owner.lower()}.github.io"
        return f"https://{home}/" if name.lower() == home else f"https://{home}/{name}/"


def prepare(wish: Wish) -> Plan:
    """Look at the site and at the remote; push nothing.

    Raises:
        UsageError: no gallery, no such remote, or a domain that is none.
        SiteError: the site has faults, is too large, or its build had problems.
        PublishError: git is missing, or the branch is not a gallery's.
    """
    if wish.cname and not _DOMAIN.fullmatch(wish.cname):
        raise UsageError(
            f"--cname: expected a domain such as gallery.example.org, in small letters and without "
            f"https://, got {wish.cname!r}"
        )
    report = refuse_faults(wish.site, values=wish.values, limits=True)
    if not wish.allow_problems:
        refuse_problems(report)
    sizes = outgoing(wish.site, values=wish.values)
    url = _remote_url(wish)
    tip = _fetch(wish)
    there = _blobs_of(wish.repository, tip) if tip else {}
    _refuse_foreign(wish, tip, there)
    cname = wish.cname or _kept_domain(wish, tip, there)
    blobs = _blobs_at(wish, list(sizes))
    if cname:
        blobs[CNAME] = _git(wish.repository, "hash-object", "--stdin", stdin=f"{cname}\n").strip()
    return Plan(
        wish=wish,
        url=_shown(url),
        tip=tip,
        blobs=blobs,
        cname=cname,
        bytes=sum(sizes.values()),
        added=tuple(sorted(blobs.keys() - there.keys())),
        changed=tuple(sorted(p for p in blobs.keys() & there.keys() if blobs[p] != there[p])),
        removed=tuple(sorted(there.keys() - blobs.keys())),
        note=_note(wish, tip),
        home=_home(wish.site),
    )


def publish(plan: Plan) -> str:
    """Make the commit and push it; its name. Never forced.

    Raises:
        PublishError: the commit could not be made, or the remote did not take it.
    """
    wish, here = plan.wish, plan.wish.repository
    with _staged(plan) as folder, _own_branch(plan) as branch:
        message = f"{MESSAGE}\n\n{len(plan.blobs):,} files, {plan.bytes / 1e6:,.1f} MB"
        command = [sys.executable, "-m", "ghp_import", "-b", branch, "-r", wish.remote]
        done = subprocess.run(
            [*command, "-m", message, str(folder)],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
        )
        commit = _git(here, "rev-parse", "--verify", "--quiet", branch, may_fail=True).strip()
        # what ghp-import says of itself is not enough: it ends well when git did not
        if done.returncode or not commit or _blobs_of(here, commit) != dict(plan.blobs):
            raise PublishError(
                f"expected a commit of {len(plan.blobs):,} files, but it could not be made: "
                f"{_last_line(done.stderr)}; nothing was pushed"
            )
        _push(wish, commit)
    return commit


# -- What is there


def _remote_url(wish: Wish) -> str:
    here = wish.repository
    if not _git(here, "rev-parse", "--git-dir", may_fail=True):
        raise UsageError(
            f"{here}: expected a folder in a git repository, got one that is in none; run publish "
            f"in the clone that is to get the branch {wish.branch}, or make one with git init"
        )
    url = _git(here, "remote", "get-url", "--push", wish.remote, may_fail=True).strip()
    if not url:
        known = ", ".join(_git(here, "remote").split()) or "none"
        raise UsageError(
            f"--remote: expected a remote of this repository, got {_shown(wish.remote)!r}; there "
            f"{'are' if ',' in known else 'is'} {known} (git remote add adds one)"
        )
    if (
        _git(here, "check-ref-format", "--branch", wish.branch, may_fail=True).strip()
        != wish.branch
    ):
        raise UsageError(f"--branch: expected the name of a branch, got {wish.branch!r}")
    return url


def _shown(url: str) -> str:
    """A remote's address without its query and without name and password, but for ssh's ``git``."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url  # a path, or git@host:path, which has no password
    # a password may hold a slash
    user, _, place = re.split(r"[?#]", rest, maxsplit=1)[0].rpartition("@")
    return f"{scheme}://{'git@' if user == 'git' else ''}{place}"


def _home(site: Path) -> str:
    """The address that the front page gives as its own."""
    page = (site / layout.FRONT_PAGE).read_text(encoding="utf-8")
    match = _CANONICAL.search(page)
    return html.unescape(match[1]) if match else ""


def _fetch(wish: Wish) -> str:
    """The branch's last commit on the remote, brought here; "" if it has no such branch."""
    full = f"refs/heads/{wish.branch}"
    if not _git(wish.repository, "ls-remote", wish.remote, full).strip():
        return ""
    _git(wish.repository, "fetch", "--quiet", "--no-tags", wish.remote, full)
    return _git(wish.repository, "rev-parse", "FETCH_HEAD").strip()


def _blobs_of(repository: Path, commit: str) -> dict[str, str]:
    """Git's name of the bytes of each file of a commit."""
    listed = _git(repository, "ls-tree", "-r", "-z", "--full-tree", commit).split("\0")
    found = {}
    for line in filter(None, listed):
        facts, path = line.split("\t", 1)
        found[path] = facts.split()[2]
    return found


def _blobs_at(wish: Wish, paths: list[str]) -> dict[str, str]:
    """The same of files of the site, written nowhere."""
    places = "".join(f"{(wish.site / path).absolute()}\n" for path in paths)
    names = _git(
        wish.repository, "hash-object", "--no-filters", "--stdin-paths", stdin=places
    ).split()
    return dict(zip(paths, names, strict=True))


def _refuse_foreign(wish: Wish, tip: str, there: Mapping[str, str]) -> None:
    """Look whether the branch holds a gallery, or nothing worth a word.

    Raises:
        PublishError: it holds something else, which a push would take from its readers.
    """
    if wish.replace or not there.keys() - {CNAME, layout.NO_JEKYLL, "README.md", "index.html"}:
        return
    with suppress(ValueError, LookupError, TypeError, PublishError):
        made = json.loads(_git(wish.repository, "show", f"{tip}:{layout.GALLERY_JSON}"))
        if made["generator"]["name"] == "layerlight":
            return
    shown = ", ".join(sorted(there)[:3])
    raise PublishError(
        f"expected {wish.branch} of {wish.remote} to hold a gallery or nothing, got {len(there):,} "
        f"other files: {shown}{', ...' if len(there) > 3 else ''}. Name another branch with "
        f"--branch, or replace them with --replace; the history keeps them. Nothing was pushed"
    )


def _kept_domain(wish: Wish, tip: str, there: Mapping[str, str]) -> str:
    """The domain that the owner has put into the site or, by the host's settings, on the branch."""
    own = wish.site / CNAME
    if own.is_file() and not own.is_symlink():
        return own.read_text(encoding="utf-8").strip()
    return _git(wish.repository, "show", f"{tip}:{CNAME}").strip() if CNAME in there else ""


def _note(wish: Wish, tip: str) -> str:
    """Whose the last commit is, if it is not ours."""
    if not tip:
        return ""
    shown = _git(wish.repository, "show", "-s", "--format=%h%x00%s%x00%cn", tip).strip()
    short, subject, who = shown.split("\0")
    if subject == MESSAGE:
        return ""
    return (
        f"the last commit of {wish.branch}, {short} ({subject!r} by {who}), is not of layerlight: "
        f"what it holds is replaced, and stays in the history"
    )


# -- What is made


@contextmanager
def _staged(plan: Plan) -> Iterator[Path]:
    """A folder with all that the branch is to hold."""
    site, here = plan.wish.site, plan.wish.repository
    # in git's own folder: most often on the site's file system, and never in the work tree
    parent = Path(here, _git(here, "rev-parse", "--git-dir").strip())
    with tempfile.TemporaryDirectory(prefix=f"{_OURS}-", dir=parent) as name:
        linked_into(Path(name), site, (path for path in plan.blobs if path != CNAME))
        if plan.cname:
            Path(name, CNAME).write_bytes(f"{plan.cname}\n".encode())
        yield Path(name)


@contextmanager
def _own_branch(plan: Plan) -> Iterator[str]:
    """A branch that stands where the remote's does; gone afterwards."""
    here, branch = plan.wish.repository, f"{_OURS}-{os.getpid()}"
    _git(here, "update-ref", "-d", f"refs/heads/{branch}")
    try:
        if plan.tip:
            _git(here, "update-ref", f"refs/heads/{branch}", plan.tip)
        _refuse_nobody(here)
        yield branch
    finally:
        _git(here, "update-ref", "-d", f"refs/heads/{branch}")


def _refuse_nobody(repository: Path) -> None:
    """ghp-import would commit in nobody's name."""
    for key, variable in (("name", "GIT_COMMITTER_NAME"), ("email", "GIT_COMMITTER_EMAIL")):
        known = os.environ.get(variable) or _git(repository, "config", f"user.{key}", may_fail=True)
        if not known.strip():
            raise PublishError(
                f"expected git to know who commits, but user.{key} is not set; "
                f"set it: git config user.{key} ..."
            )


def _push(wish: Wish, commit: str) -> None:
    try:
        _git(wish.repository, "push", "--quiet", wish.remote, f"{commit}:refs/heads/{wish.branch}")
    except PublishError as error:
        raise PublishError(
            f"expected {wish.remote} to take the commit for {wish.branch}, but it was rejected; "
            f"nothing was forced. If somebody else has pushed meanwhile, publish again; if you may "
            f"not push there, ask its owner.\n{error}"
        ) from None


def _git(
    repository: Path, *arguments: str, stdin: str | None = None, may_fail: bool = False
) -> str:
    """What git answers; "" if it may fail and did.

    Raises:
        PublishError: it failed, or there is none.
    """
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=repository,
            # words that are read here are English
            env={**os.environ, "LC_ALL": "C"},
            input=b"" if stdin is None else stdin.encode(),
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise PublishError(
            "expected git on this machine, but there is none; install it, or pack the site with "
            "layerlight pack and bring it to its host by hand"
        ) from None
    if done.returncode and not may_fail:
        said = _SECRETS.sub("", done.stderr.decode("utf-8", "replace")).strip()
        said = said or "no more is known"
        raise PublishError(f"git {arguments[0]} failed: {said}")
    return "" if done.returncode else done.stdout.decode("utf-8", "replace")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no more is known"])[-1]
