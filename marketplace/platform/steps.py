"""Numbered steps on the terminal: what is being done, and how long it took."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from marketplace.platform.errors import StepFailed

__all__ = ["Steps"]


class Steps:
    """Reports each step with its time; a command that fails shows what it said."""

    def __init__(self, console: Console, *, directory: Path, environment: Mapping[str, str]) -> None:
        self.console = console
        self._directory = directory
        self.environment = {**os.environ, **environment}

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a spinner while the body runs (on a terminal), then a line with the time it took."""
        started_at = time.monotonic()
        with self.console.status(title):
            try:
                yield
            except BaseException:
                self.console.print(f"[red]✗[/red] {title}", highlight=False)
                raise
        elapsed = time.monotonic() - started_at
        self.console.print(f"[green]✓[/green] {title} [dim]{elapsed:.1f} s[/dim]", highlight=False)

    def run_each(self, command: Sequence[str], waiting_for: str) -> None:
        """Run one command that prints the title of each step when it is done; a line and a time for each."""
        with (
            self.console.status(waiting_for),
            subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=self._directory,
                env=self.environment,
            ) as process,
        ):
            started_at = time.monotonic()
            assert process.stdout is not None
            assert process.stderr is not None
            for title in process.stdout:
                elapsed, started_at = time.monotonic() - started_at, time.monotonic()
                self.console.print(
                    f"[green]✓[/green] {title.rstrip()} [dim]{elapsed:.1f} s[/dim]", highlight=False
                )
            reason = process.stderr.read()
        if process.returncode:
            raise StepFailed(f"{' '.join(command)} ended with status {process.returncode}:\n{reason}")

    def run(self, title: str, command: Sequence[str]) -> None:
        """Run a command that must succeed; raise StepFailed with its output otherwise."""
        with self.step(title):
            result = subprocess.run(
                list(command),
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                cwd=self._directory,
                env=self.environment,
            )
            if result.returncode:
                raise StepFailed(
                    f"{' '.join(command)} ended with status {result.returncode}:\n{result.stdout}"
                )
