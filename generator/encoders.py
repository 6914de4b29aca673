"""Several images at a time measured, encoded and written: by processes, or in threads.

What encodes an image calls numpy and compiled passes some two thousand times, and for each it has
to get the interpreter's lock back. While another thread makes pages, in Python alone, it waits for
that up to five milliseconds each time: two threads then keep hardly more than one core busy. So
where there are enough images to make up for their start, this is done by processes that never load
TensorFlow (half a second each, while TensorFlow starts). What comes of an image is the same, byte
for byte.

They need Linux, whose memory without a name they share (``generator.handover``); elsewhere, and
where one cannot start, threads do the work. No process outlives its build: it ends when the other
end of its connection is closed, and the system ends it with its parent.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Semaphore
from typing import Any, Self

import numpy as np

from generator.encoder_process import FED, READY, Begin, Done, Job
from generator.errors import EncoderError
from generator.handover import Arrays, Handover, offered, shapes_of
from generator.kin import cores
from generator.parcel import unpacked
from generator.sheet_files import Found, Plan, Run, save
from generator.site import Staging

__all__ = ["WORKERS", "Crew", "Encoding"]

WORKERS = 2
"""Images that are encoded at a time."""
ALIVE = 2
"""Batches whose maps are in memory where threads encode: one in the network, one encoded."""
SLOTS = 6
"""Images whose maps are in shared memory, beside the batch that is in the network: those that are
encoded, and as many as come before a batch more is there."""
WORTH_IT = 12
"""Images that take longer than the processes' start."""

_START_SECONDS = 60
"""After which a process is given up; it takes one or two, if the disk is slow ten."""
_TURN_SECONDS = 0.2
_END_SECONDS = 10
_PROGRAM = (
    "import sys; channels, parent, *sys.path = sys.argv[1:]; "
    "from generator.encoder_process import main; main(channels.split(','), int(parent))"
)
"""The same modules as here, wherever this process found them. Not by ``multiprocessing``, which
would run the user's own program once more."""

_UTF8 = ("-X", "utf8") if sys.flags.utf8_mode else ()
"""Names of files mean the same there."""
_STANDARD = 2
"""The last of the descriptors that every process has."""
_SURROUNDINGS = {
    # numpy's own threads would be in the way of the other processes
    "OPENBLAS_NUM_THREADS": "1",
    # memory of the last array serves for the next, instead of going back to the system (glibc)
    "MALLOC_MMAP_THRESHOLD_": f"{2**25}",  # the most that every version takes
    "MALLOC_TRIM_THRESHOLD_": f"{2**30}",
}


class Encoding:
    """Encoders for the images of one network, as ``generator.pipeline`` wants them."""

    def __init__(self, crew: Crew, stage: Staging, images: int) -> None:
        """Has the processes start, if there are enough images.

        Args:
            crew: of the build.
            stage: where files go.
            images: how many there are.
        """
        self._crew, self._stage, self._several = crew, stage, images >= WORTH_IT
        self._way: _InThreads | _InProcesses | None = None
        crew.start(images)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._way:
            self._way.stop()
            self._way.close()

    def wait(self) -> None:
        """Until a batch of maps more can be in memory."""
        if self._way:  # the first batch has room, whoever will encode it
            self._way.wait()

    def take(self, runs: list[Run], plan: Plan) -> Iterator[Future[Found]]:
        """Begin with a batch, image by image as there is room; the list is emptied."""
        if self._way is None:
            self._way = self._chosen(runs[0], plan)
        return self._way.take(runs, plan)

    def stop(self) -> None:
        """Let nobody wait for room any more; what is under way is finished."""
        self._crew.give_up()
        if self._way:
            self._way.stop()

    def _chosen(self, example: Run, plan: Plan) -> _InThreads | _InProcesses:
        if self._several and self._crew.ready():
            with suppress(OSError):  # there is not so much shared memory
                return _InProcesses(self._crew, self._stage, example, plan)
        return _InThreads(self._stage)


# -- Threads


class _InThreads:
    def __init__(self, stage: Staging) -> None:
        self._write = stage.write
        self._pool = ThreadPoolExecutor(WORKERS)
        self._room = Semaphore(ALIVE - 1)  # one batch is there already

    def wait(self) -> None:
        self._room.acquire()

    def take(self, runs: list[Run], plan: Plan) -> Iterator[Future[Found]]:
        left = [*range(len(runs))]

        def done(_: Future[Found]) -> None:
            if left.pop() == 0:  # by whichever thread is the last
                self._room.release()

        while runs:
            # the job alone holds the maps: they go as soon as it is done
            job = self._pool.submit(self._saved, runs.pop(0), plan)
            job.add_done_callback(done)
            yield job

    def _saved(self, run: Run, plan: Plan) -> Found:
        measures = save(run, plan, self._write)
        return lambda: measures

    def stop(self) -> None:
        self._room.release()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


# -- Processes


