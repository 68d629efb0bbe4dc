"""``hengsuan verify``: check a receipt bundle offline with py_ecc, and against a chain with --rpc.

Prints one line for each check. Exit status: 0 valid, 1 not valid, 2 it could not be checked.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from proofs import formats
from proofs import receipt as proof_receipt
from proofs.backend import available_backends, get_backend
from proofs.errors import InvalidProof, MalformedInput, ProofSystemError
from scheduler.agents.commandline import EXIT_FAILED, EXIT_UNUSABLE
from scheduler.agents.errors import AgentError, ConfigurationError, ResultError
from scheduler.agents.messages import LANGUAGES, Speech, language_of

__all__ = ["main"]

VALID = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module's text."""
    parser = argparse.ArgumentParser(
        prog="hengsuan verify", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("receipt", type=Path, help="JSON file")
    parser.add_argument("--rpc", metavar="URL", help="compare with the chain behind this RPC URL")
    parser.add_argument("--setup", type=Path, metavar="DIR", help="the setup's key files: recompute `ones`")
    parser.add_argument("--backend", choices=available_backends(), default="py_ecc")
    parser.add_argument("--lang", choices=LANGUAGES)
    options = parser.parse_args(arguments)
    say = Speech(language_of(options.lang))
    console = Console(soft_wrap=True, markup=False, highlight=False)
    return _Verification(options, say, console).run()


class _Verification:
    def __init__(self, options: argparse.Namespace, say: Speech, console: Console) -> None:
        self.options = options
        self.say = say
        self.console = console

    def run(self) -> int:
        """Every check in turn; the first that fails ends it."""
        try:
            self._offline()
            if self.options.rpc:
                self._on_chain()
        except (InvalidProof, ResultError) as error:
            return self._failed("receipt_invalid", error, EXIT_FAILED)
        except (MalformedInput, ConfigurationError, AgentError, ProofSystemError, OSError) as error:
            return self._failed("receipt_malformed", error, EXIT_UNUSABLE)
        self.console.print(self.say("receipt_valid"), style="green")
        return VALID

    def _offline(self) -> None:
        bundle = self.options.receipt.read_bytes()
        backend = get_backend(self.options.backend)
        report = proof_receipt.verify(bundle, key_directory=self.options.setup, backend=backend)
        for name, value in (
            ("job", report.job_id),
            ("program", report.program_id),
            ("setup", f"{report.setup_id} ({report.ceremony})"),
            ("result", report.result_hash),
        ):
            self.console.print(f"    {name}: {value}")
        for check in report.checks:
            self._passed(check)
        for warning in report.warnings:
            self.console.print(f"  ! {warning}", style="yellow")

    def _on_chain(self) -> None:
        from scheduler.agents.verify.against_chain import checks_against_chain

        document = formats.parse_json(self.options.receipt.read_bytes())
        receipt = proof_receipt.Receipt.from_document(document)
        for name, found in checks_against_chain(receipt, self.options.rpc):
            self._passed(f"{name}: {found}")

    def _passed(self, text: str) -> None:
        self.console.print(f"  ✓ {self.say('check_passed')}  {text}")

    def _failed(self, text_key: str, error: Exception, status: int) -> int:
        detail = error.detail if isinstance(error, AgentError) else str(error)
        self.console.print(f"  ✗ {self.say('check_failed')}  {type(error).__name__}")
        self.console.print(self.say(text_key, detail=detail), style="red")
        return status
