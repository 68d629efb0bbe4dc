"""What an odd party is told to do: `odd.json` in its home, read anew at every task. No file: it is honest."""

import json
import os
import time
from pathlib import Path
from typing import Any

from scheduler.agents.leases import Work

HOME = Path(os.environ["HENGSUAN_HOME"])
PAUSE_SECONDS = 0.05


def told(kind: str) -> str:
    """The trick for this kind of task, empty for none."""
    try:
        return str(json.loads((HOME / "odd.json").read_text(encoding="utf-8")).get(kind, ""))
    except FileNotFoundError:
        return ""


def note(name: str, document: dict[str, Any]) -> None:
    """Leave a file for the test to find, whole or not at all."""
    draft = HOME / f"{name}.tmp"
    draft.write_text(json.dumps(document), encoding="utf-8")
    draft.replace(HOME / name)


def pause(kind: str, work: Work) -> None:
    """Stand still with the lease in hand and its heartbeats going, until the market takes the lease away."""
    note("paused.json", {"kind": kind, "job_id": work.lease.job_id, "task_id": work.lease.task_id})
    while told(kind) == "pause":
        work.checkpoint()
        time.sleep(PAUSE_SECONDS)
