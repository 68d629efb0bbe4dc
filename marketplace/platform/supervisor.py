"""Starts named processes, waits until they are ready, and stops every one of them whatever happens.

Each process leads a session of its own, so a Ctrl-C in the terminal reaches the supervisor alone, which
stops them in reverse order. A process that ends by itself is reported and never restarted silently. If
the supervisor is killed outright, a watcher process (`watcher.py`) stops what it left behind.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Self

from marketplace.platform.errors import PlatformError, ProcessFailed
from marketplace.platform.watcher import group_is_alive, signal_group

__all__ = ["Account", "Program", "Supervisor", "interrupt_on_termination"]

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Account:
    """The system account that a process runs under."""

    user_id: int
    group_id: int


@dataclass(frozen=True)
class Program:
    """What to run, and how to know that it is ready."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_ready: Callable[[], bool] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    start_timeout_seconds: float = 30.0
    grace_seconds: float = 10.0
    directory: Path | None = None
    account: Account | None = None
    withheld_variables: Collection[str] = ()  # of this process's environment


class Supervisor:
    """Owns the processes it starts; use it as a context manager."""

    def __init__(self, log_directory: Path) -> None:
        self._log_directory = log_directory
        self._running: dict[str, tuple[Program, subprocess.Popen[bytes]]] = {}
        self._rotated: set[str] = set()
        self._in_a_hurry = False
        self._watcher: subprocess.Popen[bytes] | None = None
        self._watcher_input = -1

    def __enter__(self) -> Self:
        read_end, self._watcher_input = os.pipe()
        self._watcher = subprocess.Popen(
            [sys.executable, "-S", "-E", str(Path(__file__).with_name("watcher.py"))],
            stdin=read_end,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(read_end)
        return self

    def __exit__(self, *exception: object) -> None:
        with self._hurrying_on_second_interrupt():
            self.stop_all()
            os.close(self._watcher_input)
            if self._watcher is not None:
                self._watcher.wait()

    def start(self, program: Program) -> int:
        """Start a process, wait until it is ready, and return its id; raise ProcessFailed otherwise."""
        if program.name in self._running:
            raise PlatformError(f"{program.name} runs already; names of processes are unique")
        process = self._spawn(program)
        self._running[program.name] = (program, process)
        deadline = time.monotonic() + program.start_timeout_seconds
        while program.is_ready is not None and not program.is_ready():
            if process.poll() is not None:
                self._forget(program.name)
                raise self._failure(program.name, f"ended with status {process.returncode} while starting")
            if time.monotonic() > deadline:
                self.stop(program.name)
                raise self._failure(program.name, f"not ready after {program.start_timeout_seconds:g} s")
            time.sleep(POLL_SECONDS)
        return process.pid

    def stop(self, name: str) -> None:
        """Ask a process to stop, and kill what remains of its group after its grace time."""
        program, process = self._running[name]
        signal_group(process.pid, program.stop_signal)
        deadline = time.monotonic() + program.grace_seconds
        while self._is_alive(process) and time.monotonic() < deadline and not self._in_a_hurry:
            time.sleep(POLL_SECONDS)
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
        self._forget(name)

    def kill(self, name: str) -> None:
        """Kill a process and its group at once, as a crash would."""
        _, process = self._running[name]
        signal_group(process.pid, signal.SIGKILL)
        process.wait()
        self._forget(name)

    def stop_all(self) -> None:
        """Stop every process, the last started first."""
        for name in reversed(list(self._running)):
            self.stop(name)

    def process_ids(self) -> dict[str, int]:
        """Return the id of each process by name, in the order of their start."""
        return {name: process.pid for name, (_, process) in self._running.items()}

    def check(self) -> None:
        """Raise ProcessFailed if a process has ended by itself."""
        for name, (_, process) in list(self._running.items()):
            if process.poll() is not None:
                raise self._failure(name, f"ended by itself with status {process.returncode}")

    def serve(self, interval_seconds: float = 0.5) -> None:
        """Block until interrupted; raise ProcessFailed as soon as a process ends by itself."""
        while True:
            self.check()
            time.sleep(interval_seconds)

    def log_path(self, name: str) -> Path:
        """Return the file that takes a process's standard output and error."""
        return self._log_directory / f"{name}.log"

    def _spawn(self, program: Program) -> "subprocess.Popen[bytes]":
        watcher_input = self._watcher_input
        announcement = f"add %d {int(program.stop_signal)}\n"

        def announce() -> None:  # between fork and exec: there is no moment in which the watcher knows less
            os.write(watcher_input, (announcement % os.getpid()).encode())

        account = program.account
        inherited = {name: os.environ[name] for name in os.environ.keys() - set(program.withheld_variables)}
        with self._open_log(program.name) as log:
            return subprocess.Popen(
                list(program.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**inherited, **program.environment},
                cwd=program.directory,
                start_new_session=True,
                preexec_fn=announce,  # noqa: PLW1509  (one write to a pipe, no lock, no import)
                user=account.user_id if account else None,
                group=account.group_id if account else None,
                extra_groups=[] if account else None,
            )

    @contextlib.contextmanager
    def _open_log(self, name: str) -> Iterator[int]:
        """Open the log of a process; the one of an earlier supervisor is kept as NAME.1.log."""
        self._log_directory.mkdir(parents=True, exist_ok=True)
        path = self.log_path(name)
        if name not in self._rotated and path.exists():
            path.replace(self._log_directory / f"{name}.1.log")
        self._rotated.add(name)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _forget(self, name: str) -> None:
        _, process = self._running.pop(name)
        if not group_is_alive(process.pid):
            os.write(self._watcher_input, f"remove {process.pid}\n".encode())

    def _is_alive(self, process: "subprocess.Popen[bytes]") -> bool:
        process.poll()
        return group_is_alive(process.pid)

    def _failure(self, name: str, reason: str) -> ProcessFailed:
        return ProcessFailed(name, reason, self.log_path(name))

    @contextlib.contextmanager
    def _hurrying_on_second_interrupt(self) -> Iterator[None]:
        """While stopping, an interrupt must not break off the stopping; it ends the grace times."""

        def hurry(_number: int, _frame: FrameType | None) -> None:
            self._in_a_hurry = True

        with _signal_handlers(hurry):
            yield


@contextlib.contextmanager
def interrupt_on_termination() -> Iterator[None]:
    """Let SIGTERM and SIGHUP unwind the main thread as Ctrl-C does, with KeyboardInterrupt."""
    with _signal_handlers(signal.default_int_handler):
        yield


@contextlib.contextmanager
def _signal_handlers(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Install a handler for SIGINT, SIGTERM and SIGHUP, where this is possible: in the main thread."""
    previous: dict[signal.Signals, object] = {}
    with contextlib.suppress(ValueError):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            previous[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in previous.items():
            signal.signal(number, old)  # type: ignore[arg-type]