class _InProcesses:
    def __init__(self, crew: Crew, stage: Staging, example: Run, plan: Plan) -> None:
        self._crew, self._stage = crew, stage
        self._pool = ThreadPoolExecutor(WORKERS)  # each thread waits for one process
        self._free: SimpleQueue[int | None] = SimpleQueue()
        self._slots = self._opened(_arrays(example), plan)

    def wait(self) -> None:
        """Nothing to wait for: room is looked for image by image."""

    def take(self, runs: list[Run], plan: Plan) -> Iterator[Future[Found]]:
        while runs:
            slot = self._free.get()
            if slot is None:
                runs.clear()
                return
            # nothing here holds on to maps: this waits while the next batch is run
            yield self._pool.submit(self._do, self._handed_over(runs.pop(0), slot))

    def stop(self) -> None:
        self._free.put(None)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._slots.clear()  # the memory goes with the last array, also if an error is kept

    def _handed_over(self, run: Run, slot: int) -> Job:
        for name, array in _arrays(run).items():
            np.copyto(self._slots[slot][name], array)
        return Job(slot, run.image, run.pixels)

    def _opened(self, example: Arrays, plan: Plan) -> list[Arrays]:
        """The memory's slots, which the processes have too."""
        weights = {name: one.weights for name, one in plan.kernels.items()}
        handover = Handover(self._crew.memory, SLOTS, shapes_of(example), shapes_of(weights))
        handover.resize()
        slots, lasting = handover.open(writable=True)
        for name, array in weights.items():
            np.copyto(lasting[name], array)
        nothing = np.empty((0, 0, 0), dtype=np.float32)
        light = {name: one._replace(weights=nothing) for name, one in plan.kernels.items()}
        self._crew.tell(Begin(replace(plan, kernels=light), handover, self._stage.files))
        for slot in range(SLOTS):
            self._free.put(slot)
        return slots

    def _do(self, job: Job) -> Found:
        try:
            done = self._crew.ask(job)
        finally:
            self._free.put(job.slot)
        self._stage.adopt(done.files)
        return partial(unpacked, done.measures)


def _arrays(run: Run) -> Arrays:
    return {**run.maps, FED: run.fed}


class Crew:
    """The processes of a build that encode; none is started before it is asked for."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._members: list[Connection] = []
        self._idle: SimpleQueue[Connection] = SimpleQueue()
        self._asked = self._ready = self._given_up = False
        self.memory = -1
        """Descriptor of the memory that they share, once they are ready."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def start(self, images: int) -> None:
        """Have them start, and go on meanwhile; if they can here, and have not been told before.

        Args:
            images: that are to be encoded; for a few it would not pay.
        """
        self._given_up = False
        if self._asked or images < WORTH_IT or cores() < 2:
            return
        self._asked = True
        memory = offered()
        if memory is None:
            return
        self.memory = memory
        pairs = [Pipe() for _ in range(WORKERS)]
        self._members = [here for here, _ in pairs]
        channels = [there.fileno() for _, there in pairs]
        try:
            # where one is closed here, what is opened gets its number, and loses it there
            if min(memory, *channels) > _STANDARD:
                self._process = _started(memory, channels)
            else:
                self._end()
        except (OSError, subprocess.SubprocessError):
            self._end()
        finally:
            for _, there in pairs:
                there.close()

    def ready(self) -> bool:
        """Whether they are there, once that is known."""
        if not self._ready and self._members:
            self._ready = all(map(self._is_ready, self._members))
            if self._ready:
                for member in self._members:
                    self._idle.put(member)
            else:
                self._end()
        return self._ready

    def give_up(self) -> None:
        """Wait no longer for their start."""
        self._given_up = True

    def tell(self, begin: Begin) -> None:
        """Tell all of them what comes; none has anything to do."""
        for member in self._members:
            with suppress(OSError):  # one that has ended: that shows when it is asked
                member.send(begin)

    def ask(self, job: Job) -> Done:
        """Have one of them do it, and wait for that.

        Raises:
            EncoderError: it ended meanwhile.
            Whatever went wrong there.
        """
        member = self._idle.get()
        try:
            member.send(job)
            answer: Any = pickle.loads(member.recv_bytes())
        except (EOFError, OSError) as error:
            raise EncoderError(
                f"expected a process of this build to encode {job.image}, got its end; most often "
                "there was too little memory, of which a build takes 2.5 GB: make room, and build "
                "again"
            ) from error
        finally:
            self._idle.put(member)
        if isinstance(answer, Exception):
            raise answer
        done: Done = answer
        return done

    def _end(self) -> None:
        members, self._members = self._members, []
        for member in members:  # they end when the other end is closed
            member.close()
        if self._process:
            if not self._ready:  # it would load first what it needs no more
                self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
            self._process.kill()
            self._process.wait()
            self._process = None
        if self.memory >= 0:
            os.close(self.memory)
            self.memory = -1

    def _is_ready(self, member: Connection) -> bool:
        """Whether it has started; waits for it."""
        until = time.monotonic() + _START_SECONDS
        with suppress(EOFError, OSError):
            while not self._given_up and time.monotonic() < until:
                if member.poll(_TURN_SECONDS):
                    return bool(member.recv() == READY)
        return False


def _started(memory: int, channels: list[int]) -> subprocess.Popen[bytes]:
    """The first process, of which the others will be copies."""
    given = [",".join(map(str, channels)), str(os.getpid()), *sys.path]
    return subprocess.Popen(
        # -P: a module that lies in the working folder is not run in place of a library's
        [sys.executable, "-P", *_UTF8, "-c", _PROGRAM, *given],
        pass_fds=(*channels, memory),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **_SURROUNDINGS},
        process_group=0,  # Ctrl-C is for the one that ends the others
    )
