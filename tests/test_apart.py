"""Work in a process of its own: it comes back, or says why not, and never takes this one along."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator.apart import Apart, CrashedError, TooLongError, TooMuchMemoryError
from generator.errors import LayerlightError

PROJECT = Path(__file__).parent.parent

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def apart() -> Iterator[Apart]:
    """Work that may take a second and 500 MB."""
    made = Apart("tests.work_apart:work", seconds=1, megabytes=500)
    yield made
    made.close()


def test_facts_and_bytes_go_and_come_back(apart: Apart) -> None:
    """None, few, and more than a pipe holds; all in one process, which is not this one."""
    pids = set()
    for data in (b"", b"abc", os.urandom(3_000_000)):
        facts, answer = apart.do({"do": "turn", "name": "\u00e9\U0001f98a"}, data)
        assert answer == data[::-1]
        assert facts["name"] == "\u00e9\U0001f98a"
        pids.add(facts["pid"])
    assert len(pids) == 1 and pids != {os.getpid()}


@pytest.mark.parametrize(
    ("what", "error", "says"),
    [
        ("hang", TooLongError, "not done after 1 seconds"),
        ("die", CrashedError, "ended by SIGSEGV"),
        ("leave", CrashedError, "ended with exit code 7"),
        ("raise", CrashedError, "ended with exit code 1"),
    ],
)
def test_work_that_does_not_come_back_costs_itself_alone(
    apart: Apart, what: str, error: type[LayerlightError], says: str
) -> None:
    """It is told from one another; the next piece has a new process."""
    before = apart.do({"do": "turn"}).facts["pid"]
    with pytest.raises(error, match=says):
        apart.do({"do": what})
    assert apart.do({"do": "turn"}).facts["pid"] != before


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is not bounded")
def test_memory_is_bounded(apart: Apart) -> None:
    """What asks for more is told from what is damaged."""
    assert apart.do({"do": "grow", "size": 10**8}).facts == {"size": 10**8}
    with pytest.raises(TooMuchMemoryError, match="more than 500 MB"):
        apart.do({"do": "grow", "size": 10**9})
    assert apart.do({"do": "grow", "size": 10**8}).facts == {"size": 10**8}


def test_what_libraries_print_goes_nowhere(apart: Apart, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither into the answer nor onto the terminal."""
    assert apart.do({"do": "print"}, b"abc").data == b"cba"
    assert capfd.readouterr() == ("", "")


def test_closing_ends_the_process(apart: Apart) -> None:
    """And the next piece of work starts another."""
    pid = apart.do({"do": "turn"}).facts["pid"]
    apart.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert apart.do({"do": "turn"}).facts["pid"] != pid


def test_a_function_that_is_not_there(apart: Apart) -> None:
    """Of a damaged installation, say: an error of ours that names it."""
    with pytest.raises(LayerlightError, match="to run tests.work_apart:play .*install layerlight"):
        Apart("tests.work_apart:play", seconds=1, megabytes=500).do({})


def _run(code: str, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-c", textwrap.dedent(code)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_modules_in_the_working_folder_are_not_run(tmp_path: Path) -> None:
    """A folder of strangers' files may hold a struct.py; the other process imports the real one."""
    for name in ("struct", "json", "generator", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('it ran')")
    code = """
        from generator.apart import Apart
        print(Apart("tests.work_apart:work", seconds=9, megabytes=500).do({"do": "x"}, b"ab").data)
    """
    assert _run(code, tmp_path) == "b'ba'\n"


def test_a_copy_of_this_process_has_one_of_its_own(tmp_path: Path) -> None:
    """Two that talk into one pipe would get each other's answers."""
    code = """
        import os
        from generator.apart import Apart
        apart = Apart("tests.work_apart:work", seconds=9, megabytes=500)
        first = apart.do({"do": "x"}).facts["pid"]
        child = os.fork()
        second = apart.do({"do": "x"}).facts["pid"]
        if not child:
            apart.close()
            os._exit(0 if second != first else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), second == first)
    """
    assert _run(code, tmp_path) == "0 True\n"
