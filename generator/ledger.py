"""What a build may keep of the site before it, and what it notes for the next one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from threading import Lock

from generator.manifest import Group, Manifest, Stamp
from generator.site import Staging

__all__ = ["Ledger"]


class Ledger:
    """Groups of files, each kept whole from the old site or made anew.

    A group's key is of all that its files are made of; an empty key is never kept. The name of a
    group is the folder of its files, or the path of the only one, or its paths are told.
    """

    def __init__(self, old: Manifest | None, stage: Staging) -> None:
        self._old: Mapping[str, Group] = old.groups if old else {}
        self._stage = stage
        self._lock = Lock()
        self._keys: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self.kept: set[str] = set()
        """Names of those that were taken over."""

    def keep(self, name: str, key: str) -> bool:
        """Take a group over, if it was made of the same things and is still as it was."""
        group = self._old.get(name)
        if not key or group is None or group.key != key or not self._stage.keep(group.files):
            return False
        self.made(name, key, group.files)
        self.kept.add(name)
        return True

    def before(self, name: str) -> tuple[str, dict[str, bytes]]:
        """Key and files of a group of the old site, as they were noted; "" if there is none such.

        For who can use parts of it.
        """
        group = self._old.get(name)
        if group is None:
            return "", {}
        files = {path: self._stage.read_old(path, noted) for path, noted in group.files.items()}
        sound = {path: data for path, data in files.items() if data is not None}
        return (group.key, sound) if len(sound) == len(files) else ("", {})

    def made(self, name: str, key: str, paths: Iterable[str]) -> None:
        """Note a group of these files. May be called from several threads."""
        with self._lock:
            self._keys[name] = key
            self._names.update(dict.fromkeys(paths, name))

    def made_folder(self, name: str, key: str) -> None:
        """Note a group of all files in the folder ``name``, three levels below the root."""
        with self._lock:
            self._keys[name] = key

    def sorted_files(self) -> tuple[dict[str, Group], dict[str, Stamp]]:
        """The files of each group, and those of none, as the manifest has them."""
        groups = {name: Group(key, {}) for name, key in self._keys.items()}
        others: dict[str, Stamp] = {}
        for path, file in self._stage.written.items():
            name = self._names.get(path) or "/".join(path.split("/", 3)[:3])
            (groups[name].files if name in groups else others)[path] = file.stamp
        return groups, others
