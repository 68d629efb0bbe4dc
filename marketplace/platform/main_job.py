"""The main job of the demonstration, driven from outside as its parties would: by their commands.

Prepares the parties' homes, enrols them, orders the job, follows it to its receipt, and compares the opened
result with the same statistics computed in the clear.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from marketplace.platform.errors import StepFailed
from marketplace.platform.paths import Installation, write_private
from marketplace.platform.processes import CONSUMER, MARKET_VARIABLES
from marketplace.platform.steps import Steps

__all__ = ["CAPACITY", "MainJob"]

CAPACITY = 1 << 13
LICENCES_WAIT_SECONDS = 180
STATES = (
    "PLACED",
    "ADMITTED",
    "MATCHED",
    "OPENED",
    "DEALING",
    "COMPUTING",
    "PROVING",
    "VERIFIED",
    "SETTLED",
)
WHAT_HAPPENED = {
    "PLACED": "the consumer signed and placed the order",
    "ADMITTED": "every clause of both licences allows it",
    "MATCHED": "three nodes of three operators were chosen",
    "OPENED": "quantities reserved and escrow locked on the chain",
    "DEALING": "the connectors checked the job themselves and deal secret shares",
    "COMPUTING": "all shares are there; the nodes compute on them",
    "PROVING": "the result is committed; the nodes prove it",
    "VERIFIED": "one Groth16 proof, verified by the native kernel and by py_ecc",
    "SETTLED": "one transaction: proof verified, quantities consumed, everyone paid",
}


@dataclass(frozen=True)
class MainJob:
    """One run of the main job under an installation whose market is up (or about to be)."""

    installation: Installation
    steps: Steps
    market_url: str

    @property
    def homes(self) -> Path:
        """One folder for each party."""
        return self.installation.var / "parties"

    @property
    def _console(self) -> Console:
        return self.steps.console

    # before the parties start ------------------------------------------------------------------
    def prepare_homes(self) -> None:
        """Write the parties' folders and tables, and make the consumer's keys; repeatable."""
        demo = [self.installation.python, "-m", "scheduler.agents.demo"]
        self.steps.run("the parties' folders and tables", [*demo, "prepare", str(self.homes)])

    def market_steps(self) -> list[list[str]]:
        """What the market's operator does for the demonstration: enrolment tokens, and play money."""
        parties = self.installation.root / "scheduler" / "agents" / "demo" / "parties" / "parties.toml"
        address = json.loads(self._consumer("address"))["eth_address"]
        seed = ["seed_demo", "--parties", str(parties), "--tokens", str(self._tokens)]
        return [
            ["organisations and enrolment tokens", *seed],
            ["settlement tokens for the consumer", "chain_fund", address],
        ]

    def hand_out_tokens(self) -> None:
        """Give each party its one-time token."""
        for party, entry in json.loads(self._tokens.read_text(encoding="utf-8")).items():
            path = self.homes / party / "enrolment-token"
            if not path.exists() or path.read_text() != entry["token"]:
                write_private(path, entry["token"])

    @property
    def _tokens(self) -> Path:
        return self.installation.var / "demo" / "tokens.json"

    # the job -----------------------------------------------------------------------------------
    def run(self) -> int:
        """Order, follow, open, compare; 0 only if it settled and the result agrees."""
        order = str(self.homes / CONSUMER / "order.toml")
        with self.steps.step("datasets registered, licences granted, order placed"):
            placed = self._consumer("order", order, "--wait", str(LICENCES_WAIT_SECONDS), "--json")
        job_id = str(json.loads(placed)["job_id"])
        self._console.print(f"job {job_id}", highlight=False)
        final = self._follow(job_id)
        if final["state"] != "SETTLED":
            self._console.print(
                f"the job ended {final['state']}: {final['reason_code']}", style="red", highlight=False
            )
            return 1
        result = json.loads(self._consumer("open", job_id, "--json"))
        return self._report(job_id, result)

    def _follow(self, job_id: str) -> dict[str, Any]:
        """Show each event until the job is final; returns its last line."""
        line: dict[str, Any] = {}
        events = []
        with Progress(
            TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=self._console
        ) as progress:
            bar = progress.add_task("the job", total=len(STATES))
            for text in self._lines("status", job_id, "--follow", "--json"):
                line = json.loads(text)
                events += [line] if "to_state" in line else []
                state = line.get("to_state")
                if state and line.get("from_state") != state:
                    reached = STATES.index(state) + 1 if state in STATES else len(STATES)
                    progress.update(bar, completed=reached, description=f"{state:<10}")
                    progress.console.print(
                        f"  {line['at'][11:23]} {state:<10} {WHAT_HAPPENED.get(state, line['kind'])}",
                        highlight=False,
                    )
        written = json.dumps(events, ensure_ascii=False, indent=1)
        (self.installation.var / "demo" / "events.json").write_text(written + "\n", encoding="utf-8")
        if "state" not in line:
            raise StepFailed(f"the job {job_id} could not be followed to its end")
        return line

    def _report(self, job_id: str, result: dict[str, Any]) -> int:
        """Print the result beside the plain one, and where everything is; 0 if they agree."""
        folder = self.installation.var / "demo"
        result_path, receipt_path = folder / "result.json", folder / "receipt.json"
        result_path.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        receipt = (self.homes / CONSUMER / "state" / "receipts" / f"{job_id}.json").read_bytes()
        receipt_path.write_bytes(receipt)
        self._console.print(self._consumer("open", job_id), end="", highlight=False, markup=False)
        compared = subprocess.run(
            [self.installation.python, "-m", "scheduler.agents.demo", "compare", result_path, self.homes],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.installation.root,
        )
        if not compared.stdout:
            raise StepFailed(f"the result could not be compared: {compared.stderr}")
        comparison = json.loads(compared.stdout)
        agrees = bool(comparison["agrees"])
        self._console.print(
            f"{'[green]✓[/green]' if agrees else '[red]✗[/red]'} computed in the clear: maximal difference "
            f"of the matrix {comparison['gram']:g}, the statistics {comparison['statistics']:.2g}",
            highlight=False,
        )
        for title, value in (
            ("gas used by the settlement", result["gas_used"]),
            ("transaction", result["transaction_hash"]),
            ("receipt", receipt_path),
            ("check it", f".venv/bin/hengsuan verify {receipt_path}"),
            ("page", f"{self.market_url}/jobs/{job_id}"),
        ):
            self._console.print(f"  {title}: {value}", highlight=False, soft_wrap=True)
        return 0 if agrees else 1

    # the consumer's command --------------------------------------------------------------------
    def _command(self, *arguments: str) -> list[str]:
        return [self.installation.python, "-m", "marketplace.platform.cli", "consumer", *arguments]

    def _environment(self) -> dict[str, str]:
        own = {name: value for name, value in self.steps.environment.items() if name not in MARKET_VARIABLES}
        own["HENGSUAN_HOME"] = str(self.homes / CONSUMER)
        own["HENGSUAN_MARKET_URL"] = self.market_url
        return own

    def _consumer(self, *arguments: str) -> str:
        """Run `hengsuan consumer …` and return what it printed; StepFailed with its reason otherwise."""
        done = subprocess.run(
            self._command(*arguments),
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self._environment(),
            cwd=self.installation.root,
        )
        if done.returncode:
            raise StepFailed(
                f"hengsuan consumer {' '.join(arguments)} ended with status {done.returncode}:\n"
                f"{done.stdout}{done.stderr}"
            )
        return done.stdout

    def _lines(self, *arguments: str) -> Iterator[str]:
        """The same, line by line while it runs; status 1 is a job that ended unsettled."""
        with subprocess.Popen(
            self._command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment(),
            cwd=self.installation.root,
        ) as process:
            assert process.stdout is not None
            yield from process.stdout
        if process.returncode not in (0, 1):
            raise StepFailed(f"hengsuan consumer {arguments[0]} ended with status {process.returncode}")
