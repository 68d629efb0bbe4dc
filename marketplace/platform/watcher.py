"""Ends the process groups of a supervisor that died without stopping them.

The supervisor holds the write end of this process's standard input. Lines are `add GROUP SIGNAL` and
`remove GROUP`. When the input ends, the supervisor is gone: whatever it still had is stopped, last
started first, each with the signal it wants, and killed after a grace time. Standard library only, so
that it starts fast.
"""

import os
import signal
import sys
import time

__all__ = ["group_is_alive", "main", "signal_group"]

GRACE_SECONDS = 10.0


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a process group; False if it has no process left."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # a group of zombies only, on some systems
        return False
    return True


def group_is_alive(group: int) -> bool:
    """Tell whether a process group has a running process; the dead that nobody reaps do not count."""
    if not signal_group(group, 0):
        return False
    try:
        processes = [name for name in os.listdir("/proc") if name.isdigit()]
    except FileNotFoundError:  # not Linux: the signal's answer is all there is
        return True
    return any(_runs_in_group(process, group) for process in processes)


def _runs_in_group(process: str, group: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            state, _parent, process_group = file.read().rpartition(")")[2].split()[:3]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return int(process_group) == group and state not in "ZX"


def main() -> None:
    """Read the supervisor's lines until it is gone, then stop what remains."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: dict[int, int] = {}
    for line in sys.stdin:
        verb, *numbers = line.split()
        if verb == "add":
            groups[int(numbers[0])] = int(numbers[1])
        else:
            groups.pop(int(numbers[0]), None)
    for group, stop_signal in reversed(groups.items()):
        signal_group(group, stop_signal)
        deadline = time.monotonic() + GRACE_SECONDS
        while group_is_alive(group) and time.monotonic() < deadline:
            time.sleep(0.05)
        signal_group(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
