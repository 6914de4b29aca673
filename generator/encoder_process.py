"""What runs in a process of a build that encodes: see ``generator.encoders``.

It never loads TensorFlow. Maps come to it through shared memory; it writes files into the site in
the making itself, and hands back what was measured and which files these are.
"""

from __future__ import annotations

import gc
import os
import pickle
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection

from generator.evidence import Weighted
from generator.handover import Arrays, Handover
from generator.kin import end_with
from generator.parcel import Parcel, packed
from generator.sheet_files import Pixels, Plan, Run, save
from generator.site import Files, Written

__all__ = ["FED", "READY", "Begin", "Done", "Job", "main"]

READY = b"ready"
FED = ""
"""Name of what the network was fed, among the maps of its layers."""


@dataclass(frozen=True, slots=True)
class Begin:
    """What is the same for all images of a network."""

    plan: Plan
    """Whose kernels are without their weights: those stay in the shared memory."""
    handover: Handover
    files: Files


@dataclass(frozen=True, slots=True)
class Job:
    """One image, whose maps lie in a slot of the shared memory."""

    slot: int
    image: str
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it."""

    measures: Parcel
    files: dict[str, Written]


def main(names: Sequence[str], parent: int) -> None:
    """Do what comes through connections, in a process for each, until nothing will.

    The others begin as copies of this one, which loads for all of them what they need.

    Args:
        names: numbers of the connections' descriptors.
        parent: number of the process at their other end.
    """
    end_with(parent)
    gc.freeze()
    channels = [int(name) for name in names]
    own, *others = channels
    copies: list[int] = []
    for channel in others:
        first = os.getpid()
        copy = os.fork()
        if not copy:
            own, copies = channel, []
            end_with(first)
            break
        copies.append(copy)
    for channel in channels:
        if channel != own:
            os.close(channel)
    _serve(own)
    for copy in copies:
        os.waitpid(copy, 0)


def _serve(channel: int) -> None:
    with Connection(channel) as connection:
        connection.send(READY)
        work: _Work | None = None
        while True:
            try:
                message = connection.recv()
            except (EOFError, ConnectionError):
                return
            if isinstance(message, Begin):
                work = _Work(message)
            else:
                assert work is not None
                connection.send_bytes(_answer(work, message))


def _answer(work: _Work, job: Job) -> bytes:
    """What became of a job, or the exception that it ended in, with where that came from."""
    try:
        return pickle.dumps(work.do(job), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # to be raised at the other end, whatever it is
        where = traceback.format_exc()
        error.add_note(f"In a process that encodes:\n{where}")
        try:
            packed_error = pickle.dumps(error, pickle.HIGHEST_PROTOCOL)
            pickle.loads(packed_error)
            return packed_error
        except Exception:  # some cannot travel
            return pickle.dumps(RuntimeError(where), pickle.HIGHEST_PROTOCOL)


class _Work:
    """The images of one network."""

    def __init__(self, begin: Begin) -> None:
        self._slots, lasting = begin.handover.open()
        self._plan = replace(begin.plan, kernels=_whole(begin.plan, lasting))
        self._files = begin.files

    def do(self, job: Job) -> Done:
        """Write an image's files."""
        maps = self._slots[job.slot]
        written: dict[str, Written] = {}

        def write(path: str, data: bytes | str) -> None:
            written[path] = self._files.write(path, data)

        run = Run(job.image, job.pixels, maps[FED], maps)
        return Done(packed(save(run, self._plan, write)), written)


def _whole(plan: Plan, lasting: Arrays) -> dict[str, Weighted]:
    return {name: one._replace(weights=lasting[name]) for name, one in plan.kernels.items()}
