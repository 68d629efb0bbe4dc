"""What the agents' commands share: options, language, errors without a traceback, signals."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable

from scheduler.agents.errors import (
    AgentError,
    ConfigurationError,
    MalformedDocument,
    StateError,
)
from scheduler.agents.leases import LeaseLoop
from scheduler.agents.messages import LANGUAGES, Speech

__all__ = ["EXIT_FAILED", "EXIT_UNUSABLE", "add_common_options", "guarded", "stop_on_signals"]

EXIT_FAILED = 1
EXIT_UNUSABLE = 2


def add_common_options(parser: argparse.ArgumentParser) -> None:
    """``--config`` and ``--lang``."""
    parser.add_argument("--config", help="TOML file (default: $HENGSUAN_HOME/<agent>.toml)")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of what is printed (default: by LANG)")


def guarded(say: Speech, body: Callable[[], int]) -> int:
    """Run a command; an agent's error is told with its remedy. 2: cannot be used as it is, 1: failed."""
    try:
        return body()
    except AgentError as error:
        print(f"{say('error')} {error.code}: {error.detail}", file=sys.stderr)
        if error.remedy:
            print(f"{say('remedy')}: {error.remedy}", file=sys.stderr)
        unusable = isinstance(error, ConfigurationError | StateError | MalformedDocument)
        return EXIT_UNUSABLE if unusable else EXIT_FAILED
    except KeyboardInterrupt:
        print(say("stopped"), file=sys.stderr)
        return 130


def stop_on_signals(loop: LeaseLoop) -> None:
    """SIGTERM and SIGINT stop the loop gracefully; the second one at once."""

    def stop(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        loop.request_stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
