"""The supervisor waits for what it starts, reports what ends, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from marketplace.platform.errors import PlatformError, ProcessFailed
from marketplace.platform.supervisor import Program, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('deaf', flush=True)\n"
    "time.sleep(600)",
]
# A process with a child of its own in the same group; both note their ids.
FAMILY = [
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(600)",
]
# A supervisor in a process of its own, so that tests can end it; it prints its children's ids.
PARENT = """
import sys
from pathlib import Path
from marketplace.platform.supervisor import Program, Supervisor, interrupt_on_termination
with interrupt_on_termination(), Supervisor(Path(sys.argv[1])) as supervisor:
    first = supervisor.start(Program("first", [sys.executable, "-c", "import time; time.sleep(600)"]))
    second = supervisor.start(Program("second", [sys.executable, "-c", "import time; time.sleep(600)"]))
    print(first, second, flush=True)
    try:
        supervisor.serve()
    except KeyboardInterrupt:
        pass
print("stopped", flush=True)
"""


def is_running(process_id: int) -> bool:
    """A zombie that nobody has reaped yet does not run."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], bool], timeout_seconds: float = 15) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def parent(tmp_path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )


def children_of(parent: "subprocess.Popen[str]") -> list[int]:
    assert parent.stdout is not None
    children = [int(word) for word in parent.stdout.readline().split()]
    assert len(children) == 2
    assert all(map(is_running, children))
    return children


def test_start_returns_when_the_probe_says_so(supervisor: Supervisor, tmp_path: Path) -> None:
    sign = tmp_path / "ready"
    code = f"import pathlib, time; time.sleep(0.3); pathlib.Path({str(sign)!r}).touch(); time.sleep(600)"
    supervisor.start(Program("slow", [sys.executable, "-c", code], is_ready=sign.exists))
    assert sign.exists()


def test_a_process_that_ends_while_starting_is_an_error_with_its_log(supervisor: Supervisor) -> None:
    code = "import sys; print('no such table: moon'); sys.exit(3)"
    with pytest.raises(ProcessFailed, match=r"(?s)status 3.*no such table: moon") as caught:
        supervisor.start(Program("broken", [sys.executable, "-c", code], is_ready=lambda: False))
    assert caught.value.name == "broken"
    assert supervisor.process_ids() == {}


def test_a_process_that_never_gets_ready_is_stopped(supervisor: Supervisor) -> None:
    with pytest.raises(ProcessFailed, match=r"not ready after 0\.2 s"):
        supervisor.start(Program("mute", SLEEP, is_ready=lambda: False, start_timeout_seconds=0.2))
    assert supervisor.process_ids() == {}


def test_a_process_that_ends_by_itself_is_reported_not_restarted(supervisor: Supervisor) -> None:
    process_id = supervisor.start(Program("worker", SLEEP))
    supervisor.check()
    os.kill(process_id, signal.SIGKILL)
    with pytest.raises(ProcessFailed, match="worker ended by itself with status -9"):
        supervisor.serve(interval_seconds=0.02)


def test_a_killed_process_can_be_started_again(supervisor: Supervisor) -> None:
    first = supervisor.start(Program("node-1", SLEEP))
    supervisor.kill("node-1")
    assert not is_running(first)
    second = supervisor.start(Program("node-1", SLEEP))
    assert is_running(second)


def test_names_are_unique(supervisor: Supervisor) -> None:
    supervisor.start(Program("node-1", SLEEP))
    with pytest.raises(PlatformError, match="node-1 runs already"):
        supervisor.start(Program("node-1", SLEEP))


def test_a_process_deaf_to_sigterm_is_killed_after_its_grace_time(supervisor: Supervisor) -> None:
    def is_deaf() -> bool:
        return "deaf" in supervisor.log_path("stubborn").read_text()

    process_id = supervisor.start(Program("stubborn", STUBBORN, is_ready=is_deaf, grace_seconds=0.3))
    supervisor.stop("stubborn")
    assert not is_running(process_id)


def test_children_of_a_process_are_stopped_with_it(supervisor: Supervisor) -> None:
    log = supervisor.log_path("family")
    supervisor.start(Program("family", FAMILY, is_ready=lambda: bool(log.read_text().strip())))
    grandchild = int(log.read_text())
    assert is_running(grandchild)
    supervisor.stop("family")
    wait_until(lambda: not is_running(grandchild))


def test_processes_stop_in_reverse_order(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.touch()
    code = (
        "import pathlib, signal, sys, time\n"
        "def leave(*_):\n"
        f"    open({str(notes)!r}, 'a').write(sys.argv[1]); sys.exit()\n"
        "signal.signal(signal.SIGTERM, leave)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    with Supervisor(tmp_path / "log") as supervisor:
        for name in "abc":
            log = supervisor.log_path(name)
            supervisor.start(
                Program(
                    name, [sys.executable, "-c", code, name], is_ready=lambda log=log: bool(log.read_text())
                )
            )
    assert notes.read_text() == "cba"


def test_the_log_of_the_run_before_is_kept_once(tmp_path: Path) -> None:
    for run in range(3):
        with Supervisor(tmp_path) as supervisor:
            log = supervisor.log_path("web")
            code = f"import time; print('run {run}', flush=True); time.sleep(600)"
            supervisor.start(
                Program("web", [sys.executable, "-c", code], is_ready=lambda log=log: bool(log.read_text()))
            )
    assert (tmp_path / "web.log").read_text() == "run 2\n"
    assert (tmp_path / "web.1.log").read_text() == "run 1\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda s: s.name)
def test_a_signal_to_the_supervisor_stops_its_children(
    parent: "subprocess.Popen[str]", number: signal.Signals
) -> None:
    children = children_of(parent)
    parent.send_signal(number)
    output, _ = parent.communicate(timeout=30)
    assert output == "stopped\n"
    assert parent.returncode == 0
    assert not any(map(is_running, children))


def test_a_killed_supervisor_leaves_no_orphan(parent: "subprocess.Popen[str]") -> None:
    children = children_of(parent)
    parent.kill()
    parent.communicate(timeout=30)
    wait_until(lambda: not any(map(is_running, children)))
